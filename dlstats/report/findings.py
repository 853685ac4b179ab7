"""The findings that open the report: a headline and sentences chosen by the verdicts, with the numbers of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlstats.pipeline import checked
from dlstats.report import sentences
from dlstats.report.sentences import Ledger, Proposition
from dlstats.report.text import Text

FILE = "findings.yaml"


class Entry(checked.Model):
    """A finding as the file has it: where it is shown, the claims that tell it, and a headline for each outcome."""

    study: str
    figure: str
    claims: list[str]
    holds: str
    fails: str
    open: str


@dataclass(frozen=True)
class Finding:
    """A finding told: headline, sentences with numbers and errors, its claims, and where it stands."""

    key: str
    headline: str
    text: Text
    claims: tuple[str, ...]
    study: str
    figure: str
    """Name of the figure within the study."""

    @property
    def section(self) -> str:
        """The key of the study's section."""
        return f"sec-{self.study}"

    @property
    def picture(self) -> str:
        """The key of the figure."""
        return f"fig-{self.study}-{self.figure}"


def load(path: Path) -> dict[str, Entry]:
    """The findings of a file by key; none where there is no such file."""
    return checked.load(dict[str, Entry], path, "the findings") if path.exists() else {}


def told(entries: Mapping[str, Entry], propositions: Sequence[Proposition], ledger: Ledger) -> list[Finding]:
    """Every finding of which at least one claim was judged."""
    return [
        _told(key, entry, propositions, ledger)
        for key, entry in entries.items()
        if any(claim in ledger for claim in entry.claims)
    ]


def _told(key: str, entry: Entry, propositions: Sequence[Proposition], ledger: Ledger) -> Finding:
    words = [str(ledger[claim]["verdict"]) if claim in ledger else sentences.ABSENT for claim in entry.claims]
    text = sentences.text(sentences.told(propositions, entry.claims, ledger))
    return Finding(key, _headline(entry, words), text, tuple(entry.claims), entry.study, entry.figure)


def _headline(entry: Entry, words: Sequence[str]) -> str:
    if all(word in sentences.IN_FAVOUR for word in words):
        return entry.holds
    return entry.fails if any(word in sentences.AGAINST for word in words) else entry.open
