"""Exact risks of kernel methods: ridge with a known eigenvalue decay, and smoothing on the d-torus."""

from __future__ import annotations

import math

import numpy as np
import scipy

TERMS = 2**16
"""Coefficients that are summed one by one; beyond them the estimate is 0 and the tail is known."""


def ridge_risk(n: float, smoothness: float, order: float) -> float:
    """Kernel ridge with eigenvalues k^(-2m) at its best penalty, for θ_k = k^(-b-1/2); m is `order`.

    min_λ sum (1 - g_k)² θ_k² + n^(-1) sum g_k²,  g_k = 1 / (1 + λ k^(2m)) [Caponnetto and De Vito 2007].
    """
    k = np.arange(1.0, TERMS + 1)
    penalty, signal = k ** (2 * order), k ** (-2 * smoothness - 1)
    beyond = float(scipy.special.zeta(2 * smoothness + 1, TERMS + 1))

    def risk(log_ridge: float) -> float:
        shrink = 1 / (1 + math.exp(log_ridge) * penalty)
        return float(((1 - shrink) ** 2 * signal).sum() + (shrink**2).sum() / n) + beyond

    low, high = -2 * order * math.log(TERMS / 8), 0.0
    optimum = scipy.optimize.minimize_scalar(risk, bounds=(low, high), method="bounded", options={"xatol": 1e-6})
    return float(optimum.fun)


def ridge_exponent(smoothness: float, order: float) -> float:
    """2 b' / (2 b' + 1), b' = min(b, 2m): ridge saturates at twice its order [Bauer, Pereverzev and Rosasco 2007]."""
    effective = min(smoothness, 2 * order)
    return 2 * effective / (2 * effective + 1)


def theta(a: float) -> float:
    """sum over all integers k of exp(-a k²), by itself or by Poisson's formula, whichever ends sooner."""
    k = np.arange(1, 12)
    if a >= math.pi:
        return 1 + 2 * float(np.exp(-a * k**2).sum())
    return math.sqrt(math.pi / a) * (1 + 2 * float(np.exp(-((math.pi * k) ** 2) / a).sum()))


def torus_risk(n: float, dimension: int, additive: bool) -> float:
    """Gaussian smoothing of f = sum_j √2 cos 2πx_j on the d-torus with unit noise, at its best bandwidth h.

    Bias d (1 - G)², G = exp(-(2πh)²/2); variance n^(-1) S^d, S = sum_k exp(-(2πhk)²) [Stone 1982]; the additive
    estimator, that smooths every coordinate by itself, has n^(-1) (1 + d (S - 1)) [Stone 1985].
    """

    def risk(log_bandwidth: float) -> float:
        a = (2 * math.pi * math.exp(log_bandwidth)) ** 2
        spread = theta(a)
        variance = 1 + dimension * (spread - 1) if additive else spread**dimension
        return dimension * math.expm1(-a / 2) ** 2 + variance / n

    optimum = scipy.optimize.minimize_scalar(risk, bounds=(-14.0, 0.5), method="bounded", options={"xatol": 1e-9})
    return float(optimum.fun)


def torus_exponent(dimension: int, additive: bool) -> float:
    """4 / (4 + d) for a target with two derivatives; 4/5 for the additive estimator whatever d."""
    return 4 / 5 if additive else 4 / (4 + dimension)
