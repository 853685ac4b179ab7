"""Targets on [−1, 1]^d, their points, and the shapes of networks with equally many parameters."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy

from dlstats.seeds import Streams


@dataclass(frozen=True)
class Target:
    """A function on [-1, 1]^d."""

    dimension: int
    value: Callable[[np.ndarray], np.ndarray]


def _tree(x: np.ndarray, bend: float) -> np.ndarray:
    """A binary tree of h(u, v) = sin(bend (u + v + u v)) over the coordinates."""
    while x.shape[-1] > 1:
        u, v = x[..., 0::2], x[..., 1::2]
        x = np.sin(bend * (u + v + u * v))
    return x[..., 0]


def _rough(x: np.ndarray) -> np.ndarray:
    """sum_{k < 7} 2^(-k/2) cos(2^k pi x), Weierstrass: Hoelder 1/2 down to the scale 2^-6."""
    return sum((2 ** (-k / 2) * np.cos(2**k * math.pi * x[..., 0]) for k in range(7)), np.zeros(x.shape[:-1]))


TARGETS: dict[str, Target] = {
    "sawtooth": Target(1, lambda x: 1 - np.abs(1 - np.mod(8 * (x[..., 0] + 1), 2))),
    "rough": Target(1, _rough),
    "jump": Target(2, lambda x: (np.hypot(x[..., 0], x[..., 1]) < 0.6).astype(float)),
    "tree_4": Target(4, lambda x: _tree(x, math.pi / 2)),
    "tree_8": Target(8, lambda x: _tree(x, math.pi / 4)),
    "bump": Target(4, lambda x: np.exp(-2 * (x**2).sum(axis=-1))),
}
LABELS = {
    "sawtooth": "sawtooth, d = 1",
    "rough": "rough, d = 1",
    "jump": "jump, d = 2",
    "tree_4": "tree, d = 4",
    "tree_8": "tree, d = 8",
    "bump": "bump, d = 4",
}


def sample(streams: Streams, target: Target, role: str, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (reps, n, d) and values (reps, n), the same for every arm and budget; fewer are the first of more."""
    x = streams.draw(lambda rng: rng.uniform(-1, 1, (n, target.dimension)), role, dimension=target.dimension)
    return x, target.value(x)


@functools.cache
def variance(name: str) -> float:
    """Variance of a target over uniform inputs, from 2^14 Sobol points."""
    target = TARGETS[name]
    points = scipy.stats.qmc.Sobol(target.dimension, scramble=False).random(2**14)
    return float(target.value(2 * points - 1).var())


def shape_for(budget: int, depth: int, dimension: int) -> tuple[int, ...]:
    """Hidden widths, equal or one more in the first layers, with as many parameters as fit into `budget`."""
    width = 1
    while parameters((width + 1,) * depth, dimension) <= budget:
        width += 1
    widths = [width] * depth
    for layer in range(depth):
        wider = [*widths[:layer], width + 1, *widths[layer + 1 :]]
        widths = wider if parameters(wider, dimension) <= budget else widths
    return tuple(widths)


def parameters(widths: Sequence[int], dimension: int) -> int:
    """Weights and biases of hidden layers of these widths and one output."""
    sizes = (dimension, *widths, 1)
    return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(sizes))
