"""Readers give the line of the summary and nothing else, and say so when it is not there or not single."""

import numpy as np
import pandas as pd
import pytest

from dlstats import montecarlo
from dlstats.pipeline import summaries
from dlstats.protocol import readers
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Contrast, LevelContrast, Measure, Slope, SlopeContrast
from dlstats.protocol.study import Experiment, Method

SIZES = (100, 400, 1600)


def raw():
    rng, rows = np.random.default_rng(1), []
    for n in SIZES:
        for level in (0.1, 0.9):
            shared = rng.lognormal(size=60)
            for method, factor in (("network", 1.0), ("spline", 2.0)):
                risk = factor * shared * n ** (-0.8 if method == "network" else -0.5) * (1 + level)
                rows.append(pd.DataFrame({"cell": f"n={n}", "n": n, "replicate": range(60), "method": method,
                                          "level": level, "status": "ok", "risk": risk}))  # fmt: skip
    return pd.concat(rows, ignore_index=True)


EXPERIMENT = Experiment(
    simulate=lambda condition, streams, device: raw(),
    factors={"n": Factor("sample size", int)},
    keys={"level": Factor("quantile level", float)},
    methods={"network": Method("network", "a network"), "spline": Method("spline", "a spline")},
    measures=[Measure("risk", "risk", "median"), Measure("risk", "risk")],
    contrasts=[Contrast("risk", "spline", "network"), Contrast("risk", "spline", "network", "ratio", "mean")],
    slopes=[Slope("risk"), SlopeContrast("risk", "network", "spline")],
)


@pytest.fixture(scope="module")
def evidence():
    rows = raw()
    return Evidence({"risk": summaries.summarise(EXPERIMENT, rows)}, {"risk": rows})


def test_a_value_is_the_statistic_of_its_line(evidence):
    rows = raw()
    mine = rows[(rows["n"] == 400) & (rows["method"] == "network") & (rows["level"] == 0.9)]["risk"]
    (found,) = readers.value("risk", "mean", n=400, method="network", level=0.9)(evidence)
    again = montecarlo.estimate("mean", mine)
    assert found.value == pytest.approx(mine.mean(), rel=1e-12)
    assert found.mcse == pytest.approx(mine.std(ddof=1) / np.sqrt(60), rel=1e-12)
    assert (found.replicates, found.failed, found.law) == (60, 0, "t")
    assert (found.degrees, found.lower, found.upper) == pytest.approx((again.degrees, again.lower, again.upper))


@pytest.mark.parametrize("reader", [readers.slope, readers.last_slope, readers.value])
def test_a_claim_that_needs_more_sizes_than_were_run_is_not_measured(evidence, reader):
    measured = reader("risk", "mean", method="network", level=0.1).each()
    assert measured.at_least(n=len(SIZES))(evidence)
    with pytest.raises(LookupError, match="4 levels of n are needed, 3 were run"):
        measured.at_least(n=len(SIZES) + 1)(evidence)


def test_each_gives_one_estimate_per_level(evidence):
    found = readers.value("risk", "median", method="network").each("n", "level")(evidence)
    assert len(found) == 6
    with pytest.raises(ValueError, match=r"6 lines match .*, one was asked for; they differ in n, level"):
        readers.value("risk", "median", method="network")(evidence)
    with pytest.raises(ValueError, match="for each n; they differ in level"):
        readers.value("risk", "median", method="network").each("n")(evidence)


def test_what_is_not_there_is_named(evidence):
    with pytest.raises(LookupError, match="n = 7"):
        readers.value("risk", "mean", n=7, method="network", level=0.9)(evidence)
    with pytest.raises(LookupError, match="no factor, key or column `width`"):
        readers.value("risk", "mean", width=7)(evidence)
    with pytest.raises(LookupError, match="No experiment has the measure `loss`"):
        readers.value("loss")(evidence)


def test_contrasts_pair_replicates(evidence):
    (log,) = readers.log_ratio("risk", "spline", "network", n=400, level=0.1)(evidence)
    (plain,) = readers.ratio("risk", "spline", "network", n=400, level=0.1)(evidence)
    assert log.value == pytest.approx(np.log10(2 * 400**0.3), rel=1e-9)
    assert plain.value == pytest.approx(2 * 400**0.3, rel=1e-9)
    assert np.isnan(log.mcse)  # the data are shared, and so is their noise: all replicates have one ratio
    with pytest.raises(LookupError):
        readers.log_ratio("risk", "network", "spline", n=400, level=0.1)(evidence)


def test_slopes_and_their_difference(evidence):
    lines = readers.slope("risk", method="network").each("level")(evidence)
    assert len(lines) == 2
    (gap,) = readers.slope_difference("risk", "network", "spline", level=0.9)(evidence)
    assert gap.value == pytest.approx(-0.3, abs=1e-9)
    local = readers.local_slopes("risk", method="network", level=0.9)(evidence)
    last = readers.last_slope("risk", method="network", level=0.9)(evidence)
    assert [e.value for e in last] == [local[-1].value]
    assert len(local) == 2


def test_changes_of_an_estimate_keep_its_error_on_the_right_scale(evidence):
    where = {"n": 400, "method": "network", "level": 0.9}
    (plain,) = readers.value("risk", "mean", **where)(evidence)
    (less,) = readers.value("risk", "mean", **where).minus(lambda line: line["n"] / 100)(evidence)
    (over,) = readers.value("risk", "mean", **where).over_theory(0.5)(evidence)
    (size,) = readers.value("risk", "mean", **where).minus(4.0).size()(evidence)
    assert (less.value, less.mcse) == (pytest.approx(plain.value - 4), plain.mcse)
    assert (over.value, over.mcse) == (pytest.approx(plain.value * 2), pytest.approx(plain.mcse * 2))
    assert (size.value, size.lower < size.value < size.upper) == (pytest.approx(abs(plain.value - 4)), True)


def test_the_evidence_remembers_the_cells_that_were_read(evidence):
    evidence.forget()
    readers.ratio("risk", "spline", "network", n=400, level=0.1)(evidence)
    assert list(evidence.used) == [("risk", "n=400")]
    assert set(evidence.lines) == {("risk", "n=400", "spline"), ("risk", "n=400", "network")}
    evidence.forget()
    readers.slope("risk", method="network", level=0.1)(evidence)
    assert list(evidence.used) == [("risk", f"n={n}") for n in SIZES]


def test_levels_of_a_factor_that_share_replicates_are_paired():
    rows = raw()
    rows["risk"] = rows.groupby(["method", "level"])["risk"].transform(lambda v: np.tile(v[:60], 3)) * rows["n"]
    contrast = LevelContrast("risk", "n", 400, 100, "ratio", "mean")
    experiment = Experiment(EXPERIMENT.simulate, EXPERIMENT.factors, EXPERIMENT.methods, EXPERIMENT.measures,
                            EXPERIMENT.keys, [contrast])  # fmt: skip
    table = summaries.summarise(experiment, rows)
    lines = table[table["statistic"] == "ratio(mean)"]
    assert len(lines) == 4
    np.testing.assert_allclose(lines["estimate"], 4.0)
    assert lines["mcse"].isna().all()  # every replicate has the same ratio, which tells no error
    assert set(lines["against"]) == {"n=100"}


def test_a_level_that_is_run_on_a_part_of_the_replicates_is_paired_with_that_part_and_nothing_failed():
    rows = raw()
    failed = (rows["n"] == 100) & (rows["replicate"] == 3)
    rows.loc[failed, "status"] = "diverged"
    contrast = LevelContrast("risk", "n", 400, 100, "difference", "mean")
    experiment = Experiment(EXPERIMENT.simulate, EXPERIMENT.factors, EXPERIMENT.methods, EXPERIMENT.measures,
                            EXPERIMENT.keys, [contrast])  # fmt: skip
    table = summaries.summarise(experiment, rows[(rows["n"] != 100) | (rows["replicate"] < 20)])
    lines = table[table["statistic"] == "difference(mean)"]
    assert set(lines["replicates"]) == {19}
    assert set(lines["failed"]) == {1}


def _experiment(factor, methods):
    described = {name: Method(name, name) for name in methods}
    return Experiment(lambda *_: None, {factor: Factor(factor, int)}, described, [Measure("risk", "risk")])  # type: ignore[arg-type]


def _frame(factor, methods):
    rows = pd.DataFrame([{"cell": f"{factor}=1", factor: 1, "replicate": r, "method": m, "status": "ok", "risk": float(r)}
                         for m in methods for r in range(3)])  # fmt: skip
    return summaries.summarise(_experiment(factor, methods), rows)


PARTS = {"two": ("n", ("a", "b")), "five": ("width", ("a", "c"))}


@pytest.mark.parametrize(
    ("where", "name"),
    [({"n": 1, "method": "a"}, "two"), ({"width": 1, "method": "a"}, "five"), ({"method": "c"}, "five")],
)
def test_a_measure_of_several_experiments_is_resolved_by_what_is_asked_of_it(where, name):
    held = Evidence({part: _frame(*about) for part, about in PARTS.items()})
    reader = readers.value("risk", "mean", **where)
    reader.check({part: _experiment(*about) for part, about in PARTS.items()})
    assert reader(held)
    assert {experiment for experiment, _ in held.used} == {name}


def test_where_several_experiments_may_be_meant_one_must_be_named():
    held = Evidence({part: _frame(*about) for part, about in PARTS.items()})
    reader = readers.value("risk", "mean", method="a")
    with pytest.raises(ValueError, match=r"two, five.* must name one"):
        reader.check({part: _experiment(*about) for part, about in PARTS.items()})
    with pytest.raises(ValueError, match=r"\(two, five\): name one"):
        reader(held)
    assert readers.value("risk", "mean", experiment="two", method="a")(held)


@pytest.mark.parametrize(
    ("reader", "message"),
    [
        (readers.log_ratio("risk", "network", "spline"), "of network against spline, only of spline against network"),
        (
            readers.ratio("risk", "spline", "network", "median"),
            r"no `ratio\(median\)` of `risk`; .* log_ratio\(median\)",
        ),
        (readers.slope("risk", "median", method="network"), r"no `slope\(median\)` of `risk`"),
        (readers.slope_difference("risk", "spline", "network"), "only of network against spline"),
        (readers.value("risk", "rmse"), "no `rmse` of `risk`"),
    ],
)
def test_a_statistic_that_the_experiment_does_not_declare_is_refused_before_work(reader, message):
    with pytest.raises(ValueError, match=message):
        reader.check({"risk": EXPERIMENT})
