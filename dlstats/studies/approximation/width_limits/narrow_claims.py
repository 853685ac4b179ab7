"""What is claimed of narrow networks: UAT1 to UAT5."""

from __future__ import annotations

from collections.abc import Callable

from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.origin import Control, Derived, Finding
from dlstats.protocol.readers import Line, Reader, best_of, proportion, value
from dlstats.protocol.study import Check
from dlstats.studies.approximation.width_limits.narrow_networks import STARTS, explicit_error
from dlstats.theory import width_limits as theory

STEPS = 1500
"""Steps of Adam of the findings, which are those of one recipe."""
PILOT = Finding("width_limits, seed 20261127")
BEST = f"the expected best of {STARTS} random starts after {STEPS} steps of Adam at rate 0.02 on a grid"
CLAMP = Derived("width-limits.md#width-one-is-a-clamp")
MAXIMUM = Derived("width-limits.md#maximum-principle")


def _floor(evidence: Evidence) -> Callable[[Line], float]:
    """The floor of width 1 for the target of a line."""
    known = {line["target"]: e.value for line, e in value("floor", method="floor").each("target").pairs(evidence)}
    return lambda line: known[line["target"]]


def _above_floor(evidence: Evidence) -> list[Estimate]:
    """The smallest L¹ error of all trained networks of width 1, less the floor."""
    errors = value("l1_error", "smallest", width=1).each("target", "depth", "steps")
    return errors.minus(_floor(evidence))(evidence)


def _over_floor(evidence: Evidence) -> list[Estimate]:
    """The expected best L¹ error of networks of width 1 and two layers over the floor."""
    errors = best_of("l1_error", width=1, depth=2, steps=STEPS).each("target")
    return errors.over_theory(_floor(evidence))(evidence)


def _best_peak(width: int) -> Reader:
    """The expected best of the largest errors of networks of one width, at every depth."""
    return best_of("peak_error", width=width, steps=STEPS).each("depth")


CLAIMS = (
    Claim(
        "UAT1",
        "A ReLU network of width 1 on ℝ has at most three linear pieces (pieces beyond three, most of all networks).",
        at_most(0), value("over_three").each("depth"), CLAMP, ("JSM",),
    ),
    Claim(
        "UAT1.slopes",
        "The slope of a ReLU network of width 1 on ℝ takes at most one nonzero value: the network is a clamp, a monotone "
        "function (other slopes, most of all).",
        equals(0), value("other_slopes").each("depth"), CLAMP, ("JSM",),
    ),
    Claim(
        "UAT1.floor",
        "On [−1, 1]² no network of width 1 has an L¹ error below that of the best clamp of one direction, a minimum over five "
        "parameters that a search of many starts finds (smallest difference over trained networks, targets and depths, up to "
        "the {margin} of quadrature).",
        at_least(0, 2e-3), _above_floor, CLAMP, ("JSM", "BIOS"),
    ),
    Claim(
        "UAT1.attained",
        f"For networks of width 1 and two hidden layers {BEST} has at most 1.01 times the L¹ error on [−1, 1]² of the best clamp "
        "of one direction, which is their floor (ratio, worst of three targets).",
        at_most(1, 0.01), _over_floor, PILOT,
    ),
    Claim(
        "UAT2",
        "A ReLU network of widths at most 2 on ℝ² takes no value inside a square that it does not take on the boundary "
        "(largest relative excess of random networks).",
        at_most(0, 1e-9), value("excess", width=[1, 2]).each("width", "depth"), MAXIMUM, ("JSM", "BIOS"),
    ),
    Claim(
        "UAT2.wider",
        "A ReLU network of width 3 on ℝ² takes no value inside a square that it does not take on the boundary (largest relative "
        "excess of random networks of depth 4).",
        at_most(0, 1e-9), value("excess", width=3).each("depth"), Control(), ("JSM", "BIOS"),
    ),
    Claim(
        "UAT3",
        "Every network of widths at most 2 and any depth has a largest error of at least 1/2 for (1 − |x₁| − |x₂|)₊ on "
        "[−1, 1]² (smallest of all trained networks).",
        at_least(theory.PEAK_FLOOR, 1e-6), value("peak_error", "smallest", width=[1, 2]).each("width", "depth", "steps"),
        MAXIMUM, ("JSM", "BIOS"),
    ),
    Claim(
        "UAT3.attained",
        f"For networks of width 2 {BEST} attains the floor 1/2 of the largest error for (1 − |x₁| − |x₂|)₊ on [−1, 1]², up to "
        "{margin} (2, 4 and 6 hidden layers, worst).",
        at_most(theory.PEAK_FLOOR, 2e-3), _best_peak(2), PILOT,
    ),
    Claim(
        "UAT3.trained",
        f"For networks of width 3 and 4 hidden layers {BEST} has a largest error for (1 − |x₁| − |x₂|)₊ on [−1, 1]² of at most a "
        "tenth of 1/2, the floor of width 2.",
        at_most(theory.PEAK_FLOOR / 10), best_of("peak_error", width=3, depth=4, steps=STEPS), PILOT,
    ),
    Claim(
        "UAT4",
        "For a network F of width 2 on ℝ² that is not 0 almost everywhere, the integral of |F| over |x₁|, |x₂| ≤ R grows at "
        "least as R, so that it is infinite over the plane: from R = 10⁶ to 10⁷ at most one random network in a thousand grows "
        "more slowly than R^0.9 (proportion).",
        at_most(0.001), proportion("slow", method="random", width=2).each("depth").at_largest("radius").at_least(radius=5),
        Derived("width-limits.md#growth-of-the-integral"), ("JSM", "BIOS"), regime="asymptotic",
    ),
)  # fmt: skip

CHECKS = (
    Check(
        "UAT3.explicit",
        "A network of width 3 with three hidden layers equals (1 − |x₁| − |x₂|)₊ on all of ℝ² (largest difference on a dyadic "
        "grid of [−3, 3]²).",
        equals(0), explicit_error, Derived("width-limits.md#width-three-represents-a-pyramid"), ("JSM", "BIOS"),
    ),
)  # fmt: skip
