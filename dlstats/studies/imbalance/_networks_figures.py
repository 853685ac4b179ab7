"""How the study of networks shows itself."""

from __future__ import annotations

import numpy as np

from dlstats.protocol.study import Evidence, Figure

METHODS = {
    "cross_entropy": "cross-entropy",
    "weighted": "weighted",
    "class_balanced": "class-balanced",
    "focal": "focal",
    "logit_adjusted": "logit-adjusted",
    "vector_scaling": "vector scaling",
    "ldam": "LDAM with deferred weights",
    "dice": "Dice, squared",
    "dice_cross_entropy": "Dice + cross-entropy",
    "tversky": "Tversky",
    "auc": "squared AUC surrogate",
    "oversampled": "oversampling",
    "undersampled": "undersampling",
    "firth": "Firth, linear",
}
SHOWN = ("cross_entropy", "weighted", "focal", "logit_adjusted", "ldam", "dice", "undersampled")
LOOKS = {name: index for index, name in enumerate(SHOWN)}


def draw_excess(evidence: Evidence, figure) -> None:
    """Excess balanced error against n at prevalence 0.02, by the way in which the threshold is chosen."""
    from dlstats.plotting import style

    panels = figure.subplots(1, 3, sharey=True)
    for axes, cut, title in zip(
        panels, ("default", "tuned", "best"), ("cut at 1/2", "cut tuned on held-out data", "best cut"), strict=True
    ):
        for name in SHOWN:
            table = evidence.table(
                mechanism="gaussians", prevalence=0.02, measure=f"excess_{cut}", method=name, statistic="mean"
            ).sort_values("n")
            look = style.nth(LOOKS[name])
            axes.errorbar(table["n"], table["estimate"], yerr=2 * table["mcse"], label=METHODS[name], **look)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_title(title)
        axes.set_xlabel("n")
    panels[0].set_ylabel("balanced error above Bayes")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)


def draw_probabilities(evidence: Evidence, figure) -> None:
    """Log loss as it comes and after Platt scaling, per loss."""
    from dlstats.plotting import style

    axes = figure.subplots()
    names = [name for name in METHODS if name != "firth"]
    measures = (("log_loss", "as trained"), ("log_loss_platt", "after Platt scaling"))
    for index, (measure, label) in enumerate(measures):
        table = evidence.table(mechanism="gaussians", prevalence=0.02, n=10000, measure=measure, statistic="mean")
        table = table.set_index("method").loc[names]
        look = style.nth(index) | {"linestyle": ""}
        places = range(len(names))
        axes.errorbar(table["estimate"], places, xerr=2 * table["mcse"], label=label, **look)
    axes.set_yticks(range(len(names)), [METHODS[n] for n in names])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xticks([0.06, 0.1, 0.2, 0.4, 0.8], ["0.06", "0.1", "0.2", "0.4", "0.8"])
    axes.minorticks_off()
    axes.set_xlabel("log loss")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=2)


GOALS = (
    ("log_loss", "probability\nas trained", -1),
    ("log_loss_platt", "probability\nrecalibrated", -1),
    ("excess_default", "balanced\ncut at 1/2", -1),
    ("excess_tuned", "balanced\ntuned cut", -1),
    ("f1_tuned", "F1 or Dice\ntuned cut", 1),
    ("auroc", "ranking\nAUC", 1),
    ("average_precision", "ranking\nav. precision", 1),
)
"""Measure, goal, and whether more (1) or less (-1) of it is better."""
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


def draw_guide(evidence: Evidence, figure) -> None:
    """Goal against loss: better, worse or like cross-entropy at each n, by paired 99 % intervals."""
    from dlstats.plotting import style

    axes = figure.subplots()
    rows = evidence.rows(mechanism="gaussians", prevalence=0.02, n=SIZES)
    looks = {1: ("^", style.COLORS["blue"], 22), -1: ("v", style.COLORS["vermillion"], 22), 0: (".", "0.6", 8)}
    names, points = list(ELICITS), {outcome: [] for outcome in looks}
    for column, (measure, _, sign) in enumerate(GOALS):
        good = rows[measure].where(rows["status"] == "ok")
        values = rows.assign(value=good).pivot(index=["n", "replicate"], columns="method", values="value")
        contrasts = values[names].sub(values["cross_entropy"], axis=0)
        for place, n in enumerate(SIZES):
            here = contrasts.xs(n, level="n").to_numpy(float)
            mean = np.nanmean(here, axis=0)
            error = np.nanstd(here, axis=0, ddof=1) / np.sqrt(np.isfinite(here).sum(axis=0))
            for row in range(len(names)):
                clear = abs(mean[row]) > 2.6 * error[row]
                outcome = (1 if sign * mean[row] > 0 else -1) if clear else 0
                points[outcome].append((column + 0.16 * (place - 1.5), row))
    for outcome, (marker, color, size) in looks.items():
        if points[outcome]:
            axes.scatter(*zip(*points[outcome], strict=True), marker=marker, color=color, s=size, linewidths=0)
    axes.set_yticks(range(len(names)), [f"{METHODS[n]}: {ELICITS[n]}" for n in names])
    axes.set_xticks(range(len(GOALS)), [label for _, label, _ in GOALS])
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
        "at 0. Middle: cut tuned on held-out data. Right: best cut. Bars: two Monte Carlo standard errors.",
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
