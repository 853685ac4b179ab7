"""Formulas as MathML, by pandoc, one call for every page: browsers draw it themselves, without scripts or a network."""

from __future__ import annotations

import re
from html import escape

from docutils import nodes
from sphinx.application import Sphinx

MARKS = ".,;:)?!’–-"
"""With which no line begins."""


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
    return lines


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
