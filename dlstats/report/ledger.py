"""Rows of the ledger: the same digits, signs and dashes in every document, and the evidence of each claim."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from dlstats.protocol.claim import RELATIONS
from dlstats.protocol.origin import MEANING
from dlstats.report.bibliography import Source
from dlstats.report.blocks import Column, Content, Entry, Row, Span, Text, code, joined, prose, ref, verdict
from dlstats.report.digits import Shown, count, exact, show
from dlstats.report.interval import interval
from dlstats.report.tables import Field, Grid, note

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


def rows(table: pd.DataFrame) -> list[Row]:
    """The rows of a table of verdicts or checks."""
    return [row(record) for record in table.to_dict("records")]


def grid(verdicts: pd.DataFrame, caption: str, name: str = "verdicts") -> Grid:
    """Claims with theory, measurement, margin and, from the ledger, the verdict, as a table for manuscripts."""
    judged = "verdict" in verdicts
    columns = (
        Field("claim", "name", 0.35),
        Field("statement", weight=1.0),
        *(Field(label, "quantity") for label in ("required", "found", "margin")),
        *(Field(label, "number") for label in ("replicates", "failed")),
        *([Field("verdict", "verdict")] if judged else []),
    )
    cells = tuple(
        (
            r.claim,
            r.statement,
            r.expected,
            r.estimate,
            r.margin,
            r.replicates,
            r.failed,
            *([r.verdict] if judged else []),
        )
        for r in rows(verdicts)
    )
    return Grid(name, caption, columns, cells, note(cells))


def entries(verdicts: pd.DataFrame, sources: Mapping[str, Source], sections: Sequence[str]) -> tuple[Entry, ...]:
    """All claims of the ledger with their evidence; `sections` are the studies that have a section to link to."""
    return tuple(_entry(record, sources, sections) for record in verdicts.to_dict("records"))


def _entry(record: dict, sources: Mapping[str, Source], sections: Sequence[str]) -> Entry:
    bears_on, kind, placed = text(record.get("bears_on")), text(record.get("origin")), interval(record)
    lectures = [text(record.get("cite"))] if kind == "stated" else []
    lectures += [part.strip() for part in bears_on.split(",") if part.strip()]
    order: dict[str, float | str] = {
        name: float(record[name]) if math.isfinite(record[name]) else "" for name in SORTED
    }
    return Entry(
        row=row(record),
        family=str(record["family"]),
        study=str(record["study"]),
        origin=kind,
        lecture=bears_on,
        lectures=tuple(dict.fromkeys(lectures)),
        statement=prose(str(record["statement"])),
        source=source(record, sources),
        interval=placed,
        evidence=tuple((name, prose(content)) for name, content in _evidence(record, sections)),
        order=order | {"position": placed.position if placed else ""},
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


def _evidence(record: Mapping, sections: Sequence[str]) -> Iterator[tuple[str, Content]]:
    is_exact = record.get("law") == "exact"
    if (relation := text(record.get("relation"))) in TESTS:
        yield "test", ("exact: " if is_exact else "") + TESTS[relation]
    lower, upper = known(record, "lower"), known(record, "upper")
    if lower is not None and upper is not None and lower < upper:
        ends = (show(end, known(record, "mcse") or 0.0) for end in (lower, upper))
        yield "95 % interval", " to ".join(replace(end, mcse="").text for end in ends)
    for name, label in (("p_adjusted", "p against, Holm"), ("p_for", "p for")):
        if not is_exact and (p := known(record, name)) is not None:
            yield label, f"{p:.3g}"
    if reason := text(record.get("reason")):
        yield "why undecided", reason
    if (needed := known(record, "needed")) is not None:
        yield "replicates that would decide", f"{needed:.0f}"
    if (effort := known(record, "effort_estimate")) is not None:
        yield "at three times the effort", exact(effort)
    if (ratio := known(record, "effort_ratio")) is not None:
        yield "effort ratio", show(ratio, known(record, "effort_ratio_mcse") or 0.0).text
    if (looks := known(record, "looks")) is not None and looks > 1:
        yield "looks at growing replicates", f"{looks:.0f}; p-values pay for them"
    if proportion := known(record, "failed_share"):
        yield "proportion failed", exact(proportion)
        yield "verdict with failures at their worst", verdict(text(record.get("worst_case")))
    if (examined := known(record, "looked_at")) is not None and examined > 1:
        yield "worst of", f"{examined:.0f} estimates"
    if (fit := known(record, "lack_of_fit")) is not None:
        yield "p for lack of fit", f"{fit:.3g}"
    if remark := text(record.get("note")):
        yield "note", remark
    yield from _origin(record, sections)


def _origin(record: Mapping, sections: Sequence[str]) -> Iterator[tuple[str, Content]]:
    study, cells = str(record["study"]), json.loads(text(record.get("cells")) or "[]")
    if cells:
        more = f" and {len(cells) - CELLS_SHOWN} more" if len(cells) > CELLS_SHOWN else ""
        yield "cells", prose(joined(map(code, cells[:CELLS_SHOWN])), more)
        experiment, _, cell = cells[0].partition("/")
        yield "recompute one replicate", code(f"dlstats replay {study}.{experiment} {cell} 0")
    if study in sections:
        yield "study", ref(f"sec-{study}", study)
