"""The figure of two jumps: risks over the linear floor, and the training error of networks."""

from __future__ import annotations

import pandas as pd

from dlstats.plotting.curves import draw_method, draw_points, points, risk_axes
from dlstats.protocol.evidence import Evidence
from dlstats.studies.excess_risk.linear_suboptimality.estimators import ARC, HALF, JUMPS, OTHER_ARC, OTHERS


def draw(evidence: Evidence, figure) -> None:
    """Left: half a circle. Middle: another arc. Right: training error."""
    from dlstats.plotting import style

    left, middle, right = figure.subplots(1, 3, width_ratios=[1.5, 1, 1])
    for axes, arc, methods in (
        (left, ARC, ("kernel_ridge", "random_features", "haar", "tree")),
        (middle, OTHER_ARC, ("random_features", "haar", "tree")),
    ):
        for method in methods:
            table = points(evidence, "relative", experiment="rivals", method=method, arc=arc)
            draw_method(axes, table, method, OTHERS.methods)
    table = points(evidence, "relative", experiment="circle", method="segmentation")
    draw_points(left, table, "segmentation", "segmentation")
    for effort, line in tuple(style.EFFORTS.items())[:2]:
        look = style.method("network") | {"linestyle": line}
        about = {"experiment": "network", "effort": effort, **HALF}
        label = f"network, effort {effort}"
        draw_points(left, points(evidence, "relative", **about), label, look)
        draw_points(right, points(evidence, "misfit", **about), label, look, log=False)
    for marker, jump in zip("v^", JUMPS, strict=True):
        look = style.method("network") | {"linestyle": "", "marker": marker, "markerfacecolor": "white"}
        for axes, column in ((left, "relative"), (right, "misfit")):
            about = {"experiment": "network", "jump": jump}
            table = points(evidence, column, **about)
            draw_points(axes, table, f"network, {jump:g}σ", look, log=axes is left)
    sizes = pd.concat([points(evidence, "relative", experiment=name)["at"] for name in ("circle", "rivals")])
    ends = [sizes.min(), sizes.max()]
    titles = ("mean risk over the linear floor", f"the same, arc of {OTHER_ARC}", r"training error over $\sigma^2$")
    for axes, title in zip((left, middle, right), titles, strict=True):
        axes.plot(ends, [1, 1], **style.method("floor"), linewidth=0.8)
        risk_axes(axes, evidence, title)
        axes.set_ylabel("")
    middle.sharey(left)
    right.set_yscale("linear")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize="x-small")
