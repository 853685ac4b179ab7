"""Closed forms whose whole range is small enough to be counted, searched or simulated."""

import itertools
import math

import numpy as np
import pytest
from scipy import optimize

from dlstats.theory import efficiency, linear_splines, ranking, robustness


@pytest.mark.parametrize("alpha", [0.5, 1.0, 1.5, 2.0])
def test_the_mean_of_stable_variables_has_the_scale_at_which_its_characteristic_function_falls(alpha):
    """E exp(it mean) = exp(−|t/n|^α)^n: the t at which it is 1/2 is proportional to 1/scale."""

    def scale(n):
        half = optimize.brentq(lambda log: n * (math.exp(log) / n) ** alpha - math.log(2), -60, 60, xtol=1e-13)
        return math.exp(-half)  # type: ignore[arg-type]

    for n in (10, 1000):
        found = math.log(scale(4 * n) / scale(n)) / math.log(4)
        assert robustness.stable_rate(alpha) == pytest.approx(found, abs=1e-11)


@pytest.mark.parametrize(("n", "noise_sd"), [(200, 0.3), (1000, 0.3), (5000, 1.0)])
def test_the_risk_of_the_best_number_of_pieces_is_least_of_all_and_pays_for_every_knot(n, noise_sd):
    knots = range(2, 60)
    risks = {k - 1: linear_splines.squared_error(np.linspace(0, 1, k)) + k * noise_sd**2 / n for k in knots}
    risk, pieces = linear_splines.sieve_risk(n, noise_sd)
    assert pieces == min(risks, key=lambda p: risks[p])
    assert risk == pytest.approx(risks[pieces], rel=1e-12)


@pytest.mark.parametrize(("prevalence", "excess"), [(0.5, 0.1), (0.1, 0.05), (0.02, 0.01)])
def test_so_many_positives_are_needed_and_one_fewer_is_not_enough(prevalence, excess):
    def over(positives):
        n = positives / prevalence
        whole = round(n)  # the harmonic number of whole n by its sum, of others between its neighbours
        sums = np.cumsum(1 / np.arange(1, whole + 2))
        harmonic = np.interp(n, np.arange(1, whole + 2), sums)
        return (1 - prevalence) * (harmonic - 1) / (positives * (1 - 1 / n))

    found = ranking.positives_for(prevalence, excess)
    assert over(found) <= excess * (1 + 1e-6)
    assert over(found - 1) > excess * (1 - 1e-6)
    assert ranking.average_precision_random(round(found / prevalence), found) - prevalence <= excess * (1 + 1e-6)


@pytest.mark.parametrize("proportion", [1e-4, 0.01, 0.1, 0.4])
def test_the_minimax_threshold_has_the_least_variance_at_the_least_favourable_distribution(proportion):
    """1/(E ψ')²·E ψ² of Huber's ψ at his least favourable density is least at the minimax k, by quadrature over k."""
    k = efficiency.minimax_threshold(proportion)
    x = np.linspace(-40, 40, 400_001)
    normal = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    tails = np.exp(-(k**2) / 2 - k * (np.abs(x) - k)) / math.sqrt(2 * math.pi)
    density = (1 - proportion) * np.where(np.abs(x) <= k, normal, tails)
    step = x[1] - x[0]
    assert density.sum() * step == pytest.approx(1, rel=2e-6 + 0.5 * math.exp(-35 * k))

    def variance(threshold):
        psi, inside = np.clip(x, -threshold, threshold), np.abs(x) < threshold
        return (psi**2 * density).sum() * step / ((inside * density).sum() * step) ** 2

    near = [variance(k * factor) for factor in (0.8, 1.0, 1.25)]
    assert near[1] < min(near[0], near[2])
    assert efficiency.minimax_variance(proportion) == pytest.approx(near[1], rel=1e-3)


def test_average_precision_of_a_random_ranking_is_the_mean_over_all_rankings():
    for n, positives in itertools.product((3, 6), (1, 2, 3)):
        counted = ranking.average_precision_enumerated(n, positives)
        assert ranking.average_precision_random(n, positives) == pytest.approx(counted, rel=1e-13)
