"""Noise distributions: each can be sampled and carries its truth, density, distribution function, quantiles and moments.

All but the asymmetric ones (exponential, lomax) have median 0. Noise whose scale depends on the inputs is a distribution times a
function of x: `dlstats.dgp.additive`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

Array = np.ndarray | float


@dataclass(frozen=True)
class Noise:
    """A distribution of noise, `scale` times a standard one; `mean` and `variance` are nan or inf where they do not exist."""

    name: str
    sample: Callable[[np.random.Generator, int | tuple[int, ...]], np.ndarray]
    density: Callable[[Array], np.ndarray]
    distribution: Callable[[Array], np.ndarray]
    quantile: Callable[[Array], np.ndarray]
    """level -> quantile, levels strictly between 0 and 1."""
    integral: Callable[[Array], Array]
    """t -> ∫_0^t F, the integral of the distribution function, finite for every distribution."""
    mean: float
    variance: float

    @property
    def median(self) -> float:
        """The quantile at level 1/2."""
        return float(self.quantile(0.5))


def normal(sd: float = 1.0) -> Noise:
    """N(0, sd²)."""
    _positive("sd", sd)
    frozen = _lazy(lambda: scipy.stats.norm(scale=sd))

    def integral(t: Array) -> Array:
        return t * frozen().cdf(t) + sd**2 * (frozen().pdf(t) - frozen().pdf(0))

    return _from_scipy("normal", frozen, integral, 0.0, float(sd) ** 2)


def uniform(half_width: float = 1.0) -> Noise:
    """U(−half_width, half_width)."""
    width = _positive("half_width", half_width)

    def integral(t: Array) -> Array:
        inside = np.clip(t, -width, width)
        return inside / 2 + inside**2 / (4 * width) + np.maximum(t - width, 0)

    return _from_scipy("uniform", _lazy(lambda: scipy.stats.uniform(-width, 2 * width)), integral, 0.0, width**2 / 3)


def laplace(scale: float = 1.0) -> Noise:
    """Density exp(−|t| / scale) / (2 scale); variance 2 scale²."""
    _positive("scale", scale)

    def integral(t: Array) -> Array:
        return np.maximum(t, 0) + scale / 2 * np.expm1(-np.abs(t) / scale)

    return _from_scipy("laplace", _lazy(lambda: scipy.stats.laplace(scale=scale)), integral, 0.0, 2.0 * scale**2)


def logistic(scale: float = 1.0) -> Noise:
    """Distribution function 1 / (1 + exp(−t / scale))."""
    _positive("scale", scale)
    frozen, variance = _lazy(lambda: scipy.stats.logistic(scale=scale)), math.pi**2 * scale**2 / 3
    return _from_scipy("logistic", frozen, lambda t: scale * (np.logaddexp(0, t / scale) - math.log(2)), 0.0, variance)


def student(df: float, scale: float = 1.0) -> Noise:
    """`scale` times Student's t with `df` degrees of freedom; no mean for df <= 1, infinite variance for df <= 2."""
    _positive("df", df)
    _positive("scale", scale)
    frozen = _lazy(lambda: scipy.stats.t(df, scale=scale))
    mean = 0.0 if df > 1 else math.nan
    variance = scale**2 * df / (df - 2) if df > 2 else (math.inf if df > 1 else math.nan)

    def integral(t: Array) -> Array:
        # t F(t) − ∫_0^t u f(u) du
        square = (t / scale) ** 2
        if df == 1:
            return t * frozen().cdf(t) - scale / (2 * math.pi) * np.log1p(square)
        return t * frozen().cdf(t) + scale**2 / (df - 1) * ((df + square) * frozen().pdf(t) - df * frozen().pdf(0))

    return _from_scipy("student", frozen, integral, mean, variance)


def cauchy(scale: float = 1.0) -> Noise:
    """The Cauchy distribution, Student's t with one degree of freedom: no mean."""
    _positive("scale", scale)
    frozen = _lazy(lambda: scipy.stats.cauchy(scale=scale))
    return _from_scipy("cauchy", frozen, student(1, scale).integral, math.nan, math.nan)


def exponential(scale: float = 1.0) -> Noise:
    """Exponential with mean `scale`, not centred: asymmetric, median scale ln 2."""
    _positive("scale", scale)
    frozen = _lazy(lambda: scipy.stats.expon(scale=scale))

    def integral(t: Array) -> Array:
        above = np.maximum(t, 0)
        return above + scale * np.expm1(-above / scale)

    return _from_scipy("exponential", frozen, integral, float(scale), float(scale) ** 2)


def lomax(tail: float, scale: float = 1.0) -> Noise:
    """P(X > t) = (1 + t / scale)^−tail, t > 0, not centred: asymmetric; mean scale / (tail − 1) for tail > 1."""
    _positive("tail", tail)
    _positive("scale", scale)
    frozen = _lazy(lambda: scipy.stats.lomax(tail, scale=scale))
    mean = scale / (tail - 1) if tail > 1 else math.inf
    variance = scale**2 * tail / ((tail - 1) ** 2 * (tail - 2)) if tail > 2 else math.inf

    def integral(t: Array) -> Array:
        above = np.maximum(t, 0)
        log = np.log1p(above / scale)
        return above - scale * (log if tail == 1 else -np.expm1((1 - tail) * log) / (tail - 1))

    return _from_scipy("lomax", frozen, integral, mean, variance)


def contaminated(proportion: float = 0.2, outlier_sd: float = 100.0, sd: float = 1.0) -> Noise:
    """The mixture (1 − proportion) N(0, sd²) + proportion N(0, outlier_sd²) [Tukey 1960]."""
    if not 0 <= proportion <= 1:
        raise ValueError(f"`proportion` must lie between 0 and 1, got {proportion}.")
    parts = ((1 - proportion, _positive("sd", sd)), (proportion, _positive("outlier_sd", outlier_sd)))
    bound = max(sd, outlier_sd)

    def sample(rng: np.random.Generator, size: int | tuple[int, ...]) -> np.ndarray:
        scale = np.where(rng.random(size) < proportion, outlier_sd, sd)
        return scale * rng.standard_normal(size)

    def distribution(t: Array) -> np.ndarray:
        return np.asarray(sum(weight * scipy.stats.norm.cdf(t / width) for weight, width in parts))

    def quantile(level: Array) -> np.ndarray:
        def one(p: float) -> float:
            reach = bound * (abs(scipy.stats.norm.ppf(p)) + 1)
            return float(scipy.optimize.brentq(lambda t: distribution(t) - p, -reach, reach, xtol=1e-13))  # type: ignore[arg-type]

        return np.vectorize(one, otypes=[float])(level)

    def density(t: Array) -> np.ndarray:
        return np.asarray(sum(weight * scipy.stats.norm.pdf(t / width) / width for weight, width in parts))

    def integral(t: Array) -> Array:
        return sum(weight * normal(width).integral(t) for weight, width in parts)

    variance = (1 - proportion) * sd**2 + proportion * outlier_sd**2
    return Noise("contaminated", sample, density, distribution, quantile, integral, 0.0, variance)


def stable_sample(alpha: float, rng: np.random.Generator, size: int | tuple[int, ...]) -> np.ndarray:
    """Standard symmetric α-stable draws, characteristic function exp(−|t|^α) [Chambers, Mallows and Stuck 1976].

    sin(αU) / cos(U)^{1/α} · (cos((1 − α) U) / W)^{(1 − α)/α}, U ~ U(−π/2, π/2), W ~ Exp(1); tan U at α = 1.
    """
    if not 0 < alpha <= 2:
        raise ValueError(f"`alpha` must lie in (0, 2], got {alpha}.")
    angle = rng.uniform(-math.pi / 2, math.pi / 2, size)
    wait = rng.standard_exponential(size)
    if alpha == 1:
        return np.tan(angle)
    power = (1 - alpha) / alpha
    return np.sin(alpha * angle) / np.cos(angle) ** (1 / alpha) * (np.cos((1 - alpha) * angle) / wait) ** power


def _positive(name: str, value: float) -> float:
    if not value > 0:
        raise ValueError(f"`{name}` must be positive, got {value}.")
    return value


def _lazy(make: Callable[[], Any]) -> Callable[[], Any]:
    """The distribution of scipy once it is asked for: loading `scipy.stats` takes longer than reading a study."""
    return functools.cache(make)


def _from_scipy(
    name: str, frozen: Callable[[], Any], integral: Callable[[Array], Array], mean: float, variance: float
) -> Noise:
    def sample(rng: np.random.Generator, size: int | tuple[int, ...]) -> np.ndarray:
        return np.asarray(frozen().rvs(size=size, random_state=rng))

    def density(t: Array) -> Any:
        return frozen().pdf(t)

    def distribution(t: Array) -> Any:
        return frozen().cdf(t)

    def quantile(level: Array) -> Any:
        return frozen().ppf(level)

    return Noise(name, sample, density, distribution, quantile, integral, mean, variance)


NOISES: dict[str, Noise] = {
    "normal": normal(),
    "uniform": uniform(),
    "laplace": laplace(),
    "t2": student(2),
    "t3": student(3),
    "cauchy": cauchy(),
    "contaminated": contaminated(),
}
"""Name -> distribution in its standard form; studies that need another scale call the function above."""
