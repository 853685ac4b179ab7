"""Slopes as lines of a summary, how far they bend, and slopes of two methods that share their replicates."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import scipy

from dlstats.montecarlo.estimates import Estimate
from dlstats.montecarlo.intervals import LEVEL, from_influence, still
from dlstats.montecarlo.rates import DRAWS as ROOTS
from dlstats.montecarlo.rates import ENOUGH, Rate, _with_point, coefficients_of, finite, rate, rate_of
from dlstats.montecarlo.resampling import DRAWS, resamples
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
    estimates = {"slope": [fitted.slope]}
    names = [f"{a:g} to {b:g}" for a, b in zip(fitted.sizes[:-1], fitted.sizes[1:], strict=True)]
    # no local slope at all where a measure is not positive
    estimates["local_slope"] = [replace(e, note=name) for e, name in zip(fitted.local, names, strict=False)]
    if len(fitted.local) > 1:
        estimates["bend"] = [_bend(fitted, [] if exact else cells, statistic, paired, options)]
    shared = {"failed": fitted.slope.failed} | ({"law": "exact", "replicates": 1} if exact else {})
    return [{"statistic": f"{k}({statistic})", **e.line(), **shared} for k, parts in estimates.items() for e in parts]


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
        known = np.isfinite(np.array(fitted.mcses)[form != 0]).all()
        return _estimate(value, [float(batch.mcse) if known else math.nan], [float(batch.df)], reps)
    batches = [evaluate(statistic, cell, options) for cell in cells]
    parts = np.where(form != 0, np.abs(form) * np.array(fitted.mcses) / values, 0.0)
    return _estimate(value, parts, [_known(b.df, len(cell)) for b, cell in zip(batches, cells, strict=True)], reps)


def slope_difference(
    sizes: Numbers, first: Numbers, second: Numbers, statistic: str, *, failed: int = 0, **options: Any
) -> Estimate:
    """Slope of one method minus slope of another that share the replicates of every size, sizes being independent.

    b'y - c'z, y and z the log estimates and b, c the weights of the two slopes of `rate`. Its variance is the sum over
    sizes k of Var(b_k y_k - c_k z_k): from influence values b_k ψ_r / T - c_k φ_r / U of the replicates, or from a joint
    bootstrap for statistics without. `df` by Welch and Satterthwaite; below 100 replicates, for statistics with influence
    values, interval and `df` are those of a percentile-t bootstrap of pairs, as in `rate`. `lack_of_fit` is the smaller p
    of the two fits. A replicate that is not finite in either method is dropped from both and counts as failed.
    """
    both = [
        np.stack([np.asarray(a, dtype=float), np.asarray(b, dtype=float)]) for a, b in zip(first, second, strict=True)
    ]
    complete = [pair[:, np.isfinite(pair).all(axis=0)] for pair in both]
    failed += sum(pair.shape[1] - k.shape[1] for pair, k in zip(both, complete, strict=True))
    reps = [pair.shape[1] for pair in complete]
    # one vector after the other, as in `rate`, whose sums have the same order then
    batches = [[evaluate(statistic, pair[m], options) for pair in complete] for m in (0, 1)]
    values, errors = (np.array([[float(b[part]) for b in method] for method in batches]) for part in (0, 1))
    one, two = (rate_of(sizes, v, e, reps, failed) for v, e in zip(values, errors, strict=True))
    if not (one.local and two.local):
        return two.slope if one.local else one.slope
    x = np.log(np.asarray(sizes, dtype=float))
    weights, _ = coefficients_of(x, (errors / values) ** 2)
    parts, df = zip(*(_part(statistic, k, w, options) for k, w in zip(complete, weights.T, strict=True)), strict=True)
    value = one.slope.value - two.slope.value
    contrast = _estimate(value, parts, df, min(reps), failed)
    if min(reps) < ENOUGH and contrast.mcse > 0 and lookup(statistic).influence is not None:
        roots = _roots(x, complete, statistic, value, options)
        if len(roots):
            contrast = _with_point(contrast, float(np.quantile(np.abs(roots), LEVEL, method="higher")))
    return replace(contrast, lack_of_fit=float(np.fmin(one.slope.lack_of_fit, two.slope.lack_of_fit)))


def _part(statistic: str, pair: np.ndarray, weights: np.ndarray, options: dict) -> tuple[float, float]:
    """Standard error of w_1 log T_1 - w_2 log T_2 of a pair (2, reps), and its degrees of freedom; NaN without variation."""
    function, reps = lookup(statistic).influence, pair.shape[1]
    if reps < 2 or still(*pair):
        return math.nan, math.nan
    if function is None:
        logs = weights[:, None] * np.log(evaluate(statistic, pair[:, resamples(reps, DRAWS)], options).value)
        return float((logs[0] - logs[1]).std(ddof=1)) or math.nan, reps - 1.0
    value, influence = function(pair, **options)
    relative = (weights / value)[:, None] * influence
    batch = from_influence(np.asarray(0.0), relative[0] - relative[1])
    return float(batch.mcse), float(batch.df)


def _roots(x: np.ndarray, pairs: list[np.ndarray], statistic: str, centre: float, options: dict) -> np.ndarray:
    """(difference* - difference) / mcse* of bootstrap samples of pairs of replicates within sizes."""
    function = lookup(statistic).influence
    if function is None:
        raise ValueError(f"A percentile-t bootstrap needs a smooth statistic, `{statistic}` is not.")
    logs, relative, errors = [], [], []
    with np.errstate(divide="ignore", invalid="ignore"):
        for k, pair in enumerate(pairs):
            value, influence = function(pair[:, resamples(pair.shape[1], ROOTS, 7919 * k)], **options)
            logs.append(np.log(value))
            relative.append(influence / value[..., None])
            reps = pair.shape[1]
            errors.append((relative[-1] ** 2).sum(axis=-1) / (reps * (reps - 1)))
        weights, _ = coefficients_of(x, np.stack(errors, axis=-1))
        weights[1] *= -1
        differences = (weights * np.stack(logs, axis=-1)).sum(axis=(0, -1))
        spread = np.zeros(ROOTS)
        for k, part in enumerate(relative):
            reps = part.shape[-1]
            spread += (np.einsum("mb,mbr->br", weights[..., k], part) ** 2).sum(axis=-1) / (reps * (reps - 1))
        roots = (differences - centre) / np.sqrt(spread)
    return roots[np.isfinite(roots)]


def _known(df: Any, reps: int) -> float:
    return reps - 1.0 if np.isnan(df) else float(df)


def _estimate(value: float, parts: Any, df: Any, reps: int, failed: int = 0) -> Estimate:
    """Of a sum of independent terms with errors `parts`: df = (sum v)² / sum v² / df, v = parts² [Welch 1947]."""
    variances = np.asarray(parts, dtype=float) ** 2
    total = float(variances.sum())
    mcse = math.sqrt(total)
    degrees = total**2 / float((variances**2 / np.maximum(df, 1.0)).sum())
    half = float(scipy.special.stdtrit(degrees, (1 + LEVEL) / 2)) * mcse
    return Estimate(value, mcse, reps, failed, value - half, value + half, df=degrees)
