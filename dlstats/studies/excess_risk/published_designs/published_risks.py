"""Networks, connected or not, and rivals on the designs of the literature, tuned on the same fifth."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from dlstats.dgp import bauer_kohler, donoho_johnstone, regression
from dlstats.dgp.additive import Additive
from dlstats.dgp.noise import normal
from dlstats.methods.regression import AdditiveModel, KernelRidge, NearestNeighbours, pairs
from dlstats.methods.trees import Boosting, Forest
from dlstats.protocol.factor import EFFORT, Condition, Factor, written
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.plug import Plug, Sample
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.comparisons import compared, records, sampled
from dlstats.studies.frames import squared_error, stacked
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
LABELS = {name: written(name).replace("_", " ") for name in (*MODELS, *TARGETS)} | {"weierstrass": "Weierstrass"}


def _network(label: str, layers: int, units: tuple[int, ...], rates: tuple[float, ...], style: str) -> Network:
    shapes = tuple((width,) * layers for width in units)
    return Network(shapes, rates, steps=4000, batch_size=64, restarts=3, label=label, style=style)


def _unconnected(inputs: int, widths: tuple[int, ...]) -> Any:
    from dlstats.studies.excess_risk.published_designs._unconnected import network

    return network(inputs, widths)


NETWORKS = {
    "neural_1": _network("one layer", 1, (5, 12, 36), (0.03, 0.1), "network"),
    "neural_3": _network("three layers", 3, (6, 12), (0.01, 0.03), "deep"),
    "neural_6": _network("six layers", 6, (6,), (0.003, 0.01), "fourier"),
    "neural_x": Network(
        ((2, 4), (4, 8)),
        (0.1,),
        steps=600,
        batch_size=64,
        label="unconnected",
        style="unconnected",
        build=_unconnected,
        words="sum of unconnected networks of logistic units in two layers, (networks, units) {}",
    ),
}
RELU = tuple(NETWORKS)[:3]
BASELINES = {
    "nearest_neighbours": NearestNeighbours(),
    "kernel_ridge": KernelRidge(),
    "additive_model": AdditiveModel(),
    "random_forest": Forest(
        grid=pairs((1 / 3, 1.0), (1,)),
        description="random forest of 100 trees, leaves of 1, inputs per split on the held-out fifth",
    ),
    "boosting": Boosting(),
}
CONSTANT = {"constant": Method("constant", "the mean of the responses", "floor")}


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks, baselines and the mean of the responses on the same data, tuned on the same fifth; error at new points."""
    return fit(condition, sample(condition, streams), streams, device)


def sample(condition: Condition, streams: Streams) -> Sample:
    """The data of a block of replicates."""
    process, sd = _process(condition.target, condition.noise)
    key = {"target": condition.target, "n": condition.n, "noise": condition.noise}
    return sampled(process, condition.n, NEW, streams, sd, key)


def judge(values: np.ndarray, data: Sample) -> dict[str, np.ndarray]:
    """Mean squared error at the new points, and relative to that of the mean of the responses."""
    return scaled(squared_error(values, data.truth), data)


def scaled(risk: np.ndarray, data: Sample) -> dict[str, np.ndarray]:
    """An error, over that of the mean of the responses, and the same where both are of new responses with their noise."""
    constant, noise = squared_error(data.y.mean(axis=1, keepdims=True), data.truth), data.noise_sd**2
    return {"risk": risk, "relative": risk / constant, "with_noise": (risk + noise) / (constant + noise)}


def fit(condition: Condition, data: Sample, streams: Streams, device: str) -> pd.DataFrame:
    """All methods on the data."""
    networks = {
        name: replace(network, steps=condition.steps or network.steps, effort=condition.effort)
        for name, network in NETWORKS.items()
    }
    rows = compared(networks, BASELINES, data, streams, device)
    rows["constant"] = {"risk": squared_error(data.y.mean(axis=1, keepdims=True), data.truth)}
    return stacked(streams, {name: own | scaled(own["risk"], data) for name, own in rows.items()})


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


RELATIVE = "error over that of the best constant"
RISK = Experiment(
    simulate=simulate,
    factors={
        "target": Factor("target", str, LABELS),
        "n": Factor("sample size", int, symbol="n", at_least=20),
        "noise": Factor("noise over the interquartile range of the target", float, above=0),
        "steps": Factor("steps", int, at_least=1, default=None),
    }
    | EFFORT,
    methods=NETWORKS | BASELINES | CONSTANT,
    measures=(
        Measure("relative", RELATIVE, "median"),
        Measure("relative", f"first quartile of the {RELATIVE}", "quantile", options={"level": 0.25}),
        Measure("relative", f"third quartile of the {RELATIVE}", "quantile", options={"level": 0.75}),
        *(
            Measure("with_noise", f"{place}{RELATIVE}, new responses with their noise", statistic, options=options)
            for place, statistic, options in (
                ("", "median", {}),
                ("first quartile of the ", "quantile", {"level": 0.25}),
                ("third quartile of the ", "quantile", {"level": 0.75}),
            )
        ),
        Measure("risk", "squared error", "median"),
        *records(*RELU, modules=("neural_x",)),
    ),
    contrasts=(
        *(Contrast("risk", network, rival) for network in NETWORKS for rival in BASELINES),
        *(Contrast("risk", "neural_1", network) for network in tuple(NETWORKS)[1:]),
    ),
    plug=Plug(sample, judge, fit=fit, replaces=("target", "noise"), new_points=NEW),
)
