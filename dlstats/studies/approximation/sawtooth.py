"""Depth against width on the sawtooth: exact constructions, exact floors, and what gradient descent finds."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.studies.approximation._sawtooth_claims import CLAIMS
from dlstats.studies.approximation._sawtooth_exact import PARTS
from dlstats.theory import sawtooth as theory
from dlstats.theory import sawtooth_floors as floors

DESIGN = 512
"""Points of the training design, at the midpoints of an equally spaced grid."""
GRID = 2**13
"""Steps of the evaluation grid; it contains every extremum, so that the sup error is never understated there."""
STARTS = 16
"""Starts of which the best is reported."""


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Rows of one part of the study: exact parts by `PARTS`, networks by `_trained`."""
    part = factors["part"]
    if part == "trained":
        return _trained(factors, streams, device)
    if part not in PARTS:
        raise ValueError(f"`part` must be one of {', '.join((*PARTS, 'trained'))}, got {part!r}.")
    return pd.DataFrame(row for i in range(len(streams)) for row in PARTS[part](factors, streams, i))


def _trained(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """SAW6, SAW7, SAW10: shallow networks of N units, and deep ones of n layers with N units in all if n divides N."""
    n, units = factors["compositions"], factors["units"]
    shapes = {"shallow": (units,)}
    if units % n == 0 and units // n >= 2:
        shapes["deep"] = (units // n,) * n
    return pd.concat([_train(m, w, factors, streams, device) for m, w in shapes.items()]).sort_values(
        "replicate", kind="stable", ignore_index=True
    )


def _train(method: str, widths: tuple, factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared

    torch.set_num_threads(1)
    net = nets.Mlp(1, widths)
    start = nets.initialise(net, streams.generators("start", widths=list(widths)), "he", "float32")
    first = nets.views(net, start)
    knots = streams.draw(lambda rng: rng.uniform(size=widths[0]), "knots", widths=list(widths))
    first["bias.0"].copy_(-first["weight.0"][:, 0] * torch.as_tensor(knots))
    x = (np.arange(DESIGN) + 0.5) / DESIGN
    y = _target(x, factors["compositions"])
    plan = training.Training(factors["steps"], 0.01, schedule="cosine", keep="best")
    fit = training.fit(net, squared, start, x[:, None], y[:, None], plan, device=device)
    grid = np.arange(GRID + 1) / GRID
    fitted = training.predict(net, fit.parameters.double(), grid[:, None], device)[..., 0].numpy()
    gap = fitted - _target(grid, factors["compositions"])
    rows = {"replicate": list(streams.replicates), "method": method, "status": fit.status.tolist()}
    rows |= {"train_mse": fit.loss.astype(float), "mse": _simpson(gap**2), "sup_error": np.abs(gap).max(axis=1)}
    rows |= {"parameters": net.size}
    rows |= {"data_digest": _digest(np.stack([x, y])), "start_digest": [_digest(s) for s in start.numpy()]}
    return pd.DataFrame(rows)


def _target(x: np.ndarray, compositions: int) -> np.ndarray:
    """m^(n) at dyadic points, exact in float64."""
    return 1 - np.abs(1 - np.mod(2**compositions * x, 2))


def _simpson(values: np.ndarray) -> np.ndarray:
    """Integral over [0, 1] along the last axis; exact on every cell without a kink of the fitted network."""
    weights = np.ones(values.shape[-1])
    weights[1:-1:2], weights[2:-1:2] = 4, 2
    return values @ weights / (3 * (values.shape[-1] - 1))


def _digest(values: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()[:12]


MEASURES = (
    Measure("mse", "integrated squared error", "median"),
    Measure("mse", "integrated squared error, best of 16 starts", "best_of", options={"starts": 16}),
    Measure("sup_error", "largest error", "median"),
    Measure("sup_error", "largest error, best of 16 starts", "best_of", options={"starts": 16}),
    Measure("mismatches", "points where network and sawtooth differ", "mean"),
    Measure("pieces", "linear pieces on [0, 1]", "mean"),
    Measure("pieces_line", "linear pieces on the real line", "mean"),
    Measure("crossings", "crossings of 1/2", "mean"),
    Measure("fewest_units", "fewest hidden units", "mean"),
    Measure("search_gap", "dynamic programming minus closed form", "mean"),
    Measure("over_product", "pieces above the product bound", "maximum"),
    Measure("over_sum", "pieces above the sum bound", "maximum"),
    Measure("input_error", "error from rounding the input", "mean"),
    Measure("values", "values taken", "mean"),
)


MEASURES = (
    Measure("mse", "integrated squared error, best of 16 starts", "best_of", options={"starts": STARTS}),
    Measure("mse", "integrated squared error, median start", "median"),
    Measure("sup_error", "largest error, best of 16 starts", "best_of", options={"starts": STARTS}),
    Measure("sup_error", "largest error, median start", "median"),
    Measure("train_mse", "training error, median start", "median"),
    Measure("mismatches", "points where network and sawtooth differ", "exact"),
    Measure("hidden_units", "hidden units", "exact"),
    Measure("pieces", "linear pieces on [0, 1]", "exact"),
    Measure("crossings", "crossings of the level 1/2", "exact"),
    Measure("search_gap", "dynamic programming minus closed form", "exact"),
    Measure("input_error", "error from rounding the input", "exact"),
    Measure("values", "values taken", "exact"),
    Measure("over_product", "pieces beyond the product", "mean"),
    Measure("over_sum", "pieces beyond the sum", "mean"),
)


def _error_by_units(evidence: Evidence, figure) -> None:
    """Best error against units for every n: floor, trained shallow, trained deep, exact deep construction."""
    table = evidence.table(part="trained", measure="mse", statistic="best_of")
    compositions = sorted(table["compositions"].unique())
    axes = figure.subplots(1, len(compositions), sharey=True, squeeze=False)[0]
    for axis, n in zip(axes, compositions, strict=True):
        _panel(axis, table[table["compositions"] == n], int(n))
    axes[0].set_ylabel("integrated squared error")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False)


def _panel(axis, table: pd.DataFrame, n: int) -> None:
    from dlstats.plotting import style

    edges = 2**n
    units = np.arange(1, edges + 1)
    floor = [max(floors.l2_floor(n, k + 1), LOWEST) for k in units[:-1]] + [LOWEST]
    axis.plot(units, floor, label="floor, any shallow network", **style.method("floor"))
    for method in ("shallow", "deep"):
        rows = table[table["method"] == method].sort_values("units")
        drawn = rows["estimate"].clip(lower=LOWEST)
        error = np.minimum(1.96 * rows["mcse"], drawn * 0.999)
        axis.errorbar(
            rows["units"], drawn, yerr=[error, 1.96 * rows["mcse"]], label=f"trained {method}", **style.method(method)
        )
    exact = theory.hidden_units(theory.narrow_chain(n))
    axis.plot([exact], [LOWEST], label="exact deep network (error 0)", **(style.method("exact") | {"linestyle": ""}))
    axis.axhline(1 / 12, color="0.6", linewidth=0.6, zorder=0)
    axis.set_yscale("log")
    axis.set_ylim(LOWEST / 2, 0.2)
    axis.set_title(f"$n = {n}$")
    axis.set_xlabel("hidden units")


LOWEST = 1e-5
"""Errors below are drawn here."""


FIGURES = (
    Figure(
        "error_by_units",
        "Error on the sawtooth m⁽ⁿ⁾ against the number of hidden units. Dashed: the exact floor of any shallow network. "
        "Points: expected best of 16 starts of trained shallow networks and of deep ones with n equal layers, with 95 % "
        "Monte Carlo intervals. Diamond: the deep network with 2n units that is exact. Grey line: the best constant, 1/12. "
        "Errors below 10⁻⁵ are drawn there. Depth represents the function; gradient descent seldom finds it.",
        _error_by_units,
        "two-column",
        2.9,
    ),
)

STUDY = Study(
    name="sawtooth",
    family="approximation",
    title="Depth against width on the sawtooth",
    aims="Does depth multiply linear pieces where width only adds them, how many units does each need for the sawtooth "
    "m⁽ⁿ⁾ (the n-fold composition of the tent map), and do trained networks come near what exists?",
    mechanisms="No noise: the target is m⁽ⁿ⁾ itself, on 512 equally spaced midpoints of [0, 1] for training and on a "
    "dyadic grid of 8193 points, which holds every extremum, for evaluation. Random rationals and random piecewise "
    "linear functions for the identities. A replicate of the trained part is one start of a network.",
    estimands="Numbers of units, pieces and crossings; the least error of k pieces in sup, L², L¹ and 0–1 loss; the "
    "integrated squared error and the largest error of a trained network, for the median start and the best of 16.",
    methods={
        "chain": "exact deep network, hidden widths 2, 1, 2, 1, ...",
        "narrow_chain": "exact deep network, n hidden layers of two units",
        "shallow_exact": "exact network with one hidden layer; shallow_skip has a linear skip connection",
        "shallow": "one hidden layer of N units, trained by Adam (full batch, learning rate 0.01, cosine schedule, "
        "He start with knots uniform on [0, 1], weights of least training error kept)",
        "deep": "n hidden layers of N/n units, trained likewise",
        "random_functions": "random piecewise linear functions, composed and added",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="The trained part says what this optimiser finds from these starts, not what another would. Optimality of the "
    "L² and L¹ floors is checked by dynamic programming for n ≤ 4 and not proven.",
)
