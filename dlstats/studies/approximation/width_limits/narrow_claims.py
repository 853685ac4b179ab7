"""What is claimed of narrow networks: UAT1 to UAT5."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.origin import Control, Derived, Finding, Theorem
from dlstats.protocol.readers import proportion, value
from dlstats.protocol.study import Check
from dlstats.studies.approximation.width_limits.narrow_networks import explicit_error
from dlstats.theory import width_limits as theory

PILOT = Finding("width_limits, seed 20261120")
CLAMP = Derived("width-limits.md#width-one-is-a-clamp")
MAXIMUM = Derived("width-limits.md#maximum-principle")


def _over_floor(width: int, relative: bool = False) -> Callable[[Evidence], list[Estimate]]:
    """Of every target the best L¹ error of trained networks of one width, less the floor of width 1."""

    def read(evidence: Evidence) -> list[Estimate]:
        known = {line["target"]: e for line, e in value("floor", method="floor").each("target").pairs(evidence)}
        found: dict[object, Estimate] = {}
        errors = value("l1_error", "smallest", width=width).each("target", "depth", "steps")
        for line, estimate in errors.pairs(evidence):
            target = line["target"]
            floor = known[target].value
            excess = replace(estimate, value=(estimate.value - floor) / (floor if relative else 1))
            found[target] = min(excess, found.get(target, excess), key=lambda e: e.value)
        return list(found.values())

    return read


def _best_peak(width: int) -> Callable[[Evidence], list[Estimate]]:
    """The best largest error of trained networks of one width, at every depth."""
    return value("peak_error", "smallest", width=width).each("depth", "steps")


CLAIMS = (
    Claim(
        "UAT1",
        "A ReLU network of width 1 on ℝ has at most three linear pieces (pieces beyond three, most of all networks).",
        at_most(0), value("over_three").each("depth"), CLAMP, ("JSM",),
    ),
    Claim(
        "UAT1.slopes",
        "The slope of a ReLU network of width 1 takes one value that is not 0 at most: it is a clamp, a monotone function "
        "(other slopes, most of all).",
        equals(0), value("other_slopes").each("depth"), CLAMP, ("JSM",),
    ),
    Claim(
        "UAT1.floor",
        "On [−1, 1]² no network of width 1 has an L¹ error below that of the best clamp of one direction, found by search "
        "(smallest difference over trained networks, targets and depths, up to the {margin} of quadrature).",
        at_least(0, 2e-3), _over_floor(1), Theorem("lu2017", "theorem 3"), ("JSM", "BIOS"),
    ),
    Claim(
        "UAT1.attained",
        "Training by Adam in L¹ attains that floor: the best of its starts is within 1 % of it (worst target).",
        at_most(0, 0.01), _over_floor(1, relative=True), PILOT,
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
        "At width 2 training by Adam attains the floor 1/2 (best start, worst depth).",
        at_most(theory.PEAK_FLOOR, 2e-3), _best_peak(2), PILOT,
    ),
    Claim(
        "UAT3.trained",
        "At width 3 training by Adam goes below a tenth of the floor 1/2 (best start, worst depth).",
        at_most(theory.PEAK_FLOOR / 10), _best_peak(3), PILOT,
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
