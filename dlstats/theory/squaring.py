"""Yarotsky's networks for x^2 and x y, their exact errors, and what a shallow network needs for the same accuracy.

f_m(x) = x - sum_{s=1}^m m^(s)(x) / 4^s with the tent map's s-fold compositions m^(s) interpolates x^2 at j / 2^m on
[0, 1]. Source: Yarotsky 2017, Proposition 2.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from dlstats.theory.sawtooth import sawtooth


def square(x: Fraction, depth: int) -> Fraction:
    """f_m(x), m = `depth`, by its definition, in rational arithmetic."""
    return x - sum((sawtooth(x, s) / 4**s for s in range(1, depth + 1)), Fraction(0))


def sup_error(depth: int) -> float:
    """max (f_m - x^2) = 4^-(m+1), at the midpoints of the 2^m pieces; f_m is never below x^2."""
    return 4.0 ** -(depth + 1)


def l1_error(depth: int) -> float:
    """Integral of f_m - x^2 over [0, 1], 4^-m / 6."""
    return 4.0**-depth / 6


def l2_error(depth: int) -> float:
    """Root of the integral of (f_m - x^2)^2 over [0, 1], 4^-m / sqrt(30)."""
    return 4.0**-depth / math.sqrt(30)


def network(depth: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The ReLU network of width 3 and `depth` hidden layers equal to f_m on [0, 1]; layers (1, out, in), (1, out).

    Units of layer s: relu(z), relu(z - 1/2) with z = m^(s-1)(x), and the sum f_{s-1}(x) so far, which is >= 0.
    """
    if depth == 0:
        return [(np.ones((1, 1, 1)), np.zeros((1, 1)))]
    bias = np.array([[0, -0.5, 0]])
    layers = [(np.ones((1, 3, 1)), bias)]
    for s in range(1, depth):
        layers.append((np.array([[[2, -4, 0], [2, -4, 0], [-2 / 4**s, 4 / 4**s, 1]]]), bias))
    return [*layers, (np.array([[[-2 / 4**depth, 4 / 4**depth, 1]]]), np.zeros((1, 1)))]


def product(x: Fraction, y: Fraction, depth: int) -> Fraction:
    """((x + y) / 2)^2 - ((x - y) / 2)^2 with f_m for the squares, on [0, 1]^2; |x - y| costs two ReLUs."""
    return square((x + y) / 2, depth) - square(abs(x - y) / 2, depth)


def product_by_three(x: Fraction, y: Fraction, depth: int) -> Fraction:
    """2 ((x + y) / 2)^2 - x^2 / 2 - y^2 / 2 with f_m for the three squares, on [0, 1]^2."""
    return 2 * square((x + y) / 2, depth) - square(x, depth) / 2 - square(y, depth) / 2


PRODUCT_RANGE = (-1.0, 1.0)
"""Smallest and largest error of `product` in units of 4^-(m+1)."""

PRODUCT_BY_THREE_RANGE = (-1.0, 2.0)
"""Smallest and largest error of `product_by_three` in units of 4^-(m+1)."""


def best_sup(pieces: int) -> float:
    """Smallest sup distance of x^2 on [0, 1] to a piecewise linear function, 1 / (8 k^2): knots equally spaced."""
    return 1 / (8 * pieces**2)


def best_l2(pieces: int) -> float:
    """Smallest L2 distance of x^2 on [0, 1] to a piecewise linear function, 1 / (sqrt(180) k^2)."""
    return 1 / (math.sqrt(180) * pieces**2)


def best_l2_of_network(units: int) -> float:
    """L2 distance 1 / (sqrt(180) (N + 1/2)^2) of x^2 on [0, 1] to shallow networks of N units without a skip connection.

    One flat piece of half the length of the N others, h = 1 / (N + 1/2): 4 (h/2)^5 / 45 + N h^5 / 180 = h^4 / 180, and
    the pieces meet. A first slope that is not 0 costs a unit or a kink of the wrong sign.
    Proof: docs/proofs/squaring.md#floor-without-a-skip-connection.
    """
    return 1 / (math.sqrt(180) * (units + 0.5) ** 2)


def crossover(centred: bool = False) -> float:
    """The accuracy below which f_m always has fewer units than any shallow network, and at which it does not.

    m layers are needed for accuracies in [e_m, e_{m-1}); 3 m units are no fewer than the shallow need where the
    accuracy is at least that of 3 m + 1 pieces. From m = 12 on 2^m outgrows 3 m + 1 for good.
    """
    e = [sup_error(m) / (2 if centred else 1) for m in range(13)]
    losing = [m for m in range(1, 13) if best_sup(3 * m + 1) < e[m - 1]]
    return min(max(e[m], best_sup(3 * m + 1)) for m in losing)
