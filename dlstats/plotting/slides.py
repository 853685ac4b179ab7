"""Figures for slides: 16:9, sans serif, and no type smaller than 18 pt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from dlstats.plotting import style

SLIDE = (13.333, 7.5)
"""Width and height in inches of a slide, 16:9."""
SLIDE_POINTS = 18
COLUMNS, LETTERS = 3, 24
"""Of a key: columns at most, and how long a label may be there; longer ones stand in two."""
_SLIDE = {
    "font.size": SLIDE_POINTS,
    **dict.fromkeys(("axes.titlesize", "axes.labelsize", "legend.fontsize"), SLIDE_POINTS),
    **dict.fromkeys(("xtick.labelsize", "ytick.labelsize"), SLIDE_POINTS),
    "axes.linewidth": 1.2,
    "lines.linewidth": 2.4,
    "lines.markersize": 8,
    "lines.markeredgewidth": 1.2,
    "errorbar.capsize": 3.5,
    "savefig.dpi": 144,
}


@contextmanager
def slide() -> Iterator[None]:
    """The settings of a figure on a slide, sans serif and in no smaller type than 18 pt, for as long as the block lasts."""
    with style.journal("sans"):
        matplotlib.rcParams.update(_SLIDE)  # type: ignore[arg-type]
        yield


def new_slide() -> Figure:
    """An empty figure of the size of a slide; call it inside `slide()`."""
    return Figure(figsize=SLIDE, layout="constrained")


def enlarge(figure: Figure) -> None:
    """Raise every text of a slide that a study made smaller to 18 pt, and its lines and markers twofold.

    A key beside the panels is set anew in two or three columns, which is what fits.
    """
    _narrow_keys(figure)
    for text in figure.findobj(Text):
        text.set_fontsize(max(SLIDE_POINTS, text.get_fontsize()))  # type: ignore[attr-defined]
    for line in figure.findobj(Line2D):
        if line.get_linewidth() < 1.2:  # type: ignore[attr-defined]
            line.set_linewidth(2 * line.get_linewidth())  # type: ignore[attr-defined]
        if line.get_markersize() < 4.5:  # type: ignore[attr-defined]
            line.set_markersize(2 * line.get_markersize())  # type: ignore[attr-defined]


def _narrow_keys(figure: Figure) -> None:
    drawn = [pair for axes in figure.axes for pair in zip(*axes.get_legend_handles_labels(), strict=True)]
    handles = {label: handle for handle, label in drawn}
    for key in list(figure.legends):
        labels = [text.get_text() for text in key.get_texts()]
        columns = COLUMNS if max(map(len, labels), default=0) <= LETTERS else 2
        if key._ncols > columns and set(labels) <= set(handles):  # type: ignore[attr-defined]
            side = "lower" if key._outside_loc == "lower" else "upper"  # type: ignore[attr-defined]
            key.remove()
            figure.legend([handles[label] for label in labels], labels, loc=f"outside {side} center", ncols=columns)  # type: ignore[arg-type]
