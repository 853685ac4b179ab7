"""Can a claim on coverage be tested after every replicate? The e-process of a beta mixture."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import scipy

from dlstats.montecarlo import sequences
from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Finding, Theorem
from dlstats.protocol.readers import proportion
from dlstats.protocol.study import Check, Experiment, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked

NULL = 0.95
BETA = (19.0, 1.0)
LEVEL = 0.05
LONGEST = 2000
EXACT_AT = 500


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One run per row and method: does the e-process, or a binomial test after every replicate, ever reject 0.95?"""
    hits = streams.draw(lambda rng: rng.random(LONGEST), "data") < condition.coverage
    crossed = sequences.log_e_process(hits, NULL, *BETA) >= -np.log(LEVEL)
    successes, t = np.cumsum(hits, axis=1), np.arange(1, LONGEST + 1)
    low, high = np.array([_rejects(n) for n in range(LONGEST + 1)]).T
    peeked = (successes <= low[t]) | (successes >= high[t])
    return stacked(streams, {"e_process": _outcome(crossed), "peeking": _outcome(peeked)})


@functools.cache
def _rejects(reps: int) -> tuple[int, int]:
    """Successes at or below, and at or above, which a binomial test of level 5 % (half on each side) rejects."""
    low = int(scipy.stats.binom.ppf(LEVEL / 2, reps, NULL)) - 1
    high = int(scipy.stats.binom.isf(LEVEL / 2, reps, NULL)) + 1
    return low, high


def _outcome(crossed: np.ndarray) -> dict[str, np.ndarray]:
    ever = crossed.any(axis=1)
    return {"rejected": ever.astype(float), "stopped_after": np.where(ever, crossed.argmax(axis=1) + 1.0, LONGEST)}


def expectation() -> float:
    """E of the process after 500 replicates under the null: sum over the binomial distribution of the successes."""
    k = np.arange(EXACT_AT + 1)
    runs = [np.concatenate([np.ones(n), np.zeros(EXACT_AT - n)])[None] for n in k]
    log_e = np.array([sequences.log_e_process(run, NULL, *BETA)[0, -1] for run in runs])
    return float(np.exp(log_e + scipy.stats.binom.logpmf(k, EXACT_AT, NULL)).sum())


RUNS = Experiment(
    simulate,
    factors={"coverage": Factor("true coverage", float, above=0, below=1)},
    methods={
        "e_process": Method("e-process", "likelihood ratio of a Beta(19, 1) mixture, rejects at 20"),
        "peeking": Method("peeking", "two-sided binomial test of level 5 % after every replicate"),
    },
    measures=(
        Measure("rejected", "proportion of runs that ever reject", "proportion"),
        Measure("stopped_after", f"replicates until rejection or {LONGEST}"),
    ),
    block=250,
)


def _design(replicates: int) -> dict:
    return {"runs": grid(coverage=[0.9, 0.93, 0.95, 0.97], replicates=replicates)}


STUDY = Study(
    title="Testing coverage after every replicate",
    aims="To find out whether coverage can be tested while replicates come in, and what that costs.",
    mechanisms="Runs of 2000 zeros and ones with probability `coverage`.",
    estimands="The probability of ever rejecting coverage 0.95.",
    experiments={"runs": RUNS},
    claims=(
        Claim(
            "MCM5.level",
            "When coverage is 0.95, the e-process of the Beta(19, 1) mixture reaches 20 at some time up to 2000 "
            "replicates in at most 5 % of runs.",
            at_most(LEVEL), proportion("rejected", method="e_process", coverage=NULL), Theorem("ville1939", "Ville's inequality"),
        ),
        Claim(
            "MCM5.peeking",
            "A binomial test of level 5 % after every replicate rejects a coverage of 0.95 in at least 20 % of runs of 2000.",
            at_least(0.2), proportion("rejected", method="peeking", coverage=NULL), Finding("e_process, seed 20261120"),
        ),
        Claim(
            "MCM5.power",
            "When coverage is 0.9, the e-process of the Beta(19, 1) mixture rejects 0.95 within 2000 replicates in at least 95 % "
            "of runs.",
            at_least(0.95), proportion("rejected", method="e_process", coverage=0.9),
            Derived("sequential-inference.md#power-of-the-e-process"),
        ),
    ),
    checks=(
        Check(
            "MCM5.expectation",
            "The e-process of the Beta(19, 1) mixture has mean 1 under the null: exact sum after 500 replicates.",
            equals(1, 1e-9), expectation, Derived("sequential-inference.md#mean-of-the-e-process"),
        ),
    ),
    limits="Runs end after 2000 replicates; one alternative mixture, Beta(19, 1), and independent replicates only.",
    designs={"smoke": _design(50), "standard": _design(4000), "paper": _design(20000)},
)  # fmt: skip
