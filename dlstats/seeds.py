"""From names and replicate to independent random streams.

A stream is derived from what it is for (root seed, study, role, the parameters that its content depends on) and
from the replicate, never from order, batch, worker or device. Methods that name the same role and the same
parameters share their draws: common random numbers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np


def generator(seed: int, study: str, role: str, replicate: int, parameters: dict) -> np.random.Generator:
    """The stream of one replicate: Philox on the SHA-256 of (seed, study, role, parameters, replicate)."""
    names = json.dumps([seed, study, role, parameters, replicate], sort_keys=True, separators=(",", ":"))
    entropy = int.from_bytes(hashlib.sha256(names.encode()).digest(), "big")
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(entropy)))


@dataclass(frozen=True)
class Streams:
    """The random streams of a block of replicates of one study."""

    seed: int
    study: str
    replicates: Sequence[int]

    def __len__(self) -> int:
        return len(self.replicates)

    def generators(self, role: str, **parameters: object) -> list[np.random.Generator]:
        """One generator per replicate for `role`; `parameters` are those that the content depends on, no others.

        A loss, a width or a method is not among the parameters of `data`, so that methods share their data.
        """
        return [generator(self.seed, self.study, role, r, parameters) for r in self.replicates]

    def draw(self, sample: Callable[[np.random.Generator], np.ndarray], role: str, **parameters: object) -> np.ndarray:
        """`sample(generator)` of every replicate, stacked: shape (reps, ...)."""
        return np.stack([sample(rng) for rng in self.generators(role, **parameters)])
