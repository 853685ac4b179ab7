"""The page that opens a family's chapter."""

import pandas as pd
import pytest
from cases.report_site import REPORTS

from dlstats.pipeline import registry
from dlstats.report import families
from dlstats.report.blocks import Paragraph, Table, characters
from dlstats.report.document import family_title

QUESTIONS = families.load(REPORTS / families.FILE)
STUDIES = {name: registry.load(name) for name in registry.studies()}
CLAIMS = {one.id: study.family for study in STUDIES.values() for one in (*study.claims, *study.checks)}
CASES = [(family, q) for family, questions in QUESTIONS.items() for q in questions]


def test_every_family_has_a_page():
    assert set(QUESTIONS) == set(CLAIMS.values())


@pytest.mark.parametrize(("family", "question"), CASES, ids=[q.question for _, q in CASES])
def test_every_mark_is_a_claim_of_the_family(family, question):
    texts = (question.lectures, question.exact, question.training)
    marks = {value or name for text in texts for value, name in families.MARK.findall(text)}
    assert {mark: CLAIMS.get(mark) for mark in marks} == dict.fromkeys(marks, family)


@pytest.mark.parametrize("family", QUESTIONS)
def test_no_mark_is_left_with_or_without_a_ledger(family):
    for ledger in (pd.DataFrame(columns=["claim", "family", "verdict"]), _ledger(family)):
        _, counts, table = families.page(family, family_title(family), QUESTIONS[family], ledger)
        assert isinstance(table, Table)
        assert isinstance(counts, Paragraph)
        text = " ".join(characters(cell) for row in table.rows for cell in row)
        assert not families.MARK.search(text)
        assert ("not in this run" in text) == ledger.empty
        assert characters(counts.text).startswith(f"Claims and checks of this family: {len(ledger)}")


def test_the_counts_are_those_of_the_family_alone():
    ledger = pd.concat([_ledger("robust"), _ledger("imbalance")], ignore_index=True)
    size = len(_ledger("robust"))
    counts = families.page("robust", "Robust", QUESTIONS["robust"], ledger)[1]
    assert isinstance(counts, Paragraph)
    assert characters(counts.text) == f"Claims and checks of this family: {size}: {size} supported."


def test_numbers_are_those_of_the_ledger():
    ledger = {"A1": {"estimate": 0.123456, "mcse": 0.01, "verdict": "refuted"}, "B": {"estimate": 0.5, "mcse": 0.0}}
    text = families.looked_up("so {A1} [A1], exactly {B}, {C}.", ledger)
    assert characters(text) == "so 0.123 (0.010) (A1 refuted), exactly 0.5, (not in this run)."


def _ledger(family):
    rows = [
        {"claim": name, "family": family, "estimate": 1.5, "mcse": 0.1, "verdict": "supported"}
        for name in CLAIMS
        if CLAIMS[name] == family
    ]
    return pd.DataFrame(rows)
