"""A protocol as blocks of a document: aims, mechanisms, estimands, methods, measures, and what is fixed beside them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

from dlstats.protocol.claim import RELATIONS
from dlstats.report import formulas
from dlstats.report.blocks import Block, Column, Heading, Paragraph, Span, Table, Terms, Text, code, number, prose
from dlstats.report.protocol import Protocol

TESTS = {"equals": "equals, to within the margin", "at_most": "at most", "at_least": "at least"}
"""What a relation says, in words."""
SIGNS = RELATIONS


def adem(fixed: Protocol) -> list[Block]:
    """Aims, mechanisms, factors, estimands, methods and measures of a study, experiment by experiment."""
    about = (("Aims", fixed.aims), ("Data-generating mechanisms", fixed.mechanisms), ("Estimands", fixed.estimands))
    found: list[Block] = [Terms(tuple((name, prose(text)) for name, text in about))]
    for held in fixed.experiments:
        key = f"tab-{fixed.study}-{held['name']}"
        title = fixed.title if len(fixed.experiments) == 1 else f"{fixed.title}, {held['title']}"
        parts = (conditions(held, title, f"{key}-conditions"), methods(held, title, f"{key}-methods"))
        found += [*parts, measures(held, title, f"{key}-measures")]
    return found


def conditions(held: Mapping, title: str, key: str) -> Table:
    """The factors of an experiment with their levels, grid by grid of its design."""
    rows = []
    for entry in held["design"]:
        levels = dict(entry["levels"])
        rows.append((_levels(levels), number(math.prod(len(v) for v in levels.values())), _replicates(entry)))
    columns = (
        Column(prose("factors and levels"), "left", 1.0),
        Column(prose("conditions"), "right"),
        Column(prose("replicates of each"), "left"),
    )
    named = "; ".join(f"{name}: {label}" for name, label in (dict(held["factors"]) | dict(held["keys"])).items())
    caption = prose(f"{title}: factors, their levels and the replicates planned; levels in a row are crossed.")
    return Table(key, caption, columns, tuple(rows), prose(f"{named}.") if named else ())


def _levels(levels: Mapping[str, list]) -> Text:
    spans: list[str | Span] = []
    for name, values in levels.items():
        spans += ["; " if spans else "", code(name), " = ", ", ".join(_level(v) for v in values)]
    return tuple(s if isinstance(s, Span) else Span("plain", s) for s in spans if s)


def _level(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _replicates(entry: Mapping) -> Text:
    first, target = entry["replicates"], entry.get("target")
    if not target:
        return prose(str(first))
    goal = (code(target[0]), f" ≤ {target[1]}, at most {target[2]}")
    return prose(f"{first}, doubled until the mcse of ", *goal)


def methods(held: Mapping, title: str, key: str) -> Table:
    """The methods of an experiment and what each is."""
    about = dict(held["methods"])
    rows = tuple((prose(m["label"]), prose(code(name)), prose(m["description"])) for name, m in about.items())
    columns = (Column(prose("method")), Column(prose("in files")), Column(prose("what it is"), "left", 1.0))
    return Table(key, prose(f"{title}: the methods compared."), columns, rows)


def measures(held: Mapping, title: str, key: str) -> Table:
    """The performance measures with formula and Monte Carlo standard error."""
    rows = []
    for measure in held["measures"]:
        formula = formulas.find(str(measure["statistic"]))
        options = ", ".join(f"{k} = {_level(v)}" for k, v in dict(measure["options"]).items())
        words = formula.words + (f" ({options})" if options else "")
        unit = f" [{measure['unit']}]" if measure["unit"] else ""
        label = prose(f"{measure['label']}{unit}, ", code(measure["column"]))
        rows.append((label, prose(words), (Span("math", formula.typst, formula.words),), prose(formula.mcse)))
    columns = (
        Column(prose("measure x, column"), "left", 0.9),
        Column(prose("statistic"), "left", 0.7),
        Column(prose("formula")),
        Column(prose("Monte Carlo standard error"), "left", 1.0),
    )
    note = prose("R replicates with value x_r; θ is the truth, y_r, l_r, u_r further columns of the same replicate.")
    caption = prose(f"{title}: performance measures and how their Monte Carlo standard error (mcse) is found.")
    return Table(key, caption, columns, tuple(rows), note, "small")


def claims(fixed: Protocol, key: str) -> Table:
    """The claims with margin and the mcse that would decide them."""
    rows = tuple(
        (
            prose(code(claim["id"])),
            prose(str(claim["statement"])),
            prose(f"{SIGNS[str(claim['relation'])]} ", *number(_float(claim["theory"]))),
            number(_float(claim["margin"])),
            number(_float(claim["wanted_mcse"])) if claim["wanted_mcse"] else prose("–"),
        )
        for claim in fixed.claims
    )
    columns = (
        Column(prose("claim"), width=2.4),
        Column(prose("statement"), "left", 1.0),
        Column(prose("theory"), "right"),
        Column(prose("margin"), "right"),
        Column(prose("wanted mcse"), "right"),
    )
    note = prose(
        "Wanted mcse: the Monte Carlo standard error at which a claim that holds without deviation is supported with"
        " probability 0.8; a dash where there is no randomness or no margin."
    )
    caption = prose(f"{fixed.title}: the claims and the margins fixed for them.")
    return Table(key, caption, columns, rows, note, "small")


def _float(value: object) -> float:
    return float(value)  # type: ignore[arg-type]


def document(fixed: Protocol) -> list[Block]:
    """A whole protocol, to be written before the run."""
    planned = sum(
        entry["replicates"] * math.prod(len(v) for v in entry["levels"].values())
        for held in fixed.experiments
        for entry in held["design"]
    )
    head = [
        Heading(f"Protocol: {fixed.title}", 1),
        Paragraph(prose("Study ", code(fixed.study), f" of the family {fixed.family}. Hash ", code(fixed.hash), ".")),
    ]
    rest = [
        Heading("Claims and margins", 2),
        claims(fixed, f"tab-{fixed.study}-claims"),
        Heading("Replicates, randomness and failures", 2),
        Paragraph(prose(f"{planned} replicates are planned in all, more where a target is given. Root seed ",
                        code(fixed.seed), "; every stream is derived from it, the study, the purpose, the data"
                        " parameters and the replicate. Methods of a replicate share their data.")),
        Paragraph(prose(fixed.failures, f" The allowed share is {fixed.failed_share:g}.")),
    ]  # fmt: skip
    return list(itertools.chain(head, adem(fixed), rest))
