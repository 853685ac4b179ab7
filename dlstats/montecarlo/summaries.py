"""From a long frame of replicates to one line per group and measure: estimate, error, interval, counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd

from dlstats.montecarlo.statistics import evaluate, lookup, notes


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


@dataclass(frozen=True)
class Asked:
    """A measure as `summarise` takes it as a tuple."""

    column: str
    statistic: str
    options: Mapping[str, object] = field(default_factory=dict)


def summarise(
    frame: pd.DataFrame, measures: Sequence[MeasureLike | tuple], by: Sequence[str] | str = ()
) -> pd.DataFrame:
    """One line per group of `by` and measure, of any frame that has one row per replicate and group.

    A measure is `(column, statistic)` or `(column, statistic, options)` with a statistic of `STATISTICS`, or an object
    with these three. `by` names the columns that tell methods and conditions apart. Groups and measures are in the order
    in which they come. Estimates have the unit of their column (`variance` and `mse` its square; proportions, ratios and
    relative errors have none), `mcse` that of its estimate.

    Rows whose `status` is not `ok` and rows whose value is not finite count as failed and enter no estimate.
    `df` are the degrees of freedom of `mcse` (NaN: replicates - 1), `law` one of `estimates.LAWS`, `note` says where the
    replicates do not vary.
    Groups with equally many replicates are computed at once, so that thousands of groups take seconds.

    Raises ValueError for a column that the frame lacks and for a statistic or an option that there is not.

    >>> frame = pd.DataFrame({"method": ["A", "A", "A", "B", "B", "B"], "b": [0.4, 0.7, 0.6, 0.5, 0.6, 0.7]})
    >>> table = summarise(frame, [("b", "bias", {"truth": 0.5}), ("b", "empirical_se")], by="method")
    >>> print(table[["method", "statistic", "estimate", "mcse", "replicates"]].round(4).to_string(index=False))
    method    statistic  estimate   mcse  replicates
         A         bias    0.0667 0.0882           3
         A empirical_se    0.1528 0.0764           3
         B         bias    0.1000 0.0577           3
         B empirical_se    0.1000 0.0500           3
    """
    by, measures = [by] if isinstance(by, str) else list(by), [_asked(measure) for measure in measures]
    lacking = [name for name in by if name not in frame]
    if lacking:
        raise ValueError(f"`by` must name columns of the replicates, which lack {', '.join(map(str, lacking))}.")
    groups = frame.groupby(by, sort=False, dropna=False, observed=True).ngroup().to_numpy() if by else None
    group = np.zeros(len(frame), dtype=int) if groups is None else groups
    first = np.unique(group, return_index=True)[1]
    names = frame.iloc[first][by].reset_index(drop=True)
    ok = (frame["status"] == "ok").to_numpy() if "status" in frame else np.ones(len(frame), dtype=bool)
    parts = [_summarise(frame, measure, group, ok, names, label) for measure, label in _labelled(measures)]
    if not parts:
        return pd.DataFrame(columns=[*by, *COLUMNS])
    table = pd.concat(parts, keys=range(len(parts)), names=["order", "group"])
    return table.sort_index(level=["group", "order"], kind="stable").reset_index(drop=True)


def _asked(measure: MeasureLike | tuple) -> MeasureLike:
    if not isinstance(measure, tuple):
        return measure
    if len(measure) not in (2, 3):
        raise ValueError(f"A measure must be (column, statistic) or (column, statistic, options), got {measure!r}.")
    return Asked(*measure)


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
        batch = evaluate(measure.statistic, x, {**measure.options, **others})
        for line, part in zip(result, batch, strict=True):
            line[where] = part
        note[where] = notes(measure.statistic, batch, x, *others.values())
    estimate, mcse, lower, upper, df = result
    numbers = {"estimate": estimate, "mcse": mcse, "df": df, "lower": lower, "upper": upper, "replicates": counts}
    failed = np.bincount(group, minlength=len(names)) - counts
    return names.assign(measure=measure.column, statistic=label, **numbers, failed=failed, law=statistic.law, note=note)


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    if name not in frame:
        raise ValueError(f"The replicates have no column `{name}`; they have {', '.join(map(str, frame.columns))}.")
    return frame[name].to_numpy(dtype=float, na_value=np.nan)
