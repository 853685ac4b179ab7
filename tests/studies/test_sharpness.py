"""Sharpness and flat minima, each against a second route."""

import numpy as np
import pytest
import torch
from scipy import integrate

from dlstats import nets
from dlstats.studies.optimisers import edge_of_stability
from dlstats.studies.optimisers.implicit_bias import flat_minima, interpolators


@pytest.mark.parametrize("seed", [0, 1])
def test_the_sharpness_is_the_largest_eigenvalue_of_the_whole_hessian(seed):
    net = nets.Mlp(1, (4, 4), 1, activation="tanh")
    weights = nets.initialise(net, [np.random.default_rng(seed)], "xavier", "float64")[0]
    x = torch.linspace(-1, 1, 7, dtype=torch.float64)[:, None]
    y = torch.sin(3 * x)

    def loss(p):
        return ((nets.apply(net, p[None], x[None])[0] - y) ** 2).mean()

    largest = np.linalg.eigvalsh(np.asarray(torch.autograd.functional.hessian(loss, weights)))[-1]
    found = edge_of_stability.sharpness(net, weights, x, y)
    assert found == pytest.approx(largest, rel=10 * edge_of_stability.TOLERANCE)


@pytest.mark.parametrize("start", [(3.0, 0.5), (-1.0, 2.0), (0.3, 0.2)])
def test_gradient_flow_ends_where_the_closed_form_says(start):
    def flow(_, at):
        a, b = at
        return [-(a * b - 1) * b, -(a * b - 1) * a]

    a, b = integrate.solve_ivp(flow, (0, 60), start, rtol=1e-10, atol=1e-12).y[:, -1]
    assert a * a + b * b == pytest.approx(np.hypot(start[0] ** 2 - start[1] ** 2, 2), rel=1e-7)


@pytest.mark.parametrize("b", [0.2, 1.0, 3.0])
def test_a_minimum_of_the_product_repels_just_where_its_sharpness_exceeds_two_over_the_learning_rate(b):
    a, kick = 1 / b, 1e-6
    sharpness = a * a + b * b
    for factor in (0.9, 1.1):
        moved = flat_minima.step(np.array(a + kick * b), np.array(b + kick * a), factor * 2 / sharpness)
        before, after = abs((a + kick * b) * (b + kick * a) - 1), abs(moved[0] * moved[1] - 1)
        assert (after > before) == (factor > 1)


def test_the_interpolator_of_least_norm_is_reached_from_zero_and_not_from_elsewhere():
    rng = np.random.default_rng(777001)
    n = interpolators.SAMPLES["dense"]
    x, beta = rng.standard_normal((1, n, interpolators.P)), rng.standard_normal((1, interpolators.P))
    y = (x * beta[:, None]).sum(axis=-1)
    least = np.linalg.pinv(x[0]) @ y[0]
    found = interpolators.trained(interpolators.RUNS["descent"], x, y, np.zeros((1, 1), dtype=int))
    np.testing.assert_allclose(found[0], least, atol=1e-10)
    adagrad = interpolators.trained(interpolators.RUNS["adagrad_fast"], x, y, np.zeros((1, 1), dtype=int))
    assert np.abs(x[0] @ adagrad[0] - y[0]).max() < 1e-8
    assert np.linalg.norm(adagrad[0] - least) > 0.1
