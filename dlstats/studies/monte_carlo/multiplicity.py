"""How often does a ledger of true claims refute one of them, with and without Holm's adjustment?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy

from dlstats.montecarlo.multiplicity import holm
from dlstats.montecarlo.statistics import evaluate
from dlstats.protocol import verdict
from dlstats.protocol.claim import Claim, at_most
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Finding, Theorem
from dlstats.protocol.readers import proportion
from dlstats.protocol.study import Experiment, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.monte_carlo import _risks as risks

CLAIMS_IN_LEDGER, LARGE = 60, 300
SHIFT = 4.5
"""How far beyond its border, in standard errors, a false claim stands."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One ledger per row and method: `wrong` of its 60 one-sided claims are false, the others stand on their border.

    Statistics are normal with correlation `correlation` between any two.
    """
    wrong, correlation = condition.wrong, condition.correlation
    noise = streams.draw(lambda rng: rng.standard_normal(CLAIMS_IN_LEDGER + 1), "data")
    z = np.sqrt(correlation) * noise[:, :1] + np.sqrt(1 - correlation) * noise[:, 1:]
    z[:, :wrong] += SHIFT
    p = scipy.stats.norm.sf(z)
    refuted = {
        "unadjusted": p < verdict.LEVEL,
        "holm": np.stack([holm(row) for row in p]) < verdict.LEVEL,
    }
    columns = {name: _outcome(each, wrong) for name, each in refuted.items()}
    return stacked(streams, columns)


def as_used(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One ledger per row of 300 true claims on medians, on their border: 12 to 50 replicates, three kinds of risks."""
    kinds = [(risk, size) for risk in risks.RISKS for size in risks.SIZES]
    several = condition.claims // len(kinds)
    p = np.hstack([
        risks.tails(evaluate("log10_median", risks.draw(streams, risk, (several, size)), {}), risks.log_median(risk))[0]
        for risk, size in kinds
    ])  # fmt: skip
    # Holm refutes any claim if and only if it refutes that of the smallest p-value, at the level over their number
    wrongly = {"unadjusted": p.min(axis=1) < verdict.LEVEL, "holm": p.shape[1] * p.min(axis=1) < verdict.LEVEL}
    return stacked(streams, {name: {"wrongly_refuted": each.astype(float)} for name, each in wrongly.items()})


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
    },
    measures=(
        Measure("wrongly_refuted", "proportion of ledgers that refute a true claim", "proportion"),
        Measure("detected", "proportion of false claims refuted", where={"wrong": lambda wrong: wrong > 0}),
    ),
    block=2000,
)


AS_USED = Experiment(
    as_used,
    title="ledgers of medians",
    factors={"claims": Factor("claims of a ledger", int, at_least=12)},
    methods={name: LEDGERS.methods[name] for name in ("unadjusted", "holm")},
    measures=LEDGERS.measures[:1],
    block=100,
)


def _design(replicates: int, used: int, until: tuple[str, float, int] | None = None) -> dict:
    ledgers = grid(wrong=[0, 10], correlation=[0.0, 0.5], replicates=replicates, until=until)
    return {"ledgers": ledgers, "as_used": grid(claims=LARGE, replicates=used)}


STUDY = Study(
    title="Many claims in one ledger",
    aims="To find out how often a ledger refutes what is true, and what the protection costs.",
    mechanisms="60 one-sided claims measured with normal error, any two with correlation `correlation`; `wrong` of them "
    "stand 4.5 standard errors beyond their border, the others on it.",
    estimands="The probability of one or more wrong refutations; the proportion of false claims that are detected.",
    experiments={"ledgers": LEDGERS, "as_used": AS_USED},
    claims=(
        Claim(
            "MCM3.holm",
            "With Holm's adjustment at most 6 % of ledgers refute a true claim at level 5 %, whether 0 or 10 of 60 claims are "
            "false and the measurements, normal, are independent or correlated (0.5).",
            at_most(verdict.LEVEL, 0.01),
            proportion("wrongly_refuted", method="holm", experiment="ledgers").each("wrong", "correlation"),
            Theorem("holm1979", "the step-down test keeps its level, whatever is true and under any dependence"),
        ),
        Claim(
            "MCM3.ledger",
            "With Holm's adjustment at most 6 % of ledgers of {claims} true claims on medians of 12 to 50 replicates, all on "
            "their border, refute one at level 5 % (log risks normal, skewed, or a fifth of the runs failing with ten "
            "times the risk).",
            at_most(verdict.LEVEL, 0.01),
            proportion("wrongly_refuted", method="holm", experiment="as_used"),
            Finding("multiplicity, seed 20261120"),
            numbers={"claims": LARGE},
        ),
    ),
    limits="Claims well inside their border are refuted less often than here.",
    designs={
        "smoke": _design(50, 20),
        "standard": _design(1000, 2000, ("wrongly_refuted", 0.003, 8000)),
        "paper": _design(4000, 40000, ("wrongly_refuted", 0.001, 64000)),
    },
)
