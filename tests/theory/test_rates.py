"""Closed forms of rates against brute force, and laws that they must obey."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate

from dlstats.dgp.jump import CircularArc
from dlstats.theory import (
    complexity_discount,
    composition,
    kernel_smoothing,
    linear_splines,
    linear_suboptimality,
    margins,
    nearest_neighbours,
    risk_decomposition,
    sequence_model,
    surrogates,
)

SMOOTHNESS = (0.5, 1.0, 1.5, 2.0, 3.0)


@pytest.mark.parametrize("smoothness", SMOOTHNESS)
@pytest.mark.parametrize("n", [10.0, 1000.0, 12345.0])
def test_projection_risk_is_the_smallest_sum_over_all_cutoffs(smoothness, n):
    k = np.arange(1, 200_001)
    signal = k ** (-2 * smoothness - 1)
    beyond = k[-1] ** (-2 * smoothness) / (2 * smoothness)  # integral of the tail, relative error below 1e-5
    tail = signal.sum() + beyond - np.concatenate([[0.0], np.cumsum(signal)])
    brute = (tail + np.arange(len(tail)) / n).min()
    assert sequence_model.projection_risk(n, smoothness) == pytest.approx(brute, rel=1e-4)


@pytest.mark.parametrize("smoothness", [0.25, 0.5, 0.75, 0.9])
def test_weierstrass_risk_repeats_itself_exactly(smoothness):
    n = sequence_model.weierstrass_sizes(smoothness, 6)
    risk = np.array([sequence_model.weierstrass_risk(v, smoothness) for v in n])
    np.testing.assert_allclose(risk[1:] / risk[:-1], 4.0**-smoothness, rtol=1e-10)


@pytest.mark.parametrize("smoothness", [1.0, 2.0])
def test_no_linear_estimator_of_the_pinsker_form_beats_pinsker(smoothness):
    n = 1000.0
    axes = sequence_model.ellipsoid_axes(smoothness, 5000)
    best = min(
        1 / n * (np.maximum(1 - kappa * axes, 0) ** 2).sum() + kappa**2  # worst bias on the ellipsoid, Q = 1
        for kappa in np.geomspace(1e-4, 1, 4000)
    )
    assert sequence_model.pinsker_risk(n, smoothness) == pytest.approx(best, rel=1e-4)


@pytest.mark.parametrize(("smoothness", "value"), [(1, 0.9085602964), (2, 0.9975185798)])
def test_pinsker_constant_has_its_known_value(smoothness, value):
    assert sequence_model.pinsker_constant(smoothness) == pytest.approx(value, abs=1e-10)


def test_slopes_of_a_power_law_are_its_exponent():
    n = np.array([10.0, 100.0, 1e4])
    assert sequence_model.slope(n, 3 * n**-0.7) == pytest.approx(-0.7)


@pytest.mark.parametrize("a", [0.01, 0.3, 3.0, math.pi, 3.2, 20.0])
def test_theta_is_the_sum_of_gaussians(a):
    k = np.arange(-400, 401)
    assert kernel_smoothing.theta(a) == pytest.approx(np.exp(-a * k**2).sum(), rel=1e-12)


@pytest.mark.parametrize("d", [1, 2, 4])
def test_isotropic_and_additive_smoothing_agree_in_one_dimension_only(d):
    gap = kernel_smoothing.torus_risk(1e5, d, False) - kernel_smoothing.torus_risk(1e5, d, True)
    assert abs(gap) < 1e-9 if d == 1 else gap > 0


def test_ridge_saturates_at_twice_its_order():
    assert kernel_smoothing.ridge_exponent(5, 1) == kernel_smoothing.ridge_exponent(2, 1) == 0.8


def test_ridge_risk_is_at_most_that_of_any_penalty():
    k = np.arange(1.0, 2**12)
    for ridge in np.geomspace(1e-6, 1e-1, 15):
        g = 1 / (1 + ridge * k**2)
        assert kernel_smoothing.ridge_risk(1e3, 1, 1) <= ((1 - g) ** 2 * k**-3).sum() + (g**2).sum() / 1e3 + 1e-6


@pytest.mark.parametrize("arc", [0.5, 0.37])
@pytest.mark.parametrize("n", [8, 16, 64])
def test_best_linear_risk_is_the_bayes_risk_of_the_covariance(n, arc):
    noise = 0.5
    shapes = np.array([CircularArc(n, noise, arc).regression(s) for s in range(n)])
    centred = shapes - shapes.mean(axis=0)
    covariance = centred.T @ centred / n
    gain = covariance @ np.linalg.inv(covariance + noise**2 * np.eye(n))
    bayes = np.trace(covariance - gain @ covariance) / n
    assert linear_suboptimality.best_linear_risk(n, noise, arc) == pytest.approx(bayes, rel=1e-10)


def test_mean_location_error_agrees_with_simulated_walks():
    rng = np.random.default_rng(1)
    walks, reach, step = 20_000, 60, 2.0
    steps = rng.normal(-(step**2) / 2, step, (2, walks, reach)).cumsum(axis=2)
    top, place = steps.max(axis=2), steps.argmax(axis=2) + 1
    right = (top[0] > top[1]) & (top[0] > 0)
    left = (top[1] >= top[0]) & (top[1] > 0)
    found = np.where(right, place[0], np.where(left, place[1], 0))
    exact = linear_suboptimality.mean_location_error(step)
    assert abs(found.mean() - exact) < 4 * found.std() / math.sqrt(walks)


@pytest.mark.parametrize("pieces", [1, 3, 10, 33])
def test_spline_error_is_that_of_dense_least_squares(pieces):
    x = (np.arange(200_000) + 0.5) / 200_000
    knots = np.linspace(0, 1, pieces + 1)
    basis = linear_splines.hats(x, knots)
    residual = linear_splines.target(x) - basis @ np.linalg.lstsq(basis, linear_splines.target(x), rcond=None)[0]
    assert linear_splines.squared_error(knots) == pytest.approx((residual**2).mean(), rel=1e-5)


def test_graded_knots_share_the_integral_of_their_density_and_beat_equal_ones():
    for pieces in (7, 16):
        knots = linear_splines.graded_knots(pieces)
        shares = [
            integrate.quad(lambda x: abs(math.sin(linear_splines.FREQUENCY * x)) ** 0.4, a, b, limit=200)[0]
            for a, b in pairwise(knots)
        ]
        assert np.ptp(shares) < 1e-6 * max(shares)
    assert linear_splines.graded_error(200) < linear_splines.uniform_error(200)


def test_free_knots_are_no_worse_than_equal_ones_and_their_constant_is_the_integral():
    for pieces in (4, 9):
        free = linear_splines.squared_error(linear_splines.free_knots(pieces))
        assert free <= min(linear_splines.uniform_error(pieces), linear_splines.graded_error(pieces))
    x = (np.arange(10**6) + 0.5) / 10**6
    bend = np.abs(linear_splines.FREQUENCY**2 * np.sin(linear_splines.FREQUENCY * x))
    assert linear_splines.free_constant() == pytest.approx((bend**0.4).mean() ** 5 / 720, rel=1e-4)


def test_sieve_risk_tends_to_its_limit():
    risk, pieces = linear_splines.sieve_risk(1e8, 0.3)
    assert risk == pytest.approx(linear_splines.sieve_limit(1e8, 0.3), rel=0.01)
    assert pieces == 150


@pytest.mark.parametrize("features", [1, 10])
def test_sieve_excess_grows_with_what_is_omitted_and_needs_enough_data(features):
    assert risk_decomposition.sieve_excess(50, features, 0.0, 1.0) == pytest.approx(features / (49 - features))
    assert risk_decomposition.sieve_excess(50, features, 0.5, 1.0) > 0.25
    with pytest.raises(ValueError, match="features"):
        risk_decomposition.sieve_excess(features + 1, features, 0.5, 1.0)


def test_the_middle_term_never_matters_beyond_a_factor():
    rng = np.random.default_rng(0)
    n, complexity, a = np.exp(rng.uniform([[0]] * 3, [[20]] * 3, (3, 1000)) - [[0], [0], [10]])
    for case in zip(n, complexity, a, strict=True):
        assert risk_decomposition.three_terms(*case) <= risk_decomposition.two_terms(*case) * (1 + 1e-12)


@pytest.mark.parametrize("kappa", [1.5, 2.0, 3.0])
def test_excess_risk_of_a_threshold_is_the_integral_of_the_margin(kappa):
    for threshold in (-0.7, 0.2, 1.0):
        x = (np.arange(10_000) + 0.5) / 10_000 * abs(threshold)
        integral = (x ** (kappa - 1)).mean() * abs(threshold) / 2  # density 1/2 on (-1, 1)
        assert margins.excess_risk(threshold, kappa) == pytest.approx(integral, rel=1e-4)


@pytest.mark.parametrize("name", surrogates.SURROGATES)
@pytest.mark.parametrize("t", [-0.9, -0.3, 0.0, 0.5, 0.9])
def test_psi_in_closed_form_is_the_numeric_one(name, t):
    assert surrogates.numeric_psi(name, t) == pytest.approx(
        float(surrogates.SURROGATES[name].psi(np.asarray(t))), abs=1e-8
    )


@pytest.mark.parametrize("name", surrogates.SURROGATES)
def test_the_inequality_is_tight_where_one_point_is_fitted_as_badly_as_a_constant_zero(name):
    eta = np.array([[0.75]])
    ratio = surrogates.inequality_ratio(name, np.ones((1, 1)), eta, np.array([[-1e-9]]))
    assert ratio[0] == pytest.approx(1.0, abs=1e-6)


PRESCRIBED = {
    "generic": (2 / 7, 719.7, 6629, 70.7),
    "additive": (0.8, 6.31, 58.1, 123.9),
    "single_index": (0.8, 6.31, 58.1, 123.9),
    "rough_outer": (0.5, 100, 921, 66.4),
    "binary_tree": (2 / 3, 21.5, 198, 119.6),
    "pair_interactions": (0.6, 39.8, 367, 141.4),
}


@pytest.mark.parametrize("name", composition.STRUCTURES)
def test_the_prescription_has_its_known_values(name):
    found = composition.prescription(composition.STRUCTURES[name], 1e4)
    values = (found.exponent, found.width, found.active, found.depth)
    assert values == pytest.approx(PRESCRIBED[name], rel=3e-3)  # the values are known to three digits


def test_covering_bounds_have_their_known_values():
    assert complexity_discount.parameters((1, 128)) == 385
    assert complexity_discount.hidden_parameters((1, 128)) == 256
    assert complexity_discount.log_covering((1, 128), 0.01) / math.log(10) == pytest.approx(2160.76, abs=0.01)
    parameters, base = 10 * 128 + 128 + 128 * 128 + 128 + 129, 4 * 3 * 2 * 2**4 * (10 * 128 * 128) / 0.01
    wanted = 2 * math.lgamma(129) / (parameters * math.log(base))
    assert complexity_discount.discount((10, 128, 128), 0.01) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("inputs", [1, 10])
def test_the_discount_rises_towards_its_limit(inputs):
    shares = [complexity_discount.discount((inputs, width), 0.01) for width in (10, 10**3, 10**6, 10**12)]
    assert shares == sorted(shares)
    assert shares[-1] < complexity_discount.discount_limit(inputs) < 2 * shares[-1]


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_mass_and_mean_over_a_ball_on_closed_curves_are_those_of_a_fine_grid(dimension):
    u = (np.arange(200) + 0.5) * math.pi / 200
    axes = np.meshgrid(*[u] * dimension, indexing="ij")
    distance = np.sum([4 * v - v**2 for v in (1 - np.cos(a) for a in axes)], axis=0)
    for s in (0.5, 2.0, 5.0):
        inside = distance <= s
        mass, lost = inside.mean(), 1 - np.cos(nearest_neighbours.FREQUENCY * axes[0])[inside].mean()
        rounding = 2 * dimension / 200  # cells that the surface of the ball cuts, relative to the ball
        assert float(nearest_neighbours._mass(dimension)(np.array([s]))[0]) == pytest.approx(mass, rel=rounding)
        assert float(nearest_neighbours._shortfall(dimension)(mass)) == pytest.approx(lost, rel=2 * rounding)


@pytest.mark.parametrize("dimension", [1, 2, 4])
def test_the_best_number_of_neighbours_is_no_worse_than_others(dimension):
    best = nearest_neighbours.best_neighbours(4000, dimension, 0.3)
    risks = [nearest_neighbours.expected_risk(4000, k, dimension, 0.3) for k in (best, max(1, best // 2), 2 * best)]
    assert risks[0] == min(risks)
