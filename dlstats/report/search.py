"""The index of a site's search: a script that sets a list, for a page opened from a file cannot fetch one."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping

from dlstats.report.gallery import Card
from dlstats.report.ledger import Entry
from dlstats.report.material import Material
from dlstats.report.text import characters

Hit = tuple[str, str, str, str, str]
"""What a search may find: its kind, title, place, the further words that are searched, and a verdict."""


def script(hits: Iterable[Hit]) -> str:
    """The script; `searchIndex` is a list of [kind, title, url, words, verdict]."""
    return f"window.searchIndex = {json.dumps(list(hits), ensure_ascii=True, separators=(',', ':'))};\n"


def hits(
    material: Material, cards: Iterable[Card], entries: Iterable[Entry], links: Mapping[str, str]
) -> Iterator[Hit]:
    """Studies by what they ask and by their methods, questions, slips of lectures, figures by captions, claims by sources."""
    for study in material.studies.values():
        methods = [f"{m.label} {m.description}" for e in study.experiments.values() for m in e.methods.values()]
        words = " ".join((study.aims, study.mechanisms, study.estimands, study.limits, *methods))
        yield "study", study.title, links[f"sec-{study.name}"], words, ""
    for answer in itertools.chain.from_iterable(material.answers.values()):
        yield "question", characters(answer.question), f"index.html#{answer.key}", characters(answer.text), ""
    for slip in material.errata:
        yield "lecture", slip.place, f"lectures.html#lecture-{slip.lectures[0]}", f"{slip.line} {slip.right}", ""
    for card in cards:
        yield "figure", card.message, links[card.key], f"{card.caption} {card.title}", ""
    for entry in entries:
        row, words = entry.row, f"{characters(entry.source)} {' '.join(entry.lectures)}"
        yield "claim", f"{row.claim}: {row.statement}", links[f"claim-{row.claim}"], words, row.verdict
