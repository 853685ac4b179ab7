"""Schedules of the learning rate: the last iterate by matrices and draws, and the floor that no schedule passes."""

import numpy as np
import pytest

from dlstats.theory import schedules


@pytest.mark.parametrize("name", schedules.SCHEDULES)
@pytest.mark.parametrize("curvature", [1.0, 0.2])
def test_bias_and_variance_are_those_of_the_linear_map_from_start_and_noise(name, curvature):
    rates = schedules.schedule(name, 0.5, 12)
    map_ = np.eye(13)[0]
    for t, rate in enumerate(rates):
        map_ = (1 - rate * curvature) * map_ - rate * np.eye(13)[t + 1]
    assert schedules.bias(rates, curvature) == pytest.approx(map_[0] ** 2, rel=1e-12)
    assert schedules.variance(rates, curvature) == pytest.approx((map_[1:] ** 2).sum(), rel=1e-12)


def test_no_random_learning_rates_pass_the_floor_and_some_attain_it():
    rng = np.random.default_rng(0)
    for curvature in (0.05, 1.0, 2.0):
        floor = schedules.floor(curvature, 20)
        for _ in range(300):
            rates = rng.normal(0.1, 1, 20) * rng.lognormal(-1, 1)
            assert schedules.bias(rates, curvature) + schedules.variance(rates, curvature) >= floor * (1 - 1e-12)
    rates = 1 / (np.arange(20) + 2)
    assert schedules.bias(rates, 1.0) + schedules.variance(rates, 1.0) == pytest.approx(
        schedules.floor(1.0, 20), rel=1e-12
    )


@pytest.mark.parametrize("scale", [0.3, 0.75, 2.5])
def test_the_recursion_of_robbins_and_monro_is_the_sum_over_steps(scale):
    rates = scale / np.arange(1, 201)
    half, whole = schedules.robbins_monro(scale, 200)
    for n, found in ((100, half), (200, whole)):
        expected = schedules.bias(rates[:n], 1.0) + schedules.variance(rates[:n], 1.0)
        assert found == pytest.approx(expected, rel=1e-10)


def test_the_constant_of_robbins_and_monro_solves_its_equation_and_is_least_at_one():
    """With V = k/n: (1 − c/n)² k/(n − 1) + c²/n² = k/n to the order 1/n² gives (2c − 1) k = c²."""
    for c in (0.6, 1.0, 3.0):
        assert (2 * c - 1) * schedules.robbins_monro_constant(c) == pytest.approx(c**2)
        assert schedules.robbins_monro_constant(c) >= schedules.robbins_monro_constant(1.0) == 1.0
    assert [schedules.robbins_monro_exponent(c) for c in (0.25, 0.5, 2.0)] == [-0.5, -1.0, -1.0]


@pytest.mark.parametrize("scale", [0.1, 0.25, 0.75])
def test_products_of_gamma_functions_give_the_mean_square_of_the_recursion(scale):
    by_gamma = schedules.robbins_monro_by_gamma(scale, 200)
    assert by_gamma == pytest.approx(schedules.robbins_monro(scale, 200)[1], rel=1e-10)
