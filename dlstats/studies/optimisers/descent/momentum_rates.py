"""Momentum against gradient descent at their best settings, the size of its steps, and where it oscillates."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

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
VISIBLE = 1e-12
"""Distance below which a change of sign is not counted: there rounding would decide."""
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
        relative = np.log(quadratics.best_factor(condition)) / np.log(factor)
        yield {"method": method, "factor": factor, "relative": relative}


TUNED = Experiment(
    tabulated(factors),
    {"condition": Factor("condition number", float, symbol=r"\kappa", above=1, at_most=1e6)},
    {
        "gradient_descent": Method("gradient descent", "rate 2/(L + μ)"),
        "heavy_ball": Method("heavy ball", "rate 4/(√L + √μ)², momentum ((√κ − 1)/(√κ + 1))²"),
        "nesterov": Method("Nesterov", "rate 1/L, momentum (√κ − 1)/(√κ + 1)"),
        "tuned_nesterov": Method("Nesterov, tuned", "rate 4/(3L + μ), momentum (√(3κ + 1) − 2)/(√(3κ + 1) + 2)", "rmsprop"),
    },
    (
        Measure("factor", "factor per step", "exact"),
        Measure("relative", "steps relative to gradient descent at its best rate", "exact"),
    ),
)  # fmt: skip


def oscillations(product: float) -> Iterable[dict]:
    """Changes of sign in 200 steps from 1 with v = 0, and the factor per step."""
    rules = {
        "gradient_descent": update_rules.gradient_descent(1.0),
        "heavy_ball": update_rules.heavy_ball(1.0, MOMENTUM),
    }
    without = np.nan
    for method, rule in rules.items():
        w = update_rules.descend(rule, lambda w: product * w, np.array(1.0), STEPS)
        seen = w[np.abs(w) > VISIBLE]
        changes = int((np.diff(np.sign(seen)) != 0).sum())
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


CLAIMS = (
    Claim(
        "OPT5",
        "At their best settings gradient descent, heavy ball and Nesterov's momentum have on quadratics the factors per step "
        "(κ − 1)/(κ + 1), (√κ − 1)/(√κ + 1), 1 − 1/√κ (rate 1/L) and 1 − 2/√(3κ + 1) (tuned) (ratio to them, 401 curvatures, κ = "
        "10, 100 and 1000, farthest).",
        equals(1.0, 1e-6),
        value("factor").each("method", "condition").over_theory(_lessard),
        Theorem("lessard2016", "Proposition 1"),
        bears_on=LECTURES,
    ),
    Claim(
        "OPT5.faster",
        "On quadratics with κ = 100, without noise, heavy ball and Nesterov's momentum at their best settings take at most "
        "{theory:g} times the steps per digit of gradient descent.",
        at_most(0.5),
        value("relative", method=["heavy_ball", "nesterov", "tuned_nesterov"], condition=100.0).each("method"),
        Theorem("lessard2016", "Proposition 1"),
        bears_on=LECTURES,
    ),
    Claim(
        "OPT6",
        "At learning rates at which gradient descent falls without a change of sign momentum 0.9 oscillates: at least {theory:g} "
        f"changes of sign more in {STEPS} steps on a quadratic (ηλ = 0.01, 0.1 and 0.5, least).",
        at_least(1.0),
        value("more", method="heavy_ball", product=[0.01, 0.1, 0.5]).each("product"),
        Derived("momentum.md#where-momentum-oscillates"),
        bears_on=("JSM", "BIOS"),
    ),
    Claim(
        "OPT6.reduces",
        "Momentum reduces oscillations where gradient descent alternates in every step: at γ = 0.9 and ηλ = 1.9 it changes sign "
        f"no more often in {STEPS} steps on a quadratic (difference).",
        at_most(0.0),
        value("more", method="heavy_ball", product=1.9),
        Stated("JSM", PLACE, "Reduces oscillations and improves stability"),
        bears_on=("BIOS",),
    ),
    Claim(
        "OPT6.stability",
        "Momentum improves stability: at γ = 0.9 it converges on a quadratic at learning rates 2.1/λ and 3.5/λ, where gradient "
        "descent diverges (factor per step with momentum, worst).",
        at_most(0.99),
        value("per_step", method="heavy_ball", product=list(BEYOND)).each("product"),
        Stated("JSM", PLACE, "Reduces oscillations and improves stability"),
        bears_on=("BIOS",),
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


def _threshold() -> dict[str, float]:
    """Changes of sign at ηλ just below and above (1 − √γ)², less 1 and 0 for what must have one at most, and more."""
    edge, gaps = quadratics.oscillation_threshold(MOMENTUM), {}
    for name, product in (("below", 0.99 * edge), ("above", 1.01 * edge)):
        w = update_rules.descend(
            update_rules.heavy_ball(1.0, MOMENTUM), lambda w, p=product: p * w, np.array(1.0), 5000
        )
        changes = int((np.diff(np.sign(w[np.abs(w) > 1e-100])) != 0).sum())
        gaps[name] = float(max(0, changes - 1) if name == "below" else max(0, 2 - changes))
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
        "OPT6.threshold",
        "On a quadratic momentum changes sign again and again if and only if ηλ > (1 − √γ)², which is 0.0026 at γ = 0.9, where "
        "gradient descent needs ηλ > 1: not more than once at 0.99 of it, more than once at 1.01.",
        equals(0),
        _threshold,
        Derived("momentum.md#where-momentum-oscillates"),
        bears_on=LECTURES,
    ),
)
