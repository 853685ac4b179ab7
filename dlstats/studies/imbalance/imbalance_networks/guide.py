"""Figures of the networks for two classes: errors by threshold, probabilities, and a guide to the losses."""

from __future__ import annotations

from typing import Any

from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure
from dlstats.studies.imbalance._methods import METHODS
from dlstats.studies.imbalance.imbalance_networks.two_classes import CELL, GOALS

SHOWN = ("cross_entropy", "weighted", "focal", "logit_adjusted", "ldam", "dice", "undersampled")
CUTS = {"default": "cut at 1/2", "tuned": "cut tuned on held-out data", "best": "best cut"}


def draw_excess(evidence: Evidence, figure) -> None:
    """Excess balanced error against n at prevalence 0.02, by the way in which the threshold is chosen."""
    from dlstats.plotting import style

    panels = figure.subplots(1, 3, sharey=True)
    for axes, (cut, title) in zip(panels, CUTS.items(), strict=True):
        for name in SHOWN:
            table = evidence.table("two_classes", measure=f"excess_{cut}", statistic="mean", method=name, **CELL)
            table = table.sort_values("n")
            drawn = style.method(METHODS[name].style or name)
            axes.errorbar(table["n"], table["estimate"], yerr=2 * table["mcse"], label=METHODS[name].label, **drawn)
        axes.set(xscale="log", yscale="log", title=title, xlabel="n")
    panels[0].set_ylabel("balanced error above Bayes")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)


def draw_probabilities(evidence: Evidence, figure) -> None:
    """Log loss as it comes and after Platt scaling, per loss."""
    from dlstats.plotting import style

    axes = figure.subplots()
    methods = {name: method for name, method in METHODS.items() if name != "firth"}
    for index, (measure, label) in enumerate(
        {"log_loss": "as trained", "log_loss_platt": "after Platt scaling"}.items()
    ):
        table = evidence.table("two_classes", measure=measure, statistic="mean", n=10000, **CELL)
        table = table.set_index("method").loc[list(methods)]
        drawn = style.nth(index) | {"linestyle": ""}
        axes.errorbar(table["estimate"], range(len(methods)), xerr=2 * table["mcse"], label=label, **drawn)
    axes.set_yticks(range(len(methods)), [method.label for method in methods.values()])
    axes.invert_yaxis()
    axes.set(xscale="log", xlabel="log loss")
    axes.set_xticks([0.06, 0.1, 0.2, 0.4, 0.8], ["0.06", "0.1", "0.2", "0.4", "0.8"])
    axes.minorticks_off()
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=2)


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
    "undersampled": "balanced $\\eta$",
    "firth": "$\\eta$, linear",
}
SIZES = (500, 2000, 10000, 50000)
LEVEL_99 = 2.6
"""Standard errors of a 99 % interval."""


def draw_guide(evidence: Evidence, figure) -> None:
    """Goal against loss: better, worse or like cross-entropy at each n, by paired 99 % intervals."""
    from dlstats.plotting import style

    axes = figure.subplots()
    marks = {1: ("^", style.COLORS["blue"], 22), -1: ("v", style.COLORS["vermillion"], 22), 0: (".", "0.6", 8)}
    names, points = list(ELICITS), {outcome: [] for outcome in marks}
    paired: dict[str, Any] = {"statistic": "difference(mean)", "against": "cross_entropy", "n": SIZES, **CELL}
    for column, (measure, (_, sign)) in enumerate(GOALS.items()):
        table = evidence.table("two_classes", measure=measure, **paired)
        for line in table.to_dict("records"):
            clear = abs(line["estimate"]) > LEVEL_99 * line["mcse"]
            outcome = (1 if sign * line["estimate"] > 0 else -1) if clear else 0
            points[outcome].append((column + 0.16 * (SIZES.index(line["n"]) - 1.5), names.index(line["method"])))
    for outcome, (marker, color, size) in marks.items():
        if points[outcome]:
            axes.scatter(*zip(*points[outcome], strict=True), marker=marker, color=color, s=size, linewidths=0)
    axes.set_yticks(range(len(names)), [f"{METHODS[n].label}: {ELICITS[n]}" for n in names])
    axes.set_xticks(range(len(GOALS)), [label for label, _ in GOALS.values()])
    axes.xaxis.tick_top()
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    for edge in range(len(GOALS) - 1):
        axes.axvline(edge + 0.5, color="0.85", linewidth=0.5)


FIGURES = (
    Figure(
        "imbalance_guide",
        "Which loss for which goal: better (up, blue), worse (down, red) or not distinguishable (dot) from cross-entropy, at "
        "n = 500, 2,000, 10,000 and 50,000 from left to right in each cell; two Gaussians in five dimensions, prevalence "
        "0.02; paired 99 % intervals, one comparison at a time. Beside each loss what it elicits, η the true probability.",
        draw_guide,
        "two-column",
        3.6,
    ),
    Figure(
        "imbalance_networks",
        "Balanced error above Bayes of trained networks: two Gaussians in five dimensions, prevalence 0.02. Left: logit cut "
        "at 0. Middle: cut tuned on held-out data. Right: best cut on the test points. Bars: two Monte Carlo standard errors.",
        draw_excess,
        "two-column",
        3.2,
    ),
    Figure(
        "imbalance_probabilities",
        "Log loss of trained networks as probabilities, as they come and after Platt scaling on held-out data: two Gaussians, "
        "prevalence 0.02, n = 10,000. Bars: two Monte Carlo standard errors.",
        draw_probabilities,
        "one-column",
        3.2,
    ),
)
