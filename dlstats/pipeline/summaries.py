"""Raw replicates -> summary: one line per cell, method, keys and measure; contrasts and slopes among them.

Everything that a claim, a table or a figure says of an experiment stands here, computed once.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dlstats import montecarlo
from dlstats.pipeline.rows import reasons
from dlstats.protocol.measure import Contrast, LevelContrast, Measure, Slope, SlopeContrast
from dlstats.protocol.study import Experiment

NUMBERS = (
    "estimate", "mcse", "df", "lower", "upper", "replicates", "failed", "reasons", "law", "lack_of_fit", "note",
)  # fmt: skip


def summarise(experiment: Experiment, raw: pd.DataFrame) -> pd.DataFrame:
    """The summary of an experiment from its replicates.

    Columns: cell, the factors, method, against, the keys, measure, statistic, the estimate with its error, degrees of
    freedom and interval, counts, the reasons of rows that failed or are to be noted, law, lack of fit, note, and cells
    (more than one for a slope). Where a measure is not had (its `where`) there is no line.
    """
    raw = raw.reset_index(drop=True)
    parts = [
        *_measures(experiment, raw),
        *(_frame(lines) for lines in _contrasts(experiment, raw)),
        *(_frame(_slopes(experiment, raw, s)) for s in experiment.slopes),
    ]
    parts = [part for part in parts if len(part)]
    columns = [
        "cell",
        *experiment.factors,
        "method",
        "against",
        *experiment.keys,
        "measure",
        "statistic",
        *NUMBERS,
        "cells",
    ]
    if not parts:
        return pd.DataFrame(columns=columns)
    summary = pd.concat([part.astype(object) for part in parts], ignore_index=True)
    summary = summary.reindex(columns=[c for c in columns if c in summary or c not in experiment.factors])
    return _typed(experiment, _ordered(summary, raw))


def _keys(experiment: Experiment) -> list[str]:
    return list(experiment.keys)


def _factors(experiment: Experiment, raw: pd.DataFrame) -> list[str]:
    return [name for name in experiment.factors if name in raw]


def _measures(experiment: Experiment, raw: pd.DataFrame) -> Iterator[pd.DataFrame]:
    by = ["cell", "method", *_keys(experiment)]
    present = [m for m in experiment.measures if m.column in raw]
    labels = _statistics(present)
    levels = raw.drop_duplicates("cell").set_index("cell")[_factors(experiment, raw)]
    for measure, label in zip(present, labels, strict=True):
        rows = raw[experiment.has(raw, measure.column)]
        if len(rows):
            lines = montecarlo.summarise(rows, [measure], by=by).merge(reasons(rows, by), how="left", on=by)
            yield lines.assign(statistic=label, against="", cells="").join(levels, on="cell")


def _statistics(measures: Sequence[Measure]) -> list[str]:
    """The names of the statistics, which show their options where two would read the same."""
    pairs = [(m.column, m.statistic) for m in measures]
    return [
        f"{m.statistic}({', '.join(f'{k}={v}' for k, v in m.options.items())})"
        if pairs.count((m.column, m.statistic)) > 1
        else m.statistic
        for m in measures
    ]


def _contrasts(experiment: Experiment, raw: pd.DataFrame) -> Iterator[list[dict]]:
    """The lines of every contrast, in the order declared."""
    of_methods = [c for c in experiment.contrasts if isinstance(c, Contrast) and c.column in raw]
    by_contrast = dict(zip(map(id, of_methods), _of_methods(experiment, raw, of_methods), strict=True))
    for c in experiment.contrasts:
        yield by_contrast.get(id(c), []) if isinstance(c, Contrast) else list(_of_levels(experiment, raw, c))


def _of_methods(experiment: Experiment, raw: pd.DataFrame, contrasts: list[Contrast]) -> list[list[dict]]:
    """The lines of contrasts of methods; every group of rows is cut into methods once."""
    factors, lines = _factors(experiment, raw), [[] for _ in contrasts]
    for key, rows in _groups(raw, ["cell", *_keys(experiment)]) if contrasts else ():
        held = {name: part for name, part in rows.groupby("method", sort=False)}
        columns: dict[tuple[str, str], pd.Series] = {}
        labels = {f: rows[f].iloc[0] for f in factors} | {"cells": ""} | key
        for c, collected in zip(contrasts, lines, strict=True):
            if c.method not in held or c.against not in held:
                continue
            for name in (c.method, c.against):
                if (name, c.column) not in columns:
                    had = held[name][experiment.has(held[name], c.column)]
                    columns[name, c.column] = _column(had, c.column)
            pair = columns[c.method, c.column], columns[c.against, c.column]
            if pair[0].empty or pair[1].empty:
                continue
            estimate = montecarlo.paired(*pair, c.kind, c.statistic, **c.options)
            names = {"method": c.method, "against": c.against, "measure": c.column, "statistic": c.name}
            collected.append(labels | names | estimate.line())
    return lines


def _of_levels(experiment: Experiment, raw: pd.DataFrame, c: LevelContrast) -> Iterator[dict]:
    if c.column not in raw or c.factor not in raw:
        return
    others = [f for f in _factors(experiment, raw) if f != c.factor]
    pair = raw[raw[c.factor].isin([c.first, c.second]) & experiment.has(raw, c.column)]
    for key, rows in _groups(pair, [*others, "method", *_keys(experiment)]):
        parts: dict[object, pd.DataFrame] = dict(iter(rows.groupby(c.factor, sort=False)))
        if c.first in parts and c.second in parts:
            first, second = (_column(parts[level], c.column) for level in (c.first, c.second))
            shared = first.index.intersection(second.index)  # one level may be run on a part of the replicates
            first, second = first[shared], second[shared]
            estimate = montecarlo.paired(first, second, c.kind, c.statistic, **c.options)
            cells = [parts[level]["cell"].iloc[0] for level in (c.first, c.second)]
            labels = {
                "cell": cells[0],
                c.factor: c.first,
                "against": f"{c.factor}={c.second}",
                "cells": " ".join(cells),
            }
            yield key | labels | {"measure": c.column, "statistic": c.name} | estimate.line()


def _slopes(experiment: Experiment, raw: pd.DataFrame, s: Slope | SlopeContrast) -> Iterator[dict]:
    if s.column not in raw or s.over not in raw:
        return
    others = [f for f in _factors(experiment, raw) if f != s.over]
    raw = raw[experiment.has(raw, s.column)]
    if isinstance(s, SlopeContrast):
        pair = raw[raw["method"].isin([s.method, s.against])]
        for key, rows in _groups(pair, [*others, *_keys(experiment)]):
            yield from _slope_difference(rows, s, key)
        return
    for key, rows in _groups(raw, [*others, "method", *_keys(experiment)]):
        if rows[s.over].nunique() < 2:
            continue
        sizes, samples, failed = _samples(rows, s)
        lines = montecarlo.slope_lines(
            sizes, samples, s.statistic, paired=s.paired, exact=s.statistic == "exact", failed=failed, **s.options
        )
        labels = key | {"against": "", "measure": s.column, "cells": _cells(rows)}
        yield from (labels | {"cell": rows["cell"].iloc[0]} | line for line in lines)


def _slope_difference(rows: pd.DataFrame, s: SlopeContrast, key: dict) -> Iterator[dict]:
    pairs = []
    for size, at in rows.groupby(s.over, sort=True):
        columns = {name: _column(part, s.column) for name, part in at.groupby("method", sort=False)}
        if {s.method, s.against} <= set(columns):
            both = pd.concat([columns[s.method], columns[s.against]], axis=1)
            pairs.append((size, both.iloc[:, 0].to_numpy(float), both.iloc[:, 1].to_numpy(float)))
    if len(pairs) > 1:
        sizes, first, second = zip(*pairs, strict=True)
        options: dict[str, Any] = {**s.options}
        estimate = montecarlo.slope_difference(sizes, first, second, s.statistic, **options)
        labels = {"method": s.method, "against": s.against, "measure": s.column, "cells": _cells(rows)}
        name = f"slope_difference({s.statistic})"
        yield key | labels | {"cell": rows["cell"].iloc[0], "statistic": name} | estimate.line()


def _samples(rows: pd.DataFrame, s: Slope) -> tuple[list[float], list[np.ndarray], int]:
    """(sizes, replicates at every size, failed rows); paired sizes keep failed replicates as NaN."""
    good = rows["status"] == "ok"
    values = rows[s.column].astype(float).where(good)
    sizes, samples = [], []
    for level, at in rows.groupby(s.over, sort=True):
        column = pd.Series(values[at.index].to_numpy(), index=at["replicate"]).sort_index()
        sizes.append(float(at[s.size].iloc[0]) if s.size else float(level))  # type: ignore[arg-type]
        samples.append(column.to_numpy() if s.paired else column[good[at.index].to_numpy()].to_numpy())
    return sizes, samples, 0 if s.paired else int((~good).sum())


def _column(rows: pd.DataFrame, column: str) -> pd.Series:
    """The column by replicate, NaN where the replicate failed."""
    values = rows[column].astype(float).where(rows["status"] == "ok")
    return values.set_axis(rows["replicate"])


def _groups(frame: pd.DataFrame, by: list[str]) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    if not by:
        yield {}, frame
        return
    for key, rows in frame.groupby(by, sort=False, dropna=False):
        yield dict(zip(by, key if isinstance(key, tuple) else (key,), strict=True)), rows


def _cells(rows: pd.DataFrame) -> str:
    return " ".join(dict.fromkeys(rows["cell"]))


def _frame(lines: Iterable[Mapping]) -> pd.DataFrame:
    return pd.DataFrame(list(lines))


def _ordered(summary: pd.DataFrame, raw: pd.DataFrame) -> pd.DataFrame:
    position = {cell: k for k, cell in enumerate(dict.fromkeys(raw["cell"]))}
    order = summary["cell"].map(position)
    return summary.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True)


def _typed(experiment: Experiment, summary: pd.DataFrame) -> pd.DataFrame:
    """Columns in the types of their factors and keys, with room for a level that is missing."""
    kinds = {int: "Int64", float: "Float64", str: "string", bool: "boolean"}
    types: dict[str, Any] = {"replicates": "int64", "failed": "int64"}
    types |= dict.fromkeys(("estimate", "mcse", "df", "lower", "upper", "lack_of_fit"), "float64")
    for name, factor in itertools.chain(experiment.factors.items(), experiment.keys.items()):
        if name in summary:
            full = summary[name].notna().all()
            types[name] = (
                {int: "int64", float: "float64", bool: "bool"}.get(factor.kind, "object")
                if full
                else kinds[factor.kind]
            )
    texts = [
        c
        for c in ("cell", "method", "against", "measure", "statistic", "reasons", "law", "note", "cells")
        if c in summary
    ]
    summary[texts] = summary[texts].astype(object).where(summary[texts].notna(), "").astype(str)
    return summary.astype({name: kind for name, kind in types.items() if name in summary})
