"""Networks trained on the sawtooth, against the least error that their number of units allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy

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
"""Errors below, over that of a constant, are drawn here."""


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
    """Units with which a network equals the target, and beside it the error of every random start by its units."""
    rows = _longest(evidence.rows("training", status="ok"))
    rows = rows[rows["effort"] == 1]
    compositions = sorted(int(n) for n in rows["compositions"].unique())
    left, *panels = figure.subplots(1, 1 + len(compositions), width_ratios=[1.25, *[1.0] * len(compositions)])
    _exactness(left, compositions)
    for axis, n in zip(panels, compositions, strict=True):
        axis.sharey(panels[0])
        _starts(axis, rows[rows["compositions"] == n], n)
        axis.tick_params(labelleft=axis is panels[0])
    panels[0].set(yscale="log", ylim=(LOWEST / 2, 2), ylabel="error of a start / error of a constant")
    handles = dict(zip(*reversed(panels[-1].get_legend_handles_labels()), strict=True))
    figure.legend(list(handles.values()), list(handles), loc="outside upper center", ncols=4, markerscale=2)


def _exactness(axis, compositions: list[int]) -> None:
    """Hidden units of exact networks against n: n itself, the deep construction and the shallow one."""
    from dlstats.plotting import labels, style

    at = np.arange(1, max(compositions) + 4)
    exact = {"shallow": theory.shallow, "deep": theory.narrow_chain}
    for method, network in exact.items():
        units = [theory.hidden_units(network(n)) for n in map(int, at)]
        axis.plot(at, units, label={"shallow": "$2^n$", "deep": "$2n$"}[method], **style.method(method))
    axis.plot(at, at, label="$n$", **style.method("limit"))
    labels.at_ends(axis)
    axis.axvspan(min(compositions) - 0.4, max(compositions) + 0.4, color="0.93", zorder=0, linewidth=0)
    axis.set(yscale="log", xlabel=EXPERIMENT.factors["compositions"].axis, ylabel="hidden units of an exact network")
    axis.set_xticks(at[::2])


def _starts(axis, rows: pd.DataFrame, n: int) -> None:
    """A point per random start: its error over that of a constant, by units; the floor of a shallow network as dots."""
    from dlstats.plotting import style

    units = sorted(rows["units"].unique())
    for offset, method in ((-0.18, "shallow"), (0.18, "deep")):
        own = rows[rows["method"] == method]
        ratio = (own["mse"] / floors.l2_floor(1, 1)).clip(lower=LOWEST)
        jitter = 0.22 * (((own["replicate"] * 0.618034) % 1) - 0.5)
        marks = style.method(method) | {"linestyle": "", "markersize": 2, "alpha": 0.5, "markeredgewidth": 0}
        places = own["units"].map(units.index) + offset + jitter
        axis.plot(places, ratio, label=EXPERIMENT.methods[method].label, **marks)
    floor = [floors.l2_floor(n, int(k) + 1) / floors.l2_floor(1, 1) for k in units]
    seen = [k for k, value in enumerate(floor) if value > 0]
    axis.hlines(np.take(floor, seen), np.array(seen) - 0.42, np.array(seen) + 0.06, color="black", linestyle=style.LIMIT,
                linewidth=1.1, label="floor, any shallow network")  # fmt: skip
    axis.axhline(0.1, color="0.5", linewidth=0.7, zorder=0, label="a tenth")
    axis.set_xticks(range(len(units)), [f"{k}" for k in units])
    axis.set(title=f"$n = {n}$", xlabel=EXPERIMENT.factors["units"].axis, xlim=(-0.6, len(units) - 0.4))


def _longest(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["steps"] == table["steps"].max()]


FIGURES = (
    Figure(
        "error_by_units",
        "What exists and what training finds. Left: hidden units with which a network equals the sawtooth m⁽ⁿ⁾, deep with 2n and "
        "shallow with 2ⁿ; dotted: n, one unit per layer; shaded: the n that are trained. Right: every random start as a point, "
        "its integrated squared error over that of the best constant, by hidden units, for shallow networks and deep ones of n "
        "equal layers; dotted: the floor of any shallow network, grey line: a tenth, below which a start counts as near; errors "
        "below 10⁻⁵ are drawn there. From 2n units on a deep network could lie at the bottom of each panel, from 2ⁿ a shallow "
        "one: see how few starts do, and how many stay at the top, at the error of a constant, as n grows.",
        _error_by_units,
        "two-column",
        3.0,
    ),
)
