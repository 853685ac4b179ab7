"""Rows of the ledger as documents print them, read back: from LaTeX, Markdown, Word and the text of a PDF."""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from dlstats.protocol.claim import RELATIONS

RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
NUMBER = r"[-−]?\d+(?:\.\d+)?"
POWER = r" × 10\^?\{?(?P<power>[-−⁻⁰¹²³⁴⁵⁶⁷⁸⁹\d]+)\}?"
SHOWN = rf"(?P<value>{NUMBER}|–)(?: \((?P<error>[\d.]+)\))?(?:{POWER})?"
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MATHS = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"


def read(text: str) -> tuple[float, float]:
    """(value, error) of a printed number; NaN for a dash, error 0 where none is printed."""
    match = re.fullmatch(SHOWN, text.strip())
    assert match, text
    if match["value"] == "–":
        return math.nan, 0.0
    power = 10.0 ** int((match["power"] or "0").translate(RAISED))
    return float(match["value"].translate(RAISED)) * power, float(match["error"] or 0) * power


def same(printed: tuple[float, float], value: float, error: float = 0.0) -> None:
    """A printed number is the stored one, to the digits that are printed: two of the error, else three and more."""
    if math.isnan(value):
        assert math.isnan(printed[0])
        return
    assert printed[1] == pytest.approx(error, rel=0.051)
    assert printed[0] == pytest.approx(value, abs=0.051 * error + 5e-4 * abs(value) * (error == 0))


def check(rows: list[dict[str, str]], ledger: pd.DataFrame) -> None:
    """The rows of a table, under the heads of their columns, are those of the ledger."""
    assert [row["claim"] for row in rows] == list(ledger["claim"])
    for row, record in zip(rows, ledger.to_dict("records"), strict=True):
        relation, _, theory = row["required"].partition(" ")
        assert relation == RELATIONS[record["relation"]]
        same(read(theory), record["theory"])
        same(read(row["found"]), record["estimate"], record["mcse"] if math.isfinite(record["mcse"]) else 0.0)
        same(read(row["margin"]), record["margin"] or math.nan)
        assert row["verdict"] == record["verdict"]


def of_markdown(text: str, head: str = "claim") -> list[dict[str, str]]:
    """The rows of the first table of a Markdown text whose first column is called so."""
    tables = [part.splitlines() for part in text.split("\n\n") if part.startswith("|")]
    lines = next(held for held in tables if _cells(held[0], r"(?<!\\)\|")[0] == head)
    heads, _, *rows = (_cells(line, r"(?<!\\)\|") for line in lines)
    return _named(heads, rows, lambda text: of_maths(text.replace("\\|", "|").strip("`*")))


def of_latex(text: str) -> list[dict[str, str]]:
    """The rows of a table in LaTeX."""
    lines = [line.strip().removesuffix(r"\\") for line in text.splitlines() if re.search(r"(?<!\\)&", line)]
    heads, *rows = (_cells(line, r"(?<!\\)&", 0) for line in lines)
    return _named([re.sub(r"[{}]", "", head) for head in heads], [row for row in rows if row != heads], _plain)


def of_word(path: Path, head: str = "claim") -> list[dict[str, str]]:
    """The rows of the first table of a Word document whose first column is called so."""
    root = ElementTree.fromstring(zipfile.ZipFile(path).read("word/document.xml"))
    for table in root.iter(f"{WORD}tbl"):
        heads, *rows = ([_words(cell) for cell in row.iter(f"{WORD}tc")] for row in table.iter(f"{WORD}tr"))
        if heads[0] == head:
            return _named(heads, rows, of_maths)
    raise LookupError(head)


def _words(element: ElementTree.Element) -> str:
    """The text of a cell, with `^` before what stands raised."""
    out = ""
    for part in element.iter():
        out += "^" * (part.tag == f"{MATHS}sup") + (part.text or "") * (part.tag in (f"{WORD}t", f"{MATHS}t"))
    return out


def of_maths(text: str) -> str:
    """A cell whose numbers stand in maths as plain text."""
    signs = {r"\le": "≤", r"\ge": "≥", r"\times": "×", "$": "", "~": " ", "\\": ""}
    for sign, plain in signs.items():
        text = text.replace(sign, plain)
    text = re.sub(r"([=≤≥×])(?=[-−\d])", r"\1 ", text)
    text = re.sub(r"(?<=\d)×", " ×", text).replace("--", "–")
    return " ".join(text.split())


def _cells(line: str, separator: str, edge: int = 1) -> list[str]:
    parts = [part.strip() for part in re.split(separator, line)]
    return parts[edge : len(parts) - edge]


def _named(heads: list[str], rows: list[list[str]], cleaned: Callable[[str], str]) -> list[dict[str, str]]:
    return [dict(zip(heads, map(cleaned, row), strict=True)) for row in rows]


def _plain(text: str) -> str:
    """A cell of LaTeX as it is printed."""
    text = re.sub(r"\\texttt\{(.*)\}", r"\1", text).replace(r"\allowbreak{}", "").replace(r"\_", "_")
    number = re.search(rf"\\num\{{(\\le |\\ge |= |)({NUMBER})(?: \+- ([\d.]+))?(?:e(-?\d+))?\}}", text)
    if number:
        shown = (number[1] and of_maths(number[1]) + " ") + number[2] + (f" ({number[3]})" if number[3] else "")
        text = text.replace(number[0], shown + (f" × 10^{number[4]}" if number[4] else ""))
    return text.strip("{}").replace("--", "–")
