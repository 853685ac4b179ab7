"""Minibatches: each replicate's own permutations laid end to end and cut into batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

AT_ONCE = 2**13
"""Words that are drawn and sorted together, about: they stay in the second-level cache."""
AHEAD = 2**10
"""Samples of every replicate that are laid out ahead, at least an epoch."""


def batches(
    x: Tensor, y: Tensor, batch_size: int, generators: Sequence[np.random.Generator]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless minibatches of inputs (reps, d, batch_size) and responses (reps, batch_size, k).

    Rows with one generator object share their order.
    """
    n, reps = x.shape[1], len(generators)
    index = np.empty((reps, 0), dtype=np.int32)
    while True:
        index = np.concatenate([index, permutations(n, max(1, AHEAD // n), generators)], axis=1)
        whole = index.shape[1] // batch_size * batch_size
        order = torch.from_numpy(index[:, :whole]).to(x.device, torch.int64)
        index = index[:, whole:]
        x_now, y_now = _reordered(x, order).transpose(1, 2).contiguous(), _reordered(y, order)
        for begin in range(0, whole, batch_size):
            yield x_now[:, :, begin : begin + batch_size], y_now[:, begin : begin + batch_size]


def _reordered(data: Tensor, order: Tensor) -> Tensor:
    """data[r, order[r]] for every row r of `order`; `data` may have one row for all."""
    rows, n, k = data.shape
    first = torch.arange(0, rows * n, n, device=data.device).unsqueeze(1)
    return data.reshape(rows * n, k).index_select(0, (order + first).flatten()).view(*order.shape, k)


def permutations(n: int, epochs: int, generators: Sequence[np.random.Generator]) -> np.ndarray:
    """The next `epochs` permutations of 0, ..., n - 1 of every generator end to end, (generators, epochs * n).

    How many are drawn at once changes none of them. A generator that stands in several rows is drawn from once.
    """
    drawn: dict[int, np.ndarray] = {}
    most = max(1, AT_ONCE // n)
    for rng in generators:
        if id(rng) not in drawn:
            parts = [_sorted_words(n, min(most, epochs - begin), rng) for begin in range(0, epochs, most)]
            drawn[id(rng)] = np.concatenate(parts)
    return np.stack([drawn[id(rng)] for rng in generators])


def _sorted_words(n: int, epochs: int, rng: np.random.Generator) -> np.ndarray:
    """Permutations by sorting random 64-bit words that end in their place: two to five times `Generator.permutation`.

    The words' free bits agree by chance for a pair among n with probability below n^3 / 2^64; such a pair stays in order.
    """
    places = np.arange(n, dtype=np.uint64)
    low = np.uint64(2 ** int(n - 1).bit_length() - 1)
    words = rng.integers(0, 2**64, size=(epochs, n), dtype=np.uint64)
    words &= ~low
    words |= places
    words.sort(axis=1)
    words &= low
    return words.astype(np.int32).ravel()
