"""Quantiles and expectiles: exact values, the variance of sample quantiles, CRPS, and what optimality asks of residuals."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import scipy


def order_statistic_variance(quantile: Callable, level: float, n: int) -> float:
    """n times the variance of the k-th of n values, k = ⌈nτ⌉: of q(U), U ~ Beta(k, n + 1 − k), by quadrature.

    `quantile` is the quantile function q of the distribution.
    """
    k = math.ceil(n * level)
    order = scipy.stats.beta(k, n + 1 - k)
    ends = scipy.special.logit(order.ppf(1e-15)), -scipy.special.logit(scipy.stats.beta(n + 1 - k, k).ppf(1e-15))

    def moment(power: int) -> float:
        def inside(t: float) -> float:
            # u = expit(t): the tails of every distribution become exponential
            u = scipy.special.expit(t)
            return float(quantile(u)) ** power * order.pdf(u) * u * scipy.special.expit(-t)

        return scipy.integrate.quad(inside, *ends, points=[scipy.special.logit(k / (n + 1))], epsabs=1e-13, limit=200)[
            0
        ]

    return n * (moment(2) - moment(1) ** 2)


def pinball_excess_normal(level: float, shift: float) -> float:
    """E ρ(Z − q − d) − E ρ(Z − q) for Z ~ N(0, 1), d = `shift`, in closed form."""

    def risk(a: float) -> float:
        return float(scipy.stats.norm.pdf(a) + a * scipy.stats.norm.cdf(a) - level * a)

    q = float(scipy.stats.norm.ppf(level))
    return risk(q + shift) - risk(q)


def pinball_curvature_normal(level: float, shift: float) -> float:
    """φ(q) d²/2, the leading term of `pinball_excess_normal`."""
    return float(scipy.stats.norm.pdf(scipy.stats.norm.ppf(level))) * shift**2 / 2


def crps_normal(y: float, mean: float = 0.0, sd: float = 1.0) -> float:
    """CRPS of N(mean, sd²): sd (z (2Φ(z) − 1) + 2φ(z) − 1/√π) [Gneiting and Raftery 2007, section 4.2]."""
    z = (y - mean) / sd
    return float(sd * (z * (2 * scipy.stats.norm.cdf(z) - 1) + 2 * scipy.stats.norm.pdf(z) - 1 / math.sqrt(math.pi)))


def normal_expectile(level: float) -> float:
    """The zero e of τ E(Z − e)₊ = (1 − τ) E(e − Z)₊ for Z ~ N(0, 1) [Newey and Powell 1987]."""
    return _expectile(lambda e: float(scipy.stats.norm.pdf(e) - e * scipy.stats.norm.sf(e)), 0.0, level, (-20.0, 20.0))


def exponential_expectile(level: float) -> float:
    """The expectile of Exp(1): with E(X − e)₊ = exp(−e), by Lambert's W, e = 1 + W((2τ − 1)/((1 − τ) e))."""
    return 1 + float(scipy.special.lambertw((2 * level - 1) / ((1 - level) * math.e)).real)


def _expectile(above: Callable[[float], float], mean: float, level: float, bracket: tuple) -> float:
    """Solve τ U = (1 − τ)(U + e − mean), where U(e) = E(X − e)₊."""
    return scipy.optimize.brentq(lambda e: level * above(e) - (1 - level) * (above(e) + e - mean), *bracket, xtol=1e-14)


def residual_counts(residuals: np.ndarray, tolerance: float) -> tuple[int, int]:
    """(negative, zero) residuals, those within `tolerance` counted as zero."""
    return int((residuals < -tolerance).sum()), int((np.abs(residuals) <= tolerance).sum())


def obeys_optimality(negative: int, zero: int, n: int, level: float) -> bool:
    """N_neg <= nτ <= N_neg + N_zero, necessary with an intercept [Koenker and Bassett 1978, theorem 3.4]."""
    return negative <= n * level <= negative + zero
