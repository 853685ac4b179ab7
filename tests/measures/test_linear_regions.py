"""The counters of linear regions, against rational arithmetic, activation patterns and known integrals."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from dlstats.measures import linear_regions as lr

WIDTHS = [(1,), (4,), (3, 3), (2, 5, 3), (4, 1, 4), (3, 3, 3, 3)]


def gaussian(reps, d_in, widths, seed=0):
    rng = np.random.default_rng(seed)
    sizes = (d_in, *widths, 1)
    return [(rng.normal(size=(reps, n, d)) * np.sqrt(2 / d), rng.normal(size=(reps, n))) for d, n in pairwise(sizes)]


def small_integers(reps, widths, seed=0):
    """Networks with weights in {-2, ..., 2}: zeros that fall together, on old knots, and dead units abound."""
    rng = np.random.default_rng(seed)
    sizes = (1, *widths, 1)
    return [
        (rng.integers(-2, 3, (reps, n, d)).astype(float), rng.integers(-2, 3, (reps, n)).astype(float))
        for d, n in pairwise(sizes)
    ]


def sawtooth(compositions):
    half = np.array([0.0, -0.5])[None]
    first, inner = (np.ones((1, 2, 1)), half), (np.array([[[2.0, -4], [2, -4]]]), half)
    return [first, *[inner] * (compositions - 1), (np.array([[[2.0, -4]]]), np.zeros((1, 1)))]


def exact_pieces(layers, reach=10**6):
    """Pieces of the output of one network on (-reach, reach), by values in rational arithmetic at growing knots."""
    weights = [[[Fraction(float(v)) for v in row] for row in w[0]] for w, _ in layers]
    biases = [[Fraction(float(v)) for v in b[0]] for _, b in layers]

    def preactivations(x, depth):
        h = [x]
        for layer in range(depth + 1):
            z = [
                sum(a * v for a, v in zip(row, h, strict=True)) + b
                for row, b in zip(weights[layer], biases[layer], strict=True)
            ]
            h = [max(v, 0) for v in z]
        return z

    knots = [Fraction(-reach), Fraction(reach)]
    for depth in range(len(layers) - 1):
        values = [preactivations(x, depth) for x in knots]
        new = set(knots)
        for a, b, u, v in zip(knots, knots[1:], values, values[1:], strict=False):
            new |= {a + (b - a) * p / (p - q) for p, q in zip(u, v, strict=True) if p * q < 0}
        knots = sorted(new)
    y = [preactivations(x, len(layers) - 1)[0] for x in knots]
    slopes = [(q - p) / (b - a) for a, b, p, q in zip(knots, knots[1:], y, y[1:], strict=False)]
    return 1 + sum(s != t for s, t in pairwise(slopes))


def one(layers, rep):
    return [(w[rep : rep + 1], b[rep : rep + 1]) for w, b in layers]


@pytest.mark.parametrize("widths", WIDTHS)
@pytest.mark.parametrize("make", [gaussian, small_integers])
def test_pieces_on_a_line_are_those_of_rational_arithmetic(widths, make):
    layers = make(30, 1, widths) if make is gaussian else make(60, widths)
    found = lr.pieces(lr.on_line(layers), -1e6, 1e6)
    assert found.tolist() == [exact_pieces(one(layers, rep)) for rep in range(len(found))]


@pytest.mark.parametrize("compositions", range(2, 13))
def test_the_narrow_sawtooth_has_two_to_the_n_pieces_and_two_outside(compositions):
    cells = lr.on_line(sawtooth(compositions))
    assert lr.pieces(cells) == 2**compositions + 2
    assert lr.pieces(cells, 0, 1) == 2**compositions


@pytest.mark.parametrize("widths", WIDTHS)
def test_cells_give_the_output_of_the_network_along_any_line(widths):
    layers = gaussian(20, 3, widths)
    start, direction = np.array([0.3, -1, 2]), np.array([1.0, 0.5, -2])
    cells = lr.on_line(layers, start, direction)
    t = np.linspace(-5, 5, 41)
    place = (cells.knots[:, None, :] < t[:, None]).sum(axis=2)
    value = np.take_along_axis(cells.slope[..., 0], place, 1) * t + np.take_along_axis(cells.offset[..., 0], place, 1)
    points = np.broadcast_to(start + t[:, None] * direction, (20, 41, 3))
    np.testing.assert_allclose(value, lr.evaluate(layers, points)[..., 0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("widths", WIDTHS)
def test_a_replicate_alone_has_the_counts_that_it_has_in_a_batch(widths):
    on_line, in_plane = gaussian(6, 1, widths), gaussian(6, 2, widths)
    zeros = lr.zeros_per_network(lr.on_line(on_line))
    regions = lr.regions_per_network(lr.in_plane(in_plane))
    for rep in range(6):
        assert (lr.zeros_per_network(lr.on_line(one(on_line, rep)))[0] == zeros[rep]).all()
        assert lr.regions_per_network(lr.in_plane(one(in_plane, rep))) == regions[rep]


def patterns(layers, x):
    signs = []
    for weight, bias in layers[:-1]:
        z = x @ weight[0].T + bias[0]
        signs.append(z > 0)
        x = np.maximum(z, 0)
    return np.hstack(signs)


@pytest.mark.parametrize("widths", WIDTHS)
def test_polygons_are_the_activation_patterns_of_the_square(widths):
    layers = gaussian(1, 2, widths, seed=3)
    polygons = lr.in_plane(layers, half_side=2.0)
    used = np.arange(polygons.vertices.shape[1]) < polygons.sides[:, None]
    centres = (polygons.vertices * used[..., None]).sum(1) / polygons.sides[:, None]
    of_polygons = {tuple(p) for p in patterns(layers, centres)}
    assert len(of_polygons) == len(polygons.sides)
    scattered = np.random.default_rng(1).uniform(-2, 2, (20_000, 2))
    assert {tuple(p) for p in patterns(layers, scattered)} <= of_polygons
    value = np.einsum("px,px->p", polygons.slope[:, 0], centres) + polygons.offset[:, 0]
    np.testing.assert_allclose(value, lr.evaluate(layers, centres[None])[0, :, 0], atol=1e-12)


@pytest.mark.parametrize("widths", WIDTHS)
def test_integral_over_the_square_is_that_of_a_fine_grid(widths):
    layers = gaussian(5, 2, widths, seed=4)
    exact = lr.absolute_integral(lr.in_plane(layers, half_side=1.0, split_output=True))
    axis = (np.arange(400) + 0.5) / 200 - 1
    grid = np.stack(np.meshgrid(axis, axis), -1).reshape(1, -1, 2)
    value = np.abs(lr.evaluate(layers, np.repeat(grid, 5, 0)))[..., 0]
    # the midpoint rule errs only in cells that a kink crosses, by at most (jump of the gradient) h^2 in each of them
    slopes = max(np.abs(np.diff(value.reshape(5, 400, 400), axis=a)).max() * 200 for a in (1, 2))
    lines = 2 * sum(widths) * 3 ** len(widths)
    np.testing.assert_allclose(exact, value.mean(1) * 4, atol=lines * 400 * slopes * (1 / 200) ** 3)


def test_integral_of_a_pyramid_is_two_thirds_and_touching_lines_make_no_slivers():
    # (1 - |x1| - |x2|)_+ with units whose zeros fall together
    corners = np.array([[[1.0, 0], [-1, 0], [0, 1], [0, -1]]])
    layers = [
        (corners, np.zeros((1, 4))),
        (-np.ones((1, 2, 4)), np.ones((1, 2))),
        (np.full((1, 1, 2), 0.5), np.zeros((1, 1))),
    ]
    polygons = lr.in_plane(layers, half_side=3.0)
    assert len(polygons.sides) == 8
    np.testing.assert_allclose(lr.absolute_integral(polygons), 2 / 3, rtol=1e-12)


def test_layers_of_parameter_rows_give_the_same_network():
    torch = pytest.importorskip("torch")
    from dlstats import nets

    net = nets.Mlp(3, (4, 2), 1)
    rows = torch.randn(5, net.size, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    x = np.random.default_rng(0).normal(size=(5, 7, 3))
    found = lr.evaluate(lr.layers_of(net.shapes, rows.numpy()), x)
    np.testing.assert_allclose(found, nets.apply(net, rows, torch.from_numpy(x)).numpy(), atol=1e-12)
