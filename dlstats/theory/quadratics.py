"""Optimisers on a quadratic ½ Σ λ w²: rates, thresholds and constants in closed form.

`curvature` is an eigenvalue λ of the Hessian, `smallest` and `largest` the ends of its spectrum, `product` the learning rate η
times λ, on which alone most of it depends.
"""

from __future__ import annotations

import math

import numpy as np

ZETA_HALF = -1.4603545088095868
"""Riemann's zeta function at 1/2."""


def spectral_filter(product: np.ndarray | float, steps: int) -> np.ndarray:
    """1 − (1 − ηλ)^t, what gradient descent from 0 has fitted of an eigenvector's coefficient after t steps."""
    return 1 - (1 - np.asarray(product, dtype=float)) ** steps


def best_rate(smallest: float, largest: float) -> float:
    """2 / (L + μ), the fixed learning rate of gradient descent with the least factor per step."""
    return 2 / (largest + smallest)


def best_factor(condition: float) -> float:
    """(κ − 1) / (κ + 1), the factor per step of gradient descent at its best fixed rate; κ = L/μ."""
    return (condition - 1) / (condition + 1)


def momentum_factor(product: float, momentum: float) -> float:
    """Largest root in modulus of z² − (1 + b − ηλ) z + b: factor per step of v ← b v − η g, w ← w + v."""
    return _largest_root(1 + momentum - product, momentum)


def climbing_factor(product: float, momentum: float) -> float:
    """Largest root of z² − (1 + b + ηλ) z + b: factor per step of v ← b v − η g, w ← w − v, above 1 for every ηλ > 0."""
    return _largest_root(1 + momentum + product, momentum)


def _largest_root(middle: float, last: float) -> float:
    """The largest modulus of the roots of z² − middle z + last, last ≥ 0."""
    inner = middle**2 - 4 * last
    return (abs(middle) + inner**0.5) / 2 if inner >= 0 else last**0.5


def stopping_bound(epsilon: float, rate: float, smallest: float, largest: float) -> float:
    """ε / (2ημ(1 − ηL/2)), the largest excess loss where a step of gradient descent lowers the loss by less than ε."""
    return epsilon / (2 * rate * smallest * (1 - rate * largest / 2))


def steps_to(left: float, condition: float) -> float:
    """ln(1/left) / ln((κ + 1)/(κ − 1)): steps of gradient descent at its best fixed rate until `left` of the error remains."""
    return -np.log(left) / np.log1p(2 / (condition - 1))


def centred_condition(x: np.ndarray) -> float:
    """1/Var, the condition number of the moment matrix of centred inputs and a bias, for a variance of at most 1."""
    return float(1 / np.var(x))


def uncentred_condition(mean: float, variance: float, inputs: int) -> float:
    """Condition number of the moment matrix of independent inputs of that mean and variance and a bias.

    It has the eigenvalue σ², and those of [[σ² + k m², √k m], [√k m, 1]], whose product is σ².
    """
    trace = variance + inputs * mean**2 + 1
    top = (trace + np.sqrt(trace**2 - 4 * variance)) / 2
    values = [top, variance / top, *([variance] if inputs > 1 else [])]
    return float(max(values) / min(values))


def tuned_momentum(condition: float) -> dict[str, tuple[float, float]]:
    """(rate, momentum) of every rule for curvatures in [1, κ] [Lessard, Recht and Packard 2016, proposition 1]."""
    k, root, three = condition, condition**0.5, (3 * condition + 1) ** 0.5
    return {
        "gradient_descent": (best_rate(1.0, k), 0.0),
        "heavy_ball": (4 / (root + 1) ** 2, ((root - 1) / (root + 1)) ** 2),
        "nesterov": (1 / k, (root - 1) / (root + 1)),
        "tuned_nesterov": (4 / (3 * k + 1), (three - 2) / (three + 2)),
    }


def tuned_factor(rule: str, condition: float) -> float:
    """Factor per step of a rule of `tuned_momentum` on quadratics [Lessard, Recht and Packard 2016, proposition 1]."""
    root = condition**0.5
    return {
        "gradient_descent": best_factor(condition),
        "heavy_ball": (root - 1) / (root + 1),
        "nesterov": 1 - 1 / root,
        "tuned_nesterov": 1 - 2 / (3 * condition + 1) ** 0.5,
    }[rule]


def oscillation_threshold(momentum: float) -> float:
    """(1 − √b)², the product ηλ above which heavy ball with momentum b oscillates."""
    return (1 - momentum**0.5) ** 2


def uncorrected_step(t: int, beta1: float = 0.9, beta2: float = 0.999) -> float:
    """(1 − β₁ᵗ) / √(1 − β₂ᵗ), step t in learning rates of Adam without its correction under a constant gradient."""
    return (1 - beta1**t) / (1 - beta2**t) ** 0.5


def adam_overshoot(steps: int, beta1: float = 0.9) -> float:
    """Σ (2β₁ᵏ − 1 − β₁ᵀ⁺ᵏ) / (1 − β₁ᵀ⁺ᵏ) over its positive terms: learning rates that Adam goes on after passing 0 on |x|.

    T = `steps` gradients of 1 came before, then k = 1, 2, … of −1, until a step turns back.
    """
    total, k = 0.0, 1
    while (step := (2 * beta1**k - 1 - beta1 ** (steps + k)) / (1 - beta1 ** (steps + k))) > 0:
        total, k = total + step, k + 1
    return total


def adagrad_steps(distance: float, rate: float) -> int:
    """Steps of AdaGrad on |x|: the least T with Σ_(t ≤ T) t^(−1/2) = 2√T + ζ(1/2) + O(T^(−1/2)) of at least D/η."""
    wanted, zeta = distance / rate, ZETA_HALF
    return math.ceil(((wanted - zeta) / 2) ** 2 - 0.5)
