"""What the studies of approximation share: the choice of a part, and rows of one number a replicate."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from dlstats.seeds import Streams

Part = Callable[[dict, Streams, str], pd.DataFrame]


def by_part(parts: Mapping[str, Part]) -> Part:
    """The `simulate` of a study whose cells name one of its parts."""

    def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
        part = factors["part"]
        if part not in parts:
            raise ValueError(f"`part` must be one of {', '.join(parts)}, got {part!r}.")
        return parts[part](factors, streams, device)

    return simulate


def frame(streams: Streams, method: str, **columns: object) -> pd.DataFrame:
    """One row a replicate."""
    return pd.DataFrame({"replicate": list(streams.replicates), "method": method, **columns})


def by_replicate(found: list[pd.DataFrame]) -> pd.DataFrame:
    """The rows of several methods, replicate after replicate."""
    return pd.concat(found).sort_values(by="replicate", kind="stable", ignore_index=True)
