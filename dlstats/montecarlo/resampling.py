"""Jackknife and bootstrap over replicates, for statistics that have no influence function."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from dlstats.montecarlo.estimates import Estimate
from dlstats.montecarlo.intervals import LEVEL, t_interval
from dlstats.montecarlo.shapes import Numbers

DRAWS = 999
"""Bootstrap samples unless told otherwise."""


def resamples(reps: int, draws: int, seed: int = 0) -> np.ndarray:
    """Indices of bootstrap samples, shape (draws, reps); the same for the same three numbers, on every machine."""
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, reps, draws])))
    return generator.integers(0, reps, size=(draws, reps))


def jackknife(function: Callable[..., np.ndarray], *columns: Numbers) -> Estimate:
    """Delete-one jackknife of `function`, which maps (..., reps) columns to (...).

    sqrt((reps - 1) / reps sum (T_-r - mean T_-.)^2) [Efron and Stein 1981]. Right for smooth statistics,
    inconsistent for quantiles.
    """
    arrays = [np.asarray(column, dtype=float) for column in columns]
    reps = len(arrays[0])
    others = (np.arange(reps - 1) + np.arange(1, reps + 1)[:, None]) % reps
    without = function(*(a[others] for a in arrays))
    mcse = np.sqrt((reps - 1) / reps * ((without - without.mean()) ** 2).sum())
    return _estimate(float(function(*arrays)), float(mcse), reps)


def bootstrap(function: Callable[..., np.ndarray], *columns: Numbers, draws: int = DRAWS, seed: int = 0) -> Estimate:
    """Replicate bootstrap of `function`, which maps (..., reps) columns to (...); percentile interval."""
    arrays = [np.asarray(column, dtype=float) for column in columns]
    reps = len(arrays[0])
    chosen = resamples(reps, draws, seed)
    again = function(*(a[chosen] for a in arrays))
    tail = (1 - LEVEL) / 2
    value, mcse = float(function(*arrays)), float(again.std(ddof=1)) or math.nan
    lower, upper = np.quantile(again, [tail, 1 - tail]) if mcse > 0 else (math.nan, math.nan)
    return Estimate(value, mcse, reps, 0, float(lower), float(upper))


def _estimate(value: float, mcse: float, reps: int) -> Estimate:
    batch = t_interval(np.asarray(value), np.asarray(mcse), reps - 1)
    return Estimate(value, float(batch.mcse), reps, 0, float(batch.lower), float(batch.upper))
