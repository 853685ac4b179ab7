"""Tables: summaries and verdicts as grids of text and numbers, and their files for manuscripts.

A number is followed by its Monte Carlo standard error (mcse) in parentheses and has the digits that this supports;
a number without parentheses was computed without randomness.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dlstats.protocol.study import LOG_RATIO, Measure, Study
from dlstats.report import blocks
from dlstats.report.digits import Shown, show
from dlstats.report.files import write_text

Value = str | Shown
MEASURES_A_TABLE = 5
MCSE = "In parentheses the Monte Carlo standard error; numbers without it were computed without randomness."
UNKNOWN = "(?) marks a Monte Carlo standard error that the replicates cannot tell."
LEADING = ("study", "cell")
TRAILING = ("method", "measure", "statistic", "estimate", "mcse", "lower", "upper", "replicates", "failed")


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


def write(study: Study, summary: pd.DataFrame, verdicts: pd.DataFrame, folder: Path) -> list[Path]:
    """Write the tables of a study into `folder`: CSV with all digits, LaTeX (booktabs, siunitx) and Markdown.

    Returns the paths: `summary.csv`, `summary_<k>.tex`, `summary_<k>.md` and `verdicts.csv`, `.tex`, `.md`.
    """
    folder = Path(folder)
    return [
        *write_grids(summary_grids(study, summary), folder),
        *write_grids([verdict_grid(verdicts, f"Verdicts on the claims of the study “{study.title}”.")], folder),
        *(write_csv(frame, folder / f"{name}.csv") for name, frame in (("summary", summary), ("verdicts", verdicts))),
    ]


def write_grids(grids: Iterable[Grid], folder: Path) -> list[Path]:
    """Write each grid as `<name>.tex` and `<name>.md`."""
    from dlstats.report import latex, markdown

    written = []
    for grid in grids:
        for suffix, printer in ((".tex", latex.table), (".md", markdown.table)):
            written.append(write_text(folder / f"{grid.name}{suffix}", printer(grid)))
    return written


def write_csv(frame: pd.DataFrame, path: Path) -> Path:
    """Write a frame with the digits that read back to the same numbers."""
    return write_text(path, frame.to_csv(index=False, lineterminator="\n"))


def factor_names(summary: pd.DataFrame) -> list[str]:
    """The factors among the columns of a summary."""
    return [str(c) for c in summary if c not in LEADING + TRAILING]


def summary_grids(study: Study, summary: pd.DataFrame, fits: Callable[[Grid], bool] = lambda grid: True) -> list[Grid]:
    """The summary with a row per condition and method and a column per measure; then the contrasts of the study.

    Conditions with other factors stand in tables of their own, and measures are dealt out over several tables, at most
    `MEASURES_A_TABLE` to each and no more than fit. A contrast has the method in its row and what it is compared with
    at the head of its column.
    """
    if summary.empty:
        return []
    paired = summary["statistic"] == LOG_RATIO
    grids = _dealt(study, summary[~paired], fits, 1)
    for _, lines in summary[paired].groupby("measure", sort=False):
        names = {contrast.name: contrast for contrast in study.contrasts}
        known = lines[lines["method"].isin(names)]
        chosen = [names[pair] for pair in known["method"]]
        lines = known.assign(method=[c.method for c in chosen], statistic=[f"{LOG_RATIO} {c.label}" for c in chosen])
        grids += _dealt(study, lines, fits, len(grids) + 1)
    return grids


def _dealt(study: Study, summary: pd.DataFrame, fits: Callable[[Grid], bool], first: int) -> list[Grid]:
    factors = factor_names(summary)
    if summary.empty:
        return []
    present = summary[factors].notna().apply(lambda row: tuple(row[row].index), axis=1) if factors else None
    groups = summary.groupby(present, sort=False) if present is not None else [((), summary)]
    grids: list[Grid] = []
    for names, part in groups:
        keys = list(dict.fromkeys(zip(part["measure"], part["statistic"], strict=True)))
        while keys:
            for most in range(min(len(keys), MEASURES_A_TABLE), 0, -1):
                grid = _pivot(study, part, list(names), keys[:most], f"summary_{len(grids) + first}")
                if most == 1 or fits(grid):
                    break
            grids.append(grid)
            keys = keys[most:]
    return grids


def _pivot(study: Study, part: pd.DataFrame, factors: list[str], keys: list[tuple[str, str]], name: str) -> Grid:
    inside = pd.MultiIndex.from_frame(part[["measure", "statistic"]]).isin(keys)
    part = part[inside]
    constant = [f for f in factors if part[f].nunique() == 1]
    varying = [f for f in factors if f not in constant]
    rows = []
    for (_, method), lines in part.groupby(["cell", "method"], sort=False):
        found = {(line["measure"], line["statistic"]): line for line in lines.to_dict("records")}
        numbers = [show(found[k]["estimate"], found[k]["mcse"]) if k in found else "" for k in keys]
        counts = [span(lines["replicates"]), span(lines["failed"])]
        rows.append((*(level(lines[f].iloc[0]) for f in varying), str(method), *numbers, *counts))
    labels = [label_of(study, *key) for key in keys]
    fields = [Field(f, "name") for f in varying] + [Field("method", "name")]
    fields += [Field(label, "number") for label in labels] + [Field("replicates", "number"), Field("failed", "number")]
    held = ", ".join(f"{f} = {level(part[f].iloc[0])}" for f in constant)
    caption = f"{study.title}: {_what(study, keys, labels)}"
    caption += f", at {held}." if held else "."
    return Grid(name, caption, tuple(fields), tuple(rows), note(rows))


def _what(study: Study, keys: list[tuple[str, str]], labels: list[str]) -> str:
    column, statistic = keys[0]
    if not statistic.startswith(LOG_RATIO):
        return f"{', '.join(labels)} by condition and method"
    measure = find_measure(study, column, "median")
    return (
        f"log₁₀ of the ratio of two medians of {measure.label if measure else column} on the same data, the method of the row "
        "over that of the column; below 0 the method of the row has the smaller one"
    )


def note(rows: Sequence[Sequence[Value]]) -> str:
    """What the reader must know of the numbers in these rows, for a table that stands alone."""
    numbers = [value for row in rows for value in row if isinstance(value, Shown)]
    parts = [MCSE] if any(n.mcse for n in numbers) else []
    return " ".join([*parts, UNKNOWN] if any(n.mcse == "?" for n in numbers) else parts)


def label_of(study: Study, column: str, statistic: str) -> str:
    """How a measure is called in a table: its label and, where the name does not say it, the statistic."""
    if statistic.startswith(f"{LOG_RATIO} "):
        return statistic.removeprefix(f"{LOG_RATIO} ")
    measure = find_measure(study, column, statistic)
    label = measure.label if measure else column
    unit = f" [{measure.unit}]" if measure and measure.unit else ""
    word = statistic.replace("_", " ")
    silent = statistic in ("mean", "exact") or word in label.lower()
    return f"{label}{unit}" if silent else f"{label}, {word}{unit}"


def find_measure(study: Study, column: str, statistic: str) -> Measure | None:
    """The measure of a study that a line of its summary belongs to; the statistic may carry its options."""
    alike = [m for m in study.measures if m.column == column]
    exact = [m for m in alike if statistic == m.statistic or statistic.startswith(f"{m.statistic}(")]
    return (exact or alike or [None])[0]


def level(value: object) -> Value:
    """A level of a factor as it is written in the configuration: 4.0 read back from a table is 4."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def span(counts: Sequence[int] | pd.Series) -> Value:
    """Equal counts as one number, others as the range."""
    low, high = int(min(counts)), int(max(counts))
    return Shown(str(low)) if low == high else f"{low}–{high}"


def verdict_grid(verdicts: pd.DataFrame, caption: str, name: str = "verdicts") -> Grid:
    """Claims with theory, measurement, margin and verdict."""
    fields = (
        Field("claim", "name", 0.35),
        Field("statement", weight=1.0),
        Field("theory", "quantity"),
        Field("measured", "quantity"),
        Field("margin", "quantity"),
        Field("replicates", "number"),
        Field("failed", "number"),
        Field("verdict", "verdict"),
    )
    rows = []
    for line in verdicts.to_dict("records"):
        numbers = (show(line["theory"]), show(line["estimate"], line["mcse"]), show(line["margin"]))
        counts = (count(line["replicates"]), count(line["failed"]))
        rows.append((str(line["claim"]), str(line["statement"]), *numbers, *counts, str(line["verdict"])))
    return Grid(name, caption, fields, tuple(rows), note(rows))


def count(value: object) -> Value:
    """A count, or a dash for what was not counted."""
    number = float(value)  # type: ignore[arg-type]
    return Shown("–") if math.isnan(number) else Shown(str(round(number)))


def block(grid: Grid, key: str, size: str = "", limit: int = 0) -> blocks.Table:
    """A grid as a table of the document, which says once for all what the parentheses are."""
    align = {"number": "right", "quantity": "right", "verdict": "left", "text": "left", "name": "left"}
    columns = tuple(blocks.Column(blocks.prose(f.label), align[f.kind], f.weight) for f in grid.fields)
    rows = tuple(tuple(_text(v, f) for v, f in zip(row, grid.fields, strict=True)) for row in grid.rows)
    return blocks.Table(
        key, blocks.prose(grid.caption), columns, rows, blocks.prose(grid.note.removeprefix(MCSE).strip()), size, limit
    )


def _text(value: Value, field: Field) -> blocks.Text:
    if isinstance(value, Shown):
        return blocks.shown(value)
    if field.kind == "verdict":
        return blocks.verdict(value)
    return blocks.prose(value) if field.kind != "name" else (blocks.Span("plain", value),)
