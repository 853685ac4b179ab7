"""Slopes as lines of a summary, and how far they bend."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special

from dlstats.montecarlo.estimates import Estimate
from dlstats.montecarlo.intervals import LEVEL, from_influence
from dlstats.montecarlo.rates import Rate, finite, rate, rate_of
from dlstats.montecarlo.shapes import Numbers
from dlstats.montecarlo.statistics import estimate, evaluate, lookup


def slope_lines(
    sizes: Numbers,
    samples: Numbers,
    statistic: str,
    *,
    paired: bool = False,
    exact: bool = False,
    failed: int = 0,
    **options: Any,
) -> list[dict[str, Any]]:
    """Lines `slope(T)`, `local_slope(T)` of neighbouring sizes, noted as "200 to 800", and from three sizes `bend(T)`.

    The slope is that of `rate`; the bend is the last local slope minus the first. `exact`: one number per size, computed
    without randomness, fitted by least squares on the logs. Every line counts the failures of all sizes. Where a measure
    is not positive there is the line of the slope alone, NaN with a note.
    """
    if exact:
        cells = [np.atleast_1d(np.asarray(sample, dtype=float)) for sample in samples]
        fitted = rate_of(sizes, [estimate("exact", cell).value for cell in cells], failed=failed)
    else:
        fitted = rate(sizes, samples, statistic, paired=paired, failed=failed, **options)
        cells, _ = finite(samples, paired)
    found = {"slope": [fitted.slope]}
    names = [f"{a:g} to {b:g}" for a, b in zip(fitted.sizes[:-1], fitted.sizes[1:], strict=True)]
    # no local slope at all where a measure is not positive
    found["local_slope"] = [replace(e, note=name) for e, name in zip(fitted.local, names, strict=False)]
    if len(fitted.local) > 1:
        found["bend"] = [_bend(fitted, [] if exact else cells, statistic, paired, options)]
    shared = {"failed": fitted.slope.failed} | ({"law": "exact", "replicates": 1} if exact else {})
    return [{"statistic": f"{k}({statistic})", **e.line(), **shared} for k, parts in found.items() for e in parts]


def _bend(fitted: Rate, cells: list[np.ndarray], statistic: str, paired: bool, options: dict) -> Estimate:
    """c'y, y the log estimates: c is -1/s, 1/s at the last two sizes plus 1/t, -1/t at the first two, s, t their steps.

    With three sizes the middle one has c = -(1/s + 1/t), so that its variance enters once, with both local slopes.
    """
    x, values = np.log(fitted.sizes), np.array(fitted.values)
    form = np.zeros(len(x))
    form[-2:] += np.array([-1.0, 1.0]) / (x[-1] - x[-2])
    form[:2] -= np.array([-1.0, 1.0]) / (x[1] - x[0])
    value = float(form @ np.log(values))
    function = lookup(statistic).influence
    if not cells:
        return Estimate(value, 0.0, 1, lower=value, upper=value, law="exact")
    reps = min(len(cell) for cell in cells)
    if paired and function is not None:
        influence = form @ (function(np.stack(cells), **options)[1] / values[:, None])
        batch = from_influence(np.asarray(value), influence)
        return _estimate(value, [float(batch.mcse)], [float(batch.df)], reps)
    batches = [evaluate(statistic, cell, options) for cell in cells]
    parts = np.abs(form) * np.array(fitted.mcses) / values
    return _estimate(value, parts, [_known(b.df, len(cell)) for b, cell in zip(batches, cells, strict=True)], reps)


def _known(df: Any, reps: int) -> float:
    return reps - 1.0 if np.isnan(df) else float(df)


def _estimate(value: float, parts: Any, df: Any, reps: int, failed: int = 0) -> Estimate:
    """Of a sum of independent terms with errors `parts`: df = (sum v)² / sum v² / df, v = parts² [Welch 1947]."""
    variances = np.asarray(parts, dtype=float) ** 2
    total = float(variances.sum())
    mcse = math.sqrt(total)
    if total == 0:
        return Estimate(value, mcse, reps, failed, value, value)
    degrees = total**2 / float((variances**2 / np.maximum(df, 1.0)).sum())
    half = float(special.stdtrit(degrees, (1 + LEVEL) / 2)) * mcse
    return Estimate(value, mcse, reps, failed, value - half, value + half, df=degrees)
