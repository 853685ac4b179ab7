"""Rates and constants of approximation, each by a second route: dynamic programming, quadrature, least squares."""

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, optimize

from dlstats.theory import approximation_rates as rates


def line_errors(f, cells, per_cell=24):
    """Sup and squared L2 errors of the best line on every range of cells, by scalar search and by least squares."""
    sup, l2 = np.full((cells + 1, cells + 1), np.inf), np.full((cells + 1, cells + 1), np.inf)
    for i, j in itertools.combinations(range(cells + 1), 2):
        x = np.linspace(i / cells, j / cells, per_cell * (j - i) + 1)
        y = f.value(x)

        def width(slope, x=x, y=y):
            return np.ptp(y - slope * x) / 2

        bounds = tuple(np.sort([f.slope(x[0]), f.slope(x[-1])]))
        sup[i, j] = optimize.minimize_scalar(width, bounds=bounds, method="bounded", options={"xatol": 1e-10}).fun
        mid = (x[1:] + x[:-1]) / 2
        design = np.column_stack([np.ones_like(mid), mid])
        residual = f.value(mid) - design @ np.linalg.lstsq(design, f.value(mid), rcond=None)[0]
        l2[i, j] = (residual**2).sum() * (x[1] - x[0])
    return sup, l2


@pytest.mark.parametrize("f", [rates.EXPONENTIAL, rates.PARABOLA], ids=["exp", "square"])
def test_free_knots_are_those_of_dynamic_programming(f):
    cells = 48
    sup, l2 = line_errors(f, cells)
    reach_sup, reach_l2 = sup[0].copy(), l2[0].copy()
    for pieces in range(2, 5):
        reach_sup = np.array([np.maximum(reach_sup, sup[:, j]).min() for j in range(cells + 1)])
        reach_l2 = np.array([(reach_l2 + l2[:, j]).min() for j in range(cells + 1)])
        # knots on a grid of 1/48 cost at most a relative lengthening of a piece by k/48, and the sup goes as h^2;
        # points within a piece miss at most a share 1/(4 * 24^2 * ...) of the gap
        exact = rates.free_knots_sup(f, pieces)
        assert exact * (1 - 1e-3) <= reach_sup[-1] <= exact * (1 + pieces / cells) ** 2
        exact = rates.free_knots_l2(f, pieces)
        assert exact * (1 - 1e-3) <= math.sqrt(reach_l2[-1]) <= exact * (1 + pieces / cells) ** 2.5


def test_the_limit_for_exp_has_a_closed_form():
    assert math.isclose(rates.free_knots_sup_limit(rates.EXPONENTIAL), (math.sqrt(math.e) - 1) ** 2 / 4, rel_tol=1e-12)


@pytest.mark.parametrize("pieces", range(1, 9))
def test_free_knots_for_the_square_are_equal(pieces):
    assert math.isclose(rates.free_knots_sup(rates.PARABOLA, pieces), 1 / (8 * pieces**2), rel_tol=1e-9)
    assert math.isclose(rates.free_knots_l2(rates.PARABOLA, pieces), 1 / (math.sqrt(180) * pieces**2), rel_tol=1e-6)


def test_random_pieces_agree_with_integration_for_one_and_two_knots():
    def mse(*knots):
        return (np.diff([0, *sorted(knots), 1]) ** 5).sum() / 180

    assert math.isclose(rates.random_pieces_mse(1), integrate.quad(mse, 0, 1)[0], rel_tol=1e-10)
    two = 2 * integrate.dblquad(lambda y, x: mse(x, y), 0, 1, lambda x: x, 1)[0]
    assert math.isclose(rates.random_pieces_mse(2), two, rel_tol=1e-8)
    assert math.isclose(400**4 * rates.random_pieces_mse(400), 2 / 3, rel_tol=14 / 400)


@pytest.mark.parametrize("knots", [0, 1, 2, 7])
def test_spline_distance_is_that_of_least_squares_and_never_below_free_lines(knots):
    inner = np.sort(np.random.default_rng(knots).random(knots))
    t = np.concatenate([[0.0], inner, [1.0]])
    node, weight = np.polynomial.legendre.leggauss(5)
    x = ((t[1:] + t[:-1]) / 2 + np.diff(t) / 2 * node[:, None]).T.ravel()
    w = np.sqrt((np.diff(t) / 2 * weight[:, None]).T.ravel())
    design = np.column_stack([np.ones_like(x), x, *(np.maximum(x - k, 0) for k in inner)]) * w[:, None]
    residual = w * x**2 - design @ np.linalg.lstsq(design, w * x**2, rcond=None)[0]
    assert math.isclose(rates.spline_mse(inner), residual @ residual, rel_tol=1e-8)
    assert rates.spline_mse(inner) >= rates.pieces_mse(lambda u: u * u, t) * (1 - 1e-12)
    assert math.isclose(rates.pieces_mse(lambda u: u * u, t), (np.diff(t) ** 5).sum() / 180, rel_tol=1e-10)


@pytest.mark.parametrize("sd", [0.3, 1.0])
def test_random_features_agree_with_quadrature_in_one_dimension(sd):
    def density(x):
        return math.exp(-(x**2) / (2 * sd**2)) / (sd * math.sqrt(2 * math.pi))

    def variance(x):
        def over(g):
            return integrate.quad(lambda w: g(w) * math.exp(-(w**2) / 2) / math.sqrt(2 * math.pi), -12, 12)[0]

        return over(lambda w: math.cos(w * x) ** 2) - over(lambda w: math.cos(w * x)) ** 2

    exact = integrate.quad(lambda x: variance(x) * density(x), -8 * sd, 8 * sd, limit=200)[0]
    assert math.isclose(rates.random_features_mse(1, sd), exact, rel_tol=1e-6)

    w = np.random.default_rng(0).normal(size=(5, 1))
    error = integrate.quad(
        lambda x: (np.cos(w * x).mean() - math.exp(-(x**2) / 2)) ** 2 * density(x), -8 * sd, 8 * sd, limit=200
    )[0]
    assert math.isclose(rates.random_features_error(w, sd), error, rel_tol=1e-6)


@pytest.mark.parametrize("dimension", [3, 10])
def test_the_error_of_random_features_is_its_mean_over_inputs(dimension):
    rng, sd = np.random.default_rng(dimension), dimension**-0.5
    frequencies, x = rng.standard_normal((7, dimension)), sd * rng.standard_normal((200_000, dimension))
    gap = (np.exp(-(x**2).sum(axis=1) / 2) - np.cos(x @ frequencies.T).mean(axis=1)) ** 2
    assert abs(rates.random_features_error(frequencies, sd) - gap.mean()) < 4 * gap.std() / math.sqrt(len(gap))


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_simplex_interpolant_is_exact_at_nodes_for_affine_maps_and_for_the_maximum(dimension):
    rng = np.random.default_rng(dimension)
    cells = 3
    nodes = np.stack(np.meshgrid(*[np.arange(cells + 1) / cells] * dimension, indexing="ij"), -1).reshape(-1, dimension)
    x = rng.random((200, dimension))
    slope = rng.normal(size=dimension)
    cases = [(nodes, lambda u: np.sin(5 * u).sum(1)), (x, lambda u: u @ slope + 2), (x, lambda u: u.max(1))]
    for points, f in cases:  # max(x) is linear on the simplices of Kuhn's division
        np.testing.assert_allclose(rates.simplex_interpolant(f, points, cells), f(points), atol=1e-12)


@pytest.mark.parametrize("knots", [0, 1, 2])
def test_the_mean_error_with_random_knots_is_its_integral_over_the_knots(knots):
    node, weight = np.polynomial.legendre.leggauss(20)
    at, mass = (node + 1) / 2, weight / 2
    if knots == 2:  # 0 < t < u < 1, twice
        points = [
            (t * u, u, 2 * u * a * b) for t, a in zip(at, mass, strict=True) for u, b in zip(at, mass, strict=True)
        ]
        exact = sum(m * rates.spline_mse(np.array([t, u])) for t, u, m in points)
    else:
        exact = sum(m * rates.spline_mse(np.array([t] * knots)) for t, m in zip(at, mass, strict=True))
    # the second route interpolates to about six digits
    assert rates.random_spline_mse(knots) == pytest.approx(exact, rel=1e-5)


def test_grid_error_on_an_interval_is_that_of_interpolation():
    cells = 5
    knots = np.linspace(0, 1, cells + 1)

    def error(x):
        return (np.sin(np.pi * x) - np.interp(x, knots, np.sin(np.pi * knots))) ** 2

    exact = sum(integrate.quad(error, a, b)[0] for a, b in itertools.pairwise(knots))
    assert math.isclose(rates.grid_error(1, cells), math.sqrt(exact), rel_tol=1e-5)


@pytest.mark.parametrize(("n", "stated"), [(200, 1.045), (400, 1.032), (800, 1.026), (1600, 1.012), (3200, 1.013)])
def test_the_risk_of_the_sieve_is_that_of_its_projection_and_its_ratio_to_the_limit_is_the_one_stated(n, stated):
    sd = 0.3
    k = rates.sieve_pieces(n, sd)

    def design(x):
        return np.column_stack([np.ones_like(x), x, *(np.maximum(x - j / k, 0) for j in range(1, k))])

    x, fine = (np.arange(n) + 0.5) / n, (np.arange(200 * k) + 0.5) / (200 * k)
    weights = design(fine) @ np.linalg.pinv(design(x))
    bias = weights @ np.sin(2 * np.pi * x) - np.sin(2 * np.pi * fine)
    risk = sd**2 * (weights**2).sum(axis=1).mean() + (bias**2).mean()
    # the midpoint rule errs by (1 / 200)^2 / 24 of second derivatives on a piece, which are of the size of the risk
    assert math.isclose(rates.sieve_risk(n, sd), risk, rel_tol=1e-4)
    limit = sd**2 * (k + 1) / n + rates.SIEVE_CONSTANT / k**4
    assert rates.sieve_risk(n, sd) / limit == pytest.approx(stated, abs=5e-4)
