"""Asymptotic variance and efficiency of M-estimators of location with known scale, by quadrature and closed form.

V(ψ, F) = E ψ² / (E ψ')² for a distribution symmetric about 0 [Huber and Ronchetti 2009, eq. 3.2.12]. E ψ' is computed as
E ψ s with the score s = −f'/f, which also counts the jumps of ψ. Efficiency is (1 / I) / V with I = E s².
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy

ALPHAS = (1.5, 1.0, 0.5, 0.0, -0.5, -1.0, -2.0, -4.0, -8.0, -math.inf)
"""Shapes of the table of tuning constants of Barron's loss."""

Function = Callable[[float], float]


@dataclass(frozen=True)
class Distribution:
    """A density symmetric about 0 with its score −f'/f and variance."""

    name: str
    density: Function
    score: Function
    variance: float


def student(df: float) -> Distribution:
    """Student's t with `df` degrees of freedom."""
    distribution = scipy.stats.t(df)
    variance = df / (df - 2) if df > 2 else math.inf
    return Distribution(f"t{df:g}", distribution.pdf, lambda x: (df + 1) * x / (df + x * x), variance)


def contaminated(proportion: float, sd: float = 3.0) -> Distribution:
    """(1 − proportion) N(0, 1) + proportion N(0, sd²)."""

    def density(x: float) -> float:
        return (1 - proportion) * _phi(x) + proportion * _phi(x / sd) / sd

    def score(x: float) -> float:
        near, far = (1 - proportion) * _phi(x), proportion * _phi(x / sd) / sd
        return x * (near + far / sd**2) / (near + far) if near + far > 0 else x / sd**2

    return Distribution(f"contaminated{100 * proportion:g}", density, score, 1 - proportion + proportion * sd**2)


NORMAL = Distribution("normal", lambda x: _phi(x), lambda x: x, 1.0)
LAPLACE = Distribution("laplace", lambda x: np.exp(-np.abs(x)) / 2, np.sign, 2.0)
LOGISTIC = Distribution("logistic", lambda x: scipy.stats.logistic.pdf(x), lambda x: np.tanh(x / 2), math.pi**2 / 3)
DISTRIBUTIONS: dict[str, Distribution] = {
    distribution.name: distribution
    for distribution in (
        *(NORMAL, student(1), student(2), student(3), student(5), student(10)),
        *(LAPLACE, LOGISTIC, contaminated(0.05), contaminated(0.1), contaminated(0.2)),
    )
}


@dataclass(frozen=True)
class Estimator:
    """An M-estimator: ψ(x, constant) for x >= 0, its usual constant and where ψ has corners."""

    psi: Callable[[float, float], float]
    constant: float
    corners: Callable[[float], tuple[float, ...]] = lambda c: ()


def barron_psi(x: float, c: float, alpha: float) -> float:
    """(x/c²)(z/|α − 2| + 1)^{α/2 − 1}, z = (x/c)², with its limits at α = 2 and −∞ [Barron 2019, eq. 10]."""
    z = (x / c) ** 2
    if alpha == 2:
        return x / c**2
    if alpha == -math.inf:
        return x / c**2 * np.exp(-z / 2)
    return x / c**2 * np.exp((alpha / 2 - 1) * np.log1p(z / (2 - alpha)))


ESTIMATORS: dict[str, Estimator] = {
    "mean": Estimator(lambda x, c: x, 1.0),
    "absolute": Estimator(lambda x, c: 1.0, 1.0),
    "huber": Estimator(lambda x, k: min(x, k), 1.345, lambda k: (k,)),
    "tukey": Estimator(lambda x, c: x * max(1 - (x / c) ** 2, 0) ** 2, 4.685, lambda c: (c,)),
    "cauchy": Estimator(lambda x, c: x / (1 + (x / c) ** 2), math.sqrt(2) * 1.68641),
    "welsch": Estimator(lambda x, c: x * math.exp(-((x / c) ** 2)), 2.985),
    "log_cosh": Estimator(lambda x, c: math.tanh(x), 1.0),
    "charbonnier": Estimator(lambda x, c: x / math.hypot(1, x / c), 1.0),
    "hampel": Estimator(
        lambda x, a: min(x, a) * min(1.0, max(0.0, 2 - x / (2 * a))) if x > 2 * a else min(x, a),
        2.0,
        lambda a: (a, 2 * a, 4 * a),
    ),
    "geman_mcclure": Estimator(lambda x, c: x / (1 + (x / c) ** 2) ** 2, 3.787),
    "andrews": Estimator(lambda x, a: a * math.sin(x / a) if x < math.pi * a else 0.0, 1.339, lambda a: (math.pi * a,)),
}
"""`cauchy` is Barron's α = 0 at c = 1.68641, in the parametrisation x / (1 + (x/k)²), k = √2 c.
Hampel's corners are at a, 2a and 4a."""


def expectation(function: Function, distribution: Distribution, corners: Sequence[float] = ()) -> float:
    """2 ∫_0^∞ function · density, adaptive quadrature between the corners."""
    edges = [0.0, *sorted({*corners, 1.0}), math.inf]
    parts = [
        scipy.integrate.quad(
            lambda x: function(x) * distribution.density(x), a, b, epsabs=1e-14, epsrel=1e-13, limit=400
        )[0]
        for a, b in pairwise(edges)
    ]
    return 2 * sum(parts)


def information(distribution: Distribution) -> float:
    """Fisher information on location, E s²."""
    return expectation(lambda x: float(distribution.score(x)) ** 2, distribution)


def variance(name: str, distribution: Distribution, constant: float | None = None) -> float:
    """Asymptotic variance of an estimator of `ESTIMATORS`; infinite for the mean where the distribution has no variance."""
    chosen = ESTIMATORS[name]
    c = chosen.constant if constant is None else constant
    if name == "mean":
        return distribution.variance
    return _variance(lambda x: chosen.psi(x, c), distribution, chosen.corners(c))


def efficiency(name: str, constant: float | None = None, distribution: Distribution = NORMAL) -> float:
    """(1 / I) / V of an estimator of `ESTIMATORS`."""
    return 1 / (information(distribution) * variance(name, distribution, constant))


def tuned(name: str, wanted: float) -> float:
    """The constant at which an estimator of `ESTIMATORS` has the `wanted` efficiency at N(0, 1)."""
    start = ESTIMATORS[name].constant
    return scipy.optimize.brentq(lambda c: efficiency(name, c) - wanted, start / 8, 8 * start, xtol=1e-14)


def huber_efficiency(k: float) -> float:
    """Closed form at N(0, 1): a² / (a − 2kφ(k) + 2k²(1 − Φ(k))), a = 2Φ(k) − 1."""
    a = 2 * scipy.stats.norm.cdf(k) - 1
    return float(a**2 / (a - 2 * k * _phi(k) + 2 * k**2 * scipy.stats.norm.sf(k)))


def welsch_efficiency(c: float) -> float:
    """Closed form at N(0, 1) for ψ = x exp(−x²/(2c²)): (1 + 2/c²)^{3/2} / (1 + 1/c²)³; 3√3/8 at c = 1."""
    return (1 + 2 / c**2) ** 1.5 / (1 + 1 / c**2) ** 3


def barron_efficiency(alpha: float, c: float) -> float:
    """Efficiency at N(0, 1) of Barron's loss of shape `alpha` and scale `c`; the integral is split at c."""
    return 1 / _variance(lambda x: barron_psi(x, c, alpha), NORMAL, (min(c, 30.0),))


def barron_tuned(alpha: float, wanted: float = 0.95) -> float:
    """The scale c at which Barron's loss has the `wanted` efficiency; nan where every c exceeds it."""
    if barron_small_scale_efficiency(alpha) >= wanted:
        return math.nan
    return scipy.optimize.brentq(lambda c: barron_efficiency(alpha, c) - wanted, 1e-3, 50.0, xtol=1e-14)


def barron_small_scale_efficiency(alpha: float) -> float:
    """Limit of the efficiency as c → 0, where ψ → |x|^{α − 1}: ((α − 1) E|Z|^{α − 2})² / E|Z|^{2α − 2}; 0 for α <= 1/2.

    At α = 1 it is 2/π, the efficiency of the median. For α <= 1/2 the denominator is infinite.
    """
    if alpha <= 0.5:
        return 0.0
    # (α − 1) E|Z|^{α−2} = E|Z|^α for the normal distribution, finite where its factors are not
    return _absolute_moment(alpha) ** 2 / _absolute_moment(2 * alpha - 2)


def barron_alpha_limit(wanted: float = 0.95) -> float:
    """The shape above which Barron's loss exceeds the `wanted` efficiency at every scale."""
    return scipy.optimize.brentq(lambda a: barron_small_scale_efficiency(a) - wanted, 1.0, 2.0, xtol=1e-14)


def minimax_threshold(proportion: float) -> float:
    """Huber's minimax k for contamination ε = `proportion`: 2φ(k)/k − 2Φ(−k) = ε/(1 − ε) [Huber 1964, section 6]."""
    wanted = proportion / (1 - proportion)
    return scipy.optimize.brentq(lambda k: 2 * _phi(k) / k - 2 * scipy.stats.norm.sf(k) - wanted, 1e-6, 10, xtol=1e-14)


def minimax_variance(proportion: float) -> float:
    """The least maximal variance over ε-contaminations, V* = 1 / ((1 − ε)(2Φ(k) − 1))."""
    return float(1 / ((1 - proportion) * (2 * scipy.stats.norm.cdf(minimax_threshold(proportion)) - 1)))


def barron_partition(alpha: float) -> float:
    """Z(α) = ∫ exp(−ρ(x, α, 1)) dx: √(2π) at 2, 2e K₁(1) at 1, π√2 at 0, infinite for α < 0."""
    closed = {2.0: math.sqrt(2 * math.pi), 1.0: 2 * float(scipy.special.k1e(1.0)), 0.0: math.pi * math.sqrt(2)}
    if alpha < 0:
        return math.inf
    if alpha in closed:
        return closed[alpha]
    b = 2 - alpha

    def in_logarithm(u: float) -> float:
        # x = exp(u): tails of every weight become double exponential
        return math.exp(u - b / alpha * math.expm1(alpha / 2 * np.logaddexp(0, 2 * u - math.log(b))))

    parts = [
        scipy.integrate.quad(in_logarithm, a, b_, epsabs=1e-15, limit=500)[0]
        for a, b_ in ((-40, 0), (0, 20), (20, 300))
    ]
    return 2 * sum(parts)


def _variance(psi: Function, distribution: Distribution, corners: Sequence[float]) -> float:
    slope = expectation(lambda x: psi(x) * float(distribution.score(x)), distribution, corners)
    return expectation(lambda x: psi(x) ** 2, distribution, corners) / slope**2


def _absolute_moment(power: float) -> float:
    """E|Z|^power of the standard normal."""
    return 2 ** (power / 2) * math.gamma((power + 1) / 2) / math.sqrt(math.pi)


def _phi(x: float) -> float:
    return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
