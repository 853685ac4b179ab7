"""The page that opens a family's chapter: questions answered in sentences."""

import pandas as pd
import pytest
from cases.report_site import REPORTS

from dlstats.pipeline import registry
from dlstats.report import families, sentences
from dlstats.report.blocks import Answer
from dlstats.report.text import characters

QUESTIONS = families.load(REPORTS / families.FILE)
PROPOSITIONS = sentences.load(REPORTS / sentences.FILE)
STUDIES = {name: registry.load(name) for name in registry.studies()}
CLAIMS = {one.id: study for study in STUDIES.values() for one in (*study.claims, *study.checks)}
CASES = [(family, q) for family, questions in QUESTIONS.items() for q in questions]


def ledger(family: str, verdict: str = "supported") -> pd.DataFrame:
    """A ledger in which every claim of a family has the same number and verdict."""
    rows = [
        {"claim": name, "family": family, "study": study.name, "estimate": 1.5, "mcse": 0.1, "verdict": verdict}
        | {"relation": "equals", "theory": 1.25, "margin": 0.5, "reason": "it lies on the margin", "note": ""}
        for name, study in CLAIMS.items()
        if study.family == family
    ]
    return pd.DataFrame(rows)


def by_claim(table):
    return {row["claim"]: row for row in table.to_dict("records")}


def test_every_family_has_a_page():
    assert set(QUESTIONS) == {study.family for study in STUDIES.values()}


@pytest.mark.parametrize(("family", "question"), CASES, ids=[q.question for _, q in CASES])
def test_every_answer_is_by_claims_of_the_family_that_have_a_sentence(family, question):
    told = {claim for one in PROPOSITIONS for claim in one.claims}
    assert {claim: CLAIMS[claim].family for claim in question.claims} == dict.fromkeys(question.claims, family)
    assert set(question.claims) <= told


@pytest.mark.parametrize("family", QUESTIONS)
@pytest.mark.parametrize("verdict", ["supported", "refuted", "undecided"])
def test_every_question_is_answered_by_its_verdicts(family, verdict):
    answers = families.page(family, QUESTIONS[family], PROPOSITIONS, by_claim(ledger(family, verdict)))
    assert len(answers) == len(QUESTIONS[family])
    for answer, question in zip(answers, QUESTIONS[family], strict=True):
        assert isinstance(answer, Answer)
        text = characters(answer.text)
        assert ("undecided whether" in text) == (verdict == "undecided")
        assert ("does not hold that" in text) == (verdict == "refuted")
        for claim in question.claims:
            assert claim in characters(answer.evidence)


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_every_claim_stands_under_one_question_and_in_its_order(study):
    questions, ids = QUESTIONS[study.family], [one.id for one in (*study.claims, *study.checks)]
    groups = list(families.topics(questions, ids))
    assert sorted(claim for _, held in groups for claim in held) == sorted(ids)
    asked = {q.question: q.claims for q in questions}
    for question, held in groups:
        assert held == [claim for claim in (asked[question] if question else ids) if claim in held]
    assert [q for q, _ in groups if q] == [q for q in asked if q in dict(groups)]


def test_of_a_long_answer_the_rest_is_counted_but_for_what_disagrees():
    claims = [f"A{n}" for n in range(families.FIRST + 4)]
    words = dict.fromkeys(claims, "supported") | {claims[-1]: "not run", claims[-2]: "refuted"}
    rows = ledger("robust").head(len(claims)).assign(claim=claims, verdict=list(words.values()))
    told = [sentences.Proposition((claim,), sentences.Clause(that=f"<{claim}>")) for claim in claims]
    question = families.Question(question="Q?", lectures="Not treated.", claims=claims)
    (answer,) = families.page("robust", [question], told, by_claim(rows))
    text = characters(answer.text)
    assert [claim for claim in claims if f"<{claim}>" in text] == [*claims[: families.FIRST], claims[-2]]
    assert "What 2 further claims state was found, too. 1 further claim was not run." in text
    assert all(claim in characters(answer.evidence) for claim in claims)


def test_a_table_beside_a_question_has_a_cell_in_every_column():
    for family, questions in QUESTIONS.items():
        asked = [q.table for q in questions if q.table]
        assert len(families.tables(family, questions)) == len(asked)
        for table in asked:
            assert {len(row) for row in table.rows} == {len(table.columns)}
            assert all(cell for row in table.rows for cell in row)


def test_without_results_every_answer_says_so():
    for family, questions in QUESTIONS.items():
        for answer in families.page(family, questions, PROPOSITIONS, {}):
            assert isinstance(answer, Answer)
            assert "was not asked in this run" in characters(answer.text)


def test_the_lead_counts_claims_and_checks():
    lead = families.lead(ledger("robust").head(3), pd.DataFrame({"holds": [True, False]}))
    assert characters(lead.text) == "Of 3 claims, 3 are supported. 1 of 2 exact identities and counts hold."
