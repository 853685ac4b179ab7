"""Verdicts: kinds, p-values, Holm, the replicates that would decide."""

import dataclasses
import itertools
import math
from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pytest
from cases import verdict_rates
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_paired

from dlstats.montecarlo import Estimate, exact, multiplicity
from dlstats.montecarlo import estimate as estimate_of
from dlstats.protocol import origin, verdict
from dlstats.protocol.claim import REGIMES, Claim, at_most, equals

STATISTICAL = ["equals", "at_most", "at_least"]


def _verdict(kind, estimate, theory, margin):
    return verdict.decide(*verdict.p_values(kind, estimate, theory, margin))


@pytest.mark.parametrize("kind", STATISTICAL)
def test_an_exact_number_is_supported_or_refuted_never_undecided(kind):
    sides = {"equals": (1.0, 1.05, 1.2), "at_most": (0.2, 1.1, 1.11), "at_least": (1.5, 0.9, 0.89)}[kind]
    found = [_verdict(kind, exact(v), 1.0, 0.1) for v in sides]
    assert found == ["supported", "supported", "refuted"]


@pytest.mark.parametrize("kind", STATISTICAL)
def test_beyond_its_margin_an_exact_number_has_the_rounding_of_the_subtraction_and_no_more(kind):
    side = -1 if kind == "at_least" else 1
    for theory, margin in ((1.0, 0.1), (0.3, 0.6), (1e6, 1e-3)):
        border = theory + side * margin
        assert _verdict(kind, exact(border + side * abs(border) * 2e-16), theory, margin) == "supported"
        assert _verdict(kind, exact(border + side * abs(border) * 1e-14), theory, margin) == "refuted"
        assert _verdict(kind, exact(math.nextafter(theory, side * math.inf)), theory, 0.0) == "refuted"


def test_what_is_not_finite_never_obeys():
    for value in (math.nan, math.inf, -math.inf):
        assert not verdict.obeys(equals(0, 1), value)
        assert not verdict.obeys(at_most(0, 1), value)


def test_equivalence_is_the_two_one_sided_tests_of_statsmodels():
    x = np.random.default_rng(0).normal(0.02, 1, 400)
    e = Estimate(x.mean(), stats.sem(x), 400)
    _, favour = verdict.p_values("equals", e, 0.0, 0.1)
    assert favour == pytest.approx(ttost_paired(x, np.zeros(400), -0.1, 0.1)[0])


@pytest.mark.parametrize(("kind", "alternative"), [("at_most", "less"), ("at_least", "greater")])
def test_one_sided_claims_are_t_tests_at_the_border(kind, alternative):
    x = np.random.default_rng(1).normal(size=30)
    e, margin = Estimate(x.mean(), stats.sem(x), 30), 0.3
    border = margin if kind == "at_most" else -margin
    against, favour = verdict.p_values(kind, e, 0.0, margin)
    assert favour == pytest.approx(stats.ttest_1samp(x, border, alternative=alternative).pvalue)
    assert against == pytest.approx(1 - favour)


@pytest.mark.parametrize("count", [0, 5, 40, 46, 50])
def test_shares_are_judged_by_exact_binomial_tests(count):
    e = estimate_of("proportion", [1.0] * count + [0.0] * (50 - count))
    assert e.law == "binomial"
    wanted = {
        "at_most": [stats.binomtest(count, 50, 0.95, alternative=side).pvalue for side in ("greater", "less")],
        "at_least": [stats.binomtest(count, 50, 0.85, alternative=side).pvalue for side in ("less", "greater")],
    }
    for kind, expected in wanted.items():
        assert verdict.p_values(kind, e, 0.9, 0.05) == pytest.approx(expected)
    against, favour = verdict.p_values("equals", e, 0.9, 0.05)
    assert favour == pytest.approx(max(wanted["at_most"][1], wanted["at_least"][1]))
    assert against == pytest.approx(min(1, 2 * min(wanted["at_most"][0], wanted["at_least"][0])))


def test_a_border_outside_zero_and_one_cannot_be_crossed():
    all_hit, none = (estimate_of("proportion", [v] * 20) for v in (1.0, 0.0))
    assert _verdict("at_most", all_hit, 0.99, 0.02) == "supported"
    assert _verdict("at_least", none, 0.01, 0.02) == "supported"
    assert verdict.p_values("equals", all_hit, 0.97, 0.05)[0] == 1


@given(value=st.floats(-3, 3), mcse=st.floats(0.01, 1), margin=st.floats(0.01, 1), kind=st.sampled_from(STATISTICAL))
@settings(max_examples=150, deadline=None)
def test_support_and_refutation_exclude_each_other(value, mcse, margin, kind):
    against, favour = verdict.p_values(kind, Estimate(value, mcse, 40), 0.0, margin)
    assert against >= verdict.LEVEL or favour >= verdict.LEVEL
    inside = verdict.deviation(kind, value, 0.0) <= margin
    assert favour <= 0.5 if inside else against <= 1.0


@given(value=st.floats(-3, 3), kind=st.sampled_from(STATISTICAL))
@settings(max_examples=60, deadline=None)
def test_a_smaller_error_never_weakens_what_is_true(value, kind):
    inside = verdict.deviation(kind, value, 0.0) <= 0.5
    p = [verdict.p_values(kind, Estimate(value, mcse, 40), 0.0, 0.5)[int(inside)] for mcse in (0.4, 0.2, 0.1, 0.05)]
    assert all(b <= a + 1e-12 for a, b in itertools.pairwise(p))


def test_the_worst_of_several_pays_for_the_search_when_it_refutes_only():
    one, ten = Estimate(0.9, 0.1, 100), Estimate(0.9, 0.1, 100, looked_at=10)
    for kind in STATISTICAL:
        (against, favour), (more, same) = (verdict.p_values(kind, e, 0.5, 0.1) for e in (one, ten))
        assert more == pytest.approx(min(1.0, 10 * against))
        assert same == favour


def test_holm_is_that_of_statsmodels_and_passes_over_what_is_missing():
    p = np.random.default_rng(2).random(40) ** 3
    wanted = multipletests(p, method="holm")[1]
    assert multiplicity.holm(p) == pytest.approx(wanted)
    gaps = np.insert(p, [0, 7, 40], math.nan)
    found = multiplicity.holm(gaps)
    assert found[~np.isnan(gaps)] == pytest.approx(wanted)
    assert np.isnan(found[np.isnan(gaps)]).all()
    assert multiplicity.holm(np.array([])).shape == (0,)


def test_a_decision_needs_a_small_p_value_on_one_side():
    assert verdict.decide(1.0, 0.01) == "supported"
    assert verdict.decide(0.01, 1.0) == "refuted"
    assert verdict.decide(0.5, 0.5) == verdict.decide(math.nan, math.nan) == "undecided"


CALLED = {
    "theorem": ("supported", "conflict", "undecided"),
    "derived": ("supported", "conflict", "undecided"),
    "stated": ("supported", "refuted", "refuted"),
    "practice": ("supported", "refuted", "refuted"),
    "finding": ("replicated", "not replicated", "not replicated"),
    "control": ("does not break", "breaks", "breaks"),
}


@pytest.mark.parametrize("kind", CALLED)
def test_what_a_decision_is_called_depends_on_who_says_it(kind):
    made: list[Callable[..., origin.Origin]] = list(origin.ORIGINS)
    several = [make(*["x"] * len(fields(one))) for make, one in zip(made, origin.ORIGINS, strict=True)]
    assert set(CALLED) == {origin.kind(one) for one in several}
    yes, surely_no, hardly_no = CALLED[kind]
    for regime in REGIMES:
        assert verdict.called("supported", kind, regime, 1.0) == yes
        assert verdict.called("undecided", kind, regime, 0.5) == "undecided"
    assert verdict.called("refuted", kind, "finite sample", 0.0009) == surely_no
    assert verdict.called("refuted", kind, "finite sample", 0.0011) == hardly_no
    limit = "not reached" if kind in verdict.PROVEN else surely_no
    assert verdict.called("refuted", kind, "asymptotic", 1e-9) == limit
    assert set(CALLED[kind]) | {limit} <= set(verdict.VERDICTS)


def test_where_no_line_fits_only_a_limit_theorem_has_a_verdict():
    assert verdict.unfitted(0.01, "theorem", "asymptotic") == "supported"
    assert verdict.unfitted(0.2, "derived", "asymptotic") == "not reached"
    assert verdict.unfitted(0.01, "theorem", "finite sample") == "undecided"
    assert verdict.unfitted(0.01, "practice", "asymptotic") == "undecided"


def test_looks_at_growing_replicates_spend_twice_the_level_in_all():
    looks = np.arange(1, 2000)
    assert verdict.looked(np.full(1999, 1e-9), looks)[0] == 1e-9
    levels = verdict.LEVEL / (looks * (looks + 1) / 2)
    assert verdict.looked(levels, looks) == pytest.approx(verdict.LEVEL)
    assert 1.99 * verdict.LEVEL < levels.sum() < 2 * verdict.LEVEL


def test_replicates_without_variation_give_no_p_value():
    assert all(math.isnan(p) for p in verdict.p_values("equals", Estimate(0.0, 0.0, 40), 0.0, 0.01))
    assert verdict.p_values("equals", exact(0.0), 0.0, 0.01) == (1.0, 0.0)


@pytest.mark.parametrize(("law", "replicates", "answer"), [("t", 11, False), ("t", 12, True), ("exact", 1, True),
                                                           ("binomial", 3, True)])  # fmt: skip
def test_few_replicates_are_enough_only_without_an_error_to_estimate(law, replicates, answer):
    claim = Claim("A1", "a", equals(0, 1), lambda e: exact(0), origin.Derived())
    mcse = 0.0 if law == "exact" else 0.1
    assert verdict.enough(claim, Estimate(0.0, mcse, replicates, law=law)) is answer


def test_powers_are_those_of_the_specification():
    # monte_carlo specification: margin 0.1; error 0.02, 0.04, 0.06, 0.1
    for mcse, at_zero, half, border in (
        (0.02, 0.999, 0.80, 0.05),
        (0.04, 0.607, 0.329, 0.051),
        (0.06, 0.017, None, None),
    ):
        assert verdict.support_power("equals", 0.0, mcse, 0.1) == pytest.approx(at_zero, abs=0.01)
        if half is not None:
            assert verdict.support_power("equals", 0.05, mcse, 0.1) == pytest.approx(half, abs=0.01)
            assert verdict.support_power("equals", 0.1, mcse, 0.1) == pytest.approx(border, abs=0.002)
    for mcse, refuted in ((0.02, 0.999), (0.04, 0.708), (0.06, 0.384), (0.1, 0.168)):
        assert verdict.refute_power("equals", 0.2, mcse, 0.1) == pytest.approx(refuted, abs=0.01)


@pytest.mark.parametrize("kind", STATISTICAL)
@pytest.mark.parametrize("value", [0.0, 0.05, -0.05, 0.3, -0.3])
def test_the_wanted_error_decides_with_probability_four_fifths(kind, value):
    for counted in (1, 60):
        mcse = verdict.wanted_mcse(kind, value, 0.0, 0.1, counted)
        bias = verdict.deviation(kind, value, 0.0)
        if bias < 0.1:
            power = verdict.support_power(kind, bias, mcse, 0.1)
        else:
            power = verdict.refute_power(kind, bias, mcse, 0.1, counted)
        assert power == pytest.approx(0.8)


def test_an_equivalence_needs_an_error_of_a_third_of_its_margin():
    assert verdict.wanted_mcse("equals", 0.0, 0.0, 1.0) == pytest.approx(0.342, abs=5e-4)


def test_needed_replicates_grow_with_the_square_of_the_error():
    one, two = (verdict.needed("at_most", Estimate(0.2, mcse, 100, df=1e9), 0.0, 0.1) for mcse in (0.1, 0.2))
    # 100 (0.1 / (0.1 / (1.645 + 0.842)))^2 = 618.3
    assert one == 619
    assert two / one == pytest.approx(4, rel=2 / one)
    assert verdict.needed("at_most", Estimate(0.1, 0.1, 100), 0.0, 0.1) == math.inf
    assert verdict.needed("at_most", Estimate(1e-250, 0.1, 100), 0.0, 0.0) == math.inf
    assert math.isnan(verdict.needed("at_most", Estimate(math.nan, math.nan, 0), 0.0, 0.1))


@pytest.mark.parametrize(("value", "df"), [(0.3, 2.9), (0.3, 11.0), (0.12, 4.0), (0.05, 3.0)])
def test_needed_replicates_are_told_by_t_where_degrees_of_freedom_are_few(value, df):
    estimate, counted = Estimate(value, 0.05, 18, df=df), 200
    replicates = verdict.needed("at_most", estimate, 0.0, 0.1, counted)
    times = replicates / 18
    gap, level = abs(value - 0.1) / (0.05 / math.sqrt(times)), 0.05 / (counted if value > 0.1 else 1)
    assert stats.t.sf(gap - stats.norm.ppf(0.8), df * times) <= level
    few = (replicates - 1) / 18
    gap = abs(value - 0.1) / (0.05 / math.sqrt(few))
    assert stats.t.sf(gap - stats.norm.ppf(0.8), df * few) > level
    assert replicates >= verdict.needed("at_most", dataclasses.replace(estimate, df=1e9), 0.0, 0.1, counted)


def test_the_power_with_estimated_error_tends_to_the_normal_one_and_keeps_the_size():
    for bias, mcse in ((0.0, 0.03), (0.05, 0.02), (0.1, 0.03)):
        exact = verdict_rates.tost_power(bias, mcse, 0.1, 5000)
        assert exact == pytest.approx(verdict.support_power("equals", bias, mcse, 0.1), abs=1e-3)
        lone = verdict_rates.refutation_power(2 * bias, mcse, 0.1, 5000)
        assert lone == pytest.approx(verdict.refute_power("equals", 2 * bias, mcse, 0.1), abs=1e-3)
    for df in (5, 20, 199):
        for mcse in (0.01, 0.03, 0.1):
            assert verdict_rates.tost_power(0.1, mcse, 0.1, df) <= 0.05 + 1e-6


def test_the_rule_has_its_power_by_brute_force():
    """2000 verdicts on 20 normal replicates, error 0.3 of the margin; four standard errors of a share."""
    rng = np.random.default_rng(4)
    x = 0.03 * math.sqrt(20) * rng.normal(size=(2000, 20))
    verdicts = [_verdict("equals", Estimate(v.mean(), stats.sem(v), 20), 0.0, 0.1) for v in x]
    expected = verdict_rates.tost_power(0.0, 0.03, 0.1, 19)
    assert abs(verdicts.count("supported") / 2000 - expected) < 4 * math.sqrt(expected * (1 - expected) / 2000)
    assert verdicts.count("refuted") == 0


def test_family_wise_error_of_sixty_claims():
    assert verdict_rates.familywise(60) == pytest.approx(0.954, abs=5e-4)
