"""The figure of robust regression: errors by loss and noise at two efforts, and training loss over that of the truth."""

from __future__ import annotations

import numpy as np

from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure
from dlstats.studies.robust.robust_regression.robust_fits import BASELINES, FUNCTIONS, METHODS, NETWORKS, NOISES

ROWS = [*NETWORKS, *BASELINES]
HIGHEST = 50.0
"""Intervals that go on above end here."""


def draw_errors(evidence: Evidence, figure) -> None:
    """Median L1 error, a row per method and a panel per noise, by function and effort; last the misfit under normal noise."""
    *axes, last = figure.subplots(1, len(NOISES) + 1, sharey=True)
    for axis, (noise, (label, _)) in zip(axes, NOISES.items(), strict=True):
        _dots(axis, evidence, "l1", noise)
        axis.set(title=label, xscale="log", xlim=(0.2, 1.2 * HIGHEST))
        _plain_ticks(axis, (0.2, 0.5, 1, 2, 5, 10, 50))
    _dots(last, evidence, "misfit", "normal")
    last.axvline(1, color="0.6", linewidth=0.7, zorder=0)
    last.set(xscale="log", title="normal: fit", xlabel="training loss over\nthat of the truth")
    _plain_ticks(last, (0.7, 1, 2, 4))
    axes[1].set_xlabel("median L1 error")
    axes[0].set_yticks(range(len(ROWS)), [METHODS[method].label for method in ROWS])
    axes[0].invert_yaxis()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, fontsize="x-small")


def _plain_ticks(axis, ticks: tuple[float, ...]) -> None:
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.tick_params(axis="x", which="minor", bottom=False, labelbottom=False)


def _dots(axis, evidence: Evidence, measure: str, noise: str) -> None:
    """Dots with intervals, one row per method: filled at effort 1, open at effort 3."""
    from dlstats.plotting import style

    where = {"statistic": "median", "noise": noise, "recipe": "small", "effort": [1, 3]}
    try:
        table = evidence.table(measure=measure, **where)
    except LookupError:  # a profile without this noise
        return
    for index, function in enumerate(FUNCTIONS):
        for effort in (1, 3):
            lines = table[(table["function"] == function) & (table["effort"] == effort)]
            marks = style.nth(1 + index) | {"linestyle": ""} | ({"markerfacecolor": "white"} if effort > 1 else {})
            y = [ROWS.index(method) + 0.4 * index + 0.2 * (effort > 1) - 0.3 for method in lines["method"]]
            high = lines["upper"].mask(lines["upper"].between(HIGHEST, np.inf, inclusive="neither"), HIGHEST)
            bars = [lines["estimate"] - lines["lower"], high - lines["estimate"]]
            label = f"{function}, effort {effort}"
            axis.errorbar(
                lines["estimate"], y, xerr=bars, label=label, elinewidth=0.7, markersize=3, capsize=0, **marks
            )


FIGURES = (
    Figure(
        "robust_regression",
        "Networks and four tuned methods (the forest under Cauchy noise only) on blocks and doppler in the form of Shen et al., "
        "n = 512: median over replicates of the L1 distance to 5f, by loss and noise, with 95 % Monte Carlo intervals; open "
        "symbols are networks trained three times as long. Compare losses within a panel, Tukey’s loss from its two beginnings, "
        "and networks with the best of the tuned methods on each function. On the right, training loss over that of the true "
        "function: a network above 1 does not fit its sample as well as the truth does. Intervals that reach 50 go on.",
        draw_errors,
        "two-column",
        3.2,
    ),
)
