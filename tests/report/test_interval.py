"""The drawing of a claim's number: theory in the middle, a margin is a unit, and what is allowed lies on the right side."""

from __future__ import annotations

import math

import pytest

from dlstats.report.interval import SPAN, Interval, interval

RECORD = {"relation": "equals", "theory": 2.0, "estimate": 2.1, "margin": 0.2, "lower": 1.9, "upper": 2.3}
EDGES = (4.0, Interval.WIDTH - 4.0)
UNIT = (Interval.WIDTH / 2 - 4) / SPAN


def _drawn(**changes):
    found = interval({**RECORD, **changes})
    assert found is not None
    return found


def test_a_margin_is_a_unit_on_either_side_of_theory():
    found = _drawn()
    assert found.position == pytest.approx(0.5)
    assert found.estimate == pytest.approx(found.theory + UNIT / 2, abs=0.06)
    assert found.ends == pytest.approx((found.theory - UNIT / 2, found.theory + 1.5 * UNIT), abs=0.06)
    assert found.words == "0.5 margins above theory, 95 % interval −0.5 to 1.5"


@pytest.mark.parametrize(
    ("relation", "low", "high"), [("equals", -1, 1), ("at_most", -SPAN, 1), ("at_least", -1, SPAN)]
)
def test_the_band_is_what_the_relation_allows(relation, low, high):
    left, width = _drawn(relation=relation).band
    assert (left, left + width) == pytest.approx((60 + low * UNIT, 60 + high * UNIT), abs=0.11)


def test_what_lies_beyond_an_edge_is_an_arrow_that_points_there():
    below, above = _drawn(estimate=-1.0, lower=-1.1, upper=-0.9), _drawn(estimate=9.0, lower=8.0, upper=9.9)
    assert below.off.startswith("M1 ")
    assert above.off.startswith(f"M{Interval.WIDTH - 1} ")
    assert (below.ends, above.ends) == ((EDGES[0],) * 2, (EDGES[1],) * 2)


def test_without_a_margin_the_interval_sets_the_scale_and_theory_is_the_border():
    found = _drawn(relation="at_most", margin=0.0, theory=1.0, estimate=0.5, lower=0.2, upper=0.8)
    assert found.position == pytest.approx(-0.5 / 0.4)
    assert sum(found.band) == pytest.approx(found.theory)
    assert _drawn(margin=0.0, theory=2.0, estimate=2.0, lower=math.nan, upper=math.nan).position == 0


@pytest.mark.parametrize("part", ["theory", "estimate"])
def test_what_is_not_finite_is_not_drawn(part):
    assert interval({**RECORD, part: math.nan}) is None
    assert interval({**RECORD, part: math.inf}) is None
