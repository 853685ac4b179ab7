"""What a summary holds of the replicates: measures, paired contrasts, slopes, and contrasts of slopes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dlstats.montecarlo.statistics import EXTREMES, lookup

KINDS = ("difference", "ratio", "log_ratio")


@dataclass(frozen=True)
class Measure:
    """A performance measure: the statistic of a column over replicates, and how to call it on an axis.

    `statistic` is a name in `dlstats.montecarlo.STATISTICS`; `options` are passed to it, such as the true value for
    `bias` or the level for `quantile`.

    `where` says which rows have the measure, as readers name them: `{"method": ["network"]}`, `{"wrong": lambda n: n > 0}`.
    A value there that is not finite makes the row a failure; elsewhere there is none, and no line in the summary.
    """

    column: str
    label: str
    statistic: str = "mean"
    unit: str = ""
    options: Mapping[str, object] = field(default_factory=dict)
    where: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "statistic", self.statistic.replace(" ", "_"))
        lookup(self.statistic)

    @property
    def statistics(self) -> tuple[str, ...]:
        """What its lines in a summary have as statistic."""
        return (self.statistic,)

    @property
    def axis(self) -> str:
        """The label of an axis: words and unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


@dataclass(frozen=True)
class Contrast:
    """Two methods on the same replicates, in every cell and at every key that has both.

    `kind` `difference` is T(method) - T(against), `ratio` T(method) / T(against), `log_ratio` log10 of that ratio;
    T is `statistic` of `column`. The error is that of the paired replicates. Its lines in a summary have both names in
    `method` and `against`, and `<kind>(<statistic>)` as statistic.
    """

    column: str
    method: str
    against: str
    kind: str = "log_ratio"
    statistic: str = "median"
    label: str = ""
    options: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_contrast(self.kind, self.statistic, self.options)

    @property
    def name(self) -> str:
        """Its statistic in a summary."""
        return f"{self.kind}({self.statistic})"

    @property
    def statistics(self) -> tuple[str, ...]:
        """What its lines in a summary have as statistic."""
        return (self.name,)


@dataclass(frozen=True)
class LevelContrast:
    """Two levels of a factor that share their replicates, for every method and key, the other factors alike.

    `first` and `second` are levels of `factor`; the lines stand at the cells of `first`, with `<factor>=<second>` in
    `against`, and `<kind>(<statistic>)` as statistic. Kinds as of `Contrast`.
    """

    column: str
    factor: str
    first: object
    second: object
    kind: str = "log_ratio"
    statistic: str = "median"
    label: str = ""
    options: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_contrast(self.kind, self.statistic, self.options)

    @property
    def name(self) -> str:
        """Its statistic in a summary."""
        return f"{self.kind}({self.statistic})"

    @property
    def statistics(self) -> tuple[str, ...]:
        """What its lines in a summary have as statistic."""
        return (self.name,)


@dataclass(frozen=True)
class Slope:
    """The slope of log T on log `over` for every method and key, the other factors alike; T is `statistic` of `column`.

    Weighted least squares with its lack of fit; the statistic `exact` is for values without randomness. Its lines in a
    summary have the statistics `slope(<statistic>)`, `local_slope(<statistic>)` and `bend(<statistic>)` (last minus
    first local slope), no level of `over`, and all their cells in `cells`. `column` may also be what `over` is measured
    by: see `size`.
    """

    column: str
    over: str = "n"
    statistic: str = "mean"
    label: str = ""
    paired: bool = False
    """Sizes share their replicates (nested data sets)."""
    size: str = ""
    """The column of replicates that holds the size, where that is not the factor itself."""
    options: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_slope(self.statistic, self.options)

    @property
    def statistics(self) -> tuple[str, ...]:
        """What its lines in a summary have as statistic."""
        return tuple(f"{name}({self.statistic})" for name in ("slope", "local_slope", "bend"))


@dataclass(frozen=True)
class SlopeContrast:
    """The slope of `method` minus that of `against`, which share their replicates at every size, with the joint error.

    Its lines have both methods and the statistic `slope_difference(<statistic>)`.
    """

    column: str
    method: str
    against: str
    over: str = "n"
    statistic: str = "mean"
    label: str = ""
    options: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_slope(self.statistic, self.options)

    @property
    def statistics(self) -> tuple[str, ...]:
        """What its lines in a summary have as statistic."""
        return (f"slope_difference({self.statistic})",)


def _check_contrast(kind: str, statistic: str, options: Mapping[str, object]) -> None:
    if kind not in KINDS:
        raise ValueError(f"`kind` must be one of {', '.join(KINDS)}, got {kind!r}.")
    _check_options(statistic, options)


def _check_options(statistic: str, options: Mapping[str, object]) -> None:
    for name in lookup(statistic).columns:
        if isinstance(options.get(name), str):
            raise ValueError(
                f"`{name}` of {statistic} must be a number in a contrast or a slope, got the column {options[name]!r}."
            )


def _check_slope(statistic: str, options: Mapping[str, object]) -> None:
    _check_options(statistic, options)
    if statistic in EXTREMES:
        raise ValueError(f"`statistic` of a slope must have an error or be `exact`, got {statistic!r}.")
