"""Text and tables as LaTeX (booktabs, numbers aligned by siunitx 3, the mcse in parentheses), and templates for it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from dlstats.report import escape, formulas
from dlstats.report.blocks import Block, Bullets, Column, Heading, Paragraph, Table
from dlstats.report.text import Text, characters, merged

PACKAGES = ("amsmath", "amssymb", "array", "booktabs", "longtable", "siunitx", "textcomp")
"""What a document needs in its preamble to take these tables in."""
HEAD = 16
"""Characters after which the head of a column goes on in the next line."""
CHARACTERS = 115
"""About how many characters of the size of footnotes stand beside each other on a page."""
SMALL = 90
"""The like of the size of scripts, on a page of one column."""
LONG = 40
"""Tables with more rows may break over pages."""
_NUMBER = re.compile(r"(-?)(\d+)\.?(\d*)(?: \+- ([\d.]+))?(?:e(-?)(\d+))?")
"""Sign, digits before and after the point, error, and sign and digits of the exponent of a number for siunitx."""


class Latex(str):
    """Text that is LaTeX already; a template escapes every other."""


def render(template: str, **values: object) -> str:
    """A template filled; texts are set, and every other value is escaped that is not marked as `raw`."""
    return _environment().get_template(f"{template}.tex.j2").render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("dlstats.report"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        block_start_string="<%", block_end_string="%>", variable_start_string="<<", variable_end_string=">>",
        comment_start_string="<#", comment_end_string="#>",
        finalize=lambda v: v if isinstance(v, Latex) else Latex(text(v) if isinstance(v, tuple) else escape.latex(str(v))),
    )  # fmt: skip
    environment.filters |= {"raw": Latex, "one_line": lambda value: Latex(" ".join(text(value).split()))}
    return environment


def text(spans: Text) -> str:
    """A text as LaTeX, with `\\cite` and maths."""
    out = ""
    for span in merged(spans):
        if span.kind == "cite":
            more = out.endswith("}") and out.rpartition("\\")[2].startswith("cite{")
            out = f"{out[:-1]},{span.target}}}" if more else rf"{out.rstrip()}~\cite{{{span.target}}}"
        elif span.kind == "ref":
            out += rf"\ref{{{span.target}}}" if not span.text else escape.latex(span.text)
        elif span.kind == "math":
            out += f"${formulas.latex(span.text)}$"
        elif span.kind == "number":
            out += rf"\num{{{span.target}}}" if span.target else escape.latex(span.text)
        elif span.kind in ("strong", "code"):
            out += _COMMANDS[span.kind](span.text)
        else:
            out += "\n" if span.kind == "break" else escape.latex(span.text)
    return out


def _typewriter(name: str) -> str:
    return r"\texttt{" + re.sub(r"(\.|\\_)", r"\1\\allowbreak{}", escape.literal(name)) + "}"


_COMMANDS = {"strong": lambda inner: rf"\textbf{{{escape.latex(inner)}}}", "code": _typewriter}


def document(content: Iterable[Block]) -> str:
    """Headings, lists and paragraphs; one that begins with a strong word has it as its heading."""
    out = []
    for block in content:
        if isinstance(block, Heading):
            out.append(rf"\section{{{escape.latex(block.text)}}}\label{{sec:{block.text.lower()}}}")
        elif isinstance(block, Paragraph):
            first, *rest = block.text
            head = rf"\paragraph{{{escape.latex(first.text)}}}" if first.kind == "strong" else ""
            out.append(head + (text(tuple(rest)) or r"\mbox{}") if head else text(block.text))
        elif isinstance(block, Bullets):
            items = "\n".join(rf"\item {text(item)}" for item in block.items)
            out.append(f"\\begin{{itemize}}\n{items}\n\\end{{itemize}}")
    return "\n\n".join(out)


def table(held: Table, may_break: bool = True, captioned: bool = False) -> str:
    """A tabular, or a longtable when it is long and may break.

    Caption and note stand in it as comments, to be placed; a longtable may be `captioned`, and then is one however short.
    """
    places = range(len(held.columns))
    aligned = [_aligned([row[i] for row in held.rows]) if held.columns[i].decimal else "" for i in places]
    fixed = sum(_needed(held, i) for i in places if not held.columns[i].weight)
    unit = max(0.2, 1 - fixed / (SMALL if captioned else CHARACTERS)) / (
        sum(column.weight for column in held.columns) or 1.0
    )
    made = render(
        "tabular",
        held=held,
        packages=PACKAGES,
        environment="longtable" if captioned or (may_break and len(held.rows) > LONG) else "tabular",
        captioned=captioned,
        columns="".join(_column(held.columns[i], aligned[i], unit) for i in places),
        heads=[_head(column) for column in held.columns],
        rows=[[_cell(value, how) for value, how in zip(row, aligned, strict=True)] for row in held.rows],
    )
    return made + "\n"


def _head(column: Column) -> str:
    lines = [escape.latex(line) for line in textwrap.wrap(characters(column.label), HEAD) or [""]]
    label = lines[0] if len(lines) == 1 else r"\shortstack{" + r"\\".join(lines) + "}"
    return f"{{{label}}}" if column.align == "right" else label


def _cell(value: Text, aligned: str) -> str:
    """A cell; in a column that siunitx aligns a number stands bare, in bold where it is strong, its marks after it."""
    if not aligned:
        return text(value)
    if not value or not value[0].target:
        return f"{{{text(value)}}}"
    bold = r"\bfseries " if value[0].kind == "best" else ""
    marks = f" {{{text(value[1:])}}}" if value[1:] else ""
    return bold + value[0].target + marks


def width(held: Table) -> int:
    """About how many characters wide a table is."""
    return sum(_needed(held, i) for i in range(len(held.columns)))


def _needed(held: Table, column: int) -> int:
    """About how many characters wide a column is, with the space beside it."""
    cells = [len(characters(row[column])) for row in held.rows]
    return 2 + max([min(HEAD, len(characters(held.columns[column].label))), *cells])


def _column(column: Column, aligned: str, unit: float) -> str:
    if aligned:
        return aligned
    if column.align == "right":
        return "r"
    return rf">{{\raggedright\arraybackslash}}p{{{unit * column.weight:.2f}\linewidth}}" if column.weight else "l"


def _aligned(values: Sequence[Text]) -> str:
    """The column of numbers that siunitx aligns; empty where another cell holds a number, a sign before it, or none."""
    numbers = [match for value in values if value and (match := _NUMBER.fullmatch(value[0].target))]
    others = [value for value in values if not (value and _NUMBER.fullmatch(value[0].target))]
    if not numbers or any(any(c.isdigit() for c in characters(value)) for value in others):
        return ""
    signs, before, after, errors, minus, exponents = zip(*(n.groups(default="") for n in numbers), strict=True)
    form = max(signs) + str(max(map(len, before))) + (f".{max(map(len, after))}" if any(after) else "")
    digits = [len(e.replace(".", "").lstrip("0")) for e in errors if e]
    form += f"({max(digits)})" if digits else ""
    form += f"e{max(minus)}{max(map(len, exponents))}" if any(exponents) else ""
    marked = ",table-space-text-post={\\textsuperscript{t}}" if any(value[1:] for value in values) else ""
    return f"S[table-format={form}{marked}]"
