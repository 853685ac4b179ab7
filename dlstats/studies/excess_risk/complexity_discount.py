"""What the factorial in the lectures' covering numbers takes off the complexity that enters the excess risk."""

from __future__ import annotations

import math
import textwrap

from dlstats.plotting.curves import points
from dlstats.protocol.claim import at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Stated
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study, grid
from dlstats.studies.frames import tabulated
from dlstats.theory import complexity_discount as theory

RADIUS = 0.01
INPUTS = [1, 10, 100]
WIDTHS = [8, 32, 128, 512, 1024, 8192]


def _rows(inputs: int, width: int, layers: int) -> list[dict]:
    """Parameters, logarithms and the proportion that the factorials take off, for equal hidden layers."""
    widths = (inputs, *[width] * layers)
    return [
        {
            "method": "shallow" if layers == 1 else "deep",
            "parameters": theory.parameters(widths),
            "hidden_parameters": theory.hidden_parameters(widths),
            "log10_permutations": theory.log_factorials(widths) / math.log(10),
            "log10_covering": theory.log_covering(widths, RADIUS) / math.log(10),
            "discount": theory.discount(widths, RADIUS),
        }
    ]


BOUND = Experiment(
    simulate=tabulated(_rows),
    factors={
        "inputs": Factor("inputs", int, symbol="d_0", at_least=1),
        "width": Factor("hidden units per layer", int, symbol="d_1", at_least=1),
        "layers": Factor("hidden layers", int, symbol="L", at_least=1),
    },
    methods={
        "shallow": Method("one hidden layer", "the bound for one hidden layer"),
        "deep": Method("several hidden layers", "the bound for several equal hidden layers"),
    },
    measures=(
        Measure("parameters", "parameters", "exact"),
        Measure("log10_permutations", "log10 of the permutations", "exact"),
        Measure("log10_covering", "log10 of the covering number before the discount", "exact"),
        Measure("discount", "proportion of the log covering number taken off", "exact"),
    ),
)

PROOF = Derived("risk-decomposition.md#discount-of-permutations")
LECTURES = ("JSM", "BIOS")
CHECKS = (
    Check(
        "RSK20",
        "The permutations of one hidden layer of 128 units, by which the bound on the covering number is divided, are 10^215.6: "
        "their order of magnitude is 215.",
        equals(215.5, 0.5),
        lambda: theory.log_factorials((1, 128)) / math.log(10),
        Stated(
            "JSM",
            "Functional Equivalence can reduce stochastic and optimization errors",
            "For a shallow ReLU network with d_1 = 128, covering number reduced by … 10^215",
        ),
        ("BIOS",),
    ),
    Check(
        "RSK20.share",
        "The logarithm of the bound on the covering number, which enters a bound on the excess risk, falls by 9.98 % only when "
        "the bound is divided by 128! (one input, 128 hidden ReLU units, 385 parameters, weights and inputs "
        "bounded by 1, ε = 0.01; logarithm of the factorial, term by term).",
        equals(math.log(math.factorial(128)) / (385 * math.log(16 * 2 * 128 / RADIUS)), 1e-12),
        lambda: theory.discount((1, 128), RADIUS),
        PROOF,
        LECTURES,
    ),
    Check(
        "RSK20.limit",
        "Dividing the bound on the covering number of one hidden layer by the permutations of its units takes at most the "
        "proportion 1/(d0 + 2) off its logarithm, d0 the number of inputs: a constant, no rate (d0 = 1, 10, 100, up to 8192 "
        "units, ε = 0.01; largest excess).",
        at_most(0.0),
        lambda: {
            f"d0 = {d0}, {d} units": theory.discount((d0, d), RADIUS) - theory.discount_limit(d0)
            for d0 in INPUTS
            for d in WIDTHS
        },
        PROOF,
        LECTURES,
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import labels, style

    axes = figure.subplots()
    for i, inputs in enumerate(sorted(evidence.table(measure="discount", layers=1)["inputs"].unique())):
        table, marks = points(evidence, "discount", "exact", "width", layers=1, inputs=inputs), style.nth(i + 1)
        axes.plot(table["at"], table["estimate"], label=f"$d_0 = {inputs}$", **marks)
        axes.axhline(
            theory.discount_limit(inputs), **(style.method("limit") | {"color": marks["color"]}), linewidth=0.8
        )
    axes.set(
        xscale="log", yscale="log", xlabel=evidence.axis("width"), ylabel=textwrap.fill(evidence.axis("discount"), 32)
    )
    labels.at_ends(axes)


STUDY = Study(
    title="The factorial discount in covering numbers",
    aims="Compute how much permutation invariance takes off the complexity term of an excess risk bound.",
    mechanisms="None: the bounds themselves, weights and inputs bounded by 1, sup-norm radius 0.01.",
    estimands="log of the bound on the covering number, with and without the factorials.",
    experiments={"bound": BOUND},
    checks=CHECKS,
    figures=(
        Figure(
            "complexity_discount",
            "Proportion of the log covering number of one hidden layer that the factorial of its width takes off, for d0 "
            "inputs at ε = 0.01; dotted: the limit 1/(d0 + 2), which no curve reaches. Exact.",
            _draw,
        ),
    ),
    limits="The bound is discounted, not the covering number, which is not known.",
    designs={
        "smoke": [
            grid(inputs=INPUTS, width=[8, 128, 1024], layers=1, replicates=1),
            grid(inputs=10, width=32, layers=[2, 4], replicates=1),
        ],
        "standard": [
            grid(inputs=INPUTS, width=WIDTHS, layers=1, replicates=1),
            grid(inputs=10, width=[32, 128], layers=[2, 4], replicates=1),
        ],
    },
)
