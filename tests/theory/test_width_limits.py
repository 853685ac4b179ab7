"""Floors of narrow networks against a global search of another kind, and the explicit network of width 3."""

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy import optimize

from dlstats.measures import linear_regions
from dlstats.theory import width_limits as theory


@pytest.mark.parametrize("name", theory.TARGETS)
def test_no_global_search_finds_a_clamp_below_the_floor(name):
    cells = 40
    x = theory.midpoints(cells)
    value = theory.TARGETS[name](x)

    def loss(p):
        return 4 * np.abs(value - theory.clamp(x, p)).mean()

    bounds: Any = [(0, np.pi), (-1.5, 1.5), (-1.5, 1.5), (-0.5, 2), (-0.5, 2)]
    found = optimize.differential_evolution(loss, bounds, maxiter=150, popsize=12, tol=1e-8, rng=1, polish=False)
    floor = theory.clamp_floor(theory.TARGETS[name], cells)
    # both are minima over the same 1600 points; 1e-3 is what a population search of this size leaves
    assert abs(found.fun - floor) < 1e-3
    assert floor < theory.constant_floor(theory.TARGETS[name], cells)


def relu(values):
    return [max(v, Fraction(0)) for v in values]


def test_the_network_of_width_three_is_the_pyramid_on_the_whole_plane():
    layers = [
        ([[Fraction(float(v)) for v in row] for row in w[0]], [Fraction(float(v)) for v in b[0]])
        for w, b in theory.pyramid_network()
    ]
    assert max(len(b) for _, b in layers) == 3
    axis = [Fraction(j, 7) for j in range(-21, 22)]
    for point in itertools.product(axis, axis):
        h = list(point)
        for depth, (weight, bias) in enumerate(layers):
            h = [sum(a * v for a, v in zip(row, h, strict=True)) + b for row, b in zip(weight, bias, strict=True)]
            h = relu(h) if depth < len(layers) - 1 else h
        assert h[0] == max(1 - abs(point[0]) - abs(point[1]), 0)


@pytest.mark.parametrize("depth", [2, 3, 6])
def test_networks_of_width_one_are_clamps(depth):
    rng = np.random.default_rng(depth)
    sizes = [1] * (depth + 2)
    layers = [(rng.normal(size=(500, 1, 1)), rng.normal(size=(500, 1))) for _ in sizes[1:]]
    cells = linear_regions.on_line(layers)
    slope = np.where(
        np.arange(cells.slope.shape[1]) <= np.isfinite(cells.knots).sum(1)[:, None], cells.slope[..., 0], 0
    )
    # one slope that is not zero at most, on neighbouring cells
    largest = slope[np.arange(500), np.abs(slope).argmax(1)]
    assert (np.isclose(slope, largest[:, None]) | (slope == 0)).all()
    assert (linear_regions.pieces(cells) <= 3).all()
    assert (linear_regions.pieces(cells) == 3).any()


def test_the_constant_one_half_attains_the_floor_of_the_pyramid():
    assert np.abs(theory.pyramid(theory.midpoints(41)) - 0.5).max() == pytest.approx(theory.PEAK_FLOOR)
