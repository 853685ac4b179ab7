"""The index of a site's search: a script that sets a list, for a page opened from a file cannot fetch one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from dlstats.protocol.study import Study
from dlstats.report.gallery import Card
from dlstats.report.ledger import Entry
from dlstats.report.text import characters


@dataclass(frozen=True)
class Hit:
    """What a search may find: its kind, title, place, the further words that are searched, and a verdict."""

    kind: str
    title: str
    url: str
    words: str = ""
    verdict: str = ""


def script(hits: Iterable[Hit]) -> str:
    """The script; `searchIndex` is a list of [kind, title, url, words, verdict]."""
    rows = [list(asdict(hit).values()) for hit in hits]
    return f"window.searchIndex = {json.dumps(rows, ensure_ascii=True, separators=(',', ':'))};\n"


def studies(loaded: Iterable[Study], links: Mapping[str, str]) -> list[Hit]:
    """The studies, found by what they ask, by their methods and by their titles."""
    hits = []
    for study in loaded:
        methods = [f"{m.label} {m.description}" for e in study.experiments.values() for m in e.methods.values()]
        words = " ".join((study.aims, study.mechanisms, study.estimands, study.limits, *methods))
        hits.append(Hit("study", study.title, links[f"sec-{study.name}"], words))
    return hits


def figures(cards: Iterable[Card], links: Mapping[str, str]) -> list[Hit]:
    """The figures, found by their captions."""
    return [Hit("figure", card.message, links[card.key], f"{card.caption} {card.title}") for card in cards]


def claims(entries: Iterable[Entry], links: Mapping[str, str]) -> list[Hit]:
    """The claims, found by id, statement, source and lecture."""
    hits = []
    for entry in entries:
        key = f"claim-{entry.row.claim}"
        title = f"{entry.row.claim}: {entry.row.statement}"
        words = f"{characters(entry.source)} {' '.join(entry.lectures)}"
        hits.append(Hit("claim", title, links[key], words, entry.row.verdict))
    return hits
