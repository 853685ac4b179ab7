"""Optimisers on a quadratic ½ Σ λ w²: rates, thresholds and constants in closed form.

`curvature` is an eigenvalue λ of the Hessian, `smallest` and `largest` the ends of its spectrum, `product` the learning rate η
times λ, on which alone most of it depends.
"""

from __future__ import annotations

import numpy as np


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
