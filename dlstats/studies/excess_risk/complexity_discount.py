"""What the factorial in the lectures' covering numbers takes off the complexity that enters the excess risk."""

from __future__ import annotations

import math

from dlstats.plotting.curves import points
from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study, grid
from dlstats.studies.frames import tabulated
from dlstats.theory import complexity_discount as theory

RADIUS = 0.01


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

SHEN = Theorem("shen2023")
LECTURES = ("JSM",)
CHECKS = (
    Check(
        "RSK20",
        "128! has 215.586 digits on the log10 scale: permutations of one hidden layer of 128 units divide the bound on "
        "the covering number by 10^215.6.",
        equals(215.586160093542, 1e-9),
        lambda: theory.log_factorials((1, 128)) / math.log(10),
        SHEN,
        LECTURES,
    ),
    Check(
        "RSK20.parameters",
        "One input and 128 hidden units have S = 385 parameters, 256 of them hidden.",
        equals(0.0),
        lambda: {"all": theory.parameters((1, 128)) - 385, "hidden": theory.hidden_parameters((1, 128)) - 256},
        SHEN,
        LECTURES,
    ),
)
CLAIMS = (
    Claim(
        "RSK20.share",
        "The log covering number, which enters the excess risk, falls by 9.98 % only (d0 = 1, d1 = 128, ε = 0.01).",
        equals(0.0998, 5e-5),
        value("discount", inputs=1, width=128, layers=1),
        SHEN,
        LECTURES,
    ),
    Claim(
        "RSK20.limit",
        "The proportion never exceeds 1/(d0 + 2): the factorial changes a constant, not a rate (one hidden layer, "
        "ε = 0.01).",
        at_most(0.0),
        value("discount", layers=1).each("inputs", "width").minus(lambda line: theory.discount_limit(line["inputs"])),
        Derived(),
        LECTURES,
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    axes = figure.subplots()
    for i, inputs in enumerate(sorted(evidence.table(measure="discount", layers=1)["inputs"].unique())):
        table, look = points(evidence, "discount", "exact", "width", layers=1, inputs=inputs), style.nth(i + 1)
        axes.plot(table["at"], table["estimate"], label=f"$d_0 = {inputs}$", **look)
        axes.axhline(theory.discount_limit(inputs), color=look["color"], linewidth=0.6, linestyle=":")
    axes.set(xscale="log", yscale="log", xlabel="hidden units", ylabel="proportion of log covering number taken off")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=3)


STUDY = Study(
    title="The factorial discount in covering numbers",
    aims="Compute how much permutation invariance takes off the complexity term of an excess risk bound.",
    mechanisms="None: the bounds themselves, weights and inputs bounded by 1, sup-norm radius 0.01.",
    estimands="log of the bound on the covering number, with and without the factorials.",
    experiments={"bound": BOUND},
    claims=CLAIMS,
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
            grid(inputs=[1, 10, 100], width=[8, 128, 1024], layers=1, replicates=1),
            grid(inputs=10, width=32, layers=[2, 4], replicates=1),
        ],
        "standard": [
            grid(inputs=[1, 10, 100], width=[8, 32, 128, 512, 1024, 8192], layers=1, replicates=1),
            grid(inputs=10, width=[32, 128], layers=[2, 4], replicates=1),
        ],
    },
)
