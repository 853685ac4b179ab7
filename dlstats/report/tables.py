"""Tables: summaries and verdicts as grids of text and numbers, and their files for manuscripts.

A number is followed by its Monte Carlo standard error (mcse) in parentheses and has the digits that this supports;
a number without parentheses was computed without randomness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.study import Experiment, Study
from dlstats.report import blocks
from dlstats.report.digits import Shown, show

Value = str | Shown
MEASURES_A_TABLE = 5
MCSE = "In parentheses the Monte Carlo standard error; numbers without it were computed without randomness."
UNKNOWN = "(?) marks a Monte Carlo standard error that the replicates cannot tell."


@dataclass(frozen=True)
class Field:
    """A column; `weight` shares the width that is left.

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
            grids += _dealt(Context(title, experiment, kind), lines, fits, len(grids) + 1)
    return grids


@dataclass(frozen=True)
class Context:
    """What the tables of one experiment share: its title, its factors and methods, and the kind of their lines."""

    title: str
    experiment: Experiment
    kind: str
    """`measures`, `contrasts` or `slopes`."""

    def head(self, line: Mapping) -> str:
        """The head of the column of a line."""
        label = label_of(self.experiment, str(line["measure"]), str(line["statistic"]))
        if self.kind == "contrasts":
            return f"{label}, over {self.against(str(line['against']))}"
        return f"{label}, {line['note']}" if str(line["statistic"]).startswith("local_slope") else label

    def against(self, name: str) -> str:
        """What a contrast compares with: a method's label, or a level with its factor."""
        factor, equals, level = name.partition("=")
        return f"{self.experiment.factors[factor].label} {level}" if equals else self.experiment.label_of(name)

    def row(self, line: Mapping) -> tuple:
        """What identifies the row of a line."""
        where = str(line["cells"] or line["cell"])
        second = str(line["against"]) if self.kind == "slopes" else ""
        return (where, str(line["method"]), second, *(str(line[key]) for key in self.experiment.keys))


def _kinds(summary: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    sloped = summary["statistic"].str.contains("slope|bend", regex=True)
    paired = (summary["against"] != "") & ~sloped
    for kind, chosen in (("measures", ~sloped & ~paired), ("contrasts", paired), ("slopes", sloped)):
        if chosen.any():
            yield kind, summary[chosen]


def _dealt(context: Context, lines: pd.DataFrame, fits: Callable[[Grid], bool], first: int) -> list[Grid]:
    factors = [name for name in context.experiment.factors if name in lines]
    present = lines[factors].notna().apply(lambda row: tuple(row[row].index), axis=1) if factors else None
    grids: list[Grid] = []
    for names, part in lines.groupby(present, sort=False) if present is not None else [((), lines)]:
        records = part.to_dict("records")
        heads = list(dict.fromkeys(context.head(line) for line in records))
        while heads:
            for most in range(min(len(heads), MEASURES_A_TABLE), 0, -1):
                grid = _pivot(context, records, list(names), heads[:most], f"summary_{len(grids) + first}")
                if most == 1 or fits(grid):
                    break
            grids.append(grid)
            heads = heads[most:]
    return grids


def _pivot(context: Context, records: list[dict], factors: list[str], heads: list[str], name: str) -> Grid:
    experiment = context.experiment
    rows: dict[tuple, dict[str, dict]] = {}
    for line in records:
        if (head := context.head(line)) in heads:
            rows.setdefault(context.row(line), {})[head] = line
    lines = [next(iter(found.values())) for found in rows.values()]
    named = {f: experiment.factors[f] for f in factors} | dict(experiment.keys)
    constant = [f for f in named if len({str(line[f]) for line in lines}) == 1]
    varying = [f for f in named if f not in constant]
    body = []
    for found in rows.values():
        line = next(iter(found.values()))
        numbers = [show(found[h]["estimate"], found[h]["mcse"]) if h in found else "" for h in heads]
        counts = [span([one[c] for one in found.values()]) for c in ("replicates", "failed")]
        method = experiment.label_of(str(line["method"]))
        if context.kind == "slopes" and line["against"]:
            method = f"{method} minus {context.against(str(line['against']))}"
        body.append((*(named[f].describe(line[f]) for f in varying), method, *numbers, *counts))
    fields = [Field(_labelled(named[f])) for f in varying] + [Field("method")]
    fields += [Field(head, "number") for head in heads] + [Field("replicates", "number"), Field("failed", "number")]
    held = ", ".join(f"{named[f].label} = {named[f].describe(lines[0][f])}" for f in constant)
    caption = f"{context.title}: {', '.join(heads)} by condition and method{f', at {held}' if held else ''}."
    return Grid(name, caption, tuple(fields), tuple(body), note(body))


def _labelled(factor: Factor) -> str:
    return f"{factor.label} ({factor.unit})" if factor.unit else factor.label


def note(rows: Sequence[Sequence[Value]]) -> str:
    """What the reader must know of the numbers in these rows, for a table that stands alone."""
    numbers = [value for row in rows for value in row if isinstance(value, Shown)]
    parts = [MCSE] if any(n.mcse for n in numbers) else []
    return " ".join([*parts, UNKNOWN] if any(n.mcse == "?" for n in numbers) else parts)


def label_of(experiment: Experiment, column: str, statistic: str) -> str:
    """How a measure is called in a table: its label and, where the name does not say it, the statistic."""
    kind, _, inner = statistic.partition("(")
    measure = find_measure(experiment, column, inner.rstrip(")") if kind in WRAPPED else statistic)
    label = measure.label if measure else column
    unit = f" [{measure.unit}]" if measure and measure.unit and kind not in WRAPPED else ""
    if kind in WRAPPED:
        return (
            f"{label}, {WRAPPED[kind]}{'' if inner.startswith(('mean', 'exact')) else f' of the {inner[:-1]}'}".replace(
                "_", " "
            )
        )
    word = statistic.replace("_", " ")
    silent = statistic in ("mean", "exact", "largest", "smallest") or word in label.lower()
    return f"{label}{unit}" if silent else f"{label}, {word}{unit}"


WRAPPED = {
    "difference": "difference",
    "ratio": "ratio",
    "log_ratio": "log₁₀ ratio",
    "slope": "slope",
    "local_slope": "local slope",
    "bend": "last minus first local slope",
    "slope_difference": "difference of slopes",
}
"""Statistics that are taken of another one, in words."""


def find_measure(experiment: Experiment, column: str, statistic: str) -> Measure | None:
    """The measure that a line of a summary belongs to; the statistic may carry its options."""
    alike = [m for m in experiment.measures if m.column == column]
    exact = [m for m in alike if statistic == m.statistic or statistic.startswith(f"{m.statistic}(")]
    return (exact or alike or [None])[0]


def span(counts: Sequence[int] | pd.Series) -> Value:
    """Equal counts as one number, others as the range."""
    low, high = int(min(counts)), int(max(counts))
    return Shown(str(low)) if low == high else f"{low}–{high}"


def block(grid: Grid, key: str, limit: int = 0) -> blocks.Table:
    """A summary as a table of the document, which says once for all what the parentheses are."""
    columns = [blocks.right(f.label) if f.kind == "number" else blocks.wide(f.label, f.weight) for f in grid.fields]
    return blocks.table(key, grid.caption, columns, grid.rows, grid.note.removeprefix(MCSE).strip(), limit=limit)
