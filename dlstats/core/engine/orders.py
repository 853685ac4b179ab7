"""Minibatches: each replicate's own permutations laid end to end and cut into batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor


def batches(
    x: Tensor, y: Tensor, batch_size: int, generators: Sequence[np.random.Generator]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless minibatches of inputs (reps, d, batch_size) and responses (reps, batch_size, k).

    Rows with one generator object share their order.
    """
    n, reps = x.shape[1], len(generators)
    index = np.empty((reps, 0), dtype=np.int64)
    while True:
        index = np.concatenate([index, _permutations(n, generators)], axis=1)
        whole = index.shape[1] // batch_size * batch_size
        order = torch.from_numpy(index[:, :whole]).to(x.device)
        index = index[:, whole:]
        x_now, y_now = _reordered(x, order).transpose(1, 2).contiguous(), _reordered(y, order)
        for begin in range(0, whole, batch_size):
            yield x_now[:, :, begin : begin + batch_size], y_now[:, begin : begin + batch_size]


def _reordered(data: Tensor, order: Tensor) -> Tensor:
    """data[r, order[r]] for every row r of `order`; `data` may have one row for all."""
    rows, n, k = data.shape
    first = torch.arange(0, rows * n, n, device=data.device).unsqueeze(1)
    return data.reshape(rows * n, k).index_select(0, (order + first).flatten()).view(*order.shape, k)


def _permutations(n: int, generators: Sequence[np.random.Generator]) -> np.ndarray:
    drawn: dict[int, np.ndarray] = {}
    for rng in generators:
        if id(rng) not in drawn:
            drawn[id(rng)] = rng.permutation(n)
    return np.stack([drawn[id(rng)] for rng in generators])
