"""The sawtooth: compositions of the tent map, the networks that are equal to it, and its exact arithmetic.

m(x) = max(0, min(2x, 2 - 2x)) and m^(n) is its n-fold composition, with K = 2^n edges on [0, 1]. Networks are
evaluated on the lattice of dyadic rationals x = u / 2^bits in integers, where nothing is rounded: a unit with
weights that are multiples of a power of two keeps integers. Source: Telgarsky 2015, arXiv:1509.08101.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np


def sawtooth(x: Fraction, compositions: int) -> Fraction:
    """m^(n)(x) = 1 - |1 - (2^n x mod 2)| on [0, 1] and 0 outside, by its closed form."""
    if not 0 <= x <= 1:
        return Fraction(0)
    return 1 - abs(1 - (2**compositions * x) % 2)


def sawtooth_lattice(u: np.ndarray, compositions: int, bits: int) -> np.ndarray:
    """2^bits m^(n)(u / 2^bits) in integers, by the closed form; zero outside 0 <= u <= 2^bits.

    Exact while 2^bits |u| stays in 63 bits for reduced arguments: u is reduced before it is scaled.
    """
    period = 1 << (bits + 1 - compositions) if compositions <= bits + 1 else 1
    inside = (u >= 0) & (u <= 1 << bits)
    phase = (u % period) << compositions
    return np.where(inside, np.minimum(phase, (1 << (bits + 1)) - phase), 0)


def relu(x):
    """max(x, 0) for a Fraction, an int or an array of them."""
    return np.maximum(x, 0) if isinstance(x, np.ndarray) else max(x, 0)


def chain(x, compositions: int, half):
    """The network with 3n hidden units of widths (2, 1, 2, 1, ...): n times relu(2 relu(x) - 4 relu(x - half)).

    `half` is 1/2 in the unit of `x`. Equal to m^(n) on all of R; with its output unit it has 3n + 1 nodes.
    """
    for _ in range(compositions):
        x = relu(2 * relu(x) - 4 * relu(x - half))
    return x


def narrow_chain(x, compositions: int, half):
    """The network with 2n hidden units, two a layer, and a linear output 2 h1 - 4 h2: 2n + 1 nodes.

    Equal to m^(n) on all of R for n >= 2; for n = 1 only on (-inf, 1].
    """
    for _ in range(compositions):
        x = 2 * relu(x) - 4 * relu(x - half)
    return x


def chain_nodes(compositions: int) -> int:
    """Nodes of `chain`, output included."""
    return 3 * compositions + 1


def narrow_chain_nodes(compositions: int) -> int:
    """Nodes of `narrow_chain`, output included."""
    return 2 * compositions + 1


def shallow(u: np.ndarray, compositions: int, bits: int, skip: bool = False) -> np.ndarray:
    """2^bits times the one-hidden-layer network for m^(n) at u / 2^bits, on [0, 1], in integers.

    Units relu(x - j/K) with weights K, -2K, +2K, ...: K = 2^n of them, j = 0, ..., K - 1. With a linear skip
    connection K x in place of the first unit, K - 1 suffice.
    """
    edges = 1 << compositions
    step = (1 << bits) >> compositions
    value = edges * u if skip else edges * np.maximum(u, 0)
    for j in range(1, edges):
        value += (-2 if j % 2 else 2) * edges * np.maximum(u - j * step, 0)
    return value


def fewest_shallow_units(compositions: int, skip: bool = False) -> int:
    """The smallest number of hidden units with which a shallow ReLU network equals m^(n) on [0, 1].

    By search over the ways in which the K - 1 kinks can be made: with one unit a kink, oriented left or right,
    the slope at 0 is minus the sum of the kinks of the left-oriented units (kinks alternate -2K, +2K, ...) and
    must be K unless a skip connection adds what is missing. Otherwise one more unit suffices (`shallow`).
    Short proof, derived here. Cost 2^(K-1): for n <= 4.
    """
    edges = 2**compositions
    kinks = [(-2 if j % 2 else 2) * edges for j in range(1, edges)]
    slopes = {-sum(chosen) for size in range(edges) for chosen in combinations(kinks, size)}
    return edges - 1 if skip or edges in slopes else edges


def pieces(values: np.ndarray) -> int:
    """Linear pieces of the continuous piecewise linear function with these values on an equally spaced lattice.

    One more than the second differences that are not zero, where two neighbours that are not zero are one kink
    between lattice points; exact when kinks are at least three steps apart. `values` are integers.
    """
    bends = np.diff(values, 2) != 0
    return 1 + int(bends[0]) + int((bends[1:] & ~bends[:-1]).sum())


def crossings(values: np.ndarray, level: int) -> int:
    """How often integer values on a lattice cross `level` strictly, runs of equality counted with what follows."""
    signs = np.sign(values - level)
    signs = signs[signs != 0]
    return int((signs[1:] != signs[:-1]).sum())


def float_chain(x: np.ndarray, compositions: int) -> np.ndarray:
    """`chain` in the floating-point type of `x`, every operation rounded to it."""
    two, four, half, zero = (x.dtype.type(c) for c in (2, 4, 0.5, 0))
    for _ in range(compositions):
        x = np.maximum(two * np.maximum(x, zero) - four * np.maximum(x - half, zero), zero)
    return x


def float_values(compositions: int, digits: int) -> int:
    """How many values m^(n) takes at the numbers of [1/2, 1) with `digits` binary digits: 2^(digits-n) + 1, n >= 2.

    None but {0, 1} at n = digits and only 0 beyond.
    """
    return 2 ** (digits - compositions) + 1 if compositions <= digits else 1


def float_error(compositions: int, digits: int) -> float:
    """Largest |m^(n)(round(x)) - m^(n)(x)| over [1/2, 1): half a unit in the last place times the slope 2^n."""
    return min(1.0, 2.0 ** (compositions - digits - 1))
