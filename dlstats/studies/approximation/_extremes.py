"""Measures of claims: the row, or the mean of a group of rows, that speaks most against the claim."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.protocol.study import Evidence


def extreme(rows: pd.DataFrame, values: object, side: int) -> Estimate:
    """The smallest (`side` -1) or largest (+1) of `values`; rows without a value are left out, failed ones counted."""
    numbers = np.asarray(values, dtype=float)
    numbers = numbers[~np.isnan(numbers)]
    if not len(numbers):
        raise LookupError("No row has the values that the claim is about.")
    failed = int(np.count_nonzero(rows["status"] != "ok")) if "status" in rows else 0
    found = float(numbers.min() if side < 0 else numbers.max())
    return Estimate(found, 0.0, len(numbers), failed, note=f"worst of {len(numbers)}")


def largest(column: str, **factors: object) -> Callable[[Evidence], Estimate]:
    """Measure of a claim: the largest value of `column` in the rows with these factors."""
    return lambda evidence: extreme(rows := evidence.rows(**factors), rows[column], 1)


def smallest(column: str, **factors: object) -> Callable[[Evidence], Estimate]:
    """Measure of a claim: the smallest value of `column` in the rows with these factors."""
    return lambda evidence: extreme(rows := evidence.rows(**factors), rows[column], -1)


def largest_size(column: str, **factors: object) -> Callable[[Evidence], Estimate]:
    """Measure of a claim: the largest absolute value of `column` in the rows with these factors."""
    return lambda evidence: extreme(rows := evidence.rows(**factors), rows[column].abs(), 1)


def mean(column: str, scale: float = 1.0, **factors: object) -> Callable[[Evidence], Estimate]:
    """Measure of a claim: the mean of `column`, times `scale`, in the rows with these factors."""
    return lambda evidence: montecarlo.estimate("mean", evidence.rows(**factors)[column] * scale)


def worst_mean(
    column: str, value: float, margin: float, kind: str, by: str, **factors: object
) -> Callable[[Evidence], Estimate]:
    """Measure of a claim (its theory `value`, margin and kind): the worst mean over the groups of `by`."""

    def measure(evidence: Evidence) -> Estimate:
        groups = evidence.rows(**factors).groupby(by, sort=False)
        return montecarlo.worst(
            [montecarlo.estimate("mean", group[column]) for _, group in groups], value, margin, kind
        )

    return measure
