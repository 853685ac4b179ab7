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
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dlstats.montecarlo import Estimate, estimate
from dlstats.protocol.evidence import ABOUT, Evidence, names
from dlstats.protocol.hints import near

if TYPE_CHECKING:
    from dlstats.protocol.study import Experiment

Line = Mapping[Any, Any]
"""A line of the summary, as a mapping."""


@dataclass(frozen=True)
class Reader:
    """Reads lines of the summary as Estimates."""

    where: Mapping[str, object]
    over: tuple[str, ...] = ()
    """Columns, for each combination of which there is one estimate; `*` for every line."""
    experiment: str = ""
    changes: tuple[Callable[[Estimate, Line], Estimate], ...] = ()
    needs: Mapping[str, int] = field(default_factory=dict)
    """Column -> number of levels below which the claim is not run."""
    final: bool = False
    """Only the last line of each group of lines that differ in their numbers alone (the last of the local slopes)."""
    largest: str = ""
    """Only the lines at the largest level of this factor that was run."""

    def each(self, *columns: str) -> Reader:
        """One estimate for each combination of these factors or keys; without names, one for every line."""
        return replace(self, over=columns or ("*",))

    def at_least(self, **levels: int) -> Reader:
        """Only where so many levels of a factor were run: `reader.each("n").at_least(n=3)`."""
        return replace(self, needs={**self.needs, **levels})

    def at_largest(self, factor: str) -> Reader:
        """Only at the largest level of a factor that was run: what a limit is compared with."""
        return replace(self, largest=factor)

    def minus(self, theory: Callable[[Line], float] | float) -> Reader:
        """The estimate less what theory says of the line, a number or a function of the line."""
        return self._changed(lambda e, value: _moved(e, lambda x: x - value), theory)

    def over_theory(self, theory: Callable[[Line], float] | float) -> Reader:
        """The estimate over what theory says of the line."""
        return self._changed(lambda e, value: _moved(e, lambda x: x / value, 1 / abs(value)), theory)

    def times(self, factor: Callable[[Line], float] | float) -> Reader:
        """The estimate multiplied by a number or a function of the line: n times a variance."""
        return self._changed(lambda e, value: _moved(e, lambda x: x * value, abs(value)), factor)

    def size(self) -> Reader:
        """The absolute value of the estimate."""
        return self._changed(lambda e, _: e if e.value >= 0 else _moved(e, lambda x: -x), 0.0)

    def _changed(self, change: Callable[[Estimate, float], Estimate], theory: Callable | float) -> Reader:
        def apply(estimate: Estimate, line: Line) -> Estimate:
            return change(estimate, float(theory(line) if callable(theory) else theory))

        return replace(self, changes=(*self.changes, apply))

    def __call__(self, evidence: Evidence) -> list[Estimate]:
        """The estimates. Raises LookupError when nothing matches, or several lines where one was asked for."""
        return [estimate for _, estimate in self.pairs(evidence)]

    def check(self, experiments: Mapping[str, Experiment]) -> None:
        """Raise ValueError, in one line, for a measure, method, factor or key that no experiment declares."""
        column = self.where.get("measure")
        if self.experiment and self.experiment not in experiments:
            raise ValueError(f"has no experiment `{self.experiment}`; it has {', '.join(experiments)}")
        held = [e for name, e in experiments.items() if self.experiment in ("", name)]
        having = [e for e in held if column is None or any(m.column == column for m in e.measures)]
        if not having:
            known = dict.fromkeys(m.column for e in held for m in e.measures)
            raise ValueError(f"has no measure `{column}`; its measures are {', '.join(known)}")
        for name in (*self.where, *self.over, *self.needs, self.largest or "*"):
            if name not in LINE and not any(name in e.factors or name in e.keys for e in having):
                known = dict.fromkeys(n for e in having for n in (*e.factors, *e.keys))
                listed = ", ".join(f"`{n}`" for n in known) or "none"
                raise ValueError(
                    f"has no factor or key `{name}` where it measures `{column}`, only {listed}.{near(name, known)}"
                )
        for side in ("method", "against"):
            for method in names(self.where.get(side)):
                if method and "=" not in str(method) and not any(method in e.methods for e in having):
                    known = dict.fromkeys(n for e in having for n in e.methods)
                    raise ValueError(f"has no method `{method}`; it has {', '.join(known)}")
        fit = [name for name, e in experiments.items() if e in having and self._fits(e)]
        if not self.experiment and len(having) > 1 and len(fit) != 1:
            several = ", ".join(fit or (name for name, e in experiments.items() if e in having))
            raise ValueError(
                f"has several experiments that measure `{column}` ({several}), of which `experiment` must name one"
            )

    def _fits(self, experiment: Experiment) -> bool:
        methods = [m for side in ("method", "against") for m in names(self.where.get(side)) if m and "=" not in m]
        declared = {*experiment.factors, *experiment.keys, *LINE}
        return declared >= {*self.where} and all(method in experiment.methods for method in methods)

    def local(self, evidence: Evidence) -> list[Estimate]:
        """In the place of a slope, the last two local slopes of each group of lines: what is judged where no line fits."""
        where = {**self.where, "statistic": str(self.where["statistic"]).replace("slope(", "local_slope(", 1)}
        lines = evidence.table(self.experiment, **where)
        groups = [c for c in lines.columns if c not in NUMBERS]
        return [self._estimate(line) for line in lines.groupby(groups, dropna=False).tail(2).to_dict("records")]

    def pairs(self, evidence: Evidence) -> list[tuple[Line, Estimate]]:
        """Every line with its estimate, for figures and for readers of one's own."""
        lines = evidence.table(self.experiment, **self.where)
        for column, least in self.needs.items():
            if (run := _levels(lines, column)) < least:
                raise LookupError(f"{least} levels of {column} are needed, {run} were run.")
        if self.largest:
            lines = lines[lines[self.largest] == lines[self.largest].max()]
        if self.final:
            lines = lines.drop_duplicates([c for c in lines.columns if c not in NUMBERS], keep="last")
        if self.over != ("*",):
            _require_single(lines, self.over, self.where)
        return [(line, self._estimate(line)) for line in lines.to_dict("records")]

    def _estimate(self, line: Line) -> Estimate:
        estimate = Estimate.of_line(line)
        for change in self.changes:
            estimate = change(estimate, line)
        return estimate


def _moved(estimate: Estimate, move: Callable[[float], float], scale: float = 1.0) -> Estimate:
    ends = sorted((move(estimate.lower), move(estimate.upper)), key=lambda x: (math.isnan(x), x))
    law = estimate.law if estimate.law == "exact" else "t"
    return replace(
        estimate, value=move(estimate.value), mcse=estimate.mcse * scale, lower=ends[0], upper=ends[1], law=law
    )


def _levels(lines: pd.DataFrame, column: str) -> int:
    """Levels of a factor in the lines; where they are slopes over it, the fewest cells that any of them has."""
    if lines[column].notna().any():
        return int(lines[column].nunique())
    groups = lines.groupby([c for c in lines.columns if c not in NUMBERS], dropna=False)["cells"]
    return int(groups.agg(lambda cells: len(set(" ".join(cells).split()))).min())


def _require_single(lines: pd.DataFrame, over: tuple[str, ...], where: Mapping) -> None:
    several = lines.duplicated(list(over)) if over else pd.Series([len(lines) > 1])
    if several.any():
        differs = [
            c for c in lines.columns if c not in over and lines[c].astype(str).nunique() > 1 and c not in NUMBERS
        ]
        raise LookupError(
            f"{len(lines)} lines match {dict(where)}, one was asked for"
            f"{' for each ' + ', '.join(over) if over else ''}; they differ in {', '.join(differs) or 'nothing'}."
        )


LINE = ("*", *ABOUT)
"""What a reader may name beside factors and keys."""
NUMBERS = (
    "estimate",
    "mcse",
    "df",
    "lower",
    "upper",
    "replicates",
    "failed",
    "law",
    "lack_of_fit",
    "note",
    "cell",
    "cells",
)


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
    column: str, first: str, second: str, statistic: str = "mean", *, experiment: str = "", **where: object
) -> Reader:
    """T(first) / T(second), paired; a `Contrast` of the experiment."""
    return _contrast("ratio", column, first, second, statistic, experiment, where)


def log_ratio(
    column: str, first: str, second: str, statistic: str = "median", *, experiment: str = "", **where: object
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
    column: str, first: str, second: str, statistic: str = "mean", *, experiment: str = "", **where: object
) -> Reader:
    """The slope of one method minus that of another on shared data; a `SlopeContrast` of the experiment."""
    pair = {"measure": column, "statistic": f"slope_difference({statistic})", "method": first, "against": second}
    return Reader({**pair, **where}, experiment=experiment)


def worst(*readers: Callable[[Evidence], Estimate | list[Estimate]]) -> Callable[[Evidence], list[Estimate]]:
    """All estimates of several readers, which must all obey the claim."""

    def read(evidence: Evidence) -> list[Estimate]:
        found = [reader(evidence) for reader in readers]
        return [e for several in found for e in (several if isinstance(several, list) else [several])]

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
