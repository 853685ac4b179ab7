"""Squaring and multiplying with ReLU networks: exact errors, and the units that depth saves or costs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.measures.linear_regions import evaluate
from dlstats.protocol.study import Measure, Study
from dlstats.seeds import Streams
from dlstats.studies.approximation._squaring_claims import CLAIMS
from dlstats.studies.approximation._squaring_figures import FIGURES
from dlstats.theory import approximation_rates as rates
from dlstats.theory import squaring as theory

RATIONALS = 1000
"""Random points at which the weights are compared with the definition."""
GRID = 2**12
"""Steps of the grid on which trained networks are evaluated; it holds the midpoints of up to 2^11 pieces."""


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Rows of one part of the study."""
    part = factors["part"]
    if part == "trained":
        return _trained(factors, streams, device)
    if part not in PARTS:
        raise ValueError(f"`part` must be one of {', '.join((*PARTS, 'trained'))}, got {part!r}.")
    rows = [
        {"replicate": r, **row} for i, r in enumerate(streams.replicates) for row in PARTS[part](factors, streams, i)
    ]
    return pd.DataFrame(rows)


def _values(depth: int, x: np.ndarray) -> np.ndarray:
    """The network of Yarotsky at x; exact at dyadic x, where no operation rounds."""
    return evaluate(theory.network(depth), x[None, :, None])[0, :, 0]


def _deep(factors: dict, streams: Streams, i: int) -> list[dict]:
    """SQR1, SQR2: errors of the network of width 3, over their closed forms."""
    m = factors["depth"]
    grid = np.arange(2 ** (m + 3) + 1) / 2 ** (m + 3)
    error = _values(m, grid) - grid**2
    node, weight = np.polynomial.legendre.leggauss(5)
    x = ((np.arange(2**m)[:, None] + (node + 1) / 2) / 2**m).ravel()
    gap, mass = _values(m, x) - x**2, np.tile(weight / 2, 2**m) / 2**m
    points = streams.generators("points", depth=m)[i].integers(0, 2**20 + 1, RATIONALS) / 2**20
    off = np.abs(_values(m, points) - _by_definition(points, m))
    row = {
        "method": "deep",
        "units": 3 * m,
        "sup_error": error.max(),
        "least_error": error.min(),
        "mismatch": off.max(),
    }
    row |= {"midpoints_missed": int((error[4::8] != theory.sup_error(m)).sum())}
    row |= {"sup_ratio": error.max() / theory.sup_error(m), "l1_ratio": float(mass @ np.abs(gap)) / theory.l1_error(m)}
    return [row | {"l2_ratio": float(np.sqrt(mass @ gap**2)) / theory.l2_error(m)}]


def _by_definition(x: np.ndarray, depth: int) -> np.ndarray:
    """x - sum_s m^(s)(x) / 4^s with the sawtooth in closed form; exact at multiples of 2^-20 for depth <= 12."""
    return x - sum((1 - np.abs(1 - np.mod(2.0**s * x, 2))) / 4**s for s in range(1, depth + 1))


def _product(factors: dict, streams: Streams, i: int) -> list[dict]:
    """SQR3: smallest and largest errors of both product networks, in units of 4^-(m+1), on a dyadic grid."""
    m = factors["depth"]
    steps = 2 ** (m + 2)
    square = _values(m, np.arange(2 * steps + 1) / (2 * steps))  # at multiples of half a step
    u, v = np.meshgrid(np.arange(steps + 1), np.arange(steps + 1))
    truth, mean = u * v / steps**2, square[u + v]
    two = mean - square[np.abs(u - v)]
    three = 2 * mean - square[2 * u] / 2 - square[2 * v] / 2
    rows = []
    for method, value in (("two_squares", two), ("three_squares", three)):
        error = (value - truth) * 4.0 ** (m + 1)
        rows.append({"method": method, "least_scaled": error.min(), "largest_scaled": error.max()})
    return rows


def _shallow(factors: dict, streams: Streams, i: int) -> list[dict]:
    """SQR4: best functions with k pieces, by equal errors (sup) and by descent over the knots (L2)."""
    k = factors["pieces"]
    sup, l2 = rates.free_knots_sup(rates.PARABOLA, k), rates.free_knots_l2(rates.PARABOLA, k)
    row = {"method": "shallow", "units": k - 1, "sup_error": sup}
    return [row | {"sup_ratio": sup / theory.best_sup(k), "l2_ratio": l2 / theory.best_l2(k)}]


def _trained(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Networks of width 3 trained on x^2, beside what their shape can do."""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared

    torch.set_num_threads(1)
    net = nets.Mlp(1, (3,) * factors["depth"])
    start = nets.initialise(net, streams.generators("start", depth=factors["depth"]), "he")
    x = (np.arange(256) + 0.5) / 256
    plan = training.Training(factors["steps"], 0.01, schedule="cosine", keep="best")
    fit = training.fit(net, squared, start, x[:, None], (x**2)[:, None], plan, device=device)
    grid = np.arange(GRID + 1) / GRID
    gap = training.predict(net, fit.parameters.double(), grid[:, None], device)[..., 0].numpy() - grid**2
    rows = {"replicate": list(streams.replicates), "method": "trained", "status": fit.status.tolist()}
    return pd.DataFrame(rows | {"units": 3 * factors["depth"], "trained_error": np.abs(gap).max(axis=1)})


PARTS = {"deep": _deep, "product": _product, "shallow": _shallow}

MEASURES = (
    Measure("sup_error", "largest error", "exact"),
    Measure("trained_error", "largest error, best of 16 starts", "best_of", options={"starts": 16}),
    Measure("trained_error", "largest error, median start", "median"),
    Measure("sup_ratio", "largest error over its closed form", "exact"),
    Measure("l1_ratio", "L¹ error over its closed form", "exact"),
    Measure("l2_ratio", "L² error over its closed form", "exact"),
    Measure("least_scaled", "smallest error of the product, in units of 4⁻⁽ᵐ⁺¹⁾", "exact"),
    Measure("largest_scaled", "largest error of the product, in units of 4⁻⁽ᵐ⁺¹⁾", "exact"),
    Measure("mismatch", "largest difference between weights and definition", "exact"),
)

STUDY = Study(
    name="squaring",
    family="approximation",
    title="Squaring and multiplying: when depth saves units",
    aims="How accurately do the deep networks of Yarotsky compute x² and xy, how many units would a shallow network need "
    "for the same accuracy, and from which accuracy on does depth pay?",
    mechanisms="No noise: x² on [0, 1] and xy on [0, 1]², evaluated at dyadic points where floating point is exact; trained "
    "networks see 256 equally spaced midpoints. A replicate of the trained part is one start.",
    estimands="Largest, L¹ and L² errors; hidden units for a given largest error.",
    methods={
        "deep": "Yarotsky's network f_m: width 3, m hidden layers",
        "shallow": "best continuous function with k linear pieces; a network with N units has at most N + 1",
        "two_squares": "xy from the squares of (x + y)/2 and |x − y|/2, each by f_m",
        "three_squares": "xy from the squares of (x + y)/2, x and y, each by f_m",
        "trained": "width 3, m layers, trained by Adam (full batch, learning rate 0.01, cosine schedule, He start)",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="Units of the deep networks are those of one construction, an upper bound on what depth needs; units of the "
    "shallow ones are a lower bound. The comparison therefore understates what depth can save.",
)
