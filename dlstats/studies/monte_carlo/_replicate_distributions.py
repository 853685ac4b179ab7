"""Distributions of replicates with everything known about them: moments, quantiles, and the value of every statistic.

They stand for what simulation studies average: a normal, a heavy-tailed (t5), a skewed (lognormal) and a skewed
discrete distribution (1 + Poisson(1/2)). A replicate is (x, y, w): an estimate, the estimate of a second method that
shares its data (y = x with probability `SHARED`, else a fresh copy), and w standard normal, from which the standard
error that the replicate reports is sd exp(`SPREAD` w).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import scipy

from dlstats.protocol.factor import Factor

SHARED = 0.7
SPREAD = 0.2
Z = 1.959963984540054
SCALE = 1.2
"""The second method's estimate is y, or `SCALE` y where the two methods are to differ."""
OFFSET = 0.5
"""The estimand lies `OFFSET` standard deviations below the mean: the estimator is biased."""
TRIM = 0.1
UPPER = 0.9
STARTS = 4
_VALUES = np.arange(60)
"""What a discrete distribution can take before its shift, but for a probability below 1e-60."""


@dataclass(frozen=True)
class Distribution:
    """`base` (frozen, of scipy) with raw moments `raw(order)`, drawn by `draw(generator, size)`; `shift` is added."""

    name: str
    base: Any
    raw: Callable[[int], float]
    draw: Callable[[np.random.Generator, int], np.ndarray]
    shift: float = 0.0
    tail: float = math.inf
    """Moments of this order and above are infinite."""
    discrete: bool = False

    def sample(self, generator: np.random.Generator, size: int) -> np.ndarray:
        """Draws of the distribution."""
        return self.shift + self.draw(generator, size)

    def quantile(self, u: np.ndarray) -> np.ndarray:
        """Quantile function."""
        if self.discrete:
            return self.shift + np.searchsorted(self.base.cdf(_VALUES), u).astype(float)
        return self.shift + self.base.ppf(u)

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """P(X <= x)."""
        return self.base.cdf(np.asarray(x) - self.shift)

    @property
    def mean(self) -> float:
        """Mean."""
        return self.shift + float(self.base.mean())

    @property
    def sd(self) -> float:
        """Standard deviation."""
        return float(self.base.std())

    @property
    def truth(self) -> float:
        """The estimand."""
        return self.mean - OFFSET * self.sd

    def moment(self, order: int, centre: float) -> float:
        """E (X - about)^order; infinite from order `tail` on, whatever the parity."""
        if order >= self.tail:
            return math.inf
        moved = self.shift - centre
        return math.fsum(math.comb(order, k) * self.raw(k) * moved ** (order - k) for k in range(order + 1))


def _normal(order: int) -> float:
    return 0.0 if order % 2 else float(scipy.special.factorial2(order - 1)) if order else 1.0


def _t5(order: int) -> float:
    """Moments 0 to 4: 1, 0, 5/3, 0, 25."""
    return (1.0, 0.0, 5 / 3, 0.0, 25.0)[order]


def _lognormal(order: int) -> float:
    return math.exp(order**2 / 2)


def _poisson(order: int) -> float:
    """Touchard's polynomial at 1/2: sum over j of the Stirling number S(order, j) / 2^j."""
    return math.fsum(float(scipy.special.stirling2(order, j)) * 0.5**j for j in range(order + 1))


DISTRIBUTIONS: Mapping[str, Distribution] = MappingProxyType(
    {
        distribution.name: distribution
        for distribution in (
            Distribution("normal", scipy.stats.norm(), _normal, lambda rng, size: rng.standard_normal(size), 2.0),
            Distribution("t5", scipy.stats.t(5), _t5, lambda rng, size: rng.standard_t(5, size), 2.0, tail=5),
            Distribution("lognormal", scipy.stats.lognorm(1.0), _lognormal, lambda rng, size: rng.lognormal(size=size)),
            Distribution(
                "poisson",
                scipy.stats.poisson(0.5),
                _poisson,
                lambda rng, size: rng.poisson(0.5, size),
                1.0,
                discrete=True,
            ),
        )
    }
)

DISTRIBUTION = Factor(
    "distribution of the replicates",
    str,
    {"normal": "normal", "t5": "Student's t, 5 df", "lognormal": "lognormal", "poisson": "1 + Poisson(1/2)"},
)


def trimmed_mean(distribution: Distribution) -> float:
    """Mean between the quantiles `TRIM` and 1 - `TRIM`: integral of the quantile function / (1 - 2 TRIM)."""
    return _integral(distribution.quantile, TRIM, 1 - TRIM) / (1 - 2 * TRIM)


def expected_minimum(distribution: Distribution) -> float:
    """E min of `STARTS` independent copies: integral of Q(1 - (1 - u)^(1 / STARTS))."""
    return _integral(lambda u: distribution.quantile(-np.expm1(np.log1p(-u) / STARTS)), 0.0, 1.0)


def levels(low: float = 0.0, high: float = 1.0, points: int = 100_000) -> tuple[np.ndarray, np.ndarray]:
    """Levels u = 3 v^2 - 2 v^3 at midpoints in v, and their weights: a midpoint rule that is fine at the ends."""
    v = (np.arange(points) + 0.5) / points
    return low + (high - low) * (3 * v**2 - 2 * v**3), (high - low) * 6 * v * (1 - v) / points


def _integral(function: Callable, low: float, high: float) -> float:
    """Integral over levels; right to about 1e-6 for the distributions here."""
    u, weights = levels(low, high)
    return float(function(u) @ weights)


def geometric_mean(distribution: Distribution) -> float:
    """exp E log X; NaN for a distribution that reaches below 0."""
    if distribution.quantile(np.array(1e-12)) <= 0:
        return math.nan
    return math.exp(_integral(lambda u: np.log(distribution.quantile(u)), 0.0, 1.0))


@functools.cache
def coverage(distribution: Distribution, target: float) -> float:
    """P(|X - target| <= Z sd exp(SPREAD W)), W standard normal, by quadrature or a sum over jumps."""
    if distribution.discrete:
        return _discrete_coverage(distribution, target)

    # the trapezoidal rule is exact to rounding for a smooth function under a normal density
    w = np.linspace(-9, 9, 1001)
    half = Z * distribution.sd * np.exp(SPREAD * w)
    inside = distribution.cdf(target + half) - distribution.cdf(target - half)
    return float((inside * scipy.stats.norm.pdf(w)).sum() * (w[1] - w[0]))


def _discrete_coverage(distribution: Distribution, target: float) -> float:
    """Sum over values x of P(X = x) P(W >= log(|x - target| / (Z sd)) / SPREAD)."""
    mass = distribution.base.pmf(_VALUES)
    gap = np.abs(_VALUES + distribution.shift - target)
    with np.errstate(divide="ignore"):
        return float((mass * scipy.special.ndtr(-np.log(gap / (Z * distribution.sd)) / SPREAD)).sum())


@functools.cache
def truths(distribution: Distribution) -> dict[str, float]:
    """The value that each statistic of the study estimates; only those that exist for the distribution."""
    sd, mean = distribution.sd, distribution.mean
    held = coverage(distribution, distribution.truth)
    values = {
        "mean": mean,
        "trimmed_mean": trimmed_mean(distribution),
        "geometric_mean": geometric_mean(distribution),
        "best_of": expected_minimum(distribution),
        "bias": OFFSET * sd,
        "relative_bias": mean / distribution.truth - 1,
        "variance": sd**2,
        "empirical_se": sd,
        "coefficient_of_variation": sd / mean,
        "mse": sd**2 * (1 + OFFSET**2),
        "rmse": sd * math.sqrt(1 + OFFSET**2),
        "model_se": sd * math.exp(SPREAD**2),
        "relative_error_model_se": math.expm1(SPREAD**2),
        "se_ratio": math.exp(SPREAD**2 / 2),
        "proportion": held,
        "coverage": held,
        "bias_eliminated_coverage": coverage(distribution, mean),
        "rejection_rate": 1 - held,
        "interval_width": 2 * Z * sd * math.exp(SPREAD**2 / 2),
        "ratio": 1 / SCALE,
        "difference": (1 - SCALE) * mean,
        "correlation": SHARED,
        "auc": 0.5,
        "difference_of_empirical_se": (1 - SCALE) * sd,
        "ratio_of_rmse": 1.0,
        "difference_of_coverage": 0.0,
    }
    if not distribution.discrete:
        values |= {
            "median": float(distribution.quantile(np.array(0.5))),
            "quantile": float(distribution.quantile(np.array(UPPER))),
        }
    return {name: value for name, value in values.items() if not math.isnan(value)}


NAMES = {
    "mean": "a mean",
    "trimmed_mean": "a mean trimmed by a tenth at both ends",
    "geometric_mean": "a geometric mean",
    "best_of": f"the expected best of {STARTS}",
    "bias": "a bias",
    "relative_bias": "a relative bias",
    "variance": "a variance",
    "empirical_se": "an empirical standard error",
    "coefficient_of_variation": "a coefficient of variation",
    "mse": "a mean squared error",
    "rmse": "a root mean squared error",
    "model_se": "the root mean square of reported standard errors",
    "relative_error_model_se": "the relative error of reported standard errors",
    "se_ratio": "the ratio of the mean reported to the empirical standard error",
    "proportion": "a proportion",
    "coverage": "a coverage",
    "bias_eliminated_coverage": "a bias-eliminated coverage",
    "rejection_rate": "a rejection rate",
    "interval_width": "the mean width of intervals",
    "ratio": "a ratio of two means",
    "difference": "a difference of two means",
    "correlation": "a correlation",
    "auc": "an area under the ROC curve",
    "difference_of_empirical_se": "a difference of two empirical standard errors",
    "ratio_of_rmse": "a ratio of two root mean squared errors",
    "difference_of_coverage": "a difference of two coverages",
    "median": "a median",
    "quantile": f"a quantile of level {UPPER}",
}
"""What the statistics are called in a sentence."""
