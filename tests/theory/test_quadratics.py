"""Closed forms of optimisers on quadratics, by a second route each."""

import mpmath
import numpy as np
import pytest

from dlstats.theory import quadratics, update_rules


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("product", [1e-4, 0.01, 0.3, 2.5])
def test_the_factor_of_a_momentum_rule_is_the_spectral_radius_of_its_matrix(product, momentum):
    """Of (w, v): [[1 ∓ ηλ, ±b], [−ηλ, b]]."""
    for factor, sign in ((quadratics.momentum_factor, 1), (quadratics.climbing_factor, -1)):
        matrix = [[1 - sign * product, sign * momentum], [-product, momentum]]
        assert factor(product, momentum) == pytest.approx(np.abs(np.linalg.eigvals(matrix)).max(), rel=1e-7)


def test_rules_move_as_their_formulas_say_for_arrays_of_any_shape():
    rate, momentum, w0 = 0.1, 0.9, np.array([[1.0, -2.0, 3.0]])
    path = update_rules.descend(update_rules.heavy_ball(rate, momentum), lambda w: 2 * w, w0, 2)
    first = -rate * 2 * w0
    second = momentum * first - rate * 2 * (w0 + first)
    np.testing.assert_allclose(path, [w0, w0 + first, w0 + first + second], rtol=1e-15)
    climbing = update_rules.descend(update_rules.climbing_momentum(rate, momentum), lambda w: 2 * w, w0, 1)
    np.testing.assert_allclose(climbing[1], w0 - first, rtol=1e-15)
    assert update_rules.descend(update_rules.gradient_descent(rate), lambda w: 2 * w, w0, 0).shape == (1, 1, 3)


@pytest.mark.parametrize("condition", [1.0, 3.0, 100.0])
def test_the_best_rate_is_where_both_ends_of_the_spectrum_contract_alike(condition):
    rate = quadratics.best_rate(1.0, condition)
    assert 1 - rate == pytest.approx(rate * condition - 1)
    assert quadratics.best_factor(condition) == pytest.approx(1 - rate)
    fit = quadratics.spectral_filter(rate * np.array([1.0, condition]), 3)
    assert np.abs(1 - fit) == pytest.approx([quadratics.best_factor(condition) ** 3] * 2)


def test_no_point_at_which_a_step_gains_less_than_epsilon_is_farther_than_the_bound():
    rng, curvatures = np.random.default_rng(0), np.array([0.2, 0.5, 1.0])
    for rate in (0.01, 0.5, 1.9):
        w = rng.standard_normal((4000, 3)) * rng.lognormal(sigma=2, size=(4000, 1))
        before, after = ((v**2 @ curvatures) / 2 for v in (w, w * (1 - rate * curvatures)))
        bounds = [quadratics.stopping_bound(e, rate, 0.2, 1.0) for e in before - after]
        assert (before <= np.array(bounds) * (1 + 1e-12)).all()
        w = np.array([1.0])
        gain = (w**2 - (w * (1 - rate)) ** 2) / 2
        assert quadratics.stopping_bound(float(gain[0]), rate, 1.0, 1.0) == pytest.approx(0.5)


@pytest.mark.parametrize("condition", [1.5, 10.0, 300.0])
def test_steps_to_a_part_of_the_error_are_as_many_as_multiplications_need(condition):
    error, steps = 1.0, 0
    while error > 1e-6:
        error, steps = error * quadratics.best_factor(condition), steps + 1
    assert steps - 1 < quadratics.steps_to(1e-6, condition) <= steps


@pytest.mark.parametrize("inputs", [1, 2, 30])
def test_the_condition_of_uncentred_inputs_is_that_of_a_sample_that_is_a_full_grid(inputs):
    x = np.array([0.1, 0.4, 1.0])
    mean, variance = x.mean(), x.var()
    matrix = np.eye(inputs + 1)
    matrix[:inputs, :inputs] = mean**2 + variance * np.eye(inputs)
    matrix[-1, :-1] = matrix[:-1, -1] = mean
    assert quadratics.uncentred_condition(mean, variance, inputs) == pytest.approx(np.linalg.cond(matrix), rel=1e-9)
    assert quadratics.centred_condition(x) == pytest.approx(quadratics.uncentred_condition(0.0, variance, inputs))


@pytest.mark.parametrize("condition", [5.0, 80.0])
def test_no_setting_near_the_tuned_ones_of_heavy_ball_has_a_smaller_factor(condition):
    rate, momentum = quadratics.tuned_momentum(condition)["heavy_ball"]
    ends, best = (1.0, condition), quadratics.tuned_factor("heavy_ball", condition)
    assert max(quadratics.momentum_factor(rate * e, momentum) for e in ends) == pytest.approx(best, rel=1e-6)
    for r in rate * np.linspace(0.9, 1.1, 9):
        for b in np.clip(momentum * np.linspace(0.9, 1.1, 9), 0, 0.999):
            assert max(quadratics.momentum_factor(r * e, b) for e in ends) >= best - 1e-9


@pytest.mark.parametrize("condition", [4.0, 100.0])
@pytest.mark.parametrize("rule", ["gradient_descent", "heavy_ball", "nesterov", "tuned_nesterov"])
def test_a_tuned_rule_has_its_factor_as_the_largest_root_over_the_curvatures(rule, condition):
    rate, momentum = quadratics.tuned_momentum(condition)[rule]
    ahead = momentum if "nesterov" in rule else 0.0
    roots = [
        np.abs(np.roots([1, -(1 + momentum) + rate * c * (1 + ahead), momentum - rate * c * ahead])).max()
        for c in np.linspace(1.0, condition, 101)
    ]
    assert max(roots) == pytest.approx(quadratics.tuned_factor(rule, condition), rel=1e-6)


def test_heavy_ball_oscillates_where_its_roots_are_complex():
    for momentum in (0.1, 0.5, 0.9):
        edge = quadratics.oscillation_threshold(momentum)
        for product, complex_roots in ((0.999 * edge, False), (1.001 * edge, True)):
            assert np.iscomplex(np.roots([1, -(1 + momentum - product), momentum])).all() == complex_roots


@pytest.mark.parametrize("t", [1, 12, 400])
def test_the_uncorrected_step_is_a_ratio_of_sums(t):
    ages = np.arange(t)
    first, second = 0.1 * (0.9**ages).sum(), 0.001 * (0.999**ages).sum()
    assert quadratics.uncorrected_step(t) == pytest.approx(first / np.sqrt(second), rel=1e-12)


@pytest.mark.parametrize("ratio", [1.5, 7.0, 123.4])
def test_adagrad_takes_as_many_steps_as_the_sum_of_inverse_roots_asks_for(ratio):
    sums = np.cumsum(1 / np.sqrt(np.arange(1, 10_000)))
    assert quadratics.adagrad_steps(ratio, 1.0) == 1 + int(np.argmax(sums >= ratio))


def test_zeta_at_a_half_is_that_of_mpmath():
    assert float(mpmath.zeta(0.5)) == quadratics.ZETA_HALF


@pytest.mark.parametrize("steps", [5, 34, 3000])
def test_what_adam_goes_on_beyond_the_minimum_is_the_sum_of_its_means_of_signs(steps):
    signs, beyond = np.ones(steps), 0.0
    while True:
        signs = np.append(signs, -1.0)
        mean = np.average(signs, weights=0.9 ** np.arange(len(signs))[::-1])
        if mean <= 0:
            break
        beyond += mean
    assert quadratics.adam_overshoot(steps) == pytest.approx(beyond, rel=1e-12)
