"""Risk of least squares, of minimum norm or with a ridge, for normal inputs, below and above as many parameters as cases."""

from __future__ import annotations

import math


def minimum_norm_risk(n: int, p: int, signal: float = 1.0, noise: float = 1.0) -> float:
    """E |β̂ − β|² for n cases from N(0, I_p), |β|² = `signal`, noise variance `noise`; infinite for |p − n| <= 1.

    σ²p/(n − p − 1) for p <= n − 2 and r²(1 − n/p) + σ²n/(p − n − 1) for p >= n + 2, by the mean of inverse Wishart
    matrices. Proved in `docs/proofs/double-descent.md`; the limit is in Hastie et al. (2022).
    """
    if abs(p - n) <= 1:
        return math.inf
    if p < n:
        return noise * p / (n - p - 1)
    return signal * (1 - n / p) + noise * n / (p - n - 1)


def best_ridge(p: int, signal: float = 1.0, noise: float = 1.0) -> float:
    """The penalty λ of |y − Xb|² + λ|b|² with the least risk: pσ²/r², that of the Bayes estimate for β ~ N(0, r²/p I)."""
    return p * noise / signal


def ridge_risk_limit(n: int, p: int, signal: float = 1.0, noise: float = 1.0) -> float:
    """Limit of E |β̂ − β|² with the best penalty at γ = p/n [Hastie et al. 2022; Dobriban and Wager 2018, theorem 2.1].

    σ²γ m(−λ) with λ = σ²γ/r² and m the Stieltjes transform of Marchenko and Pastur,
    m(−λ) = (−(1 − γ + λ) + √((1 − γ + λ)² + 4γλ))/(2γλ).
    """
    gamma = p / n
    penalty = noise * gamma / signal
    centre = 1 - gamma + penalty
    transform = (-centre + math.sqrt(centre**2 + 4 * gamma * penalty)) / (2 * gamma * penalty)
    return noise * gamma * transform


def selected_risk(n: int, p: int, total: int, signal: float = 1.0, noise: float = 1.0) -> float:
    """Excess risk of minimum norm on p of `total` inputs N(0, I) drawn at random [Belkin, Hsu and Xu 2020].

    What the others explain, r²(1 − p/D), is noise to the fit and stays in the risk. Proved in
    `docs/proofs/double-descent.md`.
    """
    left = signal * (1 - p / total)
    return minimum_norm_risk(n, p, signal * p / total, noise + left) + left


def selected_ridge(p: int, total: int, signal: float = 1.0, noise: float = 1.0) -> float:
    """The penalty of least risk on p of `total` inputs, D{σ² + r²(1 − p/D)}/r²: the best ridge with what is left as noise."""
    return best_ridge(p, signal * p / total, noise + signal * (1 - p / total))


def benign_risk(n: int, spikes: int, p: int) -> float:
    """k/(n − k − 1) + (n − k)/(p − n): excess risk per noise variance of interpolation with k directions of variance 1.

    The p − k others share the variance 1. To first order it is k/n + n/p, proved in `docs/proofs/double-descent.md`.
    """
    return spikes / (n - spikes - 1) + (n - spikes) / (p - n)
