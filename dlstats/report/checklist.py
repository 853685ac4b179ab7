"""What a simulation study must report, each item answered by the program or named as not answered.

The items are those on which Morris, White and Crowther (2019), Siepe and others (2024) and Williams and others (2024)
agree, in the order of ADEMP. An item of a study is answered when it is answered for every finished study.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from dlstats.montecarlo.intervals import EQUAL, STILL
from dlstats.pipeline import checked, grid
from dlstats.protocol import origin
from dlstats.protocol.study import Study
from dlstats.report import blocks
from dlstats.report.blocks import Block, Column, Heading, Paragraph, wide
from dlstats.report.formulas import FORMULAS
from dlstats.report.material import Material
from dlstats.report.text import Content, Span, code, prose, ref, strong

SHOWN, CUT = 5, 90
"""Entries and characters of a cell that says what is missing."""
Missing = Callable[[Material, Study], Iterable[str]]
"""What a study lacks of an item."""


def _unless(holds: Callable[[Material, Study], object], lack: str) -> Missing:
    return lambda material, study: [] if holds(material, study) else [lack]


def _text(name: str) -> Missing:
    return _unless(lambda material, study: str(getattr(study, name)).strip(), f"no {name}")


def _methods(material: Material, study: Study) -> Iterable[str]:
    return [n for experiment in study.experiments.values() for n, m in experiment.methods.items() if not m.description]


def _measures(material: Material, study: Study) -> Iterable[str]:
    statistics = (m.statistic for e in study.experiments.values() for m in e.measures)
    return [name for name in dict.fromkeys(statistics) if name not in FORMULAS]


def _errors(material: Material, study: Study) -> Iterable[str]:
    for summary in material.summaries.get(study.name, {}).values():
        unknown = summary["mcse"].isna() & summary["estimate"].notna() & (summary["replicates"] > 1)
        still = summary["note"].isin([STILL, EQUAL])  # which leaves the slopes through them without an error too
        explained = still | summary["statistic"].str.contains("slope|bend") & summary["measure"].isin(
            summary["measure"][still]
        )
        lines = summary[unknown & ~explained & ~summary["statistic"].isin(["minimum", "maximum"])]
        yield from lines["measure"].astype(str).unique()


def _conditions(material: Material, study: Study) -> Iterable[str]:
    if (record := material.records.get(study.name)) is None:
        return []
    cells = [f"{cell.experiment}/{cell.id}" for cell in grid.cells(material.config, study.name)]
    absent = sum(cell not in record["cells"] for cell in cells)
    return [f"{absent} planned conditions without results"] if absent else []


def _claims(material: Material, study: Study) -> Iterable[str]:
    judged = set(material.verdicts_of(study.name)["claim"].astype(str))
    return [claim.id for claim in study.claims if claim.id not in judged]


def _figures(material: Material, study: Study) -> Iterable[str]:
    return [str(origin["figure"]) for origin in material.figures.get(study.name, ()) if not origin["drawn"]]


def _sources(material: Material, study: Study) -> Iterable[str]:
    cited = (origin.record(one.origin).get("cite", "") for one in (*study.claims, *study.checks))
    return [key for key in dict.fromkeys(cited) if key and key not in material.sources]


MISSING: Mapping[str, Missing] = {
    "nothing": lambda m, study: [],
    "aims": _text("aims"), "mechanisms": _text("mechanisms"), "estimands": _text("estimands"), "limits": _text("limits"),
    "methods": _methods, "measures": _measures, "errors": _errors, "conditions": _conditions,
    "claims": _claims, "figures": _figures, "sources": _sources,
    "record": _unless(lambda m, study: study.name in m.records or not study.experiments, "no record of the run"),
    "registered": _unless(lambda m, study: study.name in m.registered, "not registered"),
    "commit": _unless(lambda m, study: m.environment["commit"], "the commit is not known"),
}  # fmt: skip
"""What a study lacks, by the names that the items have for it."""


class Item(checked.Model):
    """An item of the checklist: what is asked, where the report answers it, what a study lacks of it, and who asks."""

    asked: str
    where: str
    missing: str = "nothing"
    lack: str = ""
    """What is wrong with what is missing."""
    by: Sequence[str] = ("morris2019", "siepe2024", "williams2024")
    required: bool = True
    target: str = ""
    """A block of the document that answers it; empty for a section of every study."""

    def lacks(self, material: Material, study: Study) -> str:
        """What a study lacks of the item in a phrase; empty when nothing."""
        names = ", ".join(dict.fromkeys(MISSING[self.missing](material, study)))
        return f"{self.lack}: {names}" if self.lack and names else names


ITEMS: list[Item] = checked.load(list[Item], Path(__file__).with_name("checklist.yaml"), "the checklist")


def unanswered(material: Material) -> list[tuple[Item, dict[str, str]]]:
    """The items that some finished study does not answer, with what it lacks."""
    found = []
    for item in ITEMS:
        lacks = {name: item.lacks(material, material.studies[name]) for name in material.finished}
        found.append((item, {name: what for name, what in lacks.items() if what}))
    return [(item, lacks) for item, lacks in found if lacks]


def check(material: Material) -> list[str]:
    """What keeps the checklist from being complete, a line each: required items only, and studies without results."""
    absent = [name for name in material.planned if name not in material.finished]
    lines = [f"{name}: {material.unfinished.get(name, 'no results yet')}" for name in absent]
    lines += [f"left out: {why}" for why in material.left_out]
    for item, lacks in unanswered(material):
        if item.required:
            lines += [f"{name}: {item.asked}: {what}" for name, what in lacks.items()]
    return lines


def _short(lacks: dict[str, str]) -> str:
    """What studies lack, studies that lack the same together, cut where it gets long; the command names everything."""
    groups: dict[str, list[str]] = {}
    for name, what in lacks.items():
        groups.setdefault(what if len(what) <= CUT else what[:CUT] + "…", []).append(name)
    parts = [f"{_listed(names, ', ', ' and')}: {what}" for what, names in groups.items()]
    return _listed(parts, "; ", "; and")


def _listed(names: list[str], separator: str, last: str) -> str:
    more = len(names) - SHOWN
    return separator.join(names[:SHOWN]) + (f"{last} {more} more" if more > 0 else "")


def chapter(material: Material) -> list[Block]:
    """The checklist as a chapter; nothing without a finished study."""
    if not material.finished:
        return []
    lacks = {item.asked: what for item, what in unanswered(material)}
    narrow = [Column(prose(label), width=1.6) for label in ("asked by", "answered")]
    columns = (wide("what must be reported"), *narrow, wide("where; or what is missing", 1.2))
    answered = sum(item.asked not in lacks for item in ITEMS)
    text = f"{answered} of {len(ITEMS)} items are answered for all of the {len(material.finished)} finished studies. The command "
    note = prose(text, code("dlstats checklist"), " fails when a required one is not.")
    rows = [_row(material, item, lacks.get(item.asked, {})) for item in ITEMS]
    filled = blocks.table("tab-checklist", "The reporting checklist, filled by the program.", columns, rows)
    return [Heading("Reporting checklist", 2, "checklist", "appendix"), Paragraph(note), filled]


def _row(material: Material, item: Item, lacks: dict[str, str]) -> tuple[Content, ...]:
    by = prose(*(Span("cite", material.sources[key].short, key) for key in item.by if key in material.sources))
    if lacks:
        return (item.asked, by, strong("✗ no" if item.required else "no, and not required"), _short(lacks))
    where = ref(item.target, item.where) if item.target else f"{item.where}, in every study's section"
    return (item.asked, by, strong("✓ yes"), where)
