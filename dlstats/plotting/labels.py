"""Names of curves at their ends, moved apart where they would overlap; placed when the figure is drawn, in any size of type."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import scipy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation
    from matplotlib.transforms import Transform

END = "at an end"
"""What matplotlib is told of a text that stands at the end of a curve."""
MOST = 5
"""Curves of a panel that are named at their ends; more have a legend."""
GAP, LEADING, NEAR = 0.65, 1.05, 15.0
"""Heights of type between an end and its text and from line to line, and points in x between ends whose texts give way."""


def at_ends(axes: Axes) -> None:
    """Write the label of every labelled curve of `axes` at its right end, in its colour, in the place of a legend."""
    from matplotlib.container import ErrorbarContainer

    for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
        line = handle.lines[0] if isinstance(handle, ErrorbarContainer) else handle
        points = np.asarray(line.get_xydata(), float)  # type: ignore[union-attr]
        points = points[np.isfinite(points).all(axis=1)]
        if len(points):
            x, y = points[np.argmax(points[:, 0])]
            at_end(axes, x, y, label, line.get_color())  # type: ignore[union-attr]


def at_end(axes: Axes, x: float, y: float, text: str, color: str, size: float | str = "small") -> Annotation:
    """Write `text` right of a point, above or below others that `axes` has at about the same x where they would overlap.

    A thin line leads from a text that was moved to its point. The place is found when the figure is drawn, so that type
    may be enlarged before.
    """
    leader = {"arrowstyle": "-", "color": color, "linewidth": 0.4, "shrinkA": 0.5, "shrinkB": 1, "patchA": None}
    label = axes.annotate(
        text, (x, y), (0, 0), textcoords=_placed(axes, (x, y, text)), color=color, fontsize=size, va="center",
        annotation_clip=False, arrowprops=leader | {"relpos": (0, 0.5)}, gid=END,
    )  # fmt: skip
    return label


def spread(middles: np.ndarray, heights: np.ndarray, low: float, high: float) -> np.ndarray:
    """Middles of texts of these heights that do not overlap, as near as can be to `middles` in least squares.

    The order is kept: less the heights below it a middle must not fall, which is isotonic regression. As far as there
    is room all stay between `low` and `high`.
    """
    order = np.argsort(middles, kind="stable")
    tall = heights[order]
    below = np.concatenate([[0.0], np.cumsum((tall[1:] + tall[:-1]) / 2)])
    fitted = scipy.optimize.isotonic_regression(middles[order] - below).x
    placed = np.empty_like(fitted)
    placed[order] = np.clip(fitted, low, max(low, high - below[-1])) + below
    return placed


def _placed(axes: Axes, key: tuple[float, float, str]) -> Callable[..., Transform]:
    """Where the text of `key` begins, as a transform of (0, 0) into pixels, found when the figure is drawn."""
    return partial(_place, axes, key)


def _place(axes: Axes, key: tuple[float, float, str], renderer) -> Transform:
    from matplotlib.transforms import Affine2D

    frame, point = axes.bbox, renderer.points_to_pixels(1)
    near = NEAR * point
    own_end = axes.transData.transform(key[:2])[0]
    every = [text for text in axes.texts if text.get_gid() == END]
    same = [text for text in every if abs(axes.transData.transform(text.xy)[0] - own_end) < near]  # type: ignore[attr-defined]
    ends = axes.transData.transform([text.xy for text in same])  # type: ignore[attr-defined]
    heights = np.array([LEADING * float(text.get_fontsize()) * point for text in same])
    middles = spread(np.clip(ends[:, 1], frame.y0, frame.y1), heights, frame.y0, frame.y1)
    own = [(*text.xy, text.get_text()) for text in same].index(key)  # type: ignore[attr-defined]
    same[own].arrow_patch.set_visible(abs(middles[own] - ends[own, 1]) > heights[own] / 3)  # type: ignore[attr-defined]
    return Affine2D().translate(ends[:, 0].max() + GAP * heights[own], middles[own])
