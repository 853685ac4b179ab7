"""The study's figures: risks against the number of parameters and of features."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.plotting.curves import draw_points, points
from dlstats.protocol.evidence import Evidence
from dlstats.studies.dynamics.double_descent import features, linear, networks
from dlstats.theory import double_descent as theory


def draw_sizes(evidence: Evidence, figure) -> None:
    """Least squares and trained networks."""
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    for name, described in linear.LEAST_SQUARES.methods.items():
        _means(left, evidence, "least_squares", described.label, style.of(name, described), method=name)
    _exact(left, 30, 600, lambda p: theory.minimum_norm_risk(linear.CASES, p, linear.SIGNAL))
    sizes = np.geomspace(30, 600, 100)
    limits = [theory.ridge_risk_limit(linear.CASES, p, linear.SIGNAL) for p in sizes]  # type: ignore[arg-type]
    left.plot(sizes, limits, **style.method("limit"))
    for effort in (1, 3):
        table = points(evidence, "risk", "median", "units", "widths", effort=effort, against="")
        draw_points(right, table, f"trained, effort {effort}", style.nth(effort))
    _finish(left, linear.CASES, evidence.axis("parameters", "least_squares"), [30, 60, 120, 600])
    _finish(right, networks.CASES / (networks.INPUTS + 2), evidence.axis("units", "widths"), [2, 8, 25, 50, 200])
    left.set_ylabel("mean excess risk")
    right.set_ylabel("median excess risk")


def draw_features(evidence: Evidence, figure) -> None:
    """Inputs drawn at random, with the exact risk, and ReLU features, each at two noise levels."""
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    for panel, experiment, described, noises in (
        (left, "inputs", features.INPUTS, features.SELECTED_NOISES),
        (right, "relu", features.RELU, features.RELU_NOISES),
    ):
        for name, method in described.methods.items():
            for noise in noises:
                marks = style.of(name, method) | ({} if noise == noises[0] else {"markerfacecolor": "white"})
                label, where = rf"{method.label}, $\sigma = {noise:g}$", {"method": name, "noise_sd": noise}
                if panel is left:
                    _means(left, evidence, "inputs", label, marks, **where)
                else:
                    table = points(evidence, "risk", "median", "features", experiment, against="", **where)
                    draw_points(right, table, label, marks)
    for noise in features.SELECTED_NOISES:
        args = (features.TOTAL, linear.SIGNAL, noise**2)
        _exact(left, 15, features.TOTAL, lambda p, args=args: theory.selected_risk(linear.CASES, p, *args))
    _finish(left, linear.CASES, evidence.axis("parameters", "inputs"), [15, 30, 60, 120, 240])
    _finish(right, features.RELU_CASES, evidence.axis("features", "relu"), [10, 50, 150, 400, 1500])
    left.set_ylabel("mean excess risk")
    right.set_ylabel("median excess risk")


def _means(axes, evidence: Evidence, experiment: str, label: str, marks: dict, **where) -> None:
    """Means where |p − n| is 8 or more, medians between them, where the mean has no variance or none at all."""
    tables = [
        points(evidence, "risk", kind, "parameters", experiment, against="", **where) for kind in ("mean", "median")
    ]
    near = [abs(table["at"] - linear.CASES) < 8 for table in tables]
    draw_points(axes, pd.concat([tables[0][~near[0]]]), label, marks | {"linestyle": "none"})
    draw_points(axes, tables[1][near[1]], "", marks | {"linestyle": "none", "marker": "_"})


def _exact(axes, low: int, high: int, risk) -> None:
    """The exact mean on both sides of as many parameters as cases."""
    from dlstats.plotting import style

    for ends in ((low, linear.CASES - 2), (linear.CASES + 2, high)):
        sizes = np.unique(np.geomspace(*ends, 200).astype(int))
        axes.plot(sizes, [risk(int(p)) for p in sizes], **style.method("limit"))


def _finish(axes, cases: float, label: str, ticks: list[int]) -> None:
    """Log axes with these ticks, and a grey line where there are as many parameters as cases."""
    axes.axvline(cases, color="0.8", linewidth=0.8, zorder=0)
    axes.set(xscale="log", yscale="log", xlabel=label)
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.legend(fontsize="x-small")
