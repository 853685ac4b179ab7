"""Grids as LaTeX tables (booktabs, numbers aligned by siunitx 3, the mcse in parentheses), and templates for LaTeX."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from dlstats.report import escape
from dlstats.report.digits import Shown
from dlstats.report.tables import Field, Grid, Value

PACKAGES = ("amsmath", "amssymb", "array", "booktabs", "longtable", "siunitx", "textcomp")
"""What a document needs in its preamble to take these tables in."""
HEAD = 16
"""Characters after which the head of a column goes on in the next line."""
CHARACTERS = 115
"""About how many characters of the size of footnotes stand beside each other on a page."""
LONG = 40
"""Tables with more rows may break over pages."""


class Latex(str):
    """Text that is LaTeX already; a template escapes every other."""


def render(template: str, **values: object) -> str:
    """A template filled, every value escaped that is not marked as `raw`."""
    return _environment().get_template(f"{template}.tex.j2").render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("dlstats.report"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        block_start_string="<%", block_end_string="%>", variable_start_string="<<", variable_end_string=">>",
        comment_start_string="<#", comment_end_string="#>",
        finalize=lambda value: value if isinstance(value, Latex) else escape.latex(str(value)),
    )  # fmt: skip
    environment.filters |= {"raw": Latex, "one_line": lambda text: Latex(" ".join(text.split()))}
    return environment


def table(grid: Grid, may_break: bool = True) -> str:
    """A tabular (longtable when long, if it may break); caption and note stand in it as comments, to be placed."""
    places = range(len(grid.fields))
    fixed = sum(width(grid, i) for i in places if not grid.fields[i].weight)
    unit = max(0.2, 1 - fixed / CHARACTERS) / (sum(field.weight for field in grid.fields) or 1.0)
    text = render(
        "tabular",
        grid=grid,
        packages=PACKAGES,
        environment="longtable" if may_break and len(grid.rows) > LONG else "tabular",
        columns="".join(_column(grid.fields[i], [row[i] for row in grid.rows], unit) for i in places),
        heads=[_head(field) for field in grid.fields],
        rows=[[_cell(v, f) for v, f in zip(row, grid.fields, strict=True)] for row in grid.rows],
    )
    return text + "\n"


def _head(field: Field) -> str:
    lines = [escape.latex(line) for line in textwrap.wrap(field.label, HEAD) or [""]]
    label = lines[0] if len(lines) == 1 else r"\shortstack{" + r"\\".join(lines) + "}"
    return f"{{{label}}}" if field.kind in ("number", "quantity") else label


def _cell(value: Value, field: Field) -> str:
    if isinstance(value, Shown) and field.kind == "quantity":
        return rf"\num{{{value.siunitx}}}" if value.is_number else escape.latex(value.text)
    if isinstance(value, Shown):
        return value.siunitx if value.is_number and field.kind == "number" else f"{{{escape.latex(value.text)}}}"
    text = escape.latex(value)
    if field.kind == "number":
        return f"{{{text}}}"
    if field.kind == "name" and not value.isnumeric():
        return r"\texttt{" + re.sub(r"(\.|\\_)", r"\1\\allowbreak{}", text) + "}"
    return text


def width(grid: Grid, column: int) -> int:
    """About how many characters wide a column is, with the space beside it."""
    cells = [value if isinstance(value, str) else value.text for value in (row[column] for row in grid.rows)]
    return 2 + max([min(HEAD, len(grid.fields[column].label)), *map(len, cells)])


def _column(field: Field, values: Sequence[Value], unit: float) -> str:
    numbers = [v for v in values if isinstance(v, Shown) and v.is_number]
    if field.kind == "number" and numbers:
        return f"S[table-format={_format(numbers)}]"
    if field.kind in ("number", "quantity"):
        return "r"
    return rf">{{\raggedright\arraybackslash}}p{{{unit * field.weight:.2f}\linewidth}}" if field.weight else "l"


def _format(numbers: Sequence[Shown]) -> str:
    """The digits that a siunitx column must leave room for: `-1.3(3)e-2`."""
    whole = [n.value.lstrip("-").partition(".") for n in numbers]
    before, after = max(len(w[0]) for w in whole), max(len(w[2]) for w in whole)
    errors = [len(n.mcse.replace(".", "").lstrip("0")) for n in numbers if n.mcse and n.mcse != "?"]
    exponents = [str(n.exponent) for n in numbers if n.exponent]
    sign = "-" if any(n.value.startswith("-") for n in numbers) else ""
    body = f"{sign}{before}.{after}" if after else f"{sign}{before}"
    error = f"({max(errors)})" if errors else ""
    if not exponents:
        return body + error
    longest = max(len(e.lstrip("-")) for e in exponents)
    return f"{body}{error}e{'-' if any(e.startswith('-') for e in exponents) else ''}{longest}"
