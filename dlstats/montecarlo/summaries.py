"""From a long frame of replicates to one line per group and measure: estimate, error, interval, counts."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd

from dlstats.montecarlo.statistics import check_options, evaluate, lookup, notes


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

    Raises ValueError, in one line, for what is no frame, measure or name of a column, for a column that the frame lacks, has
    twice or that holds no numbers, and for a statistic or an option that there is not or that does not fit.

    >>> frame = pd.DataFrame({"method": ["A", "A", "A", "B", "B", "B"], "b": [0.4, 0.7, 0.6, 0.5, 0.6, 0.7]})
    >>> table = summarise(frame, [("b", "bias", {"truth": 0.5}), ("b", "empirical_se")], by="method")
    >>> print(table[["method", "statistic", "estimate", "mcse", "replicates"]].round(4).to_string(index=False))
    method    statistic  estimate   mcse  replicates
         A         bias    0.0667 0.0882           3
         A empirical_se    0.1528 0.0764           3
         B         bias    0.1000 0.0577           3
         B empirical_se    0.1000 0.0500           3
    """
    if not isinstance(frame, pd.DataFrame):
        raise ValueError(f"`frame` must be a DataFrame, got {type(frame).__name__}.")
    by, measures = _by(by, frame), [_asked(measure) for measure in _listed("measures", measures)]
    group = _groups(frame, by)
    first = np.unique(group, return_index=True)[1]
    names = frame.iloc[first][by].reset_index(drop=True)
    ok = (
        (_column(frame, "status") == "ok").to_numpy(dtype=bool, na_value=False)
        if "status" in frame
        else np.ones(len(frame), dtype=bool)
    )
    parts = [_summarise(frame, measure, group, ok, names, label) for measure, label in _labelled(measures)]
    if not parts:
        return pd.DataFrame(columns=[*by, *COLUMNS])
    table = pd.concat(parts, keys=range(len(parts)), names=["order", "group"])
    return table.sort_index(level=["group", "order"], kind="stable").reset_index(drop=True)


def _listed(what: str, given: object) -> list:
    if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
        raise ValueError(f"`{what}` must be a list, got {type(given).__name__}.")
    return list(given)


def _by(by: object, frame: pd.DataFrame) -> list[str]:
    """The columns that tell groups apart."""
    named = _listed("by", [by] if isinstance(by, str) else by)
    if taken := [name for name in COLUMNS if name in named]:
        raise ValueError(f"`by` must not name a column of the summary, got {', '.join(taken)}.")
    if lacking := [name for name in named if not isinstance(name, Hashable) or name not in frame]:
        raise ValueError(f"`by` must name columns of the replicates, which lack {', '.join(map(str, lacking))}.")
    if len(set(named)) < len(named):
        raise ValueError(f"`by` must name a column once, got {', '.join(map(str, named))}.")
    for name in named:
        _column(frame, name)
    return named


def _groups(frame: pd.DataFrame, by: list[str]) -> np.ndarray:
    """The number of the group of every row."""
    if not by:
        return np.zeros(len(frame), dtype=int)
    try:
        return frame.groupby(by, sort=False, dropna=False, observed=True).ngroup().to_numpy()
    except TypeError as error:
        raise ValueError(f"`by` must name columns of words or numbers: {error}.") from None


def _asked(measure: object) -> MeasureLike:
    """A measure as it was given, or of a tuple."""
    given = measure if isinstance(measure, tuple) and len(measure) in (2, 3) else _parts(measure)
    column, statistic, options = (*given, {})[:3]
    if not (isinstance(column, str) and isinstance(statistic, str) and isinstance(options, Mapping)):
        raise ValueError(
            f"A measure must be (column, statistic), (column, statistic, options) or an object with these, got {measure!r:.80}."
        )
    return measure if isinstance(measure, MeasureLike) else Asked(column, statistic, options)


def _parts(measure: object) -> tuple:
    return tuple(getattr(measure, name, None) for name in ("column", "statistic", "options"))


def _labelled(measures: Sequence[MeasureLike]) -> list[tuple[MeasureLike, str]]:
    """The measures with the name of their statistic, which shows its options where two would read the same."""
    pairs = [(m.column, m.statistic) for m in measures]
    return [(m, _written(m) if pairs.count((m.column, m.statistic)) > 1 else m.statistic) for m in measures]


def _written(measure: MeasureLike) -> str:
    return f"{measure.statistic}({', '.join(f'{k}={v}' for k, v in measure.options.items())})"


def _summarise(
    frame: pd.DataFrame, measure: MeasureLike, group: np.ndarray, ok: np.ndarray, names: pd.DataFrame, label: str
) -> pd.DataFrame:
    check_options(measure.statistic, measure.options, lambda value: isinstance(value, str))
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


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame:
        raise ValueError(f"The replicates have no column `{name}`; they have {', '.join(map(str, frame.columns))}.")
    if isinstance(column := frame[name], pd.DataFrame):
        raise ValueError(f"The replicates must have the column `{name}` once, they have it {column.shape[1]} times.")
    return column


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    column = _column(frame, name)
    try:
        if column.dtype.kind in "cMm":
            raise TypeError
        return column.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"The column `{name}` must hold numbers, got {column.dtype}.") from None
