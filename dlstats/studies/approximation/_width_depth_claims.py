"""What the comparison of width with depth claims: WVD."""

from __future__ import annotations

from collections.abc import Callable

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence
from dlstats.studies.approximation._extremes import mean

SOURCE = "the lectures' picture, tried here"
TREE = {"target": "tree_4", "budget": 300, "depth": 8}
NAMES = {
    "sawtooth": "the sawtooth with 16 edges",
    "smooth": "a smooth function of one variable",
    "rough": "a Weierstrass function, Hölder 1/2 down to 1/64",
    "jump": "the indicator of a disc in the plane",
    "tree_4": "a binary tree of functions of two variables, d = 4",
    "tree_8": "a binary tree of functions of two variables, d = 8",
    "bump": "a radial bump, d = 4",
}


def ratio(evidence: Evidence, first: str, second: str, **factors: object) -> Estimate:
    """Geometric mean test error of one arm over that of another, paired by replicate."""
    rows = evidence.rows(method=[first, second], **factors)
    wide = rows.pivot(index="replicate", columns="method", values="test_error")
    return montecarlo.contrast("geometric_mean", wide[first], wide[second], "ratio")


def _deep_over_shallow(target: str) -> Callable[[Evidence], Estimate]:
    return lambda evidence: ratio(
        evidence, "depth_4", "depth_1", part="by_depth", target=target, budget=_largest(evidence)
    )


def _largest(evidence: Evidence) -> object:
    return evidence.rows(part="by_depth")["budget"].max()


def _smallest(evidence: Evidence) -> object:
    return evidence.rows(part="by_depth")["budget"].min()


def _worst_ratio(first: str, second: str, budget: Callable[[Evidence], object]) -> Callable[[Evidence], Estimate]:
    """The ratio in the target where it speaks most against being at most 1."""

    def measure(evidence: Evidence) -> Estimate:
        size = budget(evidence)
        targets = dict.fromkeys(evidence.rows(part="by_depth", budget=size)["target"])
        found = [ratio(evidence, first, second, part="by_depth", target=t, budget=size) for t in targets]
        return montecarlo.worst(found, 1, 0, "at_most")

    return measure


def _target_claim(target: str) -> Claim:
    return Claim(
        f"WVD.{target}",
        f"With 1000 parameters, 4 hidden layers have a smaller test error than 1 for {NAMES[target]} (ratio of geometric means, "
        "paired).",
        "at_most",
        1,
        0,
        _deep_over_shallow(target),
        SOURCE,
        "JSM",
    )


CLAIMS = (
    *(_target_claim(target) for target in NAMES),
    Claim(
        "WVD.deeper",
        "With 1000 parameters, 8 hidden layers are nowhere worse than 4 (ratio of geometric mean test errors in the worst "
        "target).",
        "at_most",
        1,
        0,
        _worst_ratio("depth_8", "depth_4", _largest),
        SOURCE,
        "JSM",
    ),
    Claim(
        "WVD.small",
        "With 100 parameters, 4 hidden layers are nowhere worse than 1 (ratio of geometric mean test errors in the worst "
        "target).",
        "at_most",
        1,
        0,
        _worst_ratio("depth_4", "depth_1", _smallest),
        SOURCE,
        "JSM",
    ),
    Claim(
        "WVD.zero",
        "Started with all weights 0, a network of 8 layers stays a constant (mean test error over the variance).",
        "equivalence",
        1,
        0.05,
        mean("test_error", method="zero", part="by_start", **TREE),
        "symmetry is never broken",
        "JSM",
    ),
    Claim(
        "WVD.normal",
        "Started with weights N(0, 0.01²), a network of 8 layers stays a constant (mean test error over the variance).",
        "equivalence",
        1,
        0.05,
        mean("test_error", method="normal", part="by_start", **TREE),
        "signals vanish; tried here",
        "JSM",
    ),
    Claim(
        "WVD.he",
        "From He's start a network of 8 layers explains at least half of the variance (mean test error over the variance).",
        "at_most",
        0.5,
        0,
        mean("test_error", method="he", part="by_start", **TREE),
        "He, Zhang, Ren and Sun 2015; tried here",
        "JSM",
    ),
    Claim(
        "WVD.sigmoid",
        "With sigmoid units and Xavier's start a network of 8 layers explains less than a tenth of the variance (mean test error "
        "over the variance).",
        "at_least",
        0.9,
        0,
        mean("test_error", method="sigmoid", part="by_activation", **TREE),
        "Glorot and Bengio 2010; tried here",
        "JSM",
    ),
)
