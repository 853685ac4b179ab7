"""Slopes: against statsmodels, their intervals, the test of fit, floors, and shared replicates."""

import math
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from dlstats import montecarlo
from dlstats.montecarlo import rates

SIZES = (16, 32, 64, 128, 256)


def _samples(reps, seed=0, slope=-1.0, cv=0.5):
    rng = np.random.default_rng(seed)
    shape = 1 / cv**2
    return [n**slope * rng.gamma(shape, 1 / shape, reps) for n in SIZES]


def test_the_slope_is_that_of_weighted_least_squares_in_statsmodels():
    samples = _samples(100)
    found = montecarlo.rate(SIZES, samples)
    weights = (np.array(found.values) / np.array(found.mcses)) ** 2
    design: Any = {"exog": sm.add_constant(np.log(SIZES)), "weights": weights}
    wanted = sm.WLS(np.log(found.values), **design).fit(cov_type="fixed scale")
    assert (found.intercept, found.slope.value) == pytest.approx(tuple(wanted.params))
    assert found.slope.mcse == pytest.approx(wanted.bse[1])
    assert found.q == pytest.approx((weights * wanted.resid**2).sum())


@given(slope=st.floats(-3, 1), constant=st.floats(0.01, 100))
@settings(max_examples=20, deadline=None)
def test_an_exact_power_law_has_its_slope_without_error(slope, constant):
    found = montecarlo.rate_of(SIZES, constant * np.array(SIZES, dtype=float) ** slope)
    assert found.slope.value == pytest.approx(slope, abs=1e-12)
    assert found.slope.mcse == 0
    assert all(local.value == pytest.approx(slope, abs=1e-10) for local in found.local)
    assert math.isnan(found.slope.lack_of_fit)


def test_two_sizes_give_the_difference_quotient():
    found = montecarlo.rate_of((10, 20), (1.0, 0.5), (0.1, 0.05), 20).slope
    assert found.value == pytest.approx(-1)
    assert found.mcse == pytest.approx(math.sqrt(2) * 0.1 / math.log(2))


def test_any_statistic_has_a_rate():
    samples = _samples(80)
    found = montecarlo.rate(SIZES, samples, "quantile", level=0.9)
    assert found.values == pytest.approx([np.quantile(s, 0.9) for s in samples])


def test_failed_replicates_are_dropped_and_counted():
    samples = _samples(60)
    spoilt = [np.append(s, [np.nan] * k) for k, s in enumerate(samples)]
    clean, found = montecarlo.slope(SIZES, samples), montecarlo.slope(SIZES, spoilt, failed=2)
    assert (found.value, found.mcse) == (clean.value, clean.mcse)
    assert found.failed == 2 + sum(range(len(SIZES)))


def test_a_measure_that_is_not_positive_has_no_slope_and_says_so():
    found = montecarlo.rate_of(SIZES, (1.0, 0.5, 0.0, 0.1, 0.1), 0.01, 20).slope
    assert math.isnan(found.value)
    assert "not positive" in found.note


@pytest.mark.parametrize("sizes", [(10,), (10, 10)])
def test_sizes_must_differ(sizes):
    with pytest.raises(ValueError, match="two or more different"):
        montecarlo.rate_of(sizes, (1.0,) * len(sizes))


def test_below_fifty_replicates_the_interval_is_wider_and_its_law_heavier():
    few = montecarlo.rate(SIZES, _samples(10)).slope
    plain = montecarlo.rate_of(SIZES, *_means(_samples(10)), 10).slope
    assert (few.value, few.mcse) == pytest.approx((plain.value, plain.mcse))
    assert few.df < plain.df
    assert few.upper - few.lower > plain.upper - plain.lower
    assert montecarlo.rate(SIZES, _samples(10)).slope == few  # the same samples, the same interval


def _means(samples):
    x = np.stack(samples)
    return x.mean(axis=1), x.std(axis=1, ddof=1) / math.sqrt(x.shape[1])


def test_the_law_of_an_interval_has_its_point():
    e = montecarlo.Estimate(-1.0, 0.1, 10)
    for point in (2.0, 2.5, 5.0):
        found = rates._with_point(e, point)
        assert special.stdtrit(found.df, 0.975) == pytest.approx(point)


def test_lack_of_fit_is_called_at_its_level_and_finds_a_floor():
    """300 straight lines at level 5 %, allowed four standard errors of the share; a floor of half the last value."""
    alarms = [montecarlo.rate(SIZES, _samples(60, seed)).slope.lack_of_fit < 0.05 for seed in range(300)]
    assert np.mean(alarms) < 0.05 + 4 * math.sqrt(0.05 * 0.95 / 300)
    bent = [sample + 0.5 / 256 for sample in _samples(1000, 1)]
    found = montecarlo.rate(SIZES, bent).slope
    assert found.lack_of_fit < 0.05
    assert "local slopes" in found.note


def test_a_floor_is_estimated_and_the_slope_below_it_recovered():
    samples = [sample + 0.01 for sample in _samples(400, 2, cv=0.2)]
    line = montecarlo.rate(SIZES, samples)
    found = montecarlo.rate_with_floor(SIZES, line.values, line.mcses, 400)
    assert found.floor is not None
    assert abs(found.slope.value + 1) < 4 * found.slope.mcse
    assert abs(found.floor.value - 0.01) < 4 * found.floor.mcse
    assert found.slope.lack_of_fit > 1e-4
    assert line.slope.lack_of_fit < 1e-4


def test_without_a_floor_the_line_is_fitted_alone():
    steep = montecarlo.rate_of(SIZES, [n**-1.0 * math.exp(-0.02 * (math.log(n) - 4) ** 2) for n in SIZES], 1e-3, 50)
    found = montecarlo.rate_with_floor(SIZES, steep.values, steep.mcses, 50)
    assert found.floor is not None
    assert found.floor.value == 0
    assert found.slope.value == steep.slope.value


def test_replicates_for_a_target_follow_the_design_formula():
    # six doubling sizes: sqrt(sum of squares) = 2.90; cv 0.5 and 20 replicates give 0.0386
    sizes = [2**k for k in range(6)]
    x = np.log(sizes)
    assert math.sqrt(((x - x.mean()) ** 2).sum()) == pytest.approx(2.90, abs=0.005)
    assert montecarlo.replicates_for(sizes, 0.5, 0.0386) == 20
    found = montecarlo.rate(SIZES, _samples(200))
    assert found.replicates_for(found.slope.mcse / 2) == 800


def _nested(seed, reps=80):
    rng = np.random.default_rng(seed)
    shared = rng.gamma(4, 0.25, reps)
    return [n**-1.0 * shared * rng.gamma(16, 1 / 16, reps) for n in SIZES]


def test_the_error_of_a_slope_over_nested_data_is_that_between_whole_replicates():
    """Mean reported error within a tenth of the truth, allowed four standard errors of a standard deviation."""
    found = [montecarlo.slope(SIZES, _nested(seed), paired=True) for seed in range(300)]
    truth = np.std([e.value for e in found], ddof=1)
    ratio = np.mean([e.mcse for e in found]) / truth
    assert abs(ratio - 1) < 0.1 + 4 / math.sqrt(600)
    independent = np.mean([montecarlo.slope(SIZES, _nested(seed)).mcse for seed in range(50)])
    assert independent > 1.5 * truth  # the pairing matters here
    assert np.mean([e.lack_of_fit < 0.05 for e in found]) < 0.05 + 4 * math.sqrt(0.05 * 0.95 / 300)
    covered = np.mean([e.lower <= -1 <= e.upper for e in found])
    assert covered > 0.95 - 0.02 - 4 * math.sqrt(0.05 * 0.95 / 300)


def test_below_fifty_nested_replicates_whole_replicates_are_resampled():
    found = montecarlo.slope(SIZES, _nested(1, reps=15), paired=True)
    assert found.df < 14
    assert found.upper - found.lower > 2 * 2.14 * found.mcse
