"""Quantile networks: one network per level, one for all levels, one whose quantiles cannot cross; calibration and crossing."""

from __future__ import annotations

import itertools
import math

import numpy as np
import scipy

from dlstats.plotting.curves import interval
from dlstats.protocol.claim import Claim, at_most
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import EFFORT, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Derived, Finding
from dlstats.protocol.plug import Plug
from dlstats.protocol.readers import log_ratio, unpaired, value, worst
from dlstats.protocol.study import Check, Experiment, Figure, Study, grid
from dlstats.studies.averages import Average
from dlstats.studies.robust._quantile_networks import (
    LEVELS,
    METHODS,
    NETWORKS,
    TRAINED,
    judge,
    sample,
    simulate,
    train,
)

SIZES = (400, 1600, 6400)
LARGEST = SIZES[-1]
RECIPE = (
    "y = sin 4πx + (0.2 + 0.3x) N(0, 1); one hidden layer of 5 or 10 n^(1/5) units, 2500 steps of Adam on 128 points, units and "
    "learning rate on a held-out fifth"
)
FIRST, SECOND = Finding("deep_quantile, seed 20261120"), Finding("deep_quantile, seed 20261127")


def _nearer(other: str, text: str) -> Claim:
    return Claim(
        f"ROB16.{other}",
        f"At n = {LARGEST} the median excess pinball risk of the non-crossing network is below that of {text} on the same data "
        f"(mean over levels 0.1, 0.5, 0.9, 0.95 of log₁₀ of the ratio; {RECIPE}).",
        at_most(0.0),
        Average(log_ratio("pinball", "non_crossing", other, n=LARGEST)),
        SECOND,
    )


CLAIMS = (
    Claim(
        "ROB16",
        f"Networks trained on the pinball loss with n = {LARGEST} are calibrated on average over x: the mean over x of "
        "|P(y ≤ fitted quantile | x) − τ| is at most √(τ(1 − τ)/100), the standard deviation of a proportion of 100, at τ = 0.1, "
        "0.5, 0.9, 0.95, for one network per level, one for all and one that cannot cross (over √(τ(1 − τ)), farthest of twelve; "
        f"{RECIPE}).",
        at_most(0.1),
        value("miscalibration", "mean", method=list(NETWORKS), n=LARGEST)
        .each("method", "level")
        .over_theory(lambda line: math.sqrt(line["level"] * (1 - line["level"]))),
        SECOND,
    ),
    Claim(
        "ROB16.crossing",
        "With one network per level, the mean proportion of x at which the fitted 0.95-quantile lies below the 0.90-quantile is "
        f"smaller at n = {LARGEST} than at n = {SIZES[0]} (difference of means; {RECIPE}).",
        at_most(0.0),
        unpaired(*(value("crossed", "mean", method="per_level", level=0.5, n=n) for n in (LARGEST, SIZES[0]))),
        FIRST,
    ),
    Claim(
        "ROB16.gain",
        f"In the tail a head of softplus increments has the smaller error: at level 0.95, n = {LARGEST}, the median squared "
        "error of the network with that head, which cannot cross, is below those of one network per level and of one network for "
        f"all levels on the same data (log₁₀ of the ratio, farther of the two; {RECIPE}).",
        at_most(0.0),
        worst(*(log_ratio("squared", "non_crossing", m, level=0.95, n=LARGEST) for m in ("per_level", "all_levels"))),
        SECOND,
    ),
    _nearer("kernel", "kernel quantiles of tuned bandwidth"),
    _nearer("forest", "a quantile forest with leaves of tuned size"),
    _nearer("boosting", "boosted trees of tuned number"),
)


def _largest_rise() -> float:
    """By how much sorting raises the summed distance to the quantiles of N(0, 1), over all fits on a grid of 8 values."""
    true = np.array([scipy.special.ndtri(level) for level in LEVELS])
    fits = np.array(list(itertools.product(np.linspace(-2, 2, 8), repeat=len(LEVELS))))
    return float((np.abs(np.sort(fits, axis=1) - true) - np.abs(fits - true)).sum(axis=1).max())


CHECKS = (
    Check(
        "ROB16.rearranged",
        "Sorting fitted quantiles, so that they cannot cross, does not raise their distance to the true ones, summed over levels "
        "0.1, 0.5, 0.9, 0.95 (largest rise over 8⁴ fits on a grid to the quantiles of N(0, 1)).",
        at_most(0.0, 1e-12),
        _largest_rise,
        Derived("quantiles.md#rearrangement"),
    ),
)


def draw_quantiles(evidence: Evidence, figure) -> None:
    """Left: median excess pinball risk by level and effort at the largest n. Right: proportion of x with crossing against n."""
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    largest = max(evidence.table(measure="pinball", statistic="median")["n"])
    risk = evidence.table(measure="pinball", statistic="median", n=largest)
    more = evidence.table(measure="pinball", statistic="median", n=largest, effort=[1, 3], method=list(NETWORKS))
    more = more[more["effort"] == 3]
    crossed = evidence.table(measure="crossed", statistic="mean", level=0.5)
    for index, (name, method) in enumerate(METHODS.items()):
        marks = style.of(name, method)
        lines = risk[risk["method"] == name].set_index("level").loc[list(LEVELS)]
        bars = [lines["estimate"] - lines["lower"], lines["upper"] - lines["estimate"]]
        x, dots = np.arange(len(LEVELS)) + (index - 3) * 0.09, marks | {"linestyle": ""}
        left.errorbar(x, lines["estimate"], yerr=bars, label=method.label, elinewidth=0.7, **dots)
        if name in NETWORKS and len(more):
            longer = more[more["method"] == name].set_index("level").loc[list(LEVELS)]
            left.plot(x, longer["estimate"], **(dots | {"markerfacecolor": "white"}))
        if name in (*NETWORKS, "boosting"):
            lines = crossed[crossed["method"] == name].sort_values("n")
            right.errorbar(lines["n"], lines["estimate"], yerr=interval(lines["estimate"], lines["mcse"]), **marks)
    for border in range(1, len(LEVELS)):
        left.axvline(border - 0.5, color="0.85", linewidth=0.6, zorder=0)
    left.set_xticks(range(len(LEVELS)), [f"{level:g}" for level in LEVELS])
    left.set(yscale="log", xlabel=evidence.axis("level"), ylabel=f"median excess pinball risk, $n = {largest}$")
    right.set_xscale("log")
    right.set_xticks(SIZES, [str(n) for n in SIZES])
    right.minorticks_off()
    right.set(xlabel=evidence.axis("n"), ylabel="proportion of $x$ with 0.95 below 0.90")
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=7, fontsize="x-small")


STUDY = Study(
    title="Calibration and crossing of quantile networks",
    aims="Are networks trained on the pinball loss calibrated conditionally on x, how often do their quantiles cross, and "
    "what does a non-crossing head change?",
    mechanisms="y = sin 4πx + (0.2 + 0.3x) N(0, 1), x uniform on [0, 1].",
    estimands="P(y ≤ fitted quantile | x), its mean over x and its mean distance from the level; excess pinball risk; squared "
    "and absolute distance to the true quantile; proportion of x with crossing of the two upper levels; levels 0.1, 0.5, 0.9, "
    "0.95.",
    compared_by="pinball",
    experiments={
        "quantiles": Experiment(
            simulate,
            factors={"n": Factor("sample size", int, symbol="n", at_least=20)} | EFFORT,
            keys={"level": Factor("quantile level", float, symbol=r"\tau", levels=LEVELS)},
            methods=METHODS,
            measures=(
                Measure("pinball", "excess pinball risk", "median"),
                Measure("squared", "squared error to the quantile", "median"),
                Measure("l1", "absolute error to the quantile", "median"),
                Measure("coverage", "coverage below the quantile", "mean"),
                Measure("miscalibration", "mean distance of conditional coverage from the level", "mean"),
                Measure("crossed", "proportion of x with crossing", "mean"),
                Measure("any_crossing", "proportion of fits with crossing", "proportion"),
                Measure("misfit", "training loss over that of the truth", "median", where=TRAINED),
                Measure("train_loss", "training loss", "median", where=TRAINED),
                Measure("units", "units chosen, over n^(1/5)", "median", where=TRAINED),
                Measure("learning_rate", "learning rate chosen", "median", where=TRAINED),
                Measure("epochs", "epochs", "median", where=TRAINED),
                Measure("dead_share", "proportion of units without a slope", "mean", where=TRAINED),
            ),
            contrasts=(
                *(Contrast("pinball", "non_crossing", m) for m in METHODS if m != "non_crossing"),
                *(Contrast("squared", "non_crossing", m) for m in ("per_level", "all_levels")),
            ),
            block=32,
            plug=Plug(sample, judge, "quantiles", LEVELS, train),
        )
    },
    claims=CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "deep_quantile",
            "Quantile networks on y = sin 4πx + (0.2 + 0.3x) N(0, 1). Left: median over replicates of the excess pinball risk; "
            "compare the networks with the best rival at each level. "
            "Right: mean proportion of x at which the fitted quantiles of levels 0.90 and 0.95 cross; kernel and forest "
            "quantiles cannot cross, nor can the non-crossing and the sorted network. 95 % Monte Carlo intervals; open: three "
            "times the steps.",
            draw_quantiles,
            "two-column",
            2.7,
        ),
    ),
    limits="One input and one design; published designs are in quantile_benchmark. The steps of the networks are fixed; width "
    "and learning rate are one of two, by the fifth that tunes forest, boosting and kernel. Coverage averaged over x is near the "
    "level for every fit with an intercept, by its first-order conditions, and shows nothing. Rates are not claimed: the steps "
    "do not grow with n.",
    designs={
        "smoke": grid(n=400, effort=1, replicates=1),
        "standard": [
            grid(n=SIZES[0], effort=1, replicates=16),
            grid(n=SIZES[1], effort=1, replicates=8),
            grid(n=LARGEST, effort=1, replicates=24),
            grid(n=[SIZES[0], LARGEST], effort=3, replicates=12),
        ],
        "paper": [grid(n=SIZES, effort=1, replicates=50), grid(n=[SIZES[0], LARGEST], effort=3, replicates=24)],
    },
)
