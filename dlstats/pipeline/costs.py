"""Measured costs: seconds per replicate of every cell, in one generated file (`dlstats cost --write`)."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from dlstats.pipeline import checked, store

FILE = Path(__file__).with_name("costs.json")
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


@cache
def _known() -> Mapping[str, Mapping[str, float]]:
    try:
        found = json.loads(FILE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ValueError(f"{FILE}: is not JSON, mend it or take it away: {error}") from None
    try:
        return checked.check(dict[str, dict[str, Seconds]], found, "the costs")
    except checked.Wrong as error:
        raise ValueError(f"{FILE}: {error} Mend it or take it away.") from None


def seconds(study: str, experiment: str, cell: str) -> float:
    """Seconds per replicate on one core: of the cell, else the median of its experiment, NaN where that was never timed."""
    known = _known().get(f"{study}.{experiment}", {})
    return known.get(cell) or (statistics.median(known.values()) if known else math.nan)


def write(measured: Mapping[str, Mapping[str, float]]) -> int:
    """Put measured costs in the place of the stated ones; cells that were not measured keep theirs. Returns how many."""
    merged = {name: {**_known().get(name, {}), **cells} for name, cells in measured.items()}
    others = {name: cells for name, cells in _known().items() if name not in merged}
    everything = {name: dict(sorted(cells.items())) for name, cells in sorted((others | merged).items())}
    text = json.dumps(everything, indent=0) + "\n"
    store.replace(FILE, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    _known.cache_clear()
    return sum(len(cells) for cells in measured.values())
