"""Paired contrasts: the joint error, ties, and which methods can be told apart."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from dlstats import montecarlo
from dlstats.montecarlo import contrasts
from dlstats.protocol.study import Measure

OPTIONS = {"rmse": {"truth": 0.0}, "mse": {"truth": 0.0}, "bias": {"truth": 0.0}}
REPS = 120


def _pair(seed=0, noise=0.2):
    rng = np.random.default_rng(seed)
    x = 3 + rng.normal(size=REPS)
    return x, x + noise * rng.normal(size=REPS) + 0.1


def _frame(seed=0):
    x, y = _pair(seed)
    own = 0.01 * np.random.default_rng(seed + 1).normal(size=REPS)
    parts = {"a": x, "b": y, "c": x + 2 + own}
    return pd.concat(
        [
            pd.DataFrame({"cell": cell, "replicate": range(REPS), "method": m, "status": "ok", "x": v + cell})
            for cell in (0, 1)
            for m, v in parts.items()
        ],
        ignore_index=True,
    )


def test_the_difference_of_means_is_the_paired_t_test():
    x, y = _pair()
    found, wanted = montecarlo.contrast("mean", x, y), stats.ttest_rel(x, y)
    assert found.value == pytest.approx((x - y).mean())
    assert found.value / found.mcse == pytest.approx(wanted.statistic)


@pytest.mark.parametrize("kind", contrasts.KINDS)
@pytest.mark.parametrize("statistic", ["mean", "variance", "empirical_se", "rmse", "mse", "trimmed_mean", "median"])
def test_the_joint_error_is_that_of_a_joint_bootstrap(statistic, kind):
    # 2000 draws know a standard deviation to 1.6 %; the delta method and the bootstrap differ by a share 1 / reps
    x, y = _pair()
    options: dict[str, Any] = OPTIONS.get(statistic, {})

    def function(first, second):
        both = np.stack([first, second])
        values = np.asarray(montecarlo.STATISTICS[statistic].compute(both, **options).value)
        return values[0] - values[1] if kind == "difference" else values[0] / values[1]

    found = montecarlo.contrast(statistic, x, y, kind, **options)
    drawn = montecarlo.bootstrap(function, x, y, draws=2000, seed=1)
    assert found.value == pytest.approx(drawn.value)
    rough = 0.08 if statistic == "median" else 4 / np.sqrt(4000)
    assert found.mcse == pytest.approx(drawn.mcse, rel=rough + 2 / REPS)


def test_sharing_replicates_makes_the_error_small():
    x, y = _pair(noise=0.01)
    joint = montecarlo.contrast("empirical_se", x, y).mcse
    apart = np.hypot(montecarlo.estimate("empirical_se", x).mcse, montecarlo.estimate("empirical_se", y).mcse)
    assert joint < apart / 20


def test_a_replicate_that_failed_in_one_method_is_dropped_from_both_and_counted():
    x, y = _pair()
    x[3], y[5] = np.nan, np.inf
    found = montecarlo.contrast("mean", x, y)
    assert (found.replicates, found.failed) == (REPS - 2, 2)
    keep = np.isfinite(x) & np.isfinite(y)
    assert found.value == pytest.approx((x - y)[keep].mean())


def test_coverage_is_compared_as_by_mcnemar():
    rng = np.random.default_rng(3)
    x, y = (rng.random((2, REPS)) < 0.9).astype(float)
    b, c = ((x > y).sum(), (x < y).sum())
    found = montecarlo.contrast("proportion", x, y)
    # the variance of a difference of paired shares, with divisor reps - 1
    expected = ((b + c) / REPS - ((b - c) / REPS) ** 2) / (REPS - 1)
    assert found.mcse == pytest.approx(np.sqrt(expected))


def test_shares_without_a_discordant_replicate_still_have_an_error():
    found = montecarlo.contrast("coverage", np.ones(50), np.ones(50))
    assert found.value == 0
    assert found.mcse == pytest.approx(1 / 52)


def test_columns_of_intervals_are_given_in_pairs():
    x, y = _pair()
    found = montecarlo.contrast("coverage", x - 1, y - 1, upper=(x + 1, y + 1), truth=3.0)
    expected = (np.abs(x - 3) <= 1).mean() - (np.abs(y - 3) <= 1).mean()
    assert found.value == pytest.approx(expected)


def test_the_contrast_turns_with_its_arguments():
    x, y = _pair()
    one, two = montecarlo.contrast("rmse", x, y, truth=0.0), montecarlo.contrast("rmse", y, x, truth=0.0)
    assert (one.value, one.mcse) == pytest.approx((-two.value, two.mcse))
    ratio, inverse = (montecarlo.contrast("rmse", *p, "ratio", truth=0.0) for p in ((x, y), (y, x)))
    assert ratio.value == pytest.approx(1 / inverse.value)
    assert (ratio.lower, ratio.upper) == pytest.approx((1 / inverse.upper, 1 / inverse.lower))


def test_an_extreme_has_no_error():
    assert np.isnan(montecarlo.contrast("maximum", *_pair()).mcse)


def test_compare_holds_every_pair_once_and_adjusts_within_a_cell():
    frame = _frame()
    table = montecarlo.compare(frame, Measure("x", "x"))
    assert list(zip(table["method"], table["against"], strict=True)) == [("a", "b"), ("a", "c"), ("b", "c")] * 2
    for _, cell in table.groupby("cell"):
        assert np.allclose(cell["p_adjusted"], np.asarray(multipletests(cell["p_value"], method="holm")[1]))
    assert list(table["distinguishable"]) == list(table["p_adjusted"] < 0.05)


def test_compare_with_a_reference_gives_only_that():
    table = montecarlo.compare(_frame(), Measure("x", "x", "mse", options={"truth": 0.0}), kind="ratio", reference="c")
    assert set(table["against"]) == {"c"}
    assert list(table["method"]) == ["a", "b"] * 2


def test_no_winner_is_named_among_methods_that_cannot_be_told_apart():
    rng = np.random.default_rng(8)
    noise = rng.normal(size=REPS)
    frame = _frame()
    frame.loc[frame["method"] == "b", "x"] = frame.loc[frame["method"] == "a", "x"].to_numpy() + np.tile(noise, 2)
    measure = Measure("x", "x", "mean")
    summary = montecarlo.summarise(frame, [measure], ["cell", "method"])
    table = montecarlo.compare(frame, measure)
    found = montecarlo.leaders(summary, table)
    assert list(found["winner"]) == ["", ""]
    assert found["note"].str.contains("not distinguishable").all()
    assert not found["note"].str.contains("c:").any()
    largest = montecarlo.leaders(summary, table, smaller=False)
    assert list(largest["winner"]) == ["c", "c"]


def test_methods_of_equal_risk_are_told_apart_at_most_at_the_level():
    """400 pairs with the same law: rejections below 5 % and four standard errors of a share."""
    rejected = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        shared = rng.normal(size=60)
        x, y = (0.7 * shared + 0.7 * rng.normal(size=60) for _ in range(2))
        e = montecarlo.contrast("mse", x, y, truth=0.0)
        rejected += not e.lower <= 0 <= e.upper
    assert rejected / 400 < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 400)
