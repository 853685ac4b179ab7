"""The prescription of Schmidt-Hieber (2020, Annals of Statistics 48, theorems 1 and 3) for composed functions.

f = g_q ∘ ... ∘ g_0, where every component of g_i depends on t_i variables and is β_i-Hölder.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """One map g_i of a composition: Hölder `smoothness` β_i and `variables` t_i that each component depends on."""

    smoothness: float
    variables: int


STRUCTURES: dict[str, tuple[Layer, ...]] = {
    "generic": (Layer(2, 10),),
    "additive": (Layer(2, 1), Layer(20, 10)),
    "single_index": (Layer(20, 10), Layer(2, 1)),
    "rough_outer": (Layer(2, 2), Layer(0.5, 1)),
    "binary_tree": (Layer(2, 2), Layer(2, 2), Layer(2, 2)),
    "pair_interactions": (Layer(1.5, 2), Layer(50, 45)),
}
"""Compositions by name; linear maps (sums, projections) have smoothness as large as is wanted, here 20 or 50."""


@dataclass(frozen=True)
class Prescription:
    """What theorem 1 asks for at sample size n."""

    exponent: float
    rate: float
    width: float
    active: float
    depth: float


def effective_smoothness(structure: Sequence[Layer], index: int) -> float:
    """β*_i = β_i prod_{l > i} min(β_l, 1)."""
    return structure[index].smoothness * math.prod(min(g.smoothness, 1.0) for g in structure[index + 1 :])


def exponent(structure: Sequence[Layer]) -> float:
    """min_i 2β*_i / (2β*_i + t_i): φ_n = n^(-exponent) up to logarithms."""
    smooth = [effective_smoothness(structure, i) for i in range(len(structure))]
    return min(2 * b / (2 * b + g.variables) for b, g in zip(smooth, structure, strict=True))


def prescription(structure: Sequence[Layer], n: float) -> Prescription:
    """Depth, width and active parameters of theorem 1, constants taken as 1.

    L >= sum_i log2(max(4t_i, 4β_i)) log2 n, widths >= n φ_n, s of order n φ_n ln n.
    """
    power = exponent(structure)
    rate = n**-power
    depth = sum(math.log2(max(4 * g.variables, 4 * g.smoothness)) for g in structure) * math.log2(n)
    return Prescription(power, rate, n * rate, n * rate * math.log(n), depth)
