"""Minibatches: each replicate's own permutations laid end to end and cut into batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor


def batches(
    x: Tensor, y: Tensor, batch_size: int, generators: Sequence[np.random.Generator]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless minibatches (reps, batch_size, ...); rows with one generator object share their order."""
    n, reps = x.shape[1], len(generators)
    x, y = x.expand(reps, -1, -1), y.expand(reps, -1, -1)
    index = np.empty((reps, 0), dtype=np.int64)
    while True:
        index = np.concatenate([index, _permutations(n, generators)], axis=1)
        whole = index.shape[1] // batch_size * batch_size
        order = torch.from_numpy(index[:, :whole]).to(x.device)
        index = index[:, whole:]
        x_now, y_now = (t.gather(1, order.unsqueeze(2).expand(-1, -1, t.shape[2])) for t in (x, y))
        for begin in range(0, whole, batch_size):
            yield x_now[:, begin : begin + batch_size], y_now[:, begin : begin + batch_size]


def _permutations(n: int, generators: Sequence[np.random.Generator]) -> np.ndarray:
    drawn: dict[int, np.ndarray] = {}
    for rng in generators:
        if id(rng) not in drawn:
            drawn[id(rng)] = rng.permutation(n)
    return np.stack([drawn[id(rng)] for rng in generators])
