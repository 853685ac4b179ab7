"""The sources: BibTeX files, read by pybtex for what claims cite; Typst reads them itself to print the references.

There is the file of the report, with the entry of dlstats itself, and, beside a study from outside, its own `references.bib`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pybtex.database
import pybtex.exceptions
from pybtex.database import BibliographyData
from pybtex.richtext import Text

from dlstats import __version__, project
from dlstats.pipeline import outside, registry, yaml12
from dlstats.pipeline.citations import FILE
from dlstats.protocol import origin
from dlstats.protocol.hints import near
from dlstats.protocol.origin import Practice, Theorem
from dlstats.report.files import tracked


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


def entries(reports: Path) -> dict[str, Any]:
    """The entries by key, as pybtex has them: of the report's file, and of those beside studies from outside.

    Raises ValueError, with the names of both files, where they hold different entries under one key, and, with the name
    of the file, where one is not BibTeX or holds no entry.
    """
    held: dict[str, tuple[Any, Path]] = {}
    for path in _files(reports):
        for key, entry in _parsed(path).items():
            other, there = held.setdefault(key, (entry, path))
            if other != entry:
                raise ValueError(f"{path}: must have another key for `{key}`, which is another entry in {there}")
    return {key: entry for key, (entry, _) in held.items()}


def text(reports: Path, keys: Collection[str] | None = None) -> str:
    """The entries, or some of them, as one BibTeX file."""
    if keys is None and len(_files(reports)) == 1:
        return tracked(reports, FILE).read_text(encoding="utf-8")
    chosen = {key: entry for key, entry in entries(reports).items() if keys is None or key in keys}
    return BibliographyData(chosen).to_string("bibtex")


def collect(reports: Path) -> dict[str, Source]:
    """The entries of all these files by key. Raises ValueError as `entries` does."""
    return {key: _source(key, entry) for key, entry in entries(reports).items()}


def _files(reports: Path) -> list[Path]:
    return [tracked(reports, FILE), *outside.references()]


def _parsed(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    try:
        entries = pybtex.database.parse_file(path, "bibtex", encoding="utf-8").entries
    except pybtex.exceptions.PybtexError as error:
        raise ValueError(f"{path}: is not BibTeX: {error}") from None
    if not entries:
        raise ValueError(f"{path}: must hold BibTeX entries, got none")
    return entries


def _source(key: str, entry: Any) -> Source:
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = tuple(" ".join(map(_plain, (*person.prelast_names, *person.last_names))) for person in people)
    return Source(key, names, {name.lower(): _plain(value) for name, value in entry.fields.items()})


def _plain(text: str) -> str:
    marked = set("\\{}$~") & set(text)
    return (str(Text.from_latex(text)) if marked else text).replace("--", "–")


def of_claims(ids: Sequence[str], reports: Path) -> str:
    """The entries of the publications that say what claims or checks say, each once, then the entry of dlstats.

    Raises LookupError for an id that no study has, and ValueError for one whose origin is no publication, and for a source
    that no bibliography holds.
    """
    known: dict[str, origin.Origin] = {}
    for study in map(registry.load, reversed(registry.known())):  # those from outside first
        known |= {one.id: one.origin for one in (*study.claims, *study.checks)}
        if known.keys() >= set(ids):
            break
    keys = []
    for name in ids:
        if name not in known:
            raise LookupError(
                f"There is no claim or check `{name}`.{near(name, known)} `dlstats list claims` has them."
            )
        source = known[name]
        if not isinstance(source, Theorem | Practice):
            more = "; ".join(words for part, words in origin.record(source).items() if part != "kind")
            what = f"{origin.MEANING[origin.kind(source)]}{f' ({more})' if more else ''}"
            raise ValueError(f"`{name}` must have a publication as its origin, it is {what}.")
        keys.append(source.cite)
    lacking = sorted(set(keys) - set(entries(reports)))
    if lacking:
        raise ValueError(f"The bibliography must hold {', '.join(lacking)}, it does not.")
    return f"{text(reports, set(keys)).rstrip()}\n\n{own()}\n"


def own() -> str:
    """The entry of dlstats, from CITATION.cff."""
    stated = yaml12.load(project.FOLDER / "CITATION.cff")
    fields = {
        "author": " and ".join(f"{{{author['name']}}}" for author in stated["authors"]),
        "title": f"{{{stated['title']}}}",
        "year": str(stated["date-released"])[:4],
        "version": __version__,
        "license": stated["license"],
    }
    return written("software", "dlstats", fields)


def written(kind: str, key: str, fields: Mapping[str, str]) -> str:
    """An entry as BibTeX."""
    lines = ",\n".join(f"    {name} = {{{value}}}" for name, value in fields.items())
    return f"@{kind}{{{key},\n{lines}\n}}"
