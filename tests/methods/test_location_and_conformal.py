import math
from fractions import Fraction

import numpy as np
import pytest
import statsmodels.api as sm

from dlstats.dgp.quantile_designs import DESIGNS
from dlstats.methods import conformal, location
from dlstats.methods import quantile as baselines_quantile

NORMS = {"huber": sm.robust.norms.HuberT, "tukey": sm.robust.norms.TukeyBiweight}


@pytest.mark.parametrize("name", location.WEIGHTS)
def test_location_estimates_are_equivariant_and_do_not_mix_samples(name):
    y = np.random.default_rng(0).standard_t(2, (6, 41))
    value, converged = location.reweighted_mean(y, name, 1.5)
    assert converged.all()
    moved, _ = location.reweighted_mean(3 * y + 7, name, 4.5)
    np.testing.assert_allclose(moved, 3 * value + 7, rtol=1e-6)
    alone = [location.reweighted_mean(row[None], name, 1.5)[0][0] for row in y]
    np.testing.assert_array_equal(value, alone)


@pytest.mark.parametrize("name", NORMS)
def test_location_estimates_agree_with_statsmodels_at_a_known_scale(name):
    y = np.random.default_rng(1).standard_t(3, 60)
    constant = {"huber": 1.345, "tukey": 4.685}[name]
    scale = location.scale(y[None])
    value, _ = location.reweighted_mean(y[None], name, constant * scale)
    theirs = sm.robust.norms.estimate_location(y, scale[0], NORMS[name](constant), maxiter=500, tol=1e-10)
    assert value[0] == pytest.approx(float(theirs), abs=1e-6)


@pytest.mark.parametrize(("n", "a"), [(99, "0.1"), (19, "0.1"), (1000, "0.1"), (50, "0.05"), (9, "0.1"), (199, "0.3")])
def test_the_rank_is_the_least_whole_number_at_or_above_its_product(n, a):
    k = conformal.rank(n, Fraction(a))
    assert k >= (n + 1) * (1 - Fraction(a)) > k - 1


def test_the_threshold_is_the_order_statistic_of_its_rank_and_infinite_beyond_the_sample():
    scores = np.random.default_rng(2).normal(size=(5, 99))
    found = conformal.threshold(scores, Fraction(1, 10))
    np.testing.assert_array_equal(found, np.sort(scores, axis=1)[:, 89])
    assert np.isinf(conformal.threshold(scores[:, :8], Fraction(1, 10))).all()


def test_random_ties_restore_the_exact_coverage_of_discrete_scores():
    reps, n = 4000, 19
    rng = np.random.default_rng(3)
    scores = rng.integers(0, 3, (reps, n + 1)).astype(float)
    generators = [np.random.default_rng([4, r]) for r in range(reps)]
    together = scores + 0.25 * np.stack([g.random(n + 1) for g in generators])
    covered = together[:, n] <= conformal.threshold(together[:, :n], Fraction(1, 10))
    assert abs(covered.mean() - 0.9) < 4 * math.sqrt(0.09 / reps)
    plain = conformal.threshold(scores[:, :n], Fraction(1, 10))
    shifted = conformal.threshold(scores[:, :n], Fraction(1, 10), generators)
    assert (np.abs(shifted - plain) < 0.5).all()


@pytest.mark.parametrize("a", [Fraction(0), Fraction(3, 2)])
def test_a_miscoverage_that_cannot_be_is_refused(a):
    with pytest.raises(ValueError, match="miscoverage"):
        conformal.rank(99, a)


@pytest.mark.parametrize("name", baselines_quantile.QUANTILE_BASELINES)
def test_quantile_baselines_come_near_an_easy_truth(name):
    design = DESIGNS["S4"]
    rng = np.random.default_rng(5)
    x, y = design.sample(800, rng)
    new = design.inputs(200, rng)
    levels = (0.25, 0.5, 0.75)
    found = baselines_quantile.QUANTILE_BASELINES[name](levels)(x, y, new, np.random.default_rng(6))
    assert found.shape == (200, 3)
    for k, level in enumerate(levels):
        best_constant = np.abs(np.quantile(y, level) - design.quantile(new, level)).mean()
        # a level's sample quantile has error of order 2 / sqrt(800) here; local ones use a tenth of the sample
        assert np.abs(found[:, k] - design.quantile(new, level)).mean() < best_constant + 2 * math.sqrt(10 / 800)


def test_weighted_quantiles_with_equal_weights_are_order_statistics():
    y = np.sort(np.random.default_rng(7).normal(size=25))
    found = baselines_quantile.weighted_quantiles(y, np.ones((1, 25)), (0.2, 0.5, 0.9))
    np.testing.assert_array_equal(found[0], y[[4, 12, 22]])


@pytest.mark.parametrize("n", [1, 2, 9, 10, 30])
def test_weighted_quantiles_are_the_first_at_which_the_cumulated_weight_reaches_the_level(n):
    rng, levels = np.random.default_rng(n), (0.01, 0.5, 0.99)
    y, weights = np.sort(rng.normal(size=n)), rng.random((20, n)) * (rng.random((20, n)) < 0.5)
    weights[:, -1] += 0.1
    found = baselines_quantile.weighted_quantiles(y, weights, levels)
    for row, values in zip(weights, found, strict=True):
        running = np.cumsum(row) / row.sum()
        np.testing.assert_array_equal(values, [y[np.flatnonzero(running >= level)[0]] for level in levels])
