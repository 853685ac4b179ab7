"""The first two pages: abstract, overview, findings; key figures, corrections, how to read, and where to find what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import scipy

from dlstats.protocol.verdict import LEVEL
from dlstats.report import blocks, ledger, marks
from dlstats.report.blocks import Answer, Block, Bullets, Columns, Heading, Paragraph, Picture, wide
from dlstats.report.digits import exact
from dlstats.report.files import packaged
from dlstats.report.findings import Finding
from dlstats.report.material import Material
from dlstats.report.text import SIGNS, Span, Text, joined, prose, ref

TEXTS = packaged("texts.yaml")
GROUPS = {"theorem": ("theorem", "derived"), "said": ("stated", "practice"), "finding": ("finding",)}
"""Origins that the abstract counts together."""
KEY_FIGURES = 3


def pages(material: Material, overview: Picture | None, pictures: Mapping[str, Picture]) -> list[Block]:
    """The front; `pictures` are the figures of the studies by key."""
    told = material.told
    first: list[Block] = [Paragraph(prose(abstract(material)), "abstract"), *([overview] if overview else [])]
    if told:
        first += [Heading(TEXTS["front"]["findings"], 1, "findings", "front")]
        first += [answer(one, pictures, material.ledger) for one in told]
    key = [(pictures[one.picture], one.headline) for one in told if one.picture in pictures][:KEY_FIGURES]
    small = tuple(replace(p, key="", caption=prose(ref(p.key), ": ", said), origin="") for p, said in key)
    second: list[Block] = [Columns(small, len(small), side=True)] if small else []
    halves = (Columns((*_example(material),), 1), Columns((*_signs(), *_ids()), 1))
    reading = Columns(halves, 2, side=True)
    return [*first, *second, *corrections(material), reading, *_where(material)]


def abstract(material: Material) -> str:
    """What was tested and what came of it, counted by who says it."""
    verdicts, checks = material.verdicts, material.checks
    words = TEXTS["abstract"]
    parts = [words["lead"].format(claims=len(verdicts), studies=verdicts["study"].nunique())]
    for group, kinds in GROUPS.items():
        part = verdicts.loc[verdicts["origin"].isin(kinds), "verdict"]
        if len(part):
            parts.append(f"{marks.tally(part, *words[group])}.")
    if len(checks):
        parts.append(words["checks"].format(holds=int(checks["holds"].sum()), checks=len(checks)))
    return " ".join((*parts, words["errors"]))


def answer(one: Finding, pictures: Mapping[str, Picture], known: Mapping[str, Mapping]) -> Answer:
    """A finding with its claims and where it stands."""
    where = [ref(one.section), *([ref(one.picture)] if one.picture in pictures else [])]
    return Answer(prose(one.headline), one.text, prose(marks.marks(one.claims, known), "  → ", joined(where)))


def corrections(material: Material) -> list[Block]:
    """What lectures print and what holds, of the slips that claims or checks show."""
    shown = [slip for slip in material.errata if slip.claims]
    if not shown:
        return []
    rows = [
        (", ".join(slip.lectures), slip.line, slip.right, marks.marks(slip.claims, material.ledger)) for slip in shown
    ]
    columns = (
        blocks.Column(prose("lecture"), width=1.1),
        wide("the slide says", 0.9),
        wide("what holds", 1.1),
        wide("evidence", 0.5),
    )
    names = "; ".join(f"{short}: {name}" for short, name in material.lectures.items())
    caption = TEXTS["front"]["corrections"].format(count=len(shown), others=len(material.errata) - len(shown))
    return [blocks.table("tab-corrections", caption, columns, rows, f"{names}.", size="tiny")]


def _example(material: Material) -> list[Block]:
    """A verdict worked out: the first claim that a number equals theory and that has an error."""
    part = material.verdicts
    fit = part[
        (part["relation"] == "equals") & (part["law"] == "t") & (part["verdict"] == "supported") & (part["margin"] > 0)
    ]
    head = Heading(TEXTS["front"]["reading"], 1, "reading", "front")
    rule = Paragraph(prose(TEXTS["front"]["rule"].format(percent=f"{100 * LEVEL:g}")), "small")
    if fit.empty:
        return [head, rule]
    record = fit.iloc[0].to_dict()
    row = ledger.row(record)
    half = float(scipy.stats.t.ppf(1 - LEVEL, record["df"])) * record["mcse"]
    low, high = (exact(record["theory"] + sign * record["margin"], 4).text for sign in (-1, 1))
    ends = [exact(record["estimate"] + sign * half, 4).text for sign in (-1, 1)]
    text = TEXTS["front"]["example"].format(
        statement=row.statement.rstrip("."), theory=row.theory.text, margin=row.margin.text, found=row.estimate.text,
        replicates=row.replicates.text, low=low, high=high, lower=ends[0], upper=ends[1],
    )  # fmt: skip
    example = prose("Example: ", marks.mark(row.claim, row.verdict), ". ", text)
    return [head, rule, Paragraph(example, "small")]


def _signs() -> list[Block]:
    lines: dict[str, list[str]] = {}
    for word in marks.ORDER:
        lines.setdefault(SIGNS.get(word, ""), []).append(word)
    parts: list[Text] = [prose(Span("sign", "", words[0]), ", ".join(words)) for words in lines.values()]
    return [Paragraph(prose("Signs: ", joined(parts, "; "), "."), "small")]


def _ids() -> list[Block]:
    names = "; ".join(f"{short} {meaning}" for short, meaning in TEXTS["prefixes"].items())
    return [Paragraph(prose(TEXTS["front"]["ids"].format(names=names)), "small")]


def _where(material: Material) -> list[Block]:
    """The questions of the families with the pages on which they are answered."""
    items = [
        prose(question.question, " ", Span("page", "", f"question-{family}-{number}"))
        for family, questions in material.questions.items()
        for number, question in enumerate(questions)
        if family in set(material.statements["family"])
    ]
    if not items:
        return []
    return [Heading(TEXTS["front"]["where"], 1, "where", "front"), Bullets(tuple(items), "small", 3)]
