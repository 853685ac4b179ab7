"""Continuous piecewise linear functions on [0, 1] in rational arithmetic: sum, composition, number of pieces."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class PiecewiseLinear:
    """The function with `values` at increasing `knots`, the first 0 and the last 1, linear between them."""

    knots: tuple[Fraction, ...]
    values: tuple[Fraction, ...]

    def __call__(self, x: Fraction) -> Fraction:
        """The value at x in [0, 1]."""
        i = min(max(bisect_right(self.knots, x) - 1, 0), len(self.knots) - 2)
        fraction = (x - self.knots[i]) / (self.knots[i + 1] - self.knots[i])
        return self.values[i] + fraction * (self.values[i + 1] - self.values[i])

    @property
    def pieces(self) -> int:
        """Maximal intervals on which the function is linear."""
        steps = zip(self.knots, self.knots[1:], self.values, self.values[1:], strict=False)
        slopes = [(d - c) / (b - a) for a, b, c, d in steps]
        return 1 + sum(s != t for s, t in pairwise(slopes))


def add(f: PiecewiseLinear, g: PiecewiseLinear) -> PiecewiseLinear:
    """f + g."""
    knots = tuple(sorted({*f.knots, *g.knots}))
    return PiecewiseLinear(knots, tuple(f(x) + g(x) for x in knots))


def compose(f: PiecewiseLinear, g: PiecewiseLinear) -> PiecewiseLinear:
    """f after g, where g maps into [0, 1]: knots of g, and the points that g sends to a knot of f."""
    knots = set(g.knots)
    for a, b, c, d in zip(g.knots, g.knots[1:], g.values, g.values[1:], strict=False):
        if c != d:
            knots |= {a + (t - c) * (b - a) / (d - c) for t in f.knots if min(c, d) < t < max(c, d)}
    ordered = tuple(sorted(knots))
    return PiecewiseLinear(ordered, tuple(f(g(x)) for x in ordered))


def random_function(rng: np.random.Generator, pieces: int, denominator: int = 997) -> PiecewiseLinear:
    """A function into [0, 1] with at most `pieces` pieces, knots and values uniform on the multiples of 1/denominator."""
    inner = sorted(rng.choice(np.arange(1, denominator), pieces - 1, replace=False).tolist())
    values = rng.integers(0, denominator + 1, pieces + 1).tolist()
    knots = (Fraction(0), *(Fraction(k, denominator) for k in inner), Fraction(1))
    return PiecewiseLinear(knots, tuple(Fraction(v, denominator) for v in values))


TENT = PiecewiseLinear((Fraction(0), Fraction(1, 2), Fraction(1)), (Fraction(0), Fraction(1), Fraction(0)))
"""The tent map."""
