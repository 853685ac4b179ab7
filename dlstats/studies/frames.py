"""Rows of a block of replicates: what several studies need to build what their `simulate` returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from dlstats.protocol.factor import Condition
    from dlstats.seeds import Streams

TEXT = {"status": "ok", "data_digest": "", "start_digest": ""}
"""What these columns hold for a method that does not give them."""


def stacked(streams: Streams, methods: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """One row per replicate and method, by replicate, from the columns of every method (one entry per replicate)."""
    replicates = {"replicate": list(streams.replicates)}
    frames = [pd.DataFrame(replicates | {"method": name} | dict(columns)) for name, columns in methods.items()]
    frame = by_replicate(frames)
    return frame.fillna({name: text for name, text in TEXT.items() if name in frame})


def by_replicate(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The rows of several frames, replicate after replicate."""
    return pd.concat(frames, ignore_index=True).sort_values("replicate", kind="stable", ignore_index=True)


def by_level(streams: Streams, method: str, levels: Sequence[float], columns: Mapping[str, Any]) -> pd.DataFrame:
    """One row per quantile level and replicate; of a column with an entry for every level, (reps, levels), that entry."""
    frames = []
    for k, level in enumerate(levels):
        own = {name: c[:, k] if getattr(c, "ndim", 1) == 2 else c for name, c in columns.items()}
        frames.append(pd.DataFrame({"replicate": list(streams.replicates), "method": method, "level": level} | own))
    return pd.concat(frames)


def tabulated(rows: Callable[..., Iterable[Mapping[str, Any]]]) -> Callable[..., pd.DataFrame]:
    """The `simulate` of numbers without randomness: `rows(**levels)` gives the rows of a condition."""

    def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
        made = list(rows(**condition))
        return pd.DataFrame({"replicate": r, **row} for r in streams.replicates for row in made)

    return simulate


def fitted(baseline: Callable[..., np.ndarray], x, y, new, generators: Iterable[np.random.Generator]) -> np.ndarray:
    """The values of a method at the new points, shape (reps, m): one data set after the other, each with its stream."""
    return np.stack([baseline(*one) for one in zip(x, y, new, generators, strict=True)])


def squared_error(values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Mean squared error of every replicate over the new points."""
    return ((values - truth) ** 2).mean(axis=1)
