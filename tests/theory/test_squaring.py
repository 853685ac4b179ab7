"""Yarotsky's networks against rational arithmetic, and the best piecewise linear fits against dynamic programming."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import integrate, optimize

from dlstats.measures.linear_regions import evaluate
from dlstats.theory import squaring

DEPTHS = range(6)


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_network_interpolates_the_square_and_errs_most_at_every_midpoint(depth):
    cells = 2**depth
    for j in range(cells + 1):
        assert squaring.square(Fraction(j, cells), depth) == Fraction(j, cells) ** 2
    for j in range(8 * cells + 1):
        x = Fraction(j, 8 * cells)
        error = squaring.square(x, depth) - x * x
        assert 0 <= error <= Fraction(1, 4 ** (depth + 1))
        assert (error == squaring.sup_error(depth)) == (j % 8 == 4)


@pytest.mark.parametrize("depth", DEPTHS)
def test_integrated_errors_are_those_of_quadrature(depth):
    knots = np.linspace(0, 1, 2**depth + 1)

    def error(x):
        return np.interp(x, knots, knots**2) - x * x

    l1 = sum(integrate.quad(error, a, b)[0] for a, b in itertools.pairwise(knots))
    l2 = sum(integrate.quad(lambda x: error(x) ** 2, a, b)[0] for a, b in itertools.pairwise(knots))
    assert math.isclose(l1, squaring.l1_error(depth), rel_tol=1e-10)
    assert math.isclose(math.sqrt(l2), squaring.l2_error(depth), rel_tol=1e-10)


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_weights_give_the_function(depth):
    x = [Fraction(j, 1000) for j in range(1001)]
    layers = squaring.network(depth)
    value = evaluate(layers, np.array([float(u) for u in x])[None, :, None])[0, :, 0]
    np.testing.assert_allclose(value, [float(squaring.square(u, depth)) for u in x], atol=1e-13)
    assert sum(b.shape[1] for _, b in layers[:-1]) == 3 * depth


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_errors_of_the_products_fill_their_ranges_exactly(depth):
    step = 2 ** (depth + 2)
    grid = [Fraction(j, step) for j in range(step + 1)]
    unit = Fraction(1, 4 ** (depth + 1))
    for product, expected in [
        (squaring.product, squaring.PRODUCT_RANGE),
        (squaring.product_by_three, squaring.PRODUCT_BY_THREE_RANGE),
    ]:
        errors = [(product(x, y, depth) - x * y) / unit for x in grid for y in grid]
        assert (min(errors), max(errors)) == expected


def best_affine(a, b):
    """Sup and squared L2 distance of x^2 on [a, b] to affine functions: linear programme and orthogonal projection."""
    x = np.linspace(a, b, 201)
    rows = np.column_stack([np.ones_like(x), x, -np.ones_like(x)])
    below = np.column_stack([-np.ones_like(x), -x, -np.ones_like(x)])
    bounds = [(None, None)] * 3
    fit = optimize.linprog([0, 0, 1], np.vstack([rows, below]), np.concatenate([x**2, -(x**2)]), bounds=bounds)
    node, weight = np.polynomial.legendre.leggauss(5)
    t, w = (a + b) / 2 + (b - a) / 2 * node, weight * (b - a) / 2
    design = np.column_stack([np.ones(5), t]) * np.sqrt(w)[:, None]
    residual = np.sqrt(w) * t**2 - design @ np.linalg.lstsq(design, np.sqrt(w) * t**2, rcond=None)[0]
    return fit.fun, residual @ residual


def test_best_pieces_are_those_of_dynamic_programming_over_knots():
    # 12 cells; the errors on a cell range depend on its length alone, as x^2 - (x + c)^2 is affine: checked here too
    cells = 12
    sup, l2 = np.array([best_affine(0, (j + 1) / cells) for j in range(cells)]).T
    assert np.allclose(np.array(best_affine(0.5, 0.75)), (sup[2], l2[2]), rtol=1e-6)
    worst = {1: np.append(0, sup), 2: np.append(0, l2)}
    for k in (1, 2, 3, 4, 6):
        reach_sup = np.append(0, np.full(cells, np.inf))
        reach_l2 = reach_sup.copy()
        for _ in range(k):
            reach_sup = np.array([min(max(reach_sup[i], worst[1][j - i]) for i in range(j + 1)) for j in range(13)])
            reach_l2 = np.array([min(reach_l2[i] + worst[2][j - i] for i in range(j + 1)) for j in range(13)])
        # equal lengths are on the grid for these k, so the minimum over the grid is that over all knots
        assert math.isclose(reach_sup[-1], squaring.best_sup(k), rel_tol=1e-6)
        assert math.isclose(math.sqrt(reach_l2[-1]), squaring.best_l2(k), rel_tol=1e-9)


def _deep_units(accuracy, centred=False):
    """Hidden units 3 m of the smallest f_m within the accuracy; `centred` halves its error by the output bias."""
    return 3 * next(m for m in itertools.count() if squaring.sup_error(m) / (2 if centred else 1) <= accuracy)


def _shallow_units(accuracy):
    """One less than the fewest pieces k with 1 / (8 k^2) within the accuracy."""
    first = max(1, math.floor(1 / math.sqrt(8 * accuracy)))
    return next(k for k in itertools.count(first) if squaring.best_sup(k) <= accuracy) - 1


@pytest.mark.parametrize("centred", [False, True])
def test_below_the_crossover_depth_always_needs_fewer_units(centred):
    border = squaring.crossover(centred)
    assert _deep_units(border, centred) >= _shallow_units(border)
    for accuracy in border * (1 - np.geomspace(1e-9, 1 - 1e-9, 2000)):
        assert _deep_units(accuracy, centred) < _shallow_units(accuracy)


def test_units_for_a_hundred_millionth():
    assert _deep_units(1e-8) == 39
    assert _shallow_units(1e-8) == 3535


@pytest.mark.parametrize("units", [1, 2, 3])
def test_no_search_over_knots_and_orientations_finds_a_shallow_network_below_its_floor(units):
    node, weight = np.polynomial.legendre.leggauss(400)
    x, root = (node + 1) / 2, np.sqrt(weight / 2)

    def distance(parameters):
        # knots, and orientations by sign; the last layer by least squares
        signs = np.where(parameters[units:] > 0, 1.0, -1.0)
        design = np.column_stack([np.ones_like(x), np.maximum(signs * (x[:, None] - parameters[:units]), 0)])
        fit = np.linalg.lstsq(design * root[:, None], root * x**2, rcond=None)[0]
        return float(np.linalg.norm(root * (design @ fit - x**2)))

    bounds = [(-0.5, 1.5)] * units + [(-1, 1)] * units
    found = optimize.differential_evolution(distance, bounds, maxiter=120, popsize=15, tol=1e-10, rng=0, polish=False)
    floor = squaring.best_l2_of_network(units)
    # quadrature across the kinks errs by the square of its step, 1/400
    assert floor * (1 - 1e-3) < found.fun < floor * (1 + 1e-2)
    assert floor < squaring.best_l2(units)
