"""The figure of the benchmark of conditional quantiles: relative errors by design."""

from __future__ import annotations

import numpy as np

from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure
from dlstats.studies.robust.quantile_benchmark.published_quantiles import (
    EXPERIMENT,
    METHODS,
    NETWORK,
    RIVALS,
    SIZES,
)

LABELS = EXPERIMENT.factors["design"]


def draw_benchmark(evidence: Evidence, figure) -> None:
    """Median L1 error of the network for all levels over that of every other method, by design, at three levels."""
    from dlstats.plotting import style

    table = evidence.table(
        measure="l1",
        statistic="log_ratio(median)",
        method=NETWORK,
        line=lambda line: line["n"] == SIZES[line["design"]],
    )
    designs = [design for design in SIZES if design in set(table["design"])]
    axes = figure.subplots(1, 3, sharey=True)
    for axis, level in zip(axes, (0.05, 0.5, 0.95), strict=True):
        for index, rival in enumerate(RIVALS):
            lines = table[(table["against"] == rival) & (table["level"] == level)].set_index("design").loc[designs]
            ratio, low, high = (10 ** lines[c].to_numpy(float) for c in ("estimate", "lower", "upper"))
            marks = style.nth(index) | {"linestyle": ""}
            y = np.arange(len(designs)) + (index - 3) * 0.12
            bars = [ratio - low, high - ratio]
            axis.errorbar(ratio, y, xerr=bars, label=METHODS[rival].label, elinewidth=0.7, **marks)
        axis.axvline(1, color="0.6", linewidth=0.6, zorder=0)
        axis.set(xscale="log", title=f"level {level:g}")
        _plain_ticks(axis.xaxis, axis.get_xlim(), (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50))
    axes[1].set_xlabel("median L1 error of the network for all levels over that of the other method")
    axes[0].set_yticks(range(len(designs)), [LABELS.describe(design) for design in designs])
    axes[0].invert_yaxis()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=7, fontsize="x-small")


def _plain_ticks(axis, limits: tuple[float, float], wanted: tuple[float, ...]) -> None:
    ticks = [v for v in wanted if limits[0] <= v <= limits[1]]
    axis.set_ticks(ticks, [f"{v:g}" for v in ticks])
    axis.set_tick_params(which="minor", bottom=False, left=False, labelbottom=False, labelleft=False)


FIGURES = (
    Figure(
        "quantile_benchmark",
        "Median L1 error to the true quantile of the network for all levels over that of every other method on the same data "
        "(left of the line: the network is nearer), on the univariate designs of Shen et al. (n = 512) and on S1 to S5 of "
        "Padilla et al. (n = 1000), with 95 % paired Monte Carlo intervals.",
        draw_benchmark,
        "two-column",
        4.2,
    ),
)
