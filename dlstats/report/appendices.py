"""What is printed once, at the end: ledger, checks, protocols and measures, provenance and replay, indexes, references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from dlstats.report import ademp, blocks, checklist, indexes, ledger, marks, notices, runs, training
from dlstats.report.blocks import Block, Bullets, Column, Columns, Heading, Paragraph, right, wide
from dlstats.report.files import packaged
from dlstats.report.material import Material
from dlstats.report.text import BREAK, Content, Span, Text, joined, prose, ref, small

TEXTS = packaged("texts.yaml")


def all_of(material: Material) -> list[Block]:
    """The appendices."""
    return [
        *_ledger(material),
        *_checks(material),
        *_protocols(material),
        *_provenance(material),
        *_indexes(material),
        *_references(material),
    ]


def _chapter(name: str) -> Heading:
    return Heading(TEXTS["appendices"][name], 1, name, "appendix")


def _ledger(material: Material) -> list[Block]:
    parts: list[Block] = [
        _chapter("ledger"),
        Paragraph(prose(notices.rule(material.config.get("failed_share", 0.1))), "small"),
    ]
    parts.append(Paragraph(prose(TEXTS["p_values"]), "small"))
    for family in material.chapters:
        title = notices.family_title(family)
        part = material.verdicts[material.verdicts["family"] == family]
        if len(part):
            parts += [Heading(title, 2, f"ledger-{family}", "appendix"), ledger_table(part, material, family, title)]
    return parts


def ledger_table(part: pd.DataFrame, material: Material, family: str, title: str) -> blocks.Table:
    """The claims of a family: what is said and by whom, what is required, what was found, and the verdict."""
    rows = [_claim(record, material) for record in part.to_dict("records")]
    columns = (
        Column(prose("claim, verdict"), width=2.4),
        wide("statement and who says it"),
        right("required"),
        right("found (mcse)"),
    )
    return blocks.table(f"tab-ledger-{family}", f"{title}: the ledger.", columns, rows, size="tiny")


def _claim(record: Mapping, material: Material) -> tuple[Content, ...]:
    row = ledger.row(record)
    why = ledger.text(record.get("reason")) or (ledger.text(record.get("note")) if row.verdict == "not run" else "")
    needed = ledger.known(record, "needed")
    why += f" (about {needed:,.0f} replicates)" if needed is not None else ""
    more = [*ledger.source(record, material.sources), *([f". Why: {why}"] if why else [])]
    margin = (BREAK, small("margin ", row.margin)) if row.margin.is_number else ()
    values = ("; p ", row.p_against, ", ", row.p_for) if row.p_for.is_number else ()
    failed = f", {row.failed.text} failed" if row.failed.text not in ("0", "–") else ""
    return (
        prose(Span("anchor", row.claim, f"claim-{row.claim}"), BREAK, Span("verdict", row.verdict)),
        prose(row.statement, *((" ", small(*more, ".")) if more else ())),
        prose(row.expected, *margin),
        prose(row.estimate, BREAK, small(f"R = {row.replicates.text}{failed}", *values)),
    )


def _checks(material: Material) -> list[Block]:
    if material.checks.empty:
        return []
    text = f"{marks.held(material.checks)} {TEXTS['checks']}"
    table = ledger.checks_table(material.checks, "tab-checks", "Identities and counts computed by two routes.", "tiny")
    return [_chapter("checks"), Paragraph(prose(text), "small"), table]


def _protocols(material: Material) -> list[Block]:
    parts: list[Block] = []
    for name, fixed in material.protocols.items():
        parts += [Heading(fixed.title, 3, f"protocol-{name}"), *(replace(p, tone="small") for p in ademp.adem(fixed))]
    lead, measures = Paragraph(prose(TEXTS["protocols"]), "small"), ademp.statistics(material.protocols.values())
    held = [lead, measures, *training.table(material), Columns(tuple(parts))]
    return [_chapter("protocols"), *held] if parts else []


def _provenance(material: Material) -> list[Block]:
    return [
        _chapter("provenance"),
        runs.facts_table(material),
        runs.table(material),
        *_deviations(material),
        Heading("How to get these numbers again", 2, "replay", "appendix"),
        *runs.again(material),
        *checklist.chapter(material),
    ]


def _deviations(material: Material) -> list[Block]:
    items = [
        prose(ref(f"sec-{name}", name), f": {line}") for name in material.finished for line in material.deviations(name)
    ]
    if not items:
        return [Paragraph(prose("No study deviates from its protocol."))]
    return [Paragraph(prose("Deviations from protocols:"), "lead"), Bullets(tuple(items))]


def _indexes(material: Material) -> list[Block]:
    statements = material.statements
    studies = {name: material.studies[name] for name in material.finished}
    by_reading = [slip for slip in material.errata if not slip.claims]
    found = {
        "slides": indexes.by_slide(statements, material.errata),
        "theorems": indexes.by_theorem(statements, material.sources),
        "losses": indexes.by_loss(studies),
        "authors": indexes.by_author(statements, material.sources),
    }
    parts: list[Block] = [_chapter("indexes")]
    for name, lines in found.items():
        if lines:
            items = tuple(_line(line, material.ledger) for line in lines)
            parts += [Heading(TEXTS["indexes"][name], 2, f"index-{name}", "appendix"), Bullets(items, "tiny", 3)]
    if by_reading:
        rows = [(slip.id, ", ".join(slip.lectures), slip.line, slip.right) for slip in by_reading]
        columns = ("slip", "lecture", wide("the slide says"), wide("what holds"))
        parts.append(blocks.table("tab-slips", TEXTS["indexes"]["slips"], columns, rows, size="tiny"))
    return parts


def _line(line: indexes.Line, known: Mapping[str, Mapping]) -> Text:
    claims = [marks.mark(c, str(known[c]["verdict"])) for c in line.claims if c in known]
    studies = [ref(f"sec-{name}") for name in line.studies]
    notes = [line.note] if line.note else []
    return prose(line.term, "  ", joined([*notes, *claims, *studies], ", "))


def _references(material: Material) -> list[Block]:
    return [_chapter("references"), blocks.Bibliography()] if material.sources else []
