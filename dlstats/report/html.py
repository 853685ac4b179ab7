"""The document as one HTML file that works from disk: styles, script, figures and formulas are inside.

Nothing is loaded from anywhere; a content security policy with the digests of the own style and script forbids the
rest. Every text passes `escape.web`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dlstats.report import bibliography, blocks, ledger_html, typst
from dlstats.report.bibliography import Source
from dlstats.report.blocks import Document, Span, Text
from dlstats.report.escape import web

HERE = Path(__file__).parent


@dataclass
class Context:
    """What printing a block needs to know of the whole document."""

    targets: set[str]
    formulas: Mapping[str, str]
    sources: Mapping[str, Source]
    cited: Mapping[str, int]
    counters: dict[str, int] = field(default_factory=lambda: {"table": 0, "figure": 0})
    headings: list[int] = field(default_factory=lambda: [0, 0, 0])

    def text(self, text: Text) -> str:
        """A text as HTML."""
        return "".join(self.span(span) for span in text)

    def span(self, span: Span) -> str:
        """A span as HTML."""
        body = web(span.text)
        if span.kind in _TAGS:
            return f"<{_TAGS[span.kind]}>{body}</{_TAGS[span.kind]}>"
        if span.kind == "code":
            return f"<code>{breaking(body)}</code>"
        if span.kind == "verdict":
            return verdict(span.text)
        if span.kind == "math":
            return self.formulas.get(span.text, f"<code>{body}</code>")
        if span.kind == "ref" and span.target in self.targets:
            return f'<a href="#{web(span.target)}">{body or web(span.target)}</a>'
        if span.kind == "cite":
            return f'<a href="#source-{web(span.target)}" title="{body}">[{self.cited[span.target]}]</a>'
        return body

    def count(self, name: str) -> str:
        """`Table 3`, the next of its kind."""
        self.counters[name] += 1
        return f"{name.capitalize()} {self.counters[name]}"

    def number(self, level: int) -> str:
        """The next heading number of a level; third-level headings have none."""
        if level > 2:
            return ""
        self.headings[level - 1] += 1
        self.headings[level:] = [0] * (3 - level)
        return ".".join(str(n) for n in self.headings[:level])


_TAGS = {"strong": "strong", "emph": "em", "sup": "sup", "sub": "sub"}
_SIGNS = {"supported": "✓", "supported, pre-asymptotic": "✓", "refuted": "✗", "undecided": "?"}


def breaking(escaped: str) -> str:
    """Escaped text that may break after the marks within cell ids and paths."""
    for mark in (",", "/", "_"):
        escaped = escaped.replace(mark, mark + "<wbr>")
    return escaped


def verdict(word: str) -> str:
    """A verdict with its sign, as a badge."""
    kind = word.partition(",")[0] if word in _SIGNS else "undecided"
    sign = f'<span aria-hidden="true">{_SIGNS.get(word, "")}</span>'
    return f'<span class="verdict {kind}">{sign}&nbsp;{web(word)}</span>'


def page(document: Document, sources: Mapping[str, Source]) -> str:
    """The whole page."""
    style, script = ((HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    context = Context(blocks.targets(document.blocks), typst.mathml(_formulas(document)), sources, _order(document))
    contents, body = [], []
    for block in document.blocks:
        if isinstance(block, blocks.Heading) and block.level <= 2:
            contents.append(block)
        body.append(_PRINTERS[type(block)](block, context))
    facts = "".join(f"<div><dt>{web(name)}</dt><dd>{context.text(text)}</dd></div>" for name, text in document.facts)
    return _FRAME.format(
        language=web(document.language),
        policy=_policy(style, script),
        title=web(document.title),
        subtitle=web(document.subtitle),
        style=style,
        script=script,
        contents=_contents(contents),
        facts=facts,
        body="\n".join(body),
    )


_FRAME = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header>
<details class="menu"><summary>Contents</summary><nav aria-label="Contents">{contents}</nav></details>
<button type="button" id="theme" hidden>Dark</button>
</header>
<nav class="side" aria-label="Contents at the side">{contents}</nav>
<main id="main">
<h1>{title}</h1>
<p class="subtitle">{subtitle}</p>
<dl class="facts">{facts}</dl>
{body}
</main>
<dialog id="zoom" aria-label="Figure, enlarged"><div class="bar">
<button type="button" data-zoom="out">Smaller</button><button type="button" data-zoom="in">Larger</button>
<button type="button" data-zoom="close">Close</button></div><div class="canvas" tabindex="0"></div></dialog>
<script>{script}</script>
</body>
</html>
"""


def _policy(style: str, script: str) -> str:
    def digest(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    return (
        f"default-src 'none'; img-src data:; style-src {digest(style)}; script-src {digest(script)};"
        " base-uri 'none'; form-action 'none'"
    )


def _contents(headings: Iterable[blocks.Heading]) -> str:
    counter = Context(set(), {}, {}, {})
    items = []
    for heading in headings:
        number = counter.number(heading.level)
        target = web(heading.key or _anchor(number))
        items.append(f'<li class="level{heading.level}"><a href="#{target}">{number} {web(heading.text)}</a></li>')
    return f"<ol>{''.join(items)}</ol>"


def _anchor(number: str) -> str:
    return f"part-{number.replace('.', '-')}"


def _formulas(document: Document) -> list[str]:
    inline = [span.text for span in blocks.spans(document.blocks) if span.kind == "math"]
    return inline + [block.source for block in document.blocks if isinstance(block, blocks.Equation)]


def _order(document: Document) -> dict[str, int]:
    """Sources by the order in which they are first cited."""
    keys = dict.fromkeys(span.target for span in blocks.spans(document.blocks) if span.kind == "cite")
    return {key: number for number, key in enumerate(keys, start=1)}


def _heading(block: blocks.Heading, context: Context) -> str:
    number = context.number(block.level)
    key = block.key or (_anchor(number) if number else "")
    tag, place = f"h{block.level + 1}", f' id="{web(key)}"' if key else ""
    return f"<{tag}{place}>{number + ' ' if number else ''}{web(block.text)}</{tag}>"


def _paragraph(block: blocks.Paragraph, context: Context) -> str:
    tone = f' class="{web(block.tone)}"' if block.tone else ""
    return f"<p{tone}>{context.text(block.text)}</p>"


def _terms(block: blocks.Terms, context: Context) -> str:
    return "".join(f"<p><strong>{web(name)}.</strong> {context.text(text)}</p>" for name, text in block.items)


def _listing(block: blocks.Listing, context: Context) -> str:
    return f'<pre tabindex="0"><code>{web(chr(10).join(block.lines))}</code></pre>'


def _table(block: blocks.Table, context: Context) -> str:
    name = context.count("table")
    kinds = [f' class="{c.align}"' if c.align != "left" else "" for c in block.columns]
    head = "".join(
        f'<th scope="col"{kind}>{context.text(column.label)}</th>'
        for kind, column in zip(kinds, block.columns, strict=True)
    )
    names = [web(blocks.words(column.label)) for column in block.columns]
    rows = "\n".join(f"<tr>{_cells(row, kinds, names, context)}</tr>" for row in block.rows)
    caption = f"<strong>{name}.</strong> {context.text(block.caption)}"
    note = f'<p class="note">{context.text(block.note)}</p>' if block.note else ""
    stacked = ' class="stacked"' if any(column.weight for column in block.columns) else ""
    long = " long" if block.limit and len(block.rows) > block.limit else ""
    return (
        f'<figure class="table" id="{web(block.key)}"><figcaption id="{web(block.key)}-caption">{caption}</figcaption>'
        f'<div class="scroll{long}" tabindex="0" role="region" aria-labelledby="{web(block.key)}-caption">'
        f"<table{stacked}><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div>{note}</figure>"
    )


def _cells(row: tuple[Text, ...], kinds: list[str], names: list[str], context: Context) -> str:
    return "".join(
        f'<td{kind} data-label="{name}">{context.text(value)}</td>'
        for value, kind, name in zip(row, kinds, names, strict=True)
    )


def _picture(block: blocks.Picture, context: Context) -> str:
    data = base64.b64encode(Path(block.path).read_bytes()).decode()
    origin = f'<span class="origin">{breaking(web(block.origin))}</span>' if block.origin else ""
    narrow = " narrow" if block.width <= typst.ONE_COLUMN else ""
    return (
        f'<figure class="picture{narrow}" id="{web(block.key)}"><button type="button" class="zoom" aria-haspopup="dialog"'
        f' aria-label="Enlarge figure"><img alt="{web(block.alt)}" src="data:image/svg+xml;base64,{data}"></button>'
        f"<figcaption><strong>{context.count('figure')}.</strong> {context.text(block.caption)}{origin}</figcaption>"
        "</figure>"
    )


def _bibliography(block: blocks.Bibliography, context: Context) -> str:
    keys = sorted(block.keys, key=lambda key: context.cited[key])
    items = "".join(
        f'<li id="source-{web(key)}" value="{context.cited[key]}">{web(bibliography.line(context.sources[key]))}</li>'
        for key in keys
    )
    return f'<ol class="sources">{items}</ol>'


_PRINTERS: Mapping[type, Callable[..., str]] = {
    blocks.Heading: _heading,
    blocks.Paragraph: _paragraph,
    blocks.Bullets: lambda b, c: f"<ul>{''.join(f'<li>{c.text(item)}</li>' for item in b.items)}</ul>",
    blocks.Terms: _terms,
    blocks.Listing: _listing,
    blocks.Equation: lambda b, c: f'<p class="equation">{c.formulas[b.source]}</p>',
    blocks.Table: _table,
    blocks.Picture: _picture,
    blocks.Ledger: lambda b, c: ledger_html.table(b, c),
    blocks.Bibliography: _bibliography,
}
