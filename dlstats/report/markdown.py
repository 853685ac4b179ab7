"""Grids and blocks as Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from dlstats.report import blocks, escape
from dlstats.report.digits import Shown
from dlstats.report.tables import Grid


def table(grid: Grid) -> str:
    """A pipe table with its caption above and its note below."""
    head = [escape.markdown(field.label) for field in grid.fields]
    rule = ["---:" if field.kind in ("number", "quantity") else ":---" for field in grid.fields]
    rows = [[escape.markdown(v.text if isinstance(v, Shown) else v) for v in row] for row in grid.rows]
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, rule, *rows)]
    parts = [escape.markdown(grid.caption), "\n".join(lines), escape.markdown(grid.note)]
    return "\n\n".join(part for part in parts if part) + "\n"


def document(found: Iterable[blocks.Block]) -> str:
    """Blocks as Markdown; formulas stay in the notation of Typst."""
    return "\n\n".join(_BLOCKS[type(block)](block) for block in found) + "\n"


def text(spans: blocks.Text) -> str:
    """A text as Markdown."""
    return "".join(_span(span) for span in spans)


def _span(span: blocks.Span) -> str:
    if span.kind == "code":
        return f"`{span.text}`" if "`" not in span.text else escape.markdown(span.text)
    if span.kind in ("math", "sup", "sub"):
        body = escape.web(span.text).replace("|", "&#124;")
        return {"math": f"<code>{body}</code>", "sup": f"<sup>{body}</sup>", "sub": f"<sub>{body}</sub>"}[span.kind]
    lead, trail = (" " if span.text[:1] == " " else ""), (" " if span.text[-1:] == " " and span.text.strip() else "")
    body = escape.markdown(span.text)
    return lead + (f"**{body}**" if span.kind == "strong" else body) + trail


def _table(block: blocks.Table) -> str:
    head = [text(column.label) for column in block.columns]
    rule = ["---:" if column.align == "right" else ":---" for column in block.columns]
    rows = [[text(value) for value in row] for row in block.rows]
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, rule, *rows)]
    return "\n\n".join(part for part in (text(block.caption), "\n".join(lines), text(block.note)) if part)


_BLOCKS = {
    blocks.Heading: lambda b: f"{'#' * b.level} {escape.markdown(b.text)}",
    blocks.Paragraph: lambda b: text(b.text),
    blocks.Bullets: lambda b: "\n".join(f"- {text(item)}" for item in b.items),
    blocks.Terms: lambda b: "\n\n".join(f"**{escape.markdown(word)}.** {text(about)}" for word, about in b.items),
    blocks.Listing: lambda b: "\n".join(["```sh", *b.lines, "```"]),
    blocks.Table: _table,
}
