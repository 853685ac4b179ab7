"""Closed forms of optimisers on quadratics, by a second route each."""

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
