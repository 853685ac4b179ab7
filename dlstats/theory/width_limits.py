"""What narrow networks cannot do: the class of width 1 and its distance to a target, floors, an explicit network.

Targets live on the square [-1, 1]^2. A ReLU network of width 1 and depth at least 2 is clamp(w.x + b, lo, hi), a
monotone function of one direction with at most three pieces (short proof: a composition of clamps is a clamp).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import scipy

Target = Callable[[np.ndarray], np.ndarray]


def _cone(x: np.ndarray) -> np.ndarray:
    return np.maximum(1 - np.hypot(x[..., 0], x[..., 1]), 0)


def pyramid(x: np.ndarray) -> np.ndarray:
    """(1 - |x_1| - |x_2|)_+: 1 at the centre, 0 on the boundary of the square; integral 2/3."""
    return np.maximum(1 - np.abs(x[..., 0]) - np.abs(x[..., 1]), 0)


TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "product": lambda x: x[..., 0] * x[..., 1],
        "paraboloid": lambda x: x[..., 0] ** 2 + x[..., 1] ** 2,
        "taxicab": lambda x: np.abs(x[..., 0]) + np.abs(x[..., 1]),
        "cone": _cone,
        "gaussian": lambda x: np.exp(-2 * (x[..., 0] ** 2 + x[..., 1] ** 2)),
        "pyramid": pyramid,
    }
)
"""Functions of (..., 2) arrays."""

PEAK_FLOOR = 0.5
"""Sup error of every network of widths <= 2 for `pyramid`, and of the constant 1/2.

By the maximum principle the network's value at the centre is one that it takes on the boundary of the square.
[Johnson 2019; Hanin and Sellke 2017]
"""


def midpoints(cells: int) -> np.ndarray:
    """The centres of cells x cells squares that fill [-1, 1]^2, shape (cells^2, 2)."""
    axis = (np.arange(cells) + 0.5) * 2 / cells - 1
    return np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)


def constant_floor(target: Target, cells: int = 400) -> float:
    """Smallest integral of |f - c| over the square, at the median of f (midpoint rule)."""
    value = target(midpoints(cells))
    return 4 * float(np.abs(value - np.median(value)).mean())


def clamp_floor(target: Target, cells: int = 400, coarse: int = 40) -> float:
    """Smallest integral of |f - clamp(w.x + b, lo, hi)| over the square: five parameters (midpoint rule).

    Every ramp of a grid of directions and ends is tried on a coarse grid, with the best end values (`_best_levels`);
    the best twelve are polished by Nelder and Mead's search, on the coarse and then on the fine grid.
    """
    start = min((_polish(target, coarse, ramp) for ramp in _ramps(target, coarse)), key=lambda pair: pair[1])
    return min(_polish(target, cells, start[0])[1], constant_floor(target, cells))


def clamp(x: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    """The ramp in direction (cos a, sin a) from `low` at s to `high` at t: parameters (a, s, t, low, high)."""
    angle, s, t, low, high = parameters
    along = x @ np.array([math.cos(angle), math.sin(angle)])
    return low + (high - low) * np.clip((along - s) / (t - s if t != s else 1e-12), 0, 1)


def _ramps(target: Target, cells: int, keep: int = 12) -> list[np.ndarray]:
    x = midpoints(cells)
    value = target(x)
    ends = np.linspace(-1.5, 1.5, 11)
    ramps = []
    for angle in np.linspace(0, math.pi, 13)[:-1]:
        along = x @ np.array([math.cos(angle), math.sin(angle)])
        for i, s in enumerate(ends):
            for t in ends[i + 1 :]:
                levels, loss = _best_levels(np.clip((along - s) / (t - s), 0, 1), value)
                ramps.append((loss, np.array([angle, s, t, *levels])))
    ramps.sort(key=lambda pair: pair[0])
    return [ramp for _, ramp in ramps[:keep]]


def _best_levels(fraction: np.ndarray, value: np.ndarray, rounds: int = 12) -> tuple[np.ndarray, float]:
    """(low, high) that minimise mean |value - low - (high - low) share|, by reweighted least squares."""
    design = np.stack([1 - fraction, fraction], axis=1)
    levels, loss = np.zeros(2), math.inf
    weight = np.ones_like(value)
    for _ in range(rounds):
        gram = design.T @ (design * weight[:, None])
        levels = np.linalg.lstsq(gram, design.T @ (weight * value), rcond=None)[0]
        residual = np.abs(value - design @ levels)
        loss = float(residual.mean())
        weight = 1 / np.maximum(residual, 1e-3)
    return levels, loss


def _polish(target: Target, cells: int, start: np.ndarray) -> tuple[np.ndarray, float]:
    x = midpoints(cells)
    value = target(x)

    def loss(parameters: np.ndarray) -> float:
        return 4 * float(np.abs(value - clamp(x, parameters)).mean())

    for _ in range(3):
        optimum = scipy.optimize.minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-7})
        start = optimum.x
    return start, float(optimum.fun)


def pyramid_network() -> list[tuple[np.ndarray, np.ndarray]]:
    """Width 3 and three hidden layers, equal to `pyramid` on all of R^2; layers (1, out, in), (1, out).

    relu(u + relu(x_2 + 1) - 2 relu(x_2) - 1) with u = (1 - |x_1|)_+ = relu(relu(x_1 + 1) - 2 relu(x_1)), and the
    other part is 1 - |x_2| where that counts. One unit more than the input dimension, the smallest width that can.
    Derived here.
    """
    first = (np.array([[1.0, 0], [1, 0], [0, 1]]), np.array([1.0, 0, 1]))
    second = (np.array([[1.0, -2, 0], [0, 0, 1], [0, 0, 1]]), np.array([0.0, 0, -1]))
    third = (np.array([[1.0, 1, -2]]), np.array([-1.0]))
    last = (np.ones((1, 1)), np.zeros(1))
    return [(weight[None], bias[None]) for weight, bias in (first, second, third, last)]
