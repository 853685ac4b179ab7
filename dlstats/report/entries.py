"""Rows of the ledger as the reader sees them: prediction with its sign, measurement, verdict, and the evidence."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from dlstats.report.ademp import SIGNS, TESTS
from dlstats.report.bibliography import Source
from dlstats.report.blocks import Entry, Span, Text, code, prose, ref
from dlstats.report.digits import plain, show

VERDICTS = ("supported", "supported, pre-asymptotic", "refuted", "undecided")
CELLS_SHOWN = 6
MARGIN_DIGITS = 4


ORIGINS = {"derived": "derived here", "finding": "found here", "control": "control"}
"""Kinds of origin that name no publication, in words."""


def source(row: Mapping, sources: Mapping[str, Source]) -> Text:
    """A claim's origin, with a link to the entry of the bibliography that it cites."""
    kind, cite, more = (word(row.get(name)) for name in ("origin", "cite", "source"))
    said = [ORIGINS[kind]] if kind in ORIGINS else []
    said += [Span("cite", sources[cite].short, cite)] if cite in sources else [cite] if cite else []
    said += [more] if more else []
    return prose(*[part for one in said for part in (", ", one)][1:])


def entries(verdicts: pd.DataFrame, sources: Mapping[str, Source], sections: Sequence[str]) -> tuple[Entry, ...]:
    """All rows of the ledger; `sections` are the studies that have a section to link to."""
    return tuple(_entry(row, sources, sections) for row in verdicts.to_dict("records"))


def _entry(row: dict, sources: Mapping[str, Source], sections: Sequence[str]) -> Entry:
    kind = str(row.get("relation") or "")
    sign = SIGNS.get(kind, "")
    return Entry(
        claim=str(row["claim"]),
        family=str(row["family"]),
        study=str(row["study"]),
        lecture=word(row.get("bears_on")),
        verdict=str(row["verdict"]),
        statement=prose(str(row["statement"])),
        test=TESTS.get(kind, ""),
        theory=f"{sign} {plain(row['theory'])}".strip(),
        estimate=show(row["estimate"], row["mcse"]).text,
        margin=plain(row["margin"], MARGIN_DIGITS) if float(row["margin"]) else "–",
        replicates=_count(row["replicates"]),
        failed=_count(row["failed"]),
        source=source(row, sources),
        evidence=tuple(_evidence(row, sections)),
        order={name: _sortable(row[name]) for name in ("theory", "estimate", "margin", "replicates", "failed")},
    )


def word(value: object) -> str:
    """Text that may be missing in a table read back from a file."""
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def _count(value: object) -> str:
    number = float(value)  # type: ignore[arg-type]
    return "–" if math.isnan(number) else str(round(number))


def _sortable(value: object) -> float | str:
    number = float(value)  # type: ignore[arg-type]
    return number if math.isfinite(number) else ""


def _known(row: Mapping, name: str) -> float | None:
    """A number of the row; nothing when the column is not there or holds none."""
    value = row.get(name)
    number = float(value) if isinstance(value, int | float) else math.nan
    return None if math.isnan(number) else number


def _evidence(row: Mapping, sections: Sequence[str]) -> list[tuple[str, Text]]:
    study = str(row["study"])
    found: list[tuple[str, Text]] = []
    if str(row.get("relation") or "") in TESTS:
        exact = "exact: " if row.get("law") == "exact" else ""
        found.append(("test", prose(exact + TESTS[str(row["relation"])])))
    lower, upper = _known(row, "lower"), _known(row, "upper")
    if lower is not None and upper is not None and lower < upper:
        ends = (show(end, _known(row, "mcse") or 0.0) for end in (lower, upper))
        found.append(("95 % interval", prose(" to ".join(replace(end, mcse="").text for end in ends))))
    for name, label in (("p_adjusted", "p against, Holm"), ("p_for", "p for")):
        if row.get("law") != "exact" and (p := _known(row, name)) is not None:
            found.append((label, prose(f"{p:.3g}")))
    if (needed := _known(row, "needed")) is not None:
        found.append(("replicates that would decide", prose(f"{needed:.0f}" if math.isfinite(needed) else "no number")))
    if (share := _known(row, "failed_share")) is not None and share > 0:
        found.append(("share failed", prose(plain(share))))
        found.append(("verdict with failures at their worst", (Span("verdict", word(row.get("worst_case"))),)))
    if (looked := _known(row, "looked_at")) is not None and looked > 1:
        found.append(("worst of", prose(f"{looked:.0f} estimates")))
    if (fit := _known(row, "lack_of_fit")) is not None:
        found.append(("p for lack of fit", prose(f"{fit:.3g}")))
    if note := word(row.get("note")):
        found.append(("note", prose(note)))
    found += _origin(row, study, sections)
    return found


def _origin(row: Mapping, study: str, sections: Sequence[str]) -> list[tuple[str, Text]]:
    cells = cells_of(row)
    found: list[tuple[str, Text]] = []
    if cells:
        more = f" and {len(cells) - CELLS_SHOWN} more" if len(cells) > CELLS_SHOWN else ""
        spans = [span for cell in cells[:CELLS_SHOWN] for span in (", ", code(cell))][1:]
        found.append(("cells", prose(*spans, more)))
        found.append(("recompute one replicate", prose(code(_replay(study, cells[0])))))
    if study in sections:
        found.append(("study", prose(ref(f"sec-{study}", study))))
    return found


def _replay(study: str, cell: str) -> str:
    experiment, _, inner = cell.partition("/")
    return f"dlstats replay {study}.{experiment} {inner} 0"


def cells_of(row: Mapping) -> list[str]:
    """The cells that a claim rests on."""
    try:
        cells = json.loads(word(row.get("cells")) or "[]")
    except ValueError:
        return []
    return [str(cell) for cell in cells] if isinstance(cells, list) else []
