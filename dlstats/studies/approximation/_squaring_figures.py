"""The figures of the squaring study."""

from __future__ import annotations

import numpy as np

from dlstats.plotting import style
from dlstats.protocol.study import Evidence, Figure
from dlstats.theory import squaring as theory


def _units(evidence: Evidence, figure) -> None:
    """Largest error against hidden units: deep, deep centred, best shallow, trained deep; the crossover marked."""
    axis = figure.subplots()
    deep = evidence.rows(part="deep").sort_values(by="units")
    shallow = evidence.rows(part="shallow").sort_values(by="units")
    deep, shallow = deep[deep["units"] > 0], shallow[shallow["units"] > 0]
    axis.plot(shallow["units"], shallow["sup_error"], label="best shallow", **style.method("shallow"))
    axis.plot(deep["units"], deep["sup_error"], label=r"deep, $f_m$", **style.method("exact"))
    axis.plot(deep["units"], deep["sup_error"] / 2, label="deep, centred", **(style.nth(3) | {"marker": ""}))
    table = evidence.table(part="trained", measure="trained_error", statistic="best_of")
    units = [3 * int(depth) for depth in table["depth"]]
    error = np.minimum(1.96 * table["mcse"], 0.99 * table["estimate"])
    label = "trained deep, best of 16"
    axis.errorbar(
        units,
        table["estimate"],
        [error, 1.96 * table["mcse"]],
        label=label,
        **(style.method("deep") | {"linestyle": ""}),
    )
    border = theory.crossover()
    axis.axhline(border, color="0.6", linewidth=0.6, zorder=0)
    axis.annotate("crossover", (1, border), (0, 2), textcoords="offset points", color="0.4", fontsize="small")
    axis.set(xscale="log", yscale="log", xlabel="hidden units", ylabel=r"largest error for $x^2$", ylim=(1e-8, 0.3))
    axis.legend(loc="lower left")


FIGURES = (
    Figure(
        "squaring_units",
        "Largest error for x² on [0, 1] against the number of hidden units. Diamonds: Yarotsky's networks of width 3; dotted, "
        "the same with half of the error taken off by the output bias. Circles: the best that any shallow network can do. "
        "Squares: expected best of 16 starts of trained networks of width 3, with 95 % Monte Carlo intervals. Grey line: the "
        "accuracy 2⁻¹¹ above which depth does not always save units.",
        _units,
        "one-column",
        3.0,
    ),
)
