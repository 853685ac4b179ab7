"""The figure of rates of approximation with their constants."""

from __future__ import annotations

import numpy as np

from dlstats.plotting import labels, style
from dlstats.plotting.curves import interval
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure
from dlstats.theory import approximation_rates as theory
from dlstats.theory import squaring


def _rates(evidence: Evidence, figure) -> None:
    axes = figure.subplots(1, 3)
    _knots(evidence, axes[0])
    _features(evidence, axes[1])
    _grids(evidence, axes[2])


def _knots(evidence: Evidence, axis) -> None:
    """L2 errors for x^2 against units: floor, random knots, trained networks."""
    units = np.geomspace(2, 256, 50)
    axis.plot(units, squaring.best_l2(1) / (units + 0.5) ** 2, label="floor", **style.method("floor"))
    knots = evidence.table("random_knots", measure="scaled_error", statistic="mean", method="spline").sort_values(
        by="knots"
    )
    size = knots["knots"] ** 2
    axis.errorbar(
        knots["knots"],
        knots["estimate"] / size,
        interval(knots["estimate"], knots["mcse"], log=True) / size.to_numpy(),
        label="random knots",
        **style.method("spline"),
    )
    names = {"adam": "Adam", "lbfgs": "L-BFGS, exact last layer"}
    for method, label in names.items():
        table = evidence.table(
            "training", measure="l2_error", statistic="best_of", method=method, steps=lambda n: n != 40000
        )
        table = table.sort_values(by="units")
        axis.errorbar(
            table["units"],
            table["estimate"],
            interval(table["estimate"], table["mcse"], log=True),
            label=label,
            **style.method(method),
        )
    axis.set(xscale="log", yscale="log", xlabel="units $N$", ylabel=r"$L^2$ error for $x^2$")
    axis.legend(loc="lower left", fontsize="x-small")


def _features(evidence: Evidence, axis) -> None:
    """N times the squared error of random features against N, by dimension, with the closed form."""
    table = evidence.table("features", measure="scaled_mse")
    for index, (d, group) in enumerate(table.groupby("dimension")):
        line, d = style.nth(index + 1), int(float(str(d)))
        group = group.sort_values(by="features")
        x = group["features"] * (1 + 0.04 * (index - 1))
        axis.errorbar(
            x,
            group["estimate"],
            interval(group["estimate"], group["mcse"]),
            label=f"$d = {d}$",
            **(line | {"linestyle": ""}),
        )
        axis.axhline(
            theory.random_features_mse(d, d**-0.5), **(style.method("limit") | {"color": line["color"]}), linewidth=1
        )
    axis.set(xscale="log", xlabel=evidence.axis("features"), ylabel="$N$ × mean squared error", ylim=(0, None))
    axis.set_xticks(sizes := sorted(table["features"].unique()), [f"{size:g}" for size in sizes])
    axis.minorticks_off()
    labels.at_ends(axis)


def _grids(evidence: Evidence, axis) -> None:
    """L2 error of interpolation against the number of cells, by dimension, with the line of slope -2/d."""
    rows = evidence.rows("grids")
    for index, (d, group) in enumerate(rows.groupby("dimension")):
        group, d = group.sort_values(by="cells_of_grid"), int(float(str(d)))
        axis.plot(group["cells_of_grid"], group["grid_error"], label=f"$d = {d}$", **style.nth(index + 1))
        last = group.iloc[-1]
        line = last["grid_error"] * (group["cells_of_grid"] / last["cells_of_grid"]) ** (-2 / d)
        axis.plot(group["cells_of_grid"], line, **(style.method("theory") | {"color": "0.5"}), linewidth=0.8, zorder=0)
    axis.set(xscale="log", yscale="log", xlabel="grid cells $W$", ylabel=r"$L^2$ error of interpolation")
    labels.at_ends(axis)


FIGURES = (
    Figure(
        "approximation_rates",
        "Rates with their constants. Left: L² error for x² on [0, 1] against units; dotted, the exact floor of N units; "
        "splines with random knots; expected best of 16 trained networks. Middle: N times the mean squared error of N random "
        "cosines, with the closed form of each dimension (dotted): independent of N and nearly of the dimension. Right: linear "
        "interpolation on grids; dashed lines have slope −2/d. See how far trained networks stay from the floor of their units. "
        "Bars are 95 % Monte Carlo intervals.",
        _rates,
        "two-column",
        2.8,
    ),
)
