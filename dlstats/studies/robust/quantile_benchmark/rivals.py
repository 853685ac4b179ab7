"""Claims of the benchmark of conditional quantiles: mean log ratios over designs and levels."""

from __future__ import annotations

import math
from typing import Any

from dlstats.protocol.claim import Claim, Expectation, at_least, at_most, equals
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import log_ratio
from dlstats.studies.averages import Average
from dlstats.studies.robust.quantile_benchmark.published_quantiles import DESIGNS, NETWORK, SAMPLE

PILOT = Finding("quantile_benchmark, seed 20261127")
RECIPE = "networks of two layers of 32, Adam on 64 points, steps by a held-out fifth"
LEVELS = "levels 0.05, 0.5 and 0.95"
NINE = f"nine published designs (n = {SAMPLE})"
MATTERS = math.log10(1.25)


def _claim(name: str, words: str, expectation: Expectation, first: str, second: str, **where: Any) -> Claim:
    """On the mean over nine designs and levels of log₁₀ of the ratio of median L1 errors to the true quantile."""
    reader = log_ratio("l1", first, second, **where, n=SAMPLE).at_least(design=len(DESIGNS))
    statement = f"{words} (median L1 errors on the same data, mean of log₁₀ of the ratio; {RECIPE})."
    return Claim(name, statement, expectation, Average(reader, "design"), PILOT)


def _over_nine(name: str, rival: str, words: str, expectation: Expectation) -> Claim:
    side = "nearer to" if expectation.relation == "at_most" else "farther from"
    statement = (
        f"Over {NINE} and {LEVELS} the network for all levels is on average {side} the true quantile than {words}"
    )
    return _claim(name, statement, expectation, NETWORK, rival)


CLAIMS = (
    _over_nine("ROB16.mean_linear", "linear", "linear quantile regression", at_most(0.0)),
    _over_nine("ROB16.mean_kernel", "kernel", "kernel quantiles of tuned bandwidth", at_most(0.0)),
    _over_nine("ROB16.mean_forest", "forest", "a quantile forest with leaves of tuned size", at_most(0.0)),
    _over_nine("ROB16.mean_boosting", "boosting", "boosted trees of tuned number", at_most(0.0)),
    _claim(
        "ROB16.order",
        f"Over {NINE} and {LEVELS} a network for all levels with a head whose quantiles cannot cross, its middle "
        "output free and its levels begun at their quantiles in the sample, and the network without that head have on average "
        "errors within a factor of 1.25",
        equals(0.0, MATTERS),
        "centred_placed",
        NETWORK,
    ),
    _claim(
        "ROB16.anchor",
        "In a head that cannot cross, whose outputs are random at the start, it matters which is free: at level 0.05, over "
        f"{NINE}, the network whose output at 0.05 is free is on average farther from the true quantile than the one "
        "whose output at 0.5 is free",
        at_least(0.0),
        "non_crossing",
        "centred",
        level=0.05,
    ),
    _claim(
        "ROB16.placed",
        "A head that cannot cross gains by its start: with biases that begin every level at its quantile in the sample the "
        f"network whose output at 0.05 is free is at level 0.05, over {NINE}, on average nearer to the true "
        "quantile than from random outputs",
        at_most(0.0),
        "placed",
        "non_crossing",
        level=0.05,
    ),
    _claim(
        "ROB16.sorted",
        f"Over {NINE} and {LEVELS} the sorted quantiles of one network per level, which cannot cross either, "
        "are on average at most 1.25 times as far from the true quantile as those of the network that cannot cross, its "
        "middle output free and its levels begun at their quantiles in the sample",
        at_most(MATTERS),
        "rearranged",
        "centred_placed",
    ),
)
