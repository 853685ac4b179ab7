"""How often does a ledger of true claims refute one of them, with and without Holm's adjustment?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from dlstats.montecarlo.sequences import e_bh
from dlstats.protocol import verdict
from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.readers import proportion, value
from dlstats.protocol.study import Experiment, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.monte_carlo import _verdict_rates as verdict_rates

CLAIMS_IN_LEDGER = 60
SHIFT = 4.5
"""How far beyond its border, in standard errors, a false claim stands."""
TILT = 3.0
"""The alternative that the e-values are made for."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One ledger per row and method: `wrong` of its 60 one-sided claims are false, the others stand on their border.

    Statistics are normal with correlation `correlation` between any two.
    """
    wrong, correlation = condition.wrong, condition.correlation
    noise = streams.draw(lambda rng: rng.standard_normal(CLAIMS_IN_LEDGER + 1), "data")
    z = np.sqrt(correlation) * noise[:, :1] + np.sqrt(1 - correlation) * noise[:, 1:]
    z[:, :wrong] += SHIFT
    p = stats.norm.sf(z)
    refuted = {
        "unadjusted": p < verdict.LEVEL,
        "holm": np.stack([verdict.holm(row) for row in p]) < verdict.LEVEL,
        "e_bh": np.stack([e_bh(row, verdict.LEVEL) for row in np.exp(TILT * z - TILT**2 / 2)]),
    }
    columns = {name: _outcome(each, wrong) for name, each in refuted.items()}
    # the same numbers as measurements of claims that are false by exactly their margin: how many are supported?
    supported = (stats.norm.cdf(-z) < verdict.LEVEL)[:, wrong:].sum(axis=1)
    columns["unadjusted"]["wrongly_supported"] = supported.astype(float)
    return stacked(streams, columns)


def _outcome(refuted: np.ndarray, wrong: int) -> dict[str, np.ndarray]:
    detected = refuted[:, :wrong].mean(axis=1) if wrong else np.full(len(refuted), np.nan)
    return {"wrongly_refuted": refuted[:, wrong:].any(axis=1).astype(float), "detected": detected}


LEDGERS = Experiment(
    simulate,
    factors={
        "wrong": Factor("false claims among 60", int, at_least=0, below=CLAIMS_IN_LEDGER),
        "correlation": Factor("correlation between claims", float, at_least=0, at_most=1),
    },
    methods={
        "unadjusted": Method("unadjusted", "every claim at level 5 %"),
        "holm": Method("Holm", "Holm's step-down adjustment, as in the ledger"),
        "e_bh": Method("e-BH", "the e-value Benjamini-Hochberg rule, valid under any dependence"),
    },
    measures=(
        Measure("wrongly_refuted", "proportion of ledgers that refute a true claim", "proportion"),
        Measure("detected", "proportion of false claims refuted"),
        Measure("wrongly_supported", "false claims supported among those on the border"),
    ),
    block=2000,
)


def _design(replicates: int, until: tuple[str, float, int] | None = None) -> dict:
    return {"ledgers": grid(wrong=[0, 10], correlation=[0.0, 0.5], replicates=replicates, until=until)}


STUDY = Study(
    title="Many claims in one ledger",
    aims="To find out how often a ledger refutes what is true, and what the protection costs.",
    mechanisms="60 one-sided claims measured with normal error, any two with correlation `correlation`; `wrong` of them "
    "stand 4.5 standard errors beyond their border, the others on it.",
    estimands="The probability of one or more wrong refutations; the proportion of false claims that are detected.",
    experiments={"ledgers": LEDGERS},
    claims=(
        Claim(
            "MCM3.unadjusted",
            "Without adjustment, a ledger of 60 true claims on their border refutes at least one with probability "
            "1 − 0.95^60 = {theory:.3f}.",
            equals(verdict_rates.familywise(CLAIMS_IN_LEDGER), 0.02),
            proportion("wrongly_refuted", method="unadjusted", wrong=0, correlation=0.0),
            Derived(),
        ),
        Claim(
            "MCM3.holm",
            "With Holm's adjustment at most 5 % of ledgers refute a true claim, whether 0 or 10 of 60 claims are false and "
            "the measurements are independent or correlated (0.5).",
            at_most(verdict.LEVEL, 0.01),
            proportion("wrongly_refuted", method="holm").each("wrong", "correlation"),
            Theorem("holm1979"),
        ),
        Claim(
            "MCM3.e_bh",
            "With e-values and the e-BH rule at most 5 % of ledgers of 60 true claims refute one, independent or "
            "correlated (0.5).",
            at_most(verdict.LEVEL, 0.01),
            proportion("wrongly_refuted", method="e_bh", wrong=0).each("correlation"),
            Theorem("wang2022"),
        ),
        Claim(
            "MCM3.supported",
            "Of 60 false claims on their border {theory:g} are supported on average: 5 % each, for support is not adjusted.",
            equals(verdict.LEVEL * CLAIMS_IN_LEDGER, 0.15),
            value("wrongly_supported", method="unadjusted", wrong=0, correlation=0.0),
            Derived(),
        ),
    ),
    limits="Claims well inside their border are refuted less often than here.",
    designs={
        "smoke": _design(50),
        "standard": _design(1000, ("wrongly_refuted", 0.003, 8000)),
        "paper": _design(4000, ("wrongly_refuted", 0.001, 64000)),
    },
)
