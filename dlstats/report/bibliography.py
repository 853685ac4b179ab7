"""The sources: a BibTeX file, read by pybtex for what claims cite; Typst reads it itself to print the references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pybtex.database
import pybtex.exceptions
from pybtex.richtext import Text

FILE = "references.bib"


@dataclass(frozen=True)
class Source:
    """One entry of the bibliography file; the values as plain text."""

    key: str
    names: tuple[str, ...]
    """Family names of the authors."""
    fields: Mapping[str, str]

    @property
    def short(self) -> str:
        """`Telgarsky 2015`, `Lu et al. 2017`, `Hanin and Rolnick 2019`."""
        authors = " and ".join(self.names) if len(self.names) <= 2 else f"{self.names[0]} et al."
        return f"{authors} {self.fields.get('year', '')}"

    @property
    def preprint(self) -> str:
        """The number on arXiv of what has no DOI, which the printed reference leaves out."""
        return self.fields.get("eprint", "") if "doi" not in self.fields else ""


def read(path: Path) -> dict[str, Source]:
    """The entries of a BibTeX file by key, each key once; nothing when there is no such file.

    Raises ValueError, with the name of the file, when it is not BibTeX or holds no entry.
    """
    if not path.exists():
        return {}
    try:
        entries = pybtex.database.parse_file(path, "bibtex", encoding="utf-8").entries
    except pybtex.exceptions.PybtexError as error:
        raise ValueError(f"{path}: is not BibTeX: {error}") from None
    if not entries:
        raise ValueError(f"{path}: must hold BibTeX entries, got none")
    return {key: _source(key, entry) for key, entry in entries.items()}


def _source(key: str, entry: Any) -> Source:
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = tuple(" ".join(map(_plain, (*person.prelast_names, *person.last_names))) for person in people)
    return Source(key, names, {name.lower(): _plain(value) for name, value in entry.fields.items()})


def _plain(text: str) -> str:
    return str(Text.from_latex(text)).replace("--", "–")
