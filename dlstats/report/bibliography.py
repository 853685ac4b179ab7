"""The sources: a BibTeX file of plain entries, found again in the words with which a claim names its source."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = "references.bib"
_ENTRY = re.compile(r"^@(?P<type>\w+)\{(?P<key>[^,\s]+),\s*$(?P<body>.*?)^\}\s*$", re.M | re.S)
_FIELD = re.compile(r"^\s*(?P<name>\w+)\s*=\s*\{(?P<value>.*)\},?\s*$", re.M)


@dataclass(frozen=True)
class Source:
    """One entry of the bibliography file; the values as plain text."""

    key: str
    type: str
    fields: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """Family names of the authors."""
        people = self.fields.get("author", self.fields.get("editor", "")).split(" and ")
        return [p.partition(",")[0].strip() if "," in p else p.split()[-1] for p in people if p.strip()]

    @property
    def year(self) -> str:
        """The year of publication."""
        return self.fields.get("year", "")

    @property
    def short(self) -> str:
        """`Telgarsky 2015`, `Lu et al. 2017`, `Hanin and Rolnick 2019`."""
        names = self.names
        who = names[0] if len(names) == 1 else " and ".join(names) if len(names) == 2 else f"{names[0]} et al."
        return f"{who} {self.year}"


def read(path: Path) -> dict[str, Source]:
    """The entries of a BibTeX file by key, `name = {value}` one a line; nothing when there is no such file."""
    if not path.exists():
        return {}
    found = {}
    for match in _ENTRY.finditer(path.read_text(encoding="utf-8")):
        fields = {field["name"].lower(): _plain(field["value"]) for field in _FIELD.finditer(match["body"])}
        if match["key"] in found:
            raise ValueError(f"{path}: the key {match['key']} must stand once, it stands twice.")
        found[match["key"]] = Source(match["key"], match["type"].lower(), fields)
    return found


def _plain(value: str) -> str:
    return value.replace("{", "").replace("}", "").replace("--", "–").replace(r"\&", "&")


def cited(text: str, sources: Mapping[str, Source]) -> list[str]:
    """The keys of the entries that a text names: the first author, then nothing but names, then the year.

    Where several entries fit one mention, those win whose authors are all named: `Shen, Jiao, Lin and Huang 2021`.
    """
    text = _bare(text)
    found: dict[int, list[tuple[bool, str]]] = {}
    for key, source in sources.items():
        if source.year not in text:
            continue
        for place, complete in _mentions(text, [_bare(name) for name in source.names], source.year):
            found.setdefault(place, []).append((complete, key))
    keys = [key for place in sorted(found) for complete, key in found[place] if complete == max(found[place])[0]]
    return list(dict.fromkeys(keys))


def _bare(text: str) -> str:
    """Without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _mentions(text: str, names: list[str], year: str) -> Iterable[tuple[int, bool]]:
    """Where a text names this entry, and whether it names all its authors."""
    if not names or not year or names[0] not in text:
        return
    known = {part for name in names for part in re.split(r"[ '-]", name)}
    pattern = rf"(?<!\w){re.escape(names[0])}(?!\w)(?P<others>[^0-9;]{{0,90}}?)\(?{re.escape(year)}"
    for match in re.finditer(pattern, text):
        # conferences and journals in capitals may stand between the names and the year
        others = set(re.findall(r"[A-Z][a-z]\w*", match["others"]))
        if others <= known:
            yield match.start(), {part for name in names[1:] for part in re.split(r"[ '-]", name)} <= others


def unknown(texts: Iterable[str], sources: Mapping[str, Source]) -> list[str]:
    """The source texts that name a year but no entry of the bibliography."""
    return [text for text in texts if re.search(r"\b(1[6-9]|20)\d\d\b", text) and not cited(text, sources)]


def line(source: Source) -> str:
    """An entry as one line: authors (year). Title. Where."""
    f = source.fields
    where = f.get("journal") or f.get("booktitle") or f.get("publisher") or f.get("howpublished") or ""
    volume = f.get("volume", "") + (f"({f['number']})" if f.get("number") and f.get("volume") else "")
    pages = f.get("pages", "")
    place = ", ".join(part for part in (where, volume, pages) if part)
    link = f"doi:{f['doi']}" if f.get("doi") else f"arXiv:{f['eprint']}" if f.get("eprint") else f.get("url", "")
    authors = f.get("author", "").replace(" and ", "; ")
    return ". ".join(part for part in (f"{authors} ({source.year})", f.get("title", ""), place, link) if part) + "."
