"""The section of a study: protocol, results, verdicts, failures, limits, and how to get every number again."""

from __future__ import annotations

from collections.abc import Mapping

from dlstats.pipeline import grid
from dlstats.plotting.style import WIDTHS
from dlstats.protocol.study import Study
from dlstats.report import ademp, protocol, tables
from dlstats.report.blocks import (
    Block,
    Bullets,
    Column,
    Heading,
    Listing,
    Paragraph,
    Picture,
    Span,
    Table,
    Text,
    code,
    prose,
    ref,
    shown,
    verdict,
)
from dlstats.report.digits import plain, show
from dlstats.report.entries import MARGIN_DIGITS
from dlstats.report.material import Material

CLAIM_WIDTH = 2.4
"""Width of a column of claims on paper in cm; long names break."""
PAPER_ROWS = 36
"""Rows of a summary that paper shows; the rest is on screen and in the CSV file."""


def section(material: Material, name: str) -> list[Block]:
    """Everything about one study; a study without results has its protocol and says that they are missing."""
    study = material.studies.get(name)
    if study is None:
        reason = material.unloaded.get(name, "the study cannot be loaded")
        title = Heading(name.replace("_", " ").capitalize(), 2, f"sec-{name}")
        return [title, Paragraph(prose(f"Missing: {reason.rstrip('.')}."), "warning")]
    fixed = protocol.protocol(material.config, study)
    found: list[Block] = [Heading(study.title, 2, f"sec-{name}")]
    if name not in material.finished:
        found.append(Paragraph(prose("This study has no results yet; only its protocol can be shown."), "warning"))
    found += [Heading("Protocol", 3), *ademp.adem(fixed), *_hashes(material, study, fixed)]
    if name in material.finished:
        found += [*_results(material, study), *_verdicts(material, study), *_checks(material, study)]
        found += _failures(material, study) if study.experiments else []
    if study.limits:
        found += [Heading("Limits", 3), Paragraph(prose(study.limits))]
    return [*found, *_again(material, study)]


def _hashes(material: Material, study: Study, fixed: protocol.Protocol) -> list[Block]:
    record = material.records.get(study.name)
    earlier = material.registered.get(study.name)
    text: list[str | Span] = ["The protocol has the hash ", code(fixed.hash)]
    text += [", registered as ", code(earlier["hash"])] if earlier else [", not registered in a file before the run"]
    if record:
        text += ["; what was run has the hash ", code(protocol.run_digest(record))]
    found: list[Block] = [Paragraph(prose(*text, "."))]
    if study.name not in material.finished:
        return found
    changes = protocol.deviations(material.config, study, record, material.verdicts_of(study.name), earlier)
    if not changes:
        return [*found, Paragraph(prose("Deviations from the protocol: none."))]
    return [*found, Paragraph(prose("Deviations from the protocol:")), Bullets(tuple(prose(c) for c in changes))]


def _results(material: Material, study: Study) -> list[Block]:
    found: list[Block] = [Heading("Results", 3)]
    for origin in material.figures.get(study.name, ()):
        if origin["drawn"]:
            found.append(_picture(study, origin))
        else:
            reason = str(origin.get("reason") or "not drawn yet").rstrip(".")
            text = f"The figure “{origin['figure']}” is missing: {reason}."
            found.append(Paragraph(prose(text), "warning"))
    for i, grid_ in enumerate(tables.summary_grids(study, material.summaries.get(study.name, {})), start=1):
        found.append(tables.block(grid_, f"tab-{study.name}-{i}", "small", PAPER_ROWS))
    return found


def _picture(study: Study, origin: Mapping) -> Picture:
    name = str(origin["figure"])
    inputs = protocol.digest(dict(origin.get("inputs") or {})) if origin.get("inputs") else ""
    parts = [f"{origin.get('command', '')}", f"{len(origin.get('cells', []))} cells"]
    parts += [f"code {origin['fingerprint']}"] if origin.get("fingerprint") else []
    parts += [f"inputs {inputs}"] if inputs else []
    width = WIDTHS.get(str(origin.get("width")), WIDTHS["one-column"])
    caption = prose(str(origin["caption"]))
    return Picture(
        f"fig-{study.name}-{name}", str(origin["file"]), caption, str(origin["caption"]), width, "; ".join(parts)
    )


def _verdicts(material: Material, study: Study) -> list[Block]:
    rows = []
    for row in material.verdicts_of(study.name).to_dict("records"):
        name, sign = str(row["claim"]), ademp.SIGNS.get(str(row.get("relation") or ""), "")
        rows.append(
            (
                prose(ref(f"claim-{name}", name)),
                prose(str(row["statement"])),
                prose(f"{sign} {plain(row['theory'])}".strip()),
                shown(show(row["estimate"], row["mcse"])),
                prose(plain(row["margin"], MARGIN_DIGITS) if row["margin"] else "–"),
                verdict(str(row["verdict"])),
            )
        )
    columns = (
        Column(prose("claim"), width=CLAIM_WIDTH),
        Column(prose("statement"), "left", 1.0),
        Column(prose("theory"), "right"),
        Column(prose("measured"), "right"),
        Column(prose("margin"), "right"),
        Column(prose("verdict")),
    )
    caption = prose(f"{study.title}: verdicts.")
    return [Heading("Verdicts", 3), Table(f"tab-{study.name}-verdicts", caption, columns, tuple(rows), (), "small")]


def _checks(material: Material, study: Study) -> list[Block]:
    """The exact identities and counts of a study: how many hold, and each with what was found."""
    found = material.checks_of(study.name)
    if found.empty:
        return []
    rows = []
    for row in found.to_dict("records"):
        sign = ademp.SIGNS[str(row["relation"])]
        holds = "holds" if row["holds"] else "fails"
        numbers = (prose(f"{sign} {plain(row['theory'])}"), prose(plain(row["found"])), prose(str(row["values"])))
        statement = prose(str(row["statement"]))
        rows.append(
            (prose(Span("anchor", str(row["check"]), f"claim-{row['check']}")), statement, *numbers, verdict(holds))
        )
    columns = (
        Column(prose("check"), width=CLAIM_WIDTH),
        Column(prose("statement"), "left", 1.0),
        Column(prose("expected"), "right"),
        Column(prose("found"), "right"),
        Column(prose("values"), "right"),
        Column(prose("outcome")),
    )
    text = f"{int(found['holds'].sum())} of {len(found)} exact identities and counts hold."
    caption = prose(
        f"{study.title}: identities and counts computed by two routes, with the value nearest to breaking each."
    )
    key = f"tab-{study.name}-checks"
    return [Heading("Checks", 3), Paragraph(prose(text)), Table(key, caption, columns, tuple(rows), (), "small")]


def _failures(material: Material, study: Study) -> list[Block]:
    record = material.records.get(study.name)
    head = Heading("Failures", 3)
    if record is None:
        failed = max(int(table["failed"].max()) for table in material.summaries[study.name].values())
        text = f"At most {failed} replicates failed in any line of the summary." if failed else "No replicate failed."
        return [head, Paragraph(prose(text))]
    bad = record["failures"]
    total, failed = record["rows"], sum(line["failed"] for line in bad)
    text = f"{failed} of {total} rows (a row is one replicate of one method) failed."
    if not bad:
        return [head, Paragraph(prose(text))]
    rows = tuple(
        (
            (code(line["cell"]),),
            (code(line["method"]),),
            prose(line["status"].replace("_", " ")),
            prose(f"{line['failed']} of {line['of']}"),
            prose(line["reason"]),
        )
        for line in bad
    )
    columns = (
        Column(prose("cell"), "left", 1.0),
        Column(prose("method")),
        Column(prose("status")),
        Column(prose("failed"), "right"),
        Column(prose("reason"), "left", 0.6),
    )
    caption = prose(f"{study.title}: replicates that failed, by cell, method and reason.")
    return [head, Paragraph(prose(text)), Table(f"tab-{study.name}-failures", caption, columns, rows, (), "small", 24)]


def _again(material: Material, study: Study) -> list[Block]:
    cells = grid.cells(material.config, study.name)
    profile = material.profile
    again = [f"dlstats replay {study.name}.{cells[-1].experiment} {cells[-1].id} 0"] if cells else []
    lines = (
        f"snakemake --cores all {study.name}" + (f" --config profile={profile}" if profile else ""),
        f"dlstats rerun {study.name}" + (f" --profile {profile}" if profile else ""),
        *again,
    )
    text = prose("In this order: what is missing or out of date, everything from scratch, one replicate alone. Root seed ",
                 code(material.config["seed"]), ".")  # fmt: skip
    return [Heading("How to get these numbers again", 3), Paragraph(text, "lead"), Listing(lines)]


def run_row(material: Material, name: str) -> tuple[Text, ...]:
    """A line on what was run of a study: conditions, replicates, failures, time, hashes."""
    planned = len(grid.cells(material.config, name))
    record, study = material.records.get(name), material.studies.get(name)
    title = prose(ref(f"sec-{name}", name))
    fixed = prose(code(protocol.protocol(material.config, study).hash)) if study else prose("–")
    if record is None:
        done = prose(f"not recorded, {planned} planned" if name in material.finished else f"0 of {planned}")
        return (title, done, prose("–"), prose("–"), prose("–"), fixed, prose("–"))
    run = record["cells"]
    replicates = sum(about["replicates"] for about in run.values())
    failed = sum(line["failed"] for line in record["failures"])
    counts = (prose(f"{len(run)} of {planned}"), prose(str(replicates)), prose(f"{failed} of {record['rows']}"))
    return (title, *counts, prose(duration(record["core_seconds"])), fixed, prose(code(protocol.run_digest(record))))


def duration(seconds: float) -> str:
    """Core time for reading: seconds, minutes or hours."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def config_hash(config: Mapping) -> str:
    """Hash of the whole configuration."""
    return protocol.digest(config)
