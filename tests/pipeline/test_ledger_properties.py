"""Laws of the ledger that hold whatever claims it has: order, parts, exact claims, more claims, more looks, worst of several."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from dlstats import montecarlo
from dlstats.pipeline import ledger
from dlstats.protocol import origin, verdict
from dlstats.protocol.claim import REGIMES, Claim, Expectation
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Study

ORIGINS = (
    origin.Theorem("stone1982"), origin.Derived("a"), origin.Stated("JSM", "a", "so it is said here"),
    origin.Practice("a"), origin.Finding("a"), origin.Control(),
)  # fmt: skip
STATISTICAL = st.builds(
    montecarlo.Estimate, st.floats(-6, 6), st.sampled_from([1.0, 0.3]), st.sampled_from([11, 40, 5000])
)
EXACT = st.floats(-1, 1).map(montecarlo.exact)
EXPECTED = st.builds(
    Expectation, st.sampled_from(["equals", "at_most", "at_least"]), st.just(0.0), st.sampled_from([0.0, 0.5])
)


def _claims(estimates):
    made = st.tuples(EXPECTED, estimates, st.sampled_from(ORIGINS), st.sampled_from(REGIMES))
    return st.lists(made, min_size=1, max_size=8)


def _measured(several, name="A"):
    claims = [
        Claim(f"{name}{k}", "s", expected, lambda _, given=given: given, who, regime=regime)
        for k, (expected, given, who, regime) in enumerate(several)
    ]
    study = Study("Toy", "", {}, claims=tuple(claims), name="toy", family="approximation")
    return ledger.measure(study, Evidence({}), 0.1)


def _by_claim(table):
    return table.sort_values("claim").reset_index(drop=True)


@given(_claims(STATISTICAL | EXACT), _claims(STATISTICAL | EXACT), st.randoms(use_true_random=False))
@settings(max_examples=12)
def test_neither_order_nor_studies_change_a_verdict(first, second, random):
    parts = [_measured(first, "A"), _measured(second, "B")]
    rows = pd.concat(parts, ignore_index=True)
    shuffled = rows.iloc[random.sample(range(len(rows)), len(rows))]
    pd.testing.assert_frame_equal(_by_claim(ledger.combine(parts)), _by_claim(ledger.combine([shuffled])))


@given(_claims(STATISTICAL), _claims(EXACT))
@settings(max_examples=12)
def test_exact_claims_change_nothing_for_the_others_and_are_adjusted_by_nothing(statistical, exact):
    alone, both = _measured(statistical, "A"), ledger.combine([_measured(statistical, "A"), _measured(exact, "B")])
    pd.testing.assert_frame_equal(ledger.combine([alone]), both.iloc[: len(alone)])
    rest = both.iloc[len(alone) :]
    assert (rest["p_adjusted"] == rest["p_against"]).all()
    assert rest["p_against"].isin([0.0, 1.0]).all()


@given(_claims(STATISTICAL), _claims(STATISTICAL))
@settings(max_examples=6)
def test_refutations_are_adjusted_by_holm_over_all_and_more_claims_refute_no_more(first, second):
    alone, both = (
        ledger.combine([_measured(first, "A")]),
        ledger.combine([_measured(first, "A"), _measured(second, "B")]),
    )
    known = both["p_against"].notna()
    if known.any():
        wanted = multipletests(both.loc[known, "p_against"], method="holm")[1]
        assert both.loc[known, "p_adjusted"].to_numpy() == pytest.approx(wanted)
    assert both.loc[~known, "p_adjusted"].isna().all()
    before, after = alone["p_adjusted"].to_numpy(), both["p_adjusted"].to_numpy()[: len(alone)]
    assert (np.isnan(before) | (after >= before - 1e-12)).all()
    supported = both["p_for"] < verdict.LEVEL
    assert (alone["p_for"].to_numpy()[: len(alone)] == both["p_for"].to_numpy()[: len(alone)])[
        ~alone["p_for"].isna()
    ].all()
    assert both.loc[supported & (both["origin"] == "derived"), "verdict"].eq("supported").all()


@given(_claims(STATISTICAL | EXACT))
@settings(max_examples=25)
def test_every_verdict_is_one_of_the_list_and_what_is_undecided_says_why(several):
    table = ledger.combine([_measured(several)])
    assert set(table["verdict"]) <= set(verdict.VERDICTS)
    undecided = table["verdict"] == verdict.UNDECIDED
    assert table.loc[undecided, "reason"].isin(verdict.REASONS).all()
    assert (table.loc[~undecided, "reason"] == "").all()
    assert (table["needed"].notna() == (table["reason"] == verdict.MORE)).all()
    few = table["replicates"].eq(11) & (table["law"] == "t")
    assert (table["verdict"] == verdict.NOT_RUN).equals(few)


@given(_claims(STATISTICAL), st.integers(1, 5))
@settings(max_examples=6)
def test_looks_multiply_what_refutes_before_holm_and_never_help(several, looks):
    rows = _measured(several)
    once, often = ledger.combine([rows]), ledger.combine([rows.assign(looks=looks)])
    known = rows["p_against"].notna()
    if known.any():
        paid = np.minimum(1.0, rows.loc[known, "p_against"] * looks * (looks + 1) / 2)
        assert often.loc[known, "p_adjusted"].to_numpy() == pytest.approx(multipletests(paid, method="holm")[1])
    assert (once["p_adjusted"].isna() | (often["p_adjusted"] >= once["p_adjusted"] - 1e-12)).all()
    good = ("supported", "replicated", "does not break")
    assert not (often["verdict"].isin(good) & ~once["verdict"].isin([*good, "recipe-bound"])).any()


@given(EXPECTED, st.lists(STATISTICAL.filter(lambda e: e.replicates > 11), min_size=1, max_size=6))
@settings(max_examples=25)
def test_of_several_the_farthest_is_printed_all_must_obey_and_a_refutation_pays_for_the_search(expected, several):
    row = _measured([(expected, several, origin.Control(), "finite sample")]).iloc[0]
    each = [verdict.p_values(expected.relation, one, expected.theory, expected.margin) for one in several]
    far = {"equals": abs, "at_most": lambda x: x, "at_least": lambda x: -x}[expected.relation]
    assert far(row["estimate"]) == max(far(one.value) for one in several)
    assert row["p_for"] == max(favour for _, favour in each)
    assert row["p_against"] == pytest.approx(min(1.0, len(each) * min(against for against, _ in each)))
    assert row["looked_at"] == len(several)
