"""Contrasts of columns by replicate: equal to those of arrays, whatever the order, and their errors by bootstrap."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlstats import montecarlo
from dlstats.montecarlo import pairs
from dlstats.montecarlo.statistics import evaluate

REPS = 120
OPTIONS: dict[str, dict[str, Any]] = {"rmse": {"truth": 0.0}, "quantile": {"level": 0.9}}


def _pair(seed=0):
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=REPS)
    one, two = (np.exp(shared + 0.3 * rng.normal(size=REPS) + 0.2 * k) for k in range(2))
    return pd.Series(one), pd.Series(two)


@pytest.mark.parametrize("kind", ["difference", "ratio"])
@pytest.mark.parametrize("statistic", ["mean", "median", "rmse", "geometric_mean", "quantile", "empirical_se"])
def test_it_is_the_contrast_of_the_same_arrays(statistic, kind):
    one, two = _pair()
    options = OPTIONS.get(statistic, {})
    assert pairs.paired(one, two, kind, statistic, **options) == montecarlo.contrast(
        statistic, one, two, kind, **options
    )


def test_a_log_ratio_of_medians_is_the_existing_one():
    one, two = _pair()
    one[5], two[7] = np.nan, 0.0
    assert montecarlo.paired(one, two, "log_ratio", "median") == montecarlo.log_ratio(one, two)


def test_a_log_ratio_of_geometric_means_is_the_difference_of_means_of_logs():
    one, two = _pair()
    found = montecarlo.paired(one, two, "log_ratio", "geometric_mean")
    wanted = montecarlo.contrast("mean", np.log10(one), np.log10(two))
    for name in ("value", "mcse", "lower", "upper", "df"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name))


@pytest.mark.parametrize("statistic", ["mean", "geometric_mean", "rmse", "trimmed_mean", "median", "quantile"])
def test_the_error_of_a_log_ratio_is_that_of_a_joint_bootstrap(statistic):
    # 2000 draws know a standard deviation to 1.6 %; the delta method and the bootstrap of log-normal replicates differ
    # by a share of order kurtosis / reps
    one, two = _pair()
    options = OPTIONS.get(statistic, {})

    def function(first, second):
        values = np.asarray(evaluate(statistic, np.stack([first, second]), options).value)
        return np.log10(values[0] / values[1])

    found = montecarlo.paired(one, two, "log_ratio", statistic, **options)
    drawn = montecarlo.bootstrap(function, one, two, draws=2000, seed=1)
    assert found.value == pytest.approx(drawn.value, abs=0.1 * found.mcse)
    assert found.mcse == pytest.approx(drawn.mcse, rel=0.1)


@pytest.mark.parametrize("kind", pairs.KINDS)
def test_order_does_not_matter_and_what_lacks_counts_as_failed(kind):
    one, two = _pair()
    spoilt, fewer = one.copy(), two.drop([1, 2])
    spoilt[3] = np.nan
    keep = [r for r in one.index if r not in (1, 2, 3)]
    found = montecarlo.paired(spoilt.sample(frac=1, random_state=0), fewer, kind)
    wanted = montecarlo.paired(one[keep], two[keep], kind)
    assert (found.replicates, found.failed) == (REPS - 3, 3)
    for name in ("value", "mcse", "lower", "upper"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), rel=1e-12)


def test_replicates_that_only_one_has_count_once_each():
    one, two = _pair()
    found = montecarlo.paired(one[:100], two[20:], "difference")
    assert (found.replicates, found.failed) == (80, 40)


def test_columns_of_options_are_aligned_too():
    one, two = _pair()
    upper = (one + 1, (two + 1).sample(frac=1, random_state=0))
    found = montecarlo.paired(one - 1, two - 1, "difference", "coverage", upper=upper, truth=1.5)
    assert found.value == pytest.approx((abs(one - 1.5) <= 1).mean() - (abs(two - 1.5) <= 1).mean())


def test_a_log_ratio_of_means_covers_at_its_level():
    """1000 pairs of log-normals of 60 replicates: coverage of log10 of the true ratio, four standard errors of a share."""
    covered = 0
    for seed in range(1000):
        e = montecarlo.paired(*_pair(seed), "log_ratio")
        covered += e.lower <= -0.2 / np.log(10) <= e.upper
    assert abs(covered / 1000 - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 1000)


def test_a_repeated_replicate_and_an_unknown_kind_are_refused():
    one, two = _pair()
    with pytest.raises(ValueError, match="once"):
        montecarlo.paired(pd.concat([one, one]), two)
    with pytest.raises(ValueError, match="difference, ratio, log_ratio"):
        montecarlo.paired(one, two, "quotient")
