"""Text as spans, so that no string is ever markup: what a study writes is shown literally.

Except that `prose` turns Unicode maths (`2^n`, `x_i`) into sub- and superscripts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from dlstats.report import escape
from dlstats.report.digits import Shown


@dataclass(frozen=True)
class Span:
    """A piece of text: plain, strong, small, code, number, math, sup, sub, break (a new line), verdict, sign.

    `ref`, `cite` and `page` (the number of the page) point to `target`; `anchor` is a place that they may point to. The
    target of a number is its form for siunitx, that of maths (for Typst) its words.
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
        elif isinstance(part, int):
            spans.append(Span("plain", str(part)))
        elif isinstance(part, Shown):
            spans.append(Span("number", part.text, part.siunitx))
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


def small(*parts: Content) -> Text:
    """A text whose plain words are small."""
    return tuple(replace(span, kind="small") if span.kind in ("plain", "number") else span for span in prose(*parts))


BREAK = Span("break", "")
"""A new line within a cell."""


def characters(text: Text) -> str:
    """The characters of a text."""
    return "".join(span.text for span in text)


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


def merged(text: Text) -> Text:
    """The text with its plain pieces, scripts among them, as they were written: `2^{n}`, `x_{i}`."""
    out: list[Span] = []
    for span in text:
        marked = {"sup": f"^{{{span.text}}}", "sub": f"_{{{span.text}}}"}.get(span.kind, span.text)
        if span.kind not in ("plain", "small", "sup", "sub"):
            out.append(span)
        elif out and out[-1].kind == "plain":
            out[-1] = Span("plain", out[-1].text + marked)
        else:
            out.append(Span("plain", marked))
    return tuple(out)
