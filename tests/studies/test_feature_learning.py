"""Ridge regression on the cube: errors of leaving out against refits, the quadratic kernel against products of inputs."""

import numpy as np
import pytest

from dlstats.studies.dynamics.feature_learning import parity

N, D, NEW = 12, 4, 7


@pytest.fixture
def cube():
    rng = np.random.default_rng(777001)
    x, new = (2.0 * rng.integers(0, 2, (count, D)) - 1 for count in (N, NEW))
    return x, x[:, 0] * x[:, 1] + rng.standard_normal(N), new


@pytest.mark.parametrize("place", [3, 12, 20])
def test_an_error_of_leaving_out_is_that_of_a_refit(cube, place):
    x, y, new = cube
    errors, path = parity.ridge_path(x, y, new, parity.quadratic_kernel)
    matrix, across = parity.quadratic_kernel(x, x), parity.quadratic_kernel(new, x)
    ridge = parity.RIDGES[place] - np.linalg.eigvalsh(matrix)[0]
    np.testing.assert_allclose(path[place], across @ np.linalg.solve(matrix + ridge * np.eye(N), y), rtol=1e-8)
    left = []
    for i in range(N):
        rest = np.arange(N) != i
        coefficients = np.linalg.solve(matrix[np.ix_(rest, rest)] + ridge * np.eye(N - 1), y[rest])
        left.append(y[i] - matrix[i, rest] @ coefficients)
    assert errors[place] == pytest.approx(np.mean(np.square(left)), rel=1e-8)


def test_the_quadratic_kernel_is_that_of_all_products_of_two_inputs(cube):
    x, _, new = cube
    products = [np.stack([p[:, i] * p[:, j] for i in range(D) for j in range(D)], axis=1) / D for p in (x, new)]
    np.testing.assert_allclose(parity.quadratic_kernel(x, new), products[0] @ products[1].T)


def test_the_floor_is_zero_where_there_are_as_many_cases_as_pairs():
    assert parity.floor(D * (D - 1) // 2, D) == pytest.approx(0.0)
    assert parity.floor(0, D) == 1.0
