"""Claims of the benchmark of conditional quantiles: mean log ratios over designs and levels."""

from __future__ import annotations

import math
from typing import Any

from dlstats.protocol.claim import Claim, Expectation, at_least, at_most
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import log_ratio
from dlstats.studies.robust._averages import Average
from dlstats.studies.robust.quantile_benchmark.published_quantiles import BASELINES, MULTIVARIATE, NETWORK, SIZES

FIRST, SECOND = (Finding(f"quantile_benchmark, seed {seed}") for seed in (20261120, 20261127))
TUNED = ("forest", "boosting")
"""Baselines that were tuned after the first run: what is said of them was seen in the second."""
RECIPE = "network of two layers of 32, 800 steps of Adam on 128 points"
LEVELS = "levels 0.05, 0.25, 0.5, 0.75, 0.95"
NINE = {"line": lambda line: line["n"] == SIZES[line["design"]]}
"""Every design at the sample size for which claims are made."""
MATTERS = math.log10(1.25)


def _claim(name: str, text: str, expectation: Expectation, first: str, second: str, **where: Any) -> Claim:
    """On the mean over designs and levels of log₁₀ of the ratio of median L1 errors to the true quantile."""
    reader = log_ratio("l1", first, second, **where)
    if "design" not in where:
        reader = reader.at_least(design=len(SIZES))
    favoured = second in BASELINES and expectation.relation == "at_most"
    recipe = f"{RECIPE}{', its rate chosen by errors to the truth in a pilot' if favoured else ''}"
    statement = f"{text} (median L1 errors on the same data, mean of log₁₀ of the ratio; {recipe})."
    return Claim(name, statement, expectation, Average(reader, "design"), SECOND if second in TUNED else FIRST)


def _over_nine(name: str, rival: str, text: str, expectation: Expectation) -> Claim:
    side = "nearer to" if expectation.relation == "at_most" else "farther from"
    statement = (
        f"Over nine published designs, n = 512 or 1000, and {LEVELS} the network for all levels is on average {side} "
        f"the true quantile than {text}"
    )
    return _claim(name, statement, expectation, NETWORK, rival, **NINE)


CLAIMS = (
    _over_nine("ROB16.mean_linear", "linear", "linear quantile regression", at_most(0.0)),
    _over_nine("ROB16.mean_kernel", "kernel", "kernel quantiles of tuned bandwidth", at_most(0.0)),
    _over_nine("ROB16.mean_forest", "forest", "a quantile forest with leaves of tuned size", at_most(0.0)),
    _over_nine("ROB16.mean_boosting", "boosting", "boosted trees of tuned number", at_most(0.0)),
    _claim(
        "ROB16.small",
        f"At n = 100 over designs S1 to S5 and {LEVELS} the network for all levels is on average, though not on each, farther "
        "from the true quantile than a quantile forest with leaves of tuned size",
        at_least(0.0),
        NETWORK,
        "forest",
        n=100,
        design=list(MULTIVARIATE),
    ),
    _claim(
        "ROB16.wave",
        f"On the wave design, which no line can follow, n = 512, the network for all levels is on average over {LEVELS} nearer "
        "to the true quantile than linear quantile regression",
        at_most(0.0),
        NETWORK,
        "linear",
        n=512,
        design="wave_exp_t2",
    ),
    _claim(
        "ROB16.line",
        f"Where all quantiles are linear (t(1) noise, n = 512) the network for all levels is on average over {LEVELS} farther "
        "from the true quantile than linear quantile regression",
        at_least(0.0),
        NETWORK,
        "linear",
        n=512,
        design="linear_t1",
    ),
    _claim(
        "ROB16.angle",
        "On the angle design, n = 512, at levels 0.05 and 0.95 the network for all levels is on average nearer to the true "
        "quantile than kernel quantiles of tuned bandwidth",
        at_most(0.0),
        NETWORK,
        "kernel",
        n=512,
        design="angle_sine_t2",
        level=[0.05, 0.95],
    ),
    _claim(
        "ROB16.order",
        f"Over nine published designs and {LEVELS} a network for all levels with a head whose quantiles cannot cross, its middle "
        "output free, has on average less than 1.25 times the error of the network without that head",
        at_most(MATTERS),
        "centred",
        NETWORK,
        **NINE,
    ),
    _claim(
        "ROB16.anchor",
        "In a head that cannot cross it matters which output is free: at level 0.05, over nine published designs, the network "
        "whose output at 0.05 is free is on average farther from the true quantile than the one whose output at 0.5 is free",
        at_least(0.0),
        "non_crossing",
        "centred",
        level=0.05,
        **NINE,
    ),
    _claim(
        "ROB16.centred_tail",
        "Under t(1) noise (linear quantiles, n = 512) the non-crossing network whose middle output is free is at level 0.05 "
        "nearer to the true quantile than one network per level",
        at_most(0.0),
        "centred",
        "per_level",
        level=0.05,
        n=512,
        design="linear_t1",
    ),
)
