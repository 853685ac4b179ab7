"""What is printed is what the ledger holds: rows are read back from PDF, LaTeX, Markdown and CSV and compared with it."""

from __future__ import annotations

import io
import math
import re

import pandas as pd
import pypdf
import pytest
from cases import printed_rows
from cases.printed_rows import NUMBER, read, same

from dlstats.protocol.claim import RELATIONS
from dlstats.report import build


@pytest.fixture(scope="module")
def out(site, config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("printed")
    build.write(config, site.results, site.reports, out=folder, **site.arguments)
    return folder


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
    rf" R = (?P<replicates>\d+|–)(?:, (?P<failed>\d+) failed)?(?:; p (?P<against>\S+), (?P<favour>\S+))?"
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
    for kinds, one, several in (
        ("theorem derived", "theorem in print", "theorems in print"),
        ("finding", "finding of earlier pilots", "findings of earlier pilots"),
    ):
        part = site.verdicts[site.verdicts["origin"].isin(kinds.split())]
        if len(part) == 1:
            assert re.search(rf"The one {one}[^.]* is {part['verdict'].iloc[0]}\.", text)
            continue
        sentence = re.search(rf"Of {len(part)} {several}[^.]*\.", text)
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
    printed_rows.check(printed_rows.of_markdown((out / "tables" / "ledger.md").read_text()), site.verdicts)


def test_every_row_of_the_latex_file_has_the_ledgers_numbers(out, site):
    printed_rows.check(printed_rows.of_latex((out / "tables" / "ledger.tex").read_text()), site.verdicts)
