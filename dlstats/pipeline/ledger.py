"""The ledger: one row per claim, with what theory predicts, what was measured, and the verdict with its reasons.

`verdicts` judges the claims of one study, `combine` puts the studies together and adjusts all refutations for
one another (Holm). Rows are a function of the summaries alone, to the byte.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dlstats import montecarlo
from dlstats.montecarlo import Estimate, failures
from dlstats.pipeline import summaries
from dlstats.protocol import origin, verdict
from dlstats.protocol.claim import Claim
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Study

COLUMNS = (
    "claim family study statement relation theory estimate mcse margin replicates failed verdict origin cite source bears_on "
    "law df p_against p_for p_adjusted needed lower upper lack_of_fit looked_at failed_share worst_case "
    "p_against_worst p_for_worst cells note"
).split()
WORDS = "claim family study statement relation verdict origin cite source bears_on law worst_case cells note".split()
NOTHING = Estimate(math.nan, math.nan, 0)


@dataclass(frozen=True)
class Judged:
    """A claim's estimate, its p-values (against, for) and why it cannot be decided, if so."""

    estimate: Estimate
    against: float
    favour: float
    reason: str = ""


def verdicts(study: Study, evidence: Evidence, failed_share: float) -> pd.DataFrame:
    """One row per claim of the study, its refutations adjusted for one another; `combine` adjusts over all studies."""
    ledger = [_row(study, claim, evidence, failed_share) for claim in study.claims]
    return combine([pd.DataFrame(ledger, columns=COLUMNS)])


def combine(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """All rows under each other, with p-values adjusted by Holm over the whole ledger, and the verdicts that follow."""
    frames = [frame for frame in frames if len(frame)]
    if not frames:
        return pd.DataFrame(columns=COLUMNS)
    ledger = pd.concat(frames, ignore_index=True)
    for column in WORDS:  # an empty word does not survive a CSV file
        ledger[column] = ledger[column].astype(object).fillna("").astype(str)
    ledger["p_adjusted"] = _adjusted(ledger, "p_against")
    worst = _adjusted(ledger, "p_against_worst")
    ledger["verdict"] = _decide(ledger["p_adjusted"], ledger["p_for"], ledger["lack_of_fit"])
    ledger["worst_case"] = _decide(worst, ledger["p_for_worst"], ledger["lack_of_fit"])
    counted = int(((ledger["law"] != "exact") & ledger["p_against"].notna()).sum())
    ledger["needed"] = [_needed(row, counted) for row in ledger.to_dict("records")]
    return ledger


def _adjusted(ledger: pd.DataFrame, column: str) -> np.ndarray:
    """Holm over the statistical claims; exact ones have nothing to adjust."""
    p = ledger[column].to_numpy(dtype=float)
    exact = (ledger["law"] == "exact").to_numpy()
    return np.where(exact, p, verdict.holm(np.where(exact, math.nan, p)))


def _decide(against: Iterable, favour: Iterable, lack_of_fit: Iterable) -> list[str]:
    return [verdict.decide(*row) for row in zip(against, favour, lack_of_fit, strict=True)]


def _needed(row: Mapping, counted: int) -> float:
    if row["verdict"] != "undecided" or math.isnan(row["p_against"]):
        return math.nan
    found = Estimate(row["estimate"], row["mcse"], row["replicates"], looked_at=row["looked_at"])
    return verdict.needed(row["relation"], found, row["theory"], row["margin"], counted)


def _row(study: Study, claim: Claim, evidence: Evidence, allowed: float) -> dict:
    evidence.forget()
    judged, cells = _judge(claim, evidence), list(evidence.used)
    shares = _failed_shares(evidence)
    share = max([*shares.values(), _own_share(judged.estimate)], default=0.0)
    worst = _worst(study, claim, evidence, judged) if share > 0 else judged
    if share > allowed and not judged.reason:
        cell = max(shares, key=lambda name: shares[name], default="")
        reason = f"{share:.3g} of the replicates failed in {cell}, more than the allowed {allowed:.3g}"
        judged = Judged(judged.estimate, math.nan, math.nan, reason)
    found, expected = judged.estimate, claim.expectation
    about = {"claim": claim.id, "family": study.family, "study": study.name, "statement": claim.statement}
    about |= {"relation": expected.relation, "theory": expected.theory, "margin": expected.margin}
    about |= {"estimate": found.value, "mcse": found.mcse, "replicates": found.replicates, "failed": found.failed}
    about |= {"verdict": "", **origin.columns(claim.origin)}
    about |= {"bears_on": ", ".join(claim.bears_on), "law": found.law, "df": found.df}
    about |= {"p_against": judged.against, "p_for": judged.favour, "p_adjusted": math.nan, "needed": math.nan}
    about |= {"lower": found.lower, "upper": found.upper, "lack_of_fit": found.lack_of_fit}
    about |= {"looked_at": found.looked_at, "failed_share": share, "worst_case": ""}
    about |= {"p_against_worst": worst.against, "p_for_worst": worst.favour}
    about |= {"cells": json.dumps([f"{e}/{c}" for e, c in cells])}
    return about | {"note": "; ".join(filter(None, (judged.reason, found.note)))}


def _judge(claim: Claim, evidence: Evidence) -> Judged:
    """Measure a claim; cells that are not there make it undecided, with the reason."""
    try:
        found = claim.measure(evidence)
    except LookupError as error:
        if type(error) is not LookupError:  # a KeyError is a mistake in the claim, not a cell that is not there
            raise
        return Judged(NOTHING, math.nan, math.nan, f"not simulated: {error.args[0] if error.args else error}")
    several = [found] if isinstance(found, Estimate) else list(found)
    if not all(isinstance(one, Estimate) for one in several):
        raise TypeError(f"`measure` of claim {claim.id} must give Estimates, got {found!r}.")
    expected = claim.expectation
    kind = "equivalence" if expected.relation == "equals" else expected.relation
    one = montecarlo.worst(several, expected.theory, expected.margin, kind) if len(several) > 1 else several[0]
    if not all(math.isfinite(each.value) for each in several):
        return Judged(one, math.nan, math.nan, "a value is not finite")
    if math.isnan(one.mcse) and one.law != "exact":
        return Judged(one, math.nan, math.nan, "no estimate with an error")
    return Judged(one, *verdict.p_values(expected.relation, one, expected.theory, expected.margin))


def _failed_shares(evidence: Evidence) -> dict[str, float]:
    """The share of failed rows of every (experiment, cell, method) that was read."""
    found: dict[str, float] = {}
    for experiment in dict.fromkeys(e for e, _, _ in evidence.lines):
        pairs = [(cell, method) for e, cell, method in evidence.lines if e == experiment]
        lines = evidence.summaries[experiment]
        if (lines["failed"] > 0).any():
            found |= failures.shares(evidence.replicates(experiment), pairs)
    return found


def _own_share(estimate: Estimate) -> float:
    total = estimate.failed + estimate.replicates
    return estimate.failed / total if total else 0.0


def _worst(study: Study, claim: Claim, evidence: Evidence, judged: Judged) -> Judged:
    """The claim with every failed replicate at the lowest and at the highest value seen; the less decisive p-values."""
    cases, again = [judged], dict.fromkeys(e for e, _ in evidence.used)
    for side in ("lowest", "highest"):
        tables = dict(evidence.summaries)
        for name in again:
            experiment = study.experiments[name]
            rows = failures.fill(evidence.replicates(name), [m.column for m in experiment.measures], side)
            tables[name] = summaries.summarise(experiment, rows)
        cases.append(_judge(claim, Evidence(tables)))
    p = np.array([[case.against, case.favour] for case in cases])
    return Judged(judged.estimate, float(p[:, 0].max()), float(p[:, 1].max()))
