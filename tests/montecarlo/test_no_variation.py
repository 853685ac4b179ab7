"""Replicates that do not vary tell no error: only what is exact is without randomness."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlstats import montecarlo
from dlstats.montecarlo import STATISTICS, intervals, variation
from dlstats.protocol import verdict
from dlstats.protocol.measure import KINDS, Measure

OPTIONS = {
    "quantile": {"level": 0.3}, "best_of": {"starts": 2}, "bias": {"truth": 0.5}, "relative_bias": {"truth": 0.5},
    "mse": {"truth": 0.5}, "rmse": {"truth": 0.5},
}  # fmt: skip
OTHER = {
    "relative_error_model_se": "estimate", "se_ratio": "estimate", "interval_width": "upper", "ratio": "other",
    "difference": "other", "correlation": "other", "auc": "other",
}  # fmt: skip
RANDOM = [name for name, statistic in STATISTICS.items() if statistic.law == "t"]
CONSTANTS = [[0.0, 0.0], [0.1] * 7, [1 / 3] * 100, [0.3, 0.1 + 0.2, 0.3], [-1e9] * 3]


def _told(estimate):
    return bool(np.isfinite([estimate.mcse, estimate.lower, estimate.upper]).any())


def _options(name, values) -> dict[str, Any]:
    if name == "bias_eliminated_coverage":
        return {"lower": np.array(values) - 1, "upper": np.array(values) + 1}
    return OPTIONS.get(name, {OTHER[name]: np.array(values) + 1} if name in OTHER else {})


@pytest.mark.parametrize("values", CONSTANTS)
@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.filterwarnings("ignore:divide by zero|invalid value")
def test_equal_replicates_tell_no_error_of_any_statistic(name, values):
    found = montecarlo.estimate(name, values, **_options(name, values))
    assert not _told(found)
    for relation in ("equals", "at_most", "at_least"):
        assert np.isnan(verdict.p_values(relation, found, 0.0, 0.01)).all()


def test_numbers_that_differ_in_their_last_digits_only_do_not_vary_and_any_other_do():
    assert not _told(montecarlo.estimate("mean", [0.3, 0.1 + 0.2, 0.3]))
    assert _told(montecarlo.estimate("mean", [0.3, 0.3 + 1e-14, 0.3]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("statistic", ["mean", "median", "geometric_mean", "variance", "mse"])
def test_methods_that_never_left_their_start_are_not_told_apart(kind, statistic):
    options = OPTIONS.get(statistic, {})
    moved = pd.Series(np.random.default_rng(0).gamma(2, size=20))
    shifted = moved + 0.3 if kind == "difference" else moved * 1.1
    for first, second in ((pd.Series([0.1] * 20), pd.Series([0.3] * 20)), (moved, moved), (moved, shifted)):
        if second is shifted and (statistic == "mse" or (statistic, kind) == ("geometric_mean", "difference")):
            continue  # errors about a fixed truth do vary, and so does a geometric mean under a shift
        if statistic == "variance" and first is not second:
            continue  # of constants it is 0 or rounding, and a ratio of these no number
        assert not _told(montecarlo.paired(first, second, kind, statistic, **options))


def test_a_comparison_has_no_winner_where_nothing_varies():
    rows = [(m, r, v) for m, v in (("a", 0.1), ("b", 0.3)) for r in range(5)]
    frame = pd.DataFrame(rows, columns=["method", "replicate", "x"]).assign(cell="c", status="ok")
    table = montecarlo.compare(frame, Measure("x", "x"))
    assert np.isnan(table["p_value"]).all()
    assert not table["distinguishable"].any()
    summary = montecarlo.summarise(frame, [Measure("x", "x")], ["cell", "method"])
    assert montecarlo.leaders(summary, table)["winner"].tolist() == [""]


@pytest.mark.parametrize("paired", [False, True])
def test_a_size_whose_replicates_do_not_vary_leaves_every_slope_through_it_without_an_error(paired):
    rng = np.random.default_rng(1)
    samples = [rng.gamma(9, 1 / (9 * n), 200) for n in (10, 20, 40)]
    samples[1][:] = 0.05
    lines = montecarlo.slope_lines((10, 20, 40), samples, "mean", paired=paired)
    assert [line["statistic"] for line in lines] == [
        "slope(mean)",
        "local_slope(mean)",
        "local_slope(mean)",
        "bend(mean)",
    ]
    assert np.isnan([line["mcse"] for line in lines]).all()
    both = montecarlo.slope_difference((10, 20, 40), samples, [2 * s for s in samples], "mean")
    assert not _told(both)


def test_a_target_is_not_met_by_replicates_that_do_not_vary():
    frame = pd.DataFrame({"method": "a", "replicate": range(4), "x": 0.1, "status": "ok"})
    assert montecarlo.reached(frame, Measure("x", "x")) == np.inf
    assert not montecarlo.enough(frame, Measure("x", "x"), 0.5)


def test_neither_jackknife_nor_bootstrap_nor_components_are_certain_without_variation():
    constant = np.full(6, 0.25)
    assert not _told(montecarlo.jackknife(lambda x: x.mean(axis=-1), constant))
    assert not _told(montecarlo.bootstrap(lambda x: x.mean(axis=-1), constant))
    frame = pd.DataFrame({"data": np.arange(6) // 2, "start": range(6), "x": 0.25})
    assert not any(_told(e) for e in variation.components(frame, "x", ["data", "start"]).values())


def test_lines_and_estimates_say_that_their_replicates_do_not_vary():
    frame = pd.DataFrame({"cell": np.repeat([0, 1], 5), "x": [*[0.1] * 5, *range(5)], "status": "ok"})
    lines = montecarlo.summarise(frame, [Measure("x", "x"), Measure("x", "x", "largest")], ["cell"])
    assert lines["note"].tolist() == [intervals.STILL, "", "", ""]
    assert [montecarlo.estimate("mean", x).note for x in ([0.1] * 5, range(5), [0.1])] == [intervals.STILL, "", ""]
    assert montecarlo.paired(frame["x"][:5], frame["x"][:5]).note == intervals.STILL


@pytest.mark.parametrize("equal", [35, 44, 49])
@pytest.mark.parametrize("centre", [0.0, 0.1, 3.0])
def test_a_median_of_equal_replicates_among_others_tells_an_error_or_says_why_not(equal, centre):
    x = np.concatenate([np.full(equal, centre), centre + np.arange(1, 51 - equal)])
    for one in (
        montecarlo.estimate("median", x),
        montecarlo.summarise(pd.DataFrame({"x": x}), [("x", "median")]).iloc[0],
    ):
        assert one.note == ("" if _told(one) else intervals.EQUAL)
        assert _told(one) == (equal < 47)


def test_one_replicate_of_paired_sizes_has_a_slope_without_an_error():
    fitted = montecarlo.rate([8, 16, 32], [[1.0], [0.5], [0.25]], "rmse", paired=True, truth=0.0)
    assert fitted.slope.value == pytest.approx(-1)
    assert not fitted.slope.mcse > 0
    assert np.isnan(intervals.from_influence(np.array(1.0), np.zeros(1)).mcse)
