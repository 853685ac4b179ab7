"""What no linear estimator can do at a jump, and what least-squares segmentation does there.

The target is f_s(i) = 1{(i - s) mod n < n/2} on n points, s uniform, seen with N(0, σ²) noise.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats


def best_linear_risk(n: int, noise_sd: float) -> float:
    """B_n = n^(-1) sum_{k != 0} λ_k σ² / (λ_k + σ²): a floor for every linear or affine estimator, averaged over s.

    The covariance of f_s is circulant with eigenvalues λ_k = |FFT(f_0)_k|² / n, so that this is the Bayes risk among
    affine estimators (the linear minimum mean squared error); the mean, k = 0, is given away. Short proof; for linear
    minimax risks see Donoho, Liu and MacGibbon (1990).
    """
    half = (np.arange(n) < n / 2).astype(float)
    power = np.abs(np.fft.fft(half)) ** 2 / n
    power[0] = 0.0
    return float((power * noise_sd**2 / (power + noise_sd**2)).sum() / n)


def linear_constant(noise_sd: float) -> float:
    """lim √n B_n = σ/2 for a jump of 1 (two on the circle): sum over odd k of (π²k²/n + σ^(-2))^(-1) / n."""
    return noise_sd / 2


def projection_constant(noise_sd: float) -> float:
    """lim √n of the best trigonometric projection: 2√2 σ / π; tail 1/(π²N) against 2Nσ²/n."""
    return 2 * math.sqrt(2) * noise_sd / math.pi


def projection_risk(n: float, noise_sd: float) -> float:
    """min_N sum_{odd |k| > N} (πk)^(-2) + 2Nσ²/n: the exact risk of projection in white noise, N odd frequencies."""
    kept = np.arange(1.0, 4 * math.sqrt(n) / noise_sd + 10, 2)
    tail = 0.25 - 2 * np.cumsum(1 / (math.pi * kept) ** 2)
    return float(np.min(tail + 2 * kept * noise_sd**2 / n))


def wiener_risk(n: float, noise_sd: float, terms: int = 2**20) -> float:
    """Best linear risk in white noise, n^(-1) sum_{odd k} λ_k σ²/(λ_k + σ²), λ_k = n/(πk)², tail integrated."""
    k = np.arange(1.0, 2 * terms, 2)
    signal = n / (math.pi * k) ** 2
    rest = 1 / (math.pi**2 * 2 * terms)
    return float(2 * (signal * noise_sd**2 / (signal + noise_sd**2)).sum() / n + rest)


def mean_location_error(step: float, reach: float = 40.0, nodes: int = 1500, tolerance: float = 1e-12) -> float:
    """E|τ̂ - τ| of the least-squares change point when the jump is `step` noise sds and both segments are long.

    The argmax of a two-sided random walk with N(-step²/2, step²) increments. With p the chance that a one-sided walk
    never rises above 0 (Spitzer: log p = -sum_t Φ(-step √t / 2) / t) and g_t the density of a walk that stays above 0
    until t (duality), (argmax, max) of a side has density p g_t(m), and
    E|τ̂ - τ| = 2 sum_t t ∫ p g_t(m) F(m) dm with F the distribution of the other side's maximum.
    Solved on a Gauss-Legendre grid; derived here from Hinkley (1970).
    """
    mean, sd = -(step**2) / 2, step
    root, weight = np.polynomial.legendre.leggauss(nodes)
    m, weight = reach * sd * (root + 1) / 2, reach * sd * weight / 2
    times = np.arange(1, 200_000)
    never = math.exp(-float((stats.norm.cdf(-step / 2 * np.sqrt(times)) / times).sum()))
    kernel = stats.norm.pdf(m[:, None] - m[None, :], mean, sd) * weight[None, :]
    density, renewal, moment = stats.norm.pdf(m, mean, sd), np.zeros(nodes), np.zeros(nodes)
    t = 1
    while float(density @ weight) * t > tolerance:
        renewal += density
        moment += t * density
        density, t = kernel @ density, t + 1
    below = never * (1 + np.array([np.interp(v, m, np.cumsum(renewal * weight)) for v in m]))
    return 2 * float((never * moment * below) @ weight)


def segmentation_constant(step: float) -> float:
    """lim n risk / σ² of two-segment least squares: 2 means and step² E|τ̂ - τ| for the misplaced points."""
    return 2 + step**2 * mean_location_error(step)
