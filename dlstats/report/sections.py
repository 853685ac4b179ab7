"""The section of a study: protocol, results, verdicts, failures, limits, and how to get every number again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from dlstats.pipeline import grid, store
from dlstats.plotting.style import WIDTHS
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Study
from dlstats.report import ademp, blocks, families, ledger, marks, protocol, runs, sentences, tables
from dlstats.report.blocks import Answer, Block, Bullets, Heading, Paragraph, Picture, Table, right, wide
from dlstats.report.digits import UNKNOWN, show
from dlstats.report.material import Material
from dlstats.report.text import Content, Span, characters, code, prose, strong


@dataclass(frozen=True)
class StudyPage:
    """What the page of a study shows: its opening with the figures, its claims, and everything else."""

    title: str
    opening: tuple[Block, ...]
    entries: tuple[ledger.Entry, ...] = ()
    blocks: tuple[Block, ...] = ()


def study_page(material: Material, name: str) -> StudyPage:
    """Everything about one study; one without results has its protocol and says that they are missing."""
    study, finished = material.studies.get(name), name in material.finished
    if study is None:
        return StudyPage(_title(material, name), (_missing(material, name),))
    opening: list[Block] = [Paragraph(prose(study.aims), "lead")]
    parts: list[Block] = [Heading("Protocol", 2), *ademp.adem(material.protocols[name])]
    parts += _hashes(material, name)
    if finished:
        opening += [*result(material, study), *figures(material, study), *own_tables(material, study)]
        parts += [Heading("Results", 2), *_tables(material, study), *_checks(material, study)]
        parts += _failures(material, study)
    else:
        text = f"This study is not finished ({material.missing(name)}); only its protocol can be shown."
        opening.append(Paragraph(prose(text), "warning"))
    parts += [Heading("Limits", 2), Paragraph(prose(study.limits))] if study.limits else []
    cells = grid.cells(material.config, name)
    replicate = f"{name}.{cells[-1].experiment} {cells[-1].id} 0" if cells else ""
    parts += [Heading("How to get these numbers again", 2), *runs.again(material, name, replicate)]
    entries = ledger.entries(material.verdicts_of(name), material.sources, ())
    return StudyPage(study.title, tuple(opening), entries, tuple(parts))


def _title(material: Material, name: str) -> str:
    study = material.studies.get(name)
    return study.title if study else name.replace("_", " ").capitalize()


def _missing(material: Material, name: str) -> Paragraph:
    return Paragraph(prose(f"Missing: {material.missing(name)}."), "warning")


def brief(material: Material, name: str) -> list[Block]:
    """A study for reading: what is asked, what came of it in sentences, its figures, and what limits the answer."""
    study, head = material.studies.get(name), Heading(_title(material, name), 2, f"sec-{name}")
    if study is None or name not in material.finished:
        return [head, _missing(material, name)]
    command = f"dlstats rerun {name}" + (f" --profile {material.profile}" if material.profile else "")
    return [
        head,
        Paragraph(prose(strong("Aim."), " ", study.aims)),
        *result(material, study),
        *figures(material, study),
        *own_tables(material, study),
        Paragraph(prose(strong("Limits."), " ", study.limits, " ", _failed(material, name)), "lead"),
        Paragraph(prose("Protocol: page ", Span("page", "", f"protocol-{name}"), "; again: ", code(command)), "small"),
    ]


def result(material: Material, study: Study) -> list[Block]:
    """What came of a study in sentences: of few a paragraph, of more a list for each question of the family that they answer."""
    ids, known = [one.id for one in (*study.claims, *study.checks)], material.ledger
    lines = sentences.told(material.sentences, ids, known)
    if len(lines) <= sentences.FEW:
        return [Answer(prose("Result."), sentences.text(lines), marks.marks(ids, known))]
    verdicts, checks = material.verdicts_of(study.name), material.checks_of(study.name)
    parts: list[Block] = [Paragraph(prose(strong("Result."), " ", families.lead(verdicts, checks).text))]
    parts += families.by_topic(material.questions.get(study.family, ()), material.sentences, ids, known, marks.told)
    said = {claim for line in lines for claim in line.claims}
    rest = [claim for claim in ids if claim not in said]
    return [*parts, *([Paragraph(prose("Further checks: ", marks.marks(rest, known), "."), "small")] if rest else [])]


def figures(material: Material, study: Study) -> list[Block]:
    """The figures of a study in their order; of one that is not drawn, why."""
    held = material.figures.get(study.name, ())
    return [_picture(study, origin) if origin["drawn"] else _undrawn(origin) for origin in held]


def own_tables(material: Material, study: Study) -> Iterator[Table]:
    """The tables that a study makes itself, with what they cite; none of one of whose rows nothing is there."""
    evidence = Evidence(material.summaries.get(study.name, {}), experiments=study.experiments)
    for own in study.tables:
        rows = [[part if isinstance(part, str) else show(*part) for part in row] for row in own.rows(evidence)]
        cited = [Span("cite", material.sources[key].short, key) for key in own.cites if key in material.sources]
        if rows:
            key = f"tab-{study.name}-{own.name}"
            yield blocks.table(key, own.caption, tuple(own.columns), rows, prose(own.note, " ", *cited))


def _undrawn(origin: Mapping) -> Paragraph:
    reason = str(origin.get("reason") or "not drawn yet").rstrip(".")
    return Paragraph(prose(f"The figure “{origin['figure']}” is missing: {reason}."), "warning")


def _failed(material: Material, name: str) -> str:
    """How many rows failed and why, in a sentence; nothing for a study of checks alone."""
    record = material.records.get(name)
    if record is None or not record["rows"]:
        return ""
    reasons: Counter[str] = Counter()
    for line in record["failures"]:
        reasons[line["status"].replace("_", " ")] += line["failed"]
    if not reasons:
        return f"None of {record['rows']:,} rows (a row is one replicate of one method) failed."
    why = sentences.listed([f"{word} {n:,}" for word, n in reasons.most_common()])
    return f"{sum(reasons.values()):,} of {record['rows']:,} rows (a row is one replicate of one method) failed: {why}."


def pictures(material: Material) -> dict[str, Picture]:
    """The figures of all studies that are drawn, by key."""
    drawn = (_picture(material.studies[n], o) for n, held in material.figures.items() for o in held if o["drawn"])
    return {picture.key: picture for picture in drawn}


def _hashes(material: Material, name: str) -> list[Block]:
    record, earlier = material.records.get(name), material.registered.get(name)
    text: list[Content] = ["The protocol has the hash ", code(material.protocols[name].hash)]
    text += [", registered as ", code(earlier["hash"])] if earlier else [", not registered in a file before the run"]
    text += ["; what was run has the hash ", code(protocol.run_digest(record))] if record else []
    changes = material.deviations(name) if name in material.finished else []
    none = [" It does not deviate from the protocol."] if name in material.finished and not changes else []
    listed = [Paragraph(prose("Deviations from the protocol:")), Bullets(tuple(map(prose, changes)))] if changes else []
    return [Paragraph(prose(*text, ".", *none)), *listed]


def _tables(material: Material, study: Study) -> Iterator[Table]:
    """The summaries; what their numbers in parentheses are is said once for all."""
    for number, table in enumerate(tables.of_study(study, material.summaries.get(study.name, {})), start=1):
        note = prose(UNKNOWN if UNKNOWN in characters(table.note) else "")
        yield replace(table, key=f"tab-{study.name}-{number}", note=note)


def _picture(study: Study, origin: Mapping) -> Picture:
    """A figure with the command that draws it and the hashes of what it was drawn from."""
    parts = [str(origin.get("command", "")), f"{len(origin.get('cells', []))} cells"]
    if origin.get("fingerprint"):
        parts.append(f"fingerprint of the code that computed them {origin['fingerprint']}")
    if origin.get("inputs"):
        parts.append(f"digest of the files read {store.digest(dict(origin['inputs']))}")
    width = WIDTHS.get(str(origin.get("width")), WIDTHS["one-column"])
    caption = str(origin["caption"])
    key, path = f"fig-{study.name}-{origin['figure']}", str(origin["file"])
    return Picture(key, path, prose(caption), caption, width, "; ".join(parts))


def _checks(material: Material, study: Study) -> list[Block]:
    """The exact identities and counts of a study: how many hold, and each with what was found."""
    checks = material.checks_of(study.name)
    if checks.empty:
        return []
    caption = f"{study.title}: identities and counts computed by two routes, with the value nearest to breaking each."
    table = ledger.checks_table(checks, f"tab-{study.name}-checks", caption)
    return [Heading("Checks", 2), Paragraph(prose(marks.held(checks))), table]


def _failures(material: Material, study: Study) -> list[Block]:
    text, record = _failed(material, study.name), material.records.get(study.name)
    if record is None or not text:
        return []
    parts: list[Block] = [Heading("Failures", 2), Paragraph(prose(text)), *_noted(record.get("noted", ()))]
    shown = ((ln, ln["status"].replace("_", " "), f"{ln['failed']} of {ln['of']}") for ln in record["failures"])
    rows = [(code(ln["cell"]), code(ln["method"]), status, of, ln["reason"]) for ln, status, of in shown]
    columns = (wide("cell"), "method", "status", right("failed"), wide("reason", 0.6))
    caption = f"{study.title}: replicates that failed, by cell, method and reason."
    return [*parts, *([blocks.table(f"tab-{study.name}-failures", caption, columns, rows)] if rows else [])]


def _noted(lines: Iterable[Mapping]) -> list[Block]:
    """Rows that count though something is to be said of them, such as networks with a dead layer."""
    counts: Counter[str] = Counter()
    for line in lines:
        counts[line["reason"]] += line["rows"]
    return [Paragraph(prose(f"{rows} of the rows that count are noted: {reason}.")) for reason, rows in counts.items()]
