"""The keys that claims and checks cite, against the sources: the report's file and those beside studies from outside."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from dlstats import project
from dlstats.pipeline import outside, registry
from dlstats.protocol.hints import near
from dlstats.protocol.origin import Practice, Theorem

FILE = "references.bib"
_ENTRY = re.compile(r"^\s*@(?!comment|string|preamble)\w+\s*[{(]\s*([^,\s]+)\s*,", re.MULTILINE | re.IGNORECASE)


def keys(path: Path) -> list[str]:
    """The keys of the entries of a BibTeX file; none where there is no such file.

    Raises ValueError where it is no text in UTF-8, or its braces do not match, as of a file that was cut.
    """
    try:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: must be text in UTF-8, got byte {error.object[error.start]} at {error.start}"
        ) from None
    opening, closing = (text.count(brace) - text.count("\\" + brace) for brace in "{}")
    if opening != closing:
        raise ValueError(f"{path}: must close every brace, got {opening} opening and {closing} closing ones.")
    return _ENTRY.findall(text)


def check(studies: Iterable[str]) -> None:
    """Raise StudyError for a claim or check that cites a key without an entry."""
    files = [project.file("reports", FILE), *outside.references()]
    known = {key for path in files for key in keys(path)}
    for name in studies:
        study = registry.load(name)
        for one in (*study.claims, *study.checks):
            if isinstance(one.origin, Theorem | Practice) and one.origin.cite not in known:
                where = registry.shown(registry.file(name))
                beside = "" if name in registry.studies() else f" or {FILE} beside the study"
                raise registry.StudyError(
                    f"{where}: `{one.id}` must cite a key of {registry.shown(files[0])}{beside}, "
                    f"got `{one.origin.cite}`.{near(one.origin.cite, known)}"
                )
