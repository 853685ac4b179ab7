"""The figure of narrow networks: the floors, the pyramid, and inner extrema."""

from __future__ import annotations

import numpy as np

from dlstats.plotting import style
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure
from dlstats.theory import width_limits as theory


def _limits(evidence: Evidence, figure) -> None:
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.5, 1.2, 1))
    _compact(evidence, left)
    _peak(evidence, middle)
    _violations(evidence, right)


def _spread(count: int) -> np.ndarray:
    return np.linspace(-0.12, 0.12, count)


def _compact(evidence: Evidence, axis) -> None:
    """L1 errors of all starts over the floor of width 1, by target and width."""
    floors = evidence.table("floors").pivot(index="target", columns="method", values="estimate")
    rows = evidence.rows("training", effort=1)
    targets = list(rows["target"].unique())
    for width in (1, 2):
        marks = style.nth(width) | {"linestyle": ""}
        for position, target in enumerate(targets):
            here = rows[(rows["target"] == target) & (rows["width"] == width)]
            errors = np.sort(here["l1_error"].to_numpy(float))
            x = position + (width - 1.5) * 0.36 + _spread(len(errors))
            label = f"width {width}" if position == 0 else None
            axis.plot(x, errors / floors["floor"][target], alpha=0.4, markersize=2.2, label=label, **marks)
    for position, target in enumerate(targets):
        height = floors["constant"][target] / floors["floor"][target]
        label = "best constant" if position == 0 else None
        axis.hlines(height, position - 0.4, position + 0.4, color="0.6", linewidth=0.9, label=label)
    axis.axhline(1, label="floor of width 1", **style.method("floor"))
    axis.set_xticks(range(len(targets)), targets, rotation=25)
    axis.set(ylabel=r"$L^1$ error / floor", ylim=(0, None))
    axis.legend(loc="lower left", handlelength=1.4)


def _peak(evidence: Evidence, axis) -> None:
    """Largest errors for the pyramid of all starts, by width and depth."""
    rows = evidence.rows("peak", effort=1)
    for index, (_, group) in enumerate(rows.groupby("depth")):
        for width, errors in group.groupby("width")["peak_error"]:
            x = float(str(width)) + (index - 1) * 0.26 + _spread(len(errors)) * 0.8
            marks = style.nth(index + 1) | {"linestyle": ""}
            label = f"depth {group['depth'].astype(int).iloc[0]}" if width == group["width"].min() else None
            axis.plot(x, np.sort(errors.to_numpy(float)), alpha=0.5, markersize=2.4, label=label, **marks)
    axis.axhline(theory.PEAK_FLOOR, **style.method("floor"))
    axis.set_xticks(sorted(rows["width"].unique()))
    axis.set(yscale="log", xlabel=evidence.axis("width", "peak"), ylabel="largest error, pyramid")
    axis.legend(loc="lower left", handlelength=1.4)


def _violations(evidence: Evidence, axis) -> None:
    """Proportion of random networks with an inner extremum, by width."""
    table = evidence.table("extremes", measure="violates").sort_values(by="width")
    error = [table["estimate"] - table["lower"], table["upper"] - table["estimate"]]
    axis.errorbar(table["width"], table["estimate"], error, **style.method("network"))
    axis.set_xticks(list(table["width"]))
    axis.set(xlabel=evidence.axis("width", "extremes"), ylabel=evidence.axis("violates", "extremes"), ylim=(0, None))


FIGURES = (
    Figure(
        "width_limits",
        "What narrow ReLU networks cannot do on [−1, 1]². Left: L¹ errors of trained networks over the exact floor of width "
        "1 (dotted), one point per start; width 2 goes below it. Middle: largest errors for (1 − |x₁| − |x₂|)₊, one point per "
        "start; widths 1 and 2 stop at 1/2 (dotted) at every depth, width 3 does not. Right: proportion of random networks of "
        "depth 4 with an extremum inside the square that the boundary does not reach, with 95 % intervals; exactly none up "
        "to width 2.",
        _limits,
        "two-column",
        2.8,
    ),
)
