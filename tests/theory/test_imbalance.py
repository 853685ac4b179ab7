"""Closed forms of class imbalance against routes that share nothing with them."""

import math

import numpy as np
import pytest
from scipy import stats

from dlstats.methods import logistic
from dlstats.theory import minimisers, overlap, ranking, rare_events, weighting


@pytest.mark.parametrize(("n", "p"), [(100, 0.1), (200, 0.05), (500, 0.02)])
def test_the_exact_bias_exceeds_the_first_order_formula_by_a_tenth(n, p):
    assert rare_events.intercept_bias_exact(n, p) / rare_events.intercept_bias(n, p) == pytest.approx(1.1, abs=0.01)


@pytest.mark.parametrize(("n", "positives"), [(5, 1), (8, 3), (9, 8)])
def test_average_precision_of_a_random_ranking_is_the_mean_over_all_rankings(n, positives):
    exact = ranking.average_precision_enumerated(n, positives)
    assert ranking.average_precision_random(n, positives) == pytest.approx(exact, rel=1e-13)
    harmonic = sum(1 / k for k in range(1, n + 1))
    other = positives / n + (n - positives) * (harmonic - 1) / (n * (n - 1))
    assert exact == pytest.approx(other, rel=1e-13)


def test_the_auc_of_one_pair_is_a_bernoulli_variable():
    area = ranking.auc_gaussians(1.5)
    assert ranking.auc_sd(1.5, 1, 1) == pytest.approx(math.sqrt(area * (1 - area)), rel=1e-12)


def test_asymptotic_variance_without_imbalance_does_not_depend_on_weights():
    plain, weighted = (weighting.asymptotic_variance(0.5, 2.0, w) for w in (False, True))
    np.testing.assert_allclose(plain, weighted, rtol=1e-8)


def test_logit_adjustment_is_never_less_efficient_than_weights():
    for prior in (0.3, 0.1, 0.02, 0.005):
        for distance in (1.0, 2.0, 3.0):
            pair = [weighting.threshold_variance(prior, distance, w) for w in (False, True)]
            assert pair[0] <= pair[1] * (1 + 1e-9)


@pytest.mark.parametrize("weight", [1.0, 100.0])
def test_the_direction_of_the_ridge_path_is_the_hard_margin_and_what_its_dual_weights_add(weight):
    sign = np.repeat([1.0, -1.0], 3)
    x = np.array([[1.0, 0.0], [1.0, 2.0], [3.0, 0.0], [-1.0, 0.5], [-3.0, 0.0], [-4.0, 1.0]])
    normal, offset = weighting.hard_margin(x, sign)
    one = np.ones(6)
    (w0, w1, _) = logistic.ridge_path(
        x, sign, 10.0 ** -np.arange(100.0), np.where(sign > 0, weight, 1.0), one, 0 * one
    )[-1]
    across = abs(w0 * normal[1] - w1 * normal[0]) / np.linalg.norm(normal)
    assert across == pytest.approx(weighting.residual_direction(x, sign, normal, offset), abs=0.01)
    assert across > 0.1


def test_the_hard_margin_has_its_smallest_margin_at_one():
    rng = np.random.default_rng(3)
    sign = np.repeat([1.0, -1.0], 10)
    x = np.column_stack([sign * (1 + rng.exponential(1, 20)), rng.normal(size=20)])
    w, b = weighting.hard_margin(x, sign)
    assert (sign * (x @ w + b)).min() == pytest.approx(1, abs=1e-8)


@pytest.mark.parametrize(("prior", "distance"), [(0.1, 2.0), (0.3, 0.5), (0.01, 3.0)])
def test_dice_with_the_squared_denominator_has_the_larger_value(prior, distance):
    assert overlap.dice_by_root(prior, distance, squared=True) > overlap.dice_by_root(prior, distance)


def test_the_cut_at_half_the_best_f1_beats_its_neighbours():
    value = overlap.dice_by_root(0.1, 2.0)
    cut = (math.log(value / 2 / (1 - value / 2)) - math.log(1 / 9)) / 2

    def f1(t):
        hit, alarm = 0.1 * stats.norm.sf(t - 1), 0.9 * stats.norm.sf(t + 1)
        return 2 * hit / (hit + alarm + 0.1)

    assert f1(cut) == pytest.approx(value, rel=1e-12)
    assert f1(cut) > max(f1(cut - 0.01), f1(cut + 0.01))


@pytest.mark.parametrize("gamma", [0.5, 1, 2, 5])
def test_the_focal_map_and_its_inverse_undo_each_other(gamma):
    eta = np.linspace(0.01, 0.99, 21)
    p = np.array([minimisers.focal_map(e, gamma) for e in eta])
    np.testing.assert_allclose(minimisers.focal_inverse_binary(p, gamma), eta, atol=1e-12)


def test_the_focal_map_keeps_one_half_and_shrinks_towards_it():
    assert minimisers.focal_map(0.5, 2.0) == pytest.approx(0.5, abs=1e-14)
    assert 0.5 < minimisers.focal_map(0.9, 2.0) < 0.9


@pytest.mark.parametrize("prototypes", [2, 50])
def test_the_effective_number_is_the_expected_number_of_distinct_prototypes(prototypes):
    for count in (1, 7, 100):
        expected = minimisers.expected_distinct(count, prototypes)
        assert minimisers.effective_number(count, prototypes) == pytest.approx(expected, rel=1e-12)


def test_the_likelihood_bound_is_below_the_spread_of_the_estimate_from_a_known_confusion():
    recall, alarm = stats.norm.cdf(1), stats.norm.cdf(-1)
    positive = 0.1 * recall + 0.9 * alarm
    spread = np.sqrt(positive * (1 - positive) / 2000) / (recall - alarm)
    assert rare_events.label_shift_sd(0.1, 2.0, 2000) < spread
