"""What no linear estimator can do at a jump, and what least-squares segmentation does there.

The target is f_s(i) = 1{(i - s) mod n < n/2} on n points, s uniform, seen with N(0, σ²) noise.
"""

from __future__ import annotations

import math

import numpy as np
import scipy


def best_linear_risk(n: int, noise_sd: float, arc: float = 0.5) -> float:
    """B_n = n^(-1) sum_{k != 0} λ_k σ² / (λ_k + σ²): a floor for every linear or affine estimator, averaged over s.

    `arc` is the proportion of the circle on which f_s is 1.

    The covariance of f_s is circulant with eigenvalues λ_k = |FFT(f_0)_k|² / n, so that this is the Bayes risk among
    affine estimators (the linear minimum mean squared error); the mean, k = 0, is given away. Proof:
    docs/proofs/jump.md#linear-floor-at-a-jump; for linear minimax risks see Donoho, Liu and MacGibbon (1990).
    """
    indicator = (np.arange(n) < n * arc).astype(float)
    power = np.abs(np.fft.fft(indicator)) ** 2 / n
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
    terms = np.arange(1.0, 4 * math.sqrt(n) / noise_sd + 10, 2)
    tail = 0.25 - 2 * np.cumsum(1 / (math.pi * terms) ** 2)
    return float(np.min(tail + 2 * terms * noise_sd**2 / n))


def wiener_risk(n: float, noise_sd: float) -> float:
    """Best linear risk in white noise, σ tanh(√n/(2σ)) / (2√n): n^(-1) sum_{odd k} λ_k σ²/(λ_k + σ²), λ_k = n/(πk)².

    The sum over odd k of both signs is 2σ²/n sum_{odd k > 0} 1/(1 + (πkσ)²/n), a partial fraction series of tanh.
    """
    return noise_sd * math.tanh(math.sqrt(n) / (2 * noise_sd)) / (2 * math.sqrt(n))


def mean_location_error(step: float, reach: float = 40.0, nodes: int = 600) -> float:
    """E|τ̂ - τ| of the least-squares change point when the jump is `step` noise sds and both segments are long.

    The argmax of a two-sided random walk with N(-step²/2, step²) increments, density f. With K h(m) = ∫_0^∞ f(m - v) h(v) dv:

    - F, the distribution of the maximum of one side, 0 included, is F(m) = ∫_0^∞ F(v) f(m - v) dv [Lindley 1952];
    - g_t = K^(t - 1) f is the density at time t of a walk that stayed above 0, and by duality (argmax, max) of one side has
      density F(0) g_t(m);
    - E|τ̂ - τ| = 2 F(0) sum_t t ∫ g_t F = 2 F(0) ∫ F (I - K)^(-2) f [after Hinkley 1970].

    Nyström's method on a Gauss-Legendre grid up to `reach`; the maximum exceeds it with probability below e^(-reach).
    """
    mean, sd = -(step**2) / 2, step
    root, weight = np.polynomial.legendre.leggauss(nodes)
    m, weight = reach * (root + 1) / 2, reach * weight / 2
    stays = np.eye(nodes) - scipy.stats.norm.pdf(m[:, None] - m[None, :], mean, sd) * weight
    beyond = scipy.stats.norm.cdf(m - reach, mean, sd)
    renewal, below = np.linalg.solve(stays, np.stack([scipy.stats.norm.pdf(m, mean, sd), beyond], axis=1)).T
    never = scipy.stats.norm.pdf(-m, mean, sd) * weight @ below + scipy.stats.norm.cdf(-reach, mean, sd)
    return 2 * float(never * (np.linalg.solve(stays, renewal) * below) @ weight)


def floor_in_closed_form(n: int, noise_sd: float) -> float:
    """`best_linear_risk` for even n: σ² / (2√(1 + nσ²)) · tanh(n/2 · arsinh(1/(σ√n))), as docs/proofs/jump.md has it."""
    tail = math.tanh(n / 2 * math.asinh(1 / (noise_sd * math.sqrt(n))))
    return noise_sd**2 / (2 * math.sqrt(1 + n * noise_sd**2)) * tail


def segmentation_constant(step: float, jumps: int = 1) -> float:
    """lim n risk / σ² of least squares over two constants: 2 means and step² E|τ̂ - τ| for what each jump misplaces.

    One jump on a line, or two on a circle. Proof: docs/proofs/jump.md#segmentation-constant and #two-jumps-on-a-circle.
    """
    return 2 + jumps * step**2 * mean_location_error(step)
