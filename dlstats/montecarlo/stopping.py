"""How many replicates: a fixed schedule, stopped when the Monte Carlo error is small enough.

The schedule and streams indexed by replicate make the outcome a function of the configuration alone, whatever
the batch, the cores or the history: run(60) then run(40) more is run(100).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from dlstats.montecarlo.summaries import MeasureLike, summarise


def schedule(first: int, at_most: int) -> list[int]:
    """Total replicates after each batch: `first`, doubled until `at_most`, which comes last."""
    if not 1 <= first:
        raise ValueError(f"`first` must be 1 or more, got {first}.")
    doubled = [first * 2**k for k in range(max(0, math.ceil(math.log2(max(1, at_most / first)))))]
    return [*(n for n in doubled if n < at_most), max(first, at_most)]


def reached(frame: pd.DataFrame, measure: MeasureLike) -> float:
    """The largest Monte Carlo standard error of a measure over the methods of one cell; infinite when unknown."""
    by = ["method"] if "method" in frame else []
    table = summarise(frame, [measure], by)
    return float(np.nan_to_num(table["mcse"], nan=np.inf).max())


def enough(frame: pd.DataFrame, measure: MeasureLike, mcse: float) -> bool:
    """Whether every method of one cell has reached the wanted error; the rule that ends the schedule."""
    return bool(reached(frame, measure) <= mcse)


def outcome(frame: pd.DataFrame, measure: MeasureLike, mcse: float, by: Sequence[str] = ("cell",)) -> pd.DataFrame:
    """Per cell the target, the error reached (of the worst method), the replicates, and `met` or `cap hit`."""
    by = list(by)
    rows = []
    for key, cell in frame.groupby(by, sort=False, dropna=False, observed=True):
        error = reached(cell, measure)
        line = {"target": mcse, "reached": error, "replicates": cell["replicate"].nunique()}
        rows.append(dict(zip(by, key, strict=True)) | line | {"outcome": "met" if error <= mcse else "cap hit"})
    return pd.DataFrame(rows)
