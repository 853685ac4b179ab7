"""Checks: errors of Yarotsky's networks for x² and xy, and of the best linear pieces for x²."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dlstats.measures.linear_regions import evaluate
from dlstats.protocol.claim import at_least, equals
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.study import Check
from dlstats.theory import approximation_rates as rates
from dlstats.theory import squaring as theory

DEPTHS = range(13)
PRODUCT_DEPTHS = range(1, 9)
PIECES = (*range(1, 25), 32, 48, 64, 100, 111, 112, 113, 128)
"""Every number up to the crossover's worst case, 22 and 23, and around the 112 pieces that an error of 10⁻⁵ takes."""
POINTS = 1000
"""Random points at which the weights are compared with the definition."""


def values(depth: int, x: np.ndarray) -> np.ndarray:
    """The network of Yarotsky at x; exact at dyadic x, where no operation rounds."""
    return evaluate(theory.network(depth), x[None, :, None])[0, :, 0]


def deep_errors(depth: int) -> np.ndarray:
    """f_m(x) - x^2 at the multiples of 2^-(m+3), where every eighth from the fifth on is the midpoint of a piece."""
    grid = np.arange(2 ** (depth + 3) + 1) / 2 ** (depth + 3)
    return values(depth, grid) - grid**2


def _norm(depth: int, power: int) -> float:
    """Lᵖ norm of the error of f_m by Gauss's rule on every piece."""
    node, weight = np.polynomial.legendre.leggauss(5)
    x = ((np.arange(2**depth)[:, None] + (node + 1) / 2) / 2**depth).ravel()
    mass = np.tile(weight / 2, 2**depth) / 2**depth
    return float(mass @ np.abs(values(depth, x) - x**2) ** power) ** (1 / power)


def _mismatch(depth: int) -> float:
    """Largest difference between the weights and x - sum_s m^(s)(x) / 4^s, exact at multiples of 2^-20."""
    x = np.random.default_rng(depth).integers(0, 2**20 + 1, POINTS) / 2**20
    defined = x - sum((1 - np.abs(1 - np.mod(2.0**s * x, 2))) / 4**s for s in range(1, depth + 1))
    return float(np.abs(values(depth, x) - defined).max())


def _product_errors(depth: int, three: bool) -> np.ndarray:
    """Errors of both product networks in units of 4^-(m+1) on a dyadic grid of [0, 1]²."""
    steps = 2 ** (depth + 2)
    square = values(depth, np.arange(2 * steps + 1) / (2 * steps))  # at multiples of half a step
    u, v = np.meshgrid(np.arange(steps + 1), np.arange(steps + 1))
    mean = square[u + v]
    product = 2 * mean - square[2 * u] / 2 - square[2 * v] / 2 if three else mean - square[np.abs(u - v)]
    return (product - u * v / steps**2) * 4.0 ** (depth + 1)


def _by_depth(of: Callable[[int], float], depths: range = DEPTHS) -> dict[str, float]:
    return {f"m = {m}": of(m) for m in depths}


def _extremes(of: Callable[[np.ndarray], float], three: bool) -> dict[str, float]:
    return _by_depth(lambda m: of(_product_errors(m, three)), PRODUCT_DEPTHS)


def _best_pieces(searched: Callable, closed: Callable[[int], float]) -> dict[str, float]:
    """Search over the knots relative to the closed form, minus 1."""
    return {f"k = {k}": searched(rates.PARABOLA, k) / closed(k) - 1 for k in PIECES}


CHECKS = (
    Check(
        "SQR1",
        "f_m(x) = x − Σ_{s≤m} m⁽ˢ⁾(x)/4ˢ has largest error 4^{−(m+1)} for x² on [0, 1] (relative difference).",
        equals(0, 1e-12),
        lambda: _by_depth(lambda m: deep_errors(m).max() / theory.sup_error(m) - 1),
        Theorem("yarotsky2017", "proof of proposition 2"),
        ("JSM",),
    ),
    Check(
        "SQR1.below",
        "f_m is nowhere below x² (smallest error).",
        at_least(0),
        lambda: _by_depth(lambda m: deep_errors(m).min()),
        Derived("squaring.md#interpolation-errors"),
    ),
    Check(
        "SQR1.midpoints",
        "The largest error is attained at the midpoints of all 2^m pieces (midpoints where it is not).",
        equals(0),
        lambda: _by_depth(lambda m: int(np.count_nonzero(deep_errors(m)[4::8] != theory.sup_error(m)))),
        Derived("squaring.md#interpolation-errors"),
    ),
    Check(
        "SQR1.l1",
        "The L¹ error of f_m is 4^{−m}/6 (relative difference).",
        equals(0, 1e-6),
        lambda: _by_depth(lambda m: _norm(m, 1) / theory.l1_error(m) - 1),
        Derived("squaring.md#interpolation-errors"),
    ),
    Check(
        "SQR1.l2",
        "The L² error of f_m is 4^{−m}/√30 (relative difference).",
        equals(0, 1e-6),
        lambda: _by_depth(lambda m: _norm(m, 2) / theory.l2_error(m) - 1),
        Derived("squaring.md#interpolation-errors"),
    ),
    Check(
        "SQR2",
        "A ReLU network of width 3 and m hidden layers equals f_m on [0, 1] (largest difference at random points).",
        equals(0, 1e-15),
        lambda: _by_depth(_mismatch),
        Derived("squaring.md#three-units-per-layer"),
        ("JSM",),
    ),
    Check(
        "SQR3",
        "xy from two squares has errors in exactly [−1, 1] · 4^{−(m+1)} on [0, 1]²: largest.",
        equals(theory.PRODUCT_RANGE[1], 1e-9),
        lambda: _extremes(np.max, three=False),
        Derived("squaring.md#errors-of-products"),
        ("JSM",),
    ),
    Check(
        "SQR3.smallest",
        "xy from two squares has errors in exactly [−1, 1] · 4^{−(m+1)} on [0, 1]²: smallest.",
        equals(theory.PRODUCT_RANGE[0], 1e-9),
        lambda: _extremes(np.min, three=False),
        Derived("squaring.md#errors-of-products"),
    ),
    Check(
        "SQR3.three",
        "xy from three squares has errors in exactly [−1, 2] · 4^{−(m+1)} on [0, 1]²: largest.",
        equals(theory.PRODUCT_BY_THREE_RANGE[1], 1e-9),
        lambda: _extremes(np.max, three=True),
        Derived("squaring.md#errors-of-products"),
    ),
    Check(
        "SQR3.three_smallest",
        "xy from three squares has errors in exactly [−1, 2] · 4^{−(m+1)} on [0, 1]²: smallest.",
        equals(theory.PRODUCT_BY_THREE_RANGE[0], 1e-9),
        lambda: _extremes(np.min, three=True),
        Derived("squaring.md#errors-of-products"),
    ),
    Check(
        "SQR4",
        "The best k linear pieces for x² on [0, 1] have largest error 1/(8k²) (relative difference).",
        equals(0, 1e-6),
        lambda: _best_pieces(rates.free_knots_sup, theory.best_sup),
        Derived("squaring.md#best-linear-pieces"),
        ("JSM",),
    ),
    Check(
        "SQR4.l2",
        "The best k linear pieces for x² on [0, 1] have L² error 1/(√180 k²) (relative difference).",
        equals(0, 1e-6),
        lambda: _best_pieces(rates.free_knots_l2, theory.best_l2),
        Derived("squaring.md#best-linear-pieces"),
    ),
)
