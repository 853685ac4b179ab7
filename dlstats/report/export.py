"""A study for a manuscript, as LaTeX, Typst, Markdown or a Word document: text, figures, key table, claims, references."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from dlstats.plotting import style
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure, Study
from dlstats.report import bibliography, families, figures, latex, manuscript, markdown, sentences
from dlstats.report import ledger as rows
from dlstats.report.blocks import Block, Paragraph, Picture, Table
from dlstats.report.files import tracked, write_text
from dlstats.report.manuscript import Manuscript
from dlstats.report.provenance import record
from dlstats.report.text import Span, prose

FORMATS = ("latex", "typst", "markdown", "docx")
DRAWN = {"latex": ("pdf",), "typst": ("svg",), "markdown": ("png",), "docx": ("png",)}
"""The formats of the figures that each takes in."""
JOURNALS = ("one-column", "two-column")
COLUMN = 62
"""About how many characters of the size of footnotes stand in one of two columns."""
PAGE = 6.3
"""Width in inches of a page of one column."""


def write(
    config: Mapping,
    study: Study,
    evidence: Evidence,
    ledger: pd.DataFrame,
    checks: pd.DataFrame,
    reports: Path,
    folder: Path,
    *,
    journal: str = "two-column",
    form: str = "latex",
    face: str = "serif",
    environment: Mapping | None = None,
) -> list[Path]:
    """Write a folder for a manuscript in a class of one or of two columns, and return its files.

    There are the document (`main.tex` with its parts, `main.typ`, `main.md` or `main.docx`), the figures, `references.bib`
    with what is cited, and as CSV every summary and the claims. Raises ValueError for another format or journal, and where
    the bibliography lacks what a claim cites.
    """
    for name, value, known in (("format", form, FORMATS), ("journal", journal, JOURNALS)):
        if value not in known:
            raise ValueError(f"`{name}` must be one of {', '.join(known)}, got {value!r}.")
    folder, verdicts = Path(folder), ledger[ledger["study"] == study.name]
    statements = rows.statements(rows.explained(verdicts, {study.name: study}), checks)
    sources = bibliography.collect(reports)
    manuscript.check_sources(statements, sources, tracked(reports, bibliography.FILE))
    made = manuscript.write(
        config, study, evidence, statements, judged=len(ledger), run=record(study, evidence), environment=environment or {},
        sources=sources, propositions=sentences.load(tracked(reports, sentences.FILE)),
        questions=families.load(tracked(reports, families.FILE)).get(study.family, ()),
    )  # fmt: skip
    drawn = figures.draw(study, evidence, folder, face=face, formats=DRAWN[form])
    for file in (file for file in drawn if file.suffix == ".json"):
        file.unlink()
    shown = [figure for figure in study.figures if (folder / f"{figure.name}.{DRAWN[form][0]}").exists()]
    texts = {f"{name}.csv": t.to_csv(index=False) for name, t in {**evidence.summaries, "claims": statements}.items()}
    texts[bibliography.FILE] = bibliography.text(reports, made.cited)
    texts |= _latex(study, made, shown, journal) if form == "latex" else {}
    written = [write_text(folder / name, text) for name, text in texts.items()]
    if form != "latex":
        written.append(_converted(made, shown, folder, form, journal))
    return [*written, *(f for f in drawn if f.exists())]


def _latex(study: Study, made: Manuscript, shown: Sequence[Figure], journal: str) -> dict[str, str]:
    """The files of a LaTeX document."""
    two, star = journal == "two-column", "*" if journal == "two-column" else ""
    texts = {name: latex.document(part) for name, part in made.sections.items()}
    for figure in shown:
        wide = star if figure.width == "two-column" else ""
        texts[figure.name] = latex.render("figure", figure=figure, star=wide, width=style.WIDTHS[figure.width])
    if made.key:
        star = "" if latex.width(made.key) <= COLUMN else star
        texts["key"] = latex.render("table", held=made.key, star=star, tabular=latex.table(made.key, may_break=False))
    texts["claims"] = latex.table(made.claims, captioned=True)
    floats = [*(["key"] if made.key else []), *(figure.name for figure in shown)]
    values = {"sections": list(made.sections), "floats": floats, "two": two, "packages": latex.PACKAGES}
    texts["main"] = latex.render("main", title=made.title, cited=bool(made.cited), **values)
    return {f"{name}.tex": text for name, text in texts.items()}


def _converted(made: Manuscript, shown: Sequence[Figure], folder: Path, form: str, journal: str) -> Path:
    """The document in Markdown, or what Pandoc makes of it."""
    two = journal == "two-column" and form == "typst"
    floats: list[Block] = [
        *([made.key] if made.key else []),
        *(_picture(figure, DRAWN[form][0], two) for figure in shown),
    ]
    parts: dict[str, list[Block]] = {name: list(part) for name, part in made.sections.items()}
    parts |= {"results": [*parts["results"], *floats], "claims": [made.claims]}
    counts = {Table: itertools.count(1), Picture: itertools.count(1)}
    numbers = {"tab:key": "1", "tab:claims": "2" if made.key else "1"}
    printed = {n: [_numbered(block, numbers, counts, form) for block in part] for n, part in parts.items()}
    texts = {name: markdown.document(part, markdown.PANDOC) for name, part in printed.items()}
    wide = [f"fig-{figure.name}" for figure in shown if figure.width == "two-column"]
    values = {"title": made.title, "cited": bool(made.cited), "two": two, "wide": wide, "form": form}
    text = markdown.render("main", claims=texts.pop("claims"), text="\n".join(texts.values()), **values)
    if form == "markdown":
        return write_text(folder / "main.md", text)
    return markdown.convert(text, folder, folder / f"main.{'typ' if form == 'typst' else form}")


def _numbered(block: Block, numbers: Mapping[str, str], counts: Mapping[type, Iterator[int]], form: str) -> Block:
    """A block whose references are numbers, and which is numbered itself where the format does not do it."""
    if isinstance(block, Paragraph):
        return replace(
            block, text=tuple(Span("plain", numbers[s.target]) if s.kind == "ref" else s for s in block.text)
        )
    if isinstance(block, Table | Picture) and form != "typst":
        number = f"{'Table' if isinstance(block, Table) else 'Figure'} {next(counts[type(block)])}. "
        return replace(block, caption=prose(number, block.caption))
    return block


def _picture(figure: Figure, suffix: str, two: bool) -> Picture:
    width = style.WIDTHS[figure.width]
    shown = min(width, PAGE) if not two or figure.width == "two-column" else width
    return Picture(f"fig-{figure.name}", f"{figure.name}.{suffix}", prose(figure.caption), figure.caption, shown)
