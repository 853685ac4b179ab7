"""The document: summary, what was run, the ledger, a chapter for each family and in it a section for each study."""

from __future__ import annotations

import math

import pandas as pd

from dlstats.pipeline import grid
from dlstats.protocol.verdict import LEVEL
from dlstats.report import checklist, errata, families, formulas, sections
from dlstats.report.blocks import (
    Bibliography,
    Block,
    Bullets,
    Column,
    Document,
    Heading,
    Ledger,
    Paragraph,
    Span,
    Table,
    Text,
    code,
    number,
    prose,
    ref,
    shown,
    spans,
    verdict,
)
from dlstats.report.digits import show
from dlstats.report.entries import VERDICTS, entries, word
from dlstats.report.material import Material
from dlstats.report.sections import CLAIM_WIDTH, duration

TITLE = "dlstats: what theory predicts and what simulation finds"
FAMILIES = {
    "approximation": "Approximation: what networks can represent",
    "excess_risk": "Excess risk: how fast networks learn",
    "robust": "Robust and quantile losses",
    "imbalance": "Losses for imbalanced classes",
    "likelihood": "Losses from likelihoods",
    "complexity": "Complexity: covering numbers and dimensions",
    "dynamics": "Training dynamics",
    "symmetry": "Symmetry",
    "monte_carlo": "Monte Carlo methodology",
}


def build(material: Material) -> Document:
    """The whole document from what was collected."""
    blocks: list[Block] = [*_summary(material), *_run(material), *_ledger(material)]
    for family, names in grid.families(material.config).items():
        blocks.append(Heading(family_title(family), 1, f"family-{family}"))
        blocks += families.page(family, family_title(family), material.questions.get(family, ()), material.statements)
        for name in names:
            blocks += sections.section(material, name)
    blocks += checklist.chapter(material)
    keys = tuple(sorted({span.target for span in spans(blocks) if span.kind == "cite"} & set(material.sources)))
    if keys:
        blocks += [Heading("Sources", 1, "sources"), Bibliography(keys)]
    version = f"version {material.about['version']}"
    subtitle = f"Report of the profile {material.profile}, {version}" if material.profile else f"Report, {version}"
    return Document(TITLE, subtitle, _facts(material), tuple(blocks), int(material.about["timestamp"]))


def family_title(family: str) -> str:
    """The heading of a family's chapter."""
    return FAMILIES.get(family, family.replace("_", " ").capitalize())


def _facts(material: Material) -> tuple[tuple[str, Text], ...]:
    about = material.about
    commit = f"{str(about['commit'])[:12]}{', with uncommitted changes' if about['dirty'] else ''}"
    seconds = [record["core_seconds"] for record in material.records.values()]
    done = f"{len(material.finished)} of {len(material.planned)}"
    return (
        ("profile", prose(material.profile or "–")),
        ("version", prose(str(about["version"]))),
        ("commit", prose(code(commit)) if about["commit"] else prose("not known")),
        ("studies finished", prose(done)),
        ("claims judged", prose(str(len(material.verdicts)))),
        ("checks that hold", prose(f"{int(material.checks['holds'].sum())} of {len(material.checks)}")),
        ("root seed", prose(str(material.config["seed"]))),
        ("core time of the simulations", prose(duration(sum(seconds)) if seconds else "not recorded")),
        (
            "machine",
            prose(f"{about['processor']}, {about['cores']} cores, {about['memory_gib']} GiB, {about['system']}"),
        ),
        ("Python", prose(str(about["python"]))),
        ("configuration", prose(code(f"sha256 {sections.config_hash(material.config)}"))),
    )


def _summary(material: Material) -> list[Block]:
    ledger = material.verdicts
    counts = ledger["verdict"].value_counts()
    parts = [f"{counts.get(v, 0)} {v}" for v in VERDICTS if v in counts or v in ("supported", "refuted", "undecided")]
    found: list[Block] = [
        Heading("Summary", 1, "summary"),
        Paragraph(prose(f"Claims judged: {len(ledger)}, from {ledger['study'].nunique()} of {len(material.planned)} studies;"
                        f" {', '.join(parts)}. ",
                        "Every number below comes from the stored results and carries its Monte Carlo standard error"
                        " (mcse) in parentheses; a number without one was computed without randomness.")),
        *_missing(material),
        *_stale(material),
        _glance(material),
    ]  # fmt: skip
    return [*found, *_refuted(material), *_undecided(material), *_errata(material)]


def _missing(material: Material) -> list[Block]:
    missing = [name for name in material.planned if name not in material.finished]
    if not missing:
        return []
    why = {name: material.unloaded.get(name, "no results yet").rstrip(".") for name in missing}
    spans: list[str | Span] = []
    for reason in dict.fromkeys(why.values()):
        names = [part for name in missing if why[name] == reason for part in (", ", code(name))][1:]
        spans += ["; " if spans else "", f"{reason}: ", *names]
    text = prose(f"Missing from this report, {len(missing)} of {len(material.planned)} studies. ", *spans, ".")
    return [Paragraph(text, "warning")]


def _stale(material: Material) -> list[Block]:
    if not material.stale:
        return []
    names: list[str | Span] = [part for name in material.stale for part in (", ", code(name))][1:]
    text = prose(
        "Computed by other code than this report's, and kept on purpose (", code("--keep-stale"), "): ", *names, "."
    )
    return [Paragraph(text, "warning")]


def _glance(material: Material) -> Table:
    ledger, shown_verdicts = material.verdicts, [v for v in VERDICTS if v != "supported, pre-asymptotic"]
    if (ledger["verdict"] == "supported, pre-asymptotic").any():
        shown_verdicts = list(VERDICTS)
    rows = []
    for family, names in grid.families(material.config).items():
        part = ledger[ledger["family"] == family]
        finished = sum(name in material.finished for name in names)
        cells = [prose(str((part["verdict"] == v).sum())) for v in shown_verdicts]
        title = prose(ref(f"family-{family}", family_title(family)))
        rows.append((title, *cells, prose(str(len(part))), prose(f"{finished} of {len(names)}")))
    total = [prose(str((ledger["verdict"] == v).sum())) for v in shown_verdicts]
    done = f"{len(material.finished)} of {len(material.planned)}"
    rows.append((prose(Span("strong", "all")), *total, prose(str(len(ledger))), prose(done)))
    columns = (
        Column(prose("family"), "left", 1.0),
        *(Column(verdict(v), "right") for v in shown_verdicts),
        Column(prose("claims"), "right"),
        Column(prose("studies finished"), "right"),
    )
    caption = prose("The ledger at a glance: claims of each family by verdict.")
    return Table("tab-glance", caption, columns, tuple(rows))


def _refuted(material: Material) -> list[Block]:
    refuted = material.verdicts[material.verdicts["verdict"] == "refuted"]
    lectures = refuted["bears_on"].map(word)
    found: list[Block] = [Heading("Refuted statements", 2, "refuted")]
    if refuted.empty:
        return [*found, Paragraph(prose("No claim was refuted."))]
    named = refuted[lectures != ""]
    sorts = (("that bear on a lecture", named, True), ("that bear on none", refuted[lectures == ""], False))
    for name, part, with_lecture in sorts:
        if len(part):
            found.append(_claims_table(f"tab-refuted-{'lectures' if with_lecture else 'others'}",
                                       f"Refuted statements {name}, with the evidence.", part, with_lecture))  # fmt: skip
    if named.empty:
        found.insert(1, Paragraph(prose("No statement that bears on a lecture was refuted.")))
    return found


def _claims_table(key: str, caption: str, part: pd.DataFrame, with_lecture: bool) -> Table:
    rows = []
    for row in part.to_dict("records"):
        name = str(row["claim"])
        lecture = [prose(word(row["bears_on"]))] if with_lecture else []
        numbers = (number(row["theory"]), shown(show(row["estimate"], row["mcse"])))
        rows.append((prose(ref(f"claim-{name}", name)), *lecture, prose(str(row["statement"])), *numbers))
    columns = [Column(prose("claim"), width=CLAIM_WIDTH)] + ([Column(prose("bears on"))] if with_lecture else [])
    columns += [Column(prose("statement"), "left", 1.0), Column(prose("stated"), "right")]
    return Table(key, prose(caption), (*columns, Column(prose("measured"), "right")), tuple(rows))


def _undecided(material: Material) -> list[Block]:
    open_ = material.verdicts[material.verdicts["verdict"] == "undecided"]
    if open_.empty:
        return []
    items = []
    for row in open_.to_dict("records"):
        name, needed, note = str(row["claim"]), row.get("needed"), word(row.get("note"))
        text = f": measured {show(row['estimate'], row['mcse']).text}, stated {show(row['theory']).text}"
        if isinstance(needed, int | float) and math.isfinite(needed):
            text += f"; about {needed:.0f} replicates would decide (there were {row['replicates']:.0f})"
        items.append(prose(ref(f"claim-{name}", name), text + (f"; {note.rstrip('.')}" if note else "") + "."))
    return [Heading("Undecided claims", 2, "undecided"), Bullets(tuple(items))]


def _errata(material: Material) -> list[Block]:
    if not material.errata:
        return []
    rows = tuple(
        (
            prose(slip.id),
            prose(", ".join(slip.lectures)),
            prose(slip.printed),
            prose(slip.right),
            errata.evidence(slip, material.statements),
        )
        for slip in material.errata
    )
    columns = (
        Column(prose("slip")),
        Column(prose("lecture")),
        Column(prose("the lecture prints"), "left", 1.0),
        Column(prose("what holds"), "left", 1.2),
        Column(prose("evidence"), "left", 0.9),
    )
    names = "; ".join(f"{short}: {name}" for short, name in material.lectures.items())
    caption = prose("Slips in the lectures. Evidence names claims of the ledger, with what was measured.")
    table = Table("tab-errata", caption, columns, rows, prose(f"{names}."), "small")
    return [Heading("Errata of the lectures", 2, "errata"), table]


def _run(material: Material) -> list[Block]:
    packages = ", ".join(f"{name} {version}" for name, version in material.about["packages"].items())
    rows = [sections.run_row(material, name) for name in material.planned]
    columns = (
        Column(prose("study"), "left", 1.0),
        *(Column(prose(w), "right") for w in ("conditions run", "replicates", "rows failed", "core time")),
        *(Column(prose(w)) for w in ("protocol", "run")),
    )
    note = prose("Protocol and run are hashes: of what was fixed before, and of the cells, replicates, seeds and code"
                 " behind the results.")  # fmt: skip
    caption = prose("What was run: every study of the configuration.")
    gpus = material.about.get("gpus", 0)
    times = (
        f"{gpus} on this machine, time on them is part of the core time" if gpus else "none here, so that GPU time is 0"
    )
    threads = f"One thread a process (OMP_NUM_THREADS = {material.about['threads']}), device {_device(material)}; GPUs: {times}."
    return [
        Heading("What was run", 1, "run"),
        Table("tab-run", caption, columns, tuple(rows), note, "small"),
        Paragraph(prose(f"{threads} {material.about.get('determinism', '')} Packages: {packages}.")),
    ]


def _device(material: Material) -> str:
    return str(material.config.get("device", "auto"))


def _ledger(material: Material) -> list[Block]:
    percent = f"{100 * LEVEL:g} %"
    inside = f"{100 * (1 - 2 * LEVEL):g} %"
    rule = (
        "A claim states a number, with a margin that was fixed before the run. Exact claims (no randomness) hold or do"
        f" not. A claim that a number equals theory is supported when the {inside} interval lies within the margin"
        f" (two one-sided tests of level {percent}); “at most” and “at least” are one-sided with the margin as slack. It"
        f" is refuted when the margin is excluded at level {percent}, adjusted by Holm over the whole ledger. Whatever"
        " is neither is undecided. A claim that is supported although the fitted form does not fit is marked"
        " pre-asymptotic; a claim that rests on cells with more than"
        f" {100 * material.config.get('failed_share', 0.1):g} % of failed replicates is undecided."
    )
    found: list[Block] = [
        Heading("The ledger", 1, "ledger"),
        Paragraph(prose(rule)),
        Paragraph(prose(formulas.EXPLAINED)),
    ]
    if material.unadjusted:
        names = ", ".join(material.unadjusted)
        found.append(Paragraph(prose(f"Not yet adjusted over the whole ledger: {names}."), "warning"))
    if material.verdicts.empty:
        return [*found, Paragraph(prose("No claim has been judged yet."), "warning")]
    shown_studies = [name for name in material.planned if name in material.studies]
    caption = prose("The ledger: what theory predicts, what was measured, and the verdict.")
    families = tuple((family, family_title(family)) for family in grid.families(material.config))
    rows = entries(material.verdicts, material.sources, shown_studies)
    return [*found, Ledger("ledger-table", caption, rows, families)]
