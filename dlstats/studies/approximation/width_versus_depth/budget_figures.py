"""The figures of the comparison of width with depth."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from dlstats import montecarlo
from dlstats.plotting import style
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure
from dlstats.studies.approximation.width_versus_depth.equal_budgets import DEPTHS
from dlstats.studies.approximation.width_versus_depth.targets import LABELS

EFFORTS = (1, 3)
TIE = math.log10(1.25)
"""Log₁₀ ratio of errors within which two depths count as equal."""
INKS: dict[int, str] = dict(zip(DEPTHS, ("sky", "orange", "green", "purple"), strict=True))
"""The colour of the depth that has the smallest error."""
SIZES = ("blue", "vermillion")


def _depth(method: str) -> int:
    return int(method.removeprefix("depth_"))


def _most_steps(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["steps"] == table["steps"].max()]


def _winner(rows: pd.DataFrame) -> tuple[int, str, float, float]:
    """The depth of the smallest error of a cell, what is tied with it or open, and its test and training error."""
    held = rows[rows["status"] == "ok"].pivot(index="replicate", columns="method", values="test_error")
    level = np.log10(held).mean()
    best = str(level.idxmin())
    marks = {}
    for name in held:
        if name != best:
            gap = montecarlo.contrast("mean", np.log10(held[name]), np.log10(held[best]))
            marks[_depth(str(name))] = "≈" if gap.upper <= TIE else "?" if gap.lower <= 0 else ""
    tied = "".join(f" {mark} {depth}" for depth, mark in sorted(marks.items()) if mark)
    train = rows.loc[rows["method"] == best, "train_error"]
    return _depth(best), tied, 10 ** level.min(), float(np.exp(np.log(train).mean()))


def _map(evidence: Evidence, figure) -> None:
    """For each target and budget the depth of the smallest test error, by training points and effort."""
    from matplotlib.patches import Rectangle

    rows = _most_steps(evidence.rows("by_depth"))
    sizes = sorted(rows["points"].unique())
    targets = [name for name in LABELS if name in set(rows["target"])]
    budgets = sorted(rows["budget"].unique())
    panels = figure.subplots(len(sizes), len(EFFORTS), squeeze=False, sharex=True, sharey=True)
    for axis, (n, effort) in zip(panels.ravel(), ((n, e) for n in sizes for e in EFFORTS), strict=True):
        part = rows[(rows["points"] == n) & (rows["effort"] == effort)]
        for (target, budget), cell in part.groupby(["target", "budget"]):
            place = budgets.index(budget), targets.index(str(target))
            depth, tied, test, train = _winner(cell)
            axis.add_patch(Rectangle(place, 1, 1, color=style.COLORS[INKS[depth]], alpha=0.35 if tied else 0.75, lw=0))
            axis.text(place[0] + 0.5, place[1] + 0.36, f"{depth}{tied}", ha="center", va="center", fontsize=7.5)
            words = f"{test:.2g} ({train:.2g})"
            axis.text(place[0] + 0.5, place[1] + 0.75, words, ha="center", va="center", fontsize=6)
        axis.set(xlim=(0, len(budgets)), ylim=(len(targets), 0), title=f"{n:,} points, effort {effort}")
        axis.set_xticks(np.arange(len(budgets)) + 0.5, [f"{b:g}" for b in budgets])
        axis.set_yticks(np.arange(len(targets)) + 0.5, [LABELS[t] for t in targets])
        axis.tick_params(length=0)
        axis.spines[["left", "bottom"]].set_visible(False)
    for axis in panels[-1]:
        axis.set_xlabel(evidence.axis("budget"))
    handles = [Rectangle((0, 0), 1, 1, color=style.COLORS[ink], alpha=0.75, lw=0) for ink in INKS.values()]
    names = [f"{depth} layers" if depth > 1 else "1 layer" for depth in INKS]
    figure.legend(handles, names, loc="outside lower center", ncols=len(names))


def _curves(evidence: Evidence, figure) -> None:
    """Test and training error by depth at the largest budget, one panel per target."""
    tables = {
        name: _most_steps(
            pd.concat(
                evidence.table("by_depth", measure=name, statistic="geometric_mean", effort=effort)
                for effort in _efforts(evidence)
            )
        )
        for name in ("test_error", "train_error")
    }
    test, train = (table[table["budget"] == table["budget"].max()] for table in tables.values())
    targets = [name for name in LABELS if name in set(test["target"])]
    axes = figure.subplots(2, (len(targets) + 1) // 2, squeeze=False, sharex=True, sharey=True).ravel()
    for axis, target in zip(axes, targets, strict=False):
        for color, n in zip(SIZES, sorted(test["points"].unique()), strict=False):
            part = test[(test["target"] == target) & (test["points"] == n)]
            for effort, lines in part.groupby("effort"):
                lines = lines.assign(depth=lines["method"].map(_depth)).sort_values("depth")
                bars = [lines["estimate"] - lines["lower"], lines["upper"] - lines["estimate"]]
                look = {"color": style.COLORS[color], "linestyle": style.EFFORTS[int(str(effort))], "marker": "o"}
                label = f"{n:,} points, effort {effort}"
                axis.errorbar(lines["depth"], lines["estimate"], bars, label=label, **look)
            part = train[(train["target"] == target) & (train["points"] == n)]
            lines = part[part["effort"] == max(EFFORTS)]
            lines = lines.assign(depth=lines["method"].map(_depth)).sort_values("depth")
            axis.plot(
                lines["depth"], lines["estimate"], "x", color=style.COLORS[color], label=f"{n:,} points, training"
            )
        axis.set(xscale="log", yscale="log", title=LABELS[target])
        axis.set_xticks(DEPTHS, [str(d) for d in DEPTHS])
        axis.minorticks_off()
    for axis in axes[:: len(axes) // 2]:
        axis.set_ylabel("error / variance")
    for axis in axes[len(axes) // 2 :]:
        axis.set_xlabel(evidence.axis("depth"))
    shown = {label: handle for axis in axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(list(shown.values()), list(shown), loc="outside lower center", ncols=4)


def _efforts(evidence: Evidence) -> list[int]:
    return sorted(evidence.replicates("by_depth")["effort"].unique())


def _members(evidence: Evidence, figure) -> None:
    """Test error of every activation and every initialisation, by effort."""
    axes = figure.subplots(1, 2, width_ratios=(1.4, 1), sharey=True)
    for axis, (part, label) in zip(
        axes, {"by_activation": "activation", "by_start": "initialisation (ReLU)"}.items(), strict=True
    ):
        for index, effort in enumerate(EFFORTS):
            found = evidence.table(part, measure="test_error", statistic="geometric_mean", effort=effort)
            table = _most_steps(found).set_index("method")
            names = list(dict.fromkeys(table.index))
            x = np.arange(len(names)) + 0.16 * (2 * index - 1)
            bars = [table["estimate"] - table["lower"], table["upper"] - table["estimate"]]
            axis.errorbar(
                x, table["estimate"], bars, label=f"effort {effort}", **(style.nth(index + 1) | {"linestyle": ""})
            )
            axis.set_xticks(
                range(len(names)), [evidence.experiments[part].label_of(n) for n in names], rotation=40, ha="right"
            )
        axis.axhline(1, color="0.6", linewidth=0.7, zorder=0)
        axis.set(yscale="log", xlabel=label)
    axes[0].set_ylabel("test error / variance")
    axes[0].legend()


FIGURES = (
    Figure(
        "width_versus_depth",
        "Which depth wins, by target and number of parameters: its number of hidden layers, and its test error over the "
        "variance of the target (training error in parentheses). ≈: tied with it, the interval of the log ratio lies below "
        "log 1.25; ?: open. Dark: it wins alone. Compare rows, for which targets depth wins; columns of a panel, whether there "
        "must be parameters for it; and the panels on the row of the tree in d = 8, what points and effort (times the steps) "
        "change.",
        _map,
        "two-column",
        6.0,
    ),
    Figure(
        "width_versus_depth_errors",
        "Test error over the variance of the target by number of hidden layers, at 1,000 parameters: 1,024 training "
        "points (blue) and 16,384 (red), at effort 1 (solid), 3 (long dashes) and 9 (dashes and dots); crosses: training "
        "error at effort 3. Look at the distance of a curve from the crosses of its colour, which is estimation, and at "
        "that between curves of one colour, which is effort: does either change which depth is best? Geometric means with"
        " 95 % Monte Carlo intervals; a network is the better of two initialisations, its rate chosen on a held-out "
        "fifth.",
        _curves,
        "two-column",
        4.2,
    ),
    Figure(
        "activations_and_starts",
        "Test error over the variance for the tree in d = 4 with 300 parameters in 8 hidden layers and 1,024 points: "
        "activations from the initialisation made for each (left), named initialisations of ReLU networks (right). Compare "
        "gradient descent with Adam from the same weights, N(0, 0.01²) and He's, and both with a constant (grey). Geometric "
        "means with 95 % Monte Carlo intervals.",
        _members,
        "two-column",
        2.8,
    ),
)
