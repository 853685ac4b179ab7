"""Formulas as MathML, by pandoc, one call for every page: browsers draw it themselves, without scripts or a network."""

from __future__ import annotations

import re
from html import escape
from itertools import pairwise
from xml.etree import ElementTree

from docutils import nodes
from sphinx.application import Sphinx

MARKS = ".,;:)?!’–-"
"""With which no line begins."""


NAMESPACE = "http://www.w3.org/1998/Math/MathML"
APPLIED = "\N{FUNCTION APPLICATION}"
"""What pandoc puts after the name of a function."""
ElementTree.register_namespace("", NAMESPACE)


def spaced(markup: str) -> str:
    """MathML with thin spaces around names of functions, as TeX sets `2 log M`; browsers set none."""
    tree = ElementTree.fromstring(markup)
    for row in list(tree.iter(f"{{{NAMESPACE}}}mrow")):
        children = list(row)
        for before, after in pairwise(children):
            if (_named(before) or _named(after)) and _tag(before) not in ("mo", "mspace") and _first(after) != "mo":
                row.insert(list(row).index(after), ElementTree.Element(f"{{{NAMESPACE}}}mspace", width="0.167em"))
    return ElementTree.tostring(tree, encoding="unicode")


def _named(element: ElementTree.Element) -> bool:
    """Whether it is the name of a function, with its sub- and superscripts."""
    base = element[0] if _tag(element) in ("msub", "msup", "msubsup", "munder") else element
    return _tag(base) == "mrow" and len(base) > 0 and base[-1].text == APPLIED


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _first(element: ElementTree.Element) -> str:
    return _tag(element[0]) if _tag(element) == "mrow" and len(element) else _tag(element)


def convert(formulas: list[tuple[str, bool]]) -> list[str]:
    """MathML of formulas in TeX, each with whether it is displayed. Raises ValueError for one that pandoc cannot read."""
    import pypandoc

    marks = ["$${}$$" if display else "${}$" for _, display in formulas]
    known = [" ".join(tex.replace(r"\thinspace", r"\,").split()) for tex, _ in formulas]  # what pandoc has no word for
    source = "\n\n".join(mark.format(tex) for mark, tex in zip(marks, known, strict=True))
    page = pypandoc.convert_text(source, "html", format="markdown", extra_args=["--mathml", "--wrap=none"])
    lines = re.findall(r"<p>(.*?)</p>", page, re.DOTALL)
    for (tex, _), line in zip(formulas, lines, strict=True):
        if not re.fullmatch(r"<math.*</math>", line, re.DOTALL):
            raise ValueError(f"A formula must be TeX that pandoc reads, got `{tex}`.")
    return [spaced(line) for line in lines]


def resolve(app: Sphinx, doctree: nodes.document, name: str) -> None:
    """Give every formula of a page its MathML."""
    if app.builder.format != "html":
        return
    found = [node for kind in (nodes.math, nodes.math_block) for node in doctree.findall(kind)]
    wanted = [(node.astext(), isinstance(node, nodes.math_block)) for node in found]
    for node, markup in zip(found, convert(wanted) if wanted else [], strict=True):
        node["mathml"] = markup
        _hold(node)


def _hold(node: nodes.Element) -> None:
    """Keep the mark that follows a formula on its line."""
    after = node.next_node(siblings=True, descend=False)
    if not isinstance(after, nodes.Text):
        return
    marks = after.astext()[: len(after) - len(after.lstrip(MARKS))]
    if marks:
        node.parent.replace(after, nodes.Text(after.astext()[len(marks) :]))
        held = nodes.inline(classes=["text-nowrap"])
        node.replace_self(held)
        held += [node, nodes.Text(marks)]


def visit(writer, node: nodes.Element) -> None:
    """Write the MathML; where a formula has none, as in a title of another page's table of contents, its TeX."""
    block = isinstance(node, nodes.math_block)
    writer.body.append('<div class="math">' if block else "")
    writer.body.append(node.get("mathml") or escape(node.astext()))
    writer.body.append("</div>" if block else "")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", inline_renderers=(visit, None), block_renderers=(visit, None))
    app.connect("doctree-resolved", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
