"""Designs of the literature: networks of one, three and six layers and what a statistician would use, tuned by one rule."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from dlstats.dgp import bauer_kohler, donoho_johnstone, regression
from dlstats.dgp.additive import Additive
from dlstats.dgp.noise import normal
from dlstats.methods.regression import AdditiveModel, Boosting, Forest, KernelRidge, NearestNeighbours
from dlstats.protocol.claim import Claim, Expectation, at_least, at_most
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import EFFORT, Condition, Factor, written
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import log_ratio
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.averages import Average
from dlstats.studies.frames import fitted, squared_error, stacked
from dlstats.studies.regression import Network

NEW = 1000
MODELS = tuple(bauer_kohler.MODELS)
TARGETS = {
    "hierarchical": (regression.hierarchical, 4),
    "additive": (regression.additive, 5),
    "single_index": (regression.single_index, 10),
    "piecewise_smooth": (regression.piecewise_smooth, 2),
    "weierstrass": (regression.weierstrass, 1),
    "blocks": (lambda x: donoho_johnstone.blocks(x[..., 0]), 1),
    "bumps": (lambda x: donoho_johnstone.bumps(x[..., 0]), 1),
    "heavisine": (lambda x: donoho_johnstone.heavisine(x[..., 0]), 1),
    "doppler": (lambda x: donoho_johnstone.doppler(x[..., 0]), 1),
}
"""Regression function and number of inputs, uniform on the unit cube."""
OTHERS = ["hierarchical", "piecewise_smooth", "weierstrass", "doppler"]


def _network(label: str, layers: int, units: tuple[int, ...], style: str) -> Network:
    shapes = tuple((width,) * layers for width in units)
    return Network(shapes, (0.003, 0.01), steps=2000, batch_size=64, label=label, style=style)


NETWORKS = {
    "neural_1": _network("one layer", 1, (5, 25, 75), "network"),
    "neural_3": _network("three layers", 3, (3, 9, 15), "deep"),
    "neural_6": _network("six layers", 6, (2, 6, 10), "fourier"),
}
BASELINES = {
    "nearest_neighbours": NearestNeighbours(),
    "kernel_ridge": KernelRidge(),
    "additive_model": AdditiveModel(),
    "random_forest": Forest(),
    "boosting": Boosting(),
}
CONSTANT = {"constant": Method("constant", "the mean of the responses", "floor")}


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks, baselines and the mean of the responses on the same data, tuned on the same fifth; error at new points."""
    parameters = {"target": condition.target, "n": condition.n, "noise": condition.noise}
    process, sd = _process(condition.target, condition.noise)
    drawn = [process.sample(condition.n, rng) for rng in streams.generators("data", **parameters)]
    x, y = (np.stack(part) for part in zip(*drawn, strict=True))
    new = streams.draw(lambda rng: process.inputs(NEW, rng), "new", **parameters)
    truth, rows = process.regression(new), {}
    for name, network in NETWORKS.items():
        values, columns = replace(network, steps=condition.steps or network.steps, effort=condition.effort).together(
            x, y, new, streams, device, **parameters
        )
        misfit = np.asarray(columns["train_loss"]) * y.var(axis=1) / sd**2
        rows[name] = columns | {"risk": squared_error(values, truth), "misfit": misfit}
    for name, baseline in BASELINES.items():
        values = fitted(baseline, x, y, new, streams.generators("baseline", **parameters))
        rows[name] = {"risk": squared_error(values, truth)}
    rows["constant"] = {"risk": squared_error(y.mean(axis=1, keepdims=True), truth)}
    return stacked(streams, rows)


def _process(target: str, noise: float) -> tuple[Additive, float]:
    """Normal noise of standard deviation `noise` times the interquartile range of the regression function, and that."""
    if target in MODELS:
        process, spread = bauer_kohler.design(target, noise), bauer_kohler.MODELS[target].interquartile_range
        return process, noise * spread
    function, d = TARGETS[target]
    sd = noise * _interquartile_range(target)
    return Additive(target, d, function, normal(sd)), sd


@cache
def _interquartile_range(target: str) -> float:
    """Of the regression function at 100,000 points, the same in every run."""
    function, d = TARGETS[target]
    low, high = np.quantile(function(np.random.default_rng(0).random((100_000, d))), [0.25, 0.75])
    return float(high - low)


TRAINED = {"method": list(NETWORKS)}
RISK = Experiment(
    simulate=simulate,
    factors={
        "target": Factor("target", str, {name: written(name).replace("_", " ") for name in (*MODELS, *TARGETS)}),
        "n": Factor("sample size", int, symbol="n", at_least=20),
        "noise": Factor("noise over the interquartile range of the target", float, above=0),
        "steps": Factor("steps", int, at_least=1, default=None),
    }
    | EFFORT,
    methods=NETWORKS | BASELINES | CONSTANT,
    measures=(
        Measure("risk", "squared error", "median"),
        Measure("risk", "first quartile of the squared error", "quantile", options={"level": 0.25}),
        Measure("risk", "third quartile of the squared error", "quantile", options={"level": 0.75}),
        Measure("misfit", "training error over the noise variance", "median", where=TRAINED),
        Measure("epochs", "epochs", "median", where=TRAINED),
        Measure("dead_share", "proportion of hidden units without a slope", where=TRAINED),
    ),
    contrasts=(
        *(Contrast("risk", method, "constant") for method in (*NETWORKS, *BASELINES)),
        *(Contrast("risk", network, rival) for network in NETWORKS for rival in BASELINES),
        *(Contrast("risk", "neural_1", network) for network in ("neural_3", "neural_6")),
    ),
)

PILOT = Finding("published_designs, seed 20261127")
RECIPE = (
    "ReLU networks of one hidden layer (linear skip connection, 5, 25 or 75 units, 2000 steps of Adam on OneCycle on minibatches "
    "of 64, learning rate 0.003 or 0.01)"
)


def _average(name: str, words: str, rival: str, expected: Expectation) -> Claim:
    size = "larger" if expected.relation == "at_least" else "smaller"
    return Claim(
        name,
        f"Over the five hierarchical interaction models m1 to m5 of Bauer and Kohler (n = 200, 5 % noise) {RECIPE} have on the "
        f"geometric mean a {size} median error than {words}, all tuned on the same held-out fifth (mean log₁₀ of the ratio).",
        expected,
        Average(
            log_ratio("risk", "neural_1", rival, target=list(MODELS), n=200, noise=0.05).at_least(target=len(MODELS)),
            independent="target",
        ),
        PILOT,
    )


CLAIMS = (
    _average("RSK13.bauer_kohler", "nearest neighbours", "nearest_neighbours", at_most(0.0)),
    _average("RSK13.bauer_kohler_boosting", "boosting", "boosting", at_most(0.0)),
    _average("RSK13.bauer_kohler_spline", "an additive spline model", "additive_model", at_least(0.0)),
)


def _draw_panel(axes, evidence: Evidence, targets: list[str], **where: Any) -> None:
    """Median and quartiles of every method over the median of the constant, one row per target."""
    from dlstats.plotting import style

    table = evidence.table(measure="risk", target=targets, **where)
    table = table[table["against"] == ""].pivot(index=["method", "target"], columns="statistic", values="estimate")
    present = [target for target in targets if ("constant", target) in table.index]
    for position, (name, described) in enumerate((NETWORKS | BASELINES).items()):
        scaled = table.loc[name].loc[present].div(table.loc["constant"].loc[present, "median"], axis=0)
        low, middle, high = (scaled[column] for column in ("quantile(level=0.25)", "median", "quantile(level=0.75)"))
        marks = style.nth(position) | {"linestyle": ""} | ({} if name in NETWORKS else {"markerfacecolor": "white"})
        heights = np.arange(len(present)) + 0.1 * (position - 3.5)
        axes.errorbar(
            middle, heights, xerr=[middle - low, high - middle], label=described.label, elinewidth=0.7, **marks
        )
    axes.axvline(1.0, color="0.6", linewidth=0.6)
    axes.set_yticks(range(len(present)), [RISK.factors["target"].describe(target) for target in present])
    axes.set_xscale("log")


def _draw_models(evidence: Evidence, figure) -> None:
    panels = figure.subplots(2, 2, sharex=True, sharey=True)
    for axes, (n, noise) in zip(panels.flat, product((100, 200), (0.05, 0.2)), strict=True):
        _draw_panel(axes, evidence, list(MODELS), n=n, noise=noise)
        axes.set_title(f"$n = {n}$, {100 * noise:.0f} % noise")
    panels[0, 0].invert_yaxis()
    _finish(figure, panels[1], panels[0, 0])


def _draw_targets(evidence: Evidence, figure) -> None:
    axes = figure.subplots()
    _draw_panel(axes, evidence, list(TARGETS), n=800, noise=0.2)
    axes.invert_yaxis()
    _finish(figure, [axes], axes)


def _finish(figure, lowest, labelled) -> None:
    for axes in lowest:
        axes.set_xlabel("error over that of the best constant")
    figure.legend(*labelled.get_legend_handles_labels(), loc="outside upper center", ncols=4)


STUDY = Study(
    title="Published designs",
    aims="See on which designs of the literature networks of one, three and six layers beat what a statistician would use, all "
    "tuned by one rule, in the layout of Bauer and Kohler's table.",
    mechanisms="Models m1 to m5 of Bauer and Kohler, n = 100 and 200; binary tree of interactions, additive, single-index, "
    "piecewise smooth, Weierstrass and Donoho–Johnstone targets, n = 800. Normal noise of 5 % or 20 % of the interquartile "
    "range of the regression function.",
    estimands="Median and quartiles over data sets of the mean squared error at 1000 new points, relative to the median error "
    "of the mean of the responses.",
    compared_by="risk",
    experiments={"risk": RISK},
    claims=CLAIMS,
    figures=(
        Figure(
            "published_designs",
            "Bauer and Kohler's models m1 to m5: median and quartiles of the error over the median error of the best constant "
            "(line), for networks of one, three and six layers (full symbols) and for rivals (open symbols), all tuned on the "
            "same held-out fifth. Smaller is better: networks win on m1, an additive model on m2, m4 and m5.",
            _draw_models,
            "two-column",
            5.2,
        ),
        Figure(
            "published_targets",
            "Other designs of the literature, n = 800 and 20 % noise: median and quartiles of the error over the median error "
            "of the best constant (line). Smaller is better.",
            _draw_targets,
            "two-column",
            3.6,
        ),
    ),
    limits="Networks have one, three and six layers as Bauer and Kohler's neural-1, neural-3 and neural-6, but ReLU units, a "
    "linear skip, widths of our own grids and Adam. Their neural-x, a sum of small networks of a hierarchical class whose "
    "parts are not connected, is not among them: the engine trains fully connected networks only. Their radial basis "
    "functions are kernel ridge regression here. Their numbers are not printed beside ours. On m1 to m3 the training error of "
    "networks stays above the noise variance (`misfit`).",
    designs={
        "smoke": [
            grid(target="m1", n=[100, 200], noise=[0.05, 0.2], steps=20, effort=1, replicates=2),
            grid(target=list(MODELS[1:]), n=200, noise=0.05, steps=20, effort=1, replicates=2),
            grid(target="doppler", n=800, noise=0.2, steps=20, effort=1, replicates=2),
        ],
        "standard": [
            grid(target=list(MODELS), n=[100, 200], noise=[0.05, 0.2], effort=1, replicates=16),
            grid(target=list(MODELS), n=200, noise=0.05, effort=3, replicates=12),
            grid(target=OTHERS, n=800, noise=0.2, effort=1, replicates=8),
        ],
        "paper": [
            grid(target=list(MODELS), n=[100, 200], noise=[0.05, 0.2], effort=[1, 3], replicates=50),
            grid(target=list(TARGETS), n=800, noise=0.2, effort=[1, 3], replicates=50),
        ],
    },
)
