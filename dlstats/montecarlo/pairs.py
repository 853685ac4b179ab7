"""Paired contrasts of two columns that are indexed by replicate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dlstats.montecarlo.contrasts import contrast_of
from dlstats.montecarlo.estimates import Estimate

KINDS = ("difference", "ratio", "log_ratio")
EQUIVARIANT = ("median", "quantile")
"""Statistics that commute with the logarithm: T(log x) is log T(x), up to the interpolation between two replicates."""


def paired(
    first: pd.Series, second: pd.Series, kind: str = "difference", statistic: str = "mean", **options: Any
) -> Estimate:
    """T(first) - T(second), T(first) / T(second) or log₁₀ of this ratio, T the `statistic`, of columns by replicate.

    The index tells the replicate. One that is missing or not finite in either column counts as failed. A `log_ratio` of
    medians is the difference of the medians of log₁₀; of other statistics it has the error
    sum_r (ψ_r / T - φ_r / U)² / (reps (reps - 1) log(10)²) of the influence values ψ of T(first), φ of U = T(second).
    An option that is a column is given as a pair of Series, one for each method.
    """
    if kind not in KINDS:
        raise ValueError(f"`kind` must be one of {', '.join(KINDS)}, got {kind!r}.")
    given = {k: v for k, v in options.items() if isinstance(v, tuple)}
    columns = [first, second, *(column for pair in given.values() for column in pair)]
    aligned = _aligned(columns)
    pairs = {k: (aligned[2 + 2 * i], aligned[3 + 2 * i]) for i, k in enumerate(given)}
    one, two = aligned[:2]
    if kind == "log_ratio" and statistic in EQUIVARIANT:
        with np.errstate(divide="ignore", invalid="ignore"):
            one, two, kind = np.log10(one), np.log10(two), "difference"
    return contrast_of(statistic, one, two, kind, **{**options, **pairs})


def _aligned(columns: list[pd.Series]) -> list[np.ndarray]:
    """The columns over the union of their replicates, NaN where one lacks; in their own order where all agree."""
    union = columns[0].index
    for column in columns:
        if not column.index.is_unique:
            raise ValueError("`first` and `second` must hold a replicate once, got an index that repeats.")
        union = union.union(column.index)
    return [column.reindex(union).to_numpy(dtype=float, na_value=np.nan) for column in columns]
