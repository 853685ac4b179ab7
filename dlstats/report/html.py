"""The document as one HTML file that works from disk: styles, script, figures and formulas are inside.

Nothing is loaded from anywhere; a content security policy with the digests of the page's style and script forbids the
rest. The templates escape every text.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dlstats.report import blocks, typst
from dlstats.report.bibliography import Source
from dlstats.report.blocks import Block, Document


def page(document: Document, sources: Mapping[str, Source], reports: Path) -> str:
    """The whole page; `reports` holds the bibliography file, whose entries are `sources`."""
    templates = environment()
    assert templates.loader
    style, script = (templates.loader.get_source(templates, name)[0] for name in ("page.css", "page.js"))
    parts = list(blocks.spans(document.blocks))
    cited = {key: n for n, key in enumerate(dict.fromkeys(s.target for s in parts if s.kind == "cite"), start=1)}
    formulas, references = typst.html((s.text for s in parts if s.kind == "math"), cited, reports)
    return templates.get_template("page.html.j2").render(
        document=document,
        numbered=list(numbered(document.blocks)),
        style=Markup(style),
        script=Markup(script),
        policy=_policy(style, script),
        targets=blocks.targets(document.blocks),
        signs=blocks.SIGNS,
        cited=cited,
        sources=sources,
        formulas={source: Markup(formula) for source, formula in formulas.items()},
        references={key: Markup(reference) for key, reference in references.items()},
        one_column=typst.ONE_COLUMN,
    )


@cache
def environment() -> Environment:
    """The templates with the filters that they use; a name that is not given is an error."""
    loader = PackageLoader("dlstats.report")
    made = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    made.filters |= {"breakable": breakable, "characters": blocks.characters, "natural": natural}
    made.filters["base64"] = lambda path: base64.b64encode(Path(path).read_bytes()).decode()
    return made


def breakable(text: str, marks: str) -> Markup:
    """Text that the browser may break after any of these characters."""
    return Markup("<wbr>").join(re.split(f"(?<=[{marks}])", text))


def natural(claim: str) -> str:
    """A claim id that sorts as people count: SAW2 before SAW10."""
    return re.sub(r"\d+", lambda match: match[0].zfill(4), claim)


def numbered(content: Iterable[Block]) -> Iterator[tuple[Block, str]]:
    """Every block with its number: `2.1` for a heading of the first two levels, `3` for the third table or figure."""
    chapters, counts = [0, 0], Counter()
    for block in content:
        number = ""
        if isinstance(block, blocks.Heading) and block.level <= 2:
            chapters[block.level - 1] += 1
            chapters[block.level :] = [0] * (2 - block.level)
            number = ".".join(str(n) for n in chapters[: block.level])
        elif isinstance(block, blocks.Table | blocks.Ledger | blocks.Picture):
            counter = "figure" if isinstance(block, blocks.Picture) else "table"
            counts[counter] += 1
            number = str(counts[counter])
        yield block, number


def _policy(style: str, script: str) -> str:
    style, script = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script))
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{style}'; script-src 'sha256-{script}';"
        " base-uri 'none'; form-action 'none'"
    )
