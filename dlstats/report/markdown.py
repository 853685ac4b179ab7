"""Grids as Markdown tables."""

from __future__ import annotations

from dlstats.report import escape
from dlstats.report.digits import Shown
from dlstats.report.tables import Grid


def table(grid: Grid) -> str:
    """A pipe table with its caption above and its note below."""
    head = [escape.markdown(field.label) for field in grid.fields]
    rule = ["---:" if field.kind == "number" else ":---" for field in grid.fields]
    rows = [[escape.markdown(v.text if isinstance(v, Shown) else v) for v in row] for row in grid.rows]
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, rule, *rows)]
    parts = [escape.markdown(grid.caption), "\n".join(lines), escape.markdown(grid.note)]
    return "\n\n".join(part for part in parts if part) + "\n"
