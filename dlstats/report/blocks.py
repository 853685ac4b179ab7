"""What a document is made of: plain blocks, and text as spans. Both printers, Typst and HTML, read nothing else.

A text is a tuple of spans, so that no string is ever markup: what a study writes is shown literally, except that
`prose` turns Unicode maths (`2^n`, `x_i`) into sub- and superscripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any

from dlstats.report import escape
from dlstats.report.digits import Shown, show


@dataclass(frozen=True)
class Span:
    """A piece of text: plain, strong, emph, code, sup, sub, verdict; `ref` and `cite` point to `target`."""

    kind: str
    text: str
    target: str = ""


Text = tuple[Span, ...]


def prose(*parts: str | Span | Text) -> Text:
    """A text from strings, whose maths is set and whose words between backticks are code, and spans."""
    spans: list[Span] = []
    for part in parts:
        if isinstance(part, Span):
            spans.append(part)
        elif isinstance(part, str):
            for place, piece in enumerate(part.split("`")):
                spans += [Span("code", piece)] if place % 2 else [Span(*found) for found in escape.scripts(piece)]
        else:
            spans += part
    return tuple(spans)


def number(value: float, mcse: float = 0.0) -> Text:
    """A number with the digits that its mcse supports."""
    return (Span("plain", show(value, mcse).text),)


def shown(number: Shown) -> Text:
    """A number whose digits were chosen before."""
    return (Span("plain", number.text),)


def code(text: object) -> Span:
    """A word of the command line, the configuration or a file name."""
    return Span("code", str(text))


def strong(text: str) -> Span:
    """A word that stands out."""
    return Span("strong", text)


def ref(target: str, text: str = "") -> Span:
    """A link to the block whose key is `target`; without text it shows that block's number."""
    return Span("ref", text, target)


def verdict(word: str) -> Text:
    """supported, refuted or undecided, with its sign."""
    return (Span("verdict", word),)


def words(text: Text) -> str:
    """The characters of a text."""
    return "".join(span.text for span in text)


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 (chapter) to 3."""

    text: str
    level: int = 1
    key: str = ""
    kind: str = field(default="heading", init=False)


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `tone` is empty, `note` (small), `warning`, or `lead` (stays with what follows)."""

    text: Text
    tone: str = ""
    kind: str = field(default="paragraph", init=False)


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: tuple[Text, ...]
    kind: str = field(default="bullets", init=False)


@dataclass(frozen=True)
class Terms:
    """Words and what they stand for."""

    items: tuple[tuple[str, Text], ...]
    kind: str = field(default="terms", init=False)


@dataclass(frozen=True)
class Listing:
    """Commands, line by line."""

    lines: tuple[str, ...]
    kind: str = field(default="listing", init=False)


@dataclass(frozen=True)
class Equation:
    """A displayed formula in Typst's maths, with the words that a screen reader says."""

    source: str
    alt: str
    kind: str = field(default="equation", init=False)


@dataclass(frozen=True)
class Column:
    """A column of a table: `align` is left, right or center.

    On paper it is `width` cm wide; with width 0 it takes what it needs, or its share `weight` of what is left.
    """

    label: Text
    align: str = "left"
    weight: float = 0.0
    width: float = 0.0


@dataclass(frozen=True)
class Table:
    """A table with a caption that reads alone; `size` small is for wide ones, `limit` is the rows that paper shows."""

    key: str
    caption: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Text, ...], ...]
    note: Text = ()
    size: str = ""
    limit: int = 0
    kind: str = field(default="table", init=False)


@dataclass(frozen=True)
class Picture:
    """A figure: the path of its SVG, a caption that reads alone and a line on where it comes from."""

    key: str
    path: str
    caption: Text
    alt: str
    width: float
    """Width on paper in inches."""
    origin: str = ""
    kind: str = field(default="picture", init=False)


@dataclass(frozen=True)
class Entry:
    """One claim of the ledger with its evidence."""

    claim: str
    family: str
    study: str
    lecture: str
    verdict: str
    statement: Text
    test: str
    theory: str
    estimate: str
    margin: str
    replicates: str
    failed: str
    source: Text
    evidence: tuple[tuple[str, Text], ...] = ()
    """Further facts for the reader who opens the claim."""
    order: Mapping[str, float | str] = field(default_factory=dict)
    """What the columns of numbers are sorted by."""

    @property
    def lectures(self) -> tuple[str, ...]:
        """The lectures that the claim names: `JSM, BIOS` are two."""
        return tuple(part.strip() for part in re.split(r"[,;/]| and ", self.lecture) if part.strip())

    @property
    def searched(self) -> str:
        """What a search for words looks in."""
        return " ".join((self.claim, words(self.statement), words(self.source), self.study, self.lecture)).lower()


@dataclass(frozen=True)
class Ledger:
    """Claims with their verdicts, grouped by family on paper, sortable and filterable on screen."""

    key: str
    caption: Text
    entries: tuple[Entry, ...]
    families: tuple[tuple[str, str], ...] = ()
    """Families in order, with their titles."""
    kind: str = field(default="ledger", init=False)


@dataclass(frozen=True)
class Bibliography:
    """The sources that the document cites, by key; printed from the bibliography file."""

    keys: tuple[str, ...]
    kind: str = field(default="bibliography", init=False)


Block = Heading | Paragraph | Bullets | Terms | Listing | Equation | Table | Picture | Ledger | Bibliography


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


def as_data(document: Document) -> dict:
    """The document as dictionaries, lists and strings, for JSON."""
    return asdict(document)


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
    found = {block.key for block in blocks if isinstance(block, Heading | Table | Picture | Ledger) and block.key}
    return found | {f"claim-{e.claim}" for block in blocks if isinstance(block, Ledger) for e in block.entries}
