"""How the study of networks shows itself."""

from __future__ import annotations

from dlstats.studies.study import Evidence, Figure

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
    from dlstats.report import style

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
    """Log loss above that of the true posterior's best rival, as it comes and after Platt scaling, per loss."""
    from dlstats.report import style

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
    axes.set_xlabel("log loss")
    axes.legend()


FIGURES = (
    Figure(
        "imbalance_networks",
        "Balanced error above Bayes of trained networks: two Gaussians in five dimensions, prevalence 0.02. Cut at 1/2 the "
        "losses differ by more than an order of magnitude; with the threshold chosen properly little is left. "
        "Bars: two Monte Carlo standard errors.",
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
