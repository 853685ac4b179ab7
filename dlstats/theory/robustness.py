"""Influence, sensitivity, bias under asymmetry and breakdown of M-estimators of location; Huber's loss as an envelope.

Hampel et al. 1986, Robust Statistics, chapter 2; Huber and Ronchetti 2009, chapters 1 and 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import scipy


def huber_influence(x: float, k: float) -> float:
    """Influence function at N(0, 1), ψ / E ψ' = clip(x, ±k) / (2Φ(k) − 1)."""
    return float(np.clip(x, -k, k) / (2 * scipy.stats.norm.cdf(k) - 1))


def tukey_influence(x: float, c: float) -> float:
    """Influence function at N(0, 1) of ψ = x (1 − (x/c)²)² within ±c; E ψ' by the moments of the truncated normal."""
    inside = 2 * scipy.stats.norm.cdf(c) - 1
    moments = {0: inside}
    for power in (2, 4):
        moments[power] = (power - 1) * moments[power - 2] - 2 * c ** (power - 1) * scipy.stats.norm.pdf(c)
    slope = moments[0] - 6 * moments[2] / c**2 + 5 * moments[4] / c**4
    return float(x * (1 - (x / c) ** 2) ** 2 / slope) if abs(x) < c else 0.0


def gross_error_sensitivity(name: str, constant: float = math.nan) -> float:
    """sup |IF| at N(0, 1): Huber k / (2Φ(k) − 1); median √(π/2); Tukey its value at c/√5; mean infinite."""
    return {
        "huber": lambda: huber_influence(constant, constant),
        "absolute": lambda: math.sqrt(math.pi / 2),
        "tukey": lambda: tukey_influence(constant / math.sqrt(5), constant),
        "mean": lambda: math.inf,
    }[name]()


def huber_functional(survival_integral: Callable[[float, float], float], threshold: float, bracket: tuple) -> float:
    """The zero m of E clip(X − m, ±τ) = −τ + ∫_{m−τ}^{m+τ} P(X > x) dx.

    `survival_integral(a, b)` is the integral of the survival function, which is 1 left of the support.
    """
    return scipy.optimize.brentq(
        lambda m: survival_integral(m - threshold, m + threshold) - threshold, *bracket, xtol=1e-14
    )


def exponential_huber(threshold: float) -> float:
    """Huber's functional of Exp(1)."""

    def integral(a: float, b: float) -> float:
        return min(b, 0.0) - min(a, 0.0) + math.exp(-max(a, 0.0)) - math.exp(-max(b, 0.0))

    return huber_functional(integral, threshold, (0.0, 1.0 + threshold))


def lomax_huber(tail: float, threshold: float) -> float:
    """Huber's functional of the Lomax distribution, P(X > x) = (1 + x)^−tail for x > 0."""

    def integral(a: float, b: float) -> float:
        inside = [(1 + max(x, 0.0)) ** (1 - tail) / (tail - 1) for x in (a, b)]
        return min(b, 0.0) - min(a, 0.0) + inside[0] - inside[1]

    return huber_functional(integral, threshold, (0.0, 2 / (tail - 1) + 1))


def lomax_mean(tail: float) -> float:
    """1 / (tail − 1)."""
    return 1 / (tail - 1)


def lomax_huber_bias_asymptote(tail: float, threshold: float) -> float:
    """Huber's functional minus the mean as τ → ∞: −(1 + μ + τ)^{1 − tail} / (tail − 1). Derived here: E(X − μ − τ)₊."""
    return -((1 + lomax_mean(tail) + threshold) ** (1 - tail)) / (tail - 1)


def moreau_envelope_huber(residual: np.ndarray, threshold: float) -> np.ndarray:
    """min_γ (r − γ)²/2 + δ|γ|, at the soft threshold γ = sgn(r)(|r| − δ)₊ [She and Owen 2011]: Huber's loss."""
    outlier = np.sign(residual) * np.maximum(np.abs(residual) - threshold, 0)
    return (residual - outlier) ** 2 / 2 + threshold * np.abs(outlier)


def stable_rate(alpha: float) -> float:
    """Exponent of n in the error of the mean of n symmetric α-stable variables, exactly: 1/α − 1."""
    return 1 / alpha - 1
