"""Tangent kernels by quadrature over two normals and by simulation, gradient descent by its steps."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy

from dlstats.theory import tangent_kernels as theory

RHO = [-0.9, -0.3, 0.0, 0.4, 0.95]


def mean_over_pairs(order, rho):
    """2 E (uv)ⁿ 1{u > 0, v > 0}, outer by quadrature over u, inner by the moments of a normal above 0."""
    sd = math.sqrt(1 - rho**2)

    def inner(u):
        mean, at = rho * u, rho * u / sd
        above, density = scipy.stats.norm.cdf(at), scipy.stats.norm.pdf(at)
        return [above, mean * above + sd * density, (mean**2 + sd**2) * above + mean * sd * density][order]

    return 2 * scipy.integrate.quad(lambda u: u**order * inner(u) * scipy.stats.norm.pdf(u), 0, 12)[0]


@pytest.mark.parametrize("order", [0, 1, 2])
def test_arc_cosine_kernels_are_means_over_two_normals(order):
    np.testing.assert_allclose(theory.arc_cosine(order, RHO), [mean_over_pairs(order, r) for r in RHO], rtol=1e-8)
    # on the diagonal u = v, and halves of the moments 1, 1, 3
    assert theory.arc_cosine(order, 1.0) == pytest.approx([1, 1, 3][order])


def test_another_order_is_refused():
    with pytest.raises(ValueError, match="0, 1 or 2, got 3"):
        theory.arc_cosine(3, 0.5)


def test_the_kernel_of_two_hidden_layers_is_its_recursion_written_out():
    x, z = np.array([[1.0, 2.0]]), np.array([[0.5, -1.5]])
    r = math.sqrt(5) * math.sqrt(2.5) / 2
    first = x[0] @ z[0] / 2
    second = r * mean_over_pairs(1, first / r)
    third = r * mean_over_pairs(1, second / r)
    weights = first * mean_over_pairs(0, first / r) * mean_over_pairs(0, second / r)
    expected = weights + second * mean_over_pairs(0, second / r) + third
    assert theory.tangent_kernel(x, z, 2)[0, 0] == pytest.approx(expected, rel=1e-8)
    for depth in (1, 2, 5):
        assert theory.tangent_kernel(x, x, depth)[0, 0] == pytest.approx((depth + 1) * 2.5)


def test_mean_and_variance_at_one_unit_are_those_of_draws():
    rng = np.random.default_rng(3)
    x, z = rng.standard_normal((2, 3)), rng.standard_normal((3, 3))
    w, a = rng.standard_normal((400_000, 3)), rng.standard_normal(400_000)
    hx, hz = (w @ points.T / math.sqrt(3) for points in (x, z))
    products = np.maximum(hx, 0)[:, :, None] * np.maximum(hz, 0)[:, None]
    both = (hx > 0)[:, :, None] & (hz > 0)[:, None]
    kernels = 2 * (products + (a**2)[:, None, None] * both * (x @ z.T / 3))
    error = 5 / math.sqrt(len(w))
    assert (abs(theory.tangent_kernel(x, z, 1) - kernels.mean(0)) < error * kernels.std(0)).all()
    spread = (kernels - kernels.mean(0)) ** 2
    assert (abs(theory.tangent_variance(x, z) - spread.mean(0)) < error * spread.std(0)).all()
    one = np.array([[1.0, 1.0]])
    assert theory.tangent_variance(one, one)[0, 0] == pytest.approx(12)


def test_descent_is_its_steps():
    rng = np.random.default_rng(5)
    features, new = rng.standard_normal((6, 4)), rng.standard_normal((3, 4))  # 6 cases, rank 4
    residual, rate = rng.standard_normal(6), 0.2
    beta = np.zeros(4)
    for _ in range(30):
        beta -= rate * 2 / 6 * features.T @ (features @ beta - residual)
    made = theory.descent(features @ features.T, new @ features.T, residual, rate, 30)
    np.testing.assert_allclose(made, new @ beta, rtol=1e-8)
