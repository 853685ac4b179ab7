"""A claim has the same digits, sign and dashes wherever it is shown."""

from __future__ import annotations

import math

import pytest
from cases.report_site import CONFIG, study

from dlstats.report import ademp, ledger, protocol
from dlstats.report.text import characters

RECORD = {
    "claim": "A1",
    "statement": "s",
    "relation": "at_most",
    "theory": 0.5,
    "margin": 0.0123456,
    "verdict": "refuted",
}


def test_a_row_shows_sign_error_and_four_digits_of_the_margin():
    row = ledger.row({**RECORD, "estimate": 0.62345, "mcse": 0.0123, "replicates": 30.0, "failed": 2.0})
    assert (row.expected.text, row.estimate.text, row.margin.text) == ("≤ 0.5", "0.623 (0.012)", "0.01235")
    assert (row.replicates.text, row.failed.text, row.verdict) == ("30", "2", "refuted")


def test_what_is_not_known_is_a_dash():
    row = ledger.row({**RECORD, "margin": 0.0, "replicates": math.nan})
    assert {row.estimate.text, row.margin.text, row.replicates.text, row.failed.text} == {"–"}


@pytest.mark.parametrize(("theory", "text"), [(-1e-7, "≥ −1 × 10⁻⁷"), (math.inf, "≥ ∞"), (-2.0, "≥ −2")])
def test_the_sign_stands_before_the_number(theory, text):
    assert ledger.row({**RECORD, "relation": "at_least", "theory": theory}).expected.text == text


def test_every_document_shows_the_same_numbers(site):
    rows = {row.claim: row for row in ledger.rows(site.verdicts)}
    entries = {entry.row.claim: entry.row for entry in ledger.entries(site.verdicts, {}, ())}
    fixed = ademp.claims(protocol.protocol(CONFIG, study()), "t")
    planned = {characters(cells[0]): [characters(cell) for cell in cells] for cells in fixed.rows}
    printed = ledger.table(site.verdicts, "", "t")
    files = {characters(cells[0]): [characters(cell) for cell in cells] for cells in printed.rows}
    for name, row in rows.items():
        shown = (row.expected.text, row.estimate.text, row.margin.text)
        assert entries[name] == row
        assert tuple(planned[name][2:4]) == (shown[0], shown[2])
        assert tuple(files[name][2:5]) == shown
