"""Measures of claims that every row must obey: the row that speaks most against the claim, without randomness."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from dlstats.core.montecarlo import Estimate
from dlstats.studies.study import Evidence


def extreme(rows: pd.DataFrame, values: object, side: int) -> Estimate:
    """The smallest (`side` -1) or largest (+1) of `values`; rows without a value are left out, failed ones counted."""
    numbers = np.asarray(values, dtype=float)
    numbers = numbers[~np.isnan(numbers)]
    if not len(numbers):
        raise LookupError("No row has the values that the claim is about.")
    failed = int((rows["status"] != "ok").sum()) if "status" in rows else 0
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
