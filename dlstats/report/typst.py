"""The document as PDF, through Typst: no network, built-in fonts only, equal inputs give equal bytes.

Text reaches Typst as strings of a JSON file, never as source, so that nothing needs to be escaped.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from dlstats.pipeline import store
from dlstats.report import bibliography, blocks, files
from dlstats.report.bibliography import FILE as REFERENCES
from dlstats.report.blocks import Document
from dlstats.report.digits import Shown
from dlstats.report.text import SIGNS, Span

TEMPLATE = "template.typ"
ONE_COLUMN = 3.6
"""Figures up to this width in inches stand two in a row."""


def pdf(document: Document, reports: Path) -> bytes:
    """The PDF of a document; `reports` holds the template and the bibliography file.

    Raises ValueError, with the name of the template, when Typst cannot take it.
    """
    import typst

    with _folder(reports) as folder:
        shutil.copy(files.tracked(reports, TEMPLATE), folder / TEMPLATE)
        data = prepare(document, folder)
        (folder / "document.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        try:
            printed = typst.compile(
                folder / TEMPLATE,
                root=folder,
                ignore_system_fonts=True,
                format="pdf",
                timestamp=document.timestamp,
                pdf_standards="ua-1",  # tagged, with alternative texts: readable by a screen reader
            )
        except typst.TypstError as error:
            raise ValueError(f"{files.tracked(reports, TEMPLATE)}: Typst cannot print with it: {error}") from None
    assert isinstance(printed, bytes)
    return printed


@contextmanager
def _folder(reports: Path) -> Iterator[Path]:
    """A folder for Typst to work in, which holds the bibliography."""
    with tempfile.TemporaryDirectory(prefix="dlstats-") as name:
        files.write_text(Path(name) / REFERENCES, bibliography.text(reports))
        yield Path(name)


def prepare(document: Document, folder: Path) -> dict:
    """The document as data for the template, its pictures copied into `folder`."""
    data = _data(document, blocks.targets(document.blocks), folder)
    return {**data, "blocks": _paired(data["blocks"]), "signs": SIGNS}


def _data(part: Any, keys: set[str], folder: Path) -> Any:
    """A part of a document as dictionaries and lists; links to what it does not hold become plain text.

    Pictures are copied into the folder, each once.
    """
    if isinstance(part, Shown):
        return part.text
    if isinstance(part, blocks.Picture):
        name = f"{store.digest(part.path)}.svg"
        if not (folder / name).exists():
            shutil.copy(part.path, folder / name)
        part = replace(part, path=name)
    if is_dataclass(part):
        dead = isinstance(part, Span) and part.kind in ("ref", "page") and part.target not in keys
        kind = {"kind": "plain" if dead else part.kind} if isinstance(part, Span | blocks.Block) else {}
        return {f.name: _data(getattr(part, f.name), keys, folder) for f in fields(part)} | kind
    return [_data(value, keys, folder) for value in part] if isinstance(part, list | tuple) else part


def _paired(content: Iterable[dict]) -> list[dict]:
    """Neighbouring pictures of one column in pairs."""
    out: list[dict] = []
    for narrow, group in itertools.groupby(content, lambda b: b["kind"] == "picture" and b["width"] <= ONE_COLUMN):
        run = list(group)
        out += [{"kind": "pair", "items": run[i : i + 2]} for i in range(0, len(run), 2)] if narrow else run
    return out


def html(formulas: Iterable[str], keys: Iterable[str], reports: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Formulas in Typst's maths as MathML, and by key the references of the bibliography file in the order of `keys`."""
    import typst

    formulas, keys = list(dict.fromkeys(formulas)), list(keys)
    lines = [f"$ {formula} $" for formula in formulas]
    if keys:
        lines += [f"#cite(label({json.dumps(key)}))" for key in keys]
        lines.append(f'#bibliography("{REFERENCES}", style: "ieee", title: none)')
    with _folder(reports) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Typst calls its HTML export experimental
        source = folder / "page.typ"
        source.write_text("\n\n".join(lines), encoding="utf-8")
        page = typst.compile(source, root=folder, format="html", ignore_system_fonts=True)
    assert isinstance(page, bytes)
    maths = re.findall(r"<math.*?</math>", page.decode(), re.DOTALL)
    entries = re.findall(r'<span class="prefix">.*?</span>(.*?)</li>', page.decode(), re.DOTALL)
    plain = [
        " ".join(re.sub(r"</?(?!em\b)\w[^>]*>", "", entry).replace("&#x20;", " ").split()) for entry in entries
    ]  # links and styles go
    return (
        dict(zip(formulas, (text.replace(' display="block"', "") for text in maths), strict=True)),
        dict(zip(keys, plain, strict=True)),
    )
