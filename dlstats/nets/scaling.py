"""Scaling rules as data: how width, depth, steps and weight decay follow from sample size, dimension and smoothness.

A study takes a rule by name from the configuration, so that a user can ask what a prescription does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """What a rule gives at n: hidden widths, steps and weight decay."""

    widths: tuple[int, ...]
    steps: int
    weight_decay: float = 0.0


@dataclass(frozen=True)
class Rule:
    """A scaling rule: `shape(n, d, smoothness)`, and where it comes from."""

    shape: Callable[[float, int, float], Shape]
    source: str


def _spline(factor: float, steps: int) -> Callable[[float, int, float], Shape]:
    """One layer of `factor` n^(1/(2b+1)) units: the pieces of the best linear spline in one effective dimension."""
    return lambda n, d, b: Shape((max(2, round(factor * n ** (1 / (2 * b + 1)))),), steps)


def _isotropic(factor: float, steps: int) -> Callable[[float, int, float], Shape]:
    """One layer of `factor` n^(d/(2b+d)) units: as many parameters as the isotropic rate asks for."""
    return lambda n, d, b: Shape((max(2, round(factor * n ** (d / (2 * b + d)))),), steps)


def _fixed(widths: tuple[int, ...], steps: int, weight_decay: float = 0.0) -> Callable[[float, int, float], Shape]:
    return lambda n, d, b: Shape(widths, steps, weight_decay)


def _schmidt_hieber(n: float, d: int, b: float) -> Shape:
    """Theorem 1 for one smooth variable: depth log2(max(4, 4b)) log2 n, width n^(1/(2b+1)); steps as the others."""
    depth = math.ceil(math.log2(max(4.0, 4 * b)) * math.log2(n))
    return Shape((max(2, round(n ** (1 / (2 * b + 1)))),) * depth, 4000)


def _decay(factor: float, steps: int) -> Callable[[float, int, float], Shape]:
    """A wide layer of 64 units whose weight decay follows n^(-2b/(2b+1)), the square of the wanted error."""
    return lambda n, d, b: Shape((64,), steps, factor * n ** (-2 * b / (2 * b + 1)))


RULES: dict[str, Rule] = {
    "spline_6": Rule(_spline(6, 4000), "6 n^(1/(2b+1)) units, chosen on other seeds"),
    "spline_6_short": Rule(_spline(6, 3000), "the same with 3000 steps"),
    "spline_4": Rule(_spline(4, 4000), "4 n^(1/(2b+1)) units"),
    "spline_3_short": Rule(_spline(3, 3000), "3 n^(1/(2b+1)) units, 3000 steps, chosen on other seeds"),
    "spline_2": Rule(_spline(2, 4000), "2 n^(1/(2b+1)) units"),
    "isotropic_1": Rule(_isotropic(1, 4000), "n^(d/(2b+d)) units, blind to structure"),
    "deep_16": Rule(_fixed((16, 16, 16), 8000), "three layers of 16 whatever n, chosen on other seeds"),
    "decay_64": Rule(_decay(0.1, 4000), "64 units, weight decay 0.1 n^(-2b/(2b+1))"),
    "schmidt_hieber": Rule(_schmidt_hieber, "Schmidt-Hieber 2020, theorem 1, constants 1"),
}
"""Name -> rule."""


def shape(rule: str, n: float, d: int = 1, smoothness: float = 2.0) -> Shape:
    """The shape that a rule gives. Raises ValueError for a rule that is not known."""
    if rule not in RULES:
        raise ValueError(f"`rule` must be one of {', '.join(RULES)}, got {rule!r}.")
    return RULES[rule].shape(n, d, smoothness)
