"""The document: summary, what was run, the ledger, a chapter for each family and in it a section for each study."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dlstats.pipeline import grid, store
from dlstats.protocol import origin
from dlstats.protocol.verdict import AGAINST, CONFLICT, CONFLICTS, LEVEL, NOT_REACHED, VERDICTS
from dlstats.report import blocks, checklist, errata, families, ledger, sections
from dlstats.report.blocks import Block, Heading, Paragraph, Text, code, joined, prose, ref, right, wide
from dlstats.report.files import packaged
from dlstats.report.material import Material

TEXTS = packaged("texts.yaml")


def build(material: Material) -> blocks.Document:
    """The whole document from what was collected."""
    content: list[Block] = [*_summary(material), *_run(material), *_ledger(material)]
    for family, names in grid.families(material.config).items():
        content.append(Heading(family_title(family), 1, f"family-{family}"))
        content += families.page(family, family_title(family), material.questions.get(family, ()), material.statements)
        for name in names:
            content += sections.section(material, name)
    content += checklist.chapter(material)
    if any(span.kind == "cite" for span in blocks.spans(content)):
        content += [Heading("Sources", 1, "sources"), blocks.Bibliography()]
    version = f"version {material.environment['version']}"
    subtitle = f"Report of the profile {material.profile}, {version}" if material.profile else f"Report, {version}"
    return blocks.Document(
        TEXTS["title"], subtitle, _facts(material), tuple(content), int(material.environment["timestamp"])
    )


def family_title(family: str) -> str:
    """The heading of a family's chapter."""
    return TEXTS["families"].get(family, family.replace("_", " ").capitalize())


def _facts(material: Material) -> tuple[tuple[str, Text], ...]:
    environment = material.environment
    commit = f"{str(environment['commit'])[:12]}{', with uncommitted changes' if environment['dirty'] else ''}"
    seconds = [record["core_seconds"] for record in material.records.values()]
    facts: dict[str, blocks.Content] = {
        "profile": material.profile or "–",
        "version": str(environment["version"]),
        "commit": code(commit) if environment["commit"] else "not known",
        "studies finished": f"{len(material.finished)} of {len(material.planned)}",
        "claims judged": len(material.verdicts),
        "checks that hold": f"{int(material.checks['holds'].sum())} of {len(material.checks)}",
        "root seed": str(material.config["seed"]),
        "core time of the simulations": sections.duration(sum(seconds)) if seconds else "not recorded",
        "machine": "{processor}, {cores} cores, {memory_gib} GiB, {system}".format(**environment),
        "Python": str(environment["python"]),
        "configuration": code(f"sha256 {store.digest(material.config)}"),
    }
    return tuple((name, prose(content)) for name, content in facts.items())


def _summary(material: Material) -> list[Block]:
    verdicts = material.verdicts
    counts = verdicts["verdict"].value_counts()
    parts = ", ".join(f"{counts[v]} {v}" for v in VERDICTS if v in counts)
    text = (
        f"Claims judged: {len(verdicts)}, from {verdicts['study'].nunique()} of {len(material.planned)} studies; {parts}."
        " Every number below comes from the stored results and carries its Monte Carlo standard error (mcse) in"
        " parentheses; a number without one was computed without randomness."
    )
    head = [Heading("Summary", 1, "summary"), Paragraph(prose(text)), *_missing(material), *_stale(material)]
    refuted = [verdict for verdict in AGAINST.values() if verdict != "breaks"]
    lists = [
        *_listed(material, [CONFLICTS], "Conflicts", "Proven statements that the measurements contradict: a fault of this"
                 " code or of its reading."),
        *_listed(material, refuted, "Refuted statements", "Statements of lectures and of practice, and findings, that did"
                 " not hold.", absent="No statement was refuted."),
        *_listed(material, [NOT_REACHED], "Limits not reached", "Theorems on a limit from which the sizes run here still"
                 " depart."),
    ]  # fmt: skip
    return [*head, _glance(material), _origins(material), *lists, *_undecided(material), *_errata(material)]


def _missing(material: Material) -> list[Block]:
    missing = [name for name in material.planned if name not in material.finished]
    if not missing:
        return []
    reasons: dict[str, list[str]] = {}
    for name in missing:
        reason = material.unloaded.get(name) or material.unfinished.get(name, "no results yet")
        reasons.setdefault(reason.rstrip("."), []).append(name)
    parts = [prose(f"{reason}: ", joined(map(code, names))) for reason, names in reasons.items()]
    head = f"Missing from this report, {len(missing)} of {len(material.planned)} studies. "
    return [Paragraph(prose(head, joined(parts, "; "), "."), "warning")]


def _stale(material: Material) -> list[Block]:
    if not material.stale:
        return []
    head = ("Computed by other code than this report's, and kept on purpose (", code("--keep-stale"), "): ")
    return [Paragraph(prose(*head, joined(map(code, material.stale)), "."), "warning")]


def _by_verdict(verdicts: pd.DataFrame, chosen: Sequence[pd.Series]) -> tuple[list[str], list[list[int]]]:
    """The verdicts that occur, and of each part of the ledger the counts by verdict and the number of claims."""
    names = [v for v in VERDICTS if (verdicts["verdict"] == v).any()]
    parts = [verdicts.loc[part, "verdict"] for part in chosen]
    return names, [[*(int((part == name).sum()) for name in names), len(part)] for part in parts]


def _glance(material: Material) -> blocks.Table:
    verdicts, by_family = material.verdicts, grid.families(material.config)
    chosen = [*(verdicts["family"] == family for family in by_family), verdicts["family"].notna()]
    names, counts = _by_verdict(verdicts, chosen)
    titles = [*(ref(f"family-{family}", family_title(family)) for family in by_family), blocks.strong("all")]
    studies = [[study in material.finished for study in part] for part in (*by_family.values(), material.planned)]
    rows = [(t, *c, f"{sum(s)} of {len(s)}") for t, c, s in zip(titles, counts, studies, strict=True)]
    columns = (wide("family"), *map(right, (*map(blocks.verdict, names), "claims", "studies finished")))
    caption = "The ledger at a glance: claims of each family by verdict."
    return blocks.table("tab-glance", caption, columns, rows, size="")


def _origins(material: Material) -> blocks.Table:
    """Verdicts by origin: what a count is worth depends on who said what was judged."""
    names, counts = _by_verdict(material.verdicts, [material.verdicts["origin"] == kind for kind in origin.MEANING])
    rows = [(meaning, *row) for meaning, row in zip(origin.MEANING.values(), counts, strict=True)]
    columns = (wide("origin"), *map(right, (*map(blocks.verdict, names), "claims")))
    return blocks.table("tab-origins", "Verdicts by origin of the claim.", columns, rows, size="")


def _listed(material: Material, names: Sequence[str], title: str, caption: str, absent: str = "") -> list[Block]:
    """The claims with one of these verdicts under a heading of their own."""
    part, key = material.verdicts[material.verdicts["verdict"].isin(names)], title.split()[0].lower()
    head = Heading(title, 2, key)
    if part.empty:
        return [head, Paragraph(prose(absent))] if absent else []
    rows = [
        (r.link, ledger.source(record, material.sources), r.statement, r.expected, r.estimate)
        for r, record in zip(ledger.rows(part), part.to_dict("records"), strict=True)
    ]
    columns = (ledger.CLAIM, "who says it", wide("statement"), right("expected"), right("measured"))
    return [head, blocks.table(f"tab-{key}", caption, columns, rows, size="")]


def _undecided(material: Material) -> list[Block]:
    undecided = material.verdicts[material.verdicts["verdict"] == "undecided"]
    if undecided.empty:
        return []
    items = []
    for row, record in zip(ledger.rows(undecided), undecided.to_dict("records"), strict=True):
        text = f": measured {row.estimate.text}, expected {row.theory.text}; {ledger.text(record.get('reason'))}"
        needed, note = ledger.known(record, "needed"), ledger.text(record.get("note"))
        if needed is not None:
            text += f": about {needed:.0f} (there were {record['deciding_replicates']:.0f})"
        items.append(prose(row.link, text + (f"; {note.rstrip('.')}" if note else "") + "."))
    return [Heading("Undecided claims", 2, "undecided"), blocks.Bullets(tuple(items))]


def _errata(material: Material) -> list[Block]:
    if not material.errata:
        return []
    rows = [
        (slip.id, ", ".join(slip.lectures), slip.printed, slip.right, errata.evidence(slip, material.statements))
        for slip in material.errata
    ]
    columns = ("slip", "lecture", wide("the lecture prints"), wide("what holds", 1.2), wide("evidence", 0.9))
    names = "; ".join(f"{short}: {name}" for short, name in material.lectures.items())
    caption = "Slips in the lectures. Evidence names claims of the ledger, with what was measured."
    table = blocks.table("tab-errata", caption, columns, rows, f"{names}.")
    return [Heading("Errata of the lectures", 2, "errata"), table]


def _run(material: Material) -> list[Block]:
    environment = material.environment
    counts = ("conditions run", "replicates", "rows failed", "core time")
    note = (
        "Protocol and run are hashes: of what was fixed before, and of the cells, replicates, seeds and code behind the"
        " results."
    )
    table = blocks.table(
        "tab-run",
        "What was run: every study of the configuration.",
        (wide("study"), *map(right, counts), "protocol", "run"),
        [sections.run_row(material, name) for name in material.planned],
        note,
    )
    gpus = environment.get("gpus", 0)
    time = (
        f"{gpus} on this machine, time on them is part of the core time" if gpus else "none here, so that GPU time is 0"
    )
    packages = ", ".join(f"{name} {version}" for name, version in environment["packages"].items())
    text = (
        f"One thread a process (OMP_NUM_THREADS = {environment['threads']}), device {material.config.get('device', 'auto')};"
        f" GPUs: {time}. {environment.get('determinism', '')} Packages: {packages}."
    )
    return [Heading("What was run", 1, "run"), table, Paragraph(prose(text))]


def _rule(failed: float) -> str:
    """How a verdict comes about; `failed` is the proportion of failed replicates that is allowed."""
    percent = {"percent": 100 * LEVEL, "inside": 100 * (1 - 2 * LEVEL), "failed": 100 * failed}
    return TEXTS["rule"].format(conflict=CONFLICT, **percent)


def _ledger(material: Material) -> list[Block]:
    texts = (_rule(material.config.get("failed_share", 0.1)), TEXTS["errors"])
    parts: list[Block] = [Heading("The ledger", 1, "ledger"), *(Paragraph(prose(text)) for text in texts)]
    if material.partial and len(material.verdicts):
        text = f"The verdicts are formed over what is finished, since the whole ledger is not: {material.partial}."
        parts.append(Paragraph(prose(text), "warning"))
    if material.verdicts.empty:
        return [*parts, Paragraph(prose("No claim has been judged yet."), "warning")]
    studies = [name for name in material.planned if name in material.studies]
    caption = prose("The ledger: what theory predicts, what was measured, and the verdict.")
    titles = tuple((family, family_title(family)) for family in grid.families(material.config))
    entries = ledger.entries(material.verdicts, material.sources, studies)
    return [*parts, blocks.Ledger("ledger-table", caption, entries, titles)]
