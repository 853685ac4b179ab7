"""Differences and ratios of a statistic between methods that share replicates, with the joint error.

Sharing data makes the errors of two methods go together; the error of their contrast is taken from the differences
of their influence values, replicate by replicate, and may be many times smaller than the two errors suggest.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import scipy

from dlstats.montecarlo.estimates import Estimate
from dlstats.montecarlo.intervals import STILL, Batch, from_influence, still, t_interval
from dlstats.montecarlo.multiplicity import holm
from dlstats.montecarlo.resampling import DRAWS, resamples
from dlstats.montecarlo.shapes import Replicates, Values
from dlstats.montecarlo.statistics import EXTREMES, Statistic, lookup
from dlstats.montecarlo.summaries import MeasureLike

KINDS = ("difference", "ratio")
ROUNDING = 8 * float(np.finfo(float).eps)
"""A contrast that varies by less than so much of its terms does not vary."""
UNTIED = "not distinguishable at this number of replicates"


def contrast(
    statistic: str, first: object, second: object, kind: str = "difference", *, failed: int = 0, **options: Any
) -> Estimate:
    """T(first) - T(second), or T(first) / T(second), of columns whose entries belong to the same replicates.

    A replicate that is not finite in either is dropped from both and counts as failed. An option that is a column is
    given as a pair, one for each method. A ratio of `mse` is the relative efficiency, of `variance` the precision.
    """
    if kind not in KINDS:
        raise ValueError(f"`kind` must be one of {', '.join(KINDS)}, got {kind!r}.")
    return contrast_of(statistic, first, second, kind, failed=failed, **options)


def contrast_of(
    statistic: str, first: object, second: object, kind: str, *, failed: int = 0, **options: Any
) -> Estimate:
    """`contrast` of any kind that `joint` knows: also `log_ratio`, log₁₀ of the ratio."""
    definition = lookup(statistic)
    x = np.stack([np.asarray(first, dtype=float), np.asarray(second, dtype=float)])
    paired = {k: np.asarray(v, dtype=float) for k, v in options.items() if k in definition.columns and np.ndim(v)}
    keep = np.isfinite(x).all(axis=0)
    for column in paired.values():
        keep &= np.isfinite(column).all(axis=0)
    reps = int(keep.sum())
    failures = failed + int((~keep).sum())
    if reps < 2:
        return Estimate(np.nan, np.nan, reps, failures)
    columns = {k: v[:, keep] for k, v in paired.items()}
    batch = joint(statistic, x[:, keep], kind, {**options, **columns})
    if definition.law != "binomial" and still(*x[:, keep], *(column for pair in columns.values() for column in pair)):
        batch = batch._replace(mcse=np.nan, lower=np.nan, upper=np.nan)
    value, mcse, lower, upper, df = (float(part) for part in batch)
    note = STILL if np.isnan(mcse) and np.isfinite(value) and statistic not in EXTREMES else ""
    return Estimate(value, mcse, reps, failures, lower, upper, note, df)


def log_ratio(first: object, second: object) -> Estimate:
    """log₁₀ of the ratio of two medians, of columns whose entries belong to the same replicates.

    On the log scale, where the error of a median of heavy-tailed values is finite; a median of logs is a log of medians.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        above, below = (np.log10(np.asarray(column, dtype=float)) for column in (first, second))
    return contrast("median", above, below)


def log_ratios(
    frame: pd.DataFrame, column: str, pairs: Iterable[tuple[str, str]], by: Sequence[str] = ("cell",)
) -> pd.DataFrame:
    """`log_ratio` of a column for pairs of methods in each group of `by`, a line where a group has both methods.

    Lines have `method`, `against`, the estimate with error and interval, and counts.
    """
    by, rows = list(by), []
    for key, group in frame.groupby(by, sort=False, dropna=False, observed=True):
        wide = _wide(group, column)
        for first, second in pairs:
            if {first, second} <= set(wide):
                line = _line(log_ratio(wide[first], wide[second]), "difference")
                rows.append(dict(zip(by, key, strict=True)) | {"method": first, "against": second, **line})
    return pd.DataFrame(rows)


def joint(statistic: str, x: Replicates, kind: str, options: Mapping[str, Any]) -> Batch:
    """Contrasts of many pairs at once: x has shape (2, ..., reps), and so have the options that are columns."""
    definition = lookup(statistic)
    reps = x.shape[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        if statistic in EXTREMES:
            value = _combine(definition.compute(x, **options).value, kind)
            return Batch(value, *(np.full_like(value, np.nan) for _ in range(3)))
        if definition.influence is None:
            return _bootstrapped(definition, x, kind, options)
        value, influence = definition.influence(x, **options)
        scale = "log" if kind == "ratio" else "identity"
        first, second, unit = _combine_influence(value, influence, kind)
        size = np.abs(first).max(axis=-1) + np.abs(second).max(axis=-1) + _size(value, kind)
        varies = np.abs(first - second).max(axis=-1, keepdims=True) > ROUNDING * size[..., None]
        batch = from_influence(_combine(value, kind), np.where(varies, first - second, 0.0) / unit, scale)
    if definition.law != "binomial" or kind != "difference":
        return batch
    # no discordant replicate: half a one is added to each cell of the table [Agresti and Min 2005]
    return t_interval(batch.value, np.where(batch.mcse > 0, batch.mcse, 1 / (reps + 2)), batch.df)


def _bootstrapped(definition: Statistic, x: Replicates, kind: str, options: Mapping[str, Any]) -> Batch:
    """Replicates are drawn jointly for both methods."""
    chosen = resamples(x.shape[-1], DRAWS)
    again = {k: np.asarray(v)[..., chosen] if k in definition.columns and np.ndim(v) else v for k, v in options.items()}
    drawn = _combine(definition.compute(x[..., chosen], **again).value, kind)
    whole = definition.compute(x, **options)
    df = np.fmin(np.min(whole.df), x.shape[-1] - 1.0)
    spread = drawn.std(axis=-1, ddof=1)
    unit = np.abs(whole.value[1]) if kind == "ratio" else 1.0
    spread = np.where(spread > ROUNDING * _size(whole.value, kind) / unit, spread, 0.0)
    return t_interval(_combine(whole.value, kind), spread, df, "log" if kind == "ratio" else "identity")


def _combine(value: Values, kind: str) -> np.ndarray:
    if kind == "difference":
        return np.asarray(value[0] - value[1])
    ratio = np.asarray(value[0] / value[1])
    return np.asarray(np.log10(ratio)) if kind == "log_ratio" else ratio


def _size(value: Values, kind: str) -> np.ndarray:
    """The size of the two terms of a contrast, which decides what is rounding."""
    one, two = np.abs(np.asarray(value))
    return np.asarray({"difference": one + two, "ratio": one, "log_ratio": np.ones_like(one)}[kind])


def _combine_influence(
    value: Values, influence: Replicates, kind: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray | float]:
    """Two terms and a unit: their difference over it is the influence on the contrast."""
    if kind == "difference":
        return influence[0], influence[1], 1.0
    if kind == "log_ratio":
        relative = influence / value[..., None]
        return relative[0], relative[1], float(np.log(10))
    below = value[1][..., None]
    return influence[0], value[0][..., None] / below * influence[1], below


def compare(
    frame: pd.DataFrame,
    measure: MeasureLike,
    by: Sequence[str] = ("cell",),
    *,
    kind: str = "difference",
    reference: str | None = None,
    level: float = 0.05,
) -> pd.DataFrame:
    """Paired contrasts of every two methods, or of all with `reference`, in each group of `by`.

    `distinguishable` says that the contrast differs from 0 (1 for a ratio) at `level`, adjusted by Holm within the
    group. Replicates where either method failed enter no contrast and are counted.
    """
    by = list(by)
    definition = lookup(measure.statistic)
    used = {k: v for k, v in measure.options.items() if k in definition.columns and isinstance(v, str)}
    rows = []
    for key, group in frame.groupby(by, sort=False, dropna=False, observed=True):
        wide = {name: _wide(group, column) for name, column in {"": measure.column, **used}.items()}
        methods = list(wide[""].columns)
        pairs = itertools.combinations(methods, 2) if reference is None else ((m, reference) for m in methods)
        lines = []
        for first, second in pairs:
            if first != second:
                options = {**measure.options, **{k: (wide[k][first], wide[k][second]) for k in used}}
                e = contrast(measure.statistic, wide[""][first], wide[""][second], kind, **options)
                lines.append({"method": first, "against": second, **_line(e, kind)})
        labels = dict(zip(by, key, strict=True)) | {"measure": measure.column, "statistic": measure.statistic}
        adjusted = holm(np.array([line["p_value"] for line in lines]))
        rows += [
            labels | line | {"p_adjusted": p, "distinguishable": bool(p < level)}
            for line, p in zip(lines, adjusted, strict=True)
        ]
    return pd.DataFrame(rows)


def _wide(group: pd.DataFrame, column: str) -> pd.DataFrame:
    """Replicates by methods, in the order in which methods come; failed rows are NaN."""
    values = group[column].astype(float)
    if "status" in group:
        values = values.where(group["status"] == "ok")
    wide = group.assign(_value=values).pivot(index="replicate", columns="method", values="_value")
    return wide[list(dict.fromkeys(group["method"]))]


def _line(e: Estimate, kind: str) -> dict:
    null = 0.0 if kind == "difference" else 1.0
    if not e.mcse > 0:
        p = float("nan")
    elif kind == "ratio" and e.value > 0:
        p = 2 * float(scipy.special.stdtr(e.degrees, -abs(np.log(e.value)) * e.value / e.mcse))
    else:
        p = 2 * float(scipy.special.stdtr(e.degrees, -abs(e.value - null) / e.mcse))
    columns = {"estimate": e.value, "mcse": e.mcse, "lower": e.lower, "upper": e.upper}
    return {**columns, "replicates": e.replicates, "failed": e.failed, "p_value": p}


def leaders(
    summary: pd.DataFrame, table: pd.DataFrame, by: Sequence[str] = ("cell",), smaller: bool = True
) -> pd.DataFrame:
    """The best method of each group, and those that are not distinguishable from it; no winner where there are any.

    `summary` holds one measure (from `summarise`), `table` all its pairs (from `compare`).
    """
    by = list(by)
    rows = []
    for key, lines in summary.groupby(by, sort=False, dropna=False, observed=True):
        values = lines.set_index("method")["estimate"]
        leader = values.idxmin() if smaller else values.idxmax()
        here = table[(table[by] == pd.Series(key, index=by)).all(axis=1) & ~table["distinguishable"]]
        tied = [*here.loc[here["against"] == leader, "method"], *here.loc[here["method"] == leader, "against"]]
        tied = [m for m in values.index if m in tied]
        note = f"{', '.join(map(str, [leader, *tied]))}: {UNTIED}" if tied else ""
        rows.append(dict(zip(by, key, strict=True)) | {"best": leader, "winner": "" if tied else leader, "note": note})
    return pd.DataFrame(rows)
