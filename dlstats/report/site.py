"""The report as a small site of static pages, which opens from a file system and from any web server, without a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from markupsafe import Markup

from dlstats.pipeline import grid
from dlstats.protocol import origin
from dlstats.protocol.verdict import VERDICTS
from dlstats.report import (
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
ASSETS = ("site.css", "site.js")


def write(material: Material, reports: Path, folder: Path) -> list[Path]:
    """Write the site into `folder`, in place of what is there, and return the paths of its files, `index.html` first.

    `reports` holds the figures, tables and the bibliography file.
    """
    cards = gallery.cards(material, reports)
    studies = {name: sections.study_page(material, name) for name in material.planned}
    entries = ledger.entries(material.verdicts, material.sources, list(studies))
    rest = tuple(methods(material))
    checks = {str(row["check"]): str(row["study"]) for row in material.checks.to_dict("records")}
    links = targets(studies, entries, rest) | {
        f"claim-{name}": f"studies/{at}.html#checks" for name, at in checks.items()
    }
    shared = common(material, cards, studies, links) | printed(material, (studies.values(), entries, rest), reports)
    rendered = dict(_pages(material, studies, entries, rest, shared))
    templates = html.environment()
    assert templates.loader
    texts = rendered | {name: templates.loader.get_source(templates, f"site/{name}")[0] for name in ASSETS}
    texts["search.js"] = search.script(_hits(material, studies, entries, cards, links))
    shutil.rmtree(folder, ignore_errors=True)
    paths = [write_text(folder / name, text) for name, text in texts.items()]
    table = material.verdicts.to_csv(index=False, lineterminator="\n")
    return [*paths, write_bytes(folder / "data" / "ledger.csv", table.encode()), *gallery.write(cards, folder)]


def targets(
    studies: Mapping[str, sections.StudyPage], entries: Iterable[Entry], rest: Iterable[Block]
) -> dict[str, str]:
    """Where in the site every key stands."""
    links = {key: f"methods.html#{key}" for key in blocks.targets(rest)}
    for name, page in studies.items():
        place = f"studies/{name}.html"
        links |= {key: f"{place}#{key}" for key in blocks.targets((*page.opening, *page.blocks))}
        links[f"sec-{name}"] = place
    return links | {f"claim-{e.row.claim}": f"ledger.html#claim-{e.row.claim}" for e in entries}


def common(
    material: Material,
    cards: Mapping[str, gallery.Card],
    studies: Mapping[str, sections.StudyPage],
    links: Mapping[str, str],
) -> dict[str, Any]:
    """What all templates are given."""
    environment = material.environment
    by_study: dict[str, gallery.Card] = {}
    for card in cards.values():
        by_study.setdefault(card.study, card)
    counts = material.verdicts["verdict"].value_counts()
    parts = (f"Profile {material.profile}, " if material.profile else "", f"version {environment['version']}")
    return {
        "policy": html.POLICY,
        "pages": PAGES,
        "labels": PAGES,
        "title": notices.TEXTS["title"],
        "profile": material.profile,
        "edition": f"{''.join(parts)}, commit {str(environment['commit'])[:12] or 'not known'}.",
        "signs": SIGNS | {"holds": "✓", "fails": "‼"},
        "links": links,
        "cards": cards,
        "first": by_study,
        "sources": material.sources,
        "titles": {family: notices.family_title(family) for family in grid.families(material.config)},
        "verdicts": {word: int(counts[word]) for word in VERDICTS if word in counts},
        "total": len(material.verdicts),
        "planned": len(studies),
        "finished": len(material.finished),
        "notes": notices.notices(material),
    }


def printed(material: Material, parts: Any, reports: Path) -> dict[str, Any]:
    """The formulas of the pages as MathML, and the references that they cite in the order of their authors."""
    held = [span for part in parts for inner in part for span in spans(_plain(inner))]
    cited = sorted({s.target for s in held if s.kind == "cite"}, key=lambda key: material.sources[key].short.casefold())
    formulas, references = typst.html((s.text for s in held if s.kind == "math"), cited, reports)
    return {
        "formulas": {source: Markup(formula) for source, formula in formulas.items()},
        "references": {key: Markup(reference) for key, reference in references.items()},
    }


def _plain(part: Any) -> Any:
    return (part.opening, part.entries, part.blocks) if isinstance(part, sections.StudyPage) else part


def _pages(
    material: Material,
    studies: Mapping[str, sections.StudyPage],
    entries: tuple[Entry, ...],
    rest: tuple[Block, ...],
    shared: Mapping[str, Any],
) -> Iterator[tuple[str, str]]:
    templates = html.environment()
    told = findings.told(material.findings, material.sentences, material.ledger)
    given: dict[str, dict[str, Any]] = {
        "index": {"findings": told, "families": list(_families(material, studies))},
        "figures": {},
        "ledger": {"entries": entries, "lectures": material.lectures, "meanings": origin.MEANING},
        "lectures": {"lectures": lectures(material)},
        "methods": {"blocks": rest, "facts": [(str(name), prose(text)) for name, text in runs.facts(material)]},
    }
    for name, own in given.items():
        yield f"{name}.html", templates.get_template(f"site/{name}.html.j2").render(root="", here=name, **shared, **own)
    for name, page in studies.items():
        own = {"study": {"name": name, "title": page.title, "family": _family(material, name)}}
        own |= {"opening": page.opening, "entries": page.entries, "blocks": page.blocks}
        template = templates.get_template("site/study.html.j2")
        yield f"studies/{name}.html", template.render(root="../", here="", **shared, **own)


def _family(material: Material, study: str) -> str:
    return next(family for family, names in grid.families(material.config).items() if study in names)


def methods(material: Material) -> Iterator[Block]:
    """How verdicts come about, what was run and the reporting checklist."""
    rule = notices.rule(material.config.get("failed_share", 0.1))
    texts = (Paragraph(prose(text)) for text in (rule, notices.TEXTS["errors"]))
    yield from [Heading("How to read a verdict", 2, "verdicts"), *texts]
    yield from [Heading("What was run", 2, "run"), runs.table(material)]
    for block in checklist.chapter(material):
        yield replace(block, level=block.level + 1) if isinstance(block, Heading) else block


def _families(material: Material, studies: Mapping[str, sections.StudyPage]) -> Iterator[dict[str, Any]]:
    for family, names in grid.families(material.config).items():
        asked = material.questions.get(family, ())
        answers = families.page(family, asked, material.sentences, material.statements)
        questions = [
            {
                "key": answer.key,
                "question": q.question,
                "answer": answer.text,
                "claims": families.judged(q, material.ledger),
            }
            for q, answer in zip(asked, answers, strict=True)
        ]
        rows = [
            {"name": name, "title": studies[name].title, "verdicts": _counts(studies[name].entries)} for name in names
        ]
        claims = int((material.verdicts["family"] == family).sum())
        yield {
            "name": family,
            "title": notices.family_title(family),
            "questions": questions,
            "tables": families.tables(family, asked),
            "studies": rows,
            "claims": claims,
        }


def _counts(entries: Iterable[Entry]) -> dict[str, int]:
    words = [entry.row.verdict for entry in entries]
    return {word: words.count(word) for word in VERDICTS if word in words}


def lectures(material: Material) -> dict[str, dict[str, Any]]:
    """By lecture what it states, where it slips, and the claims that bear on its topics."""
    rows = material.statements.to_dict("records")
    found: dict[str, dict[str, Any]] = {}
    for short, name in material.lectures.items():
        stated = [_stated(row) for row in rows if row["origin"] == "stated" and row["cite"] == short]
        slips = [
            {
                "id": slip.id, "place": slip.place, "right": prose(slip.right),
                "printed": prose(f"“{slip.quote}”" + (f", {slip.formula}" if slip.formula else "")),
                "evidence": errata.evidence(slip, material.statements),
            }
            for slip in material.errata if short in slip.lectures
        ]  # fmt: skip
        bearing = [
            (str(r["claim"]), str(r["verdict"])) for r in rows if short in ledger.text(r.get("bears_on")).split(", ")
        ]
        found[short] = {"short": short, "name": name, "stated": stated, "slips": slips, "bearing": bearing}
    return found


def _stated(row: Mapping) -> dict[str, Any]:
    place, _, quote = str(row["source"]).partition(": “")
    words = {"claim": str(row["claim"]), "verdict": str(row["verdict"]), "statement": prose(str(row["statement"]))}
    return words | {"place": place, "quote": f"“{quote}" if quote else ""}


def _hits(
    material: Material,
    studies: Mapping[str, sections.StudyPage],
    entries: Iterable[Entry],
    cards: Mapping[str, gallery.Card],
    links: Mapping[str, str],
) -> list[search.Hit]:
    hits = search.studies(material.studies.values(), links)
    for family in _families(material, studies):
        for q in family["questions"]:
            hits.append(search.Hit("question", q["question"], f"index.html#{q['key']}", characters(q["answer"])))
    for slip in material.errata:
        place = f"lectures.html#lecture-{slip.lectures[0]}"
        hits.append(search.Hit("lecture", slip.place, place, f"{slip.printed} {slip.right}"))
    return [*hits, *search.figures(cards.values(), links), *search.claims(entries, links)]
