"""Training, held-out and test data of the comparison of losses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dlstats.dgp import imbalanced
from dlstats.seeds import Streams


@dataclass(frozen=True)
class Data:
    """Training, held-out and test data of a block: inputs (reps, n, d), labels (reps, n), test weights (reps, m)."""

    x: np.ndarray
    y: np.ndarray
    held_x: np.ndarray
    held_y: np.ndarray
    test_x: np.ndarray
    positive: np.ndarray
    negative: np.ndarray
    prevalence: float


def drawn(
    mechanism: imbalanced.Mechanism, streams: Streams, role: str, sizes: Sequence[int], /, **parameters: object
) -> Iterator[np.ndarray]:
    """Inputs (reps, n, d) and labels (reps, n) of a class-imbalanced mechanism with `sizes` points per class."""
    pairs = [imbalanced.sample(mechanism, rng, sizes) for rng in streams.generators(role, **parameters)]
    return (np.stack(parts) for parts in zip(*pairs, strict=True))


def held_out(counts: Sequence[int]) -> list[int]:
    """A fifth of the samples of every class, and at least one."""
    return [max(1, round(count / 5)) for count in counts]
