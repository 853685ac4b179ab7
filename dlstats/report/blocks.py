"""What a document is made of: plain blocks of text. The printers read nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dlstats.report.text import Content, Text, prose, spans


@dataclass(frozen=True)
class Block:
    """A part of a document, printed by the template of its kind."""

    @property
    def kind(self) -> str:
        """The name by which the templates know the block."""
        return type(self).__name__.lower()


@dataclass(frozen=True)
class Heading(Block):
    """A heading of level 1 (chapter) to 3; its `part` is front (no number), appendix (a letter) or empty."""

    text: str
    level: int = 1
    key: str = ""
    part: str = ""


@dataclass(frozen=True)
class Paragraph(Block):
    """A paragraph; `tone` is empty, `warning`, `small`, `abstract`, `lead` or `topic` (stay with what follows)."""

    text: Text
    tone: str = ""


@dataclass(frozen=True)
class Bullets(Block):
    """A list; `size` tiny is for indexes, `columns` are those on paper. An item that begins with a sign has no bullet."""

    items: tuple[Text, ...]
    size: str = ""
    columns: int = 1


@dataclass(frozen=True)
class Answer(Block):
    """A question or headline, what answers it in sentences, and a small line of evidence: claims, sections, figures."""

    question: Text
    text: Text
    evidence: Text = ()
    key: str = ""


@dataclass(frozen=True)
class Columns(Block):
    """Blocks in columns of paper: flowing from one to the next, or with `side` one beside the other."""

    blocks: tuple[Block, ...]
    count: int = 2
    side: bool = False


@dataclass(frozen=True)
class Contents(Block):
    """Chapters and sections with their pages."""


@dataclass(frozen=True)
class Listing(Block):
    """Commands, line by line."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table: `align` is left or right; numbers of one measure are `decimal` and stand point below point.

    On paper it is `width` cm wide; with width 0 it takes what it needs, or its proportion `weight` of what is left.
    """

    label: Text
    align: str = "left"
    weight: float = 0.0
    width: float = 0.0
    decimal: bool = False


def right(label: Content, decimal: bool = False) -> Column:
    """A column of numbers."""
    return Column(prose(label), "right", decimal=decimal)


def wide(label: Content, weight: float = 1.0) -> Column:
    """A column of text whose lines break."""
    return Column(prose(label), weight=weight)


@dataclass(frozen=True)
class Table(Block):
    """A table with a caption that reads alone; `size` small is for wide ones."""

    key: str
    caption: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Text, ...], ...]
    note: Text = ()
    size: str = ""


def table(
    key: str,
    caption: Content,
    columns: Sequence[Column | str],
    rows: Iterable[Sequence[Content]],
    note: Content = (),
    size: str = "small",
) -> Table:
    """A table from strings, numbers and spans; a column that is only named is left-aligned and as wide as it needs."""
    heads = tuple(column if isinstance(column, Column) else Column(prose(column)) for column in columns)
    return Table(key, prose(caption), heads, tuple(tuple(map(prose, row)) for row in rows), prose(note), size)


@dataclass(frozen=True)
class Picture(Block):
    """A figure: the path of its SVG, a caption that reads alone and a line on where it comes from.

    Without a key it is a small copy, which has no number.
    """

    key: str
    path: str
    caption: Text
    alt: str
    width: float
    """Width on paper in inches."""
    origin: str = ""


@dataclass(frozen=True)
class Bibliography(Block):
    """The sources that the document cites, printed from the bibliography file."""


@dataclass(frozen=True)
class Document:
    """A title and blocks."""

    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    timestamp: int = 0
    """Seconds since 1970 that the files carry; part of the input, so that equal inputs give equal bytes."""
    language: str = "en"


def targets(blocks: Iterable[Block]) -> set[str]:
    """The keys that links may point to."""
    keys: set[str] = set()
    for block in blocks:
        keys |= {block.key} if isinstance(block, Heading | Table | Picture | Answer) else set()
        keys |= {span.target for span in spans(block) if span.kind == "anchor"}
        keys |= targets(block.blocks) if isinstance(block, Columns) else set()
    return keys - {""}
