"""The report as a small site of static pages, which opens from a file system and from any web server, without a network."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dlstats.protocol import origin
from dlstats.protocol.verdict import VERDICTS
from dlstats.report import (
    ademp,
    blocks,
    checklist,
    errata,
    families,
    gallery,
    ledger,
    notices,
    runs,
    search,
    sections,
    training,
    typst,
)
from dlstats.report.blocks import Block, Heading, Paragraph
from dlstats.report.files import write_bytes, write_text
from dlstats.report.ledger import Entry
from dlstats.report.material import Material
from dlstats.report.text import SIGNS, characters, prose, spans

PAGES = {
    "index": "Findings", "figures": "Figures", "ledger": "Ledger", "lectures": "Lectures", "methods": "Methods",
}  # fmt: skip
"""The pages that every page leads to; those of the studies lie in `studies/`."""
POLICY = (
    "default-src 'none'; img-src 'self' file: data:; style-src 'self' file:; script-src 'self' file:; "
    "base-uri 'none'; form-action 'none'"
)
"""What a page may load: files of its own site, from a server or from disk, and no script or style in the page itself."""
ASSETS = ("site.css", "site.js")


@cache
def environment() -> Environment:
    """The templates with the filters that they use."""
    loader = PackageLoader("dlstats.report")
    made = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    made.filters |= {"breakable": breakable, "characters": characters, "natural": natural, "prose": prose, "slug": slug}
    return made


def breakable(text: str, marks: str) -> Markup:
    """Text that the browser may break after any of these characters."""
    return Markup("<wbr>").join(re.split(f"(?<=[{marks}])", text))


def natural(claim: str) -> str:
    """A claim id that sorts as people count: SAW2 before SAW10."""
    return re.sub(r"\d+", lambda match: match[0].zfill(4), claim)


def slug(text: str) -> str:
    """A heading as the name of a place in its page."""
    return re.sub(r"\W+", "-", text.lower()).strip("-")


def write(material: Material, reports: Path, folder: Path) -> list[Path]:
    """Write the site into `folder`, in place of what is there, and return the paths of its files, `index.html` first.

    `reports` holds the figures, tables and the bibliography file.
    """
    cards = gallery.cards(material, reports)
    studies = {name: sections.study_page(material, name) for name in material.planned}
    entries = ledger.entries(material.verdicts, material.sources, list(studies))
    rest = tuple(methods(material))
    links = targets(material, studies, entries, rest)
    shared = common(material, cards, studies, links) | printed(material, (studies.values(), entries, rest), reports)
    texts = dict(_pages(material, studies, entries, rest, shared))
    templates = environment()
    assert templates.loader
    texts |= {name: templates.loader.get_source(templates, f"site/{name}")[0] for name in ASSETS}
    texts["search.js"] = search.script(search.hits(material, cards.values(), entries, links))
    shutil.rmtree(folder, ignore_errors=True)
    paths = [write_text(folder / name, text) for name, text in texts.items()]
    table = material.verdicts.to_csv(index=False, lineterminator="\n")
    return [*paths, write_bytes(folder / "data" / "ledger.csv", table.encode()), *gallery.write(cards, folder)]


def targets(
    material: Material,
    studies: Mapping[str, sections.StudyPage],
    entries: Iterable[Entry],
    rest: Iterable[Block],
) -> dict[str, str]:
    """Where in the site every key stands."""
    links = {key: f"methods.html#{key}" for key in blocks.targets(rest)}
    for name, page in studies.items():
        place = f"studies/{name}.html"
        links |= {key: f"{place}#{key}" for key in blocks.targets((*page.opening, *page.blocks))}
        links[f"sec-{name}"] = place
    checks = zip(material.checks["check"], material.checks["study"], strict=True)
    links |= {f"claim-{e.row.claim}": f"ledger.html#claim-{e.row.claim}" for e in entries}
    return links | {f"claim-{check}": f"studies/{study}.html#checks" for check, study in checks}


def common(
    material: Material,
    cards: Mapping[str, gallery.Card],
    studies: Mapping[str, sections.StudyPage],
    links: Mapping[str, str],
) -> dict[str, Any]:
    """What all templates are given."""
    machine = material.environment
    by_study = {card.study: card for card in reversed(list(cards.values()))}
    counts = material.verdicts["verdict"].value_counts()
    profile = f"Profile {material.profile}, " if material.profile else ""
    return {
        "policy": POLICY,
        "pages": PAGES,
        "title": notices.TEXTS["title"],
        "edition": f"{profile}version {machine['version']}, commit {str(machine['commit'])[:12] or 'not known'}.",
        "signs": SIGNS,
        "links": links,
        "cards": cards,
        "first": by_study,
        "material": material,
        "titles": {family: notices.family_title(family) for family in material.chapters},
        "verdicts": {word: int(counts[word]) for word in VERDICTS if word in counts},
        "notes": notices.notices(material),
    }


def printed(material: Material, parts: Any, reports: Path) -> dict[str, Any]:
    """The formulas of the pages as MathML, and the references that they cite in the order of their authors."""
    held = [span for part in parts for inner in part for span in spans(inner)]
    cited = sorted({s.target for s in held if s.kind == "cite"}, key=lambda key: material.sources[key].short.casefold())
    formulas, references = typst.html((s.text for s in held if s.kind == "math"), cited, reports)
    return {
        "formulas": {source: Markup(formula) for source, formula in formulas.items()},
        "references": {key: Markup(reference) for key, reference in references.items()},
    }


def _pages(
    material: Material,
    studies: Mapping[str, sections.StudyPage],
    entries: tuple[Entry, ...],
    rest: tuple[Block, ...],
    shared: Mapping[str, Any],
) -> Iterator[tuple[str, str]]:
    templates = environment()
    given: dict[str, dict[str, Any]] = {
        "index": {"studies": studies, "tables": families.tables},
        "figures": {},
        "ledger": {"entries": entries, "meanings": origin.MEANING},
        "lectures": {"evidence": errata.evidence, "bearing": _bearing(material)},
        "methods": {"blocks": rest, "facts": runs.facts(material)},
    }
    for name, own in given.items():
        yield f"{name}.html", templates.get_template(f"site/{name}.html.j2").render(root="", here=name, **shared, **own)
    template = templates.get_template("site/study.html.j2")
    for name, page in studies.items():
        family = next(family for family, names in material.chapters.items() if name in names)
        text = template.render(root="../", here="", name=name, family=family, page=page, **shared)
        yield f"studies/{name}.html", text


def _bearing(material: Material) -> dict[str, list[str]]:
    """By lecture the claims and checks that bear on its topics."""
    rows = [(claim, ledger.text(row.get("bears_on")).split(", ")) for claim, row in material.ledger.items()]
    return {short: [claim for claim, lectures in rows if short in lectures] for short in material.lectures}


def methods(material: Material) -> Iterator[Block]:
    """How verdicts come about, what was run and the reporting checklist."""
    rule = notices.rule(material.config.get("failed_share", 0.1))
    yield from [Heading("How to read a verdict", 2, "verdicts"), Paragraph(prose(rule))]
    yield ademp.statistics(material.protocols.values())
    yield from training.table(material)
    yield from [Heading("What was run", 2, "run"), runs.table(material)]
    for block in checklist.chapter(material):
        yield replace(block, level=block.level + 1) if isinstance(block, Heading) else block
