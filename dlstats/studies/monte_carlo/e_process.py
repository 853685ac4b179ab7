"""Can a claim on coverage be tested after every replicate? The e-process of a beta mixture."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
from scipy import stats

from dlstats import montecarlo
from dlstats.montecarlo import Estimate, sequences
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Measure, Study
from dlstats.seeds import Streams

PARTS = ("runs", "expectation")
NULL = 0.95
BETA = (19.0, 1.0)
LEVEL = 0.05
LONGEST = 2000
EXACT_AT = 500


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """One run a row: does the e-process, or a binomial test after every replicate, ever reject coverage 0.95?"""
    if factors["part"] not in PARTS:
        raise ValueError(f"`part` must be one of {', '.join(PARTS)}, got {factors['part']!r}.")
    if factors["part"] == "expectation":
        return pd.DataFrame(
            {"replicate": list(streams.replicates), "method": "e_process", "expectation": _expectation()}
        )
    hits = streams.draw(lambda rng: rng.random(LONGEST), "data") < factors["coverage"]
    crossed = sequences.log_e_process(hits, NULL, *BETA) >= -np.log(LEVEL)
    good, t = np.cumsum(hits, axis=1), np.arange(1, LONGEST + 1)
    table = [_rejects(n) for n in range(LONGEST + 1)]
    low, high = np.array(table).T
    peeked = (good <= low[t]) | (good >= high[t])
    return pd.concat([_rows("e_process", crossed, streams), _rows("peeking", peeked, streams)]).sort_values(
        "replicate", kind="stable", ignore_index=True
    )


@functools.cache
def _rejects(reps: int) -> tuple[int, int]:
    """Successes at or below, and at or above, which a binomial test of level 5 % (half on each side) rejects."""
    low = int(stats.binom.ppf(LEVEL / 2, reps, NULL)) - 1
    high = int(stats.binom.isf(LEVEL / 2, reps, NULL)) + 1
    return low, high


def _expectation() -> float:
    """E of the process after 500 replicates under the null: sum over the binomial law, no randomness."""
    k = np.arange(EXACT_AT + 1)
    runs = [np.concatenate([np.ones(n), np.zeros(EXACT_AT - n)])[None] for n in k]
    log_e = np.array([sequences.log_e_process(run, NULL, *BETA)[0, -1] for run in runs])
    return float(np.exp(log_e + stats.binom.logpmf(k, EXACT_AT, NULL)).sum())


def _rows(method: str, crossed: np.ndarray, streams: Streams) -> pd.DataFrame:
    ever = crossed.any(axis=1)
    first = np.where(ever, crossed.argmax(axis=1) + 1.0, LONGEST)
    columns = {"rejected": ever.astype(float), "stopped_after": first}
    return pd.DataFrame({"replicate": list(streams.replicates), "method": method, **columns})


MEASURES = (
    Measure("rejected", "share of runs that ever reject", "proportion"),
    Measure("stopped_after", "replicates until rejection or 2000", "mean"),
    Measure("expectation", "mean of the e-process under the null", "exact"),
)


def rejected(evidence: Evidence, method: str, coverage: float) -> Estimate:
    """Share of runs that ever reject."""
    row = evidence.table(measure="rejected", method=method, coverage=coverage).iloc[0]
    return Estimate(row["estimate"], row["mcse"], int(row["replicates"]), int(row["failed"]), law="binomial")


def expectation(evidence: Evidence) -> Estimate:
    """The exact mean."""
    return montecarlo.exact(evidence.table(measure="expectation").iloc[0]["estimate"])


CLAIMS = (
    Claim(
        "MCM5.level",
        "When coverage is 0.95, the e-process of the Beta(19, 1) mixture reaches 20 at some time up to 2000 "
        "replicates in at most "
        "5 % of runs.",
        "at_most",
        LEVEL,
        0.0,
        functools.partial(rejected, method="e_process", coverage=NULL),
        "Ville 1939; Ramdas, Grünwald, Vovk and Shafer 2023",
    ),
    Claim(
        "MCM5.peeking",
        "A binomial test of level 5 % after every replicate rejects a coverage of 0.95 in at least 20 % of runs of "
        "2000.",
        "at_least",
        0.2,
        0.0,
        functools.partial(rejected, method="peeking", coverage=NULL),
        "Armitage, McPherson and Rowe 1969",
    ),
    Claim(
        "MCM5.power",
        "When coverage is 0.9, the e-process rejects 0.95 within 2000 replicates in at least 95 % of runs.",
        "at_least",
        0.95,
        0.0,
        functools.partial(rejected, method="e_process", coverage=0.9),
        "derived here",
    ),
    Claim(
        "MCM5.expectation",
        "The e-process has mean 1 under the null (exact sum after 500 replicates); its sample mean is far below 1, "
        "for its tail is "
        "heavy.",
        "identity",
        1.0,
        1e-9,
        expectation,
        "Ville 1939",
    ),
)

STUDY = Study(
    name="e_process",
    family="monte_carlo",
    title="Testing coverage after every replicate",
    aims="To find out whether coverage can be tested while replicates come in, and what that costs.",
    mechanisms="Runs of 2000 zeros and ones with probability `coverage`.",
    estimands="The probability of ever rejecting coverage 0.95.",
    methods={
        "e_process": "Beta(19, 1) mixture likelihood ratio, rejects at 20",
        "peeking": "two-sided binomial test of level 5 % after every replicate",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    limits="Runs end after 2000 replicates; one alternative mixture, Beta(19, 1), and independent replicates only.",
    block=250,
)
