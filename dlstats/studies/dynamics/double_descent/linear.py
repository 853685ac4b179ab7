"""Least squares with fewer and with more parameters than cases, and where interpolation is benign."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.study import Experiment, Method
from dlstats.studies.frames import stacked
from dlstats.theory import double_descent as theory

if TYPE_CHECKING:
    from dlstats.seeds import Streams

CASES, SIGNAL = 60, 4.0
"""Cases of least squares and |β|²; the noise variance is 1."""
SPIKES = 5
"""Directions of variance 1 in the design of benign overfitting; all others share the variance 1."""


def simulate_least_squares(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """|β̂ − β|² of least squares of minimum norm (numpy's lstsq) and of the best ridge, cases from N(0, I_p)."""
    n, p = CASES, condition.parameters

    def one(rng: np.random.Generator) -> np.ndarray:
        x, beta = rng.standard_normal((n, p)), rng.standard_normal(p)
        beta *= math.sqrt(SIGNAL) / np.linalg.norm(beta)
        y = x @ beta + rng.standard_normal(n)
        penalty = theory.best_ridge(p, SIGNAL)
        ridge = x.T @ np.linalg.solve(x @ x.T + penalty * np.eye(n), y)
        return np.array([((fit - beta) ** 2).sum() for fit in (np.linalg.lstsq(x, y)[0], ridge)])

    risks = streams.draw(one, "data", parameters=p)
    return stacked(streams, {"minimum_norm": {"risk": risks[:, 0]}, "ridge": {"risk": risks[:, 1]}})


def simulate_benign(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Excess risk of interpolation, its mean over the noise given X: `SPIKES` directions of variance 1, the others share 1."""
    n, p = condition.n, directions(condition.n)
    variances = np.concatenate([np.ones(SPIKES), np.full(p - SPIKES, 1 / p)])

    def one(rng: np.random.Generator) -> float:
        x = rng.standard_normal((n, p)) * np.sqrt(variances)
        beta = np.concatenate([np.ones(SPIKES), np.zeros(p - SPIKES)])
        inverse = np.linalg.solve(x @ x.T, x).T  # y -> fit
        bias = inverse @ (x @ beta) - beta
        return float(variances @ (bias**2 + (inverse**2).sum(axis=1)))

    return stacked(
        streams, {"interpolation": {"risk": np.array([one(rng) for rng in streams.generators("data", n=n)])}}
    )


def directions(n: int) -> int:
    """Parameters at n cases in the design of benign overfitting."""
    return n * n // 2


RISK = Measure("risk", "excess risk, mean")
MEDIAN = Measure("risk", "excess risk, median", "median")
LEAST_SQUARES = Experiment(
    simulate_least_squares,
    factors={"parameters": Factor("parameters", int, symbol="p", at_least=1)},
    methods={
        "minimum_norm": Method("minimum norm", "least squares of minimum norm, by numpy"),
        "ridge": Method("best ridge", "ridge with the penalty pσ²/|β|² of least risk"),
    },
    measures=(RISK, MEDIAN),
    contrasts=(Contrast("risk", "ridge", "minimum_norm", "log_ratio", "mean", "ridge over minimum norm"),),
    block=200,
)
BENIGN = Experiment(
    simulate_benign,
    factors={"n": Factor("sample size", int, symbol="n", at_least=SPIKES + 1)},
    methods={"interpolation": Method("interpolation", "least squares of minimum norm with more parameters than cases")},
    measures=(RISK,),
    block=20,
)
