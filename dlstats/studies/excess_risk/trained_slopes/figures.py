"""Risks and slopes by target, rule and effort, and what three times the steps change."""

from __future__ import annotations

import numpy as np

from dlstats.plotting.curves import beside, draw_method, draw_points, points, risk_axes
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.readers import slope, value
from dlstats.protocol.study import Figure
from dlstats.protocol.verdict import NO_FIT
from dlstats.studies.excess_risk.trained_slopes.experiment import LABELS, NETWORKS, RISK
from dlstats.studies.excess_risk.trained_slopes.networks import TARGETS

MEAN = "geometric_mean"


def _slopes(axes, evidence: Evidence, target: str) -> None:
    """Slopes with their 95 % intervals, effort 1 filled and 3 open; a cross where no straight line fits."""
    from dlstats.plotting import style

    for row, method in enumerate(RISK.methods):
        look = style.method(getattr(RISK.methods[method], "style", ""))
        for effort in (1, 3) if method in NETWORKS else (1,):
            (found,) = slope("risk", MEAN, target=target, method=method, effort=effort)(evidence)
            at, face = row + 0.15 * (effort - 2) * (method in NETWORKS), "white" if effort == 3 else look["color"]
            ends = np.array([[found.value - found.lower], [found.upper - found.value]])
            marks = {"color": look["color"], "marker": look["marker"], "markerfacecolor": face, "linestyle": ""}
            axes.errorbar(found.value, at, xerr=ends.clip(min=0), **marks)
            if found.lack_of_fit < NO_FIT:
                axes.plot(found.value, at, "x", color="black", markersize=7, zorder=9)
    axes.axvline(TARGETS[target].slope, **style.method("limit"), linewidth=0.8)
    axes.set(yticks=range(len(RISK.methods)), xlabel="slope of log risk", ylim=(len(RISK.methods) - 0.5, -0.5))


def draw(evidence: Evidence, figure) -> None:
    """Above risks at effort 1, below slopes."""
    panels = figure.subplots(2, len(LABELS), height_ratios=[1.25, 1])
    for (above, below), target in zip(panels.T, LABELS, strict=True):
        for method in RISK.methods:
            draw_method(above, points(evidence, statistic=MEAN, target=target, method=method), method, RISK.methods)
        best = points(evidence, statistic=MEAN, target=target, method="free_knots")
        beside(above, best["at"], best["estimate"], TARGETS[target].slope)
        risk_axes(above, evidence, LABELS[target])
        _slopes(below, evidence, target)
        below.set_yticklabels([m.label for m in RISK.methods.values()] if target == next(iter(LABELS)) else [])
        if above is not panels[0, 0]:
            above.set_ylabel("")
    key = panels[0, 0].get_legend_handles_labels()
    figure.legend(*key, loc="outside upper center", ncols=6, fontsize="x-small", columnspacing=1.2)


def draw_effort(evidence: Evidence, figure) -> None:
    """Above how far three times the steps lower the risk, below the training error at both efforts."""
    from dlstats.plotting import style

    panels = figure.subplots(2, len(LABELS), sharex=True, sharey="row")
    for (above, below), target in zip(panels.T, LABELS, strict=True):
        for rule, method in NETWORKS.items():
            look = style.method(method.style)
            read = value("risk", f"log_ratio({MEAN})", target=target, method=rule, against="effort=3").each("n")
            pairs = sorted(((line["n"], e) for line, e in read.pairs(evidence)), key=lambda pair: pair[0])
            ratios = np.array([[10**-e.value, 10**-e.value * np.log(10) * e.mcse] for _, e in pairs])
            marks = look | {"linestyle": "-"}
            above.errorbar([n for n, _ in pairs], ratios[:, 0], 1.96 * ratios[:, 1], label=method.label, **marks)
            for effort, line in tuple(style.EFFORTS.items())[:2]:
                table = points(evidence, "misfit", "mean", target=target, method=rule, effort=effort)
                draw_points(below, table, "", look | {"linestyle": line}, log=False)
        for axes, title in ((above, LABELS[target]), (below, "")):
            risk_axes(axes, evidence, title)
            axes.axhline(1, color="black", linewidth=0.6)
            axes.set(ylabel="", xlabel="" if axes is above else evidence.axis("n"))
        above.set_yscale("linear")
        below.set_yscale("linear")
    panels[0, 0].set_ylabel("risk, effort 3 over 1")
    panels[1, 0].set_ylabel(r"training error$/\sigma^2$")
    handles, words = panels[0, 0].get_legend_handles_labels()
    for effort, line in tuple(style.EFFORTS.items())[:2]:
        handles += panels[1, 0].plot([], [], color="0.4", linestyle=line)
        words.append(f"effort {effort}")
    figure.legend(handles, words, loc="outside upper center", ncols=6)


FIGURES = (
    Figure(
        "trained_slopes",
        "Above: geometric mean of the excess risk of networks of one layer by width rule, of linear splines with free knots, the "
        "same functions fitted without gradients, and of a smoothing spline; dashed: theory's slope. Below: slopes at one "
        "(filled) and three times the steps (open), a cross where no straight line fits; dotted: theory. On the rough target "
        "networks fall about half as fast as splines and theory, at either effort. Every target has its own "
        "scale. 95 % intervals.",
        draw,
        "two-column",
        4.4,
    ),
    Figure(
        "trained_slopes_effort",
        "Above: risk at three times the steps over that at one. On the rough target more steps help, with 64 units as much at "
        "every n, so that the slope stays. Below: training error over the noise variance (solid: effort 1, long dashes: 3), "
        "which theory's width leaves far above 1 where n is small. 95 % intervals.",
        draw_effort,
        "two-column",
        3.6,
    ),
)
