"""The figures of the published designs: errors over that of the best constant, and whether the networks fit."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from dlstats.plotting.curves import interval
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure
from dlstats.studies.excess_risk.published_designs.published_risks import BASELINES, MODELS, NETWORKS, RISK, TARGETS

LOWEST = 1e-4
"""What lies below is drawn here, and intervals that go on below end here."""


def _draw_panel(axes, evidence: Evidence, targets: list[str], **where: Any) -> None:
    """Median over data sets of every method's error over that of the constant, one row per target."""
    from dlstats.plotting import style

    table = evidence.table(measure="relative", statistic="median", target=targets, **where).set_index(
        ["method", "target"]
    )
    present = [target for target in targets if ("constant", target) in table.index]
    for position, (name, described) in enumerate((NETWORKS | BASELINES).items()):
        rows = table.loc[name].loc[present]
        bars = interval(rows["estimate"], rows["mcse"], log=True)
        marks = (
            style.of(name, described) | {"linestyle": ""} | ({} if name in NETWORKS else {"markerfacecolor": "white"})
        )
        heights = np.arange(len(present)) + 0.1 * (position - 4)
        axes.errorbar(rows["estimate"], heights, xerr=bars, label=described.label, elinewidth=0.7, **marks)
    axes.axvline(1.0, color="0.6", linewidth=0.6)
    for row in range(0, len(present), 2):
        axes.axhspan(row - 0.5, row + 0.5, color="0.95", zorder=0, linewidth=0)
    axes.set_ylim(-0.5, len(present) - 0.5)
    axes.set_yticks(range(len(present)), [RISK.factors["target"].describe(target) for target in present])
    axes.set_xscale("log")


def _draw_models(evidence: Evidence, figure) -> None:
    panels = figure.subplots(2, 2, sharex=True, sharey=True)
    for axes, (n, noise) in zip(panels.flat, product((100, 200), (0.05, 0.2)), strict=True):
        _draw_panel(axes, evidence, list(MODELS), n=n, noise=noise)
        axes.set_title(f"$n = {n}$, {100 * noise:.0f} % noise")
    panels[0, 0].invert_yaxis()
    _finish(figure, evidence, panels[1], panels[0, 0])


def _draw_targets(evidence: Evidence, figure) -> None:
    axes = figure.subplots()
    _draw_panel(axes, evidence, list(TARGETS), n=800, noise=0.2)
    axes.invert_yaxis()
    _finish(figure, evidence, [axes], axes)


def _draw_misfit(evidence: Evidence, figure) -> None:
    """Median training error over the noise variance of every network, one panel per size and noise, open at more effort."""
    from dlstats.plotting import style

    panels = figure.subplots(1, 4, sharey=True)
    for axes, (n, noise) in zip(panels, product((100, 200), (0.05, 0.2)), strict=True):
        for position, (name, described) in enumerate(NETWORKS.items()):
            for effort in (1, 3):
                about = {"target": list(MODELS), "n": n, "noise": noise, "method": name, "effort": [effort]}
                _misfits(
                    axes, evidence, style.of(name, described), described.label if effort == 1 else "", position, about
                )
        axes.axhline(1.0, color="0.6", linewidth=0.6)
        axes.set(
            yscale="log",
            ylim=(LOWEST / 2, 1e4),
            xlim=(-0.5, len(MODELS) - 0.5),
            title=f"$n = {n}$\n{100 * noise:.0f} % noise",
        )
        axes.set_xticks(range(len(MODELS)), [RISK.factors["target"].describe(model) for model in MODELS])
    panels[0].set_ylabel("training error / noise variance")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)


def _misfits(axes, evidence: Evidence, marks: dict, label: str, position: int, about: dict) -> None:
    try:
        table = evidence.table(measure="misfit", **about).set_index("target")
    except LookupError:  # a cell without more effort
        return
    at = [list(MODELS).index(target) + 0.18 * (position - 1.5) for target in table.index]
    numbers = table[["lower", "estimate", "upper"]]
    at_least = numbers.clip(lower=LOWEST).where(numbers > -np.inf, numbers)  # an interval without an end has none here
    bars = [at_least["estimate"] - at_least["lower"], at_least["upper"] - at_least["estimate"]]
    look = marks | {"linestyle": ""} | ({} if label else {"markerfacecolor": "white"})
    axes.errorbar(at, at_least["estimate"], bars, label=label or None, elinewidth=0.7, **look)


def _finish(figure, evidence: Evidence, lowest, labelled) -> None:
    for axes in lowest:
        axes.set_xlabel(evidence.axis("relative", "risk"))
    figure.legend(*labelled.get_legend_handles_labels(), loc="outside upper center", ncols=5)


FIGURES = (
    Figure(
        "published_designs",
        "Bauer and Kohler's models m1 to m5: median over data sets of the error over that of the best constant (line) with "
        "95 % Monte Carlo intervals, for networks of one, three and six layers and sums of unconnected ones (full symbols) and "
        "for rivals (open symbols), all tuned on the same held-out fifth. Smaller is better: in every row look for the "
        "leftmost symbol, and whether it is full or open.",
        _draw_models,
        "two-column",
        5.2,
    ),
    Figure(
        "published_targets",
        "Other designs of the literature, n = 800 and 20 % noise: median over data sets of the error over that "
        "of the best constant (line), with 95 % Monte Carlo intervals. Smaller is better: see where full symbols, the networks, "
        "lead and where they trail.",
        _draw_targets,
        "two-column",
        3.6,
    ),
    Figure(
        "published_misfit",
        "Do the networks fit? Training error over the noise variance on Bauer and Kohler's models, median over data sets "
        "with 95 % Monte Carlo intervals; open symbols: three times the steps. Far above the line a network has not found "
        "the function, far below it follows the noise. What stands or ends at 10⁻⁴ lies or goes on below.",
        _draw_misfit,
        "two-column",
        2.4,
    ),
)
