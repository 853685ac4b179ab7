"""Random ReLU networks, and how the experiments of linear regions name their shapes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dlstats.measures import linear_regions as counter
from dlstats.protocol.factor import Factor
from dlstats.protocol.study import Method
from dlstats.seeds import Streams

Draw = Callable[[np.random.Generator, tuple[int, ...], int], np.ndarray]
"""Random numbers of a shape, for a fan-in."""

BLOCK = 500
"""Networks that are counted at once."""


def _gaussian(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int) -> np.ndarray:
    return rng.normal(0, (2 / fan_in) ** 0.5, shape)


SYMMETRIC: dict[str, Draw] = {
    "gaussian": _gaussian,
    "torch_default": lambda rng, shape, fan_in: rng.uniform(-1, 1, shape) / fan_in**0.5,
    "student": lambda rng, shape, fan_in: rng.standard_t(3, shape) / fan_in**0.5,
    "laplace": lambda rng, shape, fan_in: rng.laplace(0, 1 / fan_in**0.5, shape),
}
"""Distributions of single weights, every sign as likely as the other; biases as weights of two inputs."""

BIASES: dict[str, Draw] = {
    "zero_bias": lambda rng, shape, fan_in: np.zeros(shape),
    "constant_bias": lambda rng, shape, fan_in: np.full(shape, 1.0),
}
"""Other biases, with Gaussian weights."""

DISTRIBUTIONS = {
    "gaussian": "weights N(0, 2/fan-in), biases N(0, 1)",
    "torch_default": "weights uniform on ±1/√fan-in, biases on ±1/√2",
    "student": "weights and biases Student with 3 degrees of freedom",
    "laplace": "weights and biases Laplace",
    "zero_bias": "Gaussian weights, no biases, a line in ten dimensions that misses the origin",
    "constant_bias": "Gaussian weights, every bias 1",
}

WIDTHS = Factor("hidden widths", str, matches=r"[1-9][0-9]*(-[1-9][0-9]*)*")
"""Such as 8-8-8 or 32."""

LINES = ["2-2-2", "5-2-2-5", "3-6-3-6", "3-4-3"]
"""Small networks, where the closed forms differ from the number of neurons."""

EQUAL_UNITS = ["16-16", "8-8-8-8", "4-4-4-4-4-4-4-4"]
"""Networks of 32 hidden units in all, deeper and deeper; 32 in one layer is what they are compared with."""

RANDOM = {"network": Method("random network", "ReLU network with independent random weights and biases")}


def widths_of(level: str) -> tuple[int, ...]:
    """The hidden widths that a level of the factor `widths` names."""
    return tuple(int(width) for width in level.split("-"))


def named(level: str) -> str:
    """A network of equal widths in words."""
    units = widths_of(level)
    return f"one layer of {units[0]}" if len(units) == 1 else f"{len(units)} layers of {units[0]}"


def draw(streams: Streams, d_in: int, widths: tuple[int, ...], distribution: str = "gaussian") -> counter.Layers:
    """Random networks, one per replicate."""
    shapes = counter.shapes((d_in, *widths, 1))
    weight = SYMMETRIC.get(distribution, _gaussian)
    bias = BIASES.get(distribution, lambda rng, shape, _: weight(rng, shape, 2))

    def sample(rng: np.random.Generator) -> np.ndarray:
        parts = [(weight if len(shape) == 2 else bias)(rng, shape, shape[0]).ravel() for shape in shapes.values()]
        return np.concatenate(parts)

    parameters = streams.draw(sample, "weights", d_in=d_in, widths=list(widths), law=distribution)
    return counter.layers_of(shapes, parameters)
