"""The study's figure of widths."""

from __future__ import annotations

from dlstats.plotting.curves import beside, draw_points, log_axes, points
from dlstats.protocol.evidence import Evidence
from dlstats.studies.dynamics.lazy_training.networks import LAZY


def draw(evidence: Evidence, figure) -> None:
    """Distances of kernels and of predictions, against the width."""
    from dlstats.plotting import style

    start, training = figure.subplots(1, 2)
    for depth in (1, 2, 3):
        table = points(evidence, "distance", "rmse", "width", "kernels", depth=depth)
        draw_points(start, table, f"$L = {depth}$", style.nth(depth))
    beside(start, table["at"], table["estimate"] / 3, -0.5)
    start.set(ylabel="relative distance of kernels")
    for column, name, label in (
        ("limit", "relu", "ReLU to limit"), ("linearised", "relu", "ReLU to linear"), ("linearised", "tanh", "tanh to linear"),
    ):  # fmt: skip
        table = points(evidence, column, "rmse", "width", "training", method=name, depth=1)
        marks = style.method("kernel_ridge") if column == "limit" else style.of(name, LAZY[name])
        draw_points(training, table, label, marks)
        if label != "ReLU to linear":
            beside(training, table["at"], table["estimate"], -0.5 if column == "limit" else -1, marks["color"])
    training.set(ylabel="relative distance of predictions")
    for axes in (start, training):
        axes.set_xlabel(evidence.axis("width", "kernels"))
        log_axes(axes)
        axes.set_ylim(bottom=axes.get_ylim()[0] / 2)  # room for the legend
        axes.legend(fontsize="x-small", loc="lower left")
