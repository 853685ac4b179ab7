"""A method beside its rivals on shared replicates: ratios with their intervals, one row per condition."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.study import Experiment, Figure

RATIO = "log_ratio("
ROW, HEAD = 0.16, 1.1
"""Inches of a row of the figure, and of its legend and axis."""
FAR = 12
"""Decades beyond which no end of an interval is drawn: of two replicates it may be no number."""
CHARACTERS = 40
"""Of a line of a row's name at most."""


def ratios(lines: pd.DataFrame, experiment: Experiment, label: str) -> Figure:
    """Log ratios of a method to every rival on a log axis, one row per condition and key; `lines` are those of one measure."""
    factors = {**experiment.factors, **experiment.keys}
    varying = [name for name in factors if name in lines and lines[name].nunique(dropna=False) > 1]
    row_of = [[_level(factors, name, row[name]) for name in varying] for row in lines.to_dict("records")]
    lines = lines.assign(row=[textwrap.fill(", ".join(parts), CHARACTERS) for parts in row_of])
    measure, shown = measured(experiment, *lines[["measure", "statistic"]].iloc[0]), lines["lower"].notna()
    caption = (
        f"{measure[0].upper()}{measure[1:]} of {label} over that of every rival on the same replicates, with Monte Carlo "
        f"intervals that hold for all {shown.sum()} ratios at once with 95 % (Bonferroni), one row per condition. Left of 1 the "
        f"rival has the larger value.{'' if shown.all() else ' A ratio that is not determined has no mark.'}"
    )
    rows, lines = list(dict.fromkeys(lines["row"])), lines[shown]

    def draw(evidence: Evidence, figure) -> None:
        from matplotlib.ticker import NullFormatter

        from dlstats.plotting import style

        axes, rivals = figure.subplots(), list(dict.fromkeys(lines["against"]))
        for number, rival in enumerate(rivals):
            own = lines[lines["against"] == rival]
            ends = own[["estimate", "lower", "upper"]].astype(float).clip(-FAR, FAR)
            middle, low, high = 10 ** ends.to_numpy().T
            at = np.array([rows.index(row) for row in own["row"]]) + 0.7 * ((number + 0.5) / len(rivals) - 0.5)
            marks = style.of(rival, experiment.methods[rival]) | {"linestyle": "none"}
            bars = np.nan_to_num(np.stack([middle - low, high - middle]))
            axes.errorbar(middle, at, xerr=bars, label=experiment.label_of(rival), markersize=3, **marks)
        axes.axvline(1.0, color="0.5", linewidth=0.7, zorder=0)
        axes.set_yticks(range(len(rows)), rows)
        axes.tick_params(axis="y", labelsize="x-small", length=0)
        xlabel = textwrap.fill(f"{measure}, ratio of {label} to the rival", CHARACTERS + 10)
        axes.set(xscale="log", ylim=(len(rows) - 0.5, -0.5), xlabel=xlabel)
        _few_ticks(axes)
        axes.xaxis.set_minor_formatter(NullFormatter())
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=3, fontsize="x-small")

    high = max(lines["against"].nunique() / 3, *(1.0 + row.count("\n") for row in rows))
    return Figure("ratios", caption, draw, "two-column", HEAD + ROW * len(rows) * high)


def measured(experiment: Experiment, column: str, statistic: str) -> str:
    """What a log ratio is taken of: the measure's label, and its statistic."""
    inner = statistic[len(RATIO) : -1]
    labels = [m.label for m in experiment.measures if m.column == column and m.statistic == inner]
    label = next(iter(labels), next(m.label for m in experiment.measures if m.column == column))
    return f"{label} ({inner.replace('_', ' ')})"


def _level(factors: Mapping[str, Factor], name: str, level: Any) -> str:
    """A word by its label, a number with the name of its factor, from which no line parts it."""
    text = factors[name].describe(level)
    return text if isinstance(level, str) else f"{factors[name].label}\N{NO-BREAK SPACE}{text}"


def _few_ticks(axes) -> None:
    """Ticks at 1, 2, 5 where the ratios span less than two decades, else those of a log axis."""
    low, high = axes.get_xlim()
    if high / low < 100:
        ticks = [m * 10.0**k for k in range(-6, 7) for m in (1, 2, 5) if low <= m * 10.0**k <= high]
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])


def legend_above(figure: Figure) -> Figure:
    """The figure with one legend above its panels in the place of names inside, and a tick at every level where there are few."""

    def draw(evidence: Evidence, canvas) -> None:
        from dlstats.plotting.labels import END

        figure.draw(evidence, canvas)
        for axes in canvas.axes:
            inside = [axes.get_legend(), *(text for text in axes.texts if text.get_gid() == END)]
            for names in inside:
                if names is not None:
                    names.remove()
            levels = np.unique(np.concatenate([np.asarray(line.get_xdata(), float) for line in axes.lines]))
            if len(levels) <= 6:
                axes.set_xticks(levels, [f"{level:g}" for level in levels])
        handles, labels = canvas.axes[0].get_legend_handles_labels()
        columns = 3 if figure.width == "one-column" else 5
        canvas.legend(handles, labels, loc="outside upper center", ncols=columns, fontsize="x-small")

    return replace(figure, draw=draw, height=figure.height + 0.5)
