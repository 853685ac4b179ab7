"""Which slope in n does training give? Smoothness of the target, width rule and effort, with free knots as benchmark."""

from __future__ import annotations

import math

from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.origin import Finding
from dlstats.protocol.reader import Reader
from dlstats.protocol.readers import log_ratio, pooled_proportion, slope, slope_difference, unpaired, value
from dlstats.protocol.study import Grid, Study, grid
from dlstats.studies.excess_risk.trained_slopes.experiment import LABELS, RISK
from dlstats.studies.excess_risk.trained_slopes.figures import FIGURES
from dlstats.studies.excess_risk.trained_slopes.networks import BATCH, RESTARTS, STEPS, TARGETS, WIDE, WIDTHS

SIZES = [200, 400, 800, 1600, 3200]
LARGEST = SIZES[-1]
MEAN = "geometric_mean"
FACTOR = math.log10(1.25)
"""A ratio of risks within this is no difference that a reader would act upon."""
MARGIN = 0.05
"""Of slopes: 0.13 lies between theory's at smoothness 1 and 2, 0.06 between those at 2 and 3."""
PILOT = Finding("trained_slopes, seed 777001")
RECIPE = (
    f"(linear skip connection, kinks spread over the inputs, {STEPS} steps of Adam for every observation on OneCycle at 0.05, "
    f"minibatches of {BATCH}, best of {RESTARTS} random starts)"
)


def _slope(method: str, target: str) -> Reader:
    return slope("risk", MEAN, method=method, target=target).at_least(n=5)


def _ratio(method: str, against: str, target: str, n: int | list[int]) -> Reader:
    """log₁₀ of the geometric mean of one risk over that of another."""
    return log_ratio("risk", method, against, MEAN, target=target, n=n)


def _effort(n: int) -> Reader:
    """log₁₀ of the geometric mean of the risk of the wide networks at effort 1 over that at effort 3."""
    return value("risk", f"log_ratio({MEAN})", method="wide", against="effort=3", target="rough", n=n)


CHOSEN = (
    f"With {WIDTHS[0]}, {WIDTHS[1]} or {WIDTHS[2]} units, chosen on the fifth on which the knots are counted, networks "
    f"{RECIPE} have"
)
ROUGH = "Σ 2^(−j) cos(2π 2^j x) (smoothness 1)"
CLAIMS = (
    Claim(
        "RSK12",
        f"Networks of {WIDE} units {RECIPE} have a risk of slope above {{theory:.3f}} in n on {ROUGH}, n = 200 to 3200: "
        "flatter by more than 0.05 than −2/3, which is theory's for least squares over such functions.",
        at_least(TARGETS["rough"].slope + MARGIN),
        _slope("wide", "rough"),
        PILOT,
    ),
    Claim(
        "RSK12.free_knots",
        "The same functions fitted without gradients, linear splines whose knots are searched for and counted on a held-out "
        f"fifth, have a risk of slope below {{theory:.3f}} on {ROUGH}, n = 200 to 3200: flatter than theory's −2/3 by less than "
        "0.05, if at all.",
        at_most(TARGETS["rough"].slope + MARGIN),
        _slope("free_knots", "rough"),
        PILOT,
    ),
    Claim(
        "RSK12.free_knots_smooth",
        "Linear splines whose knots are searched for and counted on a held-out fifth have on sin 4πx the slope of theory, "
        "{theory}, to within {margin} (n = 200 to 3200).",
        equals(TARGETS["smooth"].slope, 2 * MARGIN),
        _slope("free_knots", "smooth"),
        PILOT,
    ),
    Claim(
        "RSK12.gradients",
        f"On {ROUGH} the slope of networks of {WIDE} units {RECIPE} is larger than that of linear splines with free knots on the "
        "same data by more than {theory}.",
        at_least(MARGIN),
        slope_difference("risk", "wide", "free_knots", MEAN, target="rough"),
        PILOT,
    ),
    Claim(
        "RSK12.targets",
        f"One width rule gives several slopes: with {WIDE} units at every n {RECIPE} the slope on sin 4πx is smaller than on "
        f"{ROUGH} by more than 2/15, the difference of theory's (n = 200 to 3200).",
        at_most(TARGETS["smooth"].slope - TARGETS["rough"].slope),
        unpaired(_slope("wide", "smooth"), _slope("wide", "rough")),
        PILOT,
    ),
    Claim(
        "RSK12.narrow",
        f"On sin 4πx networks of theory's width, about 3 n^(1/5) units, {RECIPE} have more than 1.25 times the geometric mean of "
        f"the risk that those of {WIDE} units have, at every n from 200 to 3200 (log₁₀ of the inverse ratio): the width at which "
        "theory's bound is least is not the one at which training does best.",
        at_most(-FACTOR),
        _ratio("wide", "theory", "smooth", SIZES).each("n"),
        PILOT,
    ),
    Claim(
        "RSK12.exact_width",
        f"On a zigzag of three kinks networks of three units, of which one is the truth, {RECIPE} have more than 1.25 times "
        "the geometric mean of the risk of linear splines with free knots at every n from 200 to 1600 (log₁₀ of the ratio).",
        at_least(FACTOR),
        _ratio("theory", "free_knots", "kinked", SIZES[:-1]).each("n"),
        PILOT,
    ),
    Claim(
        "RSK12.tuned_rough",
        f"{CHOSEN} more than 1.25 times the geometric mean of the risk of linear splines with free knots on {ROUGH} at "
        f"n = {LARGEST} (log₁₀ of the ratio).",
        at_least(FACTOR),
        _ratio("tuned", "free_knots", "rough", LARGEST),
        PILOT,
    ),
    Claim(
        "RSK12.tuned_smooth",
        f"{CHOSEN} less than 1/1.25 of the geometric mean of the risk of linear splines with free knots on sin 4πx at "
        f"n = {LARGEST} (log₁₀ of the ratio).",
        at_most(-FACTOR),
        _ratio("tuned", "free_knots", "smooth", LARGEST),
        PILOT,
    ),
    Claim(
        "RSK19.effort",
        f"On {ROUGH} three times the steps change the geometric mean of the risk of networks of {WIDE} units {RECIPE} as much at "
        f"n = {LARGEST} as at n = {SIZES[0]}, up to a factor of 1.25: the slope changes by less than 0.08.",
        equals(0.0, FACTOR),
        unpaired(_effort(LARGEST), _effort(SIZES[0])),
        PILOT,
    ),
    Claim(
        "RSK19.known_point",
        f"Networks of {WIDE} units {RECIPE} stop above the training error of a network of as many units that is known, least "
        "squares at quantiles or free knots, in at least 95 % of data sets, four targets and n = 200 to 3200 taken together.",
        at_least(0.95),
        pooled_proportion("stops_above", method="wide"),
        PILOT,
        ("TUE",),
    ),
)


def _grids(sizes: list[int], one: int, three: int) -> list[Grid]:
    return [
        grid(target=list(LABELS), n=sizes, effort=1, replicates=one),
        grid(target=list(LABELS), n=sizes, effort=3, replicates=three),
    ]


STUDY = Study(
    title="Which slope training gives",
    aims="Measure the slope in n of trained networks of one layer by smoothness of the target, width rule and effort; compare it "
    "with theory's and with that of the same functions fitted without gradients.",
    mechanisms="Σ 2^(−j) cos(2π 2^j x); 2√|x − 0.37|; sin 4πx; a zigzag of three kinks; x ~ U(0, 1), noise N(0, 0.09).",
    estimands="Geometric mean over data sets of the mean squared error at 1000 new points, and its slope in n.",
    compared_by="risk",
    experiments={"risk": RISK},
    claims=CLAIMS,
    figures=FIGURES,
    limits="One learning rate and batch size, starts on the range of the inputs, one input. The free knots are found by a greedy "
    "search, so that they are no global minimum either. The known network below which training is not is no minimum: a "
    "negative gap certifies nothing. Theory's width has the constant of this target, which nobody knows in practice.",
    designs={
        "smoke": [grid(target=list(LABELS), n=[100, 200], steps=1, effort=effort, replicates=2) for effort in (1, 3)],
        "standard": _grids(SIZES, 24, 12),
        "paper": _grids([*SIZES, 6400], 100, 32),
    },
)
