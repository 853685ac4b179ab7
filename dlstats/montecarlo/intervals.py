"""Estimates of a whole batch at once, and the intervals of proportions and of quantiles."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
import scipy

from dlstats.montecarlo.shapes import Replicates, Values

LEVEL = 0.95

STILL = "the replicates do not vary"
"""Note of an estimate whose error they do not tell."""
EQUAL = "the replicates that decide it are equal"
"""Note of a quantile whose error they do not tell, though others vary."""

Counts = np.ndarray | float


class Batch(NamedTuple):
    """Estimates of many groups: arrays of one shape; `df` are the degrees of freedom of `mcse`.

    `mcse` is 0 for what is exact; replicates that do not vary tell no error, NaN.
    """

    value: Values
    mcse: Values
    lower: Values
    upper: Values
    df: Values | float = math.nan


def from_influence(value: Values, influence: Replicates, scale: str = "identity", most: float = math.inf) -> Batch:
    """Standard error from influence values (..., reps), and a t interval on `scale` with at most `most` degrees."""
    reps = influence.shape[-1]
    squares = (influence**2).sum(axis=-1)
    if reps < 2:
        unknown = np.full_like(squares, np.nan)
        return Batch(value, unknown, unknown, unknown)
    mcse = np.sqrt(squares / (reps * (reps - 1)))
    return t_interval(value, mcse, np.minimum(_degrees(influence, squares), most), scale)


def _degrees(influence: Replicates, squares: Values) -> Values:
    """Satterthwaite's degrees of freedom of a variance, 2 / ((b - 3) / reps + 2 / (reps - 1)), b the kurtosis.

    reps - 1 for normal influence values or shorter tails, less for heavy ones: the error is itself uncertain.
    """
    reps = influence.shape[-1]
    b = np.divide(reps * (influence**4).sum(axis=-1), squares**2, out=np.full_like(squares, 3.0), where=squares > 0)
    return np.maximum(1.0, 2 / (np.maximum(b - 3, 0) / reps + np.divide(2.0, reps - 1)))


def t_interval(value: Values, mcse: Values, df: Values | float, scale: str = "identity") -> Batch:
    """value -+ t mcse on `scale`: identity, log (for positive values) or atanh (for correlations).

    An error of 0 is one that the replicates do not tell: NaN, as the interval.
    """
    mcse = np.where(mcse > 0, mcse, np.nan)
    half = scipy.special.stdtrit(df, (1 + LEVEL) / 2) * mcse
    lower, upper = value - half, value + half
    if scale == "log":
        positive = value > 0
        factor = np.exp(np.divide(half, value, out=np.zeros_like(half), where=positive))
        lower, upper = np.where(positive, value / factor, lower), np.where(positive, value * factor, upper)
    elif scale == "atanh":
        inside = np.abs(value) < 1
        room = np.divide(half, 1 - value**2, out=np.zeros_like(half), where=inside)
        centre = np.arctanh(np.where(inside, value, 0.0))
        lower, upper = (np.where(inside, np.tanh(centre + sign * room), value) for sign in (-1, 1))
    return Batch(value, mcse, lower, upper, df)


def still(*columns: np.ndarray) -> np.ndarray | np.bool_:
    """Whether no column varies over its replicates by more than rounding."""
    eps = 4 * np.finfo(float).eps
    constant = [np.ptp(x, axis=-1) <= eps * np.abs(x).max(axis=-1) for x in columns]
    return functools.reduce(np.logical_and, constant)


def wilson(successes: Counts, reps: Counts, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval of a proportion [Wilson 1927]; at 0 and `reps` successes it ends at 0 and 1 exactly."""
    share, z2 = successes / reps, scipy.special.ndtri((1 + level) / 2) ** 2
    middle = (share + z2 / (2 * reps)) / (1 + z2 / reps)
    half = np.sqrt(z2 * (share * (1 - share) + z2 / (4 * reps)) / reps) / (1 + z2 / reps)
    return np.where(successes == 0, 0.0, middle - half), np.where(successes == reps, 1.0, middle + half)


def clopper_pearson(successes: Counts, reps: Counts, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """The exact binomial interval; covers at least `level` for every proportion [Clopper and Pearson 1934]."""
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):  # at the ends, where a parameter is 0
        lower = scipy.special.betaincinv(successes, reps - successes + 1, tail)
        upper = scipy.special.betaincinv(successes + 1, reps - successes, 1 - tail)
    return np.where(successes == 0, 0.0, lower), np.where(successes == reps, 1.0, upper)


def proportion(hits: Replicates, interval: str = "wilson") -> Batch:
    """Share of successes of (..., reps) zeros and ones.

    The standard error is sqrt(p (1 - p) / reps); when no or every replicate succeeds, where that formula says 0,
    it is the half width of Wilson's interval / z.
    """
    intervals = {"wilson": wilson, "clopper_pearson": clopper_pearson}
    if interval not in intervals:
        raise ValueError(f"`interval` must be one of {', '.join(intervals)}, got {interval!r}.")
    if not np.isin(hits, (0, 1)).all():
        raise ValueError("A proportion needs replicates that are 0 or 1; take the mean of proportions.")
    reps = np.asarray(hits.shape[-1])
    successes = hits.sum(axis=-1)
    fraction = successes / reps
    low, high = wilson(successes, reps)
    at_end = (high - low) / (2 * scipy.special.ndtri((1 + LEVEL) / 2))
    inside = np.sqrt(fraction * (1 - fraction) / reps)
    return Batch(fraction, np.where(inside > 0, inside, at_end), *intervals[interval](successes, reps))


def quantile(x: Replicates, level: float) -> Batch:
    """Sample quantile (linear interpolation), error of the exact bootstrap, interval between order statistics.

    The bootstrap distribution of an order statistic is known in closed form, so nothing is drawn
    [Maritz and Jarrett 1978]. The interval is conservative, and infinite where `reps` is too small for it. `df` is
    `order_degrees`.
    """
    if not 0 < level < 1:
        raise ValueError(f"`level` must lie strictly between 0 and 1, got {level}.")
    reps = x.shape[-1]
    ordered = np.sort(x, axis=-1)
    rank = level * (reps - 1) + 1
    weights = np.diff(scipy.special.betainc(rank, reps - rank + 1, np.arange(reps + 1) / reps))
    centre = (ordered * weights).sum(axis=-1, keepdims=True)
    mcse = np.sqrt((weights * (ordered - centre) ** 2).sum(axis=-1))
    tail = (1 - LEVEL) / 2
    low = int(scipy.stats.binom.ppf(tail, reps, level))
    high = int(scipy.stats.binom.ppf(1 - tail, reps, level)) + 1
    infinite = np.full(ordered.shape[:-1], np.inf)
    lower = ordered[..., low - 1] if low >= 1 else -infinite
    upper = ordered[..., high - 1] if high <= reps else infinite
    return Batch(np.quantile(x, level, axis=-1), mcse, lower, upper, order_degrees(reps, level))


def order_degrees(reps: int, level: float) -> float:
    """Degrees of freedom of the error of a sample quantile, 1.6 sqrt(4 level (1 - level) reps).

    The error comes from the few replicates near the quantile, of order sqrt(reps). With reps - 1 the tail at 0.05/300 of
    a median of 12 to 50 replicates is 2 to 8 times too heavy, with these it is right (study `verdict_rule`).
    """
    return max(1.0, 1.6 * math.sqrt(4 * level * (1 - level) * reps))


def bias_eliminated_coverage(x: Replicates, lower: Replicates, upper: Replicates) -> Batch:
    """Share of intervals that hold the mean of the estimates x; the error counts that this mean is random.

    With h = sd reps^(-1/5), the slope D of the fraction in its target is a difference quotient over 2 h, and the influence
    of a replicate is 1{lower <= mean <= upper} - fraction + D (x - mean).
    """
    reps = x.shape[-1]
    mean = x.mean(axis=-1, keepdims=True)
    h = x.std(axis=-1, keepdims=True) * reps**-0.2
    hit = ((lower <= mean) & (mean <= upper)).astype(float)
    above, below = (((lower <= m) & (m <= upper)).mean(axis=-1, keepdims=True) for m in (mean + h, mean - h))
    slope = np.divide(above - below, 2 * h, out=np.zeros_like(h), where=h > 0)
    fraction = hit.mean(axis=-1)
    spread = from_influence(fraction, hit - fraction[..., None] + slope * (x - mean)).mcse
    plain = proportion(hit)
    return plain._replace(mcse=np.where((fraction > 0) & (fraction < 1), spread, plain.mcse))
