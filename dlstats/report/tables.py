"""Summaries as grids of text and numbers.

A number is followed by its Monte Carlo standard error (mcse) in parentheses and has the digits that this supports;
a number without parentheses was computed without randomness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dlstats.protocol.factor import Factor
from dlstats.protocol.study import Experiment, Study
from dlstats.report import blocks
from dlstats.report.digits import Shown, show

Value = str | Shown
MEASURES_A_TABLE = 5
MCSE = "In parentheses the Monte Carlo standard error; numbers without it were computed without randomness."
UNKNOWN = "(?) marks a Monte Carlo standard error that the replicates cannot tell."
WRAPPED = {name: name.replace("_", " ") for name in ("difference", "ratio", "slope", "local_slope")} | {
    "log_ratio": "log₁₀ ratio", "bend": "last minus first local slope", "slope_difference": "difference of slopes",
}  # fmt: skip
"""Statistics that are taken of another one, in words."""


@dataclass(frozen=True)
class Field:
    """A column; `weight` is its proportion of the width that is left.

    `kind` is text, name (set as code), verdict, number (one measure, aligned) or quantity (numbers of many kinds).
    """

    label: str
    kind: str = "text"
    weight: float = 0.0


@dataclass(frozen=True)
class Grid:
    """A table before it is printed anywhere."""

    name: str
    caption: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""


def summary_grids(
    study: Study, summaries: Mapping[str, pd.DataFrame], fits: Callable[[Grid], bool] = lambda grid: True
) -> list[Grid]:
    """The summaries of a study's experiments: measures, then contrasts, then slopes, each with a row per condition.

    Measures are dealt out over several tables, at most `MEASURES_A_TABLE` to each and no more than fit. A contrast has
    its method in the row and what it is compared with at the head of its column.
    """
    grids: list[Grid] = []
    for name, summary in summaries.items():
        experiment = study.experiments[name]
        title = study.title if len(summaries) == 1 else f"{study.title}, {experiment.title or name.replace('_', ' ')}"
        for kind, lines in _kinds(summary):
            grids += _dealt(Layout(title, experiment, kind), lines, fits, len(grids) + 1)
    return grids


def _kinds(summary: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    sloped = summary["statistic"].str.contains("slope|bend", regex=True)
    paired = (summary["against"] != "") & ~sloped
    for kind, chosen in (("measures", ~sloped & ~paired), ("contrasts", paired), ("slopes", sloped)):
        if chosen.any():
            yield kind, summary[chosen]


def _dealt(layout: Layout, lines: pd.DataFrame, fits: Callable[[Grid], bool], first: int) -> list[Grid]:
    factors = [name for name in layout.experiment.factors if name in lines]
    present = lines[factors].notna().apply(lambda row: tuple(row[row].index), axis=1) if factors else None
    grids: list[Grid] = []
    for names, part in lines.groupby(present, sort=False) if present is not None else [((), lines)]:
        records = part.to_dict("records")
        heads = list(dict.fromkeys(layout.head(line) for line in records))
        while heads:
            for most in range(min(len(heads), MEASURES_A_TABLE), 0, -1):
                grid = layout.grid(records, list(names), heads[:most], f"summary_{len(grids) + first}")
                if most == 1 or fits(grid):
                    break
            grids.append(grid)
            heads = heads[most:]
    return grids


@dataclass(frozen=True)
class Layout:
    """What the tables of one experiment have in common: its title, its factors and methods, and the kind of lines."""

    title: str
    experiment: Experiment
    kind: str
    """`measures`, `contrasts` or `slopes`."""

    def head(self, line: Mapping) -> str:
        """The head of the column of a line."""
        label = label_of(self.experiment, str(line["measure"]), str(line["statistic"]))
        if self.kind == "contrasts":
            return f"{label}, over {self.against(line)}"
        return f"{label}, {line['note']}" if str(line["statistic"]).startswith("local_slope") else label

    def against(self, line: Mapping) -> str:
        """What a contrast compares with: a method's label, or a level with its factor."""
        factor, equals, level = str(line["against"]).partition("=")
        return f"{self.experiment.factors[factor].label} {level}" if equals else self.experiment.label_of(factor)

    def method(self, line: Mapping) -> str:
        """The method of a line; of a difference of slopes both."""
        label = self.experiment.label_of(str(line["method"]))
        return f"{label} minus {self.against(line)}" if self.kind == "slopes" and line["against"] else label

    def row(self, line: Mapping) -> tuple:
        """What identifies the row of a line."""
        where = str(line["cells"] or line["cell"])
        second = str(line["against"]) if self.kind == "slopes" else ""
        return (where, str(line["method"]), second, *(str(line[key]) for key in self.experiment.keys))

    def grid(self, records: Sequence[Mapping], factors: Sequence[str], heads: Sequence[str], name: str) -> Grid:
        """The lines with these heads, a row for each condition and method; what does not vary stands in the caption."""
        table: dict[tuple, dict[str, Mapping]] = {}
        for line in records:
            if (head := self.head(line)) in heads:
                table.setdefault(self.row(line), {})[head] = line
        firsts = [next(iter(row.values())) for row in table.values()]
        factor = {f: self.experiment.factors[f] for f in factors} | dict(self.experiment.keys)
        varying = [f for f in factor if len({str(line[f]) for line in firsts}) > 1]
        constant = [f"{factor[f].label} = {factor[f].describe(firsts[0][f])}" for f in factor if f not in varying]
        rows: list[tuple[Value, ...]] = []
        for line, row in zip(firsts, table.values(), strict=True):
            numbers = [show(row[head]["estimate"], row[head]["mcse"]) if head in row else "" for head in heads]
            counts = [span([cell[count] for cell in row.values()]) for count in ("replicates", "failed")]
            rows.append((*(factor[f].describe(line[f]) for f in varying), self.method(line), *numbers, *counts))
        numeric = (*heads, "replicates", "failed")
        fields = (
            *(Field(labelled(factor[f])) for f in varying),
            Field("method"),
            *(Field(n, "number") for n in numeric),
        )
        at = f", at {', '.join(constant)}" if constant else ""
        caption = f"{self.title}: {', '.join(heads)} by condition and method{at}."
        return Grid(name, caption, fields, tuple(rows), note(rows))


def labelled(factor: Factor) -> str:
    """The label of a factor with its unit."""
    return f"{factor.label} ({factor.unit})" if factor.unit else factor.label


def note(rows: Sequence[Sequence[Value]]) -> str:
    """What the reader must know of the numbers in these rows, for a table that stands alone."""
    errors = {value.mcse for row in rows for value in row if isinstance(value, Shown)} - {""}
    return " ".join(([MCSE] if errors else []) + ([UNKNOWN] if "?" in errors else []))


def label_of(experiment: Experiment, column: str, statistic: str) -> str:
    """How a measure is called in a table: its label and, where the name does not say it, the statistic."""
    kind, _, inner = statistic.partition("(")
    measures = [m for m in experiment.measures if m.column == column]
    plain = inner[:-1] if kind in WRAPPED else statistic
    same = [m for m in measures if plain == m.statistic or plain.startswith(f"{m.statistic}(")]  # with its options
    measure = next(iter(same or measures), None)
    label = measure.label if measure else column
    if kind in WRAPPED:
        of = "" if inner.startswith(("mean", "exact")) else f" of the {inner[:-1]}"
        return f"{label}, {WRAPPED[kind]}{of}".replace("_", " ")
    unit = f" [{measure.unit}]" if measure and measure.unit else ""
    name = statistic.replace("_", " ")
    silent = statistic in ("mean", "exact", "largest", "smallest") or name in label.lower()
    return f"{label}{unit}" if silent else f"{label}, {name}{unit}"


def span(counts: Sequence[int]) -> Value:
    """Equal counts as one number, others as the range."""
    low, high = int(min(counts)), int(max(counts))
    return Shown(str(low)) if low == high else f"{low}–{high}"


def block(grid: Grid, key: str, limit: int = 0) -> blocks.Table:
    """A summary as a table of the document, which says once for all what the parentheses are."""
    columns = [blocks.right(f.label) if f.kind == "number" else blocks.wide(f.label, f.weight) for f in grid.fields]
    return blocks.table(key, grid.caption, columns, grid.rows, grid.note.removeprefix(MCSE).strip(), limit=limit)
