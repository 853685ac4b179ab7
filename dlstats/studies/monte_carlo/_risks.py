"""Distributions of risks as studies have them, with the truth of their medians, and the tails of the rule of verdicts."""

from __future__ import annotations

import math

import numpy as np
import scipy

from dlstats.montecarlo.intervals import Batch
from dlstats.protocol.factor import Factor
from dlstats.seeds import Streams

FAILS, TIMES, SPREAD = 0.2, 10.0, 0.3
"""Of networks that fail: their proportion, how many times larger their risk is, and the spread of log risks."""
RISKS = {
    "normal": "log risk normal",
    "skewed": "risk chi-squared with one degree of freedom",
    "failing": "a fifth of the runs fail, with ten times the risk",
}
RISK = Factor("distribution of the risk", str, RISKS)
SIZES = [12, 16, 32, 50]
SIZE = Factor("number of replicates", int, symbol="R", at_least=2)


def log_median(risk: str) -> float:
    """The true log10 of the median."""

    def below(t: float) -> float:
        return (
            (1 - FAILS) * scipy.special.ndtr(t / SPREAD)
            + FAILS * scipy.special.ndtr((t - math.log(TIMES)) / SPREAD)
            - 0.5
        )

    medians = {
        "normal": 0.0,
        "skewed": 2 * math.log(scipy.special.ndtri(0.75)),
        "failing": scipy.optimize.brentq(below, -1, 1),
    }
    return float(medians[risk]) / math.log(10)


def draw(streams: Streams, risk: str, shape: tuple[int, ...], role: str = "data", shared: np.ndarray | None = None):
    """Risks (reps, *shape); half of the variance of what they are made of is that of `shared`, if given."""

    def sample(rng: np.random.Generator) -> np.ndarray:
        return np.stack([rng.standard_normal(shape), rng.random(shape)])

    z, u = np.moveaxis(streams.draw(sample, role, risk=risk, shape=list(shape)), 1, 0)
    z = z if shared is None else np.sqrt(0.5) * (z + shared)
    if risk == "normal":
        return np.exp(z)
    return z**2 if risk == "skewed" else np.exp(SPREAD * z) * np.where(u < FAILS, TIMES, 1)


def tails(batch: Batch, truth: float) -> tuple[np.ndarray, np.ndarray]:
    """(against, for) the claim that a value is at most `truth`, of many estimates at once: `verdict.p_values`."""
    z = (batch.value - truth) / batch.mcse
    return scipy.special.stdtr(batch.df, -z), scipy.special.stdtr(batch.df, z)
