"""What is claimed of width against depth at equal numbers of parameters: WVD."""

from __future__ import annotations

import math
from typing import Any

from dlstats.protocol.claim import Claim, Expectation, at_least, at_most, equals
from dlstats.protocol.origin import Control, Derived, Finding, Stated
from dlstats.protocol.readers import Reader, log_ratio, value
from dlstats.studies.approximation.width_versus_depth.initial_signals import expected_signal
from dlstats.studies.approximation.width_versus_depth.tuned import BATCH, RATES

PILOT, ALL_DEPTHS = (Finding(f"width_versus_depth, seed {seed}") for seed in (20261127, 777001))
BUDGET, FEWEST, STEPS, FEW, MANY = 1000, 100, 1000, 1024, 16384
"""Parameters, fewest parameters, steps at effort 1, and training points of the findings, which are those of one recipe."""


def trained(optimiser: str) -> str:
    """How networks are trained, for statements."""
    rates = ", ".join(f"{rate:g}" for rate in RATES[optimiser])
    return f"{STEPS:,} steps of {BATCH} points, rate of {rates} by a held-out fifth, the better of two initialisations"


START: dict[str, Any] = {
    "experiment": "by_start", "target": "tree_4", "budget": 300, "depth": 8, "points": FEW, "steps": STEPS,
}  # fmt: skip
TREE = "a binary tree of functions of two variables in d = 8"
NAMES = {
    "sawtooth": "the sawtooth with 16 edges",
    "rough": "a Weierstrass function that is Hölder 1/2 down to the scale 1/64",
    "jump": "the indicator of a disc in the plane",
    "tree_4": "a binary tree of functions of two variables in d = 4",
    "bump": "a radial bump in d = 4",
}


def _compared(
    name: str, words: str, expectation: Expectation, reader: Reader, budget: int = BUDGET, origin: Finding = PILOT
) -> Claim:
    recipe = f"({budget:,} parameters, Adam, {trained('adam')}; log₁₀ of the ratio of geometric means, paired)"
    return Claim(
        name, f"For {words} {recipe}.", expectation, reader, origin, ("JSM", "TUE"), {"few": FEW, "many": MANY}
    )


def _ratio(target: str, *deep: int, **where: object) -> Reader:
    levels: dict[str, Any] = {"target": target, "budget": BUDGET, "steps": STEPS} | where
    methods = [f"depth_{depth}" for depth in deep]
    return log_ratio("test_error", methods, "depth_1", "geometric_mean", experiment="by_depth", **levels)


CLAIMS = (
    *(
        _compared(
            f"WVD.{target}",
            f"{words}, with {{few:,}} and with {{many:,}} training points, a network of 4 hidden layers has a smaller test "
            "error than one of a single hidden layer",
            at_most(0), _ratio(target, 4, points=[FEW, MANY]).each("points"),
        )
        for target, words in NAMES.items()
    ),
    _compared(
        "WVD.tree_8",
        f"{TREE} and {{few:,}} training points a network of 4 hidden layers has a larger test error than one of a single "
        "hidden layer",
        at_least(0), _ratio("tree_8", 4, points=FEW),
    ),
    _compared(
        "WVD.tree_8.points",
        f"{TREE} and {{many:,}} training points no network of 2, 4 or 8 hidden layers has less than 1/1.25 of the test error "
        "of one of a single hidden layer",
        at_least(-math.log10(1.25)), _ratio("tree_8", 2, 4, 8, points=MANY).each("method"), origin=ALL_DEPTHS,
    ),
    _compared(
        "WVD.tree_8.narrow",
        f"{TREE} and {{many:,}} training points a network of 8 hidden layers has at least twice the test error of one of a "
        "single hidden layer",
        at_least(math.log10(2)), _ratio("tree_8", 8, points=MANY, budget=FEWEST), FEWEST,
    ),
    Claim(
        "WVD.zero",
        "A ReLU network of 8 layers all of whose weights and biases start at 0 is a constant after training (its range over "
        "the test points, largest over replicates).",
        equals(0), value("range", method="zero", **START), Derived("width-limits.md#all-weights-zero"), ("JSM", "BIOS"),
    ),
    Claim(
        "WVD.signal",
        "Before training, without biases, the mean squared norm of the last of 8 hidden layers of 64 units is "
        "|x|² ∏ n_l Var(w_l)/2, n_l the units of layer l and w_l the weights into it (ratio): {he:.3g} |x|² for four inputs from "
        "He's initialisation, {normal:.2g} |x|² from weights N(0, 0.01²).",
        equals(1, 0.05),
        value("squared_norm", width=64, depth=8).each("method").over_theory(
            lambda line: expected_signal(str(line["method"]), 64, 8)
        ),
        Derived("width-limits.md#norm-of-the-signal"), ("JSM", "BIOS"),
        {scheme: expected_signal(scheme, 64, 8) for scheme in ("he", "normal")},
    ),
    Claim(
        "WVD.descent",
        "From weights N(0, 0.01²) a ReLU network of 8 layers is after gradient descent no better than a constant "
        f"({trained('sgd')}; mean test error over the variance).",
        equals(1, 0.05), value("test_error", "mean", method="normal_descent", **START),
        Stated(
            "JSM", "Parameter Initialization",
            "Occurs when the gradients become excessively small during backpropagation, leading to negligible weight "
            "updates. This is typically caused by: Small initial weight values …",
        ),
        ("BIOS",),
    ),
    Claim(
        "WVD.descent.he",
        "From He's initialisation a ReLU network of 8 layers is after gradient descent no better than a constant "
        f"({trained('sgd')}; mean test error over the variance).",
        equals(1, 0.05), value("test_error", "mean", method="he_descent", **START), Control(), ("JSM", "BIOS"),
    ),
    Claim(
        "WVD.normal",
        "Adam, whose steps do not shrink with the gradients, leaves weights N(0, 0.01²): a ReLU network of 8 layers explains "
        f"at least a quarter of the variance after it ({trained('adam')}; mean test error over the variance).",
        at_most(0.75), value("test_error", "mean", method="normal", **START), PILOT, ("JSM",),
    ),
    Claim(
        "WVD.sigmoid",
        "With sigmoid units, Xavier's initialisation and Adam a network of 8 layers explains at least half of the variance "
        f"({trained('adam')}; mean test error over the variance).",
        at_most(0.5),
        value("test_error", "mean", method="sigmoid", **(START | {"experiment": "by_activation"})), PILOT, ("JSM",),
    ),
)  # fmt: skip
