"""Laws of every drawn figure: dashes, intervals, names and their styles; each returns what breaks it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from dlstats.plotting import style


def _dash(line: Line2D) -> object:
    """The pattern of ink and gaps: matplotlib calls every tuple of them `--`."""
    return line._unscaled_dash_pattern  # type: ignore[attr-defined]


SOLID, GUIDE, LIMIT = (_dash(Line2D([], [], linestyle=dash)) for dash in ("-", style.GUIDE, style.LIMIT))


def broken(figure: Figure) -> list[str]:
    """What in a figure breaks a law; empty if nothing does."""
    return [text for axes in figure.axes for law in LAWS for text in law(axes)] + [*code_names(figure), *keys(figure)]


def dashes(axes: Axes) -> Iterator[str]:
    """Data have markers and a dash of data; what spans an axis is a thin grey line or in the dash of limits."""
    for line in axes.lines:
        if line.get_linestyle() == "None":
            continue
        dash = _dash(line)
        if _marked(line) and dash in (GUIDE, LIMIT):
            yield f"data in the dash of guides or limits: {line.get_label()}"
        if _spans(axes, line) and dash not in (SOLID, LIMIT):
            yield f"a limit in the dash of guides: {dash}"


def intervals(axes: Axes) -> Iterator[str]:
    """Bars have two ends inside the frame, and on a log axis they are not symmetric in the variable itself."""
    for container in axes.containers:
        if isinstance(container, ErrorbarContainer) and container.lines[0] is not None:
            yield from _bars(axes, container)


def _bars(axes: Axes, container: ErrorbarContainer) -> Iterator[str]:
    centres = np.asarray(container.lines[0].get_xydata(), float)
    label = container.get_label()
    for axis, (bars, has) in enumerate(zip(_by_axis(container), (container.has_xerr, container.has_yerr), strict=True)):
        if not has or bars is None:
            continue
        centre, scale = centres[:, axis], (axes.get_xscale, axes.get_yscale)[axis]()
        ends = np.array([_ends(bar, axis) for bar in bars], float).reshape(-1, 2)
        seen = np.isfinite(ends).all(axis=1) & (ends[:, 1] > ends[:, 0])
        frame = sorted((axes.get_xlim, axes.get_ylim)[axis]())
        slack = 1e-9 * (frame[1] - frame[0])
        if np.any(ends[seen, 0] < frame[0] - slack) or np.any(ends[seen, 1] > frame[1] + slack):
            yield f"the frame cuts an interval of {label}"
        if scale == "log" and np.any(ends[seen, 0] <= 0):
            yield f"an interval of {label} reaches 0 on a log axis"
        wide = seen & (ends[:, 1] - ends[:, 0] > 0.2 * np.abs(centre)) & (scale == "log")
        if np.any(np.isclose(centre - ends[:, 0], ends[:, 1] - centre, rtol=1e-6, atol=0)[wide]):
            yield f"an interval of {label} is symmetric on a log axis"


def _ends(bar: np.ndarray, axis: int) -> list[float]:
    return sorted(bar[:, axis]) if len(bar) else [np.nan, np.nan]


def _by_axis(container: ErrorbarContainer) -> list:
    """Segments of the bars along x and along y, None where there are none."""
    collections = [collection.get_segments() for collection in container.lines[2]]
    given = iter(collections)
    return [next(given, None) if has else None for has in (container.has_xerr, container.has_yerr)]


def code_names(figure: Figure) -> Iterator[str]:
    """No identifier is drawn: outside of formulas there is no underscore."""
    for text in figure.findobj(Text):
        words = re.sub(r"\$[^$]*\$", "", text.get_text())  # type: ignore[attr-defined]
        if text.get_visible() and "_" in words:
            yield f"a code name: {words}"


def distinct(axes: Axes) -> Iterator[str]:
    """No two curves of a panel are drawn alike under two names."""
    seen: dict[object, str] = {}
    for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
        line = handle.lines[0] if isinstance(handle, ErrorbarContainer) else handle
        if isinstance(line, Line2D):
            look = (line.get_color(), str(line.get_marker()), str(_dash(line)), line.get_markerfacecolor())
            if seen.setdefault(look, label) != label:
                yield f"{label} is drawn as {seen[look]} is"


def keys(figure: Figure) -> Iterator[str]:
    """The key of a dashed curve shows a gap that its marker does not hide."""
    for legend in [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend() is not None)]:
        length = legend.handlelength * legend.get_texts()[0].get_fontsize() if legend.get_texts() else 0  # type: ignore[union-attr]
        for line in legend.findobj(Line2D):  # type: ignore[union-attr]
            start, pattern = line._dash_pattern  # type: ignore[attr-defined]
            if pattern and line.get_linestyle() != "None" and not _gap_seen(start, pattern, length, line):
                yield f"a key without its dash in {[text.get_text() for text in legend.get_texts()]}"  # type: ignore[union-attr]


def _gap_seen(start: float, pattern: list[float], length: float, line: Line2D) -> bool:
    """Whether on a line of this length in points half a point of a gap lies outside of the marker in its middle."""
    half = (line.get_markersize() + line.get_markeredgewidth()) / 2 if _marked(line) else 0.0
    at = np.arange(0, length, 0.05)
    edges = np.cumsum(pattern)
    gap = np.searchsorted(edges, (at + start) % edges[-1], side="right") % 2 == 1
    return bool((gap & (np.abs(at - length / 2) > half)).sum() * 0.05 >= 0.5)


def styles(figure: Figure, labels: Mapping[str, Mapping]) -> Iterator[str]:
    """A method has the colour and marker of the registry; `labels` maps what is printed of it to its style there."""
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            wanted = labels.get(label)
            line = handle.lines[0] if isinstance(handle, ErrorbarContainer) else handle
            if wanted is None or not isinstance(line, Line2D):
                continue
            if line.get_color() != wanted["color"] or line.get_marker() not in (wanted["marker"], "None", ""):
                yield f"{label} is drawn as {line.get_color()} {line.get_marker()}, not as {wanted}"


def caption(text: str) -> Iterator[str]:
    """A caption names no code, and its intervals are those of 95 %."""
    if "_" in text or "`" in text:
        yield "a code name in the caption"
    if re.search(r"\bstandard errors?\b", text) and "Bars" in text:
        yield "bars of standard errors instead of 95 % intervals"
    if "Wilson" in text and "95 % Wilson" not in text:
        yield "Wilson intervals without their level"


def _marked(line: Line2D) -> bool:
    return line.get_marker() not in ("None", "", " ", None)


def _spans(axes: Axes, line: Line2D) -> bool:
    return line.get_transform() in (axes.get_xaxis_transform(which="grid"), axes.get_yaxis_transform(which="grid"))


LAWS = (dashes, intervals, distinct)
