"""Least-squares segmentation: two constants on a line, or an arc and the rest of a circle."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def two_segments(y: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Least-squares fit of two constant segments on a line: the break with the largest between-sum of squares."""
    n = len(y)
    total = np.cumsum(y)
    size = np.arange(1, n)
    gain = (total[:-1] - size * total[-1] / n) ** 2 / (size * (n - size) / n)
    cut = int(np.argmax(gain)) + 1
    fitted = np.empty(n)
    fitted[:cut], fitted[cut:] = total[cut - 1] / cut, (total[-1] - total[cut - 1]) / (n - cut)
    return fitted


def best_arc(y: Float[np.ndarray, " n"]) -> tuple[int, int]:
    """(first, end) of the arc whose own mean, with that of the rest, gives the smallest sum of squares.

    Arcs i, ..., j - 1 with 0 <= i < j <= n, j - i < n: on the circle these and their complements are all; every pair
    of two change points is tried, O(n²).
    """
    n = len(y)
    total = np.concatenate([[0.0], np.cumsum(y - y.mean())])
    best, arc = -np.inf, (0, 1)
    for size in range(1, n):
        # centred: with sum S over m of n points the two means explain S² n / (m (n - m))
        sums = total[size:] - total[:-size]
        at = int(np.argmax(np.abs(sums)))
        gain = sums[at] ** 2 * n / (size * (n - size))
        if gain > best:
            best, arc = gain, (at, at + size)
    return arc


def arc_fit(y: Float[np.ndarray, " n"], arc: tuple[int, int]) -> Float[np.ndarray, " n"]:
    """The mean on the arc and the mean of the rest."""
    inside = np.zeros(len(y), dtype=bool)
    inside[arc[0] : arc[1]] = True
    return np.where(inside, y[inside].mean(), y[~inside].mean())
