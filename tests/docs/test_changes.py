"""What the page on the first two ledgers counts, against the table of both designs."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

CHANGES = Path(__file__).parents[2] / "docs" / "changes"
PAGE = (CHANGES / "ledger-1-to-2.md").read_text(encoding="utf-8")
with (CHANGES / "first-to-second-design.csv").open(encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))
CLAIMS = [row for row in ROWS if row["stands_as"] == "claim"]


def kind(row):
    """The row of the page's table that a claim counts in, by its numbers."""
    first, second = (row["first"], row["first_error"]), (row["second"], row["second_error"])
    if first == second:
        return "equal to the bit" if first[0] else "no number in either design"
    alike = all(float(a) == pytest.approx(float(b), rel=1e-9, abs=1e-15) for a, b in zip(first, second, strict=True))
    return "equal to rounding" if alike else "differ"


def test_the_table_of_both_designs_counts_equal_claims_as_the_page_says():
    stated = {words.strip(): int(n) for words, n in re.findall(r"^\| ([a-z ]+)[^|]*\| (\d+) \|$", PAGE, re.M)}
    assert stated == Counter(map(kind, CLAIMS))
    assert sum(stated.values()) == len(CLAIMS) == 378


def test_what_differs_has_its_reason_and_nothing_else_has():
    words = {
        "equal to the bit": "",
        "equal to rounding": "rounding",
        "no number in either design": "no number in either",
    }
    for row in CLAIMS:
        said = row["difference"]
        assert (said not in words.values()) if kind(row) == "differ" else (said == words[kind(row)]), row["claim"]


def test_another_error_has_the_same_estimate_and_another_estimand_another():
    reasons = {"error with the covariance": (True, 7), "slope of the paired log ratio": (False, 6)}
    for reason, (same, count) in reasons.items():
        rows = [row for row in CLAIMS if row["difference"].startswith(reason)]
        assert len(rows) == count
        assert {float(r["first"]) == pytest.approx(float(r["second"]), rel=1e-9) for r in rows} == {same}
        assert (f" {count} have the same estimate" if same else f" {count} have another estimand") in PAGE
