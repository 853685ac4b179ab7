"""How a network lies in the shared memory of its block of threads: block.h, number by number, which asserts the same size."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dlstats.nets import Mlp
from dlstats.training.contract import Problem

FLAGS = 16
"""Bytes of shared memory beside the numbers."""


@dataclass(frozen=True)
class Shape:
    """What the compiler is told of a network and its block. `crew`, `tile` and `far` change the time and no bit."""

    sizes: tuple[int, ...]
    skip: bool
    derivatives: bool
    """Whether those of the activation are kept for the way back; relu has them from its values."""
    trained: bool
    """Whether every hidden layer has a trained slope, as prelu does."""
    number_bytes: int
    crew: int
    """Threads of the block."""
    tile: int
    """Samples that pass through all layers at once."""
    far: bool = False
    """Whether the moments of the optimiser stay in the memory of the GPU."""

    @property
    def layers(self) -> int:
        """Affine maps, the skip apart."""
        return len(self.sizes) - 1

    def wide(self, layer: int) -> int:
        """Units of a layer (0: the inputs), padded."""
        return _up(self.sizes[layer], 4) if self.sizes[layer] >= 4 else self.sizes[layer]

    def row(self, layer: int) -> int:
        """Numbers from one row of the weights that lead to a layer to the next row."""
        return self.wide(layer) + (4 if self.wide(layer) % 8 == 0 else 0)

    def weight(self, layer: int) -> int:
        """Where a layer's weights begin, whose last row is the bias; after all layers those of the skip."""
        return sum(_up((self.sizes[i] + 1) * self.row(i + 1), 4) for i in range(layer))

    @property
    def slopes(self) -> int:
        """Where the trained slopes begin."""
        return self.weight(self.layers) + (_up(self.sizes[0] * self.row(self.layers), 4) if self.skip else 0)

    @property
    def parameters(self) -> int:
        """Numbers of all parameters, with padding."""
        return self.slopes + (_up(self.layers - 1, 4) if self.trained else 0)

    @property
    def shared_bytes(self) -> int:
        """Shared memory of the block."""
        rows = sum(self.wide(layer) for layer in range(len(self.sizes)))
        more = rows - self.wide(0) - self.wide(self.layers) if self.derivatives else 0
        samples = (rows + more + self.sizes[-1]) * (self.tile + 4)
        return (self.parameters * (2 if self.far else 4) + samples) * self.number_bytes + FLAGS

    def places(self, net: Mlp) -> np.ndarray:
        """Where every parameter of a row of `start` lies among the numbers of a block, (p,)."""
        parts = []
        for name, shape in net.shapes.items():
            kind, _, layer = name.partition(".")
            if kind == "slope":
                parts.append(np.array([self.slopes + int(layer)]))
                continue
            of = self.layers if kind == "skip" else int(layer)
            to = min(of + 1, self.layers)
            begin = self.weight(of) + (self.sizes[of] * self.row(to) if kind == "bias" else 0)
            rows = np.arange(shape[0] if len(shape) == 2 else 1)
            parts.append((begin + rows[:, None] * self.row(to) + np.arange(self.sizes[to])).ravel())
        return np.concatenate(parts)

    @property
    def defines(self) -> dict[str, object]:
        """The macros of block.h."""
        names = ("skip", "derivatives", "trained", "far", "crew", "tile")
        numbers: dict[str, object] = {name.upper(): int(getattr(self, name)) for name in names}
        return {"SIZES": ",".join(map(str, self.sizes)), "BYTES": self.shared_bytes} | numbers


def shape_of(problem: Problem, shared_bytes: int) -> Shape:
    """The shape for a problem, its moments in the memory of the GPU if need be; it may be too large for a block all the same.

    A warp for layers up to 16 units, two up to 32, else four; tiles of 32 samples where a step has no more, else of 64:
    by counts of instructions, not by times.
    """
    net, samples = net_of(problem), problem.training.batch_size or problem.x.shape[1]
    widest = max(net.widths, default=1)
    near = Shape(
        sizes=net.sizes,
        skip=net.skip,
        derivatives=net.activation != "relu",
        trained=net.activation == "prelu",
        number_bytes=8 if problem.training.dtype == "float64" else 4,
        crew=32 if widest <= 16 else 64 if widest <= 32 else 128,
        tile=32 if samples <= 32 else 64,
    )
    smallest = replace(near, far=True, tile=32)
    return next((shape for shape in (near, replace(near, far=True)) if shape.shared_bytes <= shared_bytes), smallest)


def net_of(problem: Problem) -> Mlp:
    """The network of a problem that was not refused."""
    assert isinstance(problem.net, Mlp), "modules of torch are refused before"
    return problem.net


def _up(a: int, b: int) -> int:
    return -(-a // b) * b
