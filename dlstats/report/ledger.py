"""Rows of the ledger: the same digits, signs and dashes in every document, and the evidence of each claim."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from dlstats.protocol.claim import RELATIONS
from dlstats.protocol.origin import MEANING
from dlstats.protocol.study import Study
from dlstats.protocol.verdict import NOT_RUN
from dlstats.report import blocks
from dlstats.report.bibliography import Source
from dlstats.report.blocks import Column, Table, right, wide
from dlstats.report.digits import Shown, count, exact, note, show
from dlstats.report.interval import Interval, interval
from dlstats.report.text import Content, Span, Text, code, joined, prose, ref

CLAIM = Column(prose("claim"), width=2.4)
"""A column of claims, whose long names break."""
CELLS_SHOWN = 6
MARGIN_DIGITS = 4
SMALLEST_P = 1e-6
"""p-values below are printed as less than this."""
SORTED = ("theory", "estimate", "margin", "replicates", "failed")
TESTS = {"equals": "equals, to within the margin", "at_most": "at most", "at_least": "at least"}
"""What a relation says, in words."""
UNPUBLISHED = ("derived", "finding", "control")
"""Kinds of origin that name no publication."""


@dataclass(frozen=True)
class Row:
    """A claim or a check with its numbers as every document shows them."""

    claim: str
    statement: str
    theory: Shown
    expected: Shown
    """The number of theory with its sign: `≤ 0.5`."""
    estimate: Shown
    margin: Shown
    replicates: Shown
    failed: Shown
    verdict: str
    p_against: Shown
    """After Holm's adjustment."""
    p_for: Shown


@dataclass(frozen=True)
class Entry:
    """One claim of the ledger, as its `record` there has it and as documents show it, with its evidence."""

    record: Mapping
    row: Row
    lectures: tuple[str, ...]
    """The lecture that states the claim, and those that it bears on."""
    source: Text
    interval: Interval | None
    """Where the number stands beside what is required."""
    evidence: tuple[tuple[str, Text], ...]
    """Further facts for the reader who opens the claim."""

    @property
    def order(self) -> dict[str, float | str]:
        """What the columns of numbers are sorted by."""
        numbers: dict[str, float | str] = {
            n: float(self.record[n]) if math.isfinite(self.record[n]) else "" for n in SORTED
        }
        return numbers | {"position": self.interval.position if self.interval else ""}


def row(record: Mapping) -> Row:
    """The row of a verdict, of a check, or of a claim that was not judged yet."""
    theory, sign = exact(record["theory"]), RELATIONS.get(text(record.get("relation")), "")
    return Row(
        claim=str(record.get("claim", record.get("check"))),
        statement=str(record["statement"]),
        theory=theory,
        expected=replace(theory, value=f"{sign} {theory.value}".strip()),
        estimate=show(record.get("estimate", record.get("found", math.nan)), record.get("mcse", 0.0)),
        margin=exact(record["margin"], MARGIN_DIGITS) if record["margin"] else Shown("–"),
        replicates=count(record.get("replicates", math.nan)),
        failed=count(record.get("failed", math.nan)),
        verdict=str(record.get("verdict", "")),
        p_against=_p_value(record, "p_adjusted"),
        p_for=_p_value(record, "p_for"),
    )


def _p_value(record: Mapping, name: str) -> Shown:
    """A p-value to two digits; a dash where nothing is random."""
    p = None if record.get("law") == "exact" else known(record, name)
    if p is None:
        return Shown("–")
    return exact(p, 2) if p >= SMALLEST_P else Shown("<1", "", round(math.log10(SMALLEST_P)))


def statements(verdicts: pd.DataFrame, checks: pd.DataFrame) -> pd.DataFrame:
    """A ledger, and below it checks as rows of the same shape, whose verdict is `holds` or `fails`."""
    held = checks.assign(
        claim=checks["check"], estimate=checks["found"], mcse=0.0, law="exact",
        verdict=checks["holds"].map({True: "holds", False: "fails"}),
    )  # fmt: skip
    return pd.concat([verdicts, held[[c for c in held if c in verdicts]]], ignore_index=True)


_ABSENT = re.compile(r"(\w+) has no (\w+) = (.+?)\.?")
_FEW = re.compile(r"(\d+) levels of (\w+) are needed, (\d+) were run\.?")


def explained(verdicts: pd.DataFrame, studies: Mapping[str, Study]) -> pd.DataFrame:
    """The verdicts, whose notes say in words why a claim was not run."""
    pairs = zip(verdicts["study"], verdicts["note"].map(text), verdicts["verdict"], strict=True)
    return verdicts.assign(note=[_why(note, studies.get(s)) if v == NOT_RUN else note for s, note, v in pairs])


def _why(note: str, study: Study | None) -> str:
    experiments = study.experiments if study else {}
    factors = {name: f.label for e in experiments.values() for name, f in (*e.factors.items(), *e.keys.items())}
    if few := _FEW.fullmatch(note):
        were = "was" if few[3] == "1" else "were"
        return f"{few[1]} levels of the factor “{factors.get(few[2], few[2])}” are needed, {few[3]} {were} run"
    if not (absent := _ABSENT.fullmatch(note)):
        return note
    level = absent[3].strip("[]").replace(", ", " and ")
    if absent[2] == "method" and absent[1] in experiments:
        return f"the method “{experiments[absent[1]].label_of(level)}” was not run"
    if absent[2] in factors:
        return f"its design has no {factors[absent[2]]} {level}"
    return "its design lacks the levels that are compared"


def rows(table: pd.DataFrame) -> list[Row]:
    """The rows of a table of verdicts or checks."""
    return [row(record) for record in table.to_dict("records")]


def table(verdicts: pd.DataFrame, caption: str, key: str, counts: bool = True) -> Table:
    """Claims with what is required, what was found, the margin and, from the ledger, the verdict, for manuscripts."""
    made = rows(verdicts)
    numbers = {"required": "expected", "found": "estimate", "margin": "margin"}
    numbers |= {"replicates": "replicates", "failed": "failed"} if counts else {}
    others = {"verdict": "verdict"} if "verdict" in verdicts else {}
    cells = [(code(r.claim), r.statement, *(getattr(r, f) for f in {**numbers, **others}.values())) for r in made]
    columns = ("claim", wide("statement"), *map(right, numbers), *others)
    return blocks.table(key, caption, columns, cells, note([(r.estimate,) for r in made]))


def checks_table(checks: pd.DataFrame, key: str, caption: str, size: str = "small") -> Table:
    """Checks with what is required and what was found, of as many values as the last column says."""
    cells = []
    for r, values, holds in zip(rows(checks), checks["values"], checks["holds"], strict=True):
        name = prose(Span("sign", "", "holds" if holds else "fails"), Span("anchor", r.claim, f"claim-{r.claim}"))
        cells.append((name, r.statement, r.expected, r.estimate, count(values)))
    columns = (Column(prose("check"), width=2.6), wide("statement"), *map(right, ("required", "found", "values")))
    return blocks.table(key, caption, columns, cells, size=size)


def sentence(record: Mapping) -> str:
    """A claim without a clause of its own: its statement, what is required, what was found, and the verdict."""
    shown = row(record)
    return (
        f"{shown.statement.rstrip('.')}: required {shown.expected.text}, found {shown.estimate.text}, {shown.verdict}."
    )


def entries(verdicts: pd.DataFrame, sources: Mapping[str, Source], sections: Sequence[str]) -> tuple[Entry, ...]:
    """All claims of the ledger with their evidence; `sections` are the studies that have a section to link to."""
    return tuple(_entry(record, sources, sections) for record in verdicts.to_dict("records"))


def _entry(record: dict, sources: Mapping[str, Source], sections: Sequence[str]) -> Entry:
    lectures = [text(record.get("cite"))] if text(record.get("origin")) == "stated" else []
    lectures += filter(None, text(record.get("bears_on")).split(", "))
    return Entry(
        record=record,
        row=row(record),
        lectures=tuple(dict.fromkeys(lectures)),
        source=source(record, sources),
        interval=interval(record),
        evidence=tuple(_evidence(record, sections)),
    )


def source(record: Mapping, sources: Mapping[str, Source]) -> Text:
    """A claim's origin, with a link to the entry of the bibliography that it cites."""
    kind, cite, more = (text(record.get(name)) for name in ("origin", "cite", "source"))
    cited = Span("cite", sources[cite].short, cite) if cite in sources else cite
    return joined(part for part in (MEANING[kind] if kind in UNPUBLISHED else "", cited, more) if part)


def text(value: object) -> str:
    """Text that may be missing in a table read back from a file."""
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def known(record: Mapping, name: str) -> float | None:
    """A number of the record; nothing when the column is not there or holds none."""
    value = record.get(name)
    return None if not isinstance(value, int | float) or math.isnan(value) else float(value)


def _evidence(record: Mapping, sections: Sequence[str]) -> Iterator[tuple[str, Text]]:
    """The facts of a claim under their names, those that it has."""
    random, relation = record.get("law") != "exact", TESTS.get(text(record.get("relation")), "")
    study, cells = str(record["study"]), json.loads(text(record.get("cells")) or "[]")
    experiment, _, cell = cells[0].partition("/") if cells else ("", "", "")
    more = f" and {len(cells) - CELLS_SHOWN} more" if len(cells) > CELLS_SHOWN else ""
    failed = known(record, "failed_share")
    facts: dict[str, Content] = {
        "bears on": text(record.get("bears_on")),
        "test": relation and ("" if random else "exact: ") + relation,
        "95 % interval": _ends(record),
        "p against, Holm": _told(record, "p_adjusted", "{:.3g}") if random else "",
        "p for": _told(record, "p_for", "{:.3g}") if random else "",
        "why undecided": text(record.get("reason")),
        "replicates that would decide": _told(record, "needed", "{:.0f}"),
        "where both efforts were run, at one": _told(record, "paired_estimate"),
        "at three times the effort": _told(record, "effort_estimate"),
        "effort ratio": _told(record, "effort_ratio", error="effort_ratio_mcse"),
        "looks at growing replicates": _told(record, "looks", "{:.0f}; p-values pay for them", above=1),
        "proportion failed": exact(failed) if failed else "",
        "verdict with failures at their worst": Span("verdict", text(record.get("worst_case"))) if failed else "",
        "worst of": _told(record, "looked_at", "{:.0f} estimates", above=1),
        "p for lack of fit": _told(record, "lack_of_fit", "{:.3g}"),
        "note": text(record.get("note")),
        "cells": prose(joined(map(code, cells[:CELLS_SHOWN])), more),
        "recompute one replicate": code(f"dlstats replay {study}.{experiment} {cell} 0") if cells else "",
        "study": ref(f"sec-{study}", study) if study in sections else "",
    }
    yield from ((name, prose(fact)) for name, fact in facts.items() if fact)


def _told(record: Mapping, name: str, form: str = "", error: str = "", above: float = -math.inf) -> Content:
    """A number of the record, where it has one that is large enough: in a form, or with as many digits as its error supports."""
    value = known(record, name)
    if value is None or value <= above:
        return ""
    return form.format(value) if form else show(value, known(record, error) or 0.0)


def _ends(record: Mapping) -> str:
    lower, upper = known(record, "lower"), known(record, "upper")
    if lower is None or upper is None or lower >= upper:
        return ""
    ends = (show(end, known(record, "mcse") or 0.0) for end in (lower, upper))
    return " to ".join(replace(end, mcse="").text for end in ends)
