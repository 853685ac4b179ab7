"""Knots, random features, grids, sieves and trained networks: errors exact given what is drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.measures import linear_regions as counter
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import LevelContrast, Measure, Slope
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.theory import approximation_rates as theory
from dlstats.theory import squaring

DESIGN = 512
"""Points of the training design for x^2, at the midpoints of an equally spaced grid."""
TRAININGS = {
    "adam": {"learning_rate": 0.01, "keep": "best"},
    "lbfgs": {"optimiser": "lbfgs", "projection": True, "dtype": "float64"},
}


def random_knots(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """UAT7: N^2 times the L2 distance of x^2 to splines with N random knots, and N^4 times the squared one."""
    n = condition.knots
    knots = np.sort(streams.draw(lambda rng: rng.random(n), "knots", knots=n), axis=1)
    spline = n**4 * np.array([theory.spline_mse(t) for t in knots])
    edges = np.hstack([np.zeros((len(knots), 1)), knots, np.ones((len(knots), 1))])
    broken = n**4 * (np.diff(edges, axis=1) ** 5).sum(axis=1) / 180
    errors = {"spline": spline, "broken_lines": broken}
    return stacked(streams, {m: {"scaled_mse": v, "scaled_error": np.sqrt(v)} for m, v in errors.items()})


def features(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """UAT9: N times the squared error of the mean of N random cosines for exp(-|x|^2/2), x ~ N(0, I/d), exact given w."""
    d, n = condition.dimension, condition.features
    w = streams.draw(lambda rng: rng.normal(size=(n, d)), "frequencies", dimension=d, features=n)
    mse = np.array([theory.random_features_error(rows, d**-0.5) for rows in w])
    return stacked(streams, {"random_features": {"scaled_mse": n * mse}})


def interpolation(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """UAT10: L2 error of piecewise linear interpolation on a grid of k^d cells."""
    d, k = condition.dimension, condition.side
    return stacked(streams, {"interpolation": {"grid_error": theory.grid_error(d, k), "cells_of_grid": k**d}})


def sieve(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """UAT11: integrated squared error of least squares on linear splines with the best number of equal pieces."""
    n, sd = condition.n, condition.noise_sd
    k = theory.sieve_pieces(n, sd)
    x = (np.arange(n) + 0.5) / n
    noise = sd * streams.draw(lambda rng: rng.normal(size=n), "noise", n=n)
    fit = np.linalg.pinv(_hats(x, k))
    coefficients = [fit @ y for y in np.sin(2 * np.pi * x) + noise]  # one by one: a product of all rounds by block
    node, weight = np.polynomial.legendre.leggauss(8)
    t = ((np.arange(k)[:, None] + (node + 1) / 2) / k).ravel()
    gap = np.stack([_hats(t, k) @ c for c in coefficients]) - np.sin(2 * np.pi * t)
    risk = (gap**2 * np.tile(weight / (2 * k), k)).sum(axis=1)
    return stacked(streams, {"spline": {"risk": risk, "risk_ratio": risk / theory.sieve_risk(n, sd)}})


def _hats(x: np.ndarray, pieces: int) -> np.ndarray:
    """The hat functions of equal pieces at x, (points, pieces + 1)."""
    return np.maximum(1 - np.abs(x[:, None] * pieces - np.arange(pieces + 1)), 0)


def trained(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """UAT8: L2 errors on [0, 1] of shallow networks trained on x^2, exact, and over the least of any network."""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared
    from dlstats.training import recipes

    torch.set_num_threads(1)
    units, method = condition.units, condition.optimiser
    net = nets.Mlp(1, (units,))
    start = nets.initialise(net, streams.generators("start", units=units), "he", "float64")
    first = nets.views(net, start)
    knots = streams.draw(lambda rng: rng.random(units), "start_knots", units=units)
    first["bias.0"].copy_(-first["weight.0"][:, 0] * torch.as_tensor(knots))
    x = (np.arange(DESIGN) + 0.5) / DESIGN
    plan = training.Training(
        condition.steps * condition.effort, schedule=training.schedules.cosine, **TRAININGS[method]
    )
    fit = training.fit(net, squared, start, x[:, None], (x**2)[:, None], plan, device=device)
    error = _l2_to_square(counter.on_line(counter.layers_of(net.shapes, fit.parameters.double().numpy())))
    over = error / squaring.best_l2_of_network(units)
    columns = {"status": fit.status.tolist(), "l2_error": error, "over_floor": over}
    columns |= {"train_loss": fit.loss.astype(float), "epochs": fit.epochs, "dead_share": fit.dead_share}
    columns["start_digest"] = [recipes.digest(row) for row in start.numpy()]
    return stacked(streams, {method: columns})


def _l2_to_square(cells: counter.Cells) -> np.ndarray:
    """L2 distance on [0, 1] of piecewise linear functions to x^2, by Gauss's rule on every piece."""
    edges = np.clip(np.where(np.isfinite(cells.knots), cells.knots, 1), 0, 1)
    ends = np.ones((len(edges), 1))
    edges = np.hstack([0 * ends, edges, ends])
    node, weight = np.polynomial.legendre.leggauss(3)
    x = (edges[:, :-1, None] + edges[:, 1:, None] + np.diff(edges)[:, :, None] * node) / 2
    gap = cells.slope * x + cells.offset - x**2
    return np.sqrt((gap**2 @ weight * np.diff(edges) / 2).sum(axis=1))


STARTS = 16
"""Random starts of which the expected best is reported."""
SPLINES = {
    "spline": Method(
        "continuous spline", "continuous linear spline with N uniform random knots, fitted to x²", "spline"
    ),
    "broken_lines": Method(
        "broken lines", "the best line on each interval between N uniform random knots, jumps allowed"
    ),
}
RANDOM_KNOTS = Experiment(
    title="random knots",
    simulate=random_knots,
    factors={"knots": Factor("random knots", int, symbol="N", at_least=1)},
    methods=SPLINES,
    measures=(
        Measure("scaled_error", "N² L² error"),
        Measure("scaled_mse", "N⁴ squared error"),
    ),
    block=500,
)
FEATURES = Experiment(
    title="random features",
    simulate=features,
    factors={
        "dimension": Factor("dimension", int, symbol="d", at_least=1),
        "features": Factor("random features", int, symbol="N", at_least=1),
    },
    methods={"random_features": Method("random features", "mean of N cosines with standard normal frequencies")},
    measures=(Measure("scaled_mse", "N squared error"),),
    block=500,
)
GRIDS = Experiment(
    title="interpolation on grids",
    simulate=interpolation,
    factors={
        "dimension": Factor("dimension", int, symbol="d", at_least=1),
        "side": Factor("cells per side", int, at_least=1),
    },
    methods={"interpolation": Method("interpolation", "linear interpolation on the simplices of a grid")},
    measures=(
        Measure("grid_error", "L² error of interpolation", "exact"),
        Measure("cells_of_grid", "cells of the grid", "exact"),
    ),
    slopes=(Slope("grid_error", over="side", statistic="exact"),),
)
SIEVE = Experiment(
    title="sieve of linear splines",
    simulate=sieve,
    factors={
        "n": Factor("sample size", int, symbol="n", at_least=200),  # of the 200 coefficients that there are at most
        "noise_sd": Factor("noise standard deviation", float, above=0),
    },
    methods={
        "spline": Method(
            "linear spline", "linear spline with the best number of equal pieces, by least squares", "spline"
        )
    },
    measures=(Measure("risk", "risk of the sieve"), Measure("risk_ratio", "risk of the sieve over its expectation")),
    block=500,
)
TRAINING = Experiment(
    title="networks trained on x²",
    simulate=trained,
    factors={
        "units": Factor("hidden units", int, symbol="N", at_least=1),
        "optimiser": Factor("optimiser", str, levels={"adam": "Adam", "lbfgs": "L-BFGS, exact last layer"}),
        "steps": Factor("steps at effort 1", int, at_least=1),
    }
    | EFFORT,
    methods={
        "adam": Method(
            "Adam", "Adam, full batch of 512 points, learning rate 0.01, cosine schedule, knots initialised in [0, 1]"
        ),
        "lbfgs": Method(
            "L-BFGS, exact last layer", "L-BFGS from the same starts, the last layer fitted exactly in every step"
        ),
    },
    measures=(
        Measure("l2_error", f"L² error, best of {STARTS} starts", "best_of", options={"starts": STARTS}),
        Measure("l2_error", "L² error, median start", "median"),
        Measure("train_loss", "training loss, median start", "median"),
        Measure("epochs", "epochs, a step each", "median"),
        Measure("dead_share", "proportion of hidden units without a slope"),
        Measure("over_floor", "L² error over the floor of N units, smallest", "smallest"),
        Measure(
            "over_floor",
            f"L² error over the floor of N units, best of {STARTS} starts",
            "best_of",
            options={"starts": STARTS},
        ),
    ),
    contrasts=(LevelContrast("l2_error", "steps", 40000, 10000, "ratio", "best_of", options={"starts": STARTS}),),
    block=500,
)
