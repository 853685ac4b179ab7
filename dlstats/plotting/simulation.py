"""The plots that readers of simulation studies expect, as functions on a summary frame.

A summary has one line per condition and method for one measure, with `estimate`, `mcse`, `lower` and `upper`; each
function draws it into a given matplotlib Axes and returns that. Errors are always drawn: bars are the 95 %
Monte Carlo intervals [Morris, White and Crowther 2019; Gasparini, Morris and Crowther 2021].
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy

from dlstats.plotting import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NEEDED = ("estimate", "mcse", "lower", "upper")


def estimates(axes: Axes, summary: pd.DataFrame, x: str, by: str = "method", reference: float | None = None) -> Axes:
    """Estimate with its Monte Carlo interval against a factor, one line a level of `by`."""
    _check(summary, x, by)
    _reference(axes, reference)
    places = _places(summary[x])
    for k, (name, lines) in enumerate(summary.groupby(by, sort=False)):
        lines = lines.sort_values(x)
        marks = style.method(str(name)) if by == "method" else style.nth(k)
        # neighbours stand beside one another, so that bars do not hide bars
        beside = lines[x].map(places) + 0.06 * (k - (summary[by].nunique() - 1) / 2)
        axes.errorbar(beside, lines["estimate"], yerr=_ends(lines), label=_text(name), **marks)
    axes.set_xticks(list(places.values()), [_text(level) for level in places])
    axes.set(xlabel=_text(x), ylabel=_label(summary))
    axes.legend()
    return axes


def lollipop(axes: Axes, summary: pd.DataFrame, by: str = "method", reference: float = 0.0) -> Axes:
    """A stick from the reference to each estimate, the 95 % Monte Carlo limits as brackets."""
    _check(summary, by)
    axes.axvline(reference, **_REFERENCE)
    for height, line in _rows(summary):
        color = style.method(str(line[by]))["color"] if by == "method" else style.COLORS["blue"]
        axes.plot([reference, line["estimate"]], [height, height], color=color, linewidth=1)
        axes.plot(line["estimate"], height, marker="o", color=color)
        for end, bracket in ((line["lower"], "("), (line["upper"], ")")):
            if np.isfinite(end):
                axes.text(end, height, bracket, color=color, ha="center", va="center", size="small")
                axes.update_datalim([(end, height)])  # a text alone would not widen the axis
    axes.autoscale_view()
    return _named_rows(axes, summary, by)


def forest(axes: Axes, summary: pd.DataFrame, by: str = "method", reference: float | None = None) -> Axes:
    """Estimate and 95 % Monte Carlo interval, one row each, with the numbers written beside."""
    _check(summary, by)
    _reference(axes, reference, vertical=True)
    for height, line in _rows(summary):
        marks: dict[str, Any] = {
            **(style.method(str(line[by])) if by == "method" else style.nth(0)),
            "linestyle": "",
        }
        row = pd.DataFrame([line])
        axes.errorbar(row["estimate"], [height], xerr=_ends(row), **marks)
        text = f"{line['estimate']:.3g} ({line['mcse']:.1g})"
        axes.annotate(text, (1.02, height), xycoords=("axes fraction", "data"), va="center", size="small")
    return _named_rows(axes, summary, by)


def zip_plot(
    axes: Axes, replicates: pd.DataFrame, truth: float, estimate: str = "estimate", level: float = 0.95, most: int = 400
) -> Axes:
    """Intervals of all replicates, ordered by how far the estimate is from the truth, those that miss in another colour.

    `replicates` has columns `lower` and `upper` beside the estimate. The vertical axis is the centile of
    |estimate - truth| / half width; the dotted lines are the Wilson limits of the coverage. At most `most` are drawn,
    evenly spaced; the coverage counts them all.
    """
    for column in (estimate, "lower", "upper"):
        if column not in replicates:
            raise ValueError(f"`replicates` must have the column `{column}`, it has {', '.join(map(str, replicates))}.")
    rows = replicates.dropna(subset=[estimate, "lower", "upper"])
    z = (rows[estimate] - truth).abs() / (rows["upper"] - rows["lower"])
    rows = rows.assign(_centile=100 * z.rank(method="first") / len(rows))
    held = rows["lower"].le(truth) & rows["upper"].ge(truth)
    shown = rows.sort_values("_centile").iloc[
        np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int))
    ]
    for covers, color in ((True, "0.75"), (False, style.COLORS["vermillion"])):
        part = shown[held.loc[shown.index] == covers]
        axes.hlines(part["_centile"], part["lower"], part["upper"], color=color, linewidth=0.5)
    axes.axvline(truth, **_REFERENCE)
    share = scipy.stats.binomtest(int(held.sum()), len(rows)).proportion_ci(0.95, method="wilson")
    for end in share:
        axes.axhline(100 * end, color=style.COLORS["blue"], linestyle=style.LIMIT, linewidth=0.6)
    axes.set(
        xlabel=_text(estimate), ylabel="centile", ylim=(0, 100), title=f"coverage {held.mean():.3f}, nominal {level:g}"
    )
    axes.set_yticks([5, 25, 50, 75, 95])
    return axes


def nested_loop(axes: Axes, summary: pd.DataFrame, factors: Sequence[str], by: str = "method") -> Axes:
    """Every condition in one row: steps for the methods, and below them steps that show the levels of the factors.

    The first factor varies slowest [Ruecker and Schwarzer 2014]. The band about a step is its Monte Carlo interval.
    """
    _check(summary, by, *factors)
    table = summary.sort_values(list(factors), kind="stable")
    places = {key: i for i, key in enumerate(table[list(factors)].drop_duplicates().itertuples(index=False, name=None))}
    edges = np.arange(len(places) + 1) - 0.5
    for name, lines in table.groupby(by, sort=False):
        at = [places[key] for key in lines[list(factors)].itertuples(index=False, name=None)]
        full = lines.set_index(pd.Index(at)).reindex(range(len(places)))
        marks = style.method(str(name))
        axes.stairs(
            full["estimate"],
            edges,
            color=marks["color"],
            linestyle=marks["linestyle"],
            baseline=None,
            label=_text(name),
        )
        axes.fill_between(edges, *_stepped(full), step="post", color=marks["color"], alpha=0.2, linewidth=0)
    low, high = axes.get_ylim()
    room = 0.14 * (high - low)
    for k, factor in enumerate(factors):
        levels = [key[k] for key in places]
        rank = {level: i for i, level in enumerate(dict.fromkeys(levels))}
        base = low - (k + 1) * room
        height = [base + 0.5 * room * rank[level] / max(1, len(rank) - 1) for level in levels]
        axes.stairs(height, edges, color="0.3", baseline=None, linewidth=0.8)
        text = f"{_text(factor)}: {', '.join(_text(level) for level in rank)}"
        axes.text(edges[0] + 0.01 * len(places), base + 0.52 * room, text, size="x-small", va="bottom", color="0.3")
    axes.set_yticks([tick for tick in axes.get_yticks() if low <= tick <= high])
    axes.set(
        xlim=(edges[0], edges[-1]), ylim=(low - (len(factors) + 0.3) * room, high), xticks=[], ylabel=_label(summary)
    )
    axes.legend()
    return axes


def heat_map(axes: Axes, summary: pd.DataFrame, row: str, column: str, digits: int = 2) -> Axes:
    """A coloured table of estimates, each with its Monte Carlo standard error in brackets."""
    _check(summary, row, column)
    if summary.duplicated([row, column]).any():
        raise ValueError(f"`summary` must have one line per {row} and {column}; it has several. Filter it first.")
    orders = [list(dict.fromkeys(summary[name])) for name in (row, column)]
    value, error = (
        summary.pivot(index=row, columns=column, values=name)
        .reindex(index=orders[0], columns=orders[1])
        .to_numpy(float)
        for name in ("estimate", "mcse")
    )
    image = axes.imshow(value, aspect="auto")
    for i, j in np.argwhere(np.isfinite(value)):
        shade = float(np.asarray(image.norm(value[i, j])))
        text = f"{value[i, j]:.{digits}f}\n({error[i, j]:.{digits + 1}f})"
        axes.text(j, i, text, ha="center", va="center", size="x-small", color="white" if shade < 0.5 else "black")
    axes.set_yticks(range(len(orders[0])), [_text(level) for level in orders[0]])
    axes.set_xticks(range(len(orders[1])), [_text(level) for level in orders[1]])
    axes.set(xlabel=_text(column), ylabel=_text(row))
    return axes


_REFERENCE = {"color": "0.4", "linewidth": 0.7, "linestyle": style.LIMIT, "zorder": 0}


def _check(summary: pd.DataFrame, *columns: str) -> None:
    missing = [name for name in (*NEEDED, *columns) if name not in summary]
    if missing:
        raise ValueError(
            f"`summary` must have the columns {', '.join(missing)}; it has {', '.join(map(str, summary))}."
        )
    if "measure" in summary and len(summary[["measure", "statistic"]].drop_duplicates()) > 1:
        raise ValueError("`summary` must hold one measure and statistic; filter it first.")


def _ends(lines: pd.DataFrame) -> np.ndarray:
    """Lengths of the bars; none where an end is not finite."""
    below, above = lines["estimate"] - lines["lower"], lines["upper"] - lines["estimate"]
    return np.nan_to_num(np.stack([below, above]).astype(float), nan=0.0, posinf=0.0, neginf=0.0).clip(min=0)


def _stepped(full: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    low, high = (full[name].to_numpy(float) for name in ("lower", "upper"))
    return np.append(low, low[-1]), np.append(high, high[-1])


def _places(levels: pd.Series) -> dict:
    return {level: i for i, level in enumerate(sorted(levels.unique()))}


def _rows(summary: pd.DataFrame) -> list[tuple[int, dict]]:
    """Lines from top to bottom."""
    return [(-i, line) for i, line in enumerate(summary.to_dict("records"))]


def _named_rows(axes: Axes, summary: pd.DataFrame, by: str) -> Axes:
    axes.set_yticks([-i for i in range(len(summary))], [_text(name) for name in summary[by]])
    axes.set(ylim=(-len(summary) + 0.4, 0.6), xlabel=_label(summary))
    return axes


def _reference(axes: Axes, reference: float | None, vertical: bool = False) -> None:
    if reference is not None:
        (axes.axvline if vertical else axes.axhline)(reference, **_REFERENCE)


def _label(summary: pd.DataFrame) -> str:
    if "measure" not in summary or summary.empty:
        return "estimate"
    return f"{_text(summary['statistic'].iloc[0])} of {_text(summary['measure'].iloc[0])}"


def _text(name: object) -> str:
    return str(name).replace("_", " ")
