"""What a reader must know before any number: what is missing, computed by other code, or not final."""

from __future__ import annotations

from dlstats.protocol.verdict import CONFLICT, LEVEL
from dlstats.report.blocks import Block, Paragraph
from dlstats.report.files import packaged
from dlstats.report.material import Material
from dlstats.report.text import Text, code, joined, prose

TEXTS = packaged("texts.yaml")


def family_title(family: str) -> str:
    """The heading of a family's chapter."""
    return TEXTS["families"].get(family, family.replace("_", " ").capitalize())


def notices(material: Material) -> list[Block]:
    """All that is to be known before any number."""
    texts = [_missing(material)]
    if material.left_out:
        texts.append(prose(TEXTS["notices"]["left_out"], " ", "; ".join(material.left_out), "."))
    if material.stale:
        texts.append(prose(TEXTS["notices"]["stale"], " ", joined(map(code, material.stale)), "."))
    if material.verdicts.empty:
        texts.append(prose(TEXTS["notices"]["nothing"]))
    elif material.partial:
        texts.append(prose(TEXTS["notices"]["partial"].format(why=material.partial)))
    return [Paragraph(text, "warning") for text in texts if text]


def _missing(material: Material) -> Text:
    """The studies without results, and why."""
    missing = [name for name in material.planned if name not in material.finished]
    reasons: dict[str, list[str]] = {}
    for name in missing:
        reasons.setdefault(material.missing(name), []).append(name)
    parts = [prose(f"{reason}: ", joined(map(code, names))) for reason, names in reasons.items()]
    head = f"Missing from this report, {len(missing)} of {len(material.planned)} studies. "
    return prose(head, joined(parts, "; "), ".") if missing else ()


def rule(failed: float) -> str:
    """How a verdict comes about; `failed` is the proportion of failed replicates that is allowed."""
    percent = {"percent": 100 * LEVEL, "inside": 100 * (1 - 2 * LEVEL), "failed": 100 * failed}
    return TEXTS["rule"].format(conflict=CONFLICT, **percent)
