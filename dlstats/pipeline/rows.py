"""What a row of replicates says of itself: whether it counts, and why not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from dlstats.protocol.study import Experiment

NOT_FINITE = "not_finite"


def settled(rows: pd.DataFrame, experiment: Experiment) -> pd.DataFrame:
    """The rows with status `not_finite`, and the reason, where a number that should be there is infinite or NaN.

    A function of every row alone: of its numbers and of where the experiment has each measure. Rows that failed
    otherwise stay as they are.
    """
    again = rows["status"] == NOT_FINITE
    status, reason = rows["status"].mask(again, "ok"), rows["reason"].fillna("").mask(again, "")
    for column, bad in _not_finite(rows, experiment):
        new = bad & (status == "ok")
        if new.any():
            words = np.where(rows[column].isna(), f"{column} is NaN", f"{column} is infinite")
            status, reason = status.mask(new, NOT_FINITE), reason.mask(new, words)
    return rows.assign(status=status, reason=reason)


def _not_finite(rows: pd.DataFrame, experiment: Experiment) -> Iterator[tuple[str, pd.Series]]:
    """Every column of numbers with what is not finite of it: where it is measured NaN and infinity, elsewhere infinity."""
    read: dict[str, pd.Series] = {}
    for measure in experiment.measures:
        has = experiment.has(rows, measure.column)
        for column in (measure.column, *(v for v in measure.options.values() if isinstance(v, str))):
            if column in rows:
                read[column] = read.get(column, False) | has
    for slope in experiment.slopes:
        if (size := getattr(slope, "size", "")) in rows:
            read[size] = read.get(size, False) | experiment.has(rows, slope.column)
    for column in map(str, rows):
        if column in read or pd.api.types.is_float_dtype(rows[column]):
            numbers = pd.Series(rows[column].to_numpy(float, na_value=np.nan), rows.index)
            yield column, numbers.abs().eq(np.inf) | (numbers.isna() & read.get(column, False))
