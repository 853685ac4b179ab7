"""A study for a manuscript: figures, tables, captions and a methods paragraph that LaTeX takes in as they are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from dlstats.plotting import style
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure, Study
from dlstats.report import bibliography, figures, formulas, latex, ledger, protocol, tables
from dlstats.report.files import tracked, write_text
from dlstats.report.provenance import record
from dlstats.report.tables import Grid

FORMATS = ("latex",)
LINES = 48
"""Lines of a table; longer ones go on in a next one."""
CELL = 38
"""About how many characters of a text stand in a line of a cell."""
COLUMN = 62
"""About how many characters of the size of footnotes stand in one of two columns."""
FLOATS = 8
"""Figures and tables after which the document clears its page: LaTeX holds 18 at once."""


def write(
    config: Mapping,
    study: Study,
    evidence: Evidence,
    verdicts: pd.DataFrame,
    reports: Path,
    folder: Path,
    *,
    journal: str = "two-column",
    form: str = "latex",
    face: str = "serif",
    environment: Mapping | None = None,
) -> list[Path]:
    """Write a folder for a manuscript and return its files.

    `journal` is the width of figures and tables: one column where they fit, or always two. There are `<figure>.pdf`,
    `.png`, `.tex`, `<table>.tex`, `methods.tex`, `references.bib` with what is cited, and `main.tex`, a document that
    takes all in.
    """
    if form not in FORMATS:
        raise ValueError(f"`format` must be one of {', '.join(FORMATS)}, got {form!r}.")
    folder, two = Path(folder), journal == "two-column"
    # what was designed for two columns cannot be read in one
    for path in figures.draw(study, evidence, folder, face=face, width=journal if two else None):
        if path.suffix in (".svg", ".json"):
            path.unlink()
    drawn = [f for f in study.figures if (folder / f"{f.name}.pdf").exists()]
    grids = tables.summary_grids(
        study, evidence.summaries, (lambda grid: _width(grid) <= latex.CHARACTERS) if two else _fits
    )
    grids.append(ledger.grid(verdicts, f"{study.title}: verdicts."))
    parts = _parts(study, drawn, grids, two)
    texts = {f"{name}.tex": text for name, text in parts.items()} | {
        "methods.tex": methods_paragraph(config, study, record(study, evidence), environment or {}),
        "main.tex": document(study, ["methods", *parts], face),
        bibliography.FILE: _references(verdicts, reports),
    }
    written = [folder / f"{f.name}.{suffix}" for f in drawn for suffix in ("pdf", "png")]
    return written + [write_text(folder / name, text) for name, text in texts.items()]


def _parts(study: Study, drawn: Sequence[Figure], grids: Sequence[Grid], two: bool) -> dict[str, str]:
    """The figures and tables by name, as LaTeX."""
    parts = {}
    for figure in drawn:
        star = "*" if two or figure.width == "two-column" else ""
        parts[figure.name] = latex.render("figure", study=study, figure=figure, star=star)
    return parts | {piece.name: table(study, piece, two) for grid in grids for piece in _pieces(grid)}


def _width(grid: Grid) -> int:
    """About how many characters wide a table is."""
    return sum(latex.width(grid, column) for column in range(len(grid.fields)))


def _fits(grid: Grid) -> bool:
    """Whether a table fits a column; where not even its widest measure alone does, whether it fits two."""
    measures = [latex.width(grid, i) for i, f in enumerate(grid.fields[:-2]) if f.kind == "number"]
    alone = _width(grid) - sum(measures) + max(measures, default=0)
    return _width(grid) <= (COLUMN if alone <= COLUMN else latex.CHARACTERS)


def _pieces(grid: Grid) -> Iterator[Grid]:
    """A long table as several."""
    starts, used = [0], 0
    for index, row in enumerate(grid.rows):
        lines = max([1, *(math.ceil(len(v) / CELL) for v in row if isinstance(v, str))])
        if used + lines > LINES:
            starts.append(index)
            used = 0
        used += lines
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], None], strict=True), start=1):
        piece = replace(grid, rows=grid.rows[start:end])
        caption = grid.caption.rstrip(".") + " (continued)."
        yield piece if number == 1 else replace(piece, name=f"{grid.name}_{number}", caption=caption)


def table(study: Study, grid: Grid, two: bool) -> str:
    """A table environment; one that is too wide for a column takes two."""
    wide = two or any(f.weight for f in grid.fields) or _width(grid) > COLUMN
    tabular = latex.table(grid, may_break=False).rstrip()
    return latex.render("table", study=study, grid=grid, star="*" if wide else "", tabular=tabular)


def methods_paragraph(config: Mapping, study: Study, run: Mapping, environment: Mapping) -> str:
    """What a methods section says of the study, in ADEMP's order, from its protocol and from what was run."""
    fixed = protocol.protocol(config, study)
    counts = [cell["replicates"] for cell in run["cells"].values()]
    return latex.render(
        "methods",
        study=study,
        protocol=fixed,
        conditions=[
            [(experiment["factors"].get(name, name), levels) for name, levels in entry["levels"].items()]
            for experiment in fixed.experiments
            for entry in experiment["design"]
        ],
        methods={
            m["label"]: m["description"] for experiment in fixed.experiments for m in experiment["methods"].values()
        },
        measures=_measures([measure for experiment in fixed.experiments for measure in experiment["measures"]]),
        conditions_run=len(counts),
        replicates=f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}",
        failed=sum(line["failed"] for line in run["failures"]),
        rows=run["rows"],
        environment=environment,
    )


def _measures(measures: Sequence[Mapping]) -> list[tuple[formulas.Formula, list[str]]]:
    """Of every statistic its formula and the measures that it is taken of."""
    labels: dict[str, list[str]] = {}
    for measure in measures:
        labels.setdefault(str(measure["statistic"]), []).append(str(measure["label"]))
    return [(formulas.find(statistic), columns) for statistic, columns in labels.items()]


def document(study: Study, parts: list[str], face: str = "serif") -> str:
    """A LaTeX document that takes in all parts, to see them beside text; its columns are as wide as the figures."""
    width = style.WIDTHS["two-column"]
    values = {"packages": latex.PACKAGES, "width": width, "face": face, "floats": FLOATS}
    return latex.render("main", study=study, parts=parts, **values)


def _references(verdicts: pd.DataFrame, reports: Path) -> str:
    """The entries of the bibliography that the claims cite, as they stand in the file."""
    wanted = set(verdicts["cite"].fillna("").astype(str)) - {""}
    missing = sorted(wanted - bibliography.entries(reports).keys())
    if missing:
        path = tracked(reports, bibliography.FILE)
        raise ValueError(f"{path}: must hold every source that the claims cite, it lacks {', '.join(missing)}")
    return bibliography.text(reports, wanted)
