"""Momentum under gradient noise: the stationary variance, the noise of one update, and what is gained when both are tuned."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, at_least, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.readers import ratio, value
from dlstats.protocol.study import Check, Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.theory import second_moments as theory

MOMENTUM = 0.9
BURN_IN, KEPT = 1000, 4000
FACTOR = math.log10(1.25)
"""A ratio of risks within this is no difference that a reader would act upon."""
APART = 200
"""Steps on a line of slope 1 from one update that is looked at to the next: by then nothing is left of the one before."""


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


def update_noise(rate: float, momentum: float, noise: np.ndarray) -> np.ndarray:
    """Root mean square of updates on a line of slope 1, less their mean −η/(1 − b) and over it."""
    v, total, seen = np.zeros(len(noise)), np.zeros(len(noise)), 0
    for step, one in enumerate(noise.T, start=1):
        v = momentum * v - rate * (1 + one)
        if step % APART == 0:
            total, seen = total + (-v * (1 - momentum) / rate - 1) ** 2, seen + 1
    return np.sqrt(total / seen)


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """All methods on the same noise."""
    noise = streams.draw(lambda rng: rng.standard_normal(BURN_IN + KEPT), "noise")
    columns = {}
    for method in METHODS:
        rate, momentum = settings(method, condition.learning_rate)
        columns[method] = {
            "variance": path_variance(rate, momentum, noise),
            "update": update_noise(rate, momentum, noise),
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
        Measure("update", "noise of an update over its mean", "rmse", options={"truth": 0.0}),
    ),
    contrasts=(Contrast("update", "heavy", "sgd", "ratio", "rmse", options={"truth": 0.0}),),
    block=500,
    streams="momentum",
)

EIGENVALUES = np.geomspace(1, 0.01, 20)
RATES = tuple(2.0 ** (k / 2) for k in range(-28, 5))
MOMENTA = (0.5, 0.8, 0.9, 0.95, 0.98)


def gain(steps: int, noise_sd: float) -> float:
    """Least expected risk of SGD over learning rates, over that of momentum over learning rates and momenta, exactly."""

    def best(momentum: float) -> float:
        stable = [rate for rate in RATES if rate < 2 * (1 + momentum) * 0.999]
        return min(theory.momentum_risk(EIGENVALUES, r, momentum, steps, 1.0, noise_sd**2) for r in stable)

    return best(0.0) / min(best(momentum) for momentum in MOMENTA)


def _at_a_tenth(rate: float) -> float:
    """The stationary variance of momentum 0.9 at (1 − 0.9)η over that of SGD at η, exactly."""
    return theory.momentum_variance(*settings("scaled", rate)) / theory.momentum_variance(*settings("sgd", rate))


PROBLEM = "a quadratic with 20 eigenvalues from 1 to 0.01"
CLAIMS = (
    Claim(
        "OPT7",
        "Under gradient noise of variance 1 on x²/2 the stationary variance of x is η(1 + b)/((1 − b)(2(1 + b) − η)) with "
        "momentum b: without it, with b = 0.9 at the same η = 0.01, 0.1 and 0.5, and at a tenth of η (ratio to it, farthest of "
        f"the nine). At equal η/(1 − b) that is {_at_a_tenth(0.01):.3f} and {_at_a_tenth(0.1):.3f} times the variance of SGD, "
        "η/(1 − b) = 0.01 and 0.1.",
        equals(1.0, 0.03),
        value("variance", experiment="noise")
        .each("method", "learning_rate")
        .over_theory(lambda line: theory.momentum_variance(*settings(line["method"], line["learning_rate"]))),
        Derived("stochastic-gradients.md#noise-under-momentum"),
        ("JSM", "BIOS", "TUE"),
    ),
    Claim(
        "OPT7.smooth",
        "Momentum smooths the updates: on a line of slope 1 with gradient noise of variance 1 the standard deviation of an "
        "update over its mean is √((1 − b)/(1 + b)) = {theory:.4f} times that of SGD (b = 0.9, η = 0.1; η only scales it).",
        equals(((1 - MOMENTUM) / (1 + MOMENTUM)) ** 0.5, 0.015),
        ratio("update", "heavy", "sgd", "rmse", learning_rate=0.1),
        Derived("stochastic-gradients.md#noise-under-momentum"),
        ("JSM", "BIOS"),
    ),
)
CHECKS = (
    Check(
        "OPT7.faster",
        "Where gradient noise is small tuned momentum gains: tuned SGD has at least 1.25 times its expected risk after 100 "
        f"steps at the noise's standard deviations 0.003 and 0.01 on {PROBLEM} from the distance 1 along each (33 learning rates "
        "from 2⁻¹⁴ to 4, momenta 0.5 to 0.98; exact ratio, less).",
        at_least(1.25),
        lambda: {f"{sd:g}": gain(100, sd) for sd in (0.003, 0.01)},
        Derived("stochastic-gradients.md#risk-under-momentum"),
        ("JSM", "BIOS"),
    ),
    Check(
        "OPT7.faster_noisy",
        "Where gradient noise dominates tuned momentum and tuned SGD differ by less than a factor of 1.25 in expected risk: at "
        f"the noise's standard deviations 0.1 and 1 after 100 and 1000 steps on {PROBLEM} from the distance 1 along each (log₁₀ "
        "of the ratio).",
        equals(0, FACTOR),
        lambda: {f"{steps}, {sd:g}": math.log10(gain(steps, sd)) for steps in (100, 1000) for sd in (0.1, 1.0)},
        Derived("stochastic-gradients.md#risk-under-momentum"),
        ("JSM", "BIOS"),
    ),
)
