"""Stopping when the loss changes by less than ε: what is returned then, on quadratics and at a saddle."""

from __future__ import annotations

import math
from collections.abc import Iterable

from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Experiment, Method, grid
from dlstats.studies.frames import tabulated
from dlstats.theory import quadratics

EPSILON = 1e-6
RATES = (1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0)


def stopped(rate: float, curvatures: tuple[float, ...], start: tuple[float, ...]) -> tuple[float, int]:
    """Loss at the weights that are returned, and the number of steps: f = Σ λ w²/2 by the algorithm as printed."""
    w, step, change = start, 0, math.inf
    f = sum(c * x * x for c, x in zip(curvatures, w, strict=True)) / 2
    while abs(change) >= EPSILON:
        w = tuple(x - rate * c * x for c, x in zip(curvatures, w, strict=True))
        new = sum(c * x * x for c, x in zip(curvatures, w, strict=True)) / 2
        f, step, change = new, step + 1, new - f
    return f, step


def returned(condition: float, rate: float) -> Iterable[dict]:
    """What gradient descent returns from 1 with curvature 1, or from (1, 1) with curvatures 1 and 1/κ."""
    curvatures = (1.0, 1 / condition) if condition > 1 else (1.0,)
    loss, _ = stopped(rate, curvatures, (1.0,) * len(curvatures))
    excess = loss / (sum(curvatures) / 2)
    bound = quadratics.stopping_bound(EPSILON, rate, 1 / condition, 1.0)
    yield {"method": "stopped", "excess": excess, "to_bound": loss / bound}


STOPPING = Experiment(
    tabulated(returned),
    {
        "condition": Factor("condition number", float, symbol=r"\kappa", at_least=1, at_most=1000),
        "rate": Factor("learning rate", float, symbol=r"\eta", above=0, below=2),
    },
    {"stopped": Method("stopped", f"gradient descent until the loss changes by less than {EPSILON:g}", "gradient_descent")},
    (
        Measure("excess", "excess loss relative to the start", "exact"),
        Measure("to_bound", "excess loss relative to the bound", "exact"),
    ),
)  # fmt: skip
DESIGN = grid(condition=[1.0, 10.0], rate=list(RATES), replicates=1)


def _saddle() -> dict[str, float]:
    """Steps and loss at (x² − y²)/2 from (1, 10⁻⁶) with rate 0.1, less what the closed form of the loss gives."""
    loss, steps = stopped(0.1, (1.0, -1.0), (1.0, 1e-6))

    def f(t: int) -> float:
        return (0.9 ** (2 * t) - 1e-12 * 1.1 ** (2 * t)) / 2

    first = next(t for t in range(1, 1000) if abs(f(t) - f(t - 1)) < EPSILON)
    return {"steps": abs(steps - first), "loss": abs(loss - f(first)), "not 56 steps": abs(steps - 56)}


def _escapes() -> dict[str, float]:
    """Steps until |y| ≥ 1 by the recursion, less the closed form and less what the statement says."""
    gaps: dict[str, float] = {}
    for d, stated in ((1e-2, 49), (1e-6, 145), (1e-12, 290)):
        steps = _steps_away(d)
        gaps[f"d = {d:g}"] = abs(steps - math.ceil(math.log(1 / d) / math.log(1.1))) + abs(steps - stated)
    gaps["y = 0"] = abs(_steps_away(0.0) - 1000)
    return gaps


def _steps_away(y: float) -> int:
    for step in range(1000):
        if abs(y) >= 1:
            return step
        y += 0.1 * y
    return 1000


CLAIMS = (
    Claim(
        "OPT2",
        "A small change of the loss does not say that the loss is small: with ε = 10⁻⁶ and the learning rate 10⁻⁶ gradient "
        "descent stops after its first step with at least {theory:g} of the excess loss at the start (w²/2 from 1).",
        at_least(0.99),
        value("excess", condition=1.0, rate=1e-6),
        Derived("gradient-descent.md#stopping-by-the-change-of-the-loss"),
        bears_on=("BIOS",),
    ),
    Claim(
        "OPT2.bound",
        "Where gradient descent stops because the loss changed by less than ε, the excess loss is at most "
        "ε/(2ημ(1 − ηL/2)) (ratio to it, curvatures 1 and 1/κ, κ = 1 and 10, learning rates from 10⁻⁶ to 1, worst).",
        at_most(1.0),
        value("to_bound").each("condition", "rate"),
        Derived("gradient-descent.md#stopping-by-the-change-of-the-loss"),
        bears_on=("BIOS",),
    ),
    Claim(
        "OPT2.tight",
        "The bound ε/(2ημ(1 − ηL/2)) on what stopping leaves is nearly attained: by {theory:g} of it and more at κ = 1 and the "
        "learning rate 10⁻⁴.",
        at_least(0.99),
        value("to_bound", condition=1.0, rate=1e-4),
        Derived("gradient-descent.md#stopping-by-the-change-of-the-loss"),
        bears_on=("BIOS",),
    ),
)

CHECKS = (
    Check(
        "OPT2.saddle",
        "On (x² − y²)/2, which has no minimum, gradient descent from (1, 10⁻⁶) at learning rate 0.1 stops after 56 steps because "
        "the loss changes by less than 10⁻⁶ (steps and loss, difference from their closed forms).",
        equals(0, 1e-12),
        _saddle,
        Derived("gradient-descent.md#a-saddle"),
        bears_on=("BIOS",),
    ),
    Check(
        "OPT19",
        "Gradient descent at learning rate 0.1 leaves the saddle of (x² − y²)/2 from |y| = d after the least number of steps "
        "above ln(1/d)/ln(1 + η): 49, 145 and 290 at d = 10⁻², 10⁻⁶ and 10⁻¹²; from y = 0 not in 1000.",
        equals(0),
        _escapes,
        Derived("gradient-descent.md#a-saddle"),
        bears_on=("BIOS", "TUE"),
    ),
)  # fmt: skip
