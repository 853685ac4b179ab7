"""Claims of the benchmark of conditional quantiles: mean log ratios over designs and levels."""

from __future__ import annotations

import math
from typing import Any

from dlstats.protocol.claim import Claim, Expectation, at_least, at_most, equals
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import log_ratio
from dlstats.studies.averages import Average
from dlstats.studies.robust.quantile_benchmark.published_quantiles import FLAT, JUDGED, NETWORK, SAMPLE

PILOT = Finding("quantile_benchmark, seed 777001")
RECIPE = "networks of two layers of 32, Adam on 64 points, steps by a held-out fifth"
LEVELS = "levels 0.05, 0.5 and 0.95"
DESIGNS = f"two published designs (wave with d = 1, S1 with d = 2; n = {SAMPLE})"
TWO: dict[str, Any] = {"n": SAMPLE, "design": list(JUDGED)}
MATTERS = math.log10(1.25)


def _claim(name: str, words: str, expectation: Expectation, first: str, second: str, **where: Any) -> Claim:
    """On the mean over two designs and levels of log₁₀ of the ratio of median L1 errors to the true quantile."""
    reader = log_ratio("l1", first, second, **where, **TWO).at_least(design=len(JUDGED))
    statement = f"{words} (median L1 errors on the same data, mean of log₁₀ of the ratio; {RECIPE})."
    return Claim(name, statement, expectation, Average(reader, "design"), PILOT)


def _flat(name: str, words: str, expectation: Expectation, first: str, second: str, **where: Any) -> Claim:
    """Of the design whose noise is large against its function."""
    statement = (
        f"Where the noise is large against the function (S2, d = 5, n = {SAMPLE}): {words} (median L1 errors on the same data, "
        f"log₁₀ of the ratio, mean over levels; {RECIPE})."
    )
    return Claim(
        name, statement, expectation, Average(log_ratio("l1", first, second, n=SAMPLE, design=FLAT, **where)), PILOT
    )


def _over_two(name: str, rival: str, words: str, expectation: Expectation) -> Claim:
    side = "nearer to" if expectation.relation == "at_most" else "farther from"
    statement = (
        f"Over {DESIGNS} and {LEVELS} the network for all levels is on average {side} the true quantile than {words}"
    )
    return _claim(name, statement, expectation, NETWORK, rival)


CLAIMS = (
    _over_two("ROB16.mean_linear", "linear", "linear quantile regression", at_most(0.0)),
    _over_two("ROB16.mean_kernel", "kernel", "kernel quantiles of tuned bandwidth", at_most(0.0)),
    _over_two("ROB16.mean_forest", "forest", "a quantile forest with leaves of tuned size", at_most(0.0)),
    _over_two("ROB16.mean_boosting", "boosting", "boosted trees of tuned number", at_most(0.0)),
    _flat(
        "ROB16.flat",
        f"Over {LEVELS} the network for all levels is on average farther from the true quantile than tuned boosted trees",
        at_least(0.0),
        NETWORK,
        "boosting",
    ),
    _claim(
        "ROB16.order",
        f"Over {DESIGNS} and {LEVELS} a network for all levels with a head whose quantiles cannot cross, its middle "
        "output free and its levels begun at their quantiles in the sample, and the network without that head have on average "
        "errors within a factor of 1.25",
        equals(0.0, MATTERS),
        "centred_placed",
        NETWORK,
    ),
    _flat(
        "ROB16.anchor",
        "In a head that cannot cross, whose outputs are random at the start, it matters which is free: the network whose output "
        "at 0.05 is free is at level 0.05 farther from the true quantile than the one whose output at 0.5 is free",
        at_least(0.0),
        "non_crossing",
        "centred",
        level=0.05,
    ),
    _flat(
        "ROB16.placed",
        "A head that cannot cross gains by its start: with biases that begin every level at its quantile in the sample the "
        "network whose output at 0.05 is free is at level 0.05 nearer to the true quantile than from random outputs",
        at_most(0.0),
        "placed",
        "non_crossing",
        level=0.05,
    ),
    _claim(
        "ROB16.sorted",
        f"Over {DESIGNS} and {LEVELS} the sorted quantiles of one network per level, which cannot cross either, "
        "are on average at most 1.25 times as far from the true quantile as those of the network that cannot cross, its "
        "middle output free and its levels begun at their quantiles in the sample",
        at_most(MATTERS),
        "rearranged",
        "centred_placed",
    ),
)
