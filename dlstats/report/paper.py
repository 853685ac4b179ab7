"""The report on paper: two pages that say what was found, a chapter for each family, and appendices."""

from __future__ import annotations

from datetime import UTC, datetime

from dlstats.report import appendices, blocks, families, front, notices, sections
from dlstats.report.blocks import Block, Contents, Heading, Picture
from dlstats.report.files import packaged
from dlstats.report.material import Material

TEXTS = packaged("texts.yaml")


def build(material: Material, overview: Picture | None = None) -> blocks.Document:
    """The whole document from what was collected; `overview` is the figure of the first page."""
    pictures = sections.pictures(material)
    content: list[Block] = [
        *notices.notices(material),
        *front.pages(material, overview, pictures),
        Contents(),
    ]
    for family, names in material.chapters.items():
        verdicts, checks = (t[t["family"] == family] for t in (material.verdicts, material.checks))
        content.append(Heading(notices.family_title(family), 1, f"family-{family}"))
        content += [families.lead(verdicts, checks), *material.answers[family]]
        content += families.tables(family, material.questions.get(family, ()))
        for name in names:
            content += sections.brief(material, name)
    content += appendices.all_of(material)
    moment = int(material.environment["timestamp"])
    day = datetime.fromtimestamp(moment, UTC).strftime("%-d %B %Y")
    parts = (
        f"profile {material.profile}" if material.profile else "",
        f"version {material.environment['version']}",
        day,
        TEXTS["licence"],
    )
    return blocks.Document(TEXTS["title"], " · ".join(part for part in parts if part), tuple(content), moment)
