"""What is printed is what the ledger holds: rows are read back from PDF, LaTeX, Markdown and CSV and compared with it."""

from __future__ import annotations

import io
import math
import re

import pandas as pd
import pypdf
import pytest

from dlstats.protocol.claim import RELATIONS
from dlstats.report import build

RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
NUMBER = r"[-−]?\d+(?:\.\d+)?"
SHOWN = rf"(?P<value>{NUMBER}|–)(?: \((?P<error>[\d.]+)\))?(?: × 10(?P<power>[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?"


@pytest.fixture(scope="module")
def out(site, config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("printed")
    build.write(config, site.results, site.reports, out=folder, **site.arguments)
    return folder


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


@pytest.fixture(scope="module")
def lines(out) -> dict[str, str]:
    """The rows of the ledger in the PDF, by claim, as one line each."""
    pages = pypdf.PdfReader(io.BytesIO((out / "dlstats.pdf").read_bytes())).pages
    text = "\n".join(page.extract_text() for page in pages)
    for mark, plain in {"\u200b": "", "\xa0": " ", "\u202f": " "}.items():
        text = text.replace(mark, plain)
    ledger = text[text.rindex("claim, verdict") :]
    starts = [(match.start(), match[0]) for match in re.finditer(r"TOY\d(?:\.\w+)?", ledger)]
    ends = [*(start for start, _ in starts[1:]), ledger.index("Identities and counts")]
    found = {}
    for (start, name), end in zip(starts, ends, strict=True):
        found.setdefault(name, " ".join(ledger[start:end].split()))
    return found


FIELDS = re.compile(
    rf"(?P<relation>[=≤≥]) (?P<theory>{NUMBER}(?: × 10\S+)?)(?: margin (?P<margin>{NUMBER}))?"
    rf" (?P<found>(?:{NUMBER}|–)(?: \([\d.]+\))?(?: × 10\S+)?)"
    rf" R = (?P<replicates>\d+|–)(?:, (?P<failed>\d+) failed)?(?: p against (?P<against>\S+), for (?P<favour>\S+))?"
)


def test_every_row_of_the_pdf_has_the_ledgers_numbers_in_their_places(lines, site):
    rows = site.verdicts.to_dict("records")
    assert {row["claim"] for row in rows} <= set(lines)
    for row in rows:
        line = lines[row["claim"]]
        (got,) = FIELDS.finditer(line)
        assert got["relation"] == RELATIONS[row["relation"]]
        same(read(got["theory"]), row["theory"])
        same(read(got["margin"] or "0"), row["margin"])
        same(read(got["found"]), row["estimate"], row["mcse"] if math.isfinite(row["mcse"]) else 0.0)
        assert int(got["failed"] or 0) == row["failed"]
        assert got["replicates"] == ("–" if math.isnan(row["replicates"]) else str(int(row["replicates"])))
        words = line.removeprefix(row["claim"]).split()
        assert row["verdict"] in " ".join(words[:4])
        if row["law"] != "exact" and math.isfinite(row["p_adjusted"]):
            assert chance(got["against"]) == pytest.approx(row["p_adjusted"], rel=0.05, abs=1e-6)
            assert chance(got["favour"]) == pytest.approx(row["p_for"], rel=0.05, abs=1e-6)


def chance(text: str) -> float:
    """A printed p-value; what is less than a bound counts as 0."""
    return 0.0 if text.startswith("<") else read(text)[0]


def test_the_totals_on_the_first_page_are_those_of_the_ledger(out, site):
    first = pypdf.PdfReader(io.BytesIO((out / "dlstats.pdf").read_bytes())).pages[0].extract_text()
    text = " ".join(first.split())
    assert f"We test {len(site.verdicts)} statements" in text
    for kinds, words in (("theorem derived", "theorems in print"), ("finding", "findings of earlier pilots")):
        part = site.verdicts[site.verdicts["origin"].isin(kinds.split())]
        sentence = re.search(rf"Of {len(part)} {words}[^.]*\.", text)
        assert sentence
        for word, count in part["verdict"].value_counts().items():
            assert re.search(rf"\b{count} (?:is |are )?{word}", sentence[0])
    assert "1 of 1 exact identities and counts hold" in text


def test_the_csv_file_is_the_ledger(out, site):
    table = pd.read_csv(out / "tables" / "ledger.csv", keep_default_na=False, na_values=[""])
    for column in (
        "claim",
        "relation",
        "theory",
        "estimate",
        "mcse",
        "margin",
        "verdict",
        "p_adjusted",
        "p_for",
        "lower",
        "upper",
    ):
        expected = site.verdicts[column]
        if expected.dtype == float:
            assert list(table[column].fillna(-9.0)) == pytest.approx(list(expected.fillna(-9.0)), rel=1e-12)
        else:
            assert list(table[column]) == list(expected)


def test_every_row_of_the_markdown_file_has_the_ledgers_numbers(out, site):
    head, _, *rows = [line for line in (out / "tables" / "ledger.md").read_text().splitlines() if line.startswith("|")]
    names = cells(head, r"(?<!\\)\|")
    check(
        [dict(zip(names, cells(row, r"(?<!\\)\|"), strict=True)) for row in rows],
        site,
        lambda text: text.replace("\\", ""),
    )


def test_every_row_of_the_latex_file_has_the_ledgers_numbers(out, site):
    lines = (out / "tables" / "ledger.tex").read_text().splitlines()
    body = [line.strip().removesuffix(r"\\") for line in lines if re.search(r"(?<!\\)&", line)]
    names = [re.sub(r"[{}]", "", name) for name in cells(body[0], r"(?<!\\)&", 0)]
    check([dict(zip(names, cells(row, r"(?<!\\)&", 0), strict=True)) for row in body[1:]], site, plain)


def cells(line: str, separator: str, edge: int = 1) -> list[str]:
    parts = [part.strip() for part in re.split(separator, line)]
    return parts[edge : len(parts) - edge]


def plain(text: str) -> str:
    """A cell of LaTeX as it is printed."""
    text = re.sub(r"\\texttt\{(.*)\}", r"\1", text).replace(r"\allowbreak{}", "").replace(r"\_", "_")
    for sign, command in (("≤", r"\leq"), ("≤", r"\le"), ("≥", r"\geq"), ("≥", r"\ge")):
        text = text.replace(rf"\ensuremath{{{command}}}", sign)
    number = re.search(rf"\\num\{{(\\le |\\ge |= |)({NUMBER})(?: \+- ([\d.]+))?(?:e(-?\d+))?\}}", text)
    if number:
        raised = str(number[4] or "").translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        shown = number[1].replace(r"\le", "≤").replace(r"\ge", "≥") + number[2]
        shown += (f" ({number[3]})" if number[3] else "") + (f" × 10{raised}" if raised else "")
        text = text.replace(number[0], shown)
    return text.strip("{}").replace("--", "–").replace(r"\textendash", "–")


def check(rows: list[dict], site, cleaned) -> None:
    """The rows of a file, under the heads of their columns, against the ledger."""
    assert [cleaned(row["claim"]) for row in rows] == list(site.verdicts["claim"])
    for row, record in zip(rows, site.verdicts.to_dict("records"), strict=True):
        relation, _, theory = cleaned(row["required"]).partition(" ")
        assert relation == RELATIONS[record["relation"]]
        same(read(theory), record["theory"])
        same(read(cleaned(row["found"])), record["estimate"], record["mcse"] if math.isfinite(record["mcse"]) else 0.0)
        same(read(cleaned(row["margin"])), record["margin"] or math.nan)
        assert cleaned(row["verdict"]) == record["verdict"]
