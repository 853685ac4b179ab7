"""What is claimed of width against depth at equal numbers of parameters: WVD."""

from __future__ import annotations

from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.origin import Derived, Finding, Stated
from dlstats.protocol.readers import ratio, value
from dlstats.studies.approximation.width_versus_depth.equal_budgets import SAMPLES, TARGETS
from dlstats.studies.approximation.width_versus_depth.initial_signals import expected_signal

PILOT = Finding("width_versus_depth, seed 20261120")
BUDGET, STEPS, MANY = 1000, 1500, 8192
"""Parameters, steps of Adam and many training points of the findings, which are those of one recipe."""
RUNS = "best of 4 runs by training error, two starts at each of the rates 0.01 and 0.003"
RECIPE = f"({BUDGET} parameters, {{points}} training points, {STEPS} steps of Adam, {RUNS}; ratio of geometric means, paired)"
TREE = "a binary tree of functions of two variables in d = 8"
TREE_8 = {"target": "tree_8", "budget": BUDGET, "steps": STEPS}
START = {"experiment": "by_start", "target": "tree_4", "budget": 300, "depth": 8, "steps": 1000}
NAMES = {
    "sawtooth": "the sawtooth with 16 edges",
    "smooth": "a smooth function of one variable",
    "rough": "a Weierstrass function that is Hölder 1/2 down to the scale 1/64",
    "jump": "the indicator of a disc in the plane",
    "tree_4": "a binary tree of functions of two variables in d = 4",
    "bump": "a radial bump in d = 4",
}


def _smaller(target: str) -> Claim:
    return Claim(
        f"WVD.{target}",
        f"For {NAMES[target]} a network of 4 hidden layers has a smaller test error than one of a single hidden layer {RECIPE}.",
        at_most(1),
        ratio("test_error", "depth_4", "depth_1", "geometric_mean",
              experiment="by_depth", target=target, budget=BUDGET, steps=STEPS),
        PILOT, ("JSM",), {"points": SAMPLES[TARGETS[target].dimension]},
    )  # fmt: skip


CLAIMS = (
    *(_smaller(target) for target in NAMES),
    Claim(
        "WVD.tree_8",
        f"For {TREE} a network of 4 hidden layers has a larger test error than one of a single hidden layer {RECIPE}.",
        at_least(1), ratio("test_error", "depth_4", "depth_1", "geometric_mean", experiment="by_depth", **TREE_8),
        PILOT, ("JSM", "TUE"), {"points": SAMPLES[8]},
    ),
    Claim(
        "WVD.tree_8.points",
        f"For {TREE} a network of 4 hidden layers has a smaller test error than one of a single hidden layer {RECIPE}.",
        at_most(1),
        ratio("test_error", "depth_4", "depth_1", "geometric_mean", experiment="by_points", points=MANY, **TREE_8),
        PILOT, ("JSM",), {"points": MANY},
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
        "From weights N(0, 0.01²) a ReLU network of 8 layers is after {steps} steps of gradient descent no better than a "
        f"constant ({RUNS}; mean test error over the variance).",
        equals(1, 0.05), value("test_error", "mean", method="normal_descent", **START),
        Stated(
            "JSM", "Parameter Initialization",
            "Occurs when the gradients become excessively small during backpropagation, leading to negligible weight "
            "updates. This is typically caused by: Small initial weight values",
        ),
        ("BIOS",), {"steps": START["steps"]},
    ),
    Claim(
        "WVD.normal",
        "Adam, whose steps do not shrink with the gradients, trains from weights N(0, 0.01²) a ReLU network of 8 layers that "
        f"explains at least half of the variance ({{steps}} steps, {RUNS}; mean test error over the variance).",
        at_most(0.5), value("test_error", "mean", method="normal", **START), PILOT, ("JSM",), {"steps": START["steps"]},
    ),
    Claim(
        "WVD.sigmoid",
        "With sigmoid units, Xavier's initialisation and {steps} steps of Adam a network of 8 layers explains at least half "
        f"of the variance ({RUNS}; mean test error over the variance).",
        at_most(0.5),
        value("test_error", "mean", method="sigmoid", **(START | {"experiment": "by_activation"})),
        PILOT, ("JSM",), {"steps": START["steps"]},
    ),
)  # fmt: skip
