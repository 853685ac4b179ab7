"""Readers: how a claim gets its number from the summary, with its error, degrees of freedom and counts.

A reader is called with the evidence and gives one Estimate, or one for each combination of the factors and keys named
by `each`, of which a claim takes the one that speaks most against it. Conditions on factors, keys and methods are
given by name: a level, a list of levels, or a function of the level.

>>> log_ratio("risk", "network", "boosting", target="smooth").each("n")  # doctest: +ELLIPSIS
Reader(...)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from dlstats.montecarlo import Estimate, estimate
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.reader import Line, Reader

__all__ = [
    "Line",
    "Reader",
    "bend",
    "best_of",
    "difference",
    "last_slope",
    "local_slopes",
    "log_ratio",
    "pooled_proportion",
    "proportion",
    "ratio",
    "slope",
    "slope_difference",
    "unpaired",
    "value",
    "worst",
]


def value(column: str, statistic: str = "", *, experiment: str = "", **where: object) -> Reader:
    """A statistic of a measure; `statistic` may be left out where the measure has one."""
    chosen = {"statistic": statistic.replace(" ", "_")} if statistic else {"statistic": _plain, "against": ""}
    return Reader({"measure": column, **chosen, **where}, experiment=experiment)


def _plain(statistic: str) -> bool:
    return not statistic.startswith(("slope", "local_slope", "bend", "difference(", "ratio(", "log_ratio("))


def proportion(column: str, *, experiment: str = "", **where: object) -> Reader:
    """The proportion of replicates for which a column is 1, with exact binomial tails."""
    return value(column, "proportion", experiment=experiment, **where)


def pooled_proportion(column: str, *, experiment: str = "", **where: object) -> Callable[[Evidence], Estimate]:
    """The proportion over the replicates of all lines that match, taken together."""
    reader = proportion(column, experiment=experiment, **where).each()

    def read(evidence: Evidence) -> Estimate:
        cells = reader(evidence)
        ones, replicates = sum(round(e.value * e.replicates) for e in cells), sum(e.replicates for e in cells)
        values = np.repeat([1.0, 0.0], [ones, replicates - ones])
        return estimate("proportion", values, failed=sum(e.failed for e in cells))

    return read


def best_of(column: str, *, experiment: str = "", **where: object) -> Reader:
    """The expected best of several starts."""
    return value(column, "best_of", experiment=experiment, **where)


def _contrast(
    kind: str,
    column: str,
    first: str | Sequence[str],
    second: str,
    statistic: str,
    experiment: str,
    where: Mapping,
) -> Reader:
    methods = first if isinstance(first, str) else list(first)
    pair = {"measure": column, "statistic": f"{kind}({statistic})", "method": methods, "against": second}
    return Reader({**pair, **where}, experiment=experiment)


def difference(
    column: str,
    first: str | Sequence[str],
    second: str,
    statistic: str = "mean",
    *,
    experiment: str = "",
    **where: object,
) -> Reader:
    """T(first) - T(second), paired; a `Contrast` of the experiment. `first` may list methods, to be read by `each`."""
    return _contrast("difference", column, first, second, statistic, experiment, where)


def ratio(
    column: str,
    first: str | Sequence[str],
    second: str,
    statistic: str = "mean",
    *,
    experiment: str = "",
    **where: object,
) -> Reader:
    """T(first) / T(second), paired; a `Contrast` of the experiment."""
    return _contrast("ratio", column, first, second, statistic, experiment, where)


def log_ratio(
    column: str,
    first: str | Sequence[str],
    second: str,
    statistic: str = "median",
    *,
    experiment: str = "",
    **where: object,
) -> Reader:
    """log10 of T(first) / T(second), paired; a `Contrast` of the experiment."""
    return _contrast("log_ratio", column, first, second, statistic, experiment, where)


def slope(column: str, statistic: str = "mean", *, experiment: str = "", **where: object) -> Reader:
    """The slope of log T on the log of what the experiment's `Slope` runs over, with its lack of fit."""
    return Reader({"measure": column, "statistic": f"slope({statistic})", **where}, experiment=experiment)


def local_slopes(column: str, statistic: str = "mean", *, experiment: str = "", **where: object) -> Reader:
    """The slopes between neighbouring sizes, in the order of the sizes; see `last` for the last one alone."""
    return Reader({"measure": column, "statistic": f"local_slope({statistic})", **where}, ("*",), experiment)


def last_slope(column: str, statistic: str = "mean", *, experiment: str = "", **where: object) -> Reader:
    """The slope between the two largest sizes, one for every group of lines (method, keys, other factors)."""
    return replace(local_slopes(column, statistic, experiment=experiment, **where), final=True)


def bend(column: str, statistic: str = "mean", *, experiment: str = "", **where: object) -> Reader:
    """The last local slope minus the first, with the covariance of slopes that share a size."""
    return Reader({"measure": column, "statistic": f"bend({statistic})", **where}, experiment=experiment)


def slope_difference(
    column: str,
    first: str | Sequence[str],
    second: str,
    statistic: str = "mean",
    *,
    experiment: str = "",
    **where: object,
) -> Reader:
    """The slope of one method minus that of another on shared data; a `SlopeContrast` of the experiment."""
    pair = {"measure": column, "statistic": f"slope_difference({statistic})", "method": first, "against": second}
    return Reader({**pair, **where}, experiment=experiment)


def worst(*readers: Callable[[Evidence], Estimate | list[Estimate]]) -> Callable[[Evidence], list[Estimate]]:
    """All estimates of several readers, which must all obey the claim."""

    def read(evidence: Evidence) -> list[Estimate]:
        results = [reader(evidence) for reader in readers]
        return [e for several in results for e in (several if isinstance(several, list) else [several])]

    return read


def unpaired(first: Reader, second: Reader) -> Callable[[Evidence], Estimate]:
    """One estimate minus another whose replicates are independent of the first: errors add in quadrature."""

    def read(evidence: Evidence) -> Estimate:
        (a,), (b,) = first(evidence), second(evidence)
        return Estimate(
            a.value - b.value,
            math.hypot(a.mcse, b.mcse),
            min(a.replicates, b.replicates),
            a.failed + b.failed,
            df=min(a.degrees, b.degrees),
        )

    return read
