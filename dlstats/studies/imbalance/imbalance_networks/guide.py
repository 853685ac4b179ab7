"""Figures of the networks for two classes: a guide to the losses, errors by threshold, and what effort changes."""

from __future__ import annotations

import math
from typing import Any

from dlstats.plotting.curves import interval
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure
from dlstats.studies.imbalance._methods import METHODS
from dlstats.studies.imbalance.imbalance_networks.two_classes import FITTED, GOALS, LABELS, RIVALS

SHOWN = ("cross_entropy", "weighted", "focal", "logit_adjusted", "dice", "smote", "firth", "kernel")
CUTS = {"default": "cut at 1/2", "tuned": "cut best on held-out data", "elkan": "calibrated, cut at the prevalence"}
MARGIN = math.log10(1.25)
"""Log₁₀ of a ratio of excesses within which two losses count as equal."""
ELICITS = {
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
BETTER, WORSE, EQUAL, OPEN = "better", "worse", "equal", "open"
MARKS = {BETTER: ("^", "blue", 20), WORSE: ("v", "vermillion", 20), EQUAL: ("s", "green", 9), OPEN: (".", "", 6)}


def outcome(lower: float, upper: float) -> str:
    """What an interval of the log₁₀ ratio of a loss's excess over that of cross-entropy says."""
    if -MARGIN <= lower and upper <= MARGIN:
        return EQUAL
    return BETTER if upper < 0 else WORSE if lower > 0 else OPEN


def draw_guide(evidence: Evidence, figure) -> None:
    """Loss against goal, for each mechanism: better, worse or like cross-entropy at each n, by paired intervals."""
    from dlstats.plotting import style

    names = RIVALS
    panels = figure.subplots(1, len(LABELS), sharey=True)
    for axes, (mechanism, title) in zip(panels, LABELS.items(), strict=True):
        points: dict[str, list] = {mark: [] for mark in MARKS}
        for column, goal in enumerate(GOALS):
            where: dict[str, Any] = {"statistic": "log_ratio(mean)", "against": "cross_entropy", "mechanism": mechanism}
            table = evidence.table("two_classes", measure=goal, **where)
            sizes = sorted(table["n"].unique())
            for line in table.to_dict("records"):
                x = column + 0.26 * (sizes.index(line["n"]) - (len(sizes) - 1) / 2)
                points[outcome(line["lower"], line["upper"])].append((x, names.index(line["method"])))
        for mark, (marker, color, size) in MARKS.items():
            if points[mark]:
                x, y = zip(*points[mark], strict=True)
                axes.scatter(
                    x, y, marker=marker, color=style.COLORS.get(color, "0.6"), s=size, linewidths=0, label=mark
                )
        axes.set_xticks(
            range(len(GOALS)), [goal.replace("\n", " ") for goal in GOALS.values()], rotation=90, fontsize=6.5
        )
        axes.xaxis.tick_top()
        axes.set_xlabel(title)
        axes.tick_params(length=0)
        axes.spines[["left", "bottom"]].set_visible(False)
        for edge in range(len(GOALS) - 1):
            axes.axvline(edge + 0.5, color="0.85", linewidth=0.5)
    panels[0].set_yticks(range(len(names)), [f"{METHODS[n].label}: {ELICITS[n]}" for n in names])
    panels[0].invert_yaxis()
    shown = {label: handle for axes in panels for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(list(shown.values()), list(shown), loc="outside lower center", ncols=4)


def draw_excess(evidence: Evidence, figure) -> None:
    """Excess balanced error against n, by mechanism and by the way in which the threshold is chosen."""
    from dlstats.plotting import style

    panels = figure.subplots(len(LABELS), len(CUTS), sharex=True, sharey="row", squeeze=False)
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
            axes.set(xscale="log", yscale="log")
        row[0].set_ylabel(f"excess, {data.split(',')[0].split(' in ')[0]}")
    for top, bottom, title in zip(panels[0], panels[-1], CUTS.values(), strict=True):
        top.set_title(title)
        bottom.set_xlabel(evidence.axis("n"))
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)


def draw_effort(evidence: Evidence, figure) -> None:
    """Training loss over that of what a loss elicits, and excess of every method, at efforts 1 and 3; n = 2,000."""
    from dlstats.plotting import style

    panels = figure.subplots(2, len(LABELS), sharey="row", height_ratios=(len(FITTED), len(METHODS)))
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
        row[0].set_yticks(range(len(names)), [METHODS[name].label for name in names])
        row[0].invert_yaxis()
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)


FIGURES = (
    Figure(
        "imbalance_guide",
        "Which loss for which goal: better (up), worse (down), equal within a factor of 1.25 (square) or open (dot) beside "
        "cross-entropy, at n = 500, 2,000 and 10,000 from left to right in each cell, prevalence 0.02. Compare what a loss "
        "gains at balanced decisions and loses as a probability as it is trained with what is left after calibration and a cut "
        "at the prevalence, and the line on Gaussians, where it is the correct model, with the line in the plane. Beside each "
        "loss what it elicits, η the true probability; log ratios of what a loss lacks of the truth, paired 95 % intervals, one "
        "comparison at a time.",
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
