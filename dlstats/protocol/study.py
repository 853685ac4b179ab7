"""What a study is: one question, its experiments, claims, figures and limits, and the designs it is run with.

A study module defines `STUDY`. Whatever loads torch is imported inside the functions that simulate, so that summaries,
verdicts and the report read the module cheaply.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import pandas as pd

from dlstats.protocol.claim import Claim, Expectation
from dlstats.protocol.factor import Condition, Factor, condition, written
from dlstats.protocol.hints import near, short
from dlstats.protocol.matching import inside
from dlstats.protocol.measure import Contrast, LevelContrast, Measure, Slope, SlopeContrast
from dlstats.protocol.origin import Origin
from dlstats.protocol.plug import Plug
from dlstats.protocol.tabulation import Tabulation

DESIGNS = ("smoke", "standard", "paper")
"""Names of designs, the smaller before the larger."""
STATUSES = ("ok", "diverged", "not_converged", "degenerate", "untrained", "not_finite", "error")
"""Why a replicate counts (`ok`) or does not; `not_finite` is given to rows whose measures are not, not by `simulate`."""
ROW = ("replicate", "method", "status", "reason")
"""Columns of what `simulate` returns beside keys and measures; the last two may be left out."""
RESERVED = frozenset(
    "study experiment cell cells seed seconds against measure statistic estimate mcse df lower upper replicates failed reasons "
    "law lack_of_fit note".split()
) | frozenset(ROW)
"""Columns of raw results and summaries, which no factor or key may be called."""


class Described(Protocol):
    """What an experiment needs to know of a method; an object of `dlstats.methods` with these fields is one."""

    @property
    def label(self) -> str:
        """How axes and tables call it."""
        ...

    @property
    def description(self) -> str:
        """What it is, in one sentence."""
        ...


@dataclass(frozen=True)
class Method:
    """A method of an experiment: how axes and tables call it, what it is, and whose style it is drawn in."""

    label: str
    description: str
    style: str = ""
    """A name of `dlstats.plotting.style`; the method's own name where it is empty."""


@dataclass(frozen=True)
class Figure:
    """A figure of the report: `draw(evidence, figure)` fills a matplotlib figure; the caption reads alone."""

    name: str
    caption: str
    draw: Callable
    width: str = "one-column"
    height: float = 2.6
    """Height in inches; the width is that of one or two journal columns."""
    reads: Callable | None = None
    """The reader of all that it draws, if there is one: it is checked as that of a claim is."""


@dataclass(frozen=True)
class Grid:
    """Conditions that share their replicates: the product of the levels of the factors."""

    levels: Mapping[str, Sequence]
    replicates: int
    target: tuple[str, float, int] | None = None
    """Sequential stopping: (column of a measure, wanted mcse, replicates at most)."""

    def __post_init__(self) -> None:
        if type(self.replicates) is not int or self.replicates < 1:
            raise ValueError(f"`replicates` must be a whole number of at least 1, got {short(self.replicates)}.")
        for name, levels in self.levels.items():
            if not levels:
                raise ValueError(f"The factor `{name}` must have one level at least, got none.")

    def conditions(self) -> Iterator[dict[str, object]]:
        """Every combination of the levels, the last factor fastest."""
        for combination in itertools.product(*self.levels.values()):
            yield dict(zip(self.levels, combination, strict=True))


def grid(*, replicates: int, until: tuple[str, float, int] | None = None, **levels: object) -> Grid:
    """A grid from levels, one or a list for each factor: `grid(n=[200, 800], noise_sd=1.0, replicates=100)`.

    `until` is the target of sequential stopping; `target` is free to be a factor.
    """
    given = levels.get("target")
    if isinstance(given, tuple) and [type(part) for part in given] == [str, float, int]:
        raise ValueError(f"Sequential stopping must be given as `until`, got `target` = {given}.")
    several = {n: list(v) if isinstance(v, list | tuple | range) else [v] for n, v in levels.items()}
    return Grid(several, replicates, until)


Design = Mapping[str, Sequence[Grid] | Grid] | Sequence[Grid] | Grid
"""The grids of every experiment; of the only one where a study has one."""


@dataclass(frozen=True)
class Experiment:
    """Factors, row keys, methods, measures and one `simulate`."""

    simulate: Callable[..., pd.DataFrame]
    """`simulate(condition, streams, device)` -> rows of a block of replicates: columns `replicate`, `method`, the keys,
    optionally `status` and `reason`, and one column per measure."""
    factors: Mapping[str, Factor]
    methods: Mapping[str, Described]
    measures: Sequence[Measure]
    keys: Mapping[str, Factor] = field(default_factory=dict)
    """Row keys beyond the method, such as a quantile level."""
    contrasts: Sequence[Contrast | LevelContrast] = ()
    slopes: Sequence[Slope | SlopeContrast] = ()
    block: int = 64
    """Replicates simulated at once; their number changes no result."""
    streams: str = ""
    """Name from which the random streams are derived; the study's where it is empty."""
    title: str = ""
    requires: Mapping[str, Callable[[Condition], bool]] = field(default_factory=dict)
    """What levels must be together, in words (`positives` must be at most `n`), and whether a condition is so."""
    plug: Plug | None = None
    """Where methods from outside can be compared (`dlstats compare`); None where they cannot."""

    def __post_init__(self) -> None:
        for name in (*self.factors, *self.keys):
            if name in RESERVED:
                raise ValueError(f"A factor or key must not be called `{name}`: that is a column of every result.")
        columns = {measure.column for measure in self.measures}
        for measure in self.measures:
            for name in measure.where:
                if name != "method" and name not in self.factors and name not in self.keys:
                    known = _list(("method", *self.factors, *self.keys))
                    raise ValueError(f"`where` of the measure `{measure.column}` must name {known}, got `{name}`.")
            if measure.where != self.where(measure.column):
                raise ValueError(f"The measures of `{measure.column}` must have one and the same `where`.")
        for line in (*self.contrasts, *self.slopes):
            if line.column not in columns:
                raise ValueError(
                    f"{type(line).__name__} of `{line.column}` needs that measure; there are {_list(columns)}."
                )
            if isinstance(line, Contrast | SlopeContrast):
                for method in (line.method, line.against):
                    if method not in self.methods:
                        raise ValueError(
                            f"{type(line).__name__} of `{method}` needs that method; there are {_list(self.methods)}."
                        )

    def condition(self, levels: Mapping[str, object], what: str) -> Condition:
        """The typed condition of some levels. Raises ValueError for what the factors, alone or together, do not admit."""
        found = condition(self.factors, levels, what)
        for words, holds in self.requires.items():
            if not holds(found):
                raise ValueError(f"{what}: {words}, got {', '.join(f'{n}={written(v)}' for n, v in found.items())}.")
        return found

    def where(self, column: str) -> Mapping[str, object]:
        """Which rows have a measured column: the `where` of its measures."""
        return next(measure.where for measure in self.measures if measure.column == column)

    def has(self, rows: pd.DataFrame, column: str) -> pd.Series:
        """Whether each row has a measured column."""
        return inside(rows, self.where(column))

    def label_of(self, method: str) -> str:
        """How tables and axes call a method."""
        return self.methods[method].label if method in self.methods else method


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


@dataclass(frozen=True)
class Check:
    """An exact identity or count by two routes, without replicates or streams, computed once.

    `compute()` gives the number of the expectation, or several that must all obey. A check that fails is loud.
    """

    id: str
    statement: str
    expectation: Expectation
    compute: Callable[[], float | Sequence[float] | Mapping[str, float]]
    origin: Origin
    bears_on: tuple[str, ...] = ()
    slow: bool = False
    """Takes more than a few seconds: computed with the standard and the paper design only."""


@dataclass(frozen=True)
class Study:
    """One question, in ADEMP's words (Morris, White and Crowther 2019)."""

    title: str
    aims: str
    experiments: Mapping[str, Experiment] = field(default_factory=dict)
    mechanisms: str = ""
    estimands: str = ""
    claims: Sequence[Claim] = ()
    checks: Sequence[Check] = ()
    figures: Sequence[Figure] = ()
    tables: Sequence[Tabulation] = ()
    limits: str = ""
    """What limits the answer, for the report."""
    designs: Mapping[str, Design] = field(default_factory=dict)
    """Design name (`smoke`, `standard`, `paper`) -> the grids of the experiments."""
    name: str = ""
    """The module's name, filled in when the study is loaded."""
    family: str = ""
    compared_by: str = ""
    """The measure of the key table, `column` or `experiment.column`, by which methods are compared: smaller is better."""

    def named(self, name: str, family: str) -> Study:
        """The study with its name and family.

        Raises ValueError for a design of another name than DESIGNS, for `compared_by` that is no measure, and for a claim or
        figure that reads what no experiment declares or a level that no design has.
        """
        for design in self.designs:
            if design not in DESIGNS:
                raise ValueError(f"`designs` must be of {_list(DESIGNS)}, got `{design}`.{near(design, DESIGNS)}")
        if self.compared_by:
            replace(self, name=name).comparison()
        figures = [(f"The figure {figure.name}", figure.reads) for figure in self.figures]
        for what, reader in [*((f"Claim {claim.id}", claim.measure) for claim in self.claims), *figures]:
            try:
                getattr(reader, "check", dict)(self.experiments)
                self._check_levels(getattr(reader, "where", {}), getattr(reader, "experiment", ""))
            except ValueError as error:
                raise ValueError(f"{what} reads what is not there: {name} {error}") from None
        return replace(self, name=name, family=family)

    def comparison(self) -> tuple[str, Measure]:
        """The experiment and the measure of `compared_by`. Raises ValueError when there is none."""
        named = [(name, m) for name, e in self.experiments.items() for m in e.measures]
        for name, measure in named:
            if self.compared_by in (measure.column, f"{name}.{measure.column}"):
                return name, measure
        known = _list(f"{name}.{m.column}" for name, m in named)
        raise ValueError(f"`compared_by` of {self.name} must be of {known}, got {short(self.compared_by)}.")

    def _check_levels(self, where: Mapping[str, object], experiment: str) -> None:
        """Raise ValueError for a level that no design has."""
        for factor, level in where.items():
            having = {n: e for n, e in self.experiments.items() if experiment in ("", n) and factor in e.factors}
            if callable(level) or not having or any(factor in e.keys for e in self.experiments.values()):
                continue
            designed = dict.fromkeys(
                one
                for design in self.designs
                for inner, grids in self.design(design).items()
                if inner in having
                for grid in grids
                for one in grid.levels.get(factor, [having[inner].factors[factor].default])
            )
            for one in level if isinstance(level, list | tuple | set | frozenset | range) else [level]:
                if one not in designed:
                    known = [str(one) for one in designed]
                    hint = near(one, known) if isinstance(one, str) else ""
                    raise ValueError(f"has no design with `{factor}` = {one}, only {', '.join(known)}.{hint}")

    def design(self, name: str) -> dict[str, list[Grid]]:
        """The grids of every experiment; a design that is not declared stands for the next smaller one.

        Raises LookupError for a study without any design.
        """
        smaller = DESIGNS[DESIGNS.index(name) :: -1]
        chosen = next((n for n in (*smaller, *self.designs) if n in self.designs), None)
        if chosen is None:
            if not self.experiments:
                return {}
            raise LookupError(f"The study {self.name} has no design; `designs` must give one.")
        design = self.designs[chosen]
        if not isinstance(design, Mapping):
            if len(self.experiments) != 1:
                raise ValueError(
                    f"The design {chosen} of {self.name} must name the experiments: {list(self.experiments)}."
                )
            design = {next(iter(self.experiments)): design}
        unknown = [e for e in design if e not in self.experiments]
        if unknown:
            known = f"its experiments are {_list(self.experiments)}"
            raise ValueError(
                f"The design {chosen} of {self.name} names `{unknown[0]}`, which is no experiment of it; {known}."
            )
        return {e: [g] if isinstance(g, Grid) else list(g) for e, g in design.items()}
