"""Curves against sample size or another factor: exact ones and those with Monte Carlo error, from the summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.readers import value
from dlstats.protocol.study import Described, Experiment, Figure


def curve(
    evidence: Evidence, column: str = "risk", over: str = "n", experiment: str = "", **where: Any
) -> tuple[np.ndarray, np.ndarray]:
    """(level of `over`, value) of an exact curve, by level."""
    table = points(evidence, column, "exact", over, experiment, **where)
    return table["at"].to_numpy(), table["estimate"].to_numpy()


def points(
    evidence: Evidence,
    column: str = "risk",
    statistic: str = "mean",
    over: str = "n",
    experiment: str = "",
    **where: Any,
) -> pd.DataFrame:
    """The summary lines of a curve by level of `over`, which stands in the column `at`."""
    table = evidence.table(experiment, measure=column, statistic=statistic, **where).sort_values(over)
    return table.assign(at=table[over].astype(float))


def interval(estimate: ArrayLike, mcse: ArrayLike, log: bool = False) -> np.ndarray:
    """Lengths of 95 % Monte Carlo bars below and above, shape (2, lines); on a log axis those of the logarithm.

    There the ends are estimate · exp(± 1.96 mcse / estimate), by the delta method: symmetric as drawn, and never 0.
    """
    value, half = np.asarray(estimate, float), 1.96 * np.asarray(mcse, float)
    if not log:
        return np.stack([half, half])
    ratio = np.exp(np.divide(half, value, out=np.zeros_like(value), where=value > 0))
    return np.stack([value - value / ratio, value * ratio - value])


def draw_points(axes, table: pd.DataFrame, label: str, appearance: Mapping[str, Any] | str, log: bool = True) -> None:
    """A curve with 95 % Monte Carlo error bars for a log axis or a linear one, in the style of a method or the one given.

    Those of proportions are the summary's, which stay between 0 and 1.
    """
    from dlstats.plotting import style

    chosen = style.method(appearance) if isinstance(appearance, str) else appearance
    bars = interval(table["estimate"], table["mcse"], log)
    if (table["statistic"] == "proportion").all():
        bars = np.stack([table["estimate"] - table["lower"], table["upper"] - table["estimate"]]).clip(min=0)
    axes.errorbar(table["at"], table["estimate"], yerr=bars, label=label, **chosen)


def draw_method(
    axes, table: pd.DataFrame, name: str, methods: Mapping[str, Described], slope: float | None = None
) -> None:
    """A method's curve under its label and in its style; theory's slope below it where there is one."""
    from dlstats.plotting import style

    appearance = style.of(name, methods[name])
    draw_points(axes, table, methods[name].label, appearance)
    if slope is not None:
        beside(axes, table["at"], table["estimate"], slope, appearance["color"])


def beside(axes, n: ArrayLike, risk: ArrayLike, slope: float, color: str | None = None) -> None:
    """Theory's slope as a dashed line just under the last points of a curve, with its number; black or in `color`."""
    from dlstats.plotting import labels, style

    x, y = np.asarray(n, float), np.asarray(risk, float)
    last = len(x) // 2
    line = 0.6 * y[-1] * (x / x[-1]) ** slope
    marks = style.method("theory") | ({"color": color} if color else {})
    axes.plot(x[last:], line[last:], **marks, linewidth=0.8)
    number = f"{slope:.2f}".replace("-", "\N{MINUS SIGN}")
    labels.at_end(axes, x[-1], line[-1], number, marks["color"], "x-small")


def risk_axes(axes, evidence: Evidence, title: str = "", column: str = "risk", over: str = "n") -> None:
    """Log axes under the labels of a factor and a measure, with a title where there is one."""
    axes.set(xlabel=evidence.axis(over), ylabel=evidence.axis(column))
    log_axes(axes)
    if title:
        axes.set_title(title)


def log_axes(axes) -> None:
    """Log axes with a number on each: ticks at every second size where the sizes span less than three decades.

    An axis without a power of ten has numbers between them, by matplotlib's own rule for less than a decade.
    """
    from matplotlib.ticker import LogFormatterSciNotation, NullFormatter

    axes.set(xscale="log", yscale="log")
    axes.yaxis.set_minor_formatter(LogFormatterSciNotation())
    sizes = np.unique(np.concatenate([np.asarray(line.get_xdata(), float) for line in axes.lines] or [np.ones(1)]))
    if axes.lines and sizes[-1] / sizes[0] < 1000:
        axes.set_xticks(sizes[::-2], [f"{size:g}" for size in sizes[::-2]])
        axes.xaxis.minorticks_off()
    else:
        axes.xaxis.set_minor_formatter(NullFormatter())


def curves(
    column: str,
    over: str = "n",
    *,
    caption: str,
    name: str = "",
    methods: Mapping[str, Described] | None = None,
    statistic: str = "",
    experiment: str = "",
    xlabel: str = "",
    ylabel: str = "",
) -> Figure:
    """The figure of a measure against a factor on log axes: one curve per method, one panel per level of the others.

    Labels are those of the experiment's factors, measures and methods; `methods`, some of them, gives their order. A panel
    without a positive value is left out; a figure of no other is not drawn, and the report says why.
    """
    reader = value(column, statistic, experiment=experiment).each()

    def draw(evidence: Evidence, figure) -> None:
        from dlstats.plotting import labels, style

        lines = pd.DataFrame([line for line, _ in reader.pairs(evidence)])
        lines = lines[lines["statistic"] == (statistic or lines["statistic"].iloc[0])]
        about = evidence.described(column, experiment)
        drawn = methods or (about.methods if about else {})
        panels = [(title, rows) for title, rows in _panels(lines, over, about) if (rows["estimate"] > 0).any()]
        if not panels:
            raise LookupError(f"no value of `{column}` is finite and positive, as log axes need")
        for axes, (title, rows) in zip(np.ravel(figure.subplots(1, len(panels), sharey=True)), panels, strict=True):
            for method in [m for m in drawn or rows["method"].unique() if m in set(rows["method"])]:
                table = rows[rows["method"] == method].sort_values(over)
                label = drawn[method].label if method in drawn else method.replace("_", " ")
                draw_points(
                    axes, table.assign(at=table[over].astype(float)), label, style.of(method, drawn.get(method))
                )
            log_axes(axes)
            axes.set(xlabel=xlabel or evidence.axis(over, experiment), title=title)
            axes.set(ylabel=(ylabel or evidence.axis(column, experiment)) if not title or title == panels[0][0] else "")
        if len(axes.get_legend_handles_labels()[1]) > labels.MOST:
            axes.legend()
        else:
            labels.at_ends(axes)

    return Figure(name or f"{column}_by_{over}", caption, draw, reads=replace(reader, over=("method", over)))


def _panels(lines: pd.DataFrame, over: str, about: Experiment | None) -> list[tuple[str, pd.DataFrame]]:
    """(title, lines) for every combination of the levels of the other factors and keys that vary."""
    before, after = lines.columns.get_loc("cell"), lines.columns.get_loc("measure")
    others = [c for c in lines.columns[before + 1 : after] if c not in (over, "method", "against")]  # type: ignore[operator]
    varying = [c for c in others if lines[c].nunique(dropna=False) > 1]
    if not varying:
        return [("", lines)]
    declared = {**about.factors, **about.keys} if about is not None else {}
    groups = lines.groupby(varying, sort=False, dropna=False)
    return [
        (", ".join(_level(declared.get(c), c, v) for c, v in zip(varying, key, strict=True)), rows)
        for key, rows in groups
    ]


def _level(factor: Factor | None, name: str, level: object) -> str:
    return f"{factor.label} {factor.describe(level)}" if factor is not None else f"{name.replace('_', ' ')} {level}"
