"""Sentences of results: every template under every verdict, and numbers from the ledger alone."""

import math
import re

import pandas as pd
import pytest
from cases.report_site import REPORTS

from dlstats.pipeline import registry
from dlstats.protocol.origin import MEANING
from dlstats.protocol.verdict import VERDICTS
from dlstats.report import findings, overview, sentences
from dlstats.report.text import characters, prose

PROPOSITIONS = sentences.load(REPORTS / sentences.FILE)
FINDINGS = findings.load(REPORTS / findings.FILE)
STUDIES = {name: registry.load(name) for name in registry.studies()}
CLAIMS = {one.id: one for study in STUDIES.values() for one in (*study.claims, *study.checks)}
WORDS = (*VERDICTS, "holds", "fails")


def row(claim: str, verdict: str, **more) -> dict:
    """A row of the ledger with numbers that no text has."""
    found = {"claim": claim, "verdict": verdict, "relation": "at_most", "theory": 0.1717, "margin": 0.0}
    found |= {
        "estimate": 0.4142,
        "mcse": 0.0131,
        "replicates": 32.0,
        "reason": "",
        "note": "a note",
        "needed": math.nan,
    }
    return found | {"effort_estimate": 0.2236, "paired_estimate": 0.3317} | more


def told(one: sentences.Proposition, verdict: str, **more) -> str:
    ledger = {claim: row(claim, verdict, **more) for claim in one.claims}
    return characters(sentences.text(sentences.told([one], one.claims, ledger)))


@pytest.mark.parametrize("one", PROPOSITIONS, ids=lambda one: one.claims[0])
def test_every_proposition_has_its_own_words_for_every_verdict(one):
    texts = {word: told(one, word, reason="it lies on the margin") for word in WORDS}
    for word, text in texts.items():
        assert text[0].isupper() or not text[0].isalpha()
        assert text.endswith(".")
        assert not re.search(r"[{}]|\bnan\b|None|\.\.|: \.|  ", text), text
        assert characters(prose(one.that(one.claims)))[1:] in text, word
    agreeing = {texts[word] for word in ("supported", "replicated", "holds")}
    assert len(set(texts.values()) - agreeing) == len(WORDS) - 3 - (texts["conflict"] == texts["fails"])


@pytest.mark.parametrize("one", PROPOSITIONS, ids=lambda one: one.claims[0])
@pytest.mark.parametrize("word", [word for word in WORDS if word not in sentences.IN_FAVOUR])
def test_what_speaks_against_has_the_number_that_was_found_and_the_one_required(one, word):
    text, number = told(one, word), sentences.bare(one.clause.number)
    if word not in ("not run",):
        assert sentences.found(row("", word), number) in text
    if word in ("refuted", "not replicated", "not reached", "undecided", "conflict"):
        assert sentences.required(row("", word), number) in text


ASKED = ("refuted", "not replicated", "not reached", "undecided", "breaks", "conflict", "fails")


@pytest.mark.parametrize("word", ASKED)
def test_what_is_asked_for_and_what_was_found_are_called_so(word):
    one = sentences.Proposition(("A",), sentences.Clause(that="x holds"))
    text = told(one, word, reason="why", effort_estimate=0.25)
    assert re.search(r"asks for ≤ 0\.1717[,;] found 0\.414 \(0\.013\)(; why)?\.$", text)
    bound = told(one, "recipe-bound")
    assert (
        "0.414 (0.013) at the effort of the study, 0.2236 at three times that effort, 0.3317 at one on the same"
        in bound
    )


@pytest.mark.parametrize("one", PROPOSITIONS, ids=lambda one: one.claims[0])
def test_every_clause_is_of_claims_that_are_there(one):
    assert {claim for claim in one.claims if claim not in CLAIMS} == set()
    assert ("{which}" in one.clause.that) == bool(one.clause.which)
    assert not re.match(r"[b-z] ", one.that(one.claims)), "a symbol cannot begin a sentence"


def test_claims_of_other_verdicts_are_told_apart():
    one = sentences.Proposition(("A", "B", "C"), sentences.Clause(that="x is {which}", which=["red", "green", "blue"]))
    ledger = {"A": row("A", "supported"), "B": row("B", "not replicated"), "C": row("C", "supported", estimate=0.5)}
    first, second = sentences.told([one], one.claims, ledger)
    assert (first.claims, first.verdict) == (("A", "C"), "supported")
    assert (second.claims, second.verdict) == (("B",), "not replicated")
    assert first.sentence == "X is red and blue: 0.414 (0.013) and 0.500 (0.013)."
    assert second.sentence == "It did not replicate that x is green: that asks for ≤ 0.1717, found 0.414 (0.013)."


def test_every_claim_is_told_once_and_what_has_no_clause_by_its_statement():
    one = sentences.Proposition(("A", "B", "C"), sentences.Clause(that="x is {which}", which=["red", "green", "blue"]))
    ledger = {c: row(c, "supported", statement=f"{c} is so.") for c in "ABCD"} | {"E": row("E", "holds")}
    first, second = sentences.told([one], ["D", "C", "E", "A", "C"], ledger)
    assert (first.sentence, first.claims) == ("D is so: required ≤ 0.1717, found 0.414 (0.013), supported.", ("D",))
    assert (second.sentence, second.claims) == ("X is red and blue: 0.414 (0.013) and 0.414 (0.013).", ("A", "C"))


def test_units_are_those_of_the_template():
    log = row("A", "supported", estimate=-1.0, mcse=0.01, theory=0.0, margin=math.log10(1.25), relation="equals")
    assert sentences.found(log, "{factor} times") == "0.1000 (0.0023)"
    assert sentences.required(log, "{factor} times") == "0.8 to 1.25"
    assert sentences.found(row("A", "supported"), "{percent} %") == "41.4 (1.3)"
    assert sentences.required(row("A", "supported", relation="at_least", margin=0.01), "{value}") == "≥ 0.1617"


@pytest.mark.parametrize("key", FINDINGS)
@pytest.mark.parametrize("word", WORDS)
def test_every_finding_is_headed_and_told_by_its_verdicts(key, word):
    entry = FINDINGS[key]
    ledger = {claim: row(claim, word) for claim in entry.claims}
    (one,) = findings.told({key: entry}, PROPOSITIONS, ledger)
    expected = entry.holds if word in sentences.IN_FAVOUR else entry.fails if word in sentences.AGAINST else entry.open
    assert one.headline == expected
    assert one.claims == tuple(entry.claims)
    assert len({entry.holds, entry.fails, entry.open}) == 3


@pytest.mark.parametrize("key", FINDINGS)
def test_every_finding_has_clauses_a_study_and_a_figure(key):
    entry = FINDINGS[key]
    known = {claim for one in PROPOSITIONS for claim in one.claims}
    assert set(entry.claims) <= known
    assert entry.figure in [figure.name for figure in STUDIES[entry.study].figures]


def test_a_finding_of_which_nothing_was_judged_is_left_out():
    assert findings.told(FINDINGS, PROPOSITIONS, {}) == []


LEDGER = pd.DataFrame(
    [
        row("A", "supported", family="f", study="s", origin="derived", law="t", lower=0.39, upper=0.44),
        row("B", "refuted", family="g", study="s", origin="stated", law="t", lower=math.nan, upper=math.nan)
        | {"relation": "at_least", "theory": 0.45, "margin": 0.01},
        row("C", "supported", family="g", study="s", origin="theorem", law="t", lower=0.9, upper=1.1)
        | {"relation": "equals", "theory": 1.0, "margin": 0.2, "estimate": 1.1, "mcse": 0.05},
        row("D", "supported", family="g", study="s", origin="derived", law="exact", lower=math.nan, upper=math.nan),
    ]
)


def test_counts_add_up_by_family_and_by_origin():
    table = overview.counts(LEDGER, "family", ["f", "g", "h"])
    assert table.to_dict("index")["g"] == {"supported": 2, "refuted": 1, "claims": 3}
    assert table["claims"].to_dict() == {"f": 1, "g": 3, "h": 0}
    assert overview.counts(LEDGER, "origin", MEANING)["claims"].sum() == len(LEDGER)


def test_the_strip_has_claims_with_an_error_in_units_of_margin_or_error():
    table = overview.strip(LEDGER).set_index("claim")
    assert list(table.index) == ["A", "B", "C"]
    assert table["unit"].to_dict() == {"A": "error", "B": "error", "C": "margin"}
    assert list(table.loc["C", ["position", "lower", "upper"]]) == pytest.approx([0.5, -0.5, 0.5])
    assert table.loc["A", "position"] == pytest.approx((0.4142 - 0.1717) / 0.0131)
    assert table.loc["B", "position"] == pytest.approx((0.44 - 0.4142) / 0.0131)
    assert (table["upper"] - table["position"])["B"] == pytest.approx(1.96, abs=0.001)


def test_no_result_is_typed_into_a_headline():
    for entry in FINDINGS.values():
        assert not re.search(r"\d", entry.holds + entry.fails + entry.open)
