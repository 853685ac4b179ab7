"""Where things stand: by slide of a lecture, by theorem, by author and by loss, each with the claims or studies that treat it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dlstats.protocol.study import Study
from dlstats.report.bibliography import Source
from dlstats.report.errata import Erratum
from dlstats.report.files import packaged

LOSSES: Mapping[str, Sequence[str]] = packaged("texts.yaml")["losses"]
"""Losses by name, each with the words by which texts know it."""
OTHERS = "others"
"""What BibTeX writes for authors who are not named."""


@dataclass(frozen=True)
class Line:
    """An entry of an index: a term, the claims and checks under it, and the studies."""

    term: str
    claims: tuple[str, ...] = ()
    studies: tuple[str, ...] = ()
    note: str = ""


def by_slide(statements: pd.DataFrame, slips: Iterable[Erratum]) -> list[Line]:
    """Slides and sections of lectures: what is quoted from them, and their slips with the claims that show them."""
    lines: dict[str, tuple[list[str], list[str]]] = {}
    for row in statements[statements["origin"] == "stated"].to_dict("records"):
        place = str(row["source"]).partition(": “")[0]
        lines.setdefault(f"{row['cite']}: {place}", ([], []))[0].append(str(row["claim"]))
    for slip in slips:
        claims, notes = lines.setdefault(f"{', '.join(slip.lectures)}: {slip.place}", ([], []))
        claims += [claim for claim in slip.claims if claim not in claims]
        notes.append(slip.id)
    return [Line(term, tuple(claims), (), ", ".join(notes)) for term, (claims, notes) in sorted(lines.items())]


def by_theorem(statements: pd.DataFrame, sources: Mapping[str, Source]) -> list[Line]:
    """Theorems in print that claims and checks test, by source, and the files of proofs in `docs/proofs/`."""
    lines: dict[str, list[str]] = {}
    for row in statements.to_dict("records"):
        cite, source = str(row["cite"]), str(row["source"])
        if row["origin"] == "theorem" and cite in sources:
            place = source.partition(";")[0]
            lines.setdefault(f"{sources[cite].short}{', ' if place else ''}{place}", []).append(str(row["claim"]))
        elif row["origin"] == "derived" and source:
            lines.setdefault(f"Proofs, {source.partition('#')[0]}", []).append(str(row["claim"]))
    return [Line(term, tuple(claims)) for term, claims in sorted(lines.items())]


def by_author(statements: pd.DataFrame, sources: Mapping[str, Source]) -> list[Line]:
    """Authors of what claims cite."""
    lines: dict[str, list[str]] = {}
    for row in statements.to_dict("records"):
        names = sources[row["cite"]].names if row["cite"] in sources else ()
        for name in (n for n in names if n != OTHERS):
            lines.setdefault(name, []).append(str(row["claim"]))
    return [Line(term, tuple(claims)) for term, claims in sorted(lines.items(), key=lambda line: line[0].casefold())]


def by_loss(studies: Mapping[str, Study]) -> list[Line]:
    """Losses that a study compares, tests or describes."""
    texts = {name: _words(study) for name, study in studies.items()}
    lines = []
    for loss, words in LOSSES.items():
        sought = re.compile(rf"\b({'|'.join(words)})", re.IGNORECASE)
        named = tuple(name for name, text in texts.items() if sought.search(text))
        lines += [Line(loss, (), named)] if named else []
    return lines


def _words(study: Study) -> str:
    methods = [f"{m.label}. {m.description}" for e in study.experiments.values() for m in e.methods.values()]
    return " ".join((study.title, study.aims, *methods, *(one.statement for one in (*study.claims, *study.checks))))
