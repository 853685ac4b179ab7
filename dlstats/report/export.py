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
from dlstats.report import bibliography, escape, figures, formulas, latex, ledger, protocol, tables
from dlstats.report.files import tracked, write_text
from dlstats.report.provenance import record
from dlstats.report.tables import Grid

FORMATS = ("latex",)
LINES = 48
"""Lines of a table; longer ones go on in a next one."""
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
    about: Mapping | None = None,
) -> list[Path]:
    """Write a folder for a manuscript and return its files.

    `journal` is the width of figures and tables: one column where they fit, or always two. There are `<figure>.pdf`,
    `.png`, `.tex`, `<table>.tex`, `methods.tex`, `references.bib` with what is cited, and `main.tex`, a document that
    takes all in.
    """
    if form not in FORMATS:
        raise ValueError(f"`format` must be one of {', '.join(FORMATS)}, got {form!r}.")
    folder = Path(folder)
    # what was designed for two columns cannot be read in one
    drawn = figures.draw(study, evidence, folder, face=face, width=journal if journal == "two-column" else None)
    for path in drawn:
        if path.suffix in (".svg", ".json"):
            path.unlink()
    shown = [f for f in study.figures if (folder / f"{f.name}.pdf").exists()]
    parts = {f.name: figure(study, f, journal == "two-column" or f.width == "two-column") for f in shown}
    fits = _fits if journal == "one-column" else lambda grid: _width(grid) <= latex.CHARACTERS
    grids = tables.summary_grids(study, evidence.summaries, fits)
    grids.append(ledger.grid(verdicts, f"{study.title}: verdicts."))
    parts |= {piece.name: table(study, piece, journal) for grid in grids for piece in _pieces(grid)}
    methods = methods_paragraph(config, study, record(study, evidence), about or {})
    written = [folder / f"{f.name}.{suffix}" for f in shown for suffix in ("pdf", "png")]
    written += [write_text(folder / f"{name}.tex", text) for name, text in parts.items()]
    written.append(write_text(folder / "methods.tex", methods))
    written.append(write_text(folder / "main.tex", document(study, ["methods", *parts], face)))
    written.append(write_text(folder / bibliography.FILE, _references(verdicts, reports)))
    return written


def figure(study: Study, drawn: Figure, wide: bool) -> str:
    """A figure environment with caption and label, the figure at its own size."""
    star = "*" if wide else ""
    return "\n".join(
        [
            rf"\begin{{figure{star}}}",
            rf"\centering\includegraphics{{{drawn.name}.pdf}}",
            rf"\caption{{{escape.latex(drawn.caption)}}}",
            rf"\label{{fig:{study.name}-{drawn.name}}}",
            rf"\end{{figure{star}}}",
        ]
    )


def _width(grid: Grid) -> int:
    """About how many characters wide a table is."""
    return sum(latex.width(grid, place) for place in range(len(grid.fields)))


def _fits(grid: Grid) -> bool:
    """Whether a table fits a column; where not even its widest measure alone does, whether it fits two."""
    measures = [latex.width(grid, i) for i, f in enumerate(grid.fields[:-2]) if f.kind == "number"]
    alone = _width(grid) - sum(measures) + max(measures, default=0)
    return _width(grid) <= (COLUMN if alone <= COLUMN else latex.CHARACTERS)


def _pieces(grid: Grid) -> Iterator[Grid]:
    """A long table as several."""
    starts, used = [0], 0
    for place, row in enumerate(grid.rows):
        lines = max([1, *(math.ceil(len(v) / 38) for v in row if isinstance(v, str))])
        if used + lines > LINES:
            starts.append(place)
            used = 0
        used += lines
    for number, start in enumerate(starts):
        rows = grid.rows[start : starts[number + 1] if number + 1 < len(starts) else None]
        caption = grid.caption if number == 0 else grid.caption.rstrip(".") + " (continued)."
        name = grid.name if number == 0 else f"{grid.name}_{number + 1}"
        yield replace(grid, name=name, caption=caption, rows=rows)


def table(study: Study, grid: Grid, journal: str) -> str:
    """A table environment; one that is too wide for a column takes two."""
    wide = any(f.weight for f in grid.fields) or _width(grid) > COLUMN or journal == "two-column"
    star = "*" if wide else ""
    note = [rf"\par\smallskip\footnotesize {escape.latex(grid.note)}"] if grid.note else []
    return "\n".join(
        [
            rf"\begin{{table{star}}}",
            rf"\centering\footnotesize\setlength{{\tabcolsep}}{{4pt}}\caption{{{escape.latex(grid.caption)}}}",
            rf"\label{{tab:{study.name}-{grid.name}}}",
            latex.table(grid, may_break=False).rstrip(),
            *note,
            rf"\end{{table{star}}}",
        ]
    )


def methods_paragraph(config: Mapping, study: Study, done: Mapping, about: Mapping) -> str:
    """What a methods section says of the study, in ADEMP's order, from its protocol and from what was run."""
    fixed = protocol.protocol(config, study)
    run = [cell["replicates"] for cell in done["cells"].values()]
    failed = sum(line["failed"] for line in done["failures"])
    measures = "; ".join(_measures([m for held in fixed.experiments for m in held["measures"]]))
    named = {label["label"]: label["description"] for held in fixed.experiments for label in held["methods"].values()}
    methods = "; ".join(rf"\emph{{{escape.latex(n)}}}, {escape.latex(text)}" for n, text in named.items())
    factors = "; ".join(_factors(held, entry) for held in fixed.experiments for entry in held["design"])
    replicates = f"{min(run)}" if min(run) == max(run) else f"{min(run)} to {max(run)}"
    sentences = [
        rf"\paragraph{{Aims.}} {escape.latex(study.aims)}",
        rf"\paragraph{{Data-generating mechanisms.}} {escape.latex(study.mechanisms)} Conditions: {factors}.",
        rf"\paragraph{{Estimands.}} {escape.latex(study.estimands)}",
        rf"\paragraph{{Methods.}} {methods}.",
        rf"\paragraph{{Performance measures.}} {measures}. Every estimate is given with its Monte Carlo standard error.",
        rf"\paragraph{{Runs.}} {len(run)} conditions with {replicates} replicates each; {failed} of {done['rows']} rows"
        " (a row is one replicate of one method) failed and were kept as failures."
        rf" Root seed {fixed.seed}; protocol \texttt{{{fixed.hash}}}.{_versions(about)}",
    ]
    return "\n\n".join(sentences)


def _measures(measures: Sequence[Mapping]) -> Iterator[str]:
    """Of every statistic its formula and the measures that it is taken of."""
    for statistic in dict.fromkeys(str(measure["statistic"]) for measure in measures):
        formula = formulas.find(statistic)
        labels = ", ".join(escape.latex(str(m["label"])) for m in measures if m["statistic"] == statistic)
        yield f"{escape.latex(formula.words)} (${formula.latex}$) of {labels}"


def _factors(held: Mapping, entry: Mapping) -> str:
    levels = ((held["factors"].get(name, name), values) for name, values in entry["levels"].items())
    return ", ".join(f"{escape.latex(label)} {escape.latex(', '.join(map(str, values)))}" for label, values in levels)


def _versions(about: Mapping) -> str:
    if not about:
        return ""
    packages = ", ".join(f"{name} {version}" for name, version in about["packages"].items())
    words = f"dlstats {about['version']}, Python {about['python']}, {packages}"
    return f" Software: {escape.latex(words)}."


def document(study: Study, parts: list[str], face: str = "serif") -> str:
    """A LaTeX document that takes in all parts, to see them beside text; its columns are as wide as the figures."""
    font = [] if face == "serif" else [r"\renewcommand{\familydefault}{\sfdefault}"]
    widths = f"textwidth={style.WIDTHS['two-column']}in,columnsep=0.2in,textheight=9.2in"
    return "\n".join(
        [
            r"\documentclass[twocolumn,9pt]{extarticle}",
            rf"\usepackage[T1]{{fontenc}}\usepackage[{widths}]{{geometry}}",
            rf"\usepackage{{graphicx,{','.join(latex.PACKAGES)}}}",
            r"\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}",
            *font,
            rf"\title{{{escape.latex(study.title)}}}\author{{}}\date{{}}",
            r"\begin{document}\maketitle",
            *(rf"\input{{{name}}}" + (r"\clearpage" if i % FLOATS == 0 else "") for i, name in enumerate(parts, 1)),
            r"\end{document}",
        ]
    )


def _references(verdicts: pd.DataFrame, reports: Path) -> str:
    """The entries of the bibliography that the claims cite, as they stand in the file."""
    path = tracked(reports, bibliography.FILE)
    wanted = set(verdicts["cite"].fillna("").astype(str))
    entries = path.read_text(encoding="utf-8").split("\n\n")
    return "\n\n".join(e.strip() for e in entries if e.partition("{")[2].partition(",")[0] in wanted)
