"""When a Monte Carlo standard error can be trusted: the kurtosis of the influence decides.

The error of a mean of R values of kurtosis b is on average (b - 1) / (8 R) too small, as E s is
sigma (1 - (b - 1) / (8 R)) to first order (docs/proofs/monte-carlo-error.md). For other statistics the same bound on b and R
is a rule of thumb: their own terms of order 1 / R are left out. Where b is infinite nothing is promised at any R, which is so
for everything quadratic at t5.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable

import numpy as np

from dlstats.studies.monte_carlo._replicate_distributions import (
    SCALE,
    SHARED,
    SPREAD,
    STARTS,
    TRIM,
    UPPER,
    Distribution,
    coverage,
    levels,
)

LOSS = 0.05
"""An error that is expected to be at most this proportion too small is promised; half of the tolerance of 0.1."""

BEYOND = 20
"""Replicates beyond a quantile from which its error is promised; the rate is n^(-1/4) only [Hall and Martin 1988]."""

MEANS = (
    *("mean", "bias", "relative_bias", "difference", "interval_width", "mse"),
    *("proportion", "coverage", "rejection_rate", "difference_of_coverage"),
)
"""Statistics that are means of one number per replicate, up to constants."""

ENDS = np.array([TRIM, 1 - TRIM])


def promised(statistic: str, distribution: Distribution, reps: int) -> bool:
    """Whether theory promises an error within a tenth of the truth on average for `reps` replicates."""
    if statistic in ("median", "quantile"):
        # the bootstrap of an order statistic converges slowly in the number of replicates beyond it
        return not distribution.discrete and round(reps * (0.5 if statistic == "median" else 1 - UPPER)) >= BEYOND
    if statistic in ("trimmed_mean", "best_of") and distribution.discrete:
        return False  # the influence of a statistic of ordered replicates needs a distribution without jumps
    b = kurtosis(statistic, distribution)
    return math.isfinite(b) and (b - 1) / (8 * reps) <= LOSS


@functools.cache
def kurtosis(statistic: str, distribution: Distribution) -> float:
    """Kurtosis of the influence of one replicate on a statistic (names as in `_replicate_distributions.truths`)."""
    simple = {
        "mean": lambda: _ratio(distribution, 1, distribution.mean),
        "variance": lambda: _ratio(distribution, 2, distribution.mean),
        "mse": lambda: _ratio(distribution, 2, distribution.truth),
        "model_se": lambda: _lognormal(2 * SPREAD),
        "interval_width": lambda: _lognormal(SPREAD),
        "coverage": lambda: _bernoulli(coverage(distribution, distribution.truth)),
        "bias_eliminated_coverage": lambda: _bernoulli(coverage(distribution, distribution.mean)),
        "trimmed_mean": lambda: _on_grid(distribution, lambda x, u: np.clip(x, *distribution.quantile(ENDS))),
        "geometric_mean": lambda: _on_grid(distribution, lambda x, u: np.log(x)),
        "best_of": lambda: _on_grid(distribution, _best_of),
        "se_ratio": lambda: _sum_of(_influence_of_se(distribution, 1), _influence_of_sd(distribution)),
        "relative_error_model_se": lambda: _sum_of(_influence_of_se(distribution, 2), _influence_of_sd(distribution)),
        "ratio": lambda: _shared(_ratio(distribution, 1, distribution.mean), 1.0),
        "difference": lambda: _shared(_ratio(distribution, 1, distribution.mean), SCALE),
        "difference_of_empirical_se": lambda: _shared(_ratio(distribution, 2, distribution.mean), SCALE),
        "ratio_of_rmse": lambda: _shared(_ratio(distribution, 2, distribution.truth), 1.0),
        "difference_of_coverage": lambda: _shared(_bernoulli(coverage(distribution, distribution.truth)), 1.0),
        "auc": lambda: _shared(_on_grid(distribution, lambda x, u: _middle_rank(distribution, x)), 1.0),
        "correlation": lambda: _correlation(distribution),
        "coefficient_of_variation": lambda: _coefficient_of_variation(distribution),
    }
    same = {"bias": "mean", "relative_bias": "mean", "empirical_se": "variance", "rmse": "mse"}
    same |= {"proportion": "coverage", "rejection_rate": "coverage"}
    return simple[same.get(statistic, statistic)]()


def _ratio(distribution: Distribution, power: int, centre: float) -> float:
    """Kurtosis of (X - about)^power."""
    if 4 * power >= distribution.tail:
        return math.inf
    m = [distribution.moment(power * k, centre) for k in range(5)]
    variance = m[2] - m[1] ** 2
    return (m[4] - 4 * m[1] * m[3] + 6 * m[1] ** 2 * m[2] - 3 * m[1] ** 4) / variance**2


def _lognormal(s: float) -> float:
    """Kurtosis of exp(s W)."""
    a = math.exp(s**2)
    return a**4 + 2 * a**3 + 3 * a**2 - 3


def _bernoulli(p: float) -> float:
    return (1 - 3 * p * (1 - p)) / (p * (1 - p))


def _on_grid(distribution: Distribution, function: Callable) -> float:
    """Kurtosis of a function of X and of its probability level."""
    u, weights = levels(points=50_000)
    h = function(distribution.quantile(u), u)
    d = h - h @ weights
    return float((d**4 @ weights) / (d**2 @ weights) ** 2)


def _best_of(x: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Influence on the expected minimum of `STARTS`, up to a constant."""
    return np.cumsum(np.diff(x, prepend=x[0]) * (1 - u) ** (STARTS - 1))


def _middle_rank(distribution: Distribution, x: np.ndarray) -> np.ndarray:
    return (distribution.cdf(x) + distribution.cdf(x - 1e-9)) / 2


def _influence_of_se(distribution: Distribution, power: int) -> tuple[float, float]:
    """(variance, fourth cumulant) of the part that reported standard errors have in log (model se / empirical se)."""
    s = power * SPREAD
    relative = math.expm1(s**2) / power**2
    return relative, (_lognormal(s) - 3) * relative**2


def _influence_of_sd(distribution: Distribution) -> tuple[float, float]:
    """(variance, fourth cumulant) of (u^2 - 1) / 2, u the standardised estimate."""
    b = _ratio(distribution, 2, distribution.mean)
    variance = (distribution.moment(4, distribution.mean) / distribution.sd**4 - 1) / 4
    return variance, (b - 3) * variance**2


def _sum_of(*parts: tuple[float, float]) -> float:
    """Kurtosis of a sum of independent parts given by variance and fourth cumulant."""
    return 3 + sum(k for _, k in parts) / sum(v for v, _ in parts) ** 2


def _shared(b: float, scale: float) -> float:
    """Kurtosis of h(x) - scale h(y) when y = x with probability `SHARED`, else a copy; b is the kurtosis of h(x)."""
    if math.isinf(b):
        return b
    fourth = SHARED * (1 - scale) ** 4 * b + (1 - SHARED) * (b * (1 + scale**4) + 6 * scale**2)
    second = SHARED * (1 - scale) ** 2 + (1 - SHARED) * (1 + scale**2)
    return fourth / second**2


def _correlation(distribution: Distribution) -> float:
    """Kurtosis of u v - r (u^2 + v^2) / 2 by expansion in the moments of u and v."""
    if distribution.tail <= 8:
        return math.inf
    m = [distribution.moment(k, distribution.mean) / distribution.sd**k for k in range(9)]

    def moment(order: int) -> float:
        terms = ((1.0, 1, 1), (-SHARED / 2, 2, 0), (-SHARED / 2, 0, 2))
        fresh = same = 0.0
        for chosen in itertools.product(terms, repeat=order):
            factor = math.prod(c for c, _, _ in chosen)
            a, b = sum(t[1] for t in chosen), sum(t[2] for t in chosen)
            fresh, same = fresh + factor * m[a] * m[b], same + factor * m[a + b]
        return SHARED * same + (1 - SHARED) * fresh

    return moment(4) / moment(2) ** 2


def _coefficient_of_variation(distribution: Distribution) -> float:
    """Kurtosis of (u^2 - 1) / 2 - u sd / mean."""
    if distribution.tail <= 8:
        return math.inf
    m = [distribution.moment(k, distribution.mean) / distribution.sd**k for k in range(9)]
    terms = ((0.5, 2), (-0.5, 0), (-distribution.sd / distribution.mean, 1))

    def moment(order: int) -> float:
        chosen = itertools.product(terms, repeat=order)
        return sum(math.prod(c for c, _ in t) * m[sum(p for _, p in t)] for t in chosen)

    return moment(4) / moment(2) ** 2


def normal_theory_ratio(distribution: Distribution) -> float:
    """Limit of (normal-theory error of the standard deviation) / (true error): sqrt(2 / (kurtosis - 1))."""
    return math.sqrt(2 / (_ratio(distribution, 1, distribution.mean) - 1))


def off_centre_ratio(distribution: Distribution) -> float:
    """Limit of (jackknife of the RMSE about a value with the other divisor) / (true error), an unbiased estimator.

    Leaving one out of sqrt(bias^2 + s^2), s^2 with divisor R - 1, but centring at the RMSE with divisor R, adds
    sd^4 / R to the variance (kurtosis - 1) sd^4 / R: sqrt(1 + 1 / (kurtosis - 1)). Derived here.
    """
    return math.sqrt(1 + 1 / (_ratio(distribution, 1, distribution.mean) - 1))
