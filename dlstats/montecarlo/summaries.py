"""From a long frame of replicates to one line per group and measure: estimate, error, interval, counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd

from dlstats.montecarlo.intervals import STILL, still
from dlstats.montecarlo.statistics import evaluate, lookup


@runtime_checkable
class MeasureLike(Protocol):
    """What a measure must tell: the column, the statistic and its options."""

    @property
    def column(self) -> str:
        """The column of replicates."""
        ...

    @property
    def statistic(self) -> str:
        """A name in STATISTICS."""
        ...

    @property
    def options(self) -> Mapping[str, object]:
        """Options of the statistic; those that are columns are given by name."""
        ...


COLUMNS = ("measure", "statistic", "estimate", "mcse", "df", "lower", "upper", "replicates", "failed", "law", "note")


def summarise(frame: pd.DataFrame, measures: Sequence[MeasureLike], by: Sequence[str]) -> pd.DataFrame:
    """One line per group of `by` and measure; groups and measures in the order in which they come.

    Rows whose `status` is not `ok` and rows whose value is not finite count as failed and enter no estimate.
    `df` are the degrees of freedom of `mcse` (NaN: replicates - 1), `law` one of `estimates.LAWS`, `note` says where the
    replicates do not vary.
    Groups with equally many replicates are computed at once, so that thousands of groups take seconds.
    """
    by = list(by)
    group = frame.groupby(by, sort=False, dropna=False, observed=True).ngroup().to_numpy()
    first = np.unique(group, return_index=True)[1]
    names = frame.iloc[first][by].reset_index(drop=True)
    ok = (frame["status"] == "ok").to_numpy() if "status" in frame else np.ones(len(frame), dtype=bool)
    parts = [_summarise(frame, measure, group, ok, names, label) for measure, label in _labelled(measures)]
    if not parts:
        return pd.DataFrame(columns=[*by, *COLUMNS])
    table = pd.concat(parts, keys=range(len(parts)), names=["order", "group"])
    return table.sort_index(level=["group", "order"], kind="stable").reset_index(drop=True)


def _labelled(measures: Sequence[MeasureLike]) -> list[tuple[MeasureLike, str]]:
    """The measures with the name of their statistic, which shows its options where two would read the same."""
    pairs = [(m.column, m.statistic) for m in measures]
    return [(m, _written(m) if pairs.count((m.column, m.statistic)) > 1 else m.statistic) for m in measures]


def _written(measure: MeasureLike) -> str:
    return f"{measure.statistic}({', '.join(f'{k}={v}' for k, v in measure.options.items())})"


def _summarise(
    frame: pd.DataFrame, measure: MeasureLike, group: np.ndarray, ok: np.ndarray, names: pd.DataFrame, label: str
) -> pd.DataFrame:
    statistic = lookup(measure.statistic)
    used = {k: str(v) for k, v in measure.options.items() if k in statistic.columns and isinstance(v, str)}
    columns = {k: _numbers(frame, name) for k, name in {"": measure.column, **used}.items()}
    keep = ok & np.all([np.isfinite(column) for column in columns.values()], axis=0)
    rows = np.flatnonzero(keep)[np.argsort(group[keep], kind="stable")]
    counts = np.bincount(group[keep], minlength=len(names))
    starts = np.concatenate([[0], np.cumsum(counts)])[:-1]
    result, note = np.full((5, len(names)), np.nan), np.full(len(names), "", dtype=object)
    for reps in np.unique(counts[counts > 0]):
        where = np.flatnonzero(counts == reps)
        block = rows[starts[where][:, None] + np.arange(reps)]
        x, others = columns[""][block], {k: columns[k][block] for k in used}
        for line, part in zip(result, evaluate(measure.statistic, x, {**measure.options, **others}), strict=True):
            line[where] = part
        if reps > 1 and statistic.law == "t":
            note[where[still(x, *others.values())]] = STILL
    estimate, mcse, lower, upper, df = result
    numbers = {"estimate": estimate, "mcse": mcse, "df": df, "lower": lower, "upper": upper, "replicates": counts}
    failed = np.bincount(group, minlength=len(names)) - counts
    return names.assign(measure=measure.column, statistic=label, **numbers, failed=failed, law=statistic.law, note=note)


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    if name not in frame:
        raise ValueError(f"The replicates have no column `{name}`; they have {', '.join(map(str, frame.columns))}.")
    return frame[name].to_numpy(dtype=float, na_value=np.nan)
