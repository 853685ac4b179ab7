"""Momentum against gradient descent at their best settings, the size of its steps, and where it oscillates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import scipy

from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Stated, Theorem
from dlstats.protocol.readers import Line, value
from dlstats.protocol.study import Check, Experiment, Method, grid
from dlstats.studies.frames import tabulated
from dlstats.theory import quadratics, update_rules

MOMENTUM = 0.9
STEPS = 200
EIGENVALUES = 401
LECTURES = ("JSM", "BIOS")
PLACE = "Gradient Descent with Momentum"


def radius(rule: update_rules.Rule, curvatures: np.ndarray) -> float:
    """Factor per step of a rule on a quadratic: the largest spectral radius of its matrix on (w, v), over the curvatures."""
    columns = []
    for w, v in ((1.0, 0.0), (0.0, 1.0)):
        state = (np.full_like(curvatures, v),) * rule.states
        change, state = rule.update(curvatures * w, state, 1)
        columns.append(np.stack([w + change, *state], axis=-1))
    matrix = np.stack(columns[: rule.states + 1], axis=-1)
    return float(np.abs(np.linalg.eigvals(matrix)).max())


def factors(condition: float) -> Iterable[dict]:
    """Factor per step of every rule at its best settings, for curvatures in [1, κ]."""
    curvatures = np.linspace(1, condition, EIGENVALUES)
    for method, (rate, momentum) in quadratics.tuned_momentum(condition).items():
        rule = (update_rules.nesterov if "nesterov" in method else update_rules.heavy_ball)(rate, momentum)
        if method == "gradient_descent":
            rule = update_rules.gradient_descent(rate)
        factor = radius(rule, curvatures)
        yield {"method": method, "factor": factor}


TUNED = Experiment(
    tabulated(factors),
    {"condition": Factor("condition number", float, symbol=r"\kappa", above=1, at_most=1e6)},
    {
        "gradient_descent": Method("gradient descent", "rate 2/(L + μ)"),
        "heavy_ball": Method("heavy ball", "rate 4/(√L + √μ)², momentum ((√κ − 1)/(√κ + 1))²"),
        "nesterov": Method("Nesterov", "rate 1/L, momentum (√κ − 1)/(√κ + 1)"),
        "tuned_nesterov": Method("Nesterov, tuned", "rate 4/(3L + μ), momentum (√(3κ + 1) − 2)/(√(3κ + 1) + 2)", "rmsprop"),
    },
    (Measure("factor", "factor per step", "exact"),),
)  # fmt: skip


def changes_of_sign(w: np.ndarray) -> int:
    """Changes of sign along a path, exact zeros left out: a step is a product, whose sign rounding does not turn."""
    return int((np.diff(np.sign(w[w != 0])) != 0).sum())


def oscillations(product: float) -> Iterable[dict]:
    """Changes of sign in 200 steps from 1 with v = 0, and the factor per step."""
    rules = {
        "gradient_descent": update_rules.gradient_descent(1.0),
        "heavy_ball": update_rules.heavy_ball(1.0, MOMENTUM),
    }
    without = np.nan
    for method, rule in rules.items():
        changes = changes_of_sign(update_rules.descend(rule, lambda w: product * w, np.array(1.0), STEPS))
        without = changes if method == "gradient_descent" else without
        factor = radius(rule, np.array([product]))
        yield {"method": method, "changes": changes, "more": changes - without, "per_step": factor}


OSCILLATIONS = Experiment(
    tabulated(oscillations),
    {"product": Factor("learning rate times curvature", float, symbol=r"\eta\lambda", above=0, below=4)},
    {
        "gradient_descent": Method("no momentum", f"w ← w − η g, {STEPS} steps"),
        "heavy_ball": Method("momentum 0.9", f"v ← 0.9 v − η g, w ← w + v, {STEPS} steps"),
    },
    (
        Measure("changes", f"changes of sign in {STEPS} steps", "exact"),
        Measure("more", "changes of sign more than without momentum", "exact"),
        Measure("per_step", "factor per step", "exact"),
    ),
)
STABLE = (0.003, 0.01, 0.1, 0.5, 1.5, 1.9)
BEYOND = (2.1, 3.5)
"""Products at which gradient descent converges, and at which only momentum does."""
DESIGNS = {
    "tuned": grid(condition=[10.0, 100.0, 1000.0], replicates=1),
    "oscillations": grid(product=[*STABLE, *BEYOND], replicates=1),
}


def _lessard(line: Line) -> float:
    return quadratics.tuned_factor(line["method"], line["condition"])


def _relative(method: str) -> float:
    """Steps per digit relative to gradient descent at κ = 100."""
    return float(np.log(quadratics.best_factor(100.0)) / np.log(quadratics.tuned_factor(method, 100.0)))


CLAIMS = (
    Claim(
        "OPT5",
        "At their best settings gradient descent, heavy ball and Nesterov's momentum have on quadratics the factors per step "
        "(κ − 1)/(κ + 1), (√κ − 1)/(√κ + 1), 1 − 1/√κ (rate 1/L) and 1 − 2/√(3κ + 1) (tuned) (ratio to them, 401 curvatures, κ = "
        f"10, 100 and 1000, farthest). At κ = 100 the three with momentum so take {_relative('heavy_ball'):.3f}, "
        f"{_relative('nesterov'):.3f} and {_relative('tuned_nesterov'):.3f} times the steps per digit of gradient descent.",
        equals(1.0, 1e-6),
        value("factor").each("method", "condition").over_theory(_lessard),
        Theorem("lessard2016", "Proposition 1"),
        bears_on=LECTURES,
    ),
    Claim(
        "OPT6",
        "At learning rates at which gradient descent falls without a change of sign momentum 0.9 oscillates: at least {theory:g} "
        f"changes of sign more in {STEPS} steps on a quadratic, where a path that does not oscillate has one at most (ηλ = 0.01, "
        "0.1 and 0.5, least).",
        at_least(2.0),
        value("more", method="heavy_ball", product=[0.01, 0.1, 0.5]).each("product"),
        Derived("momentum.md#where-momentum-oscillates"),
        bears_on=("JSM", "BIOS"),
    ),
    Claim(
        "OPT6.stability",
        "Momentum 0.9 converges on a quadratic at learning rates 2.1/λ and 3.5/λ, where gradient descent diverges (factor per "
        "step with momentum, worst).",
        at_most(0.99),
        value("per_step", method="heavy_ball", product=list(BEYOND)).each("product"),
        Derived("momentum.md#a-turned-sign-climbs"),
        bears_on=LECTURES,
    ),
    Claim(
        "OPT6.damping",
        "Where momentum oscillates on a quadratic, the distance falls by the factor √γ per step whatever the learning rate (γ = "
        "0.9, ηλ from 0.003 to 3.5, farthest).",
        equals(MOMENTUM**0.5, 1e-9),
        value("per_step", method="heavy_ball").each("product"),
        Derived("momentum.md#where-momentum-oscillates"),
        bears_on=LECTURES,
    ),
)


def _directions() -> dict[str, float]:
    """Steps after 500 equal and 500 alternating gradients of size 1 at rate 1, less 1/(1 − γ) and 1/(1 + γ)."""
    rule, gaps = update_rules.heavy_ball(1.0, MOMENTUM), {}
    for name, sign, expected in (("same", 1, 1 / (1 - MOMENTUM)), ("alternating", -1, 1 / (1 + MOMENTUM))):
        state, change = (np.array(0.0),), np.array(0.0)
        for t in range(500):
            change, state = rule.update(np.array(float(sign**t)), state, t + 1)
        gaps[name] = abs(abs(float(change)) - expected)
    return gaps


def _turn() -> dict[str, float]:
    """At ηλ = 1 + γ: changes of sign with and without momentum, and the factors per step, less what they must be."""
    rules = {"momentum": update_rules.heavy_ball(1.0, MOMENTUM), "none": update_rules.gradient_descent(1.0)}
    expected, gaps = {"momentum": (STEPS / 2, MOMENTUM**0.5), "none": (STEPS, MOMENTUM)}, {}
    for name, rule in rules.items():
        path = update_rules.descend(rule, lambda w: (1 + MOMENTUM) * w, np.array(1.0), STEPS)
        changes, factor = expected[name]
        gaps[f"{name}, changes"] = abs(changes_of_sign(path) - changes)
        gaps[f"{name}, factor"] = abs(radius(rule, np.array([1 + MOMENTUM])) - factor)
    return gaps


def _threshold() -> dict[str, float]:
    """Changes of sign at ηλ just below and above (1 − √γ)², less 1 and 0 for what must have one at most, and more."""
    edge, gaps = quadratics.oscillation_threshold(MOMENTUM), {}
    for name, product in (("below", 0.99 * edge), ("above", 1.01 * edge)):
        w = update_rules.descend(
            update_rules.heavy_ball(1.0, MOMENTUM), lambda w, p=product: p * w, np.array(1.0), 5000
        )
        changes = changes_of_sign(w)
        gaps[name] = float(max(0, changes - 1) if name == "below" else max(0, 2 - changes))
    return gaps


def _searched() -> dict[str, float]:
    """Least factor per step of heavy ball that a search over learning rate and momentum finds, less the closed form, by κ."""
    gaps = {}
    for condition in (10.0, 100.0):
        curvatures = np.linspace(1, condition, 101)

        def factor(at: np.ndarray, curvatures: np.ndarray = curvatures) -> float:
            return radius(update_rules.heavy_ball(np.exp(at[0]), at[1]), curvatures) if 0 <= at[1] < 1 else 2.0

        plan: dict[str, Any] = {"method": "Nelder-Mead", "options": {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000}}
        starts = ([-np.log(condition), 0.5], [np.log(2 / condition), 0.7])
        found = min(scipy.optimize.minimize(factor, np.array(s), **plan).fun for s in starts)
        gaps[f"κ = {condition:g}"] = abs(float(found) - quadratics.tuned_factor("heavy_ball", condition))
    return gaps


def slope(x: float) -> float:
    """f' of a strongly convex f with curvatures 1 and 25 [Lessard, Recht and Packard 2016]: 25x, x + 24 from 1 to 2, 25x − 24."""
    return 25 * x if x < 1 else x + 24 if x < 2 else 25 * x - 24


def _cycle() -> dict[str, float]:
    """Distance of heavy ball tuned for κ = 25, from 3.3 without momentum, from 2592/1225 after 3000, 3001, … steps, by phase."""
    rate, momentum = quadratics.tuned_momentum(25.0)["heavy_ball"]
    rule = update_rules.heavy_ball(rate, momentum)
    path = update_rules.descend(rule, np.vectorize(slope), np.array(3.3), 3002)[-3:]
    points = (792 / 1225, -2208 / 1225, 2592 / 1225)
    turn = int(np.argmax(path))
    return {f"point {k}": abs(float(path[(turn + 1 + k) % 3]) - points[k]) for k in range(3)}


def _range() -> dict[str, float]:
    """0 where momentum converges at 0.999 times 2(1 + b)/λ and does not at 1.001 times that, 1 where not, by b."""
    gaps = {}
    for momentum in (0.0, 0.5, MOMENTUM):
        below, above = (
            radius(update_rules.heavy_ball(1.0, momentum), np.array([times * 2 * (1 + momentum)]))
            for times in (0.999, 1.001)
        )
        gaps[f"b = {momentum:g}"] = float(not below < 1 < above)
    return gaps


CHECKS = (
    Check(
        "OPT5.directions",
        "With momentum 0.9 steps tend to η/(1 − γ) while the gradient keeps its direction and to η/(1 + γ) while it alternates, "
        "10 and 0.53 times those without momentum (difference after 500 steps).",
        equals(0, 1e-10),
        _directions,
        Stated(
            "TUE",
            "2.6 Training",
            "larger steps if we have been going in the same direction for a while, and smaller steps when we are changing "
            "directions",
        ),
    ),
    Check(
        "OPT5.search",
        "No fixed learning rate and momentum of heavy ball does better on quadratics with curvatures in [1, κ] than the factor "
        "(√κ − 1)/(√κ + 1) per step: a search over both finds it (κ = 10 and 100, difference).",
        equals(0, 1e-6),
        _searched,
        Theorem("lessard2016", "Proposition 1"),
        bears_on=LECTURES,
    ),
    Check(
        "OPT5.cycle",
        "Beyond quadratics heavy ball with the settings that are best on them can fail: on a strongly convex loss of one "
        "parameter with curvatures 1 and 25 it ends in a cycle of three points far from the minimum at 0, 792/1225, −2208/1225 "
        "and 2592/1225 (difference after 3000 steps).",
        equals(0, 1e-10),
        _cycle,
        Derived("momentum.md#heavy-ball-on-a-loss-that-is-no-quadratic"),
        bears_on=LECTURES,
    ),
    Check(
        "OPT6.range",
        "On a quadratic momentum b converges just at learning rates below 2(1 + b)/λ, 3.8/λ at b = 0.9, where gradient descent "
        "needs 2/λ (b = 0, 0.5 and 0.9 at 0.999 and 1.001 times that; disagreements).",
        equals(0),
        _range,
        Derived("momentum.md#a-turned-sign-climbs"),
        bears_on=LECTURES,
    ),
    Check(
        "OPT6.reduces",
        f"At γ = {MOMENTUM} and ηλ = 1 + γ momentum changes sign on a quadratic in every other step, {STEPS // 2} changes fewer "
        f"in {STEPS} steps than gradient descent, and falls by √γ per step where that falls by γ (differences).",
        equals(0, 1e-9),
        _turn,
        Derived("momentum.md#where-momentum-oscillates"),
        bears_on=LECTURES,
    ),
    Check(
        "OPT6.threshold",
        "On a quadratic momentum changes sign again and again if and only if ηλ > (1 − √γ)², which is 0.0026 at γ = 0.9, where "
        "gradient descent needs ηλ > 1: not more than once at 0.99 of it, more than once at 1.01.",
        equals(0),
        _threshold,
        Derived("momentum.md#where-momentum-oscillates"),
        bears_on=LECTURES,
    ),
)
