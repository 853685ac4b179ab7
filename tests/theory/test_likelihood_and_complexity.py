"""Information, validation errors, the perceptron and capacity: every closed form by a second route."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from dlstats.studies.complexity.capacity import deep
from dlstats.studies.likelihood.information import scores
from dlstats.theory import capacity, complexity_discount, information, perceptron, policy, validation


def test_information_is_that_of_the_scores_of_torch():
    for name, (integrated, closed) in scores.pairs().items():
        np.testing.assert_allclose(integrated, closed, rtol=1e-8, atol=1e-12, err_msg=name)


def test_the_bound_for_a_shape_is_that_of_an_unknown_rate():
    for shape in (0.3, 2.5, 40.0):
        matrix = information.gamma(shape, 1.7)
        profile = matrix[0, 0] - matrix[0, 1] ** 2 / matrix[1, 1]
        assert information.gamma_shape_bound(shape) == pytest.approx(1 / profile, rel=1e-9)


def integrated(density, ends):
    """The integral of a density over the intervals between some ends."""
    return sum(scipy.integrate.quad(density, a, b, epsabs=1e-15, limit=200)[0] for a, b in itertools.pairwise(ends))


@pytest.mark.parametrize("n", [5, 25, 401])
def test_exact_errors_of_maximum_likelihood_are_integrals_over_their_laws(n):
    def scale(total):  # of squared deviations, χ² with n − 1 degrees of freedom
        return 2 * n * (math.sqrt(total / n) - 1) ** 2

    def rate(total):  # of n exponential observations
        return n * (n / total - 1) ** 2

    for found, error, law in (
        (information.normal_scale_error, scale, scipy.stats.chi2(n - 1)),
        (information.exponential_rate_error, rate, scipy.stats.gamma(n)),
    ):
        ends = [0, *law.ppf([1e-9, 0.01, 0.5, 0.99, 1 - 1e-9]), math.inf]
        total = integrated(lambda x, error=error, law=law: error(x) * law.pdf(x), ends)
        assert found(n) == pytest.approx(total, rel=1e-7)


@pytest.mark.parametrize("n", [5, 25, 401])
@pytest.mark.parametrize(
    ("found", "law"),
    [
        (information.laplace_median_variance, scipy.stats.laplace),
        (information.normal_median_variance, scipy.stats.norm),
        (information.cauchy_median_variance, scipy.stats.cauchy),
    ],
)
def test_the_variance_of_a_median_is_that_of_its_order_statistic(found, law, n):
    m = (n - 1) // 2
    log_constant = math.lgamma(n + 1) - 2 * math.lgamma(m + 1)

    def density(x):  # of the middle one, x > 0
        below, above = float(law.cdf(x)), float(law.sf(x))
        return x * x * float(law.pdf(x)) * math.exp(log_constant + m * math.log(below * above)) if above > 0 else 0.0

    ends = (0, 1 / math.sqrt(n), 6 / math.sqrt(n), 30, math.inf)
    assert found(n) == pytest.approx(2 * n * integrated(density, ends), rel=1e-7)


def test_medians_without_a_middle_or_a_variance_are_refused():
    for found in (information.laplace_median_variance, information.normal_median_variance):
        with pytest.raises(ValueError, match=r"`n` must be odd, got 4\."):
            found(4)
    with pytest.raises(ValueError, match=r"`n` must be at least 5, got 3\."):
        information.cauchy_median_variance(3)


@given(st.lists(st.floats(-4, 4), min_size=2, max_size=6), st.floats(0.01, 3), st.randoms(use_true_random=False))
def test_softmax_moves_no_farther_than_its_bound(logits, change, random):
    before = scipy.special.softmax(logits)
    for _ in range(20):
        after = scipy.special.softmax([z + random.uniform(-change, change) for z in logits])
        assert np.abs(after - before).sum() / 2 <= information.total_variation_bound(change) + 1e-12


@pytest.mark.parametrize("n", [1, 2, 3, 10])
def test_the_risk_of_the_nearest_neighbour_by_quadrature(n):
    def given_x(x):
        def inside(z):
            near = abs(z - x)
            return n * (1 - (min(1, x + near) - max(0, x - near))) ** (n - 1) * (x + z - 2 * x * z)

        corners = sorted({0.0, x, 1.0, max(0.0, 2 * x - 1), min(1.0, 2 * x)})
        return sum(scipy.integrate.quad(inside, a, b)[0] for a, b in itertools.pairwise(corners))

    found = sum(scipy.integrate.quad(given_x, a, a + 0.5)[0] for a in (0, 0.5))
    assert validation.nearest_neighbour_risk(n) == pytest.approx(found, abs=1e-8)


def test_errors_of_least_squares_by_projections_and_inverse_wishart():
    rng = np.random.default_rng(5)
    n, d = 30, 4
    x = rng.standard_normal((4000, n, d))
    hat = x @ np.linalg.inv(x.transpose(0, 2, 1) @ x)
    leverage = (hat * x).sum(axis=(1, 2)) / n  # d / n in every data set
    assert validation.training_error(n, d) == pytest.approx(1 - leverage.mean())
    assert validation.same_inputs_error(n, d) == pytest.approx(1 + leverage.mean())
    traces = np.trace(np.linalg.inv(x.transpose(0, 2, 1) @ x), axis1=1, axis2=2)
    assert abs(1 + traces.mean() - validation.new_inputs_error(n, d)) < 5 * traces.std() / math.sqrt(len(traces))
    with pytest.raises(ValueError, match=r"`n` must be more than 5, got 5\."):
        validation.new_inputs_error(5, 4)


@pytest.mark.parametrize(("count", "cases"), [(1, 7), (2, 5), (3, 4)])
def test_the_best_proportion_by_enumeration(count, cases):
    mass = np.array([scipy.stats.binom.pmf(k, cases, 0.7) for k in range(cases + 1)])
    found = sum(
        max(counts) * math.prod(mass[k] for k in counts) for counts in itertools.product(range(cases + 1), repeat=count)
    )
    assert validation.best_proportion(count, cases, 0.7) == pytest.approx(found / cases)


def test_slopes_of_tanh_and_sigmoid_cross_where_a_root_is():
    def gap(z):
        return 1 - math.tanh(z) ** 2 - scipy.special.expit(z) * scipy.special.expit(-z)

    assert perceptron.steeper_below() == pytest.approx(scipy.optimize.brentq(gap, 0.1, 10))


def test_the_cost_of_a_gradient_counts_products():
    widths = [5, 3, 7, 2]
    forwards = 5 * 3 + 3 * 7 + 7 * 2
    backwards = 2 * forwards - 5 * 3
    assert perceptron.gradient_cost(widths) == pytest.approx((forwards + backwards) / forwards)
    assert perceptron.mistake_bound(3.0, 0.5) == 36


def test_separable_points_are_those_that_a_line_parts():
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    assert perceptron.separable(points, np.array([-1, -1, -1, 1]))
    assert not perceptron.separable(points, np.array([1, -1, -1, 1]))
    assert not perceptron.separable(np.array([[1.0], [2.0]]), np.array([1, -1]), bias=False)


def test_in_one_and_two_dimensions_separable_labellings_are_counted():
    assert capacity.separable_probability(5, 1) == 2 / 2**5
    rng = np.random.default_rng(1)
    points = rng.standard_normal((5, 2))
    labels = itertools.product((-1.0, 1.0), repeat=5)
    found = sum(perceptron.separable(points, np.array(one), bias=False) for one in labels)
    assert capacity.separable_probability(5, 2) == found / 2**5


def test_units_shatter_what_is_proved():
    assert [capacity.shallow_vc(n) for n in (1, 2, 3, 7)] == [2, 3, 5, 9]
    assert capacity.alternates(2, 3)
    assert not capacity.alternates(2, 4)
    with pytest.raises(ValueError, match=r"`units` must be at least 1, got 0\."):
        capacity.shallow_vc(0)


def test_the_largest_correlation_is_that_of_a_fine_circle():
    rng = np.random.default_rng(2)
    circle = np.linspace(0, 2 * math.pi, 20001)
    directions = np.column_stack([np.cos(circle), np.sin(circle)])
    for n in (1, 2, 9):
        x, signs = rng.standard_normal((n, 2)), rng.choice([-1.0, 1.0], n)
        fine = np.abs(np.maximum(directions @ x.T, 0) @ signs).max()
        exact = capacity.largest_correlation(x, signs)
        assert fine <= exact + 1e-12
        assert exact == pytest.approx(fine, abs=1e-3)


def test_the_bound_on_layers_of_norm_one_is_the_printed_number():
    x = np.eye(40)
    bounds = [capacity.frobenius_bound(layers, x) for layers in (1, 2, 3, 4)]
    np.testing.assert_allclose(
        bounds, [(1 + math.sqrt(layers * math.log(4))) / math.sqrt(40) for layers in (1, 2, 3, 4)]
    )
    np.testing.assert_allclose(bounds, [0.344, 0.421, 0.481, 0.530], atol=5e-4)


def test_a_search_finds_the_complexity_of_one_layer_and_of_units_in_the_plane():
    rng = np.random.default_rng(4)
    x, signs = rng.standard_normal((3, 12, 2)), rng.choice([-1.0, 1.0], (3, 12))
    lines = deep.searched(x, signs, [rng.standard_normal((3, 2, 1, 2))]).max(axis=1)
    np.testing.assert_allclose(lines, np.linalg.norm((signs[..., None] * x).sum(axis=1), axis=1) / 12)
    weights = [rng.standard_normal((3, 8, 16, 2)), rng.standard_normal((3, 8, 1, 16))]
    units = [capacity.largest_correlation(*pair) / 12 for pair in zip(x, signs, strict=True)]
    np.testing.assert_allclose(deep.searched(x, signs, weights).max(axis=1), units, rtol=0.02)


def test_memorising_needs_inputs_that_can_be_told_apart():
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((12, 3)), rng.standard_normal(12)
    np.testing.assert_allclose(capacity.memorising(x, y, rng.standard_normal(3)), y, atol=1e-9)
    with pytest.raises(ValueError, match="must tell all inputs apart"):
        capacity.memorising(np.ones((2, 3)), y[:2], np.ones(3))


def test_the_printed_bound_for_deep_networks_counts_the_inputs():
    from dlstats.theory import complexity_discount as theory

    widths, radius = (10, 3, 4), 0.1
    size = 10 * 3 + 3 + 3 * 4 + 4 + 4 + 1
    base = 4 * 3 * 2 * 2**4 * (10 * 3 * 4) / radius
    assert theory.log_covering(widths, radius) == pytest.approx(size * math.log(base))


def test_the_variance_of_a_policy_gradient_by_enumeration():
    logits, rewards, noise, baseline = np.array([0.3, -1.0, 0.8]), np.array([1.0, 3.0, -2.0]), 0.7, 0.4
    p = scipy.special.softmax(logits)
    outcomes = [
        (p[a] / 2, (rewards[a] + sign * noise - baseline) * (np.eye(3)[a] - p)) for a in range(3) for sign in (-1, 1)
    ]  # rewards with two values have the mean and variance asked for
    mean = sum(weight * estimate for weight, estimate in outcomes)
    np.testing.assert_allclose(policy.gradient(logits, rewards), mean)
    spread = sum(weight * ((estimate - mean) ** 2).sum() for weight, estimate in outcomes)
    assert policy.total_variance(logits, rewards, noise, baseline) == pytest.approx(spread)
    steps = np.linspace(-1e-3, 1e-3, 3) + policy.best_baseline(logits, rewards)
    variances = [policy.total_variance(logits, rewards, noise, b) for b in steps]
    assert variances[1] < min(variances[0], variances[2])


def test_the_growth_of_temporal_differences_is_that_of_powers():
    features, moves = policy.baird()
    assert (moves.sum(axis=1) == 1).all()
    assert features.shape == (7, 8)
    weights = np.full(7, 1 / 7)
    step = np.eye(8) - 0.01 * features.T @ np.diag(weights) @ (features - 0.99 * moves @ features)
    powers = np.linalg.norm(np.linalg.matrix_power(step, 2**16)) / np.linalg.norm(np.linalg.matrix_power(step, 2**15))
    assert policy.expected_growth(features, moves, weights, 0.01, 0.99) == pytest.approx(powers ** (2.0**-15), abs=1e-4)


@given(st.floats(1e-4, 0.05), st.floats(0.0, 0.999))
def test_the_growth_of_bairds_example_is_an_eigenvalue_and_changes_at_15_over_17(rate, discount):
    features, moves = policy.baird()
    found = policy.baird_growth(rate, discount)
    assert found == pytest.approx(policy.expected_growth(features, moves, np.full(7, 1 / 7), rate, discount), abs=1e-9)
    assert (found > 1) == (discount >= 15 / 17) or abs(discount - 15 / 17) < 0.2


def test_the_variance_of_a_split_by_enumeration():
    correct, classes = np.array([1.0, 1, 0, 1, 0, 1]), np.array([0, 0, 0, 0, 1, 1])
    halves = [np.array(one) for one in itertools.combinations(range(6), 3)]
    by_class = [one for one in halves if (classes[one] == 0).sum() == 2]
    for stratified, allowed in ((False, halves), (True, by_class)):
        found = np.var([correct[one].mean() for one in allowed])
        assert validation.split_variance(correct, classes, 3, stratified) == pytest.approx(found)
    with pytest.raises(ValueError, match="must take a whole number of every class"):
        validation.split_variance(correct, classes, 2, stratified=True)


@pytest.mark.parametrize("widths", [(1, 3), (4, 2), (2, 3, 2), (1, 2, 2, 2)])
def test_a_network_on_a_grid_is_within_the_radius(widths):
    """Rounding every parameter to a grid moves no output by more than the radius, nearly as much where all is against it."""
    rng, radius, bound, inputs = np.random.default_rng(1), 0.7, 1.5, 2.0
    step = radius / complexity_discount.lipschitz(widths, bound, inputs)
    x = rng.standard_normal((200, widths[0]))
    x *= inputs / np.maximum(np.linalg.norm(x, axis=1), inputs)[:, None]
    for corner in (False, True):
        change = 0.0
        for _ in range(200):
            h, moved = x, x
            for a, b in itertools.pairwise((*widths, 1)):
                w = np.full((a + 1, b), bound) if corner else rng.uniform(-bound, bound, (a + 1, b))
                near = w - step if corner else np.round((w / step - 1) / 2) * 2 * step + step
                assert (abs(w - near) <= step * (1 + 1e-9)).all()
                h, moved = (np.maximum(z @ v[:-1] + v[-1], 0) for z, v in ((h, w), (moved, near)))
            change = max(change, abs(h - moved).max())
        assert change <= radius
    assert change > radius / 40


@pytest.mark.parametrize("widths", [(1, 1), (1, 2), (2, 3), (1, 2, 3)])
def test_the_grid_has_no_more_networks_than_are_counted(widths):
    radius, bound = 1.0, 1.0
    values = math.ceil(bound * complexity_discount.lipschitz(widths, bound) / radius)
    multisets = [math.comb(values ** (a + 1) + b - 1, b) for a, b in itertools.pairwise(widths)]
    exact = math.log(values ** (widths[-1] + 1) * math.prod(multisets))
    assert exact <= complexity_discount.log_grid(widths, radius, bound) < exact + 1.5 * sum(widths[1:])
