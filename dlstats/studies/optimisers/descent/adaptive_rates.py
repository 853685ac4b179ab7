"""Adaptive learning rates on |x|, where the gradient does not know how far the minimum is, and under a constant gradient."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Experiment, Method, grid
from dlstats.studies.frames import tabulated
from dlstats.theory import quadratics, update_rules

RATE = 0.01
"""That of the lectures for AdaGrad."""
STEP = 0.03
"""The rate on |x| from 1, 10 and 100, which are no multiples of it: no iterate is at 0."""
AFTER = 2000
"""Steps that are taken beyond those which a learning rate needs to the minimum."""
LAST = 200
"""Last steps of which the largest distance is the end."""
RULES = {
    "gradient_descent": update_rules.gradient_descent,
    "adagrad": update_rules.adagrad,
    "rmsprop": update_rules.rmsprop,
    "adam": update_rules.adam,
}
METHODS = {
    "gradient_descent": Method("gradient descent", "x ← x − η g"),
    "adagrad": Method("AdaGrad", "torch.optim.Adagrad"),
    "rmsprop": Method("RMSprop", "torch.optim.RMSprop, α = 0.99"),
    "adam": Method("Adam", "torch.optim.Adam, β = (0.9, 0.999)"),
}


def paths(distance: float) -> Iterable[dict]:
    """Steps on |x| in units of the learning rate: at the start, half way, and how far beyond the minimum it goes."""
    for method, rule in RULES.items():
        x = update_rules.descend(rule(STEP), np.sign, np.array(distance), round(distance / STEP) + AFTER)
        steps = -np.diff(x) / STEP
        crossing, half = (int(np.argmax(x <= level * distance)) for level in (0, 0.5))
        row = {
            "method": method,
            "relative": steps[0] / _first(rule),
            "halfway": np.nan,
            "beyond": np.nan,
            "end": np.nan,
        }
        if method in ("gradient_descent", "adam"):
            row["halfway"] = steps[half]
            row["beyond"] = -x[crossing:].min() / STEP
            row["end"] = np.abs(x[-LAST:]).max() / STEP
        yield row


def _first(rule) -> float:
    return -float(np.diff(update_rules.descend(rule(STEP), np.sign, np.array(1.0), 1))[0]) / STEP


_DIRECT = {"method": ["gradient_descent", "adam"]}
ABSOLUTE = Experiment(
    tabulated(paths),
    {"distance": Factor("distance of the start", float, above=0, at_most=1000)},
    METHODS,
    (
        Measure("relative", "first step relative to that from 1", "exact"),
        Measure("halfway", "step half way", "exact", unit="learning rates", where=_DIRECT),
        Measure("beyond", "farthest point beyond the minimum", "exact", unit="learning rates", where=_DIRECT),
        Measure("end", f"largest distance in the last {LAST} steps", "exact", unit="learning rates", where=_DIRECT),
    ),
)


def steps_to_minimum(method: str, distance: float, rate: float) -> int:
    """Steps of AdaGrad (η/√t each), or of gradient descent and RMSprop's limit (η each), from a distance on |x|."""
    x, t = distance, 0
    while x > rate * 1e-9:
        t += 1
        x -= rate / math.sqrt(t) if method == "adagrad" else rate
    return t


def arrivals(distance: float, learning_rate: float) -> Iterable[dict]:
    """Steps on |x| to the minimum."""
    for method in ("gradient_descent", "adagrad"):
        yield {"method": method, "steps": steps_to_minimum(method, distance, learning_rate)}


ARRIVAL = Experiment(
    tabulated(arrivals),
    {
        "distance": Factor("distance of the start", float, above=0, at_most=20),
        "learning_rate": Factor("learning rate", float, symbol=r"\eta", at_least=RATE, at_most=1),
    },
    {name: METHODS[name] for name in ("gradient_descent", "adagrad")},
    (Measure("steps", "steps to the minimum", "exact"),),
)


def warm_up(steps: int) -> Iterable[dict]:
    """The step of Adam under a constant gradient, with and without correction, in learning rates."""
    for method in ("corrected", "uncorrected"):
        rule = update_rules.adam(1.0, eps=0.0, corrected=method == "corrected")
        x = update_rules.descend(rule, np.ones_like, np.array(0.0), steps)
        yield {"method": method, "step": x[-2] - x[-1]}


WARM_UP = Experiment(
    tabulated(warm_up),
    {"steps": Factor("steps", int, symbol="t", at_least=1, at_most=100_000)},
    {
        "corrected": Method("corrected", "Adam as printed, ε = 0", "adam"),
        "uncorrected": Method("not corrected", "m and v in place of m̂ and v̂, ε = 0", "gradient_descent"),
    },
    (Measure("step", "step under a constant gradient", "exact", unit="learning rates"),),
)
DESIGNS = {
    "absolute": grid(distance=[1.0, 10.0, 100.0], replicates=1),
    "arrival": grid(distance=10.0, learning_rate=[RATE, 0.1, 0.5], replicates=1),
    "warm_up": grid(steps=[1, 2, 12, 100, 1000, 3000], replicates=1),
}
ADAGRAD_STEPS = quadratics.adagrad_steps(10.0, RATE)
CLAIMS = (
    Claim(
        "OPT13",
        "On |x| AdaGrad reaches the minimum from the distance D after the steps T at which Σ t^(−1/2) passes D/η, that is ((D/η "
        f"− ζ(1/2))/2)² − 1/2 rounded up. From 10 that is {ADAGRAD_STEPS:,} at η = 0.01, where gradient descent takes 1000, and "
        f"{ADAGRAD_STEPS / quadratics.adagrad_steps(10.0, 10 * RATE):.1f} times the steps at 0.1, where gradient descent "
        "takes 10 times those (η = 0.01, 0.1 and 0.5; ratio to T, farthest).",
        equals(1.0, 1e-9),
        value("steps", method="adagrad", distance=10.0)
        .each("learning_rate")
        .over_theory(lambda line: quadratics.adagrad_steps(10.0, line["learning_rate"])),
        Derived("adaptive-rates.md#adagrad-on-a-cone"),
        bears_on=("JSM", "BIOS"),
    ),
    Claim(
        "OPT14",
        "On |x| the first step of AdaGrad, RMSprop and Adam is the same from 1 and from 100: the gradient does not say how far "
        "the minimum is (ratio, farthest).",
        equals(1.0, 1e-9),
        value("relative", method=["adagrad", "rmsprop", "adam"], distance=100.0).each("method"),
        Derived("adaptive-rates.md#adam-under-a-constant-gradient"),
        bears_on=("BIOS",),
    ),
    Claim(
        "OPT14.halfway",
        "On |x| every step of Adam is the learning rate until the minimum is passed, whatever the distance (step half way from "
        "1, 10 and 100, farthest, in learning rates).",
        equals(1.0, 1e-5),
        value("halfway", method="adam").each("distance"),
        Derived("adaptive-rates.md#adam-under-a-constant-gradient"),
        bears_on=("BIOS",),
    ),
    Claim(
        "OPT15",
        "Under a constant gradient step t of Adam without its correction is (1 − β₁ᵗ)/√(1 − β₂ᵗ) learning rates, "
        f"{quadratics.uncorrected_step(1):.1f} at t = 1 where one would be right "
        "(ratio to it, β = (0.9, 0.999), t from 1 to 3000, farthest).",
        equals(1.0, 1e-10),
        value("step", method="uncorrected")
        .each("steps")
        .over_theory(lambda line: quadratics.uncorrected_step(line["steps"])),
        Derived("adaptive-rates.md#adam-under-a-constant-gradient"),
        bears_on=("JSM", "BIOS"),
    ),
)


def _overshoot() -> dict[str, float]:
    """Learning rates that Adam goes on after the first point beyond the minimum of |x|, less the closed form, by distance."""
    gaps = {}
    for distance in (1.0, 10.0, 100.0):
        x = update_rules.descend(update_rules.adam(STEP), np.sign, np.array(distance), round(distance / STEP) + AFTER)
        crossing = int(np.argmax(x <= 0))
        turn = crossing + int(np.argmax(np.diff(x[crossing:]) > 0))
        gaps[f"from {distance:g}"] = abs((x[crossing] - x[turn]) / STEP - quadratics.adam_overshoot(crossing))
    return gaps


def _cycle() -> dict[str, float]:
    """Width of the cycle on w² of the rule without a sum, less the learning rate 0.1, and where AdaGrad is by then."""
    ends = {}
    for name, rule in (("without a sum", update_rules.normalised(0.1)), ("AdaGrad", update_rules.adagrad(0.1))):
        ends[name] = np.abs(update_rules.descend(rule, lambda w: 2 * w, np.array(1.03), 5000)[-2:])
    return {"width": abs(float(ends["without a sum"].sum()) - 0.1), "AdaGrad": float(ends["AdaGrad"].max())}


def _peak(steps: np.ndarray) -> tuple[float, int, int]:
    """Of steps from t = 1 on: the largest, its number, and that from which all are below 1.05."""
    return float(steps.max()), int(steps.argmax()) + 1, len(steps) - int(np.argmax(steps[::-1] >= 1.05)) + 1


PEAK, AT, CLOSE_FROM = _peak(np.array([quadratics.uncorrected_step(t) for t in range(1, 3001)]))


def _uncorrected() -> dict[str, float]:
    """What `_peak` says of the steps of the rule without correction under a constant gradient, less the same of the formula."""
    rule = update_rules.adam(1.0, eps=0.0, corrected=False)
    steps = -np.diff(update_rules.descend(rule, np.ones_like, np.array(0.0), 3000))
    pairs = zip(_peak(steps), (PEAK, AT, CLOSE_FROM), strict=True)
    return {
        name: abs(rule - formula)
        for name, (rule, formula) in zip(("largest", "its number", "below 1.05 from"), pairs, strict=True)
    }


def _linear() -> dict[str, float]:
    """Mean log factor of AdaGrad on w²/2 over steps 1000 to 2000, less ln(1 − η/√G) at the end, by learning rate."""
    gaps = {}
    for rate in (0.1, 0.3):
        w = update_rules.descend(update_rules.adagrad(rate), lambda w: w, np.array(1.0), 2000)
        slope = (math.log(abs(w[2000])) - math.log(abs(w[1000]))) / 1000
        gaps[f"rate {rate:g}"] = abs(slope - math.log(abs(1 - rate / math.sqrt((w[:-1] ** 2).sum()))))
    return gaps


SMALL, EPSILON = 1e-6, 1e-8
BESIDE, UNDER = SMALL / (SMALL + EPSILON), SMALL / math.sqrt(SMALL**2 + EPSILON)


def _epsilon() -> dict[str, float]:
    """First step of Adam at |g| = 10⁻⁶ in learning rates, with ε = 10⁻⁸ beside and under the root, less the closed forms."""
    g, start = np.array(SMALL), (np.zeros(()), np.zeros(()))
    rules = {"beside": (update_rules.adam(1.0), BESIDE), "under": (update_rules.adam(1.0, inside=True), UNDER)}
    return {name: abs(-float(rule.update(g, start, 1)[0]) - expected) for name, (rule, expected) in rules.items()}


CHECKS = (
    Check(
        "OPT14.beyond",
        "On |x| Adam with β₁ = 0.9 passes the minimum and from the first point beyond goes on by Σ (2β₁ᵏ − 1), the sum of its "
        f"positive terms, {quadratics.adam_overshoot(10**4):.3f} learning rates, where gradient descent turns at once (from 1, "
        "10 and 100, with the correction of the moving averages for the number of steps; difference).",
        equals(0, 1e-5),
        _overshoot,
        Derived("adaptive-rates.md#adam-beyond-the-minimum"),
        bears_on=("BIOS",),
    ),
    Check(
        "OPT12",
        "The rule that two lectures print beside AdaGrad, m ← g, v ← g² without a sum, ends on w² in a cycle as wide as the "
        "learning rate, 0.1, where AdaGrad is at the minimum after 5000 steps (difference).",
        equals(0, 1e-6),
        _cycle,
        Derived("adaptive-rates.md#the-rule-without-a-sum"),
        bears_on=("JSM", "BIOS"),
    ),
    Check(
        "OPT13.quadratic",
        "On a quadratic without noise AdaGrad does not stop: the sum G of squared gradients converges, and the distance falls by "
        "the factor 1 − ηλ/√G per step (mean log factor over steps 1000 to 2000, difference).",
        equals(0, 1e-8),
        _linear,
        Derived("adaptive-rates.md#adagrad-on-a-quadratic"),
        bears_on=("JSM", "BIOS"),
    ),
    Check(
        "OPT15.initial",
        "Without the correction of Adam's moving averages early steps under a constant gradient are too large: the largest is "
        f"step {AT}, {PEAK:.4f} learning rates, and from step {CLOSE_FROM} on they are below 1.05 (β = (0.9, 0.999); the rule's "
        "3000 steps less the same of (1 − β₁ᵗ)/√(1 − β₂ᵗ)).",
        equals(0, 1e-10),
        _uncorrected,
        Derived("adaptive-rates.md#adam-under-a-constant-gradient"),
        bears_on=("JSM", "BIOS"),
    ),
    Check(
        "OPT15.epsilon",
        "Where ε stands matters for small gradients: at |g| = 10⁻⁶ and ε = 10⁻⁸ the first step of Adam is "
        f"{BESIDE:.4f} learning rates with √v + ε and {UNDER:.4f} with √(v + ε), both of which one lecture prints (difference).",
        equals(0, 1e-12),
        _epsilon,
        Derived("adaptive-rates.md#adam-under-a-constant-gradient"),
        bears_on=("JSM",),
    ),
)  # fmt: skip
