"""The words of numpy's Philox generators on the device that trains, bit for bit, by 64-bit integer operations of torch.

numpy has Philox4x64-10 [Salmon et al. 2011]: block b of four words is ten rounds on the counter b under a key of two words. torch
has no unsigned 64-bit numbers to calculate with: sums and products of signed ones wrap to the same bits, and the upper half of
a product is put together from 32-bit halves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
KEY_STEPS = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
ROUNDS = 10
HALF = 2**32 - 1
FARTHEST = 2**62
"""Blocks that a generator may have used, so that the first word of its counter does not overflow."""


def serves(generators: Sequence[np.random.Generator]) -> bool:
    """Whether all are Philox generators, not too far on."""
    bits = [rng.bit_generator for rng in generators]
    return all(isinstance(b, np.random.Philox) and int(b.state["state"]["counter"][0]) < FARTHEST for b in bits)


class Words:
    """The next words of several generators, which themselves stay as they are."""

    def __init__(self, generators: Sequence[np.random.Generator], device: torch.device) -> None:
        """From the generators' present states."""
        states = [rng.bit_generator.state for rng in generators]
        table = np.array([[*s["state"]["counter"], *s["state"]["key"]] for s in states], dtype=np.uint64)
        self._counter = torch.from_numpy(table.view(np.int64)).to(device)
        self._position = torch.tensor([s["buffer_pos"] for s in states], device=device)
        self._drawn = 0

    def draw(self, count: int) -> Tensor:
        """The next `count` words of every generator, (generators, count), as int64 of the same bits."""
        begin = self._position + self._drawn  # of words from the block of the present counter on
        self._drawn += count
        blocks = begin.div(4, rounding_mode="floor").unsqueeze(1) + torch.arange(count // 4 + 2, device=begin.device)
        words = self._blocks(self._counter[:, :1] + blocks)
        return words.gather(1, begin.remainder(4).unsqueeze(1) + torch.arange(count, device=begin.device))

    def _blocks(self, first: Tensor) -> Tensor:
        """The words of blocks with these first counters (generators, blocks), end to end."""
        a, (b, c, d) = first, (self._counter[:, i : i + 1].expand_as(first) for i in (1, 2, 3))
        keys = [self._counter[:, i : i + 1] for i in (4, 5)]
        for step in range(ROUNDS):
            key, other = (k + _signed(step * w) for k, w in zip(keys, KEY_STEPS, strict=True))
            (high, low), (high_other, low_other) = _product(MULTIPLIERS[0], a), _product(MULTIPLIERS[1], c)
            a, b, c, d = high_other ^ b ^ key, low_other, high ^ d ^ other, low
        return torch.stack([a, b, c, d], dim=2).flatten(1)


def _signed(number: int) -> int:
    """The signed number with the 64 lowest bits of `number`."""
    return (number + 2**63) % 2**64 - 2**63


def _product(constant: int, x: Tensor) -> tuple[Tensor, Tensor]:
    """Upper and lower half of the unsigned product."""
    upper, lower = constant >> 32, constant & HALF
    x_upper, x_lower = (x >> 32) & HALF, x & HALF
    low, first, second = x_lower * lower, x_lower * upper, x_upper * lower
    middle = ((low >> 32) & HALF) + (first & HALF) + (second & HALF)
    high = x_upper * upper + ((first >> 32) & HALF) + ((second >> 32) & HALF) + (middle >> 32)
    return high, x * _signed(constant)
