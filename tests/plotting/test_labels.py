"""Names at the ends of curves do not overlap, keep the order of the curves and stay in the frame."""

import itertools

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from dlstats.plotting import labels, slides, style


def ends(values, scale="linear"):
    figure = Figure(figsize=(3.4, 2.6), layout="constrained")
    axes = figure.subplots()
    for k, value in enumerate(values):
        axes.errorbar([1, 2, 3], [1.0, 1.0, value], [0.01] * 3, label=f"curve {k}", **style.nth(k))
    axes.set_yscale(scale)
    labels.at_ends(axes)
    return figure, axes


def boxes(figure):
    figure.draw_without_rendering()
    texts = [text for text in figure.axes[0].texts if text.get_gid() == labels.END]
    return {text.get_text(): Text.get_window_extent(text) for text in texts}  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [(1, 1, 1, 1), (3, 2.99, 1, 1.01), (1, 2, 3, 4), (5, 4.9, 4.8, 4.7)])
@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("size", [None, 18])
def test_names_do_not_overlap_and_keep_the_order_of_the_ends(values, scale, size):
    figure, axes = ends(values, scale)
    for text in axes.texts if size else []:
        text.set_fontsize(size)
    drawn = boxes(figure)
    middles = np.array([(box.y0 + box.y1) / 2 for box in drawn.values()])
    assert list(drawn) == [f"curve {k}" for k in range(4)]
    heights = np.array([text.get_fontsize() for text in axes.texts]) * figure.dpi / 72
    assert np.diff(np.sort(middles)).min() > 0.99 * labels.LEADING * heights.min()
    assert all(
        (a < b) == (middles[i] < middles[j])
        for (i, a), (j, b) in itertools.permutations(enumerate(values), 2)
        if a != b
    )
    assert all(box.x0 > axes.transData.transform((3, 0))[0] for box in drawn.values())


def test_a_name_with_room_stands_at_its_end_and_one_that_was_moved_has_a_line_to_it():
    figure, axes = ends((1, 1, 4))
    drawn = boxes(figure)
    alone = axes.transData.transform((3, 4))[1]
    assert (drawn["curve 2"].y0 + drawn["curve 2"].y1) / 2 == pytest.approx(alone, abs=2)
    assert [text.arrow_patch.get_visible() for text in axes.texts] == [True, True, False]  # type: ignore[attr-defined]


def test_spread_is_least_squares_in_order_and_inside():
    rng = np.random.default_rng(3)
    for _ in range(20):
        middles, heights = rng.uniform(0, 30, 5), np.full(5, 4.0)
        placed = labels.spread(middles, heights, 0.0, 40.0)
        order = np.argsort(middles)
        assert np.diff(placed[order]).min() > 4 - 1e-9
        assert placed.min() >= -1e-9
        assert placed.max() <= 40 + 1e-9
        apart = np.diff(middles[order]).min() >= 4
        assert not apart or np.allclose(placed, middles)
    assert labels.spread(np.array([5.0, 5.0]), np.full(2, 4.0), 0.0, 40.0) == pytest.approx([3.0, 7.0])


def test_on_a_slide_names_grow_and_keep_apart():
    with slides.slide():
        figure, _ = ends((1, 1.001, 1.002))
        slides.enlarge(figure)
        drawn = sorted(boxes(figure).values(), key=lambda box: box.y0)
    assert all(below.y1 <= above.y0 + 0.35 * (above.y1 - above.y0) for below, above in itertools.pairwise(drawn))
