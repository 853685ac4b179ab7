"""Blocks as Markdown, with the maths, citations and widths of columns that Pandoc reads; and Pandoc."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment, PackageLoader, StrictUndefined

from dlstats.report import blocks, escape, formulas
from dlstats.report.text import Text, merged

WIDTH = 100
"""Dashes below the heads of a table with broken lines, in the proportions of its columns."""
LONGEST = 18
"""Characters beyond which a column that takes what it needs gets no more."""


def render(template: str, **values: object) -> str:
    """A template of Markdown filled with what is Markdown already."""
    return _environment().get_template(f"{template}.md.j2").render(**values)


@cache
def _environment() -> Environment:
    loader = PackageLoader("dlstats.report")
    made = Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # no HTML
    made.filters["literal"] = escape.markdown
    return made


def convert(source: str, folder: Path, target: Path) -> Path:
    """What Pandoc makes of Markdown, in the format of the suffix of `target`; `folder` holds what it takes in.

    Raises ValueError when there is no Pandoc, or when it cannot read the text.
    """
    try:
        import pypandoc
    except ImportError:
        raise ValueError(f"{target.name} needs Pandoc: `pip install 'dlstats[export]'`.") from None
    form = {".typ": "typst"}.get(target.suffix, target.suffix[1:])
    words = ["--standalone", f"--resource-path={folder}", *(["--citeproc"] if form == "docx" else [])]
    words += [f"--bibliography={folder / 'references.bib'}"] if form == "docx" else []
    try:
        pypandoc.convert_text(source, form, format="markdown", outputfile=str(target), extra_args=words)
    except RuntimeError as error:
        raise ValueError(f"Pandoc cannot write {target}: {error}") from None
    return target


def document(content: Iterable[blocks.Block], printers: Mapping[type, Callable] = MappingProxyType({})) -> str:
    """Blocks as Markdown; `printers` stand for those of their kinds of block."""
    return "\n\n".join({**_BLOCKS, **printers}[type(block)](block) for block in content) + "\n"


def text(spans: Text) -> str:
    """A text as Markdown."""
    out = ""
    for span in merged(spans):
        if span.kind == "cite":
            more = out.endswith("]") and "[@" in out
            out = f"{out[:-1]}; @{span.target}]" if more else f"{out.rstrip()} [@{span.target}]"
        elif span.kind == "code" and not set("`|") & set(span.text):
            out += f"`{span.text}`"
        elif span.kind == "math":
            out += f"${formulas.latex(span.text)}$"
        else:
            mark = "**" if span.kind in ("strong", "best") else ""
            lead, trail = span.text[: len(span.text) - len(span.text.lstrip())], span.text[len(span.text.rstrip()) :]
            out += lead + mark + _literal(span.text.strip()) + mark + (trail if span.text.strip() else "")
    return out


def _literal(words: str) -> str:
    pieces = escape.formulas(words)
    return "".join(
        "${}$".format(part.replace("|", r"\vert ")) if kind == "math" else _spaced(part) for kind, part in pieces
    )


def _spaced(part: str) -> str:
    """Text that keeps one blank at either end where it has any."""
    return " " * part[:1].isspace() + escape.markdown(part) + " " * (part[-1:].isspace() and bool(part.strip()))


def table(block: blocks.Table) -> str:
    """A pipe table with its caption above and its note below."""
    return "\n\n".join(part for part in (text(block.caption), _pipes(block), text(block.note)) if part)


def _captioned(block: blocks.Table) -> str:
    """A table whose caption, its note within, stands where Pandoc reads it."""
    return f"{_pipes(block)}\n\n: {text(block.caption)} {text(block.note)} {{#{block.key}}}"


def _pipes(block: blocks.Table) -> str:
    heads = [text(column.label) for column in block.columns]
    rows = [[text(value) for value in row] for row in block.rows]
    wide = sum(column.weight for column in block.columns)
    needed = [min(LONGEST, 2 + max(map(len, column))) for column in zip(heads, *rows, strict=True)]
    free = WIDTH - sum(n for n, column in zip(needed, block.columns, strict=True) if not column.weight)
    shares = [round(free * c.weight / wide) if c.weight else n for n, c in zip(needed, block.columns, strict=True)]
    dashes = [max(3, n) if wide else 3 for n in shares]
    rule = [
        "-" * (n - 1) + ":" if c.align == "right" else ":" + "-" * (n - 1)
        for n, c in zip(dashes, block.columns, strict=True)
    ]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, rule, *rows))


def _picture(block: blocks.Picture) -> str:
    return f"![{text(block.caption)}]({block.path}){{#{block.key} width={block.width:g}in}}"


_BLOCKS = {
    blocks.Heading: lambda b: f"{'#' * b.level} {_literal(b.text)}",
    blocks.Paragraph: lambda b: text(b.text),
    blocks.Bullets: lambda b: "\n".join(f"- {text(item)}" for item in b.items),
    blocks.Listing: lambda b: "\n".join(["```sh", *b.lines, "```"]),
    blocks.Table: table,
    blocks.Picture: _picture,
}
PANDOC = MappingProxyType({blocks.Table: _captioned})
"""The printers of what only Pandoc reads."""
