"""What a document is made of: plain blocks, and text as spans. The printers read nothing else.

A text is a tuple of spans, so that no string is ever markup: what a study writes is shown literally, except that
`prose` turns Unicode maths (`2^n`, `x_i`) into sub- and superscripts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from dlstats.report import escape
from dlstats.report.digits import Shown
from dlstats.report.interval import Interval


@dataclass(frozen=True)
class Span:
    """A piece of text: plain, strong, small, code, math, sup, sub, break (a new line), verdict, sign (of a verdict).

    `ref`, `cite` and `page` (the number of the page) point to `target`; `anchor` is a place that they may point to.
    """

    kind: str
    text: str
    target: str = ""


SIGNS = {
    "supported": "✓", "replicated": "✓", "breaks": "✓", "refuted": "✗", "not replicated": "✗", "does not break": "✗",
    "conflict": "‼", "not reached": "…", "recipe-bound": "≈", "undecided": "?", "not run": "–",
    "holds": "✓", "fails": "✗",
}  # fmt: skip
"""The sign of a verdict, or of what became of a check, from which its colour follows."""
Text = tuple[Span, ...]
Content = str | int | Shown | Span | Text
"""What a text is made from."""


def prose(*parts: Content) -> Text:
    """A text from strings, whose maths is set and whose words between backticks are code, numbers and spans."""
    spans: list[Span] = []
    for part in parts:
        if isinstance(part, Span):
            spans.append(part)
        elif isinstance(part, Shown | int):
            spans.append(Span("plain", part.text if isinstance(part, Shown) else str(part)))
        elif isinstance(part, str):
            for i, piece in enumerate(part.split("`")):
                spans += [Span("code", piece)] if i % 2 else [Span(*script) for script in escape.scripts(piece)]
        else:
            spans += part
    return tuple(spans)


def joined(parts: Iterable[Content], separator: str = ", ") -> Text:
    """One text from several, with a separator between them."""
    return prose(*[piece for part in parts for piece in (separator, part)][1:])


def code(text: object) -> Span:
    """A word of the command line, the configuration or a file name."""
    return Span("code", str(text))


def strong(text: str) -> Span:
    """A word that stands out."""
    return Span("strong", text)


def ref(target: str, text: str = "") -> Span:
    """A link to the block whose key is `target`; without text it shows that block's number."""
    return Span("ref", text, target)


def anchor(target: str, text: str) -> Span:
    """A word that stands out and that links may point to."""
    return Span("anchor", text, target)


def page(target: str) -> Span:
    """The page on which a block stands; a link to it where there are no pages."""
    return Span("page", "", target)


def small(*parts: Content) -> Text:
    """A text whose plain words are small."""
    return tuple(replace(span, kind="small") if span.kind == "plain" else span for span in prose(*parts))


BREAK = Span("break", "")
"""A new line within a cell."""


def verdict(name: str) -> Span:
    """The name of a verdict, printed with its sign."""
    return Span("verdict", name)


def characters(text: Text) -> str:
    """The characters of a text."""
    return "".join(span.text for span in text)


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
    """A paragraph; `tone` is empty, `warning`, `small`, `abstract`, or `lead` (stays with what follows)."""

    text: Text
    tone: str = ""


@dataclass(frozen=True)
class Bullets(Block):
    """A list."""

    items: tuple[Text, ...]


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
    """A column of a table: `align` is left or right.

    On paper it is `width` cm wide; with width 0 it takes what it needs, or its proportion `weight` of what is left.
    """

    label: Text
    align: str = "left"
    weight: float = 0.0
    width: float = 0.0


def right(label: Content) -> Column:
    """A column of numbers."""
    return Column(prose(label), "right")


def wide(label: Content, weight: float = 1.0) -> Column:
    """A column of text whose lines break."""
    return Column(prose(label), weight=weight)


@dataclass(frozen=True)
class Table(Block):
    """A table with a caption that reads alone; `size` small is for wide ones, `limit` is the rows that paper shows."""

    key: str
    caption: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Text, ...], ...]
    note: Text = ()
    size: str = ""
    limit: int = 0


def table(
    key: str,
    caption: Content,
    columns: Sequence[Column | str],
    rows: Iterable[Sequence[Content]],
    note: Content = (),
    size: str = "small",
    limit: int = 0,
) -> Table:
    """A table from strings, numbers and spans; a column that is only named is left-aligned and as wide as it needs."""
    heads = tuple(column if isinstance(column, Column) else Column(prose(column)) for column in columns)
    return Table(key, prose(caption), heads, tuple(tuple(map(prose, row)) for row in rows), prose(note), size, limit)


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
class Row:
    """A claim or a check with its numbers as every document shows them."""

    claim: str
    statement: str
    theory: Shown
    expected: Shown
    """The number of theory with its sign: `≤ 0.5`."""
    estimate: Shown
    margin: Shown
    replicates: Shown
    failed: Shown
    verdict: str
    p_against: Shown
    """After Holm's adjustment."""
    p_for: Shown

    @property
    def link(self) -> Span:
        """The name of the claim, which leads to its place in the ledger."""
        return ref(f"claim-{self.claim}", self.claim)


@dataclass(frozen=True)
class Entry:
    """One claim of the ledger with its evidence."""

    row: Row
    family: str
    study: str
    origin: str
    lecture: str
    """The lectures that the claim bears on, as the ledger has them."""
    lectures: tuple[str, ...]
    """The lecture that states the claim, and those that it bears on."""
    statement: Text
    source: Text
    interval: Interval | None = None
    """Where the number stands beside what is required."""
    evidence: tuple[tuple[str, Text], ...] = ()
    """Further facts for the reader who opens the claim."""
    order: Mapping[str, float | str] = field(default_factory=dict)
    """What the columns of numbers are sorted by."""


@dataclass(frozen=True)
class Ledger(Block):
    """Claims with their verdicts, grouped by family on paper, sortable and filterable on screen."""

    key: str
    caption: Text
    entries: tuple[Entry, ...]
    families: tuple[tuple[str, str], ...] = ()
    """Families in order, with their titles."""


@dataclass(frozen=True)
class Bibliography(Block):
    """The sources that the document cites, printed from the bibliography file."""


@dataclass(frozen=True)
class Document:
    """A title page and blocks."""

    title: str
    subtitle: str
    facts: tuple[tuple[str, Text], ...]
    """What was run, for the title page."""
    blocks: tuple[Block, ...]
    timestamp: int = 0
    """Seconds since 1970 that the files carry; part of the input, so that equal inputs give equal bytes."""
    language: str = "en"


def spans(part: Any) -> Iterator[Span]:
    """All spans of a document or of a part of it, in order."""
    if isinstance(part, Span):
        yield part
    elif isinstance(part, tuple | list):
        for inner in part:
            yield from spans(inner)
    elif is_dataclass(part):
        for inside in fields(part):
            yield from spans(getattr(part, inside.name))


def targets(blocks: Iterable[Block]) -> set[str]:
    """The keys that links may point to."""
    keys: set[str] = set()
    for block in blocks:
        keys |= {block.key} if isinstance(block, Heading | Table | Picture | Ledger | Answer) else set()
        keys |= {f"claim-{entry.row.claim}" for entry in block.entries} if isinstance(block, Ledger) else set()
        keys |= {span.target for span in spans(block) if span.kind == "anchor"}
        keys |= targets(block.blocks) if isinstance(block, Columns) else set()
    return keys - {""}
