"""What is claimed of narrow networks: UAT1 to UAT5."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.origin import Derived, Finding, Theorem
from dlstats.protocol.readers import proportion, value
from dlstats.protocol.study import Check
from dlstats.studies.approximation.width_limits.narrow_networks import explicit_error
from dlstats.theory import width_limits as theory

MAXIMUM = Theorem("hanin2017", "maximum principle of narrow networks")


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
        at_most(0), value("over_three").each("depth"), Derived(), ("JSM",),
    ),
    Claim(
        "UAT1.slopes",
        "The slope of a ReLU network of width 1 takes one value that is not 0 at most: it is a clamp, a monotone function "
        "(other slopes, most of all).",
        equals(0), value("other_slopes").each("depth"), Derived(), ("JSM",),
    ),
    Claim(
        "UAT1.floor",
        "On [−1, 1]² no trained network of width 1 has an L¹ error below that of the best clamp of one direction (smallest "
        "difference over targets, depths and starts).",
        at_least(0, 2e-3), _over_floor(1), Theorem("lu2017", "theorem 3; constant derived here"), ("JSM",),
    ),
    Claim(
        "UAT1.attained",
        "Training attains that floor: its best start is within 1 % of it (worst target).",
        at_most(0, 0.01), _over_floor(1, relative=True), Finding(),
    ),
    Claim(
        "UAT2",
        "A ReLU network of widths at most 2 on ℝ² takes no value inside a square that it does not take on the boundary "
        "(largest relative excess of random networks).",
        at_most(0, 1e-9), value("excess", width=[1, 2]).each("width", "depth"), MAXIMUM, ("JSM",),
    ),
    Claim(
        "UAT2.wider",
        "One unit more suffices to break this: over 1 % of random networks of width 3 and depth 4 have an inner extremum "
        "(proportion).",
        at_least(0.01), proportion("violates", width=3), Finding(), ("JSM",),
    ),
    Claim(
        "UAT3",
        "Every network of widths at most 2 and any depth has a largest error of at least 1/2 for (1 − |x₁| − |x₂|)₊ on "
        "[−1, 1]² (smallest of all trained networks).",
        at_least(theory.PEAK_FLOOR, 1e-6), value("peak_error", "smallest", width=[1, 2]).each("width", "depth", "steps"),
        MAXIMUM, ("JSM",),
    ),
    Claim(
        "UAT3.attained",
        "The floor 1/2 is attained at width 2 by training (best start, worst depth).",
        at_most(theory.PEAK_FLOOR, 2e-3), _best_peak(2), Finding(),
    ),
    Claim(
        "UAT3.trained",
        "At width 3 training goes below a tenth of the floor (best start, worst depth).",
        at_most(theory.PEAK_FLOOR / 10), _best_peak(3), Finding(),
    ),
    Claim(
        "UAT4",
        "For a network F of width 2 on ℝ², ∫|F| is 0 or infinite: over |x₁|, |x₂| ≤ R it vanishes or grows at least as R "
        "(smallest exponent of random networks between R = 10⁶ and 10⁷).",
        at_least(1, 0.1), value("exponent", method="random", width=2).each("depth"),
        Theorem("lu2017", "theorem 2; rate derived here"), ("JSM",),
    ),
    Claim(
        "UAT4.near",
        "The growth of UAT4 shows between R = 100 and 1000 already (smallest exponent of random networks).",
        at_least(1, 0.1), value("exponent_near", method="random", width=2).each("depth"), Finding(),
    ),
    Claim(
        "UAT5",
        "Width n + 4 is needed: no network narrower than 6 equals (1 − |x₁| − |x₂|)₊ on ℝ² (width of the explicit network).",
        at_least(6), value("width", experiment="explicit"), Finding(), ("JSM",),
    ),
    Claim(
        "UAT4.compact",
        "On the square, in L¹, width 2 is not bound by the floor of width 1: trained networks go below it (best start minus "
        "floor, worst target).",
        at_most(0), _over_floor(2), Theorem("kim2024", "width 2 is universal in Lᵖ([0, 1]²)"), ("JSM",),
    ),
)  # fmt: skip

CHECKS = (
    Check(
        "UAT3.explicit",
        "A network of width 3 with three hidden layers equals (1 − |x₁| − |x₂|)₊ on all of ℝ² (largest difference).",
        equals(0), explicit_error, Derived(), ("JSM",),
    ),
)  # fmt: skip
