"""The document as PDF, through Typst: no network, built-in fonts only, equal inputs give equal bytes.

Text reaches Typst as strings of a JSON file, never as source, so that nothing needs to be escaped.
"""

from __future__ import annotations

import itertools
import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dlstats.report import blocks, files
from dlstats.report.bibliography import FILE as REFERENCES
from dlstats.report.blocks import Document

TEMPLATE = "template.typ"
ONE_COLUMN = 3.6
"""Figures up to this width in inches stand two in a row."""


def pdf(document: Document, reports: Path) -> bytes:
    """The PDF of a document; `reports` holds the template and the bibliography file."""
    import typst

    with tempfile.TemporaryDirectory(prefix="dlstats-") as name:
        folder = Path(name)
        for tracked in (TEMPLATE, REFERENCES):
            shutil.copy(files.tracked(reports, tracked), folder / tracked)
        data = prepare(document, folder)
        (folder / "document.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        found = typst.compile(
            folder / TEMPLATE,
            root=folder,
            ignore_system_fonts=True,
            format="pdf",
            timestamp=document.timestamp,
            pdf_standards="ua-1",  # tagged, with alternative texts: readable by a screen reader
        )
    assert isinstance(found, bytes)
    return found


def prepare(document: Document, folder: Path) -> dict:
    """The document as data for the template, its pictures copied into `folder`."""
    data = blocks.as_data(document)
    keys = blocks.targets(document.blocks)
    data["blocks"] = _paired(_drop_dead_links(data["blocks"], keys))
    data["facts"] = _drop_dead_links(data["facts"], keys)
    for number, picture in enumerate(_pictures(data["blocks"])):
        name = f"figure-{number}.svg"
        shutil.copy(picture["path"], folder / name)
        picture["path"] = name
    return data


def _drop_dead_links(part: Any, keys: set[str]) -> Any:
    """The same data, with links to what this document does not hold turned into plain text."""
    if isinstance(part, Mapping):
        if part.get("kind") == "ref" and part.get("target") not in keys:
            return {**part, "kind": "plain"}
        return {key: _drop_dead_links(value, keys) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_drop_dead_links(value, keys) for value in part]
    return part


def _paired(found: Iterable[dict]) -> list[dict]:
    """Neighbouring pictures of one column in pairs."""
    out: list[dict] = []
    for narrow, run in itertools.groupby(found, lambda b: b["kind"] == "picture" and b["width"] <= ONE_COLUMN):
        run = list(run)
        if narrow:
            out += [{"kind": "pair", "items": run[i : i + 2]} for i in range(0, len(run), 2)]
        else:
            out += run
    return out


def _pictures(found: Iterable[dict]) -> Iterable[dict]:
    for block in found:
        if block["kind"] == "picture":
            yield block
        elif block["kind"] == "pair":
            yield from block["items"]


def mathml(sources: Iterable[str]) -> dict[str, str]:
    """Formulas in Typst's maths as MathML, for HTML."""
    import re
    import warnings

    import typst

    wanted = list(dict.fromkeys(sources))
    if not wanted:
        return {}
    source = "\n\n".join(f"$ {formula} $" for formula in wanted)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Typst calls its HTML export experimental
        page = typst.compile(source.encode(), format="html", ignore_system_fonts=True)
    assert isinstance(page, bytes)
    found = re.findall(r"<math.*?</math>", page.decode(), re.S)
    if len(found) != len(wanted):
        raise ValueError(f"{len(wanted)} formulas must give as many MathML elements, got {len(found)}.")
    return dict(zip(wanted, (text.replace(' display="block"', "") for text in found), strict=True))
