"""What a reader must know before any number: what is missing, computed by other code, or not final."""

from __future__ import annotations

from dlstats.protocol.verdict import CONFLICT, LEVEL
from dlstats.report.blocks import Block, Paragraph
from dlstats.report.files import packaged
from dlstats.report.material import Material
from dlstats.report.text import code, joined, prose

TEXTS = packaged("texts.yaml")


def family_title(family: str) -> str:
    """The heading of a family's chapter."""
    return TEXTS["families"].get(family, family.replace("_", " ").capitalize())


def notices(material: Material) -> list[Block]:
    """All that is to be known before any number."""
    found: list[Block] = [*missing(material), *left_out(material), *stale(material)]
    if material.partial and len(material.verdicts):
        text = f"The verdicts are formed over what is finished, since the whole ledger is not: {material.partial}."
        found.append(Paragraph(prose(text), "warning"))
    return found if len(material.verdicts) else [*found, Paragraph(prose("No claim has been judged yet."), "warning")]


def missing(material: Material) -> list[Block]:
    """The studies without results, and why."""
    missing = [name for name in material.planned if name not in material.finished]
    if not missing:
        return []
    reasons: dict[str, list[str]] = {}
    for name in missing:
        reasons.setdefault(material.missing(name), []).append(name)
    parts = [prose(f"{reason}: ", joined(map(code, names))) for reason, names in reasons.items()]
    head = f"Missing from this report, {len(missing)} of {len(material.planned)} studies. "
    return [Paragraph(prose(head, joined(parts, "; "), "."), "warning")]


def left_out(material: Material) -> list[Block]:
    """The files that cannot be used, and why."""
    if not material.left_out:
        return []
    head = "Left out of this report, because they were changed since they were written or are not what is asked for: "
    return [Paragraph(prose(head, "; ".join(material.left_out), "."), "warning")]


def stale(material: Material) -> list[Block]:
    """The studies whose results other code computed, kept on purpose."""
    if not material.stale:
        return []
    head = ("Computed by other code than this report's, and kept on purpose (", code("--keep-stale"), "): ")
    return [Paragraph(prose(*head, joined(map(code, material.stale)), "."), "warning")]


def rule(failed: float) -> str:
    """How a verdict comes about; `failed` is the proportion of failed replicates that is allowed."""
    percent = {"percent": 100 * LEVEL, "inside": 100 * (1 - 2 * LEVEL), "failed": 100 * failed}
    return TEXTS["rule"].format(conflict=CONFLICT, **percent)
