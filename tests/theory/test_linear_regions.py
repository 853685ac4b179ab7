"""Closed forms for linear regions, against exhaustive enumeration of signs and against each other."""

import itertools
import math

import numpy as np
import pytest
from scipy import integrate

from dlstats.measures import linear_regions as counter
from dlstats.theory import linear_regions as theory

LINES = [(1,), (2,), (1, 1), (2, 1), (1, 2), (2, 2), (3, 1), (1, 1, 1), (2, 1, 1), (1, 2, 1)]
PLANES = [(1,), (2,), (3,), (2, 1), (1, 2), (2, 2), (3, 1), (1, 1, 1), (2, 1, 1)]


def every_sign_pattern(d_in, widths, seed, bias=True):
    """One network with generic weights for every pattern of signs of all its weights and biases (output: +)."""
    rng = np.random.default_rng(seed)
    shapes = [(n, d + bias) for n, d in zip(widths, (d_in, *widths[:-1]), strict=True)]
    sizes = [rng.uniform(0.5, 2.0, shape) for shape in shapes]
    free = sum(a * b for a, b in shapes)
    signs = 1 - 2 * ((np.arange(2**free)[:, None] >> np.arange(free)) & 1)
    layers, used = [], 0
    for size in sizes:
        signed = signs[:, used : used + size.size].reshape(-1, *size.shape) * size
        layers.append((signed[:, :, bias:], signed[:, :, 0] * bias))
        used += size.size
    return [*layers, (np.ones((2**free, 1, widths[-1])), np.zeros((2**free, 1)))]


@pytest.mark.parametrize("widths", LINES)
def test_mean_zeros_and_kinks_over_all_signs_are_exactly_the_closed_form(widths):
    # whatever the sizes of the weights: the law rests on their signs alone
    cells = counter.on_line(every_sign_pattern(1, widths, seed=len(widths)))
    networks = len(cells.knots)
    assert counter.zeros_per_network(cells).sum() == theory.expected_zeros(widths) * networks
    assert counter.kinks(cells).sum() == theory.expected_kinks(widths) * networks


@pytest.mark.parametrize("widths", [(2,), (2, 1), (1, 2), (2, 2), (3, 1), (2, 2, 1), (1, 2, 2)])
def test_without_biases_two_active_units_are_needed_on_a_line_off_the_origin(widths):
    layers = every_sign_pattern(2, widths, seed=len(widths), bias=False)
    zeros = counter.zeros_per_network(counter.on_line(layers, np.array([0.0, 1.0])))
    assert zeros.sum() == theory.expected_zeros_without_bias(widths) * len(zeros)


@pytest.mark.parametrize("widths", PLANES)
def test_mean_regions_of_the_plane_over_all_signs_are_exactly_the_closed_form(widths):
    # at most two units before the last layer, or one after: no neuron's zero set is a closed curve
    polygons = counter.in_plane(every_sign_pattern(2, widths, seed=2))
    regions = counter.regions_per_network(polygons)
    assert regions.sum() == theory.expected_regions_plane(widths) * len(regions)


def test_symmetry_of_whole_rows_alone_is_not_enough():
    # rows (w, b) with all entries of one sign are sign-symmetric, yet no neuron of layer 2 ever has a zero
    rng = np.random.default_rng(0)
    one_sign = [np.abs(rng.normal(size=(400, *shape))) * rng.choice([-1, 1], (400, shape[0], 1)) for shape in [(3, 4)]]
    first = rng.normal(size=(400, 3, 2))
    layers = [(first[:, :, 1:], first[:, :, 0]), (one_sign[0][:, :, 1:], one_sign[0][:, :, 0])]
    layers.append((np.ones((400, 1, 3)), np.zeros((400, 1))))
    assert counter.zeros_per_network(counter.on_line(layers))[:, 1].max() == 0
    assert theory.expected_zeros((3, 3)) > 5


@pytest.mark.parametrize("widths", [(3,), (4, 4), (5, 3, 4), (8, 8, 8, 8)])
def test_bounds_on_the_number_of_regions_are_ordered(widths):
    for d in (1, 2, 3):
        reached, finer = theory.reachable_regions(widths, d), theory.most_regions_by_dimension(widths, d)
        assert reached <= finer <= theory.most_regions(widths, d)
        if d == 2:
            assert theory.expected_regions_plane(widths) <= finer


def test_refined_bound_is_the_sum_over_all_dimensions_written_out():
    widths, d = (4, 3, 3), 2
    total = 0
    for j in itertools.product(range(d + 1), repeat=3):
        rooms = [min([d, *(widths[i] - j[i] for i in range(layer)), widths[layer]]) for layer in range(3)]
        if all(a <= room for a, room in zip(j, rooms, strict=True)):
            total += math.prod(math.comb(n, a) for n, a in zip(widths, j, strict=True))
    assert theory.most_regions_by_dimension(widths, d) == total


def test_bounds_on_the_line_are_products():
    assert theory.most_regions((2, 3, 4), 1) == 3 * 4 * 5
    assert theory.reachable_regions((2, 3, 4), 1) == 2 * 3 * 5


@pytest.mark.parametrize("units", range(1, 9))
@pytest.mark.parametrize("dimension", [1, 2])
def test_shallow_count_is_that_of_generic_lines(units, dimension):
    rng = np.random.default_rng(units)
    layer = (rng.normal(size=(3, units, dimension)), rng.normal(size=(3, units)))
    layers = [layer, (np.ones((3, 1, units)), np.zeros((3, 1)))]
    if dimension == 1:
        counts = counter.zeros_per_network(counter.on_line(layers)).sum(axis=1) + 1
    else:
        counts = counter.regions_per_network(counter.in_plane(layers))
    assert (counts == theory.shallow_regions(units, dimension)).all()


@pytest.mark.parametrize("layer", [1, 2, 3, 5])
def test_breakpoints_of_he_networks_have_scale_s_sqrt_half_depth(layer):
    assert math.isclose(theory.breakpoint_scale(layer, 2.0, 0.49), 0.7 * math.sqrt(layer / 2))


def test_breakpoints_are_cauchy_by_the_kac_rice_integral_of_the_gaussian_kernel():
    # density of zeros of a Gaussian process with variance K(t) = a t^2 + B and derivative variance a:
    # sqrt(K a - (K'/2)^2) / (pi K) = (1/pi) sqrt(a B) / (a t^2 + B), and it integrates to one zero a neuron
    a, b = 2.0, 3.0

    def density(t):
        kernel = a * t * t + b
        return math.sqrt(kernel * a - (a * t) ** 2) / (math.pi * kernel)

    scale = math.sqrt(b / a)
    assert math.isclose(integrate.quad(density, -np.inf, np.inf)[0], 1, rel_tol=1e-9)
    assert math.isclose(integrate.quad(density, -scale, scale)[0], 0.5, rel_tol=1e-9)
