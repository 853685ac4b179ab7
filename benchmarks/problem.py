"""What every contender is given: shapes, data and starts; and how many operations a step is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

INPUTS, DEPTH, LEARNING_RATE = 5, 3, 1e-3


@dataclass(frozen=True)
class Shape:
    """Full-batch regression: `n` samples, three hidden layers of `width`, `replicates` networks."""

    n: int
    width: int
    replicates: int

    def __str__(self) -> str:
        return f"n={self.n}, width {self.width}, {self.replicates} replicates"

    @property
    def sizes(self) -> tuple[int, ...]:
        return (INPUTS, *[self.width] * DEPTH, 1)

    @property
    def operations(self) -> int:
        """Floating-point operations of a step of one replicate: three products a layer, two for the first."""
        products = [2 * self.n * a * b for a, b in zip(self.sizes, self.sizes[1:], strict=False)]
        return 3 * sum(products) - products[0]


SHAPES = (Shape(128, 16, 256), Shape(512, 64, 64), Shape(1024, 32, 64), Shape(2048, 256, 16))


def data(shape: Shape, rows: range) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x (reps, n, d), y (reps, n, 1) and starts (reps, p) of the replicates in `rows`, in float32."""
    from dlstats import nets

    generators = [np.random.default_rng([1, r]) for r in rows]
    x = np.stack([rng.normal(size=(shape.n, INPUTS)) for rng in generators])
    y = np.sin(x.sum(axis=2, keepdims=True)) + 0.1 * np.stack([rng.normal(size=(shape.n, 1)) for rng in generators])
    net = nets.Mlp(INPUTS, shape.sizes[1:-1])
    start = nets.initialise(net, generators).numpy()
    return x.astype(np.float32), y.astype(np.float32), start


def unpacked(shape: Shape, start: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weight (reps, fan_in, fan_out) and bias (reps, fan_out) of every layer."""
    layers, begin = [], 0
    for a, b in zip(shape.sizes, shape.sizes[1:], strict=False):
        weight = start[:, begin : begin + a * b].reshape(-1, a, b)
        layers.append((weight, start[:, begin + a * b : begin + a * b + b]))
        begin += a * b + b
    return layers
