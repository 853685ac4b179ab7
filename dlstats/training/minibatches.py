"""Minibatches: each replicate's own permutations laid end to end and cut into batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from dlstats.training import philox

AT_ONCE = 2**13
"""Words that are drawn and sorted together, about: they stay in the second-level cache."""
AHEAD = 2**10
"""Samples of every replicate that are laid out ahead, at least an epoch."""
ROOM = 2**22
"""Samples of all replicates that are laid out ahead on a GPU, where a hundred launches draw few words or many."""


def batches(
    x: Tensor, y: Tensor, batch_size: int, generators: Sequence[np.random.Generator]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless minibatches of inputs (reps, d, batch_size) and responses (reps, batch_size, k).

    Rows with one generator object share their order. On a GPU the host is not waited for.
    """
    n, reps = x.shape[1], len(generators)
    ahead = AHEAD if x.is_cpu else max(AHEAD, ROOM // reps)
    draw, left = source(n, max(1, ahead // n), generators, x.device), None
    while True:
        index = draw() if left is None else torch.cat([left, draw()], dim=1)
        whole = index.shape[1] // batch_size * batch_size
        order, left = index[:, :whole], index[:, whole:]
        x_now, y_now = _reordered(x, order).transpose(1, 2).contiguous(), _reordered(y, order)
        for begin in range(0, whole, batch_size):
            yield x_now[:, :, begin : begin + batch_size], y_now[:, begin : begin + batch_size]


def source(
    n: int, epochs: int, generators: Sequence[np.random.Generator], device: torch.device
) -> Callable[[], Tensor]:
    """What gives the next `epochs` permutations at every call, (generators, epochs * n), on the device."""
    made_there = device.type != "cpu" and philox.serves(generators)
    return (_made_on if made_there else _sent_to)(device, n, epochs, generators)


def _made_on(
    device: torch.device, n: int, epochs: int, generators: Sequence[np.random.Generator]
) -> Callable[[], Tensor]:
    """Permutations made on the device from what generators would draw, which themselves stay as they are."""
    own = {id(rng): rng for rng in generators}
    place = {owner: row for row, owner in enumerate(own)}
    rows = torch.tensor([place[id(rng)] for rng in generators], device=device)
    words = philox.Words(list(own.values()), device)
    return lambda: _sorted_on_device(words.draw(epochs * n).unflatten(1, (epochs, n))).index_select(0, rows)


def _sent_to(
    device: torch.device, n: int, epochs: int, generators: Sequence[np.random.Generator]
) -> Callable[[], Tensor]:
    """Permutations drawn on the CPU, and sent to a GPU from memory that need not be waited for."""

    def drawn() -> Tensor:
        index = torch.from_numpy(permutations(n, epochs, generators))
        index = index.pin_memory() if device.type == "cuda" else index
        return index.to(device, non_blocking=True).to(torch.int64)

    return drawn


def _sorted_on_device(words: Tensor) -> Tensor:
    """`_sorted_words` of words (generators, epochs, n) that are drawn: (generators, epochs * n)."""
    n = words.shape[2]
    low = 2 ** (n - 1).bit_length() - 1
    places = (words & ~low) | torch.arange(n, device=words.device)
    sorted_as_unsigned = (places ^ -(2**63)).sort(dim=2).values
    return (sorted_as_unsigned & low).flatten(1)


def _reordered(data: Tensor, order: Tensor) -> Tensor:
    """data[r, order[r]] for every row r of `order`; `data` may have one row for all."""
    rows, n, k = data.shape
    first = torch.arange(0, rows * n, n, device=data.device).unsqueeze(1)
    return data.reshape(rows * n, k).index_select(0, (order + first).flatten()).view(*order.shape, k)


def permutations(n: int, epochs: int, generators: Sequence[np.random.Generator]) -> np.ndarray:
    """The next `epochs` permutations of 0, ..., n - 1 of every generator end to end, (generators, epochs * n).

    How many are drawn at once changes none of them. A generator that stands in several rows is drawn from once.
    """
    drawn = np.empty((len(generators), epochs, n), dtype=np.int32)
    most, rows = max(1, AT_ONCE // n), {}
    for row, rng in enumerate(generators):
        if id(rng) in rows:
            drawn[row] = drawn[rows[id(rng)]]
            continue
        rows[id(rng)] = row
        for begin in range(0, epochs, most):
            drawn[row, begin : begin + most] = _sorted_words(n, min(most, epochs - begin), rng)
    return drawn.reshape(len(generators), -1)


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
    return words
