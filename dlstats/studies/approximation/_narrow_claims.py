"""What the study of width limits claims: UAT1 to UAT5."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from dlstats.montecarlo import Estimate, estimate
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence
from dlstats.studies.approximation._extremes import extreme, largest, smallest
from dlstats.theory import width_limits as theory

DERIVED = "derived here, short proof"
MAXIMUM = "Hanin and Sellke 2017; Johnson 2019"


def _over_floor(width: int, side: int, relative: bool) -> Callable[[Evidence], Estimate]:
    """Trained L1 errors minus the floor of width 1: the smallest of all, or the best of each target where it is worst."""

    def measure(evidence: Evidence) -> Estimate:
        known = evidence.rows(part="floor", method="floor")
        floors = dict(zip(known["target"], known["floor"], strict=True))
        rows = evidence.rows(part="trained", width=width)
        floor = np.array([floors[target] for target in rows["target"]])
        excess = pd.Series((rows["l1_error"] - floor) / (floor if relative else 1), index=rows.index)
        return extreme(rows, excess if side < 0 else excess.groupby(rows["target"]).min(), side)

    return measure


def _best_peak(width: int) -> Callable[[Evidence], Estimate]:
    """Smallest largest error of the trained networks of one width, in the depth where it is worst."""

    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(part="peak", width=width)
        return extreme(rows, rows.groupby("depth")["peak_error"].min(), 1)

    return measure


def _narrow(column: str, side: int, part: str) -> Callable[[Evidence], Estimate]:
    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(part=part, width=[1, 2])
        return extreme(rows, rows[column], side)

    return measure


def _share(column: str, **factors: object) -> Callable[[Evidence], Estimate]:
    return lambda evidence: estimate("proportion", np.asarray(evidence.rows(**factors)[column], dtype=float))


CLAIMS = (
    Claim(
        "UAT1",
        "A ReLU network of width 1 on ℝ has at most three linear pieces (pieces beyond three, most of all networks).",
        "bound_above",
        0,
        0,
        largest("over_three", part="clamps"),
        DERIVED,
        "JSM",
    ),
    Claim(
        "UAT1.slopes",
        "The slope of a ReLU network of width 1 takes one value that is not 0 at most: it is a "
        "clamp, a monotone function (other slopes, most of all).",
        "identity",
        0,
        0,
        largest("other_slopes", part="clamps"),
        DERIVED,
        "JSM",
    ),
    Claim(
        "UAT1.floor",
        "On [−1, 1]² no trained network of width 1 has an L¹ error below that of the best clamp of one direction (smallest "
        "difference over targets, depths and starts).",
        "bound_below",
        0,
        2e-3,
        _over_floor(1, -1, relative=False),
        "Lu et al. 2017, Theorem 3, with its constant; derived here",
        "JSM",
    ),
    Claim(
        "UAT1.attained",
        "Training attains that floor: its best start is within 1 % of it (worst target).",
        "bound_above",
        0,
        0.01,
        _over_floor(1, 1, relative=True),
        "tried here",
    ),
    Claim(
        "UAT2",
        "A ReLU network of widths at most 2 on ℝ² takes no value inside a square that it does not take on the boundary "
        "(largest relative excess of random networks).",
        "bound_above",
        0,
        1e-9,
        _narrow("excess", 1, "extremes"),
        MAXIMUM,
        "JSM",
    ),
    Claim(
        "UAT2.wider",
        "One unit more suffices to break this: over 1 % of random networks of width 3 and depth 4 have an inner extremum "
        "(share).",
        "at_least",
        0.01,
        0,
        _share("violates", part="extremes", width=3),
        "tried here",
        "JSM",
    ),
    Claim(
        "UAT3",
        "Every network of widths at most 2 and any depth has a largest error of at least 1/2 for (1 − |x₁| − |x₂|)₊ on "
        "[−1, 1]² (smallest of all trained networks).",
        "bound_below",
        theory.PEAK_FLOOR,
        1e-6,
        _narrow("peak_error", -1, "peak"),
        f"{MAXIMUM}; the constant is derived here",
        "JSM",
    ),
    Claim(
        "UAT3.attained",
        "The floor 1/2 is attained at width 2 by training (best start, worst depth).",
        "bound_above",
        theory.PEAK_FLOOR,
        2e-3,
        _best_peak(2),
        "tried here",
    ),
    Claim(
        "UAT3.explicit",
        "A network of width 3 with three hidden layers equals (1 − |x₁| − |x₂|)₊ on all of ℝ² (largest difference).",
        "identity",
        0,
        0,
        largest("sup_error", part="explicit"),
        "derived here; the smallest width by UAT3",
        "JSM",
    ),
    Claim(
        "UAT3.trained",
        "At width 3 training goes below a tenth of the floor (best start, worst depth).",
        "bound_above",
        theory.PEAK_FLOOR / 10,
        0,
        _best_peak(3),
        "tried here",
    ),
    Claim(
        "UAT4",
        "For a network F of width 2 on ℝ², ∫|F| is 0 or infinite: over |x₁|, |x₂| ≤ R it vanishes or grows at least as R "
        "(smallest exponent of random networks between R = 10⁶ and 10⁷).",
        "bound_below",
        1,
        0.1,
        smallest("exponent", part="growth", width=2),
        "Lu et al. 2017, Theorem 2; rate derived here",
        "JSM",
    ),
    Claim(
        "UAT4.near",
        "The growth of UAT4 shows between R = 100 and 1000 already (smallest exponent of random networks).",
        "bound_below",
        1,
        0.1,
        smallest("exponent_near", part="growth", width=2),
        "tried here",
    ),
    Claim(
        "UAT4.compact",
        "On the square, in L¹, width 2 is not bound by the floor of width 1: trained networks go below it (best start minus "
        "floor, worst target).",
        "bound_above",
        0,
        0,
        _over_floor(2, 1, relative=False),
        "Kim, Min and Park 2024: width 2 is universal in Lᵖ([0, 1]²)",
        "JSM",
    ),
    Claim(
        "UAT5",
        "Width n + 4 is needed: no network narrower than 6 equals (1 − |x₁| − |x₂|)₊ on ℝ² (width of the explicit network).",
        "bound_below",
        6,
        0,
        smallest("width", part="explicit"),
        "Lu et al. 2017, Theorem 1, read as a minimum; n + 1 by Hanin and Sellke 2017",
        "JSM",
    ),
)
