"""The key table of a study: one measure by method and condition, the best of each condition and its ties marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from dlstats import montecarlo
from dlstats.montecarlo.statistics import lookup
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.study import Experiment, Study
from dlstats.report import latex, tables
from dlstats.report.blocks import Table, right, table
from dlstats.report.digits import MCSE, exact, show
from dlstats.report.text import Span, Text, prose

BEST, TIED = "best", "tied"
SIGN = "†"
DIGITS = 4
"""Significant digits of what was computed without randomness."""
LEVELS = 5
"""Levels of a factor that stand beside one another; the factor with most levels up to so many heads the columns."""
CHARACTERS = 100
"""About how many characters of a table stand beside one another."""
ROWS = 40
"""Rows of a table that a page holds."""
NOTE = (
    f"Bold: the smallest of a condition. {SIGN}: not distinguishable from it on the same replicates (contrast in pairs, 5 %, "
    "adjusted for all pairs of the condition)."
)


def build(study: Study, evidence: Evidence) -> Table | None:
    """The table of the measure by which the study compares methods, else of its first; None without a summary of it."""
    name, measure = _chosen(study)
    if name not in evidence.summaries:
        return None
    experiment, summary = study.experiments[name], evidence.table(name)
    lines = summary[(summary["measure"] == measure.column) & (summary["against"] == "")]
    lines = lines[lines["statistic"].str.partition("(")[0] == measure.statistic]
    lines = lines[lines["statistic"] == lines["statistic"].iloc[:1].squeeze()] if len(lines) else lines
    if lines.empty:
        return None
    marks = _marks(experiment, measure, lines, evidence.replicates(name)) if study.compared_by else {}
    records = lines.to_dict("records")
    varying, at = tables.conditions(experiment, [f for f in experiment.factors if f in lines], records)
    made = (_table(study, experiment, records, marks, varying, head, at) for head in _heads(varying, lines))
    *wide, last = made
    return next((held for held in wide if latex.width(held) <= CHARACTERS), last)


def _chosen(study: Study) -> tuple[str, Measure]:
    if study.compared_by:
        return study.comparison()
    name = max(study.experiments, key=lambda name: len(study.experiments[name].methods))
    return name, study.experiments[name].measures[0]


def _groups(experiment: Experiment) -> list[str]:
    return ["cell", *experiment.keys]


def _marks(experiment: Experiment, measure: Measure, lines: pd.DataFrame, replicates: pd.DataFrame) -> dict[tuple, str]:
    """Of every (cell, keys, method) that is best or tied with the best, which it is.

    Each method is compared with the best on their shared replicates; the level is Bonferroni's for all pairs.
    """
    by, marks = _groups(experiment), {}
    rows = dict(iter(replicates[experiment.has(replicates, measure.column)].groupby(by, sort=False, dropna=False)))
    for key, group in lines.groupby(by, sort=False, dropna=False):
        values = group.set_index("method")["estimate"].dropna()
        if len(values) < 2:
            continue
        best = str(values.idxmin())
        marks[(*key, best)] = BEST
        for method in _tied(measure, values, best, rows[key]):
            marks[(*key, method)] = TIED
    return marks


def _tied(measure: Measure, values: pd.Series, best: str, rows: pd.DataFrame) -> Iterator[str]:
    """The methods whose contrast with the best one is not distinguishable from 0; equal values where nothing is random."""
    if lookup(measure.statistic).law == "exact":
        yield from (str(m) for m in values.index if m != best and values[m] == values[best])
        return
    pairs = len(values) * (len(values) - 1) / 2
    held = rows[rows["method"].isin(values.index)]
    told = montecarlo.compare(held, measure, ["cell"], reference=best)
    yield from told.loc[~(told["p_value"] < 0.05 / pairs), "method"].astype(str)


def _table(
    study: Study, experiment: Experiment, records: Sequence[Mapping], marks: Mapping[tuple, str],
    varying: Mapping[str, Factor], head: str, at: str,
) -> Table:  # fmt: skip
    others = {f: factor for f, factor in varying.items() if f != head}
    rows: dict[tuple[str, ...], dict[str, Text]] = {}
    for line in records:
        row = (
            *(tables.level(factor, line[f]) for f, factor in others.items()),
            experiment.label_of(str(line["method"])),
        )
        column = tables.level(varying[head], line[head]) if head else ""
        mark = marks.get((*(line[name] for name in _groups(experiment)), line["method"]), "")
        rows.setdefault(row, {})[column] = _number(line, mark)
    heads = list(dict.fromkeys(column for cells in rows.values() for column in cells))
    label = tables.label_of(experiment, str(records[0]["measure"]), str(records[0]["statistic"]))
    numbers = [right(f"{varying[head].label} {text}" if head else label, decimal=True) for text in heads]
    cells = [(*row, *(held.get(column, prose("–")) for column in heads)) for row, held in list(rows.items())[:ROWS]]
    more = len(rows) - len(cells)
    columns = (*(tables.labelled(factor) for factor in others.values()), "method", *numbers)
    note = " ".join([MCSE, *([NOTE] if marks else []), *([f"{more} more rows stand in the CSV file."] if more else [])])
    return table("key", f"{study.title}: {label} by method and condition{at}.", columns, cells, note)


def _heads(varying: Mapping[str, Factor], lines: pd.DataFrame) -> list[str]:
    """Factors whose levels may head the columns, the one with most levels first; at last none."""
    counts = {name: lines[name].nunique() for name in varying}
    return [*sorted((name for name in varying if counts[name] <= LEVELS), key=counts.__getitem__, reverse=True), ""]


def _number(line: Mapping, mark: str) -> Text:
    value, mcse = float(line["estimate"]), float(line["mcse"])
    shown = exact(value, DIGITS) if mcse == 0 else show(value, mcse)
    span = Span("best" if mark == BEST else "number", shown.text, shown.siunitx)
    return (span, Span("plain", SIGN)) if mark == TIED else (span,)
