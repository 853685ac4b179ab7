"""Summaries as tables of text and numbers.

A number is followed by its Monte Carlo standard error (mcse) in parentheses and has the digits that this supports;
a number without parentheses was computed without randomness.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dlstats.protocol.factor import Factor
from dlstats.protocol.study import Experiment, Study
from dlstats.report import digits, latex, ledger, markdown
from dlstats.report.blocks import Table, right, table
from dlstats.report.digits import Shown, show
from dlstats.report.files import write_text
from dlstats.report.text import Content

MEASURES_A_TABLE = 5
WRAPPED = {name: name.replace("_", " ") for name in ("difference", "ratio", "slope", "local_slope")} | {
    "log_ratio": "log₁₀ ratio", "bend": "last minus first local slope", "slope_difference": "difference of slopes",
}  # fmt: skip
"""Statistics that are taken of another one, in words."""


def of_study(study: Study, summaries: Mapping[str, pd.DataFrame]) -> list[Table]:
    """The summaries of a study's experiments: measures, then contrasts, then slopes, each with a row per condition.

    Measures are dealt out over several tables, at most `MEASURES_A_TABLE` to each. A contrast has its method in the row
    and what it is compared with at the head of its column.
    """
    tables: list[Table] = []
    for name, summary in summaries.items():
        experiment = study.experiments[name]
        title = study.title if len(summaries) == 1 else f"{study.title}, {experiment.title or name.replace('_', ' ')}"
        for kind, lines in _kinds(summary):
            tables += _dealt(Layout(title, experiment, kind), lines, len(tables) + 1)
    return tables


def _kinds(summary: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    sloped = summary["statistic"].str.contains("slope|bend", regex=True)
    paired = (summary["against"] != "") & ~sloped
    for kind, chosen in (("measures", ~sloped & ~paired), ("contrasts", paired), ("slopes", sloped)):
        if chosen.any():
            yield kind, summary[chosen]


def _dealt(layout: Layout, lines: pd.DataFrame, first: int) -> list[Table]:
    factors = [name for name in layout.experiment.factors if name in lines]
    present = lines[factors].notna().apply(lambda row: tuple(row[row].index), axis=1) if factors else None
    tables: list[Table] = []
    for names, part in lines.groupby(present, sort=False) if present is not None else [((), lines)]:
        records = part.to_dict("records")
        heads = list(dict.fromkeys(layout.head(line) for line in records))
        for at in range(0, len(heads), MEASURES_A_TABLE):
            chosen, name = heads[at : at + MEASURES_A_TABLE], f"summary_{len(tables) + first}"
            tables.append(layout.table(records, list(names), chosen, name))
    return tables


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

    def table(self, records: Sequence[Mapping], factors: Sequence[str], heads: Sequence[str], name: str) -> Table:
        """The lines with these heads, a row for each condition and method; what does not vary stands in the caption."""
        held: dict[tuple, dict[str, Mapping]] = {}
        for line in records:
            if (head := self.head(line)) in heads:
                held.setdefault(self.row(line), {})[head] = line
        firsts = [next(iter(row.values())) for row in held.values()]
        varying, at = conditions(self.experiment, factors, firsts)
        rows: list[tuple[Content, ...]] = []
        for line, row in zip(firsts, held.values(), strict=True):
            numbers = [show(row[head]["estimate"], row[head]["mcse"]) if head in row else "" for head in heads]
            counts = [span([cell[count] for cell in row.values()]) for count in ("replicates", "failed")]
            rows.append((*(level(f, line[n]) for n, f in varying.items()), self.method(line), *numbers, *counts))
        columns = (
            *map(labelled, varying.values()),
            "method",
            *(right(n, decimal=True) for n in (*heads, "replicates", "failed")),
        )
        caption = f"{self.title}: {', '.join(heads)} by condition and method{at}."
        return table(name, caption, columns, rows, digits.note(rows))


def conditions(
    experiment: Experiment, factors: Sequence[str], lines: Sequence[Mapping]
) -> tuple[dict[str, Factor], str]:
    """The factors and keys that vary over some lines, and `, at …` with the levels of those that do not."""
    known = {f: experiment.factors[f] for f in factors} | dict(experiment.keys)
    varying = {f: factor for f, factor in known.items() if len({str(line[f]) for line in lines}) > 1}
    fixed = [f"{factor.label} = {level(factor, lines[0][f])}" for f, factor in known.items() if f not in varying]
    return varying, f", at {', '.join(fixed)}" if fixed else ""


def level(factor: Factor, value: object) -> str:
    """A level as tables show it; a large power of ten as such."""
    text = factor.describe(value)
    return f"10^{len(text) - 1}" if re.fullmatch(r"10{6,}", text) else text


def labelled(factor: Factor) -> str:
    """The label of a factor with its unit."""
    return f"{factor.label} ({factor.unit})" if factor.unit else factor.label


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


def span(counts: Sequence[int]) -> Content:
    """Equal counts as one number, others as the range."""
    low, high = int(min(counts)), int(max(counts))
    return Shown(str(low)) if low == high else f"{low}–{high}"


def write(study: Study, summaries: Mapping[str, pd.DataFrame], measured: pd.DataFrame, folder: Path) -> list[Path]:
    """Write the tables of a study: `<experiment>.csv`, `summary_<k>.tex`, `.md` and `claims.csv`, `.tex`, `.md`."""
    claims = ledger.table(measured, f"What the claims of the study “{study.title}” measure.", "claims")
    return write_all([*of_study(study, summaries), claims], {**summaries, "claims": measured}, folder)


def write_all(made: Iterable[Table], frames: Mapping[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Write each table as `<name>.tex` and `.md`, each frame as `<name>.csv`; returns the paths."""
    texts: dict[str, str] = {}
    for one in made:
        texts |= {f"{one.key}.tex": latex.table(one), f"{one.key}.md": markdown.table(one)}
    texts |= {f"{name}.csv": frame.to_csv(index=False, lineterminator="\n") for name, frame in frames.items()}
    return [write_text(Path(folder) / name, text) for name, text in texts.items()]
