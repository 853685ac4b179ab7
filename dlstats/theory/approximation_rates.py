"""Rates of approximation with their constants: free knots, random knots, random features, grids, and the sieve.

k counts pieces, N units or features, W nodes of a grid, n observations.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy


@dataclass(frozen=True)
class Convex:
    """A convex function on [0, 1] with its derivatives and the inverse of the first."""

    value: Callable
    slope: Callable
    slope_inverse: Callable
    curvature: Callable


EXPONENTIAL = Convex(np.exp, np.exp, np.log, np.exp)
"""exp on [0, 1]."""

PARABOLA = Convex(lambda x: x * x, lambda x: 2 * x, lambda s: s / 2, lambda x: 2 + 0 * x)
"""x^2 on [0, 1]."""


def free_knots_sup_limit(f: Convex) -> float:
    """lim k^2 E_k in the sup norm, (1/16) (int |f''|^(1/2))^2; for exp (sqrt(e) - 1)^2 / 4."""
    return scipy.integrate.quad(lambda x: abs(f.curvature(x)) ** 0.5, 0, 1)[0] ** 2 / 16


def free_knots_l2_limit(f: Convex) -> float:
    """lim k^2 E_k in L2, (1/sqrt(720)) (int |f''|^(2/5))^(5/2)."""
    return scipy.integrate.quad(lambda x: abs(f.curvature(x)) ** 0.4, 0, 1)[0] ** 2.5 / math.sqrt(720)


def free_knots_sup(f: Convex, pieces: int) -> float:
    """Smallest sup distance of a convex f to functions of k linear pieces, by equal errors on all pieces.

    On [a, b] the best line errs by half of the largest gap between chord and f, upwards at both ends: neighbours
    with equal errors meet, so that continuity costs nothing. Pieces are laid from 0 with error e, and e is solved for.
    """

    def error(a: float, b: float) -> float:
        chord = (f.value(b) - f.value(a)) / (b - a)
        touch = f.slope_inverse(chord)
        return (f.value(a) + chord * (touch - a) - f.value(touch)) / 2

    def reached(size: float) -> float:
        a = 0.0
        for _ in range(pieces - 1):
            if error(a, 1.0) <= size:
                return -size
            a = root(lambda b, a=a: error(a, b) - size, a + 1e-9, 1.0)
        return error(a, 1.0) - size

    root = functools.partial(scipy.optimize.brentq, xtol=1e-15, rtol=1e-13)
    whole = error(0.0, 1.0)
    if pieces == 1:
        return whole
    return root(reached, whole / (100 * pieces**2), whole)


def free_knots_l2(f: Convex, pieces: int) -> float:
    """Smallest L2 distance of f to functions of k linear pieces, jumps allowed, by descent from the limiting knots."""
    grid = np.linspace(0, 1, 2001)
    mass = scipy.integrate.cumulative_trapezoid(np.abs(f.curvature(grid)) ** 0.4, grid, initial=0)
    start = np.interp(np.arange(1, pieces) / pieces * mass[-1], mass, grid)
    scale = pieces**4
    if pieces == 1:
        return math.sqrt(pieces_mse(f.value, np.array([0.0, 1.0])))

    def loss(knots: np.ndarray) -> float:
        return scale * pieces_mse(f.value, np.concatenate([[0.0], np.sort(knots), [1.0]]))

    optimum = scipy.optimize.minimize(loss, start, method="BFGS", options={"gtol": 1e-9})
    return math.sqrt(optimum.fun / scale)


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)


def pieces_mse(f: Callable, knots: np.ndarray) -> float:
    """Integrated squared distance of f to the best line on every interval between `knots`, jumps allowed.

    Gauss's rule; the line is f's projection on the first two Legendre polynomials.
    """
    middle, half = (knots[1:] + knots[:-1]) / 2, np.diff(knots) / 2
    value = f(middle[:, None] + half[:, None] * _NODES)
    level = value @ _WEIGHTS / 2
    slope = value @ (_WEIGHTS * _NODES) * 1.5
    residual = value - level[:, None] - slope[:, None] * _NODES
    return float(half @ (residual**2 @ _WEIGHTS))


def random_pieces_mse(knots: int) -> float:
    """Mean over N uniform knots of the squared L2 distance of x^2 to one free line on each of the N + 1 intervals.

    sum E h^5 / 180 with E h^5 = 5! N! / (N + 5)! of a uniform spacing: N^4 times it tends to 2/3. A continuous spline
    on the same knots cannot do better.
    """
    spacing = math.exp(math.lgamma(6) + math.lgamma(knots + 1) - math.lgamma(knots + 6))
    return (knots + 1) * spacing / 180


def spline_mse(knots: np.ndarray) -> float:
    """Squared L2 distance of x^2 on [0, 1] to the continuous linear splines with these inner knots (and 0, 1).

    Normal equations of the hat functions, for what is left by interpolation, -(x - a)(b - x) on [a, b].
    """
    t = np.concatenate([[0.0], np.sort(knots), [1.0]])
    h = np.diff(t)
    diagonal, right = np.zeros_like(t), np.zeros_like(t)
    for side in (slice(None, -1), slice(1, None)):
        diagonal[side] += h / 3
        right[side] -= h**3 / 12
    banded = np.vstack([np.append(0, h / 6), diagonal])
    return float(np.sum(h**5) / 30 - right @ scipy.linalg.solveh_banded(banded, right))


def random_spline_mse(knots: int, nodes: int = 48, points: int = 64, longest: float = 25.0) -> float:
    """Mean over N uniform knots of `spline_mse`, the squared L2 distance of x^2 to continuous splines; N^4 times it -> 0.8686.

    The gaps are exponential variables over their sum. From the left, the least error given the value q - x^2 at the next
    knot is a (q + m)^2 + c; a gap h changes (a, m) and adds to c. Means over h of functions g0(a) + g1(a) m + g2(a) m^2
    have that form again: interpolation at `nodes` of a, Gauss's rule with `points` in h, right to six digits.
    Proof: docs/proofs/splines.md#random-knots-without-jumps.
    """
    h, weight = np.polynomial.laguerre.laggauss(points)
    u = (1 - np.cos(np.pi * np.arange(nodes) / (nodes - 1))) / 2
    a = longest * u[:, None] ** 2
    joint, middle = a + h / 3, h**3 / 12
    after = h / 3 - h**2 / (36 * joint)
    fixed, moved = middle * (1 - h / (6 * joint)) / after, -a * h / (6 * joint * after)
    signs = (-1.0) ** np.arange(nodes) * np.where(np.arange(nodes) % (nodes - 1), 1, 0.5)
    gap = np.sqrt(np.minimum(after, longest) / longest)[..., None] - u
    between = signs / np.where(np.abs(gap) < 1e-14, 1e-14, gap)  # barycentric interpolation
    between /= between.sum(axis=-1, keepdims=True)

    def mean(factor: np.ndarray) -> np.ndarray:
        return np.einsum("ih,h,ihj->ij", np.broadcast_to(factor, after.shape), weight, between)

    t00, t01, t02 = mean(np.array(1.0)), mean(fixed), mean(fixed**2)
    t11, t12, t22 = mean(moved), mean(2 * fixed * moved), mean(moved**2)
    cost = np.stack([h**5 / 30 - middle**2 / joint, -2 * a * middle / joint, -(a**2) / joint]) @ weight
    end = np.stack([0 * a[:, 0], 0 * a[:, 0], -a[:, 0]])
    total = 0.0
    for _ in range(knots + 1):
        total += cost[0, 0]
        cost, end = (
            np.stack([t00 @ g[0] + t01 @ g[1] + t02 @ g[2], t11 @ g[1] + t12 @ g[2], t22 @ g[2]]) for g in (cost, end)
        )
    return float(total + end[0, 0]) / math.prod(range(knots + 1, knots + 6))


def random_features_mse(dimension: int, input_sd: float) -> float:
    """N E |f_N - f|^2 for f(x) = E cos(w.x) = exp(-|x|^2/2), f_N the mean of N cosines, x ~ N(0, s^2 I_d).

    (1/2) (1 - 2 (1 + 2 s^2)^(-d/2) + (1 + 4 s^2)^(-d/2)): at most 1/2 in every dimension. The variance of cos(w.x) at
    x is (1 + e^(-2|x|^2)) / 2 - e^(-|x|^2).
    """
    v = input_sd**2
    return (1 - 2 * (1 + 2 * v) ** (-dimension / 2) + (1 + 4 * v) ** (-dimension / 2)) / 2


def random_features_error(frequencies: np.ndarray, input_sd: float) -> float:
    """|f_N - f|^2 integrated over x ~ N(0, s^2 I_d), for given frequencies (N, d); Gaussian integrals, exact.

    E cos(w.x) cos(v.x) = (e^(-s^2|w-v|^2/2) + e^(-s^2|w+v|^2/2)) / 2 and
    E cos(w.x) e^(-|x|^2/2) = (1 + s^2)^(-d/2) e^(-|w|^2 s^2 / (2 (1 + s^2))).
    """
    d, v = frequencies.shape[1], input_sd**2
    squares = (frequencies**2).sum(axis=1)
    inner = frequencies @ frequencies.T
    total = squares[:, None] + squares
    both = (np.exp(-v * (total - 2 * inner) / 2) + np.exp(-v * (total + 2 * inner) / 2)) / 2
    cross = (1 + v) ** (-d / 2) * np.exp(-squares * v / (2 * (1 + v)))
    return float(both.mean() - 2 * cross.mean() + (1 + 2 * v) ** (-d / 2))


def simplex_interpolant(f: Callable, x: np.ndarray, cells: int) -> np.ndarray:
    """Kuhn's piecewise linear interpolant of f on the grid of k^d cells of [0, 1]^d, at x (points, d).

    In its cell a point is a mean of the corners met on the way from the lowest to the highest, one coordinate after
    the other in order of falling fractional parts: the interpolant that Yarotsky's 2018 shallow bound counts.
    """
    low = np.minimum(np.floor(x * cells), cells - 1)
    part = x * cells - low
    order = np.argsort(-part, axis=1)
    steps = np.take_along_axis(part, order, axis=1)
    corner = low.copy()
    rows = np.arange(len(x))
    value = (1 - steps[:, 0]) * f(corner / cells)
    for j in range(x.shape[1]):
        corner[rows, order[:, j]] += 1
        following = steps[:, j + 1] if j + 1 < x.shape[1] else 0
        value += (steps[:, j] - following) * f(corner / cells)
    return value


def grid_error(dimension: int, cells: int, points: int = 4) -> float:
    """L2 distance on [0, 1]^d of prod_j sin(pi x_j) to its simplex interpolant, by Gauss's rule in every simplex.

    The interpolant bends where two fractional parts are equal. Function and division do not change when coordinates are
    exchanged, so that d! times the simplices of falling fractional parts is all: s_j = u_1 ... u_j, Jacobian
    prod_j u_j^(d - j).
    """

    def f(x: np.ndarray) -> np.ndarray:
        return np.sin(math.pi * x).prod(axis=1)

    def grid(axis: np.ndarray) -> np.ndarray:
        return np.stack(np.meshgrid(*[axis] * dimension, indexing="ij"), axis=-1).reshape(-1, dimension)

    node, weight = np.polynomial.legendre.leggauss(points)
    u = grid((node + 1) / 2)
    jacobian = (u ** np.arange(dimension - 1, -1, -1)).prod(axis=1)
    mass = math.factorial(dimension) * jacobian * grid(weight / 2).prod(axis=1) / cells**dimension
    x = ((grid(np.arange(cells))[:, None] + np.cumprod(u, axis=1)) / cells).reshape(-1, dimension)
    gap = f(x) - simplex_interpolant(f, x, cells)
    return math.sqrt(float((gap.reshape(-1, len(u)) ** 2 @ mass).sum()))


SIEVE_CONSTANT = (2 * math.pi) ** 4 / 1440
"""A = int f''^2 / 720 for f = sin(2 pi x): k equal pieces leave A / k^4 in squared L2."""


def sieve_pieces(n: int, noise_sd: float) -> int:
    """The k that minimises sigma^2 (k + 1) / n + A / k^4 over whole numbers."""
    return min(range(1, 200), key=lambda k: noise_sd**2 * (k + 1) / n + SIEVE_CONSTANT / k**4)


def sieve_risk(n: int, noise_sd: float) -> float:
    """E of the integral of (s - f)^2: s least squares on linear splines with `sieve_pieces` equal pieces, f = sin(2 pi x).

    With the hat functions H at x_i = (i - 1/2) / n, their Gram matrix G on [0, 1] and M = H'H it is the variance
    sigma^2 tr(G M^-1) and the squared distance of f to the spline with coefficients M^-1 H'f, by Gauss's rule on the pieces.
    In the limit it is sigma^2 (k + 1) / n + A / k^4. Proof: docs/proofs/splines.md#sieve-of-linear-splines.
    """
    k = sieve_pieces(n, noise_sd)
    knots, x = np.linspace(0, 1, k + 1), (np.arange(n) + 0.5) / n
    hats = np.stack([np.interp(x, knots, row) for row in np.eye(k + 1)], axis=1)
    off = np.full(k, 1 / (6 * k))
    gram = np.diag(off, 1) + np.diag(off, -1)
    gram += np.diag(2 * gram.sum(axis=0))
    moments = hats.T @ hats
    mean = np.linalg.solve(moments, hats.T @ np.sin(2 * math.pi * x))
    t = (np.arange(k)[:, None] + (_NODES + 1) / 2) / k
    bias = ((np.interp(t, knots, mean) - np.sin(2 * math.pi * t)) ** 2 @ _WEIGHTS).sum() / (2 * k)
    return noise_sd**2 * float(np.trace(np.linalg.solve(moments, gram))) + float(bias)
