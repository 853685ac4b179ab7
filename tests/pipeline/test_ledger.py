"""The ledger: verdicts of a study, their reasons, failures, and the adjustment over all studies."""

import io
import json
import math

import numpy as np
import pandas as pd
import pytest

from dlstats import montecarlo
from dlstats.montecarlo import multiplicity
from dlstats.pipeline import ledger, summaries
from dlstats.protocol import origin, readers, verdict
from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.study import Experiment, Method, Study

REPS = 100
MEASURES = (Measure("x", "x"), Measure("hit", "hit", "proportion"))


def _raw(seed=0, failed=0):
    rng = np.random.default_rng(seed)
    parts = []
    for n in (1, 2):
        for method in ("a", "b"):
            x = rng.normal(size=REPS) + (method == "b")
            about = {"study": "toy", "cell": f"n={n}", "n": n, "method": method, "replicate": range(REPS), "x": x}
            parts.append(pd.DataFrame(about))
    raw = pd.concat(parts, ignore_index=True)
    raw = raw.assign(status="ok", reason="", hit=(raw["x"] > -1.5).astype(float))
    raw.loc[: failed - 1, ["status", "x", "hit"]] = ["diverged", np.nan, np.nan]
    return raw


def _mean(n, method, column="x"):
    return readers.value(column, n=n, method=method)


def _claim(name, expectation, measure):
    return Claim(name, f"statement of {name}", expectation, measure, origin.Practice("stone1982", "1"), ("JSM",))


def _ledger(made, raw=None, share=0.1, looks=None):
    raw = _raw() if raw is None else raw
    held = Experiment(lambda *_: raw, {"n": Factor("n", int)}, {"a": Method("a", "a"), "b": Method("b", "b")}, MEASURES)
    study = Study("Toy", "", {"toys": held}, claims=tuple(made), name="toy", family="approximation")
    evidence = Evidence({"toys": summaries.summarise(held, raw)}, {"toys": raw}, looks)
    return ledger.combine([ledger.measure(study, evidence, share)])


FIRST = "claim family study statement relation theory estimate mcse margin replicates failed verdict reason origin cite".split()


def test_the_leading_columns_are_the_published_ones_and_words_are_words():
    table = _ledger([_claim("A1", equals(0.0, 0.5), _mean(1, "a"))])
    assert list(table.columns[:15]) == FIRST
    assert list(table.columns) == ledger.COLUMNS
    assert json.loads(table["cells"][0]) == ["toys/n=1"]


def test_each_kind_gets_its_verdict():
    made = [
        _claim("A1", equals(0.0, 0.5), _mean(1, "a")),
        _claim("A2", equals(1.0, 0.5), _mean(1, "a")),
        _claim("A3", equals(0.0, 0.05), _mean(1, "a")),
        _claim("A4", at_most(0.5, 0.0), _mean(2, "a")),
        _claim("A5", at_least(2.0, 0.0), _mean(2, "b")),
        _claim("A6", equals(2.0, 0.0), lambda _: montecarlo.exact(2.0)),
        _claim("A7", at_most(2.0, 0.5), lambda _: montecarlo.exact(3.0)),
    ]
    expected = ["supported", "refuted", "undecided", "supported", "refuted", "supported", "refuted"]
    assert list(_ledger(made)["verdict"]) == expected


def test_an_undecided_claim_says_how_many_replicates_would_decide_it():
    open_, decided = lambda _: montecarlo.Estimate(0.0, 0.1, 100), lambda _: montecarlo.Estimate(0.0, 0.01, 100)
    table = _ledger([_claim("A1", equals(0.0, 0.15), open_), _claim("A2", at_most(1.0, 0.0), decided)])
    row = table.iloc[0]
    assert (row["verdict"], row["reason"]) == ("undecided", "more replicates would settle it")
    target = verdict.wanted_mcse("equals", 0.0, 0.0, 0.15, counted=2)
    assert row["needed"] == float(f"{math.ceil(100 * (0.1 / target) ** 2):.2g}")
    assert 100 < row["needed"] <= 400
    assert math.isnan(table.iloc[1]["needed"])


def test_what_lies_on_the_margin_is_told_from_what_replicates_would_settle():
    row = _ledger([_claim("A1", at_most(0.0, 0.0), _fixed(0.01))]).iloc[0]
    assert (row["verdict"], row["reason"]) == ("undecided", "it lies on the margin")
    assert math.isnan(row["needed"])


def test_missing_cells_leave_a_claim_not_run_with_the_reason():
    row = _ledger([_claim("A1", equals(0.0, 0.5), _mean(7, "a"))]).iloc[0]
    assert row["verdict"] == "not run"
    assert "toys has no n = 7" in row["note"]
    assert (row["replicates"], math.isnan(row["estimate"])) == (0, True)


def test_a_mistake_in_a_claim_is_not_taken_for_a_missing_cell():
    with pytest.raises(KeyError):
        _ledger([_claim("A1", equals(0.0, 0.5), lambda e: e.table(n=1)["nothing"])])
    with pytest.raises(TypeError, match="must give Estimates"):
        _ledger([_claim("A1", equals(0.0, 0.5), lambda e: [1.0])])


def test_an_estimate_without_an_error_decides_nothing_statistical():
    row = _ledger([_claim("A1", at_most(9.0, 0.0), lambda _: montecarlo.Estimate(1.0, math.nan, 1))]).iloc[0]
    assert (row["verdict"], row["reason"]) == ("undecided", "the replicates do not vary")


def test_too_many_failures_make_undecided_what_rests_on_them_only():
    made = [
        _claim("A1", equals(0.0, 0.5), _mean(1, "a")),
        _claim("A2", equals(1.0, 0.5), _mean(1, "b")),
        _claim("A3", equals(0.0, 0.5), _mean(1, "a")),
    ]
    raw = _raw(failed=20)
    table = _ledger(made, raw, share=0.1)
    assert list(table["verdict"]) == ["undecided", "supported", "undecided"]
    assert "0.2 of the replicates failed in n=1 a" in table["note"][0]
    assert list(table["failed"]) == [20, 0, 20]
    assert list(_ledger(made, raw, share=0.2)["verdict"]) == ["supported"] * 3


def test_failures_at_their_worst_can_take_a_verdict_away_and_are_shown():
    made = [
        _claim("A1", equals(0.0, 0.2), _mean(1, "a")),
        _claim("A2", equals(0.0, 0.2), _mean(1, "a")),
        _claim("A3", equals(1.0, 0.5), _mean(1, "b")),
        _claim("A4", at_least(0.5, 0.0), _mean(1, "a", "hit")),
        _claim("A5", at_most(0.9, 0.0), lambda _: montecarlo.exact(1.0)),
    ]
    raw = _raw(3, failed=9)
    table = _ledger(made, raw)
    for row in table.to_dict("records"):
        assert row["p_for_worst"] >= row["p_for"]
        assert row["p_against_worst"] >= row["p_against"]
    assert (table["p_for_worst"][0], table["p_for_worst"][1]) == pytest.approx([table["p_for_worst"][0]] * 2, rel=0.05)
    assert table["worst_case"][0] == "undecided"
    assert list(table["worst_case"][2:]) == ["supported", "supported", "refuted"]


def test_without_failures_the_worst_case_is_the_verdict():
    table = _ledger([_claim("A1", equals(0.0, 0.5), _mean(1, "a")), _claim("A2", at_most(-1.0, 0.0), _mean(1, "a"))])
    assert list(table["worst_case"]) == list(table["verdict"])


def test_the_farthest_of_several_is_printed_and_the_one_that_decides_named():
    far, sure = montecarlo.Estimate(2.0, 1.0, 100), montecarlo.Estimate(1.0, 0.01, 100)
    row = _ledger([_claim("A1", at_most(0.0, 0.5), lambda _: [sure, far])]).iloc[0]
    assert (row["estimate"], row["deciding"], row["looked_at"]) == (2.0, 1.0, 2)
    assert "the farthest of 2; another decides: 1 (0.01)" in row["note"]
    assert row["verdict"] == "refuted"
    one = _ledger([_claim("A1", at_most(0.0, 0.5), lambda _: sure)]).iloc[0]
    assert row["p_against"] == pytest.approx(2 * one["p_against"])


def test_of_exact_numbers_the_farthest_decides():
    row = _ledger([_claim("A1", at_most(3.0), lambda _: [montecarlo.exact(1.0), montecarlo.exact(2.0)])]).iloc[0]
    assert (row["deciding"], row["note"]) == (2.0, "the farthest of 2")


def test_the_replicates_that_would_decide_are_counted_from_those_of_the_value_that_decides():
    far, near = montecarlo.Estimate(0.6, 0.3, 5000), montecarlo.Estimate(0.5, 1.0, 400)
    row = _ledger([_claim("A1", at_most(0.0, 2.0), lambda _: [near, far])]).iloc[0]
    assert (row["replicates"], row["deciding_replicates"]) == (5000, 400)
    assert 400 < row["needed"] <= 1600


@pytest.mark.parametrize("who", [origin.Theorem("a"), origin.Derived("a")])
@pytest.mark.parametrize(
    ("z", "regime", "word", "reason"),
    [
        (3.0, "finite sample", "undecided", "it nears a conflict"),
        (4.0, "finite sample", "conflict", ""),
        (4.0, "asymptotic", "not reached", ""),
        (-4.0, "asymptotic", "supported", ""),
    ],
)
def test_a_theorem_is_never_refuted(who, z, regime, word, reason):
    made = [Claim("A1", "a", at_most(0.0, 0.0), _fixed(z), who, regime=regime)]
    row = _ledger(made).iloc[0]
    assert (row["verdict"], row["reason"]) == (word, reason)


def test_too_few_replicates_leave_a_claim_not_run():
    few = montecarlo.Estimate(0.0, 0.1, 11)
    claims = [
        _claim("A1", at_most(0.0, 0.5), lambda _: few),
        _claim("A2", at_most(0.0, 0.5), lambda _: montecarlo.exact(0)),
    ]
    table = _ledger(claims)
    assert list(table["verdict"]) == ["not run", "supported"]
    assert table["note"][0] == "12 replicates are needed, 11 were run"


def test_a_second_look_at_the_same_replicates_costs_three_times_the_p_value():
    made = [_claim("A1", at_most(0.5, 0.0), _mean(2, "b"))]
    once, twice = _ledger(made).iloc[0], _ledger(made, looks={("toys", "n=2"): 2}).iloc[0]
    assert (once["looks"], twice["looks"]) == (1, 2)
    assert once["p_adjusted"] == once["p_against"] == twice["p_against"]
    assert twice["p_adjusted"] == pytest.approx(3 * once["p_adjusted"])


def test_a_verdict_that_three_times_the_effort_turns_round_is_bound_to_the_recipe():
    raw = pd.concat([_raw().assign(effort=1), _raw().assign(effort=3, x=lambda t: t["x"] - 3)], ignore_index=True)
    held = Experiment(
        lambda *_: raw,
        {"n": Factor("n", int)},
        {"a": Method("a", "a"), "b": Method("b", "b")},
        MEASURES,
        keys={"effort": Factor("effort", int)},
    )
    made = (
        _claim("A1", at_least(-1.0, 0.0), _mean(1, "a")),
        _claim("A2", at_most(1.0, 0.0), _mean(1, "a")),
        _claim("A3", at_least(9.0, 0.0), _mean(1, "a")),
    )
    study = Study("Toy", "", {"toys": held}, claims=made, name="toy", family="approximation")
    table = ledger.combine(
        [ledger.measure(study, Evidence({"toys": summaries.summarise(held, raw)}, {"toys": raw}), 0.1)]
    )
    assert list(table["verdict"]) == ["recipe-bound", "supported", "refuted"]
    assert table["effort_estimate"][0] == pytest.approx(table["estimate"][0] - 3)


def _many(offset):
    """Sixty claims, ten of them refuted alone at a level between 5 % and 5 % / 60."""
    made = [_claim(f"B{k}", at_most(0.0, 0.0), _fixed(-3.0)) for k in range(50)]
    return made + [_claim(f"C{k}", at_most(0.0, 0.0), _fixed(offset)) for k in range(10)]


def _fixed(z):
    return lambda _: montecarlo.Estimate(z, 1.0, 100_000)


def test_holm_runs_over_all_studies_and_spares_support():
    alone = _ledger([_claim("C0", at_most(0.0, 0.0), _fixed(2.5)), _claim("B0", at_most(0.0, 0.0), _fixed(-2.5))])
    assert list(alone["verdict"]) == ["refuted", "supported"]
    others = _ledger(_many(-3.0))
    together = ledger.combine([alone, others])
    assert together["verdict"].iloc[0] == "undecided"
    assert together["verdict"].iloc[1] == "supported"
    assert together["needed"].iloc[0] > 100_000
    statistical = together["p_against"].to_numpy()
    assert np.allclose(together["p_adjusted"], multiplicity.holm(statistical))
    assert list(ledger.combine([alone, others.iloc[:0]])["verdict"]) == ["refuted", "supported"]


def test_exact_claims_neither_pay_for_nor_add_to_the_adjustment():
    exact = [_claim(f"E{k}", equals(0.0, 0.0), lambda _: montecarlo.exact(1.0)) for k in range(100)]
    table = _ledger([*exact, _claim("C0", at_most(0.0, 0.0), _fixed(2.5))])
    assert set(table["verdict"]) == {"refuted"}
    assert table["p_adjusted"].iloc[-1] == table["p_against"].iloc[-1]


def test_combining_twice_or_in_parts_changes_nothing():
    one, two = _ledger(_many(2.5)), _ledger([_claim("A1", equals(0.0, 0.5), _mean(1, "a"))])
    once = ledger.combine([one, two])
    pd.testing.assert_frame_equal(ledger.combine([once]), once)
    assert ledger.combine([]).columns.tolist() == ledger.COLUMNS


def test_rows_are_the_same_bytes_again_and_through_a_file():
    made = [_claim("A1", equals(0.0, 0.5), _mean(1, "a")), _claim("A2", at_most(0.01, 0.0), _mean(2, "b"))]
    texts = [_ledger(made, _raw(failed=4)).to_csv(index=False) for _ in range(2)]
    assert texts[0] == texts[1]
    back = pd.read_csv(io.StringIO(texts[0]))
    assert ledger.combine([back]).to_csv(index=False) == texts[0]


def test_evidence_forgets_between_claims():
    made = [_claim("A1", equals(0.0, 0.5), _mean(1, "a")), _claim("A2", equals(0.0, 0.5), _mean(2, "a"))]
    assert [json.loads(c) for c in _ledger(made)["cells"]] == [["toys/n=1"], ["toys/n=2"]]
