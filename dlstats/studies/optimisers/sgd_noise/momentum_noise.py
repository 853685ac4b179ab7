"""Momentum under gradient noise: the stationary variance, the noise of one update, and what is gained when both are tuned."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Derived, Finding
from dlstats.protocol.readers import ratio, value
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked, tabulated
from dlstats.theory import second_moments as theory

MOMENTUM = 0.9
BURN_IN, KEPT = 1000, 4000
FACTOR = math.log10(1.25)
"""A ratio of risks within this is no difference that a reader would act upon."""
LINE = (1.0, 200)
"""Slope of the line on which updates are compared, and steps taken on it."""


def settings(method: str, rate: float) -> tuple[float, float]:
    """Learning rate and momentum of a method."""
    return {"sgd": (rate, 0.0), "heavy": (rate, MOMENTUM), "scaled": (rate * (1 - MOMENTUM), MOMENTUM)}[method]


def path_variance(rate: float, momentum: float, noise: np.ndarray) -> np.ndarray:
    """The mean of x² over the steps after the burn-in on x²/2, noise (reps, steps)."""
    x, v, total = np.zeros(len(noise)), np.zeros(len(noise)), np.zeros(len(noise))
    for step, one in enumerate(noise.T):
        v = momentum * v - rate * (x + one)
        x = x + v
        if step >= BURN_IN:
            total = total + x * x
    return total / (noise.shape[1] - BURN_IN)


def last_update(rate: float, momentum: float, noise: np.ndarray) -> np.ndarray:
    """The last update on a line of slope 1."""
    slope, steps = LINE
    v = np.zeros(len(noise))
    for one in noise[:, :steps].T:
        v = momentum * v - rate * (slope + one)
    return v


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """All methods on the same noise."""
    noise = streams.draw(lambda rng: rng.standard_normal(BURN_IN + KEPT), "noise")
    columns = {}
    for method in METHODS:
        rate, momentum = settings(method, condition.learning_rate)
        columns[method] = {
            "variance": path_variance(rate, momentum, noise),
            "update": last_update(rate, momentum, noise),
        }
    return stacked(streams, columns)


METHODS = {
    "sgd": Method("SGD", "x ← x − ηg"),
    "heavy": Method("momentum 0.9", "v ← 0.9v − ηg, x ← x + v", "heavy_ball"),
    "scaled": Method("momentum 0.9, learning rate (1 − 0.9)η", "v ← 0.9v − 0.1ηg, x ← x + v", "nesterov"),
}
NOISE = Experiment(
    simulate,
    factors={"learning_rate": Factor("learning rate", float, symbol=r"\eta", above=0, at_most=0.5)},
    methods=METHODS,
    measures=(
        Measure("variance", "stationary variance"),
        Measure("update", "noise of an update over its mean", "coefficient of variation"),
    ),
    contrasts=(
        Contrast("variance", "scaled", "sgd", "ratio", "mean"),
        Contrast("update", "heavy", "sgd", "ratio", "coefficient_of_variation"),
    ),
    block=500,
    streams="momentum",
)

EIGENVALUES = np.geomspace(1, 0.01, 20)
RATES = tuple(2.0 ** (k / 2) for k in range(-28, 5))
MOMENTA = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98)


def tuned(steps: int, noise_sd: float) -> Iterator[dict]:
    """The least risk over learning rates, and over momenta too, after so many steps: exactly, by the moments' recursion."""

    def best(momentum: float) -> float:
        stable = [rate for rate in RATES if rate < 2 * (1 + momentum) * 0.999]
        return min(theory.momentum_risk(EIGENVALUES, r, momentum, steps, 1.0, noise_sd**2) for r in stable)

    risks = [best(momentum) for momentum in MOMENTA]
    yield {"method": "sgd", "risk": risks[0], "gain": 0.0}
    yield {"method": "heavy", "risk": min(risks), "gain": math.log10(min(risks[1:]) / risks[0])}


TUNED = Experiment(
    tabulated(tuned),
    factors={
        "steps": Factor("steps", int, at_least=1, at_most=100_000),
        "noise_sd": Factor("noise standard deviation", float, symbol=r"\sigma", at_least=0, at_most=100),
    },
    methods={
        "sgd": Method("tuned SGD", "the best of 33 learning rates from 2⁻¹⁴ to 4", "sgd"),
        "heavy": Method(
            "tuned momentum", "the best of the same learning rates and of five momenta, 0.5 to 0.98", "heavy_ball"
        ),
    },
    measures=(
        Measure("risk", "risk", "exact"),
        Measure("gain", "log₁₀ of the ratio of risks", "exact"),
    ),
)

PROBLEM = "a quadratic with 20 eigenvalues from 1 to 0.01"
CLAIMS = (
    Claim(
        "OPT7",
        "Under gradient noise of variance 1 on x²/2 the stationary variance of x is η(1 + b)/((1 − b)(2(1 + b) − η)) with "
        "momentum b: without it, with b = 0.9 at the same η = 0.01, 0.1 and 0.5, and at a tenth of η (ratio to it, farthest of "
        "the nine).",
        equals(1.0, 0.03),
        value("variance", experiment="noise")
        .each("method", "learning_rate")
        .over_theory(lambda line: theory.momentum_variance(*settings(line["method"], line["learning_rate"]))),
        Derived("stochastic-gradients.md#noise-under-momentum"),
        ("JSM", "BIOS", "TUE"),
    ),
    Claim(
        "OPT7.same",
        "At equal η/(1 − b) momentum 0.9 leaves the stationary variance of SGD as it is, to within a tenth (η/(1 − b) = 0.01 and "
        "0.1; ratio).",
        equals(1.0, 0.1),
        ratio("variance", "scaled", "sgd", learning_rate=[0.01, 0.1]).each("learning_rate"),
        Derived("stochastic-gradients.md#noise-under-momentum"),
        ("JSM", "BIOS"),
    ),
    Claim(
        "OPT7.smooth",
        "Momentum smooths the updates: on a line of slope 1 with gradient noise of variance 1 the standard deviation of an "
        "update over its mean is √((1 − b)/(1 + b)) = {theory:.4f} times that of SGD (b = 0.9, η from 0.01 to 0.5, farthest).",
        equals(((1 - MOMENTUM) / (1 + MOMENTUM)) ** 0.5, 0.03),
        ratio("update", "heavy", "sgd", "coefficient_of_variation").each("learning_rate"),
        Derived("stochastic-gradients.md#noise-under-momentum"),
        ("JSM", "BIOS"),
    ),
    Claim(
        "OPT7.faster",
        "Without gradient noise tuned momentum has at most 1/1.25 of the risk of tuned gradient descent after 100 and 1000 "
        f"steps on {PROBLEM} (log₁₀ of the ratio).",
        at_most(-FACTOR),
        value("gain", method="heavy", noise_sd=0.0).each("steps"),
        Finding("sgd_noise, seed 777001"),
        ("JSM", "BIOS"),
    ),
    Claim(
        "OPT7.faster_noisy",
        "Under gradient noise of variance 1 tuned momentum and tuned SGD differ by less than a factor of 1.25 in expected risk "
        f"after 100 and 1000 steps on {PROBLEM} (log₁₀ of the ratio, farthest).",
        equals(0.0, FACTOR),
        value("gain", method="heavy", noise_sd=1.0).each("steps"),
        Finding("sgd_noise, seed 777001"),
        ("JSM", "BIOS"),
    ),
)
