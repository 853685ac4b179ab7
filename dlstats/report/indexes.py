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
    stated = statements[statements["origin"] == "stated"]
    pairs = [(f"{row['cite']}: {row['source'].partition(': “')[0]}", row["claim"]) for row in stated.to_dict("records")]
    slides = [(f"{', '.join(slip.lectures)}: {slip.place}", slip) for slip in slips]
    pairs += [(term, claim) for term, slip in slides for claim in slip.claims]
    claims = _grouped(pairs)
    notes = _grouped((term, slip.id) for term, slip in slides)
    terms = sorted(claims.keys() | notes.keys())
    return [Line(term, claims.get(term, ()), (), ", ".join(notes.get(term, ()))) for term in terms]


def by_theorem(statements: pd.DataFrame, sources: Mapping[str, Source]) -> list[Line]:
    """Theorems in print that claims and checks test, by source, and the files of proofs in `docs/proofs/`."""
    pairs = []
    for row in statements.to_dict("records"):
        cite, source = str(row["cite"]), str(row["source"])
        if row["origin"] == "theorem" and cite in sources:
            place = source.partition(";")[0]
            pairs.append((f"{sources[cite].short}{', ' if place else ''}{place}", row["claim"]))
        elif row["origin"] == "derived" and source:
            pairs.append((f"Proofs, {source.partition('#')[0]}", row["claim"]))
    return [Line(term, claims) for term, claims in sorted(_grouped(pairs).items())]


def by_author(statements: pd.DataFrame, sources: Mapping[str, Source]) -> list[Line]:
    """Authors of what claims cite."""
    cited = [(sources[cite], claim) for cite, claim in statements[["cite", "claim"]].to_numpy() if cite in sources]
    names = _grouped((name, claim) for source, claim in cited for name in source.names if name != OTHERS)
    return [Line(name, claims) for name, claims in sorted(names.items(), key=lambda pair: pair[0].casefold())]


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """By the first of each pair the second ones, each once."""
    groups: dict[str, dict[str, None]] = {}
    for first, second in pairs:
        groups.setdefault(first, {})[second] = None
    return {first: tuple(seconds) for first, seconds in groups.items()}


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
