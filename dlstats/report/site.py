"""The report as a small site of static pages, which opens from a file system and from any web server, without a network."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from markupsafe import Markup

from dlstats.pipeline import grid
from dlstats.protocol import origin
from dlstats.protocol.verdict import VERDICTS
from dlstats.report import (
    ademp,
    blocks,
    checklist,
    errata,
    families,
    findings,
    gallery,
    html,
    ledger,
    notices,
    runs,
    search,
    sections,
    training,
    typst,
)
from dlstats.report.blocks import Answer, Block, Heading, Paragraph
from dlstats.report.files import write_bytes, write_text
from dlstats.report.ledger import Entry
from dlstats.report.material import Material
from dlstats.report.text import SIGNS, prose, spans

PAGES = {
    "index": "Findings", "figures": "Figures", "ledger": "Ledger", "lectures": "Lectures", "methods": "Methods",
}  # fmt: skip
"""The pages that every page leads to; those of the studies lie in `studies/`."""
ASSETS = ("site.css", "site.js")


def write(material: Material, reports: Path, folder: Path) -> list[Path]:
    """Write the site into `folder`, in place of what is there, and return the paths of its files, `index.html` first.

    `reports` holds the figures, tables and the bibliography file.
    """
    cards = gallery.cards(material, reports)
    studies = {name: sections.study_page(material, name) for name in material.planned}
    entries = ledger.entries(material.verdicts, material.sources, list(studies))
    rest = tuple(methods(material))
    answers = {
        family: families.page(family, material.questions.get(family, ()), material.sentences, material.statements)
        for family in grid.families(material.config)
    }
    links = targets(material, studies, entries, rest)
    shared = common(material, cards, studies, links) | printed(material, (studies.values(), entries, rest), reports)
    texts = dict(_pages(material, studies, entries, rest, answers, shared))
    templates = html.environment()
    assert templates.loader
    texts |= {name: templates.loader.get_source(templates, f"site/{name}")[0] for name in ASSETS}
    asked = itertools.chain.from_iterable(answers.values())
    texts["search.js"] = search.script(search.hits(material, asked, cards.values(), entries, links))
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
    environment = material.environment
    by_study = {card.study: card for card in reversed(list(cards.values()))}
    counts = material.verdicts["verdict"].value_counts()
    profile = f"Profile {material.profile}, " if material.profile else ""
    held = grid.families(material.config)
    return {
        "policy": html.POLICY,
        "pages": PAGES,
        "title": notices.TEXTS["title"],
        "edition": f"{profile}version {environment['version']}, commit {str(environment['commit'])[:12] or 'not known'}.",
        "signs": SIGNS,
        "links": links,
        "cards": cards,
        "first": by_study,
        "material": material,
        "families": held,
        "titles": {family: notices.family_title(family) for family in held},
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
    answers: Mapping[str, Sequence[Answer]],
    shared: Mapping[str, Any],
) -> Iterator[tuple[str, str]]:
    templates = html.environment()
    told = findings.told(material.findings, material.sentences, material.ledger)
    tables = {family: families.tables(family, material.questions.get(family, ())) for family in answers}
    given: dict[str, dict[str, Any]] = {
        "index": {"findings": told, "answers": answers, "tables": tables, "studies": studies},
        "figures": {},
        "ledger": {"entries": entries, "meanings": origin.MEANING},
        "lectures": {"evidence": errata.evidence, "bearing": _bearing(material)},
        "methods": {"blocks": rest, "facts": runs.facts(material)},
    }
    for name, own in given.items():
        yield f"{name}.html", templates.get_template(f"site/{name}.html.j2").render(root="", here=name, **shared, **own)
    template = templates.get_template("site/study.html.j2")
    for name, page in studies.items():
        family = next(family for family, names in shared["families"].items() if name in names)
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
