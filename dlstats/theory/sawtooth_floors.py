"""The least error of k linear pieces against the sawtooth m^(n), in L2, L1 and 0-1 loss.

K = 2^n edges, 1 <= k <= K pieces, r = K - k + 1. A shallow ReLU network of N units has at most N + 1 pieces.
Closed forms derived here; the L2 and L1 forms are upper bounds that are attained, and their optimality is
checked by `grid_floor` (dynamic programming), not proven. `proven_*` are lower bounds with a short proof.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise, product
from typing import Any

import numpy as np
import scipy


def l2_floor(compositions: int, pieces: int) -> float:
    """min of the integral of (g - m^(n))^2: e2(r)/K, e2 = (r^2-1)/(6(2r-1)) for odd r, r(r+2)/(6(2r+3)) for even r.

    For k = 1 it is 1/12. Optimal: follow k - 1 edges, leave the last before its end, one slanted line over the rest.
    """
    edges = 2**compositions
    if pieces >= edges:
        return 0.0
    if pieces == 1:
        return 1 / 12
    r = edges - pieces + 1
    return ((r * r - 1) / (6 * (2 * r - 1)) if r % 2 else r * (r + 2) / (6 * (2 * r + 3))) / edges


def l1_floor(compositions: int, pieces: int) -> float:
    """min of the integral of |g - m^(n)|: e1(r)/K with the structure of `l2_floor`; 1/4 for k = 1."""
    edges = 2**compositions
    if pieces >= edges:
        return 0.0
    return 0.25 if pieces == 1 else _l1_tail(edges - pieces + 1) / edges


def proven_l2_floor(compositions: int, pieces: int) -> float:
    """(1/12) (1 - 2(k-1)/K)_+: on every full period without a knot the best affine function is the mean."""
    return max(0.0, 1 - 2 * (pieces - 1) / 2**compositions) / 12


def proven_l1_floor(compositions: int, pieces: int) -> float:
    """(1/4 - (k-1)/(2K))_+: on a full period without a knot, sign(m - 1/2) is orthogonal to affine functions."""
    return max(0.0, 0.25 - (pieces - 1) / 2 ** (compositions + 1))


def zero_one_floor(points: int, runs: int) -> float:
    """Least 0-1 error on M alternating labels of a classifier with s sign runs: ceil((M - s)/2) / M, s <= M."""
    return math.ceil((points - min(runs, points)) / 2) / points


def zero_one_search(points: int) -> dict[int, float]:
    """`zero_one_floor` for every number of runs, by trying all 2^M labellings."""
    target = [i % 2 for i in range(points)]
    best = dict.fromkeys(range(1, points + 1), 1.0)
    for labels in product((0, 1), repeat=points):
        runs = 1 + sum(a != b for a, b in pairwise(labels))
        best[runs] = min(best[runs], sum(a != b for a, b in zip(labels, target, strict=True)) / points)
    for runs in range(2, points + 1):
        best[runs] = min(best[runs], best[runs - 1])
    return best


def zigzag(t: np.ndarray) -> np.ndarray:
    """The sawtooth in units of edges: 0 at even and 1 at odd t."""
    return 1 - np.abs(1 - np.mod(t, 2))


@cache
def _l1_tail(r: int) -> float:
    """e1(r): least integral of |line - zigzag| over [p, r + 1], line through (p, p) on the first edge, p in [0, 1]."""

    def cost(parameters: np.ndarray) -> float:
        leave, slope = parameters
        if not 0 <= leave <= 1:
            return math.inf
        ends = np.concatenate([[leave], np.arange(1, r + 2)])
        gap = leave + slope * (ends - leave) - zigzag(ends)
        return float(_absolute_integral(gap, np.diff(ends)).sum())

    starts = product(np.linspace(0.1, 0.9, 5), np.linspace(-0.6, 0.6, 13) / max(1, r / 4))
    options: Any = {"xatol": 1e-12, "fatol": 1e-14, "maxiter": 4000}
    runs = (scipy.optimize.minimize(cost, s, method="Nelder-Mead", options=options) for s in starts)
    return min(run.fun for run in runs)


def _absolute_integral(gap: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Integrals of |linear| over intervals of the given lengths, from the values `gap` at their ends."""
    a, b = gap[..., :-1], gap[..., 1:]
    same = a * b >= 0
    total = np.abs(a) + np.abs(b)
    crossed = np.divide(a * a + b * b, total, out=np.zeros_like(total), where=total > 0)
    return length * np.where(same, total, crossed) / 2


def grid_floor(compositions: int, power: int, knots_per_edge: int = 4, levels: int = 41) -> np.ndarray:
    """Least integral of |g - m^(n)|^power for 1, ..., K pieces, knots and values of g on a grid: shape (K,).

    Dynamic programming over (knot, value); power 1 or 2. Never below the true minimum, above it by the grid's width.
    """
    edges = 2**compositions
    knots = np.arange(edges * knots_per_edge + 1) / knots_per_edge
    values = np.linspace(-0.5, 1.5, levels)

    @cache
    def cost(first: int, steps: int) -> np.ndarray:
        """Of a line over `steps` steps of the grid from the knot `first` of the first period, which is two edges."""
        return _segment_cost(knots[first : first + steps + 1], values, power)

    best = np.full((len(knots), levels), np.inf)
    best[0] = 0.0
    floors = []
    for _ in range(edges):
        after = np.full_like(best, np.inf)
        for j in range(1, len(knots)):
            for i in range(j):
                after[j] = np.minimum(after[j], (best[i][:, None] + cost(i % (2 * knots_per_edge), j - i)).min(axis=0))
        best = after
        floors.append(best[-1].min() / edges)
    return np.array(floors)


def _segment_cost(knots: np.ndarray, values: np.ndarray, power: int) -> np.ndarray:
    """Integral of |line - zigzag|^power between the first and the last knot for all end values: (levels, levels)."""
    if len(knots) < 2:
        return np.zeros((len(values), len(values)))
    fraction = (knots - knots[0]) / (knots[-1] - knots[0])
    line = values[:, None, None] * (1 - fraction) + values[None, :, None] * fraction
    gap = line - zigzag(knots)
    length = np.diff(knots)
    if power == 1:
        return _absolute_integral(gap, length).sum(axis=-1)
    a, b = gap[..., :-1], gap[..., 1:]
    return (length * (a * a + a * b + b * b) / 3).sum(axis=-1)
