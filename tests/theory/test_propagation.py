"""Mean squares of signals and gradients by simulation, by quadrature and by enumeration."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import scipy
import torch

from dlstats.studies.dynamics.initialisation.signals import activated
from dlstats.theory import propagation as theory


def slope_and_value(name, h):
    at = torch.tensor(h, dtype=torch.float64, requires_grad=True)
    out = activated(name)(at)
    return float(torch.autograd.grad(out, at)[0]), float(out.detach())


def normal_mean(f):
    parts = [scipy.integrate.quad(lambda z: f(z) * scipy.stats.norm.pdf(z), *ends)[0] for ends in ((-9, 0), (0, 9))]
    return sum(parts)


@pytest.mark.parametrize("name", sorted(theory.FUNCTIONS))
def test_maps_are_those_of_torch_by_another_quadrature(name):
    q, weight, bias = 0.7, 1.3, 0.2
    square = normal_mean(lambda z: slope_and_value(name, math.sqrt(q) * z)[1] ** 2)
    slopes = normal_mean(lambda z: slope_and_value(name, math.sqrt(q) * z)[0] ** 2)
    assert theory.variance_map(name, q, weight, bias) == pytest.approx(weight * square + bias, rel=1e-7)
    assert theory.gradient_factor(name, q, weight) == pytest.approx(weight * slopes, rel=1e-7)


def test_trajectories_are_maps_after_one_another():
    q1 = theory.variance_map("tanh", 2.0, 1.2, 0.1)
    q2 = theory.variance_map("tanh", q1, 1.2, 0.1)
    assert theory.forward("tanh", 2.0, 1.2, 2, 0.1) == [2.0, q1, q2]
    first, second = theory.gradient_factor("tanh", 2.0, 1.2), theory.gradient_factor("tanh", q1, 1.2)
    assert theory.backward("tanh", 2.0, 1.2, 2, 0.1) == pytest.approx([first * second, second, 1.0])


def test_fixed_points_stay():
    for name, weight, bias in (("sigmoid", 1.0, 0.0), ("tanh", 2.5, 0.05), ("selu", 1.0, 0.0)):
        q = theory.fixed_point(name, weight, bias)
        assert theory.variance_map(name, q, weight, bias) == pytest.approx(q, rel=1e-12)
    weight, q = theory.critical_weight(0.05)
    assert theory.fixed_point("tanh", weight, 0.05) == pytest.approx(q, rel=1e-6)
    assert theory.gradient_factor("tanh", q, weight) == pytest.approx(1, rel=1e-10)


@pytest.mark.parametrize("relu", [True, False])
def test_second_moments_of_one_layer_are_those_of_chi_squares(relu):
    n = 6  # |h|² is |x|²/n times a sum of n independent terms, w² z² with w = 2 where z > 0, or z²
    mean, square = (1.0, 2 * 3.0) if relu else (1.0, 3.0)
    moment = (n * square + n * (n - 1) * mean**2) / n**2
    assert theory.second_moment(n, 1, relu) == pytest.approx(moment)
    assert theory.second_moment(n, 4, relu) == pytest.approx(moment**4)


def test_a_layer_dies_when_all_signs_are_negative():
    n, depth = 3, 2
    signs = list(itertools.product([False, True], repeat=n))
    alive = sum(any(s) for s in signs) / len(signs)
    assert theory.dead_probability(n, depth) == pytest.approx(1 - alive**depth)


def test_exponents_sum_to_the_mean_log_determinant():
    n, rng = 5, np.random.default_rng(3)
    logs = np.array([np.linalg.slogdet(rng.standard_normal((n, n)) / math.sqrt(n))[1] for _ in range(4000)])
    assert abs(theory.exponents(n).sum() - logs.mean()) < 4 * logs.std() / math.sqrt(len(logs))
    lengths = np.log(np.linalg.norm(rng.standard_normal((20000, n)) / math.sqrt(n), axis=1))
    assert abs(theory.exponents(n)[0] - lengths.mean()) < 4 * lengths.std() / math.sqrt(len(lengths))


def test_correlations_are_means_over_two_normals_and_do_not_lose_digits():
    gaps = theory.correlation_gaps(3)
    for before, after in itertools.pairwise(gaps):
        c, sd = 1 - before, math.sqrt(1 - (1 - before) ** 2)

        def inner(z, c=c, sd=sd):  # max(z, 0) E max(cz + sd Z, 0)
            at = c * z / sd
            return max(z, 0.0) * (c * z * scipy.stats.norm.cdf(at) + sd * scipy.stats.norm.pdf(at))

        assert after == pytest.approx(1 - 2 * normal_mean(inner), abs=1e-7)
    gap = 1e-6
    theta = scipy.optimize.brentq(lambda t: 2 * math.sin(t / 2) ** 2 - gap, 0, 1)
    assert theory.correlation_gaps(1, gap)[1] == pytest.approx(gap - theta**3 / (3 * math.pi), rel=1e-9)


def test_batch_normalisation_is_that_of_simulated_batches():
    rng, large = np.random.default_rng(5), 4_000_000
    signal = np.maximum(rng.standard_normal(large), 0)
    assert theory.batch_norm_factor() == pytest.approx(0.5 / signal.var(), rel=5e-3)
    batch, reps = 9, 200_000
    z, g = rng.standard_normal((2, reps, batch)) * math.sqrt(batch / (batch - 1))
    z, g = (a - a.mean(axis=1, keepdims=True) for a in (z, g))
    projected = g - z * ((g * z).sum(axis=1) / (z * z).sum(axis=1))[:, None]
    factors = batch * (projected**2).sum(axis=1) / (z * z).sum(axis=1)
    assert theory.batch_norm_factor(batch, relu=False) == pytest.approx(factors.mean() / (g**2).sum(1).mean(), rel=0.02)
    assert theory.batch_norm_factor(relu=False) == 1


def test_a_normalised_skip_is_its_recursion():
    total, variance = 1.0, 1.0
    for _ in range(5):
        total *= 1 + 1 / variance
        variance += 1 - 1 / math.pi
    assert theory.skip_gradient(5) == pytest.approx(total)


@pytest.mark.parametrize("name", ["leaky_relu", "elu", "softplus"])
def test_climbing_takes_the_integral_of_one_over_the_slope(name):
    time = scipy.integrate.quad(lambda h: 1 / slope_and_value(name, h)[0], -4.0, -1e-12)[0]
    assert theory.climb(name, 4.0) == pytest.approx(time, rel=1e-6)
