"""The sawtooth: compositions of the tent map, the networks that are equal to it, and its exact arithmetic.

m(x) = max(0, min(2x, 2 - 2x)) and m^(n) is its n-fold composition, with K = 2^n edges on [0, 1]. Networks are evaluated
at rationals, or on a lattice of dyadic rationals in integers, where nothing is rounded. Source: Telgarsky 2015,
arXiv:1509.08101.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

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


Layers = list[tuple[list[list[int]], list[Fraction]]]
"""A ReLU network: (weights of each unit, bias of each unit) layer by layer, the last layer linear."""


def evaluate(layers: Layers, x: Any, one: int = 1) -> Any:
    """The network at `x / one`, times `one`: for a Fraction, or for an array of integers or floats.

    Integers stay exact when `one` is a power of two that clears the denominators of the biases.
    """
    units = [x]
    for depth, (weights, biases) in enumerate(layers):
        units = [
            sum(w * u for w, u in zip(row, units, strict=True)) + _offset(bias, one, x)
            for row, bias in zip(weights, biases, strict=True)
        ]
        if depth < len(layers) - 1:
            units = [np.maximum(u, 0) if isinstance(u, np.ndarray) else max(u, 0) for u in units]
    return units[0]


def _offset(bias: Fraction, one: int, x):
    """The bias in the arithmetic of `x`."""
    if not isinstance(x, np.ndarray):
        return bias * one
    if x.dtype.kind == "f":
        return float(bias)
    if (bias * one).denominator != 1:
        raise ValueError(f"`one` must clear the denominator of the bias {bias}, got {one}.")
    return int(bias * one)


def hidden_units(layers: Layers) -> int:
    """Units with an activation."""
    return sum(len(biases) for _, biases in layers[:-1])


def nodes(layers: Layers) -> int:
    """Hidden units and the output."""
    return hidden_units(layers) + 1


_SPLIT = ([[1], [1]], [Fraction(0), Fraction(-1, 2)])
_JOIN = ([[2, -4]], [Fraction(0)])


def chain(compositions: int) -> Layers:
    """Hidden layers of widths 2, 1, 2, 1, ...: n times relu(2 relu(x) - 4 relu(x - 1/2)), equal to m^(n) on R."""
    return [*[_SPLIT, _JOIN] * compositions, ([[1]], [Fraction(0)])]


def narrow_chain(compositions: int) -> Layers:
    """n hidden layers of two units h1, h2 and the linear output 2 h1 - 4 h2.

    Equal to m^(n) on all of R for n >= 2; for n = 1 only on (-inf, 1].
    """
    again = ([[2, -4], [2, -4]], [Fraction(0), Fraction(-1, 2)])
    return [_SPLIT, *[again] * (compositions - 1), _JOIN]


def shallow(compositions: int, line: bool = False) -> Layers:
    """One hidden layer of K = 2^n units relu(x - j/K), weights K, -2K, +2K, ...: equal to m^(n) on [0, 1].

    With `line` a further unit relu(x - 1) makes it equal on all of R.
    """
    edges = 2**compositions
    weights = [edges, *((-2 if j % 2 else 2) * edges for j in range(1, edges)), *([edges] if line else [])]
    biases = [Fraction(-j, edges) for j in range(edges + line)]
    return [([[1]] * len(biases), biases), ([weights], [Fraction(0)])]


def shallow_skip(compositions: int) -> tuple[Layers, int]:
    """The K - 1 units of `shallow` without the first, and the weight K of the linear skip connection."""
    (units, biases), (output, offset) = shallow(compositions)
    return [(units[1:], biases[1:]), ([output[0][1:]], offset)], 2**compositions


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


def float_values(compositions: int, digits: int) -> int:
    """How many values m^(n) takes at the numbers of [1/2, 1) with `digits` binary digits: 2^(digits-n) + 1, n >= 2.

    None but {0, 1} at n = digits and only 0 beyond.
    """
    return 2 ** (digits - compositions) + 1 if compositions <= digits else 1


def float_error(compositions: int, digits: int) -> float:
    """Largest |m^(n)(round(x)) - m^(n)(x)| over [1/2, 1): half a unit in the last place times the slope 2^n."""
    return min(1.0, 2.0 ** (compositions - digits - 1))
