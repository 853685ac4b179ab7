"""SGD on least squares with fresh samples: the stationary excess risk, and the learning rate from which there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.reader import Line
from dlstats.protocol.readers import value
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.theory import second_moments as theory

BURN_IN, KEPT, STEPS = 500, 2000, 10


def eigenvalues(d: int, kappa: float) -> np.ndarray:
    """From 1 to 1/κ in equal ratios."""
    return np.geomspace(1, 1 / kappa, d)


def step(error: np.ndarray, inputs: np.ndarray, noise: np.ndarray, rate: float) -> np.ndarray:
    """One step of SGD for the error w − w*: (reps, d), inputs (reps, B, d), noise (reps, B)."""
    residual = (inputs * error[:, None]).sum(axis=-1) - noise
    return error - rate * (residual[..., None] * inputs).sum(axis=1) / inputs.shape[1]


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """The excess risk along a path from the truth, averaged over time after the burn-in."""
    d, batch, lam = condition.d, condition.batch, eigenvalues(condition.d, condition.kappa)
    shape = (BURN_IN + KEPT, batch)
    about = {"d": d, "batch": batch}
    inputs = streams.draw(lambda rng: rng.standard_normal((*shape, d)), "inputs", **about) * np.sqrt(lam)
    noise = streams.draw(lambda rng: rng.standard_normal(shape), "noise", **about)
    error, total = np.zeros((len(streams), d)), np.zeros(len(streams))
    for t in range(len(noise[0])):
        error = step(error, inputs[:, t], noise[:, t], condition.learning_rate)
        if t >= BURN_IN:
            total = total + (lam * error * error).sum(axis=-1)
    return stacked(streams, {"sgd": {"excess": total / KEPT}})


def simulate_growth(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Ten steps from distance 1, without noise, at a multiple of the threshold."""
    d = condition.d
    inputs = streams.draw(lambda rng: rng.standard_normal((STEPS, 1, d)), "inputs", d=d)
    error = np.zeros((len(streams), d))
    error[:, 0] = 1.0
    for t in range(STEPS):
        error = step(
            error, inputs[:, t], np.zeros((len(streams), 1)), condition.multiple * theory.threshold(np.ones(d))
        )
    return stacked(streams, {"sgd": {"growth": (error * error).sum(axis=-1)}})


SGD = {"sgd": Method("SGD", "fresh samples in every step, fixed learning rate")}
STATIONARY = Experiment(
    simulate,
    factors={
        "d": Factor("dimension", int, symbol="d", at_least=1, at_most=1000),
        "batch": Factor("batch size", int, symbol="B", at_least=1, at_most=100),
        "kappa": Factor("condition number", float, symbol=r"\kappa", at_least=1, at_most=1e4),
        "learning_rate": Factor("learning rate", float, symbol=r"\eta", above=0, below=2),
    },
    methods=SGD,
    measures=(Measure("excess", "stationary excess risk"),),
    requires={
        "`learning_rate` must be at most three quarters of the mean-square threshold": lambda c: (
            c.learning_rate <= 0.75 * theory.threshold(eigenvalues(c.d, c.kappa), c.batch)
        )
    },
    block=50,
    streams="least_squares",
)
GROWTH = Experiment(
    simulate_growth,
    factors={
        "d": Factor("dimension", int, symbol="d", at_least=1, at_most=1000),
        "multiple": Factor("learning rate over the threshold", float, above=0, at_most=2),
    },
    methods=SGD,
    measures=(Measure("growth", "squared distance after ten steps"),),
    block=2000,
    streams="growth",
)


def exact(line: Line) -> float:
    """The stationary excess risk of a line."""
    return theory.stationary_excess(eigenvalues(line["d"], line["kappa"]), line["learning_rate"], 1.0, line["batch"])


def beyond_lyapunov(rate: float) -> float:
    """The stationary excess risk over that of Lyapunov's equation, d = 10, B = 1 and κ = 1."""
    lam = eigenvalues(10, 1.0)
    return theory.stationary_excess(lam, rate, 1.0, 1) / theory.lyapunov_excess(lam, rate, 1.0, 1)


def growth(d: int, rate: float) -> float:
    """E |e|² after ten steps from 1 for d eigenvalues 1: the power of the largest eigenvalue of the moments' matrix."""
    return float(np.linalg.eigvalsh(theory.transition(np.ones(d), rate))[-1] ** STEPS)


MOMENTS = Derived("stochastic-gradients.md#second-moment-on-least-squares")
CLAIMS = (
    Claim(
        "OPT9",
        "SGD on least squares with d normal inputs of variance 1, noise of variance 1 and batches of B fresh samples has the "
        "stationary excess risk (ηd/B)/(2 − η(1 + (d + 1)/B)), for η up to three quarters of its pole, d = 5 and 10, B = 1 and 4 "
        f"(ratio to it, farthest of all). At d = 10, B = 1 and η = 0.08 that is {beyond_lyapunov(0.08):.2f} times the ηd/2 of "
        "Lyapunov's equation, which leaves out the fourth moments of the inputs.",
        equals(1.0, 0.03),
        value("excess", experiment="stationary", kappa=1.0).each("d", "batch", "learning_rate").over_theory(exact),
        MOMENTS,
    ),
    Claim(
        "OPT9.spectrum",
        "SGD on least squares with normal inputs whose variances fall from 1 to 1/10 has the stationary excess risk φ/(1 − φ) "
        "with φ = Σ (ηλ/B)/(2 − η(1 + 1/B)λ), for one and four samples a step (d = 10, η = 0.2, noise of variance 1; ratio, the "
        "farther of the two).",
        equals(1.0, 0.03),
        value("excess", experiment="stationary", kappa=10.0).each("batch").over_theory(exact),
        MOMENTS,
    ),
    Claim(
        "OPT9.threshold",
        "On least squares without noise the mean squared distance of SGD with one sample a step grows from η = 2/(d + 2) on, not "
        "from 2: after "
        f"{STEPS} steps at 1.1 times that it is {growth(10, 1.1 / 6):.3f}, at 0.9 times {growth(10, 0.9 / 6):.3f} (d = 10; ratio "
        "to these, the farther of the two).",
        equals(1.0, 0.05),
        value("growth")
        .each("multiple")
        .over_theory(lambda line: growth(line["d"], line["multiple"] * 2 / (line["d"] + 2))),
        MOMENTS,
    ),
)
