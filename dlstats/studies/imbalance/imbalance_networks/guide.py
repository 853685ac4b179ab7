"""Figures of the networks for two classes: a guide to the losses, errors by threshold, and what effort changes."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
import scipy

from dlstats.plotting.curves import interval, log_axes
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure
from dlstats.studies.imbalance._methods import METHODS
from dlstats.studies.imbalance.imbalance_networks.two_classes import FITTED, GOALS, LABELS, RIVALS

SHOWN = ("cross_entropy", "weighted", "focal", "logit_adjusted", "dice", "smote", "firth", "kernel")
CUTS = {"default": "cut at 1/2", "tuned": "cut best on held-out data", "elkan": "calibrated, cut at the prevalence"}
MARGIN = math.log10(1.25)
"""Log₁₀ of a ratio of excesses within which two losses count as equal."""
ELICITS = {
    "cross_entropy": "$\\eta$",
    "weighted": "balanced $\\eta$",
    "class_balanced": "reweighted $\\eta$",
    "focal": "known map of $\\eta$",
    "logit_adjusted": "balanced $\\eta$",
    "vector_scaling": "bent $\\eta$",
    "ldam": "bent $\\eta$",
    "dice": "$\\min(1, \\eta/F)$",
    "dice_cross_entropy": "between both",
    "tversky": "a decision",
    "auc": "ranks of $\\eta$",
    "oversampled": "balanced $\\eta$",
    "smote": "balanced, smoothed",
    "undersampled": "balanced $\\eta$",
    "firth": "$\\eta$, linear",
    "kernel": "$\\eta$",
}
TRUE_MODEL = ("firth", "gaussians")
"""The method that is the correct model of a mechanism."""
BETTER, WORSE, EQUAL, OPEN, BASE = "better", "worse", "equal", "open", "baseline"
MARKS = {
    BETTER: ("^", "blue"),
    WORSE: ("v", "vermillion"),
    EQUAL: ("s", "green"),
    OPEN: (".", "0.6"),
    BASE: ("_", "0.4"),
}
SIZES = {1.25: 5, 2: 14, 5: 30, 10: 42}
"""Factor by which a loss lacks more or less than cross-entropy -> area of its mark in square points."""
LEVEL = 0.95


def outcome(lower: float, upper: float) -> str:
    """What an interval of the log₁₀ ratio of a loss's excess over that of cross-entropy says."""
    if -MARGIN <= lower and upper <= MARGIN:
        return EQUAL
    return BETTER if upper < 0 else WORSE if lower > 0 else OPEN


def simultaneous(table: pd.DataFrame) -> pd.DataFrame:
    """The lines with intervals that cover all their values together with probability `LEVEL`, by Bonferroni's inequality."""
    reach = scipy.stats.t.isf((1 - LEVEL) / (2 * len(table)), table["df"].astype(float)) * table["mcse"]
    return table.assign(lower=table["estimate"] - reach, upper=table["estimate"] + reach)


def area(log_ratio: float) -> float:
    """The area of a mark: linear in |log₁₀ ratio| between those of `SIZES`, and no larger than the largest."""
    return float(np.interp(abs(log_ratio), np.log10(list(SIZES)), list(SIZES.values())))


def draw_guide(evidence: Evidence, figure) -> None:
    """Loss against goal, for each mechanism: better, worse or like cross-entropy at each n, and by how much."""
    from dlstats.plotting import style

    where: dict[str, Any] = {"statistic": "log_ratio(mean)", "against": "cross_entropy", "measure": list(GOALS)}
    table = simultaneous(evidence.table("two_classes", **where, mechanism=list(LABELS)))
    names, goals, sizes = ["cross_entropy", *RIVALS], list(GOALS), sorted(table["n"].unique())
    panels = figure.subplots(1, len(LABELS), sharey=True)
    for axes, (mechanism, title) in zip(panels, LABELS.items(), strict=True):
        places = [goals.index(g) + 0.27 * (k - (len(sizes) - 1) / 2) for g in goals for k in range(len(sizes))]
        points: dict[str, list] = {mark: [] for mark in MARKS} | {BASE: [(x, 0, 14) for x in places]}
        for line in table[table["mechanism"] == mechanism].to_dict("records"):
            x = places[len(sizes) * goals.index(line["measure"]) + sizes.index(line["n"])]
            said = outcome(line["lower"], line["upper"])
            size = {OPEN: 4.0, EQUAL: 7.0}.get(said) or area(line["estimate"])
            points[said].append((x, names.index(line["method"]), size))
        for mark, (marker, color) in MARKS.items():
            if points[mark]:
                x, y, size = zip(*points[mark], strict=True)
                axes.scatter(
                    x, y, size, style.COLORS.get(color, color), marker=marker, linewidths=0.8 * (marker == "_")
                )
        if mechanism == TRUE_MODEL[1]:
            axes.axhspan(*(names.index(TRUE_MODEL[0]) + np.array([-0.48, 0.48])), color="0.92", zorder=0, linewidth=0)
        axes.set_xticks(
            range(len(goals)), [text.replace("\n", " ") for text in GOALS.values()], rotation=90, fontsize=6.5
        )
        axes.xaxis.tick_top()
        axes.set(xlabel=title, xlim=(-0.5, len(goals) - 0.5), ylim=(len(names) - 0.4, -0.6))
        axes.tick_params(length=0)
        axes.spines[["left", "bottom"]].set_visible(False)
        for edge in range(len(goals) - 1):
            axes.axvline(edge + 0.5, color="0.85", linewidth=0.5)
    panels[0].set_yticks(range(len(names)), [_row(name) for name in names])
    _key(figure)


def _row(name: str) -> str:
    about = f"{METHODS[name].label}: {ELICITS[name]}"
    return f"{about} (true model)" if name == TRUE_MODEL[0] else about


def _key(figure) -> None:
    """What the marks mean, and the areas of those of some factors."""
    from matplotlib.lines import Line2D

    from dlstats.plotting import style

    def entry(marker: str, color: str, size: float, label: str) -> Line2D:
        color = style.COLORS.get(color, color)
        return Line2D([], [], linestyle="", marker=marker, color=color, markersize=size**0.5, label=label)

    marks = [entry(*MARKS[mark], {OPEN: 4, EQUAL: 7}.get(mark, 14), mark) for mark in MARKS]
    sizes = [entry("^", "0.6", size, f"factor {factor:g}") for factor, size in SIZES.items()]
    rows = [one for pair in itertools.zip_longest(marks, sizes) for one in pair if one]  # a key is filled by columns
    figure.legend(handles=rows, loc="outside lower center", ncols=len(marks), handletextpad=0.1, columnspacing=1.2)


def draw_excess(evidence: Evidence, figure) -> None:
    """Excess balanced error against n, by mechanism and by the way in which the threshold is chosen."""
    from dlstats.plotting import style

    panels = figure.subplots(len(LABELS), len(CUTS), sharex=True, sharey=True, squeeze=False)
    for row, (mechanism, data) in zip(panels, LABELS.items(), strict=True):
        for axes, cut in zip(row, CUTS, strict=True):
            for name in SHOWN:
                table = evidence.table(
                    "two_classes", measure=f"excess_{cut}", statistic="mean", method=name, mechanism=mechanism
                ).sort_values("n")
                label, drawn = METHODS[name].label, style.of(name, METHODS[name])
                axes.errorbar(
                    table["n"],
                    table["estimate"],
                    yerr=interval(table["estimate"], table["mcse"], log=True),
                    label=label,
                    **drawn,
                )
            log_axes(axes)
        row[0].set_ylabel(f"excess balanced error,\n{data.split(',')[0].split(' in ')[0]}")
    for top, bottom, title in zip(panels[0], panels[-1], CUTS.values(), strict=True):
        top.set_title(title)
        bottom.set_xlabel(evidence.axis("n", "two_classes"))
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)


def draw_effort(evidence: Evidence, figure) -> None:
    """Training loss over that of what a loss elicits, and excess of every method, at efforts 1 and 3; n = 2,000."""
    from matplotlib.ticker import NullFormatter

    from dlstats.plotting import style

    panels = figure.subplots(2, len(LABELS), sharex="row", sharey="row", height_ratios=(len(FITTED), len(METHODS)))
    rows = (("misfit", FITTED, "training loss, relative"), ("excess_elkan", list(METHODS), "excess balanced error"))
    for row, (measure, names, label) in zip(panels, rows, strict=True):
        for axes, (mechanism, title) in zip(row, LABELS.items(), strict=True):
            for index, effort in enumerate((1, 3)):
                where: dict[str, Any] = {"mechanism": mechanism, "n": 2000, "effort": effort}
                table = evidence.table("two_classes", measure=measure, statistic="mean", **where)
                table = table.set_index("method").loc[list(names)]
                places = [place + 0.2 * (2 * index - 1) for place in range(len(table))]
                drawn = style.nth(index + 1) | {"linestyle": ""}
                bars = interval(table["estimate"], table["mcse"], log=measure != "misfit")
                axes.errorbar(table["estimate"], places, xerr=bars, label=f"effort {effort}", **drawn)
            axes.set(xlabel=label)
            if measure == "misfit":
                axes.axvline(1, color="0.6", linewidth=0.7, zorder=0)
                axes.set_title(title)
            else:
                axes.set_xscale("log")
                axes.xaxis.set_minor_formatter(NullFormatter())
        row[0].set_yticks(range(len(names)), [METHODS[name].label for name in names])
        row[0].set_ylim(len(names) - 0.5, -0.5)
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)


FIGURES = (
    Figure(
        "imbalance_guide",
        "Which loss for which goal: better (up), worse (down), equal within a factor of 1.25 (square) or open (dot) beside "
        "cross-entropy, at n = 500, 2,000 and 10,000 from left to right in each cell, prevalence 0.02; the area of a mark is the "
        "log ratio of what a loss lacks of the truth to what cross-entropy lacks. Compare what a loss "
        "gains at balanced decisions and loses as a probability as it is trained with what is left after calibration and a cut "
        "at the prevalence. On the Gaussians Firth's line is the true model (shaded): it has there what no method has on data. "
        "Beside each loss what it elicits, η the true probability. Paired intervals that hold together with 95 %: all "
        f"{len(RIVALS)} × {len(GOALS)} × {len(LABELS)} comparisons of every n are adjusted for by Bonferroni's inequality, so "
        "that a dot says only that so many comparisons leave it open.",
        draw_guide,
        "two-column",
        4.8,
    ),
    Figure(
        "imbalance_networks",
        "Balanced error above Bayes, prevalence 0.02: two Gaussians (top), rings (middle) and two moons (bottom). Compare "
        "the way in which the cut is chosen (columns) with the loss (curves). Firth's line is the correct model in the top row "
        "and wrong in the others; kernel logistic regression is tuned as the networks are. Bars: 95 % Monte Carlo "
        "intervals.",
        draw_excess,
        "two-column",
        6.2,
    ),
    Figure(
        "imbalance_effort",
        "Balanced error above Bayes, calibrated and cut at the prevalence, n = 2,000, prevalence 0.02, at one and at "
        "three times the steps: a recipe has enough of them where the two agree. Top: losses of which it is known what they "
        "elicit, their training loss over that of what they elicit; 1 is noise alone. Bars: 95 % Monte Carlo intervals.",
        draw_effort,
        "two-column",
        5.0,
    ),
)
