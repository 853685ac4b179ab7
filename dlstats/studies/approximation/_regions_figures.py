"""The figures of the study of linear regions."""

from __future__ import annotations

import json

import numpy as np
from matplotlib.collections import PolyCollection

from dlstats.plotting import style
from dlstats.protocol.study import Evidence, Figure
from dlstats.studies.approximation._regions_parts import WINDOW, widths_of
from dlstats.theory import linear_regions as theory


def _named(widths: object) -> str:
    units = widths_of(widths)
    return f"one layer of {units[0]}" if len(units) == 1 else f"{len(units)} layers of {units[0]}"


def _regions(evidence: Evidence, figure) -> None:
    """The polygons of one random network of each architecture, coloured at random."""
    rows = evidence.rows(part="picture").drop_duplicates("widths")
    axes = figure.subplots(1, len(rows), squeeze=False)[0]
    shades = style.COLORS
    palette = [shades[name] for name in ("blue", "vermillion", "green", "purple", "orange", "sky")]
    for axis, (_, row) in zip(axes, rows.iterrows(), strict=True):
        polygons = [np.array(corners) for corners in json.loads(str(row["polygons"]))]
        middle = [round(1e3 * float(p.mean(axis=0) @ (1, 7.3))) for p in polygons]
        colors = [palette[key % len(palette)] for key in middle]
        axis.add_collection(PolyCollection(polygons, facecolors=colors, alpha=0.45, linewidths=0))
        axis.add_collection(PolyCollection(polygons, facecolors="none", edgecolors="0.15", linewidths=0.3))
        axis.set(xlim=(-WINDOW, WINDOW), ylim=(-WINDOW, WINDOW), aspect="equal", xticks=(-2, 0, 2), yticks=(-2, 0, 2))
        axis.set_title(f"{_named(row['widths'])}: {int(row['regions'])}")
        axis.set_xlabel("$x_1$")
    axes[0].set_ylabel("$x_2$")


def _by_depth(evidence: Evidence, figure) -> None:
    """Counts against depth at 32 units: worst-case bound, folding, expectation, measured means with intervals."""
    panels = {"line": ("zeros", 1, "pieces of a line"), "plane": ("regions", 2, "regions of the plane")}
    axes = figure.subplots(1, 2)
    for axis, (part, (column, dimension, label)) in zip(axes, panels.items(), strict=True):
        table = evidence.table(part=part, measure=column, statistic="mean", method="gaussian")
        widths = [widths_of(w) for w in table["widths"]]
        table = table.assign(depth=[len(w) for w in widths])[[sum(w) == 32 for w in widths]].sort_values("depth")
        shapes = [widths_of(w) for w in table["widths"]]
        depth, shift = table["depth"], 1 if part == "line" else 0
        expected = [_expected(w, dimension) for w in shapes]
        axis.plot(
            depth,
            [theory.most_regions_by_dimension(w, dimension) for w in shapes],
            label="upper bound",
            **style.method("bound"),
        )
        folded = [theory.reachable_regions(w, dimension) for w in shapes]
        axis.plot(depth, folded, label="folding construction", **style.method("construction"))
        axis.plot(depth, expected, label="expected at random", **(style.nth(1) | {"marker": ""}))
        axis.errorbar(
            depth,
            table["estimate"] + shift,
            1.96 * table["mcse"],
            label="measured",
            **(style.nth(2) | {"linestyle": ""}),
        )
        axis.set(yscale="log", xscale="log", xlabel="hidden layers, 32 units in all", ylabel=label)
        axis.set_xticks(list(depth), [str(d) for d in depth])
        axis.minorticks_off()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)


def _expected(widths: tuple[int, ...], dimension: int) -> float:
    return 1 + theory.expected_zeros(widths) if dimension == 1 else theory.expected_regions_plane(widths)


def _training(evidence: Evidence, figure) -> None:
    """Pieces of trained networks against those at the start, one point a network."""
    rows = evidence.rows(part="trained")
    axes = figure.subplots(1, 2)
    for axis, (kind, label) in zip(axes, {"pieces": "on the line", "inside": "on (0, 1)"}.items(), strict=True):
        top = 0
        for index, (widths, group) in enumerate(rows.groupby("widths", sort=False)):
            look = style.nth(index) | {"linestyle": ""}
            axis.plot(group[f"{kind}_before"], group[f"{kind}_after"], alpha=0.7, label=_named(widths), **look)
            top = max(top, group[[f"{kind}_before", f"{kind}_after"]].to_numpy().max())
        axis.plot([0, top], [0, top], color="0.6", linewidth=0.6, zorder=0)
        axis.set(xlabel=f"pieces {label} at the start", ylabel="after training")
    axes[1].axhline(8, **(style.method("truth") | {"linewidth": 0.8}))
    axes[0].legend()


FIGURES = (
    Figure(
        "regions_in_plane",
        "Activation regions in the square |x₁|, |x₂| ≤ 2 of one random network of each shape, 32 hidden units in all, with "
        "the number of regions seen there. Colours only tell neighbours apart. Deeper networks bend the lines of later "
        "layers; they do not have more regions.",
        _regions,
        "two-column",
        2.6,
    ),
    Figure(
        "regions_by_depth",
        "Number of linear pieces of a line (left) and of activation regions of the plane (right) against depth with 32 "
        "hidden units in all. Dashed: upper bound for any weights. Diamonds: pieces that a folding construction reaches. "
        "Dash-dotted: closed form for random weights. Points: means over random networks with 95 % Monte Carlo intervals, "
        "mostly smaller than the points. What depth can do, it does not do at random.",
        _by_depth,
        "two-column",
        2.7,
    ),
    Figure(
        "regions_training",
        "Linear pieces of networks with 48 hidden units before and after training on the sawtooth m⁽³⁾, on the line (left) "
        "and on (0, 1) (right), one point a network. Grey: no change. Dashed: the 8 pieces of the target.",
        _training,
        "two-column",
        2.6,
    ),
)
