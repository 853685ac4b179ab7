"""Risk against sample size: exact curves out of the evidence, and how they are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dlstats.montecarlo import Estimate, exact
from dlstats.montecarlo.rates import Rate
from dlstats.montecarlo.rates import rate as fit_rate
from dlstats.protocol.study import Evidence
from dlstats.theory import sequence_model


def curve(evidence: Evidence, column: str = "risk", size: str = "n", **factors: Any) -> tuple[np.ndarray, np.ndarray]:
    """(n, value) of an exact curve, by n, over the cells and the method that match."""
    rows = evidence.rows(**factors).sort_values(size)
    return rows[size].to_numpy(float), rows[column].to_numpy(float)


def worst_slope(evidence: Evidence, cases: list[tuple[dict, float]], local: bool = False, size: str = "n") -> Estimate:
    """Largest |slope - theory| over (factors, theory) of exact curves; `local`: between the two largest n."""
    find = sequence_model.local_slope if local else sequence_model.slope
    found = {str(factors): find(*curve(evidence, size=size, **factors)) - theory for factors, theory in cases}
    worst = max(found, key=lambda name: abs(found[name]))
    return exact(abs(found[worst]), f"worst at {worst}")


def beside(axes, n: ArrayLike, risk: ArrayLike, slope: float, color: str | None = None) -> None:
    """Theory's slope as a dashed line just under the last points of a curve, with its number; black or in `color`."""
    from dlstats.plotting import style

    x, y = np.asarray(n, float), np.asarray(risk, float)
    last = len(x) // 2
    line = 0.6 * y[-1] * (x / x[-1]) ** slope
    look = style.method("theory") | ({"color": color} if color else {})
    axes.plot(x[last:], line[last:], **look, linewidth=0.8)
    number = f"{slope:.2f}".replace("-", "\N{MINUS SIGN}")
    axes.annotate(number, (x[-1], line[-1]), (2, -2), textcoords="offset points", fontsize=6.5, color=look["color"])


def risk_axes(axes, title: str = "") -> None:
    """Log axes with names; ticks at every second size where the sizes span less than three decades."""
    from matplotlib.ticker import NullFormatter

    axes.set(xscale="log", yscale="log", xlabel="sample size $n$", ylabel="excess risk")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
    sizes = np.unique(np.concatenate([np.asarray(line.get_xdata(), float) for line in axes.lines] or [np.ones(1)]))
    if 1 < sizes[-1] / sizes[0] < 1000:
        axes.set_xticks(sizes[::-2], [f"{size:g}" for size in sizes[::-2]])
        axes.xaxis.minorticks_off()
    if title:
        axes.set_title(title)


def cells(evidence: Evidence, column: str = "risk", size: str = "n", **factors: Any) -> tuple[list, list, int]:
    """(sizes, replicates of every size, failed) of a Monte Carlo curve."""
    rows = evidence.rows(**factors)
    good = rows[rows["status"] == "ok"] if "status" in rows else rows
    sizes = sorted(rows[size].unique().tolist())
    return sizes, [good[good[size] == n][column].to_numpy(float) for n in sizes], len(rows) - len(good)


def rate(evidence: Evidence, column: str = "risk", statistic: str = "mean", size: str = "n", **factors: Any) -> Rate:
    """The fitted rate of a Monte Carlo curve, all sizes, weighted, with lack of fit and local slopes."""
    sizes, samples, failed = cells(evidence, column, size, **factors)
    return fit_rate(sizes, samples, statistic, failed=failed)


def points(
    evidence: Evidence, column: str = "risk", statistic: str = "mean", size: str = "n", **factors: Any
) -> pd.DataFrame:
    """The summary lines of a curve by size: a frame with `n`, `estimate`, `mcse`, `lower`, `upper`."""
    table = evidence.table(measure=column, statistic=statistic, **factors).sort_values(size)
    return table.assign(n=table[size].astype(float))


def draw_points(axes, table, label: str, method: str) -> None:
    """A Monte Carlo curve with 95 % error bars in the style of its method."""
    from dlstats.plotting import style

    bars = np.clip(1.96 * np.asarray(table["mcse"], float), 0, 0.9 * np.asarray(table["estimate"], float))
    axes.errorbar(table["n"], table["estimate"], yerr=bars, label=label, **style.method(method))
