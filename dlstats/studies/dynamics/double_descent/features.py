"""Least squares on random features: inputs drawn at random, where the risk is known exactly, and ReLU features."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, LevelContrast, Measure
from dlstats.protocol.study import Experiment, Method
from dlstats.studies.dynamics.double_descent.linear import CASES, SIGNAL
from dlstats.studies.frames import stacked
from dlstats.theory import double_descent as theory

if TYPE_CHECKING:
    from dlstats.seeds import Streams

TOTAL = 240
"""Inputs from which those of the fit are drawn."""
SELECTED = [15, 30, 45, 52, 56, 60, 64, 70, 90, 120, 240]
SELECTED_NOISES = [0.5, 2.0]
"""Signal to noise 16 and 1."""
RELU_CASES, RELU_INPUTS, RELU_NOISES = 150, 30, [0.1, 0.5]
RIDGES = np.geomspace(1e-4, 1e4, 25)


def simulate_selected(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Excess risk of least squares of minimum norm and of the best ridge on the first p of all inputs.

    The signal has no direction of its own, so that any p inputs are as good as drawn at random.
    """
    n, p, noise_sd = CASES, condition.parameters, condition.noise_sd

    def one(rng: np.random.Generator) -> list[float]:
        x, beta = rng.standard_normal((n, TOTAL)), rng.standard_normal(TOTAL)
        beta *= math.sqrt(SIGNAL) / np.linalg.norm(beta)
        y, own = x @ beta + noise_sd * rng.standard_normal(n), x[:, :p]
        penalty = theory.selected_ridge(p, TOTAL, SIGNAL, noise_sd**2)
        ridge = own.T @ np.linalg.solve(own @ own.T + penalty * np.eye(n), y)
        left = (beta[p:] ** 2).sum()
        return [((fit - beta[:p]) ** 2).sum() + left for fit in (np.linalg.lstsq(own, y)[0], ridge)]

    risks = np.array([one(rng) for rng in streams.generators("data")])
    return stacked(streams, {"minimum_norm": {"risk": risks[:, 0]}, "ridge": {"risk": risks[:, 1]}})


def simulate_relu(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Excess risk on random ReLU features of a linear signal at 500 new cases: of minimum norm, and of scikit-learn's ridge."""
    from sklearn.linear_model import RidgeCV

    n, d, count = RELU_CASES, RELU_INPUTS, condition.features

    def data(rng: np.random.Generator) -> np.ndarray:
        return rng.standard_normal((n + 500, d + 1))

    def one(rng: np.random.Generator, drawn: np.ndarray) -> list[float]:
        x, noise = drawn[:, :d], drawn[:n, d]
        direction = rng.standard_normal(d)
        direction /= np.linalg.norm(direction)
        truth, hidden = x @ direction, np.maximum(x @ rng.standard_normal((d, count)), 0) / math.sqrt(d)
        y = truth[:n] + condition.noise_sd * noise
        ridge = np.asarray(RidgeCV(RIDGES, fit_intercept=False).fit(hidden[:n], y).coef_)
        fits = (np.linalg.lstsq(hidden[:n], y)[0], ridge)
        return [float(((hidden[n:] @ fit - truth[n:]) ** 2).mean()) for fit in fits]

    generators = streams.generators("features", features=count)
    risks = np.array([one(rng, drawn) for rng, drawn in zip(generators, streams.draw(data, "data"), strict=True)])
    return stacked(streams, {"minimum_norm": {"risk": risks[:, 0]}, "ridge": {"risk": risks[:, 1]}})


MEDIAN = Measure("risk", "excess risk, median", "median")
NOISE = {"noise_sd": Factor("noise standard deviation", float, symbol=r"\sigma", above=0)}
INPUTS = Experiment(
    simulate_selected,
    factors={"parameters": Factor("inputs fitted", int, symbol="p", at_least=1, at_most=TOTAL)} | NOISE,
    methods={
        "minimum_norm": Method("minimum norm", "least squares of minimum norm, by numpy"),
        "ridge": Method("best ridge", "ridge with the penalty of least risk"),
    },
    measures=(Measure("risk", "excess risk, mean"), MEDIAN),
    contrasts=(
        Contrast("risk", "ridge", "minimum_norm", "log_ratio", "mean", "ridge over minimum norm"),
        *(
            LevelContrast("risk", "parameters", more, fewer, "log_ratio", "mean", f"risk of {more} inputs over {fewer}")
            for fewer, more in pairwise(SELECTED)
        ),
    ),
    block=200,
)
RELU = Experiment(
    simulate_relu,
    factors={"features": Factor("random features", int, symbol="N", at_least=1)} | NOISE,
    methods={
        "minimum_norm": Method("minimum norm", "least squares of minimum norm, by numpy"),
        "ridge": Method(
            "ridge, left out",
            f"scikit-learn's RidgeCV without intercept, {len(RIDGES)} penalties from {RIDGES[0]:g} to {RIDGES[-1]:g} by the "
            "error of leaving one out",
        ),
    },
    measures=(MEDIAN,),
    contrasts=tuple(
        LevelContrast("risk", "features", first, second, label=f"risk of {first:,} features over that of {second:,}")
        for first, second in ((RELU_CASES, 50), (RELU_CASES, 1500), (1500, RELU_CASES))
    ),
    block=50,
)
