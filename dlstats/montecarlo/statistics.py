"""The table of statistics over replicates, each with its Monte Carlo standard error and 95 % interval."""

from __future__ import annotations

import difflib
import functools
import inspect
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from dlstats.montecarlo import influence, intervals
from dlstats.montecarlo.best import best_of
from dlstats.montecarlo.estimates import Estimate
from dlstats.montecarlo.intervals import Batch
from dlstats.montecarlo.shapes import Replicates

EXTREMES = ("minimum", "maximum", "smallest", "largest")
"""Statistics that estimate nothing beyond the replicates at hand."""


@dataclass(frozen=True)
class Statistic:
    """A statistic of replicates: `compute(x, **options)` maps (..., reps) to a Batch of shape (...).

    `columns` names the options that may be further columns of replicates (in `summarise`, their names).
    `influence` is there for smooth statistics only; paired contrasts use it, and bootstrap the others.
    """

    compute: Callable[..., Batch]
    columns: tuple[str, ...] = ()
    influence: Callable | None = None
    law: str = "t"


def smooth(function: Callable, *columns: str, scale: str = "identity") -> Statistic:
    """A statistic from its influence function, with a t interval on `scale`."""

    @functools.wraps(function)
    def compute(x: Replicates, **options: object) -> Batch:
        return intervals.from_influence(*function(x, **options), scale=scale)

    return Statistic(compute, columns, function)


def _trimmed_mean(x: Replicates, *, share: float = 0.1) -> Batch:
    """Mean without the proportion `share` of the replicates at each end."""
    if not 0 <= share < 0.5:
        raise ValueError(f"`share` must lie in [0, 0.5), got {share}.")
    count = x.shape[-1] - 2 * int(share * x.shape[-1])
    return intervals.from_influence(*influence.trimmed_mean(x, share=share), most=count - 1)


def _quantile(x: Replicates, *, level: float) -> Batch:
    """Quantile at `level`, with the interval of its order statistics."""
    return intervals.quantile(x, level)


def _median(x: Replicates) -> Batch:
    """Median, with the interval of its order statistics."""
    return intervals.quantile(x, 0.5)


def _log10_median(x: Replicates) -> Batch:
    """log₁₀ of the median of positive replicates, as the median of log₁₀ x, with error and interval on that scale.

    There the error of a median of heavy-tailed values is finite. NaN where a replicate is not positive.
    """
    return intervals.quantile(np.log10(np.where((x > 0).all(axis=-1, keepdims=True), x, np.nan)), 0.5)


def _proportion(x: Replicates, *, interval: str = "wilson") -> Batch:
    """Proportion of replicates that are 1, of 0 and 1, with the interval `wilson` or `clopper_pearson`."""
    return intervals.proportion(x, interval)


def _coverage(
    x: Replicates,
    *,
    upper: Replicates | None = None,
    truth: float | Replicates | None = None,
    interval: str = "wilson",
) -> Batch:
    """Proportion of intervals that hold the truth: x is 0 or 1, or the lower end beside `upper` and `truth`."""
    if (upper is None) != (truth is None):
        raise ValueError("`coverage` needs both `upper` and `truth` beside lower ends, or neither beside 0 and 1.")
    return intervals.proportion(_held(x, upper, truth), interval)


def _held(x: Replicates, upper: Replicates | None, truth: float | Replicates | None) -> Replicates:
    return x if upper is None or truth is None else ((x <= truth) & (truth <= upper)).astype(float)


def _bias_eliminated_coverage(x: Replicates, *, lower: Replicates, upper: Replicates) -> Batch:
    """Proportion of intervals from `lower` to `upper` that hold the mean of the estimates x."""
    return intervals.bias_eliminated_coverage(x, lower, upper)


def _rejection_rate(x: Replicates, *, level: float = 0.05, interval: str = "wilson") -> Batch:
    """Proportion of p-values x at most `level`."""
    return intervals.proportion((x <= level).astype(float), interval)


def _extreme(pick: Callable, x: Replicates) -> Batch:
    """Smallest or largest replicate. Its Monte Carlo error cannot be estimated from the replicates: NaN."""
    value = pick(x, axis=-1)
    unknown = np.full_like(value, np.nan)
    return Batch(value, unknown, unknown, unknown)


def _every(pick: Callable, x: Replicates) -> Batch:
    """The largest or smallest replicate as it is, for statements that must hold for every replicate.

    The error is 0 because nothing is inferred beyond these replicates; `maximum` and `minimum` estimate nothing either,
    but leave the error open.
    """
    value = pick(x, axis=-1)
    return Batch(value, np.zeros_like(value), value, value)


def _exact(x: Replicates) -> Batch:
    """A number without randomness: every replicate must be the same, and the error is 0."""
    value = x[..., 0]
    if (x != value[..., None]).any():
        raise ValueError("`exact` needs replicates that are all the same; they differ.")
    return Batch(value, np.zeros_like(value), value, value)


STATISTICS: Mapping[str, Statistic] = MappingProxyType(
    {
        "exact": Statistic(_exact, law="exact"),
        "mean": smooth(influence.mean),
        "median": Statistic(_median),
        "log10_median": Statistic(_log10_median),
        "quantile": Statistic(_quantile),
        "trimmed_mean": Statistic(_trimmed_mean, influence=influence.trimmed_mean),
        "geometric_mean": smooth(influence.geometric_mean, scale="log"),
        "minimum": Statistic(functools.partial(_extreme, np.min)),
        "maximum": Statistic(functools.partial(_extreme, np.max)),
        "smallest": Statistic(functools.partial(_every, np.min), law="exact"),
        "largest": Statistic(functools.partial(_every, np.max), law="exact"),
        "best_of": smooth(best_of),
        "bias": smooth(influence.bias, "truth"),
        "relative_bias": smooth(influence.relative_bias, "truth"),
        "variance": smooth(influence.variance, scale="log"),
        "empirical_se": smooth(influence.empirical_se, scale="log"),
        "coefficient_of_variation": smooth(influence.coefficient_of_variation, scale="log"),
        "mse": smooth(influence.mse, "truth", scale="log"),
        "rmse": smooth(influence.rmse, "truth", scale="log"),
        "model_se": smooth(influence.model_se, scale="log"),
        "relative_error_model_se": smooth(influence.relative_error_model_se, "estimate"),
        "se_ratio": smooth(influence.se_ratio, "estimate", scale="log"),
        "proportion": Statistic(_proportion, (), lambda x, **_: influence.mean(x), "binomial"),
        "coverage": Statistic(
            _coverage,
            ("upper", "truth"),
            lambda x, upper=None, truth=None, **_: influence.mean(_held(x, upper, truth)),
            "binomial",
        ),
        "bias_eliminated_coverage": Statistic(_bias_eliminated_coverage, ("lower", "upper")),
        "rejection_rate": Statistic(
            _rejection_rate, (), lambda x, level=0.05, **_: influence.mean((x <= level).astype(float)), "binomial"
        ),
        "interval_width": smooth(influence.interval_width, "upper"),
        "ratio": smooth(influence.ratio, "other", scale="log"),
        "difference": smooth(influence.difference, "other"),
        "correlation": smooth(influence.correlation, "other", scale="atanh"),
        "auc": smooth(influence.auc, "other"),
    }
)
"""Name -> statistic of replicates x, with its options: those without a default are needed. `truth` is a number or a column,
`upper`, `lower`, `estimate` and `other` are columns; `summarise` takes columns by their names."""


def lookup(name: str) -> Statistic:
    """The statistic of that name. Raises ValueError with the nearest name when there is none."""
    if name in STATISTICS:
        return STATISTICS[name]
    near = difflib.get_close_matches(name, list(STATISTICS), n=1)
    hint = f" Did you mean `{near[0]}`?" if near else f" Known are {', '.join(STATISTICS)}."
    raise ValueError(f"There is no statistic `{name}`.{hint}")


@functools.cache
def _options(name: str) -> Mapping[str, bool]:
    """The options of a statistic, and whether it needs them."""
    parameters = inspect.signature(lookup(name).compute).parameters.values()
    return {one.name: one.default is one.empty for one in parameters if one.kind is one.KEYWORD_ONLY}


def check_options(name: str, options: Mapping[str, object], column: Callable[[object], bool]) -> None:
    """Raise ValueError for a statistic that there is not, and for options that it lacks, needs or cannot take.

    `column` says whether a value is, or names, a column of replicates.
    """
    known, columns = _options(name), lookup(name).columns
    if wrong := [option for option in options if option not in known]:
        listed = ", ".join(f"`{one}`" for one in known) or "none"
        raise ValueError(f"`{name}` has no option `{wrong[0]}`; its options: {listed}.")
    if lacking := [option for option, needed in known.items() if needed and option not in options]:
        raise ValueError(f"`{name}` needs the option {', '.join(f'`{one}`' for one in lacking)}.")
    for option, value in options.items():
        kinds = {"a word": option == "interval", "a column": option in columns}
        kinds["a number"] = option == "truth" or not any(kinds.values())
        fits = {
            "a word": isinstance(value, str),
            "a column": column(value),
            "a number": isinstance(value, numbers.Real),
        }
        if not any(kinds[kind] and fits[kind] for kind in kinds) and (value is not None or known[option]):
            wanted = " or ".join(kind for kind, taken in kinds.items() if taken)
            raise ValueError(f"`{option}` of `{name}` must be {wanted}, got {type(value).__name__}.")


def evaluate(name: str, x: Replicates, options: Mapping[str, object]) -> Batch:
    """The statistic of finite replicates (..., reps).

    One replicate, or several that do not vary, tell no error: NaN. Only exact laws are without one.
    """
    statistic = lookup(name)
    reps = x.shape[-1]
    unknown = np.full(x.shape[:-1], np.nan)
    if reps == 0:
        return Batch(unknown, unknown, unknown, unknown)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        batch = statistic.compute(x, **options)
    if statistic.law != "t":
        return batch
    columns = [np.asarray(options[k]) for k in statistic.columns if k in options and np.ndim(options[k])]  # type: ignore[arg-type]
    varies = ~intervals.still(x, *columns) & (batch.mcse > 0) if reps > 1 else False
    return batch._replace(**{k: np.where(varies, getattr(batch, k), np.nan) for k in ("mcse", "lower", "upper")})


def estimate(statistic: str, values: object, *, failed: int = 0, **options: Any) -> Estimate:
    """The statistic of one group of replicates; entries that are not finite, in any column, count as failed.

    `options` are those of the statistic: `truth`, `level`, `share`, or further columns such as `upper`.
    """
    definition = lookup(statistic)
    check_options(statistic, options, lambda value: np.ndim(value) == 1)  # type: ignore[arg-type]
    x = np.asarray(values, dtype=float)
    if x.ndim != 1:
        raise ValueError(f"`values` must have one axis, the replicates, got shape {x.shape}.")
    columns = {k: np.asarray(v, dtype=float) for k, v in options.items() if k in definition.columns and np.ndim(v)}
    keep = np.isfinite(x)
    for column in columns.values():
        keep &= np.isfinite(column)
    complete = {k: v[keep] for k, v in columns.items()}
    batch = evaluate(statistic, x[keep], {**options, **complete})
    failures = failed + int((~keep).sum())
    value, mcse, lower, upper, df = (float(part) for part in batch)
    told = str(notes(statistic, batch, x[keep], *complete.values()))
    return Estimate(value, mcse, int(keep.sum()), failures, lower, upper, told, df, law=definition.law)


def notes(name: str, batch: Batch, x: Replicates, *columns: Replicates) -> np.ndarray:
    """Of every estimate of `batch`, why its replicates tell no error; empty where they do, or nothing is to be told."""
    if x.shape[-1] < 2 or lookup(name).law != "t" or name in EXTREMES:
        return np.full(x.shape[:-1], "")
    silent = np.isnan(batch.mcse) & np.isfinite(batch.value)
    return np.where(silent, np.where(intervals.still(x, *columns), intervals.STILL, intervals.EQUAL), "")
