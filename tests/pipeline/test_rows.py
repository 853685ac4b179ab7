"""What is not finite is a failure row with its reason, counted alike by the summary, the ledger and the report."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from cases import toy

from dlstats import montecarlo
from dlstats.pipeline import cells, ledger, store, summaries
from dlstats.pipeline.rows import GIVEN, REASONS, settled
from dlstats.protocol import origin, readers, verdict
from dlstats.protocol.claim import Claim, Expectation, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Contrast, Measure, Slope
from dlstats.protocol.study import Experiment, Method
from dlstats.report import provenance

REPS = 40
HAVING = {"method": ["mean", "median"], "n": lambda n: n > 20}
METHODS = {name: Method(name, name) for name in ("mean", "median", "constant")}


def simulate(condition, streams, device):
    """Errors of three methods; `gap` is there for two of them from n = 40 on, and `note` is no measure."""
    rows = []
    for replicate in streams.replicates:
        for method in METHODS:
            row = {"replicate": replicate, "method": method, "error": 1.0 + replicate % 3, "note": np.nan}
            if method != "constant" and condition.n > 20:
                row |= {"gap": 0.5 + replicate % 2}
            rows.append(row)
    return pd.DataFrame(rows)


EXPERIMENT = Experiment(
    simulate=simulate,
    factors={"n": Factor("sample size", int)},
    methods=METHODS,
    measures=[
        Measure("error", "error"),
        Measure("error", "largest error", "largest"),
        Measure("gap", "gap", where=HAVING),
    ],
    contrasts=[Contrast("gap", m, "mean", "difference", "mean") for m in ("median", "constant")],
    slopes=[Slope("gap")],
)


def _spoilt(column="error", value=np.inf, at=((7, "mean"),), inner=EXPERIMENT):
    def spoil(condition, streams, device):
        rows = simulate(condition, streams, device)
        for replicate, method in at:
            rows.loc[(rows["replicate"] == replicate) & (rows["method"] == method), column] = value
        return rows

    return dataclasses.replace(inner, simulate=spoil)


def test_every_failure_has_a_reason_and_an_own_one_stays():
    failures = [status for status in GIVEN if status not in ("ok", "dead", "error")]
    rows = pd.DataFrame({"n": 40, "method": "mean", "status": failures, "reason": "", "error": 1.0})
    reasons = settled(rows, EXPERIMENT)["reason"].tolist()
    assert all(reasons)
    assert set(settled(rows.assign(reason="its own"), EXPERIMENT)["reason"]) == {"its own"}


def _raw(experiment=EXPERIMENT, sizes=(20, 40, 80), block=REPS):
    parts = [
        cells.simulate_block(experiment, store.Origin("toy", "toys", f"n={n}", 1, ""), range(b, min(b + block, REPS)))
        for n in sizes
        for b in range(0, REPS, block)
    ]
    return pd.concat(parts, ignore_index=True)


def _judged(raw, reader, expectation, experiment=EXPERIMENT, allowed=0.5):
    claim = Claim("A1", "a", expectation, reader, origin.Practice("stone1982"))
    study = dataclasses.replace(toy.STUDY, experiments={"toys": experiment}, claims=(claim,))
    evidence = Evidence({"toys": summaries.summarise(experiment, raw)}, {"toys": raw})
    return ledger.combine([ledger.measure(study, evidence, allowed)]).iloc[0]


@pytest.mark.parametrize(("value", "word"), [(np.inf, "infinite"), (-np.inf, "infinite"), (np.nan, "NaN")])
def test_a_measure_that_is_not_finite_makes_its_row_a_failure_with_the_reason(value, word):
    raw = _raw(_spoilt(value=value))
    bad = (raw["replicate"] == 7) & (raw["method"] == "mean")
    assert set(raw.loc[bad, "status"]) == {"not_finite"}
    assert set(raw.loc[bad, "reason"]) == {f"error is {word}"}
    assert set(raw.loc[~bad, "status"]) == {"ok"}
    assert set(raw.loc[~bad, "reason"]) == {""}


def test_no_row_that_counts_has_a_measure_that_is_infinite_or_nan():
    for column in ("error", "gap"):
        raw = _raw(_spoilt(column, np.nan, ((3, "median"), (8, "mean"))))
        for measure in EXPERIMENT.measures:
            counts = raw[EXPERIMENT.has(raw, measure.column) & (raw["status"] == "ok")]
            assert np.isfinite(counts[measure.column]).all()


def test_where_a_measure_is_not_had_nothing_fails_and_no_line_is_written():
    raw = _raw()
    assert (raw["status"] == "ok").all()
    lines = summaries.summarise(EXPERIMENT, raw)
    gap = lines[lines["measure"] == "gap"]
    assert "constant" not in {*gap["method"], *gap["against"]}
    assert 20 not in gap["n"].dropna().to_numpy()
    assert set(gap["cells"]) == {"", "n=40 n=80"}
    assert (lines["failed"] == 0).all()


def test_a_method_whose_measure_is_nan_in_every_replicate_has_failed_and_not_vanished():
    raw = _raw(_spoilt("gap", np.nan, [(r, "median") for r in range(REPS)]))
    lines = summaries.summarise(EXPERIMENT, raw)
    line = lines[
        (lines["measure"] == "gap") & (lines["method"] == "median") & (lines["n"] == 40) & (lines["against"] == "")
    ]
    assert line[["replicates", "failed"]].to_numpy().tolist() == [[0, REPS]]
    row = _judged(raw, readers.value("gap", method="median", n=40), at_most(9))
    assert (row["verdict"], row["reason"]) == ("undecided", "a value is not finite")


def test_an_infinite_number_that_no_measure_reads_fails_too_and_a_missing_one_does_not():
    raw = _raw(_spoilt("note", np.inf))
    assert set(raw.loc[raw["note"] == np.inf, "reason"]) == {"note is infinite"}
    assert (raw["status"] != "ok").sum() == 3


def test_another_failure_keeps_its_own_status():
    def diverged(condition, streams, device):
        return simulate(condition, streams, device).assign(status="diverged", reason="why", error=np.nan)

    raw = _raw(dataclasses.replace(EXPERIMENT, simulate=diverged))
    assert set(raw["status"] + raw["reason"]) == {"divergedwhy"}


@pytest.mark.parametrize("block", [1, 7])
def test_blocks_decide_nothing(block):
    spoilt = _spoilt("gap", np.nan, ((3, "median"), (8, "mean")))
    a, b = (_raw(spoilt, block=size).drop(columns="seconds") for size in (REPS, block))
    columns = ["cell", "replicate", "method"]
    pd.testing.assert_frame_equal(a.sort_values(columns, ignore_index=True), b.sort_values(columns, ignore_index=True))


def test_rows_are_settled_once_and_by_where_the_measures_are_now():
    raw = _raw(_spoilt("gap", np.nan, ((3, "median"),)))
    pd.testing.assert_frame_equal(settled(raw, EXPERIMENT), raw)
    narrower = dataclasses.replace(
        EXPERIMENT,
        measures=[*EXPERIMENT.measures[:2], Measure("gap", "gap", where=HAVING | {"method": "mean"})],
        contrasts=(),
    )
    assert (settled(raw, narrower)["status"] == "ok").all()


def test_summary_ledger_and_report_count_the_same():
    at = ((3, "median"), (8, "mean"), (9, "mean"))
    raw = _raw(_spoilt("error", np.inf, at), sizes=(40,))
    lines = summaries.summarise(EXPERIMENT, raw).query("statistic == 'mean' and against == ''")
    for method, failed in (("mean", 2), ("median", 1), ("constant", 0)):
        assert set(lines.loc[lines["method"] == method, "failed"]) == {failed}
        assert _judged(raw, readers.value("error", "mean", method=method, n=40), at_most(9))["failed"] == failed
        assert sum(line["failed"] for line in provenance.failures(raw) if line["method"] == method) == failed


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("expectation", [at_most(100, 1), at_least(-100, 1), equals(2, 100)])
@pytest.mark.parametrize("statistic", ["mean", "largest"])
def test_a_claim_that_meets_what_is_not_finite_is_undecided(value, expectation, statistic):
    reader = readers.value("error", statistic).each("n", "method")
    assert _judged(_raw(), reader, expectation)["verdict"] == "supported"
    row = _judged(_raw(_spoilt(value=value)), reader, expectation)
    assert (row["verdict"], row["reason"]) == ("undecided", "a value is not finite")
    assert row["note"].startswith("error is ")


def test_a_worst_case_over_good_rows_and_a_diverged_one_is_undecided_and_a_counterexample_stands():
    raw = _raw(sizes=(40,))
    raw.loc[0, ["status", "error"]] = ["diverged", np.nan]
    reader = readers.value("error", "largest", method="mean")
    row = _judged(raw, reader, at_most(9))
    assert (row["verdict"], row["reason"]) == ("undecided", "too many failed")
    assert row["note"] == "all must obey, and 0.025 failed in n=40 mean"
    assert _judged(raw, reader, at_most(2))["verdict"] == "refuted"
    assert _judged(raw, readers.value("error", "mean", method="mean"), at_most(9))["verdict"] == "supported"


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("relation", ["equals", "at_most", "at_least"])
def test_no_estimate_that_is_not_finite_has_a_p_value(relation, value):
    several = [montecarlo.exact(value), *(montecarlo.Estimate(value, 0.1, 40, law=law) for law in ("t", "binomial"))]
    for estimate in several:
        assert np.isnan(verdict.p_values(relation, estimate, 1.0, 0.1)).all()
        one = readers.worst(lambda _, e=estimate: e)
        for reader in (one, readers.worst(lambda _: montecarlo.exact(1.0), one)):
            claim = Claim("A1", "a", Expectation(relation, 1.0, 0.1), reader, origin.Practice("stone1982"))
            judged = ledger.judge(claim, Evidence({}))
            assert (judged.open, judged.favour != judged.favour) == (verdict.NOT_FINITE, True)


def test_measures_of_a_column_must_agree_where_they_are_and_name_what_there_is():
    with pytest.raises(ValueError, match="measures of `gap` must have one and the same `where`"):
        dataclasses.replace(EXPERIMENT, measures=[*EXPERIMENT.measures, Measure("gap", "gap", "median")])
    with pytest.raises(ValueError, match="`where` of the measure `gap` must name `method`, `n`, got `size`"):
        dataclasses.replace(EXPERIMENT, measures=[Measure("gap", "gap", where={"size": 1})])


def test_simulate_does_not_give_the_status_that_the_numbers_give():
    given = dataclasses.replace(EXPERIMENT, simulate=lambda *a: simulate(*a).assign(status="not_finite"))
    with pytest.raises(ValueError, match=r"`status` must be one of ok, .*, got not_finite"):
        _raw(given)


def test_what_did_not_happen_in_training_is_counted_in_the_summary_and_a_dead_network_counts():
    given = ["ok", "dead", "untrained", "diverged", "dead"]

    def trained(condition, streams, device):
        rows = simulate(condition, streams, device)
        return rows.assign(
            status=[
                given[r % 5] if m == "mean" else "ok" for r, m in zip(rows["replicate"], rows["method"], strict=True)
            ]
        )

    raw = _raw(dataclasses.replace(EXPERIMENT, simulate=trained), sizes=(40,))
    mean = raw[raw["method"] == "mean"]
    dead, untrained, diverged = (REASONS[name] for name in ("dead", "untrained", "diverged"))
    assert mean["status"].tolist() == [{"dead": "ok"}.get(s, s) for s in given] * 8
    assert mean["reason"].tolist() == ["", dead, untrained, diverged, dead] * 8
    lines = summaries.summarise(EXPERIMENT, raw)
    line = lines.query("measure == 'error' and statistic == 'mean' and method == 'mean'").iloc[0]
    assert (line["replicates"], line["failed"]) == (24, 16)
    assert line["reasons"] == f"16 ok, but {dead}; 8 untrained; 8 diverged"
    assert set(lines.loc[lines["method"] != "mean", "reasons"]) == {""}
    assert {entry["reason"] for entry in provenance.failures(raw)} == {untrained, diverged}
    assert [(entry["reason"], entry["rows"], entry["of"]) for entry in provenance.noted(raw)] == [(dead, 16, 40)]
