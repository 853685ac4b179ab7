"""Second moments of stochastic gradients, each against a second route, and the proofs' numbers on them."""

import itertools
import math

import numpy as np
import pytest

from dlstats.theory import second_moments as theory

SPECTRA = [(1.0, 1.0), (1.0, 0.3)]
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(4)
WEIGHTS = WEIGHTS / math.sqrt(2 * math.pi)


def expected(c, eigenvalues, rate, batch, noise_variance):
    """The diagonal of E e e' after a step from E e e' = diag c: by a product of Gauss rules, exact to degree 7 in each input."""
    total = np.zeros((2, 2))
    for chosen in itertools.product(range(4), repeat=2 * batch):
        x = NODES[list(chosen)].reshape(batch, 2) * np.sqrt(eigenvalues)
        move = np.eye(2) - rate * x.T @ x / batch
        weight = WEIGHTS[list(chosen)].prod()
        total += weight * (move @ np.diag(c) @ move.T + rate**2 * noise_variance / batch**2 * x.T @ x)
    return np.diag(total)


@pytest.mark.parametrize("eigenvalues", SPECTRA)
@pytest.mark.parametrize("batch", [1, 2])
def test_a_step_of_the_moments_is_the_expectation_over_inputs(eigenvalues, batch):
    c, rate = np.array([0.7, 2.0]), 0.3
    moved = theory.transition(eigenvalues, rate, batch) @ c + rate**2 / batch * 1.5 * np.array(eigenvalues)
    np.testing.assert_allclose(moved, expected(c, eigenvalues, rate, batch, 1.5), rtol=1e-12)


@pytest.mark.parametrize("eigenvalues", [(1.0,) * 10, (1.0, 0.5, 0.1), (2.0,)])
@pytest.mark.parametrize("batch", [1, 4])
def test_the_stationary_excess_is_the_fixed_point_and_the_threshold_its_end(eigenvalues, batch):
    end, lam = theory.threshold(eigenvalues, batch), np.array(eigenvalues)
    assert np.linalg.eigvalsh(theory.transition(lam, end, batch))[-1] == pytest.approx(1, abs=1e-9)
    for rate in (0.2 * end, 0.9 * end):
        matrix = theory.transition(lam, rate, batch)
        fixed = np.linalg.solve(np.eye(len(lam)) - matrix, rate**2 / batch * 1.5 * lam)
        assert theory.stationary_excess(lam, rate, 1.5, batch) == pytest.approx(lam @ fixed, rel=1e-9)
    assert theory.stationary_excess(lam, 1.01 * end, 1.5, batch) == math.inf


@pytest.mark.parametrize(("d", "batch", "rate"), [(10, 1, 0.02), (10, 4, 0.2), (5, 1, 0.1)])
def test_with_equal_eigenvalues_excess_threshold_and_growth_have_closed_forms(d, batch, rate):
    one, pole = np.ones(d), 2 / (1 + (d + 1) / batch)
    assert theory.threshold(one, batch) == pytest.approx(pole, rel=1e-9)
    closed = rate * d / batch / (2 - rate * (1 + (d + 1) / batch))
    assert theory.stationary_excess(one, rate, 1.0, batch) == pytest.approx(closed, rel=1e-12)
    growth = 1 - 2 * rate + rate**2 * (1 + (d + 1) / batch)
    assert np.linalg.eigvalsh(theory.transition(one, rate, batch))[-1] == pytest.approx(growth, rel=1e-12)
    assert theory.lyapunov_excess(one, 1e-5, 1.0, batch) == pytest.approx(
        theory.stationary_excess(one, 1e-5, 1.0, batch), rel=1e-3
    )


def test_the_average_of_iterates_is_the_double_sum_of_covariances():
    lam, rate, n, start = np.array([1.0, 0.4, 0.1]), 0.2, 25, np.array([1.0, 2.0, 0.5])
    c, covariance = [start], np.zeros((n, n, 3))
    for _ in range(n):
        c.append(theory.transition(lam, rate) @ c[-1] + rate**2 * 0.7 * lam)
    np.testing.assert_allclose(theory.moments(lam, rate, n, start, 0.7), c[1:], rtol=1e-12)
    for s, t in itertools.product(range(n), repeat=2):
        covariance[s, t] = (1 - rate * lam) ** abs(t - s) * c[1 + min(s, t)]
    direct = (covariance.sum(axis=(0, 1)) / n**2) @ lam
    assert theory.averaged_excess(lam, rate, n, start, 0.7) == pytest.approx(direct, rel=1e-12)


@pytest.mark.parametrize("n", [3, 50])
def test_the_best_step_on_all_samples_is_the_best_of_a_batch_of_all(n):
    lam, start = np.array([1.0, 0.4, 0.1]), np.array([1.0, 2.0, 0.5])

    def excess(rate):
        return lam @ (theory.transition(lam, rate, n) @ start + rate**2 / n * 0.7 * lam)

    rate, least = theory.one_step(lam, n, start, 0.7)
    assert least == pytest.approx(excess(rate), rel=1e-12)
    assert min(excess(0.99 * rate), excess(1.01 * rate)) > least


@pytest.mark.parametrize("eigenvalues", [(1.0, 1.0), (1.0, 0.3, 0.3)])
def test_averages_tend_to_their_constant(eigenvalues):
    n, rate, d = 100_000, 0.15, len(eigenvalues)
    finite = n / d * theory.averaged_excess(eigenvalues, rate, n, np.zeros(d))
    assert finite == pytest.approx(theory.averaged_constant(eigenvalues, rate), abs=1e-3)
    closed = 1 + rate * (d + 1) / (2 - rate * (d + 2))
    assert theory.averaged_constant(np.ones(d), rate) == pytest.approx(closed, rel=1e-12)


@pytest.mark.parametrize(
    ("rate", "momentum", "curvature"), [(0.1, 0.0, 1.0), (0.1, 0.9, 1.0), (0.5, 0.5, 3.0), (1.3, 0.9, 2.0)]
)
def test_the_variance_under_momentum_solves_the_equation_of_its_moments(rate, momentum, curvature):
    move = np.array([[1 - rate * curvature, momentum], [-rate * curvature, momentum]])
    kicks = rate**2 * 0.7 * np.ones(4)
    moments = np.linalg.solve(np.eye(4) - np.kron(move, move), kicks)
    assert theory.momentum_variance(rate, momentum, curvature, 0.7) == pytest.approx(moments[0], rel=1e-9)
    risk = theory.momentum_risk([curvature], rate, momentum, 5000, 1.0, 0.7)
    assert risk == pytest.approx(curvature / 2 * moments[0], rel=1e-9)
    state = np.diag([1.0, 0.0])
    for _ in range(7):
        state = move @ state @ move.T + rate**2 * 0.7
    short = theory.momentum_risk([curvature], rate, momentum, 7, 1.0, 0.7)
    assert short == pytest.approx(curvature / 2 * state[0, 0], rel=1e-12)


def test_a_learning_rate_beyond_its_range_has_no_variance():
    assert theory.momentum_variance(3.9, 0.9) == math.inf
    assert theory.momentum_variance(3.7, 0.9) < math.inf
