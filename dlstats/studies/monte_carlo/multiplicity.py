"""How often does a ledger of true claims refute one of them, with and without Holm's adjustment?"""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
from scipy import stats

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.montecarlo.sequences import e_bh
from dlstats.protocol import claim as claims
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Measure, Study
from dlstats.seeds import Streams
from dlstats.theory import verdict_rates

CLAIMS_IN_LEDGER = 60
SHIFT = 4.5
"""How far beyond its border, in standard errors, a false claim stands."""
TILT = 3.0
"""The alternative that the e-values are made for."""
MARGIN = 0.02


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """One ledger a row and method: `wrong` of its 60 one-sided claims are false, the others stand on their border.

    Statistics are normal with correlation `correlation` between any two.
    """
    false, correlation = factors["wrong"], factors["correlation"]
    noise = streams.draw(lambda rng: rng.standard_normal(CLAIMS_IN_LEDGER + 1), "data")
    z = np.sqrt(correlation) * noise[:, :1] + np.sqrt(1 - correlation) * noise[:, 1:]
    z[:, :false] += SHIFT
    p = stats.norm.sf(z)
    refuted = {
        "unadjusted": p < claims.LEVEL,
        "holm": np.stack([claims.holm(row) for row in p]) < claims.LEVEL,
        "e_bh": np.stack([e_bh(row, claims.LEVEL) for row in np.exp(TILT * z - TILT**2 / 2)]),
    }
    frames = [_rows(name, found, false, streams) for name, found in refuted.items()]
    # the same numbers as measurements of claims that are false by exactly their margin: how many are supported?
    supported = (stats.norm.cdf(-z) < claims.LEVEL)[:, false:].sum(axis=1)
    frames[0]["wrongly_supported"] = supported.astype(float)
    return pd.concat(frames).sort_values("replicate", kind="stable", ignore_index=True)


def _rows(method: str, refuted: np.ndarray, false: int, streams: Streams) -> pd.DataFrame:
    found = refuted[:, :false].mean(axis=1) if false else np.full(len(refuted), np.nan)
    wrong = refuted[:, false:].any(axis=1).astype(float)
    return pd.DataFrame(
        {"replicate": list(streams.replicates), "method": method, "wrongly_refuted": wrong, "found": found}
    )


MEASURES = (
    Measure("wrongly_refuted", "share of ledgers that refute a true claim", "proportion"),
    Measure("found", "share of false claims refuted", "mean"),
    Measure("wrongly_supported", "false claims supported among those on the border", "mean"),
)


def share(evidence: Evidence, method: str, kind: str, theory: float, margin: float, **factors: object) -> Estimate:
    """Share of ledgers that refute a true claim, in the cell that speaks most against the claim."""
    table = evidence.table(measure="wrongly_refuted", method=method, **factors)
    found = [
        Estimate(r["estimate"], r["mcse"], r["replicates"], r["failed"], law="binomial")
        for r in table.to_dict("records")
    ]
    return montecarlo.worst(found, theory, margin, kind)


def supported(evidence: Evidence) -> Estimate:
    """Mean number of claims supported although they are false by their margin."""
    row = evidence.table(measure="wrongly_supported", wrong=0, correlation=0.0).iloc[0]
    return Estimate(row["estimate"], row["mcse"], int(row["replicates"]), int(row["failed"]))


CLAIMS = (
    Claim(
        "MCM3.unadjusted",
        "Without adjustment, a ledger of 60 true claims on their border refutes at least one with probability 1 − "
        "0.95^60 = 0.954.",
        "equivalence",
        verdict_rates.familywise(CLAIMS_IN_LEDGER),
        MARGIN,
        functools.partial(
            share,
            method="unadjusted",
            kind="equivalence",
            theory=verdict_rates.familywise(CLAIMS_IN_LEDGER),
            margin=MARGIN,
            wrong=0,
            correlation=0.0,
        ),
        "elementary",
    ),
    Claim(
        "MCM3.holm",
        "With Holm's adjustment at most 5 % of ledgers refute a true claim, whether 0 or 10 of 60 claims are false "
        "and the "
        "measurements are independent or correlated (0.5).",
        "at_most",
        claims.LEVEL,
        0.01,
        functools.partial(share, method="holm", kind="at_most", theory=claims.LEVEL, margin=0.01),
        "Holm 1979",
    ),
    Claim(
        "MCM3.e_bh",
        "With e-values and the e-BH rule at most 5 % of ledgers of 60 true claims refute one, independent or "
        "correlated (0.5).",
        "at_most",
        claims.LEVEL,
        0.01,
        functools.partial(share, method="e_bh", kind="at_most", theory=claims.LEVEL, margin=0.01, wrong=0),
        "Wang and Ramdas 2022",
    ),
    Claim(
        "MCM3.supported",
        "Of 60 false claims on their border 3 are supported on average: 5 % each, for support is not adjusted.",
        "equivalence",
        claims.LEVEL * CLAIMS_IN_LEDGER,
        0.15,
        supported,
        "elementary",
    ),
)

STUDY = Study(
    name="multiplicity",
    family="monte_carlo",
    title="Many claims in one ledger",
    aims="To find out how often a ledger refutes what is true, and what the protection costs.",
    mechanisms="60 one-sided claims measured with normal error, any two with correlation `correlation`; `wrong` of "
    "them stand 4.5 "
    "standard errors beyond their border, the others on it.",
    estimands="The probability of one or more wrong refutations; the share of false claims that are found.",
    methods={
        "unadjusted": "every claim at level 5 %",
        "holm": "Holm's step-down adjustment, as in the ledger",
        "e_bh": "the e-value Benjamini-Hochberg rule, right under any dependence",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    limits="Claims well inside their border are refuted less often than here.",
    block=2000,
)
