"""The ledger on screen: sortable, filterable by family, verdict, lecture and words; each claim opens its evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from dlstats.report.blocks import Entry, Ledger, Text, words
from dlstats.report.escape import web

COLUMNS = (
    # label, key to sort by, class
    ("claim", "claim", ""),
    ("verdict", "verdict", ""),
    ("statement", "", ""),
    ("theory", "theory", "right"),
    ("measured (mcse)", "estimate", "right"),
    ("margin", "margin", "right"),
    ("replicates", "replicates", "right"),
    ("failed", "failed", "right"),
)


class Printer(Protocol):
    """What prints texts and counts tables."""

    def text(self, text: Text) -> str:
        """A text as HTML."""
        ...

    def count(self, name: str) -> str:
        """The number of the next table."""
        ...


def table(block: Ledger, printer: Printer) -> str:
    """The ledger with its filters."""
    titles = dict(block.families)
    head = "".join(_head(*column) for column in COLUMNS)
    rows = "\n".join(_entry(place, entry, titles, printer) for place, entry in enumerate(block.entries))
    caption = f"<strong>{printer.count('table')}.</strong> {printer.text(block.caption)}"
    return (
        f'<figure class="table" id="{web(block.key)}"><figcaption>{caption}</figcaption>{_filters(block, titles)}'
        f'<table class="ledger"><thead><tr>{head}</tr></thead>\n{rows}\n</table></figure>'
    )


def _head(label: str, key: str, kind: str) -> str:
    css = f' class="{kind}"' if kind else ""
    inside = f'<button type="button" data-sort="{key}">{label}</button>' if key else label
    return f'<th scope="col"{css}{" aria-sort=none" if key else ""}>{inside}</th>'


def _filters(block: Ledger, titles: dict[str, str]) -> str:
    choices = (
        ("family", [(key, titles.get(key, key)) for key in _present(e.family for e in block.entries)]),
        ("verdict", [(v, v) for v in _present(e.verdict for e in block.entries)]),
        ("lecture", [(v, v) for v in sorted(_present(name for e in block.entries for name in lectures(e.lecture)))]),
    )
    parts = [
        f'<label>{name}<select data-filter="{name}"><option value="">all</option>'
        + "".join(f'<option value="{web(value)}">{web(label)}</option>' for value, label in options)
        + "</select></label>"
        for name, options in choices
        if options
    ]
    return (
        '<form class="filters" role="search" aria-label="Filter the ledger" hidden>'
        + "".join(parts)
        + '<label>words<input type="search" data-filter="words" autocomplete="off"></label>'
        '<button type="reset">Show all</button><button type="button" data-open>Open all</button>'
        f'<output role="status" aria-live="polite">{len(block.entries)} of {len(block.entries)} claims</output></form>'
    )


def lectures(text: str) -> list[str]:
    """The lectures that a claim names: `JSM, BIOS` are two."""
    return [part.strip() for part in re.split(r"[,;/]| and ", text) if part.strip()]


def _present(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _entry(place: int, entry: Entry, titles: dict[str, str], printer: Printer) -> str:
    searched = " ".join((entry.claim, words(entry.statement), words(entry.source), entry.study, entry.lecture)).lower()
    data = {
        "place": place,
        "family": entry.family,
        "verdict": entry.verdict,
        "lecture": "|".join(lectures(entry.lecture)),
        "words": searched,
        "claim": natural(entry.claim),
        **{name: repr(v) if isinstance(v, float) else "" for name, v in entry.order.items()},
    }
    attributes = " ".join(f'data-{name}="{web(str(value))}"' for name, value in data.items())
    key = web(entry.claim)
    name = key.replace(".", ".<wbr>").replace("_", "_<wbr>")
    opener = (
        f'<button type="button" class="open" aria-expanded="true" aria-controls="evidence-{key}">{name}'
        '<span class="hint"> evidence</span></button>'
    )
    cells = (
        ("claim", opener, ""),
        ("verdict", printer.text(_verdict(entry.verdict)), ""),
        ("statement", printer.text(entry.statement), "statement"),
        ("theory", web(entry.theory), "right"),
        ("measured", web(entry.estimate), "right"),
        ("margin", web(entry.margin), "right"),
        ("replicates", entry.replicates, "right"),
        ("failed", entry.failed, "right"),
    )
    row = "".join(f'<td data-label="{n}"{f" class={kind}" if kind else ""}>{body}</td>' for n, body, kind in cells)
    return (
        f'<tbody id="claim-{key}" {attributes}><tr>{row}</tr><tr class="evidence" id="evidence-{key}">'
        f'<td colspan="{len(COLUMNS)}"><dl>{_evidence(entry, titles, printer)}</dl></td></tr></tbody>'
    )


def _verdict(word: str) -> Text:
    from dlstats.report.blocks import verdict

    return verdict(word)


def _evidence(entry: Entry, titles: dict[str, str], printer: Printer) -> str:
    facts = [("source", printer.text(entry.source)), ("family", web(titles.get(entry.family, entry.family)))]
    facts += [("lecture", web(entry.lecture))] if entry.lecture else []
    facts += [(name, printer.text(text)) for name, text in entry.evidence]
    return "".join(f"<div><dt>{web(name)}</dt><dd>{body or '–'}</dd></div>" for name, body in facts)


def natural(claim: str) -> str:
    """A claim id that sorts as people count: SAW2 before SAW10."""
    return re.sub(r"\d+", lambda match: match[0].zfill(4), claim)
