"""Smooth statistics and the influence of every replicate on them.

Each function maps replicates, shape (..., reps), to the statistic (...) and to jackknife influence values
(..., reps): (reps - 1)(T - T without the replicate), or its delta-method limit. These sum to zero, and
sqrt(sum of squares / (reps (reps - 1))) is the Monte Carlo standard error, without any normal theory: for the variance
of t5 replicates the normal formula gives about half of the truth. Influence values of methods that share replicates
subtract, which is what paired contrasts are made of [Efron and Stein 1981; Morris, White and Crowther 2019].
"""

from __future__ import annotations

import numpy as np
import scipy

from dlstats.montecarlo.shapes import Replicates, Values

Pair = tuple[Values, Replicates]
"""(statistic, influence values)"""


def _centred(x: Replicates) -> Pair:
    mean = x.mean(axis=-1)
    return mean, x - mean[..., None]


def _over(numerator: Replicates, denominator: Values) -> Replicates:
    """numerator / denominator along replicates, 0 where the statistic itself is 0."""
    below = denominator[..., None]
    return np.divide(numerator, below, out=np.zeros_like(numerator), where=below != 0)


def _root(value: Values, influence: Replicates) -> Pair:
    root = np.sqrt(value)
    return root, _over(influence, 2 * root)


def mean(x: Replicates) -> Pair:
    """Average of the replicates."""
    return _centred(x)


def geometric_mean(x: Replicates) -> Pair:
    """exp(mean log x), for positive measures with a heavy right tail."""
    log, influence = _centred(np.log(x))
    value = np.exp(log)
    return value, influence * value[..., None]


def bias(x: Replicates, *, truth: float | Replicates) -> Pair:
    """mean(x - truth)."""
    return _centred(x - truth)


def relative_bias(x: Replicates, *, truth: float | Replicates) -> Pair:
    """mean(x / truth) - 1; for a truth other than 0."""
    return _centred(x / truth - 1)


def variance(x: Replicates) -> Pair:
    """Variance with divisor reps - 1; the influence is the exact jackknife, see the module."""
    reps = x.shape[-1]
    _, centred = _centred(x)
    value = (centred**2).sum(axis=-1) / (reps - 1)
    unscaled = reps * centred**2 / (reps - 1) - value[..., None]
    return value, unscaled * ((reps - 1) / (reps - 2) if reps > 2 else np.nan)


def empirical_se(x: Replicates) -> Pair:
    """Standard deviation of an estimator over replicates."""
    return _root(*variance(x))


def coefficient_of_variation(x: Replicates) -> Pair:
    """Standard deviation / |mean|."""
    return _quotient(empirical_se(x), _absolute(_centred(x)))


def mse(x: Replicates, *, truth: float | Replicates) -> Pair:
    """mean((x - truth)^2)."""
    return _centred((x - truth) ** 2)


def rmse(x: Replicates, *, truth: float | Replicates) -> Pair:
    """Root of the mean squared error; its influence is that of the MSE / (2 RMSE), centred at the MSE itself."""
    return _root(*mse(x, truth=truth))


def model_se(x: Replicates) -> Pair:
    """Root of the mean squared reported standard error, x = the standard error that each replicate reports."""
    return _root(*_centred(x**2))


def relative_error_model_se(x: Replicates, *, estimate: Replicates) -> Pair:
    """Model standard error / empirical standard error of `estimate` - 1."""
    value, influence = _quotient(model_se(x), empirical_se(estimate))
    return value - 1, influence


def se_ratio(x: Replicates, *, estimate: Replicates) -> Pair:
    """Mean reported standard error / standard deviation of `estimate`: 1 when the report is right on average."""
    return _quotient(_centred(x), empirical_se(estimate))


def ratio(x: Replicates, *, other: Replicates) -> Pair:
    """mean(x) / mean(other), joint error of columns that share replicates."""
    return _quotient(_centred(x), _centred(other))


def difference(x: Replicates, *, other: Replicates) -> Pair:
    """mean(x - other)."""
    return _centred(x - other)


def interval_width(x: Replicates, *, upper: Replicates) -> Pair:
    """mean(upper - x), x the lower end."""
    return _centred(upper - x)


def correlation(x: Replicates, *, other: Replicates) -> Pair:
    """Pearson correlation of two columns over replicates."""
    u, v = (c / np.sqrt((c**2).mean(axis=-1, keepdims=True)) for c in (_centred(x)[1], _centred(other)[1]))
    value = (u * v).mean(axis=-1)
    return value, u * v - value[..., None] * (u**2 + v**2) / 2


def auc(x: Replicates, *, other: Replicates) -> Pair:
    """P(x > other) + P(x = other) / 2 over all pairs of replicates, paired error [DeLong et al. 1988]."""
    reps = x.shape[-1]
    both = scipy.stats.rankdata(np.concatenate([x, other], axis=-1), axis=-1)
    above = (both[..., :reps] - scipy.stats.rankdata(x, axis=-1)) / reps
    below = 1 - (both[..., reps:] - scipy.stats.rankdata(other, axis=-1)) / reps
    value, influence = _centred(above)
    return value, influence + _centred(below)[1]


def trimmed_mean(x: Replicates, *, share: float = 0.1) -> Pair:
    """Mean without the `share` smallest and largest; influence of the winsorised values [Tukey, McLaughlin 1963]."""
    reps = x.shape[-1]
    cut = int(share * reps)
    ordered = np.sort(x, axis=-1)
    value = ordered[..., cut : reps - cut].mean(axis=-1)
    winsorised = np.clip(x, ordered[..., cut, None], ordered[..., reps - cut - 1, None])
    return value, _centred(winsorised)[1] / (1 - 2 * cut / reps)


def _absolute(pair: Pair) -> Pair:
    value, influence = pair
    return np.abs(value), influence * np.sign(value)[..., None]


def _quotient(above: Pair, below: Pair) -> Pair:
    value = above[0] / below[0]
    return value, (above[1] - value[..., None] * below[1]) / below[0][..., None]
