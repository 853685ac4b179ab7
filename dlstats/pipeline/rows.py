"""What a row of replicates says of itself: whether it counts, and why not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Number

import numpy as np
import pandas as pd

from dlstats.protocol.hints import near, short
from dlstats.protocol.study import RESERVED, STATUSES, Experiment

NOT_FINITE, DEAD = "not_finite", "dead"
REASONS = {
    "diverged": "a loss or weight was not finite",
    "untrained": "the loss never changed, or its gradient was 0 from the start",
    "not_converged": "the tolerance was not reached",
    "degenerate": "the estimate does not exist",
    DEAD: "no unit of a hidden layer has a slope any more",
}
"""What the statuses of a fit say, for rows without a reason of their own. A network that is dead counts: it was trained."""
GIVEN = (*(status for status in STATUSES if status != NOT_FINITE), DEAD)
"""The statuses that `simulate` may give."""
NUMBERS = (Number, np.bool, type(None), type(pd.NA))
"""What a column of numbers may hold."""


def settled(rows: pd.DataFrame, experiment: Experiment) -> pd.DataFrame:
    """The rows with status `not_finite`, and the reason, where a number that should be there is infinite or NaN.

    A function of every row alone: of its numbers and of where the experiment has each measure. Rows that failed
    otherwise stay as they are; those of networks with a dead layer count (`ok`), with that as their reason.
    """
    again = rows["status"] == NOT_FINITE
    status, reason = rows["status"].mask(again, "ok"), rows["reason"].fillna("").mask(again, "")
    for name, text in REASONS.items():
        reason = reason.mask((status == name) & (reason == ""), text)
    status = status.mask(status == DEAD, "ok")
    for column, bad in _not_finite(rows, experiment):
        new = bad & (status == "ok")
        if new.any():
            text = np.where(rows[column].isna(), f"{column} is NaN", f"{column} is infinite")
            status, reason = status.mask(new, NOT_FINITE), reason.mask(new, text)
    return rows.assign(status=status, reason=reason)


def check_measures(rows: pd.DataFrame, experiment: Experiment, name: str) -> None:
    """Raise ValueError for a measure that rows which count must have and no column holds, or that is no number."""
    counted = rows[rows["status"].isin(("ok", DEAD))]
    for column in dict.fromkeys(measure.column for measure in experiment.measures):
        had = counted[experiment.has(counted, column)]
        if len(had) and column not in rows:
            others = [str(c) for c in rows if c not in RESERVED and c not in experiment.factors]
            others = f"{', '.join(others) or 'no measure'}.{near(column, others)}"
            raise ValueError(f"{name} must return its measure `{column}`, got {others}")
        numeric = len(had) == 0 or pd.api.types.is_numeric_dtype(had[column])
        wrong = () if numeric else [v for v in had[column] if not isinstance(v, NUMBERS)]
        if wrong:
            raise ValueError(f"{name} must return numbers as its measure `{column}`, got {short(wrong[0])}.")


def reasons(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """How many rows of each group did not count, by status, and how many count but for a reason: in words.

    Groups in which every row counts without one are left out.
    """
    reason = rows["reason"].fillna("") if "reason" in rows else pd.Series("", rows.index)
    flagged = rows[(rows["status"] != "ok") | (reason != "")]
    words = flagged["status"].where(flagged["status"] != "ok", "ok, but " + reason[flagged.index])
    counts = (
        flagged.assign(words=words.astype(str))
        .groupby([*by, "words"], sort=False, dropna=False)
        .size()
        .reset_index(name="rows")
    )
    counts["reasons"] = counts["rows"].astype(str) + " " + counts["words"]
    return counts.groupby(list(by), sort=False, dropna=False)["reasons"].agg("; ".join).reset_index()


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
