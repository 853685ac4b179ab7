"""A reader: lines of the summary as Estimates, checked against what the experiments declare."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from dlstats.montecarlo import Estimate
from dlstats.protocol.evidence import ABOUT, Evidence, names
from dlstats.protocol.hints import near
from dlstats.protocol.measure import Contrast, SlopeContrast

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

    @property
    def logarithmic(self) -> bool:
        """Whether what is read are logarithms of ratios, to the base of 10."""
        return str(self.where.get("statistic", "")).startswith("log_ratio(")

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
        """The estimates. Raises LookupError when nothing matches, and ValueError for several lines where one was asked for."""
        return [estimate for _, estimate in self.pairs(evidence)]

    def check(self, experiments: Mapping[str, Experiment]) -> None:
        """Raise ValueError, in one line, for a measure, method, factor or key that no experiment declares."""
        column = self.where.get("measure")
        if self.experiment and self.experiment not in experiments:
            raise ValueError(f"has no experiment `{self.experiment}`; it has {', '.join(experiments)}.")
        held = [e for name, e in experiments.items() if self.experiment in ("", name)]
        having = [e for e in held if column is None or any(m.column == column for m in e.measures)]
        if not having:
            known = dict.fromkeys(m.column for e in held for m in e.measures)
            raise ValueError(
                f"has no measure `{column}`; its measures are {', '.join(known)}.{near(str(column), known)}"
            )
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
                    raise ValueError(f"has no method `{method}`; it has {', '.join(known)}.{near(method, known)}")
        fit = [name for name, e in experiments.items() if e in having and self._fits(e)]
        if not self.experiment and len(having) > 1 and len(fit) != 1:
            several = ", ".join(fit or (name for name, e in experiments.items() if e in having))
            raise ValueError(
                f"has several experiments that measure `{column}` ({several}), of which `experiment` must name one."
            )
        self._check_statistic(column, having)

    def _check_statistic(self, column: object, having: Sequence[Experiment]) -> None:
        wanted = self.where.get("statistic")
        if not isinstance(wanted, str):
            return
        lines = [
            (statistic, line)
            for e in having
            for line in (*e.measures, *e.contrasts, *e.slopes)
            if line.column == column
            for statistic in line.statistics
        ]
        known = dict.fromkeys(statistic for statistic, _ in lines)
        # a statistic that an experiment has with several options shows them in parentheses
        if wanted not in known and wanted.partition("(")[0] not in known:
            raise ValueError(
                f"has no `{wanted}` of `{column}`; its measures, contrasts and slopes have {', '.join(known)}."
                f"{near(wanted, known)}"
            )
        pairs = {
            (line.method, line.against)
            for s, line in lines
            if s == wanted and isinstance(line, Contrast | SlopeContrast)
        }
        for method, against in itertools.product(names(self.where.get("method")), names(self.where.get("against"))):
            if pairs and "=" not in against and (method, against) not in pairs:
                listed = ", ".join(f"{a} against {b}" for a, b in pairs)
                raise ValueError(f"has no `{wanted}` of {method} against {against}, only of {listed}.")

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
        raise ValueError(
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
    "reasons",
    "law",
    "lack_of_fit",
    "note",
    "cell",
    "cells",
)
