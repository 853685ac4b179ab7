"""The figures of the comparison of width with depth."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle

from dlstats import montecarlo
from dlstats.plotting import style
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.measure import Measure
from dlstats.protocol.study import Figure
from dlstats.studies.approximation.width_versus_depth.equal_budgets import LABELS

ERROR = Measure("test_error", "test error over variance", "geometric_mean")


ERRORS = ("test_error", "train_error")


def _longest(table: pd.DataFrame) -> pd.DataFrame:
    """The lines or rows with the most steps of every target."""
    return table[table["steps"] == table.groupby("target")["steps"].transform("max")]


def _depth(method: str) -> int:
    return int(method.removeprefix("depth_"))


def _tied(rows: pd.DataFrame, table: pd.DataFrame) -> dict[str, bool]:
    """The best arm of a cell (True), and the arms that cannot be told from it (False)."""
    pairs = montecarlo.compare(rows, ERROR, by=("cell",), kind="ratio")
    lead = montecarlo.leaders(table, pairs, by=("cell",)).iloc[0]
    near = pairs[~pairs["distinguishable"] & ((pairs["method"] == lead["best"]) | (pairs["against"] == lead["best"]))]
    return {name: name == lead["best"] for name in {lead["best"], *near["method"], *near["against"]}}


def _heat(evidence: Evidence, figure) -> None:
    """Log10 of the geometric mean test error by depth and budget, one panel per target."""
    table, training = (
        _longest(evidence.table("by_depth", measure=name, statistic="geometric_mean")) for name in ERRORS
    )
    rows = _longest(evidence.rows("by_depth"))
    targets = [t for t in LABELS if t in set(table["target"])]
    axes = figure.subplots(2, len(targets) // 2 + 1, squeeze=False).ravel()
    norm = Normalize(-4, 0)
    for axis, target in zip(axes, targets, strict=False):
        _panel(axis, *(part[part["target"] == target] for part in (rows, table, training)), norm=norm)
        axis.set_title(LABELS[target])
    for axis in axes[:: len(axes) // 2]:
        axis.set_ylabel("parameters")
    for axis in axes[len(targets) :]:
        axis.axis("off")
    _legend(axes[-1].inset_axes((0, 0.45, 1, 0.09)), axes[0].images[0])


def _legend(axis, image) -> None:
    axis.figure.colorbar(
        image, cax=axis, label=r"$\log_{10}$ (test error / variance)", orientation="horizontal", extend="min"
    )


def _panel(axis, rows: pd.DataFrame, table: pd.DataFrame, training: pd.DataFrame, norm: Normalize) -> None:
    budgets = sorted(table["budget"].unique())
    methods = sorted(table["method"].unique(), key=_depth)
    level, trained = (
        t.pivot(index="budget", columns="method", values="estimate").loc[budgets, methods] for t in (table, training)
    )
    relative = table.assign(relative=table["mcse"] / table["estimate"])
    error = relative.pivot(index="budget", columns="method", values="relative").loc[budgets, methods] / math.log(10)
    shown, below = np.log10(level.to_numpy(float)), np.log10(trained.to_numpy(float))
    axis.imshow(shown, norm=norm, aspect="auto", origin="lower", cmap="cividis")
    for i, budget in enumerate(budgets):
        near = _tied(rows[rows["budget"] == budget], table[table["budget"] == budget])
        for j, name in enumerate(methods):
            color = "white" if norm(shown[i, j]) < 0.55 else "black"
            text = f"{shown[i, j]:.2f}\n±{error.to_numpy(float)[i, j]:.2f}\n({below[i, j]:.2f})".replace("-", "−")
            mark = "\n≈" if near.get(name) is False else ""
            axis.text(j, i, text + mark, ha="center", va="center", color=color, fontsize=5, linespacing=0.95)
            if near.get(name):
                axis.add_patch(Rectangle((j - 0.44, i - 0.44), 0.88, 0.88, fill=False, edgecolor=color, linewidth=1.1))
    axis.set_xticks(range(len(methods)), [str(_depth(m)) for m in methods])
    axis.set_yticks(range(len(budgets)), [f"{b:g}" for b in budgets])
    axis.spines[["left", "bottom"]].set_visible(False)
    axis.tick_params(length=0)
    axis.set_xlabel("hidden layers", labelpad=1)


def _members(evidence: Evidence, figure) -> None:
    """Test error of every activation and every initialisation, at two depths."""
    axes = figure.subplots(1, 2, width_ratios=(1.4, 1))
    for axis, (part, label) in zip(
        axes, {"by_activation": "activation", "by_start": "initialisation (ReLU)"}.items(), strict=True
    ):
        table = _longest(evidence.table(part, measure="test_error", statistic="geometric_mean"))
        names = list(dict.fromkeys(table["method"]))
        for index, (_, group) in enumerate(table.groupby("depth")):
            group = group.set_index("method").loc[names]
            x = np.arange(len(names)) + 0.16 * (2 * index - 1)
            bars = [group["estimate"] - group["lower"], group["upper"] - group["estimate"]]
            name = f"{int(group['depth'].iloc[0])} layers"
            axis.errorbar(x, group["estimate"], bars, label=name, **(style.nth(index + 1) | {"linestyle": ""}))
        axis.axhline(1, color="0.6", linewidth=0.7, zorder=0)
        axis.set_xticks(range(len(names)), [n.replace("_", " ") for n in names], rotation=40, ha="right")
        axis.set(yscale="log", xlabel=label)
    axes[0].set_ylabel("test error / variance")
    axes[0].legend()


FIGURES = (
    Figure(
        "width_versus_depth",
        "Test error over the variance of the target, log₁₀ of the geometric mean over replicates with its Monte Carlo standard "
        "error, in parentheses that of the training error, by number of hidden layers and of parameters: in a row the width "
        "shrinks as the depth grows. Frame: best of a row; ≈: not distinguishable from it (paired ratios, 5 % level, Holm "
        "within the row). Every network is the best of 4 runs by training error.",
        _heat,
        "two-column",
        4.2,
    ),
    Figure(
        "activations_and_starts",
        "Test error over the variance for the tree in d = 4 with 300 parameters at 2 and 8 hidden layers: activations from the "
        "initialisation made for each (left), named initialisations of ReLU networks (right); geometric means with 95 % "
        "Monte Carlo intervals. Grey: a constant.",
        _members,
        "two-column",
        2.8,
    ),
)
