"""The errata: every one says where, quotes enough words, and names evidence that exists."""

import re

import pytest
from cases.report_site import REPORTS

from dlstats.pipeline import registry
from dlstats.report import errata

LECTURES, ERRATA = errata.load(REPORTS / errata.FILE)
STUDIES = [registry.load(name) for name in registry.studies()]
KNOWN = {one.id for study in STUDIES for one in (*study.claims, *study.checks)}
WORDS = 4
"""Fewest words of a quotation, what is left out not counted."""


def test_every_slip_has_a_place_and_a_quotation_of_a_known_lecture():
    for slip in ERRATA:
        assert slip.lectures
        assert set(slip.lectures) <= set(LECTURES)
        assert slip.place
        assert len(re.sub(r"…|\.\.\.", " ", slip.printed).split()) >= WORDS, slip.id
        assert slip.right.endswith(".")


def test_no_number_in_braces_is_left():
    assert [slip.id for slip in ERRATA if "{" in slip.right + slip.line] == []


def test_the_evidence_exists():
    assert [(slip.id, name) for slip in ERRATA for name in slip.claims if name not in KNOWN] == []


def test_ids_stand_once():
    ids = [slip.id for slip in ERRATA]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("formula", ["", "x = 1"])
def test_what_is_printed_has_title_quotation_and_formula(formula):
    slip = errata.Erratum(
        id="E", lectures=["A"], place="Title", printed="four words of it", formula=formula, right="Right.", claims=[]
    )
    assert slip.line == "Title: “four words of it”" + (", x = 1." if formula else ".")
    assert errata.evidence(slip, {}) == errata.prose("by reading")
