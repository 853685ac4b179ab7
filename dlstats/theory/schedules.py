"""Schedules of the learning rate: bias and variance of the last iterate of stochastic gradient descent on λx²/2.

x_(t+1) = x_t − η_t (λ x_t + ξ_t) from x₀ = 1 with independent ξ_t of mean 0 and variance 1; η_0, ..., η_(T−1) are `rates`.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

SCHEDULES = {
    "constant": lambda t, steps: np.ones(steps),
    "linear": lambda t, steps: 1 - t / steps,
    "cosine": lambda t, steps: (1 + np.cos(np.pi * t / steps)) / 2,
    "inverse_root": lambda t, steps: 1 / np.sqrt(t + 1),
    "inverse": lambda t, steps: 1 / (1 + t / 10),
}


def schedule(name: str, rate: float, steps: int) -> np.ndarray:
    """The learning rates of a schedule from its initial one, shape (steps,)."""
    return rate * SCHEDULES[name](np.arange(steps), steps)


def bias(rates: np.ndarray, curvature: float) -> float:
    """Π (1 − η_t λ)², what is left of the squared distance of the start."""
    return float(np.prod((1 - rates * curvature) ** 2))


def variance(rates: np.ndarray, curvature: float) -> float:
    """Σ η_t² Π_(s > t) (1 − η_s λ)²."""
    factors = (1 - rates * curvature) ** 2
    after = np.append(np.cumprod(factors[::-1])[::-1][1:], 1.0)
    return float((rates**2 * after).sum())


def floor(curvature: float, steps: int) -> float:
    """1 / (λ² T + 1), below which no learning rates bring the mean squared distance after T steps."""
    return 1 / (curvature**2 * steps + 1)


def robbins_monro(scale: float, n: int) -> tuple[float, float]:
    """E x² after n // 2 and after n steps at η_t = c/(λt), t from 1, in units of 1/λ² and from 1/λ."""
    mean_square, half = 1.0, 1.0
    for t in range(1, n + 1):
        step = scale / t
        mean_square = (1 - step) ** 2 * mean_square + step * step
        if t == n // 2:
            half = mean_square
    return half, mean_square


def robbins_monro_by_gamma(scale: float, n: int) -> float:
    """The same after n steps for c < 1: P_n + c² Σ t⁻² P_n/P_t with P_n = {Γ(n + 1 − c) / (Γ(1 − c) n!)}²."""
    t = np.arange(1, n + 1)
    log_products = 2 * (gammaln(t + 1 - scale) - gammaln(1 - scale) - gammaln(t + 1))
    return float(np.exp(log_products[-1]) + scale**2 * (np.exp(log_products[-1] - log_products) / t**2.0).sum())


def robbins_monro_exponent(scale: float) -> float:
    """−min(1, 2c), the exponent of E x² in n at η_t = c/(λt)."""
    return -min(1.0, 2 * scale)


def robbins_monro_constant(scale: float) -> float:
    """c² / (2c − 1), the limit of n E x² in units of σ²/λ² at η_t = c/(λt), c > 1/2; least, 1, at c = 1."""
    return scale**2 / (2 * scale - 1)
