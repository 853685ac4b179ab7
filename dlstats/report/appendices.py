"""What is printed once, at the end: ledger, checks, protocols and measures, provenance and replay, indexes, references."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from dlstats.report import ademp, blocks, checklist, formulas, indexes, ledger, marks, notices, protocol, runs
from dlstats.report.blocks import Block, Bullets, Column, Columns, Heading, Listing, Paragraph, right, wide
from dlstats.report.files import packaged
from dlstats.report.material import Material
from dlstats.report.text import BREAK, Content, Span, Text, anchor, code, joined, prose, ref, small, strong, verdict

TEXTS = packaged("texts.yaml")


def all_of(material: Material, titles: Mapping[str, str]) -> list[Block]:
    """The appendices; `titles` are those of the families."""
    return [
        *_ledger(material, titles),
        *_checks(material),
        *_protocols(material),
        *_provenance(material),
        *_indexes(material),
        *_references(material),
    ]


def _chapter(name: str) -> Heading:
    return Heading(TEXTS["appendices"][name], 1, name, "appendix")


def _ledger(material: Material, titles: Mapping[str, str]) -> list[Block]:
    parts: list[Block] = [
        _chapter("ledger"),
        Paragraph(prose(notices.rule(material.config.get("failed_share", 0.1))), "small"),
    ]
    parts.append(Paragraph(prose(TEXTS["p_values"]), "small"))
    for family, title in titles.items():
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
        prose(anchor(f"claim-{row.claim}", row.claim), BREAK, verdict(row.verdict)),
        prose(row.statement, *((" ", small(*more, ".")) if more else ())),
        prose(row.expected, *margin),
        prose(row.estimate, BREAK, small(f"R = {row.replicates.text}{failed}", *values)),
    )


def _checks(material: Material) -> list[Block]:
    checks = material.checks
    if checks.empty:
        return []
    text = f"{int(checks['holds'].sum())} of {len(checks)} exact identities and counts hold. {TEXTS['checks']}"
    caption = "Identities and counts computed by two routes."
    table = ledger.checks_table(checks, "tab-checks", caption, "tiny")
    return [_chapter("checks"), Paragraph(prose(text), "small"), table]


def _protocols(material: Material) -> list[Block]:
    fixed = {name: protocol.protocol(material.config, study) for name, study in material.studies.items()}
    used = [m for one in fixed.values() for e in one.experiments for m in e["measures"]]
    parts: list[Block] = []
    for name, one in fixed.items():
        parts += [
            Heading(material.studies[name].title, 3, f"protocol-{name}"),
            *(_small(prose(strong(f"{term}."), " ", said)) for term, said in ademp.paragraphs(one)),
        ]
    lead = Paragraph(prose(TEXTS["protocols"]), "small")
    return [_chapter("protocols"), lead, _measures(used), Columns(tuple(parts))] if fixed else []


def _small(text: Text) -> Paragraph:
    return Paragraph(text, "small")


def _measures(used: Iterable[Mapping]) -> blocks.Table:
    """Every statistic that is taken, once, with its formula and its Monte Carlo standard error."""
    found = {str(m["statistic"]).partition("(")[0]: None for m in used}
    rows = [(f.words, Span("math", f.typst, f.words), f.error) for f in map(formulas.find, found)]
    columns = (wide("statistic", 0.8), "formula", wide("Monte Carlo standard error"))
    note = f"R replicates with value x_r; θ is the truth, y_r, l_r, u_r further columns of the same replicate. {TEXTS['errors']}"
    caption = "Statistics over replicates and how their Monte Carlo standard errors (mcse) are found."
    return blocks.table("tab-measures", caption, columns, rows, note, size="tiny")


def _provenance(material: Material) -> list[Block]:
    run = [runs.facts_table(material), runs.table(material), *_deviations(material)]
    return [_chapter("provenance"), *run, *_replay(material), *checklist.chapter(material)]


def _deviations(material: Material) -> list[Block]:
    items = []
    for name in material.finished:
        record, earlier = material.records.get(name), material.registered.get(name)
        lines = protocol.deviations(
            material.config, material.studies[name], record, material.verdicts_of(name), earlier
        )
        items += [prose(ref(f"sec-{name}", name), f": {line}") for line in lines]
    if not items:
        return [Paragraph(prose("No study deviates from its protocol."))]
    return [Paragraph(prose("Deviations from protocols:"), "lead"), Bullets(tuple(items))]


def _replay(material: Material) -> list[Block]:
    profile = material.profile
    lines = (
        "snakemake --cores all STUDY" + (f" --config profile={profile}" if profile else ""),
        "dlstats rerun STUDY" + (f" --profile {profile}" if profile else ""),
        "dlstats replay STUDY.EXPERIMENT CELL REPLICATE",
    )
    text = prose(TEXTS["replay"], " Root seed ", code(material.config["seed"]), ".")
    return [Heading("How to get these numbers again", 2, "replay", "appendix"), Paragraph(text, "lead"), Listing(lines)]


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
        rows = [(slip.id, ", ".join(slip.lectures), slip.printed, slip.right) for slip in by_reading]
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
