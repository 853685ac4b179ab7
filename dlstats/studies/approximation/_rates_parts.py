"""The parts of the study of approximation rates; each maps (factors, streams, device) to the rows of a block."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.measures import linear_regions as counter
from dlstats.seeds import Streams
from dlstats.studies.approximation._parts import by_replicate, frame
from dlstats.theory import approximation_rates as theory
from dlstats.theory import squaring

DESIGN = 512
"""Points of the training design for x^2, at the midpoints of an equally spaced grid."""
TRAININGS = {
    "adam": {"learning_rate": 0.01, "keep": "best"},
    "lbfgs": {"optimiser": "lbfgs", "projection": True, "dtype": "float64"},
}


def free_knots(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """UAT6: best k pieces for exp on [0, 1], k^2 times the errors over their limits."""
    k, f = factors["pieces"], theory.EXPONENTIAL
    sup = k**2 * theory.free_knots_sup(f, k) / theory.free_knots_sup_limit(f)
    l2 = k**2 * theory.free_knots_l2(f, k) / theory.free_knots_l2_limit(f)
    return frame(streams, "free_knots", sup_ratio=sup, l2_ratio=l2)


def random_knots(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """UAT7: N^2 times the L2 distance of x^2 to splines with N random knots, and N^4 times the squared one."""
    n = factors["knots"]
    knots = np.sort(streams.draw(lambda rng: rng.random(n), "knots", knots=n), axis=1)
    spline = n**4 * np.array([theory.spline_mse(t) for t in knots])
    edges = np.hstack([np.zeros((len(knots), 1)), knots, np.ones((len(knots), 1))])
    broken = n**4 * (np.diff(edges, axis=1) ** 5).sum(axis=1) / 180
    rows = [("spline", spline), ("broken_lines", broken)]
    found = [frame(streams, m, scaled_mse=v, scaled_error=np.sqrt(v)) for m, v in rows]
    return by_replicate(found)


def features(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """UAT9: N times the squared error of the mean of N random cosines for exp(-|x|^2/2), x ~ N(0, I/d), exact given w."""
    d, n = factors["dimension"], factors["features"]
    w = streams.draw(lambda rng: rng.normal(size=(n, d)), "frequencies", dimension=d, features=n)
    mse = np.array([theory.random_features_error(rows, d**-0.5) for rows in w])
    return frame(streams, "random_features", mse=mse, scaled_mse=n * mse)


def grid(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """UAT10: L2 error of piecewise linear interpolation on a grid of k^d cells, and the number of its nodes."""
    d, k = factors["dimension"], factors["cells"]
    return frame(streams, "interpolation", grid_error=theory.grid_error(d, k), nodes=(k + 1) ** d)


def sieve(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """UAT11: integrated squared error of least squares on linear splines with the best number of equal pieces."""
    n, sd = factors["n"], factors["noise_sd"]
    k = theory.sieve_pieces(n, sd)
    x = (np.arange(n) + 0.5) / n
    noise = sd * streams.draw(lambda rng: rng.normal(size=n), "noise", n=n)
    coefficients = (np.sin(2 * np.pi * x) + noise) @ np.linalg.pinv(_hats(x, k)).T
    node, weight = np.polynomial.legendre.leggauss(8)
    t = ((np.arange(k)[:, None] + (node + 1) / 2) / k).ravel()
    gap = coefficients @ _hats(t, k).T - np.sin(2 * np.pi * t)
    risk = gap**2 @ np.tile(weight / (2 * k), k)
    return frame(streams, "spline", risk=risk, risk_ratio=risk / theory.sieve_risk(n, sd))


def _hats(x: np.ndarray, pieces: int) -> np.ndarray:
    """The hat functions of equal pieces at x, (points, pieces + 1)."""
    return np.maximum(1 - np.abs(x[:, None] * pieces - np.arange(pieces + 1)), 0)


def trained(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """UAT8: L2 errors on [0, 1] of shallow networks trained on x^2, exact, over what N + 1 and N free pieces reach."""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared

    torch.set_num_threads(1)
    units, method = factors["units"], factors["optimiser"]
    net = nets.Mlp(1, (units,))
    start = nets.initialise(net, streams.generators("start", units=units), "he", "float64")
    first = nets.views(net, start)
    knots = streams.draw(lambda rng: rng.random(units), "start_knots", units=units)
    first["bias.0"].copy_(-first["weight.0"][:, 0] * torch.as_tensor(knots))
    x = (np.arange(DESIGN) + 0.5) / DESIGN
    plan = training.Training(factors["steps"], schedule=training.schedules.cosine, **TRAININGS[method])
    fit = training.fit(net, squared, start, x[:, None], (x**2)[:, None], plan, device=device)
    error = _l2_to_square(counter.on_line(counter.layers_of(net.shapes, fit.parameters.double().numpy())))
    over = {"over_floor": error / squaring.best_l2(units + 1), "over_units": error / squaring.best_l2(units)}
    over["over_half"] = error / squaring.best_l2_of_network(units)
    return frame(streams, method, status=fit.status.tolist(), l2_error=error, **over)


def _l2_to_square(cells: counter.Cells) -> np.ndarray:
    """L2 distance on [0, 1] of piecewise linear functions to x^2, by Gauss's rule on every piece."""
    edges = np.clip(np.where(np.isfinite(cells.knots), cells.knots, 1), 0, 1)
    ends = np.ones((len(edges), 1))
    edges = np.hstack([0 * ends, edges, ends])
    node, weight = np.polynomial.legendre.leggauss(3)
    x = (edges[:, :-1, None] + edges[:, 1:, None] + np.diff(edges)[:, :, None] * node) / 2
    gap = cells.slope * x + cells.offset - x**2
    return np.sqrt((gap**2 @ weight * np.diff(edges) / 2).sum(axis=1))


PARTS = {
    "free_knots": free_knots,
    "random_knots": random_knots,
    "features": features,
    "grid": grid,
    "sieve": sieve,
    "trained": trained,
}
