"""What is claimed of width against depth at equal numbers of parameters: WVD."""

from __future__ import annotations

from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.origin import Derived, Finding, Practice
from dlstats.protocol.readers import ratio, value

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


def _target_claim(target: str) -> Claim:
    return Claim(
        f"WVD.{target}",
        f"With 1000 parameters, 4 hidden layers have a smaller test error than 1 for {NAMES[target]} (ratio of geometric means, "
        "paired).",
        at_most(1),
        ratio("test_error", "depth_4", "depth_1", "geometric_mean", experiment="by_depth", target=target).at_largest("budget"),
        Finding(), ("JSM",),
    )  # fmt: skip


CLAIMS = (
    *(_target_claim(target) for target in NAMES),
    Claim(
        "WVD.deeper",
        "With 1000 parameters, 8 hidden layers are nowhere worse than 4 (ratio of geometric mean test errors in the worst "
        "target).",
        at_most(1),
        ratio("test_error", "depth_8", "depth_4", "geometric_mean", experiment="by_depth").at_largest("budget").each("target"),
        Finding(), ("JSM",),
    ),
    Claim(
        "WVD.small",
        "With 100 parameters, 4 hidden layers are nowhere worse than 1 (ratio of geometric mean test errors in the worst "
        "target).",
        at_most(1),
        ratio("test_error", "depth_4", "depth_1", "geometric_mean", experiment="by_depth", budget=100).each("target"),
        Finding(), ("JSM",),
    ),
    Claim(
        "WVD.zero",
        "Initialised with all weights 0, a network of 8 layers stays a constant (mean test error over the variance).",
        equals(1, 0.05), value("test_error", "mean", experiment="by_start", method="zero", **TREE),
        Derived("symmetry is never broken"), ("JSM",),
    ),
    Claim(
        "WVD.normal",
        "Initialised with weights N(0, 0.01²), a network of 8 layers stays a constant (mean test error over the variance).",
        equals(1, 0.05), value("test_error", "mean", experiment="by_start", method="normal", **TREE), Finding(), ("JSM",),
    ),
    Claim(
        "WVD.he",
        "From He's initialisation a network of 8 layers explains at least half of the variance (mean test error over the "
        "variance).",
        at_most(0.5), value("test_error", "mean", experiment="by_start", method="he", **TREE), Practice("he2015"), ("JSM",),
    ),
    Claim(
        "WVD.sigmoid",
        "With sigmoid units and Xavier's initialisation a network of 8 layers explains less than a tenth of the variance (mean "
        "test error over the variance).",
        at_least(0.9), value("test_error", "mean", experiment="by_activation", method="sigmoid", **TREE),
        Practice("glorot2010"), ("JSM",),
    ),
)  # fmt: skip
