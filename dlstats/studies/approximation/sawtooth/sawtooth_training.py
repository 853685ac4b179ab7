"""Networks trained on the sawtooth, against the least error that their number of units allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy

from dlstats.plotting.curves import interval
from dlstats.protocol.claim import Claim, at_least, at_most
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Finding
from dlstats.protocol.readers import pooled_proportion, value
from dlstats.protocol.study import Experiment, Figure, Method
from dlstats.studies.frames import stacked
from dlstats.theory import sawtooth as theory
from dlstats.theory import sawtooth_floors as floors

if TYPE_CHECKING:
    from dlstats.protocol.evidence import Evidence
    from dlstats.seeds import Streams

DESIGN = 512
"""Points of the training design, at the midpoints of an equally spaced grid."""
GRID = 2**13
"""Steps of the evaluation grid; it contains every extremum, so that the sup error is never understated there."""
STARTS = 16
"""Random starts of which the best is reported."""
STEPS = 3000
"""Steps of Adam of the finding, which is one on this recipe."""
NEAR = floors.l2_floor(1, 1) / 10
"""A tenth of the integrated squared error of the best constant."""
LOWEST = 1e-5
"""Errors below are drawn here."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Shallow networks of N units, and deep ones of n layers with N units in all if n divides N."""
    n, units = condition.compositions, condition.units
    shapes = {"shallow": (units,)}
    if units % n == 0 and units // n >= 2:
        shapes["deep"] = (units // n,) * n
    return stacked(streams, {m: _trained(widths, condition, streams, device) for m, widths in shapes.items()})


def _trained(widths: tuple[int, ...], condition: Condition, streams: Streams, device: str) -> dict:
    """Training error, errors and digests of networks of these widths, one per replicate."""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared
    from dlstats.training.recipes import digest

    torch.set_num_threads(1)
    net = nets.Mlp(1, widths)
    start = nets.initialise(net, streams.generators("start", widths=list(widths)), "he", "float32")
    first = nets.views(net, start)
    knots = streams.draw(lambda rng: rng.uniform(size=widths[0]), "knots", widths=list(widths))
    first["bias.0"].copy_(-first["weight.0"][:, 0] * torch.as_tensor(knots))
    x = (np.arange(DESIGN) + 0.5) / DESIGN
    y = target(x, condition.compositions)
    plan = training.Training(condition.steps * condition.effort, 0.01, schedule=training.schedules.cosine, keep="best")
    fit = training.fit(net, squared, start, x[:, None], y[:, None], plan, device=device)
    grid = np.arange(GRID + 1) / GRID
    fitted = training.predict(net, fit.parameters.double(), grid[:, None], device)[..., 0].numpy()
    gap = fitted - target(grid, condition.compositions)
    mse = scipy.integrate.simpson(gap**2, dx=1 / GRID)  # exact on every cell without a kink of the fitted network
    errors = {"train_mse": fit.loss.astype(float), "mse": mse, "sup_error": np.abs(gap).max(axis=1)}
    digests = {"data_digest": digest(np.stack([x, y])), "start_digest": [digest(s) for s in start.numpy()]}
    records = {"status": fit.status, "epochs": fit.epochs, "dead_share": fit.dead_share, "parameters": net.size}
    return records | errors | {"near": (mse < NEAR).astype(float)} | digests


def target(x: np.ndarray, compositions: int) -> np.ndarray:
    """m^(n) at dyadic points of [0, 1], exact in float64."""
    return 1 - np.abs(1 - np.mod(2**compositions * x, 2))


BEST = {"starts": STARTS}

EXPERIMENT = Experiment(
    simulate,
    factors={
        "compositions": Factor("compositions of the tent map", int, symbol="n", at_least=1),
        "units": Factor("hidden units", int, symbol="N", at_least=1),
        "steps": Factor("steps of Adam at effort 1", int, at_least=1),
    }
    | EFFORT,
    methods={
        "shallow": Method(
            "trained shallow",
            "one hidden layer of N units, trained by Adam (full batch, learning rate 0.01, cosine schedule, He "
            "initialisation with knots uniform on [0, 1], weights of least training error kept)",
        ),
        "deep": Method("trained deep", "n hidden layers of N/n units, trained likewise"),
    },
    measures=(
        Measure("mse", f"integrated squared error, best of {STARTS} starts", "best_of", options=BEST),
        Measure("mse", "integrated squared error, median start", "median"),
        Measure("mse", "integrated squared error, smallest", "smallest"),
        Measure("sup_error", f"largest error, best of {STARTS} starts", "best_of", options=BEST),
        Measure("sup_error", "largest error, median start", "median"),
        Measure("sup_error", "largest error, smallest of all starts", "smallest"),
        Measure("train_mse", "training error, median start", "median"),
        Measure("epochs", "epochs, a step each", "median"),
        Measure("dead_share", "proportion of hidden units without a slope"),
        Measure("near", "starts that end below a tenth of the error of a constant", "proportion"),
    ),
)

PILOT = Finding("sawtooth, seed 20261120")
CLAIMS = (
    Claim(
        "SAW6",
        "A shallow ReLU network with N ≤ 2ⁿ − 2 units has sup error at least {theory} on m⁽ⁿ⁾ (smallest of all trained).",
        at_least(0.5, 1e-6),
        value(
            "sup_error", "smallest", method="shallow", line=lambda line: line["units"] <= 2 ** line["compositions"] - 2
        ).each(),
        Derived("sawtooth.md#sawtooth-floor"), ("JSM",),
    ),
    Claim(
        "SAW10",
        "No trained shallow network of N units has an integrated squared error on m⁽ⁿ⁾ below e₂(r)/2ⁿ, r = 2ⁿ − N, "
        "e₂ = (r² − 1)/(6(2r − 1)) for odd and r(r + 2)/(6(2r + 3)) for even r > 0, the least that is known for N + 1 pieces "
        "(n = 2, …, 5; smallest distance above it).",
        at_least(0, 1e-6),
        value("mse", "smallest", method="shallow")
        .each()
        .minus(lambda line: floors.l2_floor(line["compositions"], line["units"] + 1)),
        PILOT, ("JSM",),
    ),
    Claim(
        "SAW10.success",
        "Of deep networks with two units per layer, enough to equal m⁽ⁿ⁾, n = 2, …, 5, at most one in twenty ends below a tenth "
        "of the error of a constant after {steps} steps of Adam at rate 0.01 (proportion of random starts).",
        at_most(0.05),
        pooled_proportion("near", method="deep", steps=STEPS, line=lambda line: line["units"] == 2 * line["compositions"]),
        PILOT, ("JSM", "UNITO"), {"steps": STEPS},
    ),
)  # fmt: skip


def _error_by_units(evidence: Evidence, figure) -> None:
    """Best error against units for every n: floor, trained shallow, trained deep, exact deep construction."""
    table = _longest(evidence.table("training", measure="mse", statistic="best_of"))
    compositions = sorted(table["compositions"].unique())
    axes = figure.subplots(1, len(compositions), sharey=True, squeeze=False)[0]
    for axis, n in zip(axes, compositions, strict=True):
        _panel(axis, table[table["compositions"] == n], int(n))
    axes[0].set_ylabel("integrated squared error")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False)


def _panel(axis, table: pd.DataFrame, n: int) -> None:
    from dlstats.plotting import style

    units = np.arange(1, 2**n + 1)
    floor = np.array([floors.l2_floor(n, k + 1) for k in units[:-1]])
    axis.plot(units[:-1][floor > 0], floor[floor > 0], label="floor, any shallow network", **style.method("floor"))
    for method, described in EXPERIMENT.methods.items():
        rows = table[table["method"] == method].sort_values("units")
        drawn = rows["estimate"].clip(lower=LOWEST)
        error = interval(drawn, rows["mcse"], log=True)
        axis.errorbar(rows["units"], drawn, yerr=error, label=described.label, **style.method(method))
    exact = theory.hidden_units(theory.narrow_chain(n))
    axis.plot([exact], [LOWEST], label="exact deep network (error 0)", **(style.method("exact") | {"linestyle": ""}))
    axis.axhline(1 / 12, color="0.6", linewidth=0.6, zorder=0)
    axis.set(yscale="log", ylim=(LOWEST / 2, 0.2), title=f"$n = {n}$", xlabel=EXPERIMENT.factors["units"].axis)


def _success(evidence: Evidence, figure) -> None:
    """Proportion of starts that end near the target against units per layer, shallow and deep, one panel for every n."""
    from dlstats.plotting import style

    table = _longest(evidence.table("training", measure="near"))
    compositions = sorted(table["compositions"].unique())
    axes = figure.subplots(1, len(compositions), sharey=True, squeeze=False)[0]
    for axis, n in zip(axes, compositions, strict=True):
        for method, described in EXPERIMENT.methods.items():
            rows = table[(table["method"] == method) & (table["compositions"] == n)].sort_values("units")
            bars = np.abs(np.stack([rows["estimate"] - rows["lower"], rows["upper"] - rows["estimate"]]))
            axis.errorbar(rows["units"], rows["estimate"], bars, label=described.label, **style.method(method))
        axis.set(ylim=(-0.03, 1.03), title=f"$n = {int(n)}$", xlabel=EXPERIMENT.factors["units"].axis)
    axes[0].set_ylabel("proportion of starts that succeed")
    axes[0].legend()


def _longest(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["steps"] == table["steps"].max()]


FIGURES = (
    Figure(
        "error_by_units",
        "Error on the sawtooth m⁽ⁿ⁾ against the number of hidden units. Dotted: the floor of any shallow network, "
        "until it is 0. "
        "Points: expected best of 16 random starts of trained shallow networks and of deep ones with n equal layers, with 95 % "
        "Monte Carlo intervals. Diamond: the deep network with 2n units that is exact. Grey line: the best constant, 1/12. "
        "Errors below 10⁻⁵ are drawn there. Compare the points with the diamond, which says what depth represents, and with "
        "the dashed floor, which says what one layer does: the distance is what training does not find.",
        _error_by_units,
        "two-column",
        2.9,
    ),
    Figure(
        "success_by_units",
        "Proportion of random starts that end below a tenth of the error of a constant, by hidden units, for shallow networks "
        "and deep ones of n equal layers, with 95 % Wilson intervals. From 2n units on a deep network can be exact, from 2ⁿ a "
        "shallow one.",
        _success,
        "two-column",
        2.6,
    ),
)
