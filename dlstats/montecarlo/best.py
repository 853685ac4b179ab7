"""The expected best of several starts, estimated from all of them."""

from __future__ import annotations

import numpy as np
import scipy

from dlstats.montecarlo.influence import Pair
from dlstats.montecarlo.shapes import Replicates


def best_of(x: Replicates, *, starts: float | int) -> Pair:
    """E min(X_1, ..., X_K) by the U-statistic over all subsets of size K = `starts`: sum_i w_i x_(i).

    w_i = C(reps - i, K - 1) / C(reps, K) on the ascending order statistics; influence values by the exact
    delete-one jackknife [Hoeffding 1948; Efron and Stein 1981]. Not a number where failures leave K replicates or less.
    """
    reps = x.shape[-1]
    if not (starts >= 1 and float(starts).is_integer()):
        raise ValueError(f"`starts` must be a whole number of at least 1, got {starts}.")
    starts = int(starts)
    if reps <= starts:
        return np.full(x.shape[:-1], np.nan), np.full_like(x, np.nan)
    order = np.argsort(x, axis=-1, kind="stable")
    ordered = np.take_along_axis(x, order, axis=-1)
    value = (ordered * _weights(reps, starts)).sum(axis=-1)  # not a product, whose rounding depends on the rows beside
    fewer = _weights(reps - 1, starts)
    before = np.cumsum(ordered[..., :-1] * fewer, axis=-1)
    after = np.cumsum((ordered[..., 1:] * fewer)[..., ::-1], axis=-1)[..., ::-1]
    zero = np.zeros_like(ordered[..., :1])
    without = np.concatenate([zero, before], axis=-1) + np.concatenate([after, zero], axis=-1)
    influence = np.empty_like(ordered)
    np.put_along_axis(influence, order, (reps - 1) * (value[..., None] - without), axis=-1)
    return value, influence


def _weights(reps: int, starts: int) -> np.ndarray:
    """C(reps - i, starts - 1) / C(reps, starts) for i = 1, ..., reps."""
    left = np.arange(reps - 1, -1, -1.0)
    possible = left >= starts - 1
    log_total = (
        scipy.special.gammaln(reps + 1) - scipy.special.gammaln(starts + 1) - scipy.special.gammaln(reps - starts + 1)
    )
    left = np.where(possible, left, starts - 1)
    log = (
        scipy.special.gammaln(left + 1)
        - scipy.special.gammaln(starts)
        - scipy.special.gammaln(left - starts + 2)
        - log_total
    )
    return np.where(possible, np.exp(log), 0.0)
