"""The figure of the benchmark of conditional quantiles: errors over the best by design, and mean ranks at two efforts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy

from dlstats.montecarlo.resampling import resamples
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure
from dlstats.studies.robust.quantile_benchmark.published_quantiles import DESIGNS, EXPERIMENT, METHODS, SAMPLE

LABELS = EXPERIMENT.factors["design"]
DRAWS = 200
"""Bootstrap samples behind the interval of a mean rank."""


def draw_ranks(evidence: Evidence, figure) -> None:
    """Left: median L1 error over that of the best method, by design. Right: mean rank at effort 1 and 3."""
    left, right = figure.subplots(1, 2, width_ratios=[3, 1])
    errors = {effort: _errors(evidence, effort) for effort in (1, 3)}
    ranks = {effort: _mean_ranks(tables) for effort, tables in errors.items() if tables}
    order = ranks[1][0].sort_values().index
    designs = list(errors[1])
    over = np.array([_over_best(errors[1][design], order) for design in designs]).T
    left.imshow(np.log10(over), cmap="Blues", aspect="auto", vmin=0, vmax=1)
    for (row, column), ratio in np.ndenumerate(over):
        color = "white" if ratio > 5 else "black"
        left.text(column, row, f"{ratio:.1f}", ha="center", va="center", fontsize="x-small", color=color)
    left.set_xticks(range(len(designs)), [LABELS.describe(d) for d in designs], rotation=35, ha="right")
    left.set_yticks(range(len(order)), [METHODS[method].label for method in order])
    for effort, (mean, low, high) in ranks.items():
        y = np.arange(len(order)) + (0.15 if effort > 1 else -0.15)
        bars = [(mean - low)[order], (high - mean)[order]]
        fill = {} if effort == 1 else {"markerfacecolor": "white"}
        label = f"effort {effort}"
        right.errorbar(mean[order], y, xerr=bars, fmt="o", color="black", label=label, elinewidth=0.7, **fill)
    right.set(ylim=left.get_ylim(), yticks=[], xlabel=f"mean rank of {len(order)}")
    right.legend(fontsize="x-small")


def _errors(evidence: Evidence, effort: int) -> dict[str, np.ndarray]:
    """Design -> L1 errors (methods, levels, replicates) of the replicates that all methods have, at the sample size of claims."""
    try:
        rows = evidence.rows(effort=effort)
    except LookupError:
        return {}
    tables = {}
    for design in DESIGNS:
        here = rows[(rows["design"] == design) & (rows["n"] == SAMPLE)]
        if len(here):
            wide = here.pivot_table(index="replicate", columns=["method", "level"], values="l1").dropna()
            tables[design] = wide[list(METHODS)].to_numpy().T.reshape(len(METHODS), -1, len(wide))
    return tables


def _over_best(errors: np.ndarray, order: pd.Index) -> list[float]:
    """The median error of every method over the least of all, mean of the logarithm over levels."""
    median = np.log10(np.median(errors, axis=2))
    over = 10 ** (median - median.min(axis=0)).mean(axis=1)
    return [over[list(METHODS).index(method)] for method in order]


def _mean_ranks(tables: dict[str, np.ndarray]) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Mean over designs and levels of the rank of the median error, with bootstrap ends of a 95 % interval."""

    def mean_rank(chosen: dict[str, np.ndarray]) -> np.ndarray:
        medians = [np.median(errors[..., chosen[design]], axis=2) for design, errors in tables.items()]
        return np.mean([scipy.stats.rankdata(median, axis=0).mean(axis=1) for median in medians], axis=0)

    whole = mean_rank({design: np.arange(errors.shape[2]) for design, errors in tables.items()})
    draws = {design: resamples(errors.shape[2], DRAWS, seed) for seed, (design, errors) in enumerate(tables.items())}
    drawn = [mean_rank({design: chosen[draw] for design, chosen in draws.items()}) for draw in range(DRAWS)]
    error = 1.96 * np.std(drawn, axis=0)
    mean, low, high = (pd.Series(part, index=list(METHODS)) for part in (whole, whole - error, whole + error))
    return mean, low, high


FIGURES = (
    Figure(
        "quantile_benchmark",
        "Nine published designs, n = 512. Left: median L1 error to the true quantile over that of the best method, geometric "
        "mean over levels 0.05, 0.5 and 0.95, methods in the order of their mean rank. Right: mean rank over designs and "
        "levels, with 95 % bootstrap intervals; open: three times the steps. Compare heads that cannot "
        "cross by where their levels begin, and every method over the columns: whether one is good on every design.",
        draw_ranks,
        "two-column",
        3.2,
    ),
)
