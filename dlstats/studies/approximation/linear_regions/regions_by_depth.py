"""Figure: regions against depth with the same number of units, possible, expected and measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlstats.plotting.curves import interval
from dlstats.protocol.study import Figure
from dlstats.studies.approximation.linear_regions._random_networks import widths_of
from dlstats.theory import linear_regions as theory

if TYPE_CHECKING:
    from dlstats.protocol.evidence import Evidence


def _by_depth(evidence: Evidence, figure) -> None:
    """Counts against depth at 32 units: worst-case bound, folding, expectation, measured means with intervals."""
    from dlstats.plotting import labels

    axes = figure.subplots(1, 2)
    on_line = evidence.table("line", measure="zeros", distribution="gaussian")
    _panel(axes[0], on_line.assign(estimate=on_line["estimate"] + 1), 1, "pieces of a line")
    _panel(axes[1], evidence.table("plane", measure="regions"), 2, "regions of the plane")
    labels.at_ends(axes[1])


def _panel(axis, table, dimension: int, label: str) -> None:
    from dlstats.plotting import style

    table = table.assign(shape=table["widths"].map(widths_of))
    table = table[table["shape"].map(sum) == 32]
    table = table.assign(depth=table["shape"].map(len)).sort_values("depth")
    shapes, depth = table["shape"], table["depth"]
    most = [theory.most_regions_by_dimension(w, dimension) for w in shapes]
    folded = [theory.reachable_regions(w, dimension) for w in shapes]
    expected = [_expected(w, dimension) for w in shapes]
    axis.plot(depth, most, label="upper bound", **style.method("bound"))
    axis.plot(depth, folded, label="folding construction", **style.method("construction"))
    axis.plot(depth, expected, label="expected at random", **(style.method("theory") | {"color": style.COLORS["blue"]}))
    measured = style.nth(2) | {"linestyle": ""}
    axis.errorbar(
        depth, table["estimate"], interval(table["estimate"], table["mcse"], log=True), label="measured", **measured
    )
    axis.set(yscale="log", xscale="log", xlabel="hidden layers, 32 units in all", ylabel=label)
    axis.set_xticks(list(depth), [str(d) for d in depth])
    axis.minorticks_off()


def _expected(widths: tuple[int, ...], dimension: int) -> float:
    return 1 + theory.expected_zeros(widths) if dimension == 1 else theory.expected_regions_plane(widths)


FIGURE = Figure(
    "regions_by_depth",
    "Number of linear pieces of a line (left) and of activation regions of the plane (right) against depth with 32 "
    "hidden units in all. Dotted: upper bound for any weights. Diamonds: pieces that a folding construction reaches. "
    "Blue, dashed: closed form for random weights. Points: means over random networks with 95 % Monte Carlo intervals, "
    "mostly smaller than the points. Random deep networks show none of what depth can do: their count stays near "
    "that of one layer.",
    _by_depth,
    "two-column",
    2.7,
)
