"""Networks by the one rule of tuning, many replicates at once: tried on four fifths, trained again on all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dlstats.methods import tuning
from dlstats.seeds import Streams

Fit = Callable[..., tuple[np.ndarray, Mapping[str, Sequence]]]
"""(x, y, new, setting, streams) -> values at the new points, (reps, m, ...), and a column of every record."""


def chosen(
    grid: Sequence[Any],
    fit: Fit,
    error: Callable[[np.ndarray, np.ndarray], np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    streams: Streams,
    **key: object,
) -> list[Any]:
    """The setting of every replicate with the smallest error(y, values) on the fifth that its rivals are tuned on.

    That fifth is held out by the stream `baseline` of `key`, as that of a method of `dlstats.methods.tuning`.
    """
    held, rest = held_out(x.shape[1], streams, **key)
    mine = np.arange(len(x))[:, None]
    tried = [fit(x[mine, rest], y[mine, rest], x[mine, held], setting, streams)[0] for setting in grid]
    return [grid[k] for k in tuning.best(np.stack([error(y[mine, held], values) for values in tried], axis=1))]


def held_out(n: int, streams: Streams, /, **key: object) -> tuple[np.ndarray, np.ndarray]:
    """Of every replicate the places of that fifth of n points and of the rest, (reps, n/5) and (reps, 4n/5)."""
    splits = [tuning.held_out(n, rng) for rng in streams.generators("baseline", **key)]
    return np.stack([split.held for split in splits]), np.stack([split.rest for split in splits])


def refitted(
    settings: Sequence[Any], fit: Fit, x: np.ndarray, y: np.ndarray, new: np.ndarray, streams: Streams
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Values at the new points and records of every replicate, fitted to all data with the setting that is its own."""
    parts = []
    for setting in sorted(set(settings)):
        mine = [r for r, other in enumerate(settings) if other == setting]
        few = replace(streams, replicates=[streams.replicates[r] for r in mine])
        parts.append((mine, *fit(x[mine], y[mine], new[mine], setting, few)))
    order = np.argsort(np.concatenate([mine for mine, _, _ in parts]))
    columns = {
        name: np.concatenate([np.asarray(theirs[name]) for _, _, theirs in parts])[order] for name in parts[0][2]
    }
    return np.concatenate([values for _, values, _ in parts])[order], columns
