"""The figure of Monte Carlo standard errors against the truth: kinds of statistics, and two formulas that are wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from dlstats.plotting.curves import interval
from dlstats.protocol.evidence import Evidence
from dlstats.studies.monte_carlo._replicate_distributions import DISTRIBUTION, DISTRIBUTIONS

SHOWN = {
    "means": {"mean": "mean", "trimmed_mean": "trimmed mean"},
    "spreads": {"empirical_se": "empirical standard error", "mse": "mean squared error"},
    "ratios": {"relative_error_model_se": "relative error of model SE", "ratio": "ratio of two means"},
    "proportions": {"coverage": "coverage", "bias_eliminated_coverage": "bias-eliminated coverage"},
    "others": {"median": "median", "quantile": "quantile 0.9", "correlation": "correlation", "auc": "AUC"},
}
"""Kind -> its representatives and how they are written."""
KINDS = {
    "best_of": "means", "bias": "means", "relative_bias": "means", "model_se": "means", "interval_width": "means",
    "difference": "means", "variance": "spreads", "coefficient_of_variation": "spreads", "rmse": "spreads",
    "difference_of_empirical_se": "spreads", "se_ratio": "ratios", "ratio_of_rmse": "ratios", "proportion": "proportions",
    "rejection_rate": "proportions", "difference_of_coverage": "proportions", "geometric_mean": "others",
}  # fmt: skip
"""The kind of every other statistic, under which it is drawn where its promise fails."""
WRONG = {"normal_theory_se": "SE of an SD by normal theory", "jackknife_off_centre": "off-centre jackknife of the RMSE"}
NOTES = {"normal_theory_se": ("t5", "tends to 1/2"), "jackknife_off_centre": ("normal", "√(3/2)")}
"""What is written beside a wrong formula, and under which distribution."""

Promise = Callable[[Mapping], bool]


def rows(table: pd.DataFrame, is_promised: Promise, margin: float) -> list[tuple[str, dict[str, str]]]:
    """(heading, statistics as they are written): representatives, and whatever misses the band in spite of the promise."""
    lines = table.to_dict("records")
    failed = [line["method"] for line in lines if is_promised(line) and abs(line["estimate"] - 1) > margin]
    more = {name: KINDS[name] for name in dict.fromkeys(failed) if name in KINDS}
    groups = {
        kind: some | {name: name.replace("_", " ") for name, own in more.items() if own == kind}
        for kind, some in SHOWN.items()
    }
    return [*groups.items(), ("wrong formulas", WRONG)]


def draw(evidence: Evidence, figure, *, is_promised: Promise, margin: float) -> None:
    """Mean reported error / true standard deviation by kind of statistic, one panel for each distribution."""
    from dlstats.plotting import style

    table = evidence.table(measure="reported")
    heights, names, heads = _places(rows(table, is_promised, margin))
    table = table[table["method"].isin(heights)]
    panels = figure.subplots(1, len(DISTRIBUTIONS), sharex=True, sharey=True)
    for panel, name in zip(panels, DISTRIBUTIONS, strict=True):
        panel.axvspan(1 - margin, 1 + margin, color="0.92", linewidth=0)
        for k, (size, here) in enumerate(table[table["distribution"] == name].groupby("size", sort=True)):
            marks = style.nth(k) | {"linestyle": "", "markersize": 3}
            x, y = here["estimate"].to_numpy(float), here["method"].map(heights).to_numpy(float) + 0.22 * (1 - k)
            filled = np.array([is_promised(line) for line in here.to_dict("records")])
            bars = {"xerr": interval(x, here["mcse"]), "elinewidth": 0.6, "capsize": 0}
            panel.errorbar(x, y, **bars, **marks | {"marker": ""})
            panel.plot(x[filled], y[filled], label=f"R = {size}", **marks)
            panel.plot(x[~filled], y[~filled], **marks | {"markerfacecolor": "white"})
        panel.axhline(heights[next(iter(WRONG))] + 1.6, color="0.5", linewidth=0.6)
        _note(panel, table, name, heights)
        panel.set(title=DISTRIBUTION.describe(name), ylim=(min(heights.values()) - 0.7, 1.6))
    most = (table["estimate"] + 1.96 * table["mcse"].fillna(0)).max()
    panels[0].set_xlim(0, 1.04 * most)
    panels[0].set_yticks([*heights.values(), *heads.values()], [*names, *heads])
    for label in panels[0].get_yticklabels()[len(heights) :]:
        label.set_fontweight("bold")
    for panel in panels:
        panel.tick_params(axis="y", length=0)
    figure.supxlabel(evidence.axis("reported", "errors"), fontsize="medium")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=4)


def _places(groups: list[tuple[str, dict[str, str]]]) -> tuple[dict[str, float], list[str], dict[str, float]]:
    """Heights of the statistics, how they are written, and heights of the headings, from the top down."""
    heights, names, heads, at = {}, [], {}, 1.0
    for head, group in groups:
        heads[head] = at = at - 0.2
        for name, written in group.items():
            at -= 1
            heights[name] = at
            names.append(written)
        at -= 1.1
    return heights, names, heads


def _note(panel, table: pd.DataFrame, distribution: str, heights: Mapping[str, float]) -> None:
    """Beside a wrong formula what its ratio tends to, left of all its points."""
    for method, (where, text) in NOTES.items():
        own = table[(table["method"] == method) & (table["distribution"] == distribution)]
        if where == distribution and len(own):
            end = min(own["lower"].min(), own["estimate"].min())
            panel.annotate(text, (end, heights[method]), (-4, 0), textcoords="offset points", fontsize="x-small",
                           ha="right", va="center")  # fmt: skip
