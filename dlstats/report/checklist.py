"""The reporting checklist, filled by the program (to come)."""

from __future__ import annotations

from dlstats.report.blocks import Block
from dlstats.report.material import Material


def chapter(material: Material) -> list[Block]:
    """The checklist as a chapter."""
    return []
