"""Second routes to the closed forms on approximation: counts, searches, least squares, other libraries."""

import itertools
import math
from fractions import Fraction

import numpy as np
import torch
from scipy import integrate, interpolate, optimize

from dlstats.theory import (
    approximation_rates,
    complexity_discount,
    linear_regions,
    linear_splines,
    sawtooth,
    sawtooth_floors,
    width_limits,
)


def sieve_pieces(n, sd):
    """The better neighbour of the root of the derivative of σ² (k + 1) / n + A / k⁴."""
    bend = integrate.quad(lambda x: (4 * math.pi**2 * math.sin(2 * math.pi * x)) ** 2, 0, 1)[0] / 720
    root = (4 * bend * n / sd**2) ** 0.2
    return min((math.floor(root), math.ceil(root)), key=lambda k: sd**2 * k / n + bend / k**4)


def torch_parameters(*sizes):
    """Parameters of linear layers of these sizes."""
    return sum(p.numel() for a, b in itertools.pairwise(sizes) for p in torch.nn.Linear(a, b).parameters())


def discount_limit(inputs):
    """The discount at widths w and w², where it is a + b / ln w, solved for a."""
    one, other = (complexity_discount.discount((inputs, 10**power), 0.01) for power in (150, 300))
    return 2 * other - one


def least(risk, low, high):
    """The minimum of a function of a logarithm."""
    return optimize.minimize_scalar(lambda t: risk(math.exp(t)), bounds=(low, high), method="bounded").fun


def least_squares_spline(knots, points=40_001):
    """Mean squared distance of sin 4πx to scipy's linear splines on a fine grid."""
    x = (np.arange(points) + 0.5) / points
    t = np.concatenate([[knots[0]], knots, [knots[-1]]])
    spline = interpolate.make_lsq_spline(x, np.sin(4 * math.pi * x), t, k=1)
    return float(((spline(x) - np.sin(4 * math.pi * x)) ** 2).mean())


def spline_sieve(n, sd):
    """The best number of equal pieces among all up to 40."""
    risks = {k: least_squares_spline(np.linspace(0, 1, k + 1)) + (k + 1) * sd**2 / n for k in range(1, 41)}
    best = min(risks, key=lambda k: risks[k])
    return risks[best], best


def rounded_sawtooth(compositions, digits):
    """The largest error over a lattice 64 times as fine as the numbers of `digits` binary digits."""
    fine = 64 * 2**digits
    errors = [0.0]
    for j in range(fine // 2, fine - 33):
        x = Fraction(j, fine)
        for near in (math.floor(x * 2**digits), math.ceil(x * 2**digits)):
            rounded = Fraction(near, 2**digits)
            if abs(rounded - x) * 2 ** (digits + 1) <= 1:
                gap = sawtooth.sawtooth(rounded, compositions) - sawtooth.sawtooth(x, compositions)
                errors.append(abs(float(gap)))
    return max(errors)


def period_distance(power):
    """Distance of one period of the tent to the affine functions, mean of |gap|^power on a fine grid."""
    x = (np.arange(2000) + 0.5) / 2000
    tent = 1 - np.abs(1 - 2 * x)
    return optimize.minimize(
        lambda p: (np.abs(p[0] + p[1] * x - tent) ** power).mean(), [0.4, 0.1], method="Nelder-Mead"
    ).fun


def free_periods(edges, pieces):
    """The least number of the K/2 periods without an inner knot, over all placements of k − 1 knots among them."""
    periods = range(edges // 2)
    return min(len(periods) - len(set(p)) for p in itertools.product(periods, repeat=pieces - 1))


def values_at(network, count=33):
    """A network of the sawtooth at equally spaced rationals of [0, 1]."""
    return [float(sawtooth.evaluate(network, Fraction(j, count - 1))) for j in range(count)]


def with_skip(compositions, count=33):
    """The values of `shallow_skip` with its line added."""
    layers, weight = sawtooth.shallow_skip(compositions)
    grid = [Fraction(j, count - 1) for j in range(count)]
    return [float(sawtooth.evaluate(layers, x) + weight * x) for x in grid]


def tents(compositions, count=33):
    """The tent map composed, at equally spaced rationals."""
    values = [Fraction(j, count - 1) for j in range(count)]
    for _ in range(compositions):
        values = [min(2 * v, 2 - 2 * v) for v in values]
    return [float(v) for v in values]


SIDES = np.array(list(itertools.product((0, 1), repeat=5)))
FREE = linear_splines.graded_knots(9)

# function of the theory: (its value, the second route, relative tolerance)
ROUTES = {
    "approximation_rates.sieve_pieces": (
        lambda: [approximation_rates.sieve_pieces(n, 0.3) for n in (50, 800, 100_000)],
        lambda: [sieve_pieces(n, 0.3) for n in (50, 800, 100_000)],
        0,
    ),
    "complexity_discount.parameters": (
        lambda: [complexity_discount.parameters((3, 5, 2)), complexity_discount.hidden_parameters((3, 5, 2))],
        lambda: [torch_parameters(3, 5, 2, 1), torch_parameters(3, 5, 2)],
        0,
    ),
    "complexity_discount.log_factorials": (
        lambda: complexity_discount.log_factorials((3, 5, 12)),
        lambda: math.log(math.factorial(5) * math.factorial(12)),
        1e-12,
    ),
    "complexity_discount.discount_limit": (
        # what is left is of order 1 / ln² w
        lambda: [complexity_discount.discount_limit(d) for d in (1, 10)],
        lambda: [discount_limit(d) for d in (1, 10)],
        1e-3,
    ),
    "linear_regions.some_active": (
        lambda: [linear_regions.some_active(5), linear_regions.two_active(5)],
        lambda: [(SIDES.sum(axis=1) >= least).mean() for least in (1, 2)],
        1e-12,
    ),
    "linear_splines.target": (
        lambda: linear_splines.target(np.array([0.1, 0.3])),
        lambda: [math.sin(0.4 * math.pi), math.sin(1.2 * math.pi)],
        1e-12,
    ),
    "linear_splines.hats": (
        lambda: linear_splines.hats(np.array([0.1, 0.5]), np.array([0.0, 0.4, 1.0])),
        lambda: [[0.75, 0.25, 0.0], [0.0, 5 / 6, 1 / 6]],
        1e-12,
    ),
    "linear_splines.uniform_error": (
        lambda: [linear_splines.uniform_error(9), linear_splines.graded_error(9), linear_splines.squared_error(FREE)],
        lambda: [least_squares_spline(k) for k in (np.linspace(0, 1, 10), FREE, FREE)],
        1e-5,
    ),
    "linear_splines.uniform_constant": (
        lambda: linear_splines.uniform_constant(),
        lambda: integrate.quad(lambda x: (16 * math.pi**2 * math.sin(4 * math.pi * x)) ** 2, 0, 1)[0] / 720,
        1e-10,
    ),
    "linear_splines.sieve_risk": (
        lambda: linear_splines.sieve_risk(400, 0.3),
        lambda: spline_sieve(400, 0.3),
        1e-5,
    ),
    "linear_splines.sieve_limit": (
        lambda: linear_splines.sieve_limit(1e4, 0.3),
        lambda: least(lambda k: (4 * math.pi) ** 4 / 1440 / k**4 + k * 0.09 / 1e4, 0, 6),
        1e-6,
    ),
    "sawtooth.hidden_units": (
        lambda: [sawtooth.hidden_units(sawtooth.chain(3)), sawtooth.nodes(sawtooth.narrow_chain(3))],
        lambda: [2 + 1 + 2 + 1 + 2 + 1, 2 + 2 + 2 + 1],
        0,
    ),
    "sawtooth.shallow": (
        lambda: [values_at(sawtooth.shallow(3)), with_skip(3), values_at(sawtooth.shallow(3, line=True))],
        lambda: [tents(3)] * 3,
        1e-12,
    ),
    "sawtooth.sawtooth_lattice": (
        lambda: sawtooth.sawtooth_lattice(np.arange(-2, 40), 3, 5),
        lambda: [int(32 * sawtooth.sawtooth(Fraction(j, 32), 3)) for j in range(-2, 40)],
        0,
    ),
    "sawtooth.float_values": (
        lambda: [sawtooth.float_values(n, 6) for n in (2, 3, 5, 7)],
        lambda: [len({sawtooth.sawtooth(Fraction(j, 64), n) for j in range(32, 64)}) for n in (2, 3, 5, 7)],
        0,
    ),
    "sawtooth.float_error": (
        lambda: [sawtooth.float_error(n, 4) for n in (1, 2, 3)],
        lambda: [rounded_sawtooth(n, 4) for n in (1, 2, 3)],
        1e-12,
    ),
    "sawtooth_floors.proven_l2_floor": (
        lambda: [sawtooth_floors.proven_l2_floor(3, k) for k in (1, 2, 4)],
        lambda: [period_distance(2) * free_periods(8, k) / 4 for k in (1, 2, 4)],
        1e-5,
    ),
    "sawtooth_floors.proven_l1_floor": (
        lambda: [sawtooth_floors.proven_l1_floor(3, k) for k in (1, 2, 4)],
        lambda: [period_distance(1) * free_periods(8, k) / 4 for k in (1, 2, 4)],
        1e-5,
    ),
    "sawtooth_floors.zigzag": (
        lambda: sawtooth_floors.zigzag(np.array([0, 0.3, 1.2, 5.25, 6])),
        lambda: [0, 0.3, 0.8, 0.75, 0],
        1e-12,
    ),
    "width_limits.midpoints": (
        lambda: width_limits.midpoints(2),
        lambda: [[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]],
        1e-12,
    ),
    "width_limits.clamp": (
        lambda: width_limits.clamp(
            np.array([[-2.0, 0.3], [0.25, 1.0], [3.0, 0.0]]), np.array([0.0, -1.0, 1.0, 2.0, 6.0])
        ),
        lambda: [2.0, 4.5, 6.0],
        1e-12,
    ),
    "width_limits.pyramid": (
        lambda: width_limits.pyramid(np.array([[0.25, -0.5], [0.0, 0.0], [0.75, 0.5]])),
        lambda: [0.25, 1.0, 0.0],
        1e-12,
    ),
}
