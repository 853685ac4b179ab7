"""What the factorial in the lectures' covering numbers takes off the complexity that enters the excess risk."""

from __future__ import annotations

import math

import pandas as pd

from dlstats.montecarlo import Estimate, exact
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.theory import complexity_discount as theory

RADIUS = 0.01


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Parameters, logarithms and the share that the factorials take off, for equal hidden layers; exact."""
    widths = (factors["inputs"], *[factors["width"]] * factors["layers"])
    log_covering = theory.log_covering(widths, RADIUS)
    row = {
        "method": "shallow" if factors["layers"] == 1 else "deep",
        "parameters": theory.parameters(widths),
        "hidden_parameters": theory.hidden_parameters(widths),
        "log10_permutations": theory.log_factorials(widths) / math.log(10),
        "log10_covering": log_covering / math.log(10),
        "discount": theory.discount(widths, RADIUS),
    }
    return pd.DataFrame({"replicate": r, **row} for r in streams.replicates)


MEASURES = (
    Measure("parameters", "parameters", "exact"),
    Measure("log10_permutations", "log10 of the permutations", "exact"),
    Measure("log10_covering", "log10 of the covering number before the discount", "exact"),
    Measure("discount", "share of the log covering number taken off", "exact"),
)


def _one(evidence: Evidence, column: str) -> Estimate:
    return exact(float(evidence.rows(inputs=1, width=128, layers=1)[column].iloc[0]))


def _over_limit(evidence: Evidence) -> Estimate:
    rows = evidence.rows(layers=1)
    excess = rows["discount"].to_numpy() - 1 / (rows["inputs"].to_numpy() + 2)
    return exact(float(excess.max()), "largest excess over 1/(d0+2)")


SHEN = "Shen 2023, arXiv 2305.11417, as printed in the lectures"
CLAIMS = (
    Claim(
        "RSK20",
        "128! has 215.586 digits on the log10 scale: permutations of one hidden layer of 128 units divide the bound on "
        "the covering number by 10^215.6.",
        "identity", 215.586160093542, 1e-9, lambda e: _one(e, "log10_permutations"), SHEN, "JSM",
    ),
    Claim(
        "RSK20.parameters",
        "One input and 128 hidden units have S = 385 parameters, 256 of them hidden.",
        "identity", 385.0, 0.0, lambda e: _one(e, "parameters"), SHEN, "JSM",
    ),
    Claim(
        "RSK20.share",
        "The log covering number, which enters the excess risk, falls by 9.98 % only (d0 = 1, d1 = 128, ε = 0.01).",
        "identity", 0.0998, 5e-5, lambda e: _one(e, "discount"), SHEN, "JSM",
    ),
    Claim(
        "RSK20.limit",
        "The share never exceeds 1/(d0 + 2): the factorial changes a constant, not a rate (one hidden layer, ε = 0.01).",
        "bound_above", 0.0, 0.0, _over_limit, "Stirling; derived here", "JSM",
    ),
)  # fmt: skip


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    axes = figure.subplots()
    for i, inputs in enumerate(sorted(evidence.rows(layers=1)["inputs"].unique().tolist())):
        rows = evidence.rows(layers=1, inputs=inputs).sort_values("width")
        look = style.nth(i + 1)
        axes.plot(rows["width"], rows["discount"], label=f"$d_0 = {inputs}$", **look)
        axes.axhline(theory.discount_limit(inputs), color=look["color"], linewidth=0.6, linestyle=":")
    axes.set(xscale="log", yscale="log", xlabel="hidden units", ylabel="share of log covering number taken off")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=3)


FIGURES = (
    Figure(
        "complexity_discount",
        "Share of the log covering number of one hidden layer that the factorial of its width takes off, for d0 inputs "
        "at ε = 0.01; dotted: the limit 1/(d0 + 2). Exact.",
        _draw,
    ),
)  # fmt: skip

STUDY = Study(
    name="complexity_discount",
    family="excess_risk",
    title="The factorial discount in covering numbers",
    aims="Compute how much permutation invariance takes off the complexity term of an excess risk bound.",
    mechanisms="None: the bounds themselves, weights and inputs bounded by 1, sup-norm radius 0.01.",
    estimands="log of the bound on the covering number, with and without the factorials.",
    methods={"shallow": "one hidden layer", "deep": "several equal hidden layers"},
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="The bound is discounted, not the covering number, which is not known.",
)
