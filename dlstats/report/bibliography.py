"""The sources: a BibTeX file of plain entries, found again in the words with which a claim names its source."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
