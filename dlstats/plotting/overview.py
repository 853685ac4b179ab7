"""The ledger in one figure: verdicts by family and origin, and every statistical claim relative to its margin or error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlstats.plotting.style import COLORS

TONES = {
    "agree": (COLORS["blue"], ("supported", "replicated", "breaks")),
    "limit not reached": (COLORS["sky"], ("not reached",)),
    "disagree": (COLORS["vermillion"], ("refuted", "not replicated", "does not break", "conflict")),
    "recipe-bound": (COLORS["orange"], ("recipe-bound",)),
    "open": ("0.72", ("undecided", "not run")),
}
"""The colour of verdicts that mean the same to a reader."""
REACH = 4.0
"""Margins beyond which a claim is drawn at the edge."""
ERRORS = 100.0
LABELLED = 6


def draw(
    figure: Figure, parts: Sequence[tuple[str, pd.DataFrame]], names: Mapping[str, str], strip: pd.DataFrame
) -> None:
    """Fill the figure; `parts` are (title, counts of verdicts by level), `names` how levels are called, `strip` the claims."""
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.25, 1.0, 1.0))
    _bars(left, parts, names)
    _strip(middle, strip[strip["unit"] == "margin"], REACH, "(estimate − theory) / margin")
    middle.axvspan(-1, 1, color="0.9", zorder=0)
    middle.set_title("claims of equality")
    _strip(right, strip[strip["unit"] == "error"], ERRORS, "beyond the bound, in standard errors")
    right.set_xscale("symlog", linthresh=2)
    right.axvspan(-ERRORS, 0, color="0.9", zorder=0)
    right.set_xticks([-100, -10, 0, 10, 100], ["−100", "−10", "0", "10", "100"])
    right.set_title("claims of a bound")


def _bars(axes: Axes, parts: Sequence[tuple[str, pd.DataFrame]], names: Mapping[str, str]) -> None:
    at, ticks = 0.0, {}
    for title, counts in parts:
        axes.text(0, at - 0.1, title, fontsize="small", fontweight="bold", ha="left", va="center")
        at += 0.9
        for level, row in counts[counts["claims"] > 0].iterrows():
            start = 0.0
            for color, words in TONES.values():
                width = float(sum(row.get(word, 0) for word in words))
                if width:
                    axes.barh(at, width, 0.74, start, color=color)
                    axes.text(
                        start + width / 2,
                        at,
                        f"{width:.0f}",
                        fontsize="xx-small",
                        color="white",
                        ha="center",
                        va="center",
                    )
                start += width
            ticks[at] = names.get(str(level), str(level))
            at += 1
        at += 0.4
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.set_ylim(max(at, 1.0), -0.8)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("claims")
    for tone, (color, _) in TONES.items():
        axes.barh([0], [0], color=color, label=tone)
    axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=len(TONES), handlelength=1.0)


def _strip(axes: Axes, claims: pd.DataFrame, most: float, label: str) -> None:
    """One claim per row, the lowest first, with its 95 % interval; what lies beyond stands at the edge."""
    ordered = claims.sort_values("position", kind="stable").reset_index(drop=True)
    for color, words in TONES.values():
        part = ordered[ordered["verdict"].isin(words)]
        inside = {name: part[name].to_numpy(float).clip(-most, most) for name in ("position", "lower", "upper")}
        axes.hlines(part.index, inside["lower"], inside["upper"], color=color, linewidth=0.7)
        axes.plot(inside["position"], part.index, "o", color=color, markersize=2.2)
    far = ordered[ordered["verdict"].isin(TONES["disagree"][1])]
    for index, row in far.tail(LABELLED).iterrows():
        side = "left" if row["position"] < 0 else "right"
        axes.annotate(
            str(row["claim"]), (float(np.clip(row["position"], -most, most)), float(str(index))), fontsize=5,
            xytext=(4 if side == "left" else -4, 0), textcoords="offset points", ha=side, va="center",
        )  # fmt: skip
    axes.set(xlim=(-1.08 * most, 1.08 * most), yticks=[], xlabel=label)
    axes.spines["left"].set_visible(False)
    axes.axvline(0, color="0.4", linewidth=0.6)
