"""The ledger: one row a claim, with what theory predicts, what was measured, and the verdict with its reasons.

`verdicts` judges the claims of one study, `combine` puts the studies together and adjusts all refutations for
one another (Holm). Rows are a function of the replicates alone, to the byte.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dlstats import montecarlo
from dlstats.montecarlo import failures
from dlstats.protocol import claim as claims
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Study

COLUMNS = (
    "claim family study statement theory estimate mcse margin replicates failed verdict source lecture "
    "kind p_against p_for p_adjusted needed lower upper lack_of_fit looked_at failed_share worst_case "
    "p_against_worst p_for_worst cells note"
).split()

WORDS = "claim family study statement verdict source lecture kind worst_case cells note".split()


@dataclass(frozen=True)
class Judged:
    """A claim's estimate, its p-values (against, for) and why it cannot be decided, if so."""

    estimate: montecarlo.Estimate
    against: float
    favour: float
    reason: str = ""


NOTHING = montecarlo.Estimate(math.nan, math.nan, 0)


def verdicts(study: Study, evidence: Evidence, failed_share: float) -> pd.DataFrame:
    """One row a claim of the study, its refutations adjusted for one another; `combine` adjusts over all studies."""
    return combine(
        [pd.DataFrame([_row(study, claim, evidence, failed_share) for claim in study.claims], columns=COLUMNS)]
    )


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
    counted = int((~ledger["kind"].isin(claims.EXACT) & ledger["p_against"].notna()).sum())
    ledger["needed"] = [_needed(row, counted) for row in ledger.to_dict("records")]
    return ledger


def _adjusted(ledger: pd.DataFrame, column: str) -> np.ndarray:
    """Holm over the statistical claims; exact claims have nothing to adjust."""
    p = ledger[column].to_numpy(dtype=float)
    exact = ledger["kind"].isin(claims.EXACT).to_numpy()
    return np.where(exact, p, claims.holm(np.where(exact, math.nan, p)))


def _decide(against: Iterable, favour: Iterable, lack_of_fit: Iterable) -> list[str]:
    return [claims.decide(*row) for row in zip(against, favour, lack_of_fit, strict=True)]


def _needed(row: dict, counted: int) -> float:
    if row["verdict"] != "undecided" or math.isnan(row["p_against"]):
        return math.nan
    found = montecarlo.Estimate(row["estimate"], row["mcse"], row["replicates"], looked_at=row["looked_at"])
    return claims.needed(row["kind"], found, row["theory"], row["margin"], counted)


def _row(study: Study, claim: Claim, evidence: Evidence, allowed: float) -> dict:
    evidence.forget()
    judged, cells = _judge(claim, evidence), list(evidence.used)
    shares = failures.shares(evidence.replicates, list(evidence.pairs))
    share = max([*shares.values(), _own_share(judged.estimate)], default=0.0)
    worst = _worst(study, claim, evidence, judged) if share > 0 else judged
    if share > allowed and not judged.reason:
        cell = max(shares, key=lambda name: shares[name], default="")
        reason = f"{share:.3g} of the replicates failed in {cell}, more than the allowed {allowed:.3g}"
        judged = Judged(judged.estimate, math.nan, math.nan, reason)
    found = judged.estimate
    return {
        "claim": claim.id,
        "family": study.family,
        "study": study.name,
        "statement": claim.statement,
        "theory": float(claim.theory),
        "estimate": found.value,
        "mcse": found.mcse,
        "margin": float(claim.margin),
        "replicates": found.replicates,
        "failed": found.failed,
        "verdict": "",
        "source": claim.source,
        "lecture": claim.lecture,
        "kind": claim.kind,
        "p_against": judged.against,
        "p_for": judged.favour,
        "p_adjusted": math.nan,
        "needed": math.nan,
        "lower": found.lower,
        "upper": found.upper,
        "lack_of_fit": found.lack_of_fit,
        "looked_at": found.looked_at,
        "failed_share": share,
        "worst_case": "",
        "p_against_worst": worst.against,
        "p_for_worst": worst.favour,
        "cells": json.dumps(cells),
        "note": "; ".join(filter(None, (judged.reason, found.note))),
    }


def _judge(claim: Claim, evidence: Evidence) -> Judged:
    """Measure a claim; cells that are not there make it undecided, with the reason."""
    try:
        found = claim.measure(evidence)
    except LookupError as error:
        if type(error) is not LookupError:  # a KeyError is a mistake in the claim, not a cell that is not there
            raise
        return Judged(NOTHING, math.nan, math.nan, f"not simulated: {error.args[0] if error.args else error}")
    if not isinstance(found, montecarlo.Estimate):
        raise TypeError(f"`measure` of claim {claim.id} must give an Estimate, got {type(found).__name__}.")
    if math.isnan(found.value) or (math.isnan(found.mcse) and claim.kind not in claims.EXACT):
        return Judged(found, math.nan, math.nan, "no estimate with an error")
    return Judged(found, *claims.p_values(claim.kind, found, claim.theory, claim.margin))


def _own_share(estimate: montecarlo.Estimate) -> float:
    total = estimate.failed + estimate.replicates
    return estimate.failed / total if total else 0.0


def _worst(study: Study, claim: Claim, evidence: Evidence, judged: Judged) -> Judged:
    """The claim with every failed replicate at the lowest and at the highest value seen; the less decisive p-values."""
    cases = [judged]
    for side in ("lowest", "highest"):
        rows = failures.fill(evidence.replicates, [m.column for m in study.measures], side)
        summary = failures.summarise_again(rows, evidence.summary, study.measures)
        cases.append(_judge(claim, Evidence(rows, summary)))
    p = np.array([[case.against, case.favour] for case in cases])
    return Judged(judged.estimate, float(p[:, 0].max()), float(p[:, 1].max()))
