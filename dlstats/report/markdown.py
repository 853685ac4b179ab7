"""Grids and blocks as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from dlstats.report import blocks, escape
from dlstats.report.digits import Shown
from dlstats.report.tables import Grid

TAGS = {"math": "code", "sup": "sup", "sub": "sub"}


def table(grid: Grid) -> str:
    """A pipe table with its caption above and its note below."""
    rows = [[escape.markdown(v.text if isinstance(v, Shown) else v) for v in row] for row in grid.rows]
    head, numbers = zip(
        *((escape.markdown(f.label), f.kind in ("number", "quantity")) for f in grid.fields), strict=True
    )
    return _pipes(escape.markdown(grid.caption), head, numbers, rows, escape.markdown(grid.note)) + "\n"


def _pipes(caption: str, head: Sequence[str], right: Sequence[bool], rows: Iterable[Sequence[str]], note: str) -> str:
    rule = ["---:" if number else ":---" for number in right]
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, rule, *rows)]
    return "\n\n".join(part for part in (caption, "\n".join(lines), note) if part)


def document(content: Iterable[blocks.Block]) -> str:
    """Blocks as Markdown; formulas stay in the notation of Typst."""
    return "\n\n".join(_BLOCKS[type(block)](block) for block in content) + "\n"


def text(spans: blocks.Text) -> str:
    """A text as Markdown."""
    return "".join(_span(span) for span in spans)


def _span(span: blocks.Span) -> str:
    if span.kind == "code" and "`" not in span.text:
        return f"`{span.text}`"
    if tag := TAGS.get(span.kind):
        return Markup("<{0}>{1}</{0}>").format(tag, span.text).replace("|", "&#124;")
    lead, trail = (" " if span.text[:1] == " " else ""), (" " if span.text[-1:] == " " and span.text.strip() else "")
    body = escape.markdown(span.text)
    return lead + (f"**{body}**" if span.kind == "strong" else body) + trail


def _table(block: blocks.Table) -> str:
    head, right = [text(column.label) for column in block.columns], [c.align == "right" for c in block.columns]
    rows = [[text(value) for value in row] for row in block.rows]
    return _pipes(text(block.caption), head, right, rows, text(block.note))


_BLOCKS = {
    blocks.Heading: lambda b: f"{'#' * b.level} {escape.markdown(b.text)}",
    blocks.Paragraph: lambda b: text(b.text),
    blocks.Bullets: lambda b: "\n".join(f"- {text(item)}" for item in b.items),
    blocks.Listing: lambda b: "\n".join(["```sh", *b.lines, "```"]),
    blocks.Table: _table,
}
