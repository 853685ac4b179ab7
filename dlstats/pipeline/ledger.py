"""The ledger: one row per claim, with what theory predicts, what was measured, and the verdict with its reasons.

`measure` reads the claims of one study: estimates and p-values, no verdicts. `combine` puts the studies together, adjusts
all refutations for one another (Holm) and forms the verdicts. Rows are a function of the summaries alone, to the byte.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dlstats.montecarlo import Estimate, failures, multiplicity
from dlstats.pipeline import efforts, summaries
from dlstats.pipeline.rows import NOT_FINITE
from dlstats.protocol import origin, verdict
from dlstats.protocol.claim import Claim
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Study

MEASURED = (
    "claim family study statement relation theory estimate mcse margin replicates failed origin cite source bears_on "
    "regime law df p_against p_for lower upper lack_of_fit looked_at looks deciding deciding_mcse deciding_replicates "
    "failed_share p_against_worst p_for_worst effort_ratio effort_ratio_mcse paired_estimate p_against_paired p_for_paired "
    "effort_estimate p_against_effort p_for_effort open cells note"
).split()
COLUMNS = [*MEASURED[:11], "verdict", "reason", *MEASURED[11:], "p_adjusted", "needed", "worst_case"]
WORDS = (
    "claim family study statement relation verdict reason origin cite source bears_on regime law worst_case open cells note"
).split()
NOTHING = Estimate(math.nan, math.nan, 0)


@dataclass(frozen=True)
class Judged:
    """What a claim measures: the value that is printed, the one that decides, p-values, and why it is open, if so."""

    estimate: Estimate
    against: float = math.nan
    favour: float = math.nan
    open: str = ""
    """`not run` or a reason for `undecided` that the p-values do not show."""
    note: str = ""
    deciding: Estimate | None = None
    failed_share: float = 0.0
    """The largest proportion of failed replicates that one of the estimates has."""


def measure(study: Study, evidence: Evidence, failed_share: float) -> pd.DataFrame:
    """One row per claim of the study, without a verdict: what other studies refute has a say in that."""
    compared = efforts.Comparison(study, evidence)
    rows = [_row(study, claim, evidence, failed_share, compared) for claim in study.claims]
    return pd.DataFrame(rows, columns=MEASURED)


def combine(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """All rows under each other, with p-values adjusted by Holm over the whole ledger, and the verdicts that follow."""
    frames = [frame for frame in frames if len(frame)]
    if not frames:
        return pd.DataFrame(columns=COLUMNS)
    ledger = pd.concat(frames, ignore_index=True).reindex(columns=COLUMNS)
    for column in WORDS:  # an empty word does not survive a CSV file
        ledger[column] = ledger[column].astype(object).fillna("").astype(str)
    ledger["p_adjusted"] = _adjusted(ledger, "p_against")
    counted = int(((ledger["law"] != "exact") & ledger["p_against"].notna()).sum())
    rows = ledger.to_dict("records")
    worst = _adjusted(ledger, "p_against_worst")
    formed = [_formed(row, counted) for row in rows]
    ledger["verdict"], ledger["reason"], ledger["needed"] = zip(*formed, strict=True)
    ledger["worst_case"] = [_word(row, adjusted, row["p_for_worst"]) for row, adjusted in zip(rows, worst, strict=True)]
    return ledger


def _adjusted(ledger: pd.DataFrame, column: str) -> np.ndarray:
    """Holm over the statistical claims, after the price of looking again; exact ones have nothing to adjust."""
    p = ledger[column].to_numpy(dtype=float)
    exact = (ledger["law"] == "exact").to_numpy()
    paid = verdict.looked(p, ledger["looks"].to_numpy(dtype=float))
    return np.where(exact, p, multiplicity.holm(np.where(exact, math.nan, paid)))


def _word(row: Mapping, against: float, favour: float) -> str:
    """The verdict of a row for an adjusted p-value against it and one for it."""
    kind, regime = row["origin"], row["regime"]
    if row["open"] == verdict.NOT_RUN:
        return verdict.NOT_RUN
    if row["open"] == verdict.UNFITTED:
        return verdict.unfitted(favour, kind, regime)
    if row["open"]:
        return verdict.UNDECIDED
    exact = row["law"] == "exact"
    paid = favour if exact else float(verdict.looked(np.array(favour), np.array(float(row["looks"]))))
    return verdict.called(verdict.decide(against, paid), kind, regime, against)


def _formed(row: Mapping, counted: int) -> tuple[str, str, float]:
    """(verdict, why it is undecided, replicates that would decide it)."""
    word = _word(row, row["p_adjusted"], row["p_for"])
    if word in (verdict.SUPPORTED, *verdict.FOR.values(), *verdict.AGAINST.values(), verdict.CONFLICTS):
        decided = verdict.decide(row["p_adjusted"], row["p_for"])
        paired, again = (verdict.decide(row[f"p_against_{k}"], row[f"p_for_{k}"]) for k in ("paired", "effort"))
        # what other cells or fewer replicates turn round, at one effort as at three, is not due to training
        if verdict.UNDECIDED not in (decided, again) and again not in (decided, paired):
            return verdict.RECIPE_BOUND, "", math.nan
    if word != verdict.UNDECIDED:
        return word, "", math.nan
    if row["open"]:
        return word, row["open"], math.nan
    if verdict.decide(row["p_adjusted"], row["p_for"]) == "refuted":
        return word, verdict.NEARS_CONFLICT, math.nan
    counts = {"looked_at": int(row["looked_at"]), "df": row["df"]}
    deciding = Estimate(row["deciding"], row["deciding_mcse"], int(row["deciding_replicates"]), **counts)
    needed = verdict.needed(row["relation"], deciding, row["theory"], row["margin"], counted)
    settles = needed <= verdict.WORTH * deciding.replicates
    return word, verdict.MORE if settles else verdict.BORDER, float(f"{needed:.2g}") if settles else math.nan


def _row(study: Study, claim: Claim, evidence: Evidence, allowed: float, compared: efforts.Comparison) -> dict:
    evidence.forget()
    judged, cells = judge(claim, evidence), list(evidence.used)
    shares = _failed_shares(evidence)
    share = max([*shares.values(), judged.failed_share])
    worst = _worst(study, claim, evidence, judged) if share > 0 else judged
    if share > 0 and not judged.open:
        judged = _with_failures(judged, evidence, shares, share, allowed)
    ratio = (compared.ratio(claim, _number) if evidence.has_efforts else None) or NOTHING
    both = compared.both() if evidence.has_efforts else None
    paired, effort = (judge(claim, held) for held in both) if both else (Judged(NOTHING), Judged(NOTHING))
    value, expected, deciding = judged.estimate, claim.expectation, judged.deciding or judged.estimate
    row = {"claim": claim.id, "family": study.family, "study": study.name, "statement": claim.statement}
    row |= {"relation": expected.relation, "theory": expected.theory, "margin": expected.margin}
    row |= {"estimate": value.value, "mcse": value.mcse, "replicates": value.replicates, "failed": value.failed}
    row |= origin.columns(claim.origin)
    row |= {"bears_on": ", ".join(claim.bears_on), "regime": claim.regime, "law": deciding.law, "df": value.df}
    row |= {"p_against": judged.against, "p_for": judged.favour, "lower": value.lower, "upper": value.upper}
    row |= {"lack_of_fit": value.lack_of_fit, "looked_at": deciding.looked_at, "looks": evidence.most_looks()}
    row |= {"deciding": deciding.value, "deciding_mcse": deciding.mcse}
    row |= {"deciding_replicates": deciding.replicates, "failed_share": share}
    row |= {"p_against_worst": worst.against, "p_for_worst": worst.favour}
    row |= {"effort_ratio": ratio.value, "effort_ratio_mcse": ratio.mcse, "open": judged.open}
    for name, at in (("paired", paired), ("effort", effort)):
        row |= {f"{name}_estimate": at.estimate.value, f"p_against_{name}": at.against, f"p_for_{name}": at.favour}
    row |= {"cells": json.dumps([f"{e}/{c}" for e, c in cells])}
    notes = (judged.note, value.note if value.note != judged.open else "")
    return row | {"note": "; ".join(filter(None, notes))}


def _number(claim: Claim, evidence: Evidence) -> float:
    """The number that the ledger prints of a claim; NaN where a cell is not there."""
    return judge(claim, evidence).estimate.value


def judge(claim: Claim, evidence: Evidence) -> Judged:
    """Measure a claim; cells that are not there, or too few replicates, leave it not run, with the reason.

    Raises ValueError for a claim that takes several lines of the summary for one.
    """
    try:
        measured = claim.measure(evidence)
    except LookupError as error:
        if type(error) is not LookupError:  # a KeyError is a mistake in the claim, not a cell that is not there
            raise
        return Judged(NOTHING, open=verdict.NOT_RUN, note=str(error.args[0] if error.args else error))
    except ValueError as error:
        raise ValueError(f"Claim {claim.id}: {error}") from error
    several = [measured] if isinstance(measured, Estimate) else list(measured)
    if not several or not all(isinstance(one, Estimate) for one in several):
        raise TypeError(f"`measure` of claim {claim.id} must give Estimates, got {measured!r}.")
    judged = _judged(claim, several, evidence)
    return replace(judged, failed_share=max(map(_failed_share, several)))


def _judged(claim: Claim, several: Sequence[Estimate], evidence: Evidence) -> Judged:
    """What several estimates say that must all obey; the farthest is shown, with the failures of all."""
    shown = max(several, key=lambda one: _deviation(claim, one))
    shown = replace(shown, failed=sum(one.failed for one in several))
    few = [one.replicates for one in several if not verdict.enough(claim, one)]
    if few:
        return Judged(
            shown, open=verdict.NOT_RUN, note=f"{claim.replicates} replicates are needed, {min(few)} were run"
        )
    if not all(math.isfinite(one.value) for one in several):
        return Judged(shown, open=verdict.NOT_FINITE)
    if any(one.lack_of_fit < verdict.NO_FIT for one in several):
        local = getattr(claim.measure, "local", None)
        last = local(evidence) if local else []
        favour = _p_values(claim, last)[1] if last else math.nan
        return Judged(shown, favour=favour, open=_untold(last) or verdict.UNFITTED)
    if reason := _untold(several):
        return Judged(shown, open=reason)
    return _decided(claim, several, shown)


def _untold(several: Sequence[Estimate]) -> str:
    """Why estimates have no p-value: one of them is not finite, or its replicates do not vary; empty if they have."""
    if not all(math.isfinite(one.value) for one in several):
        return verdict.NOT_FINITE
    return verdict.NO_VARIATION if any(one.law == "t" and not one.mcse > 0 for one in several) else ""


def _decided(claim: Claim, several: Sequence[Estimate], shown: Estimate) -> Judged:
    """The p-values of several estimates that must all obey, and the one of them that decides."""
    against, favour = _p_values(claim, several)
    if len(several) == 1:
        return Judged(shown, against, favour)
    looked_at = sum(one.looked_at for one in several)
    deciding = max(several, key=lambda one: _for_and_not_against(claim, one))
    deciding = replace(deciding, looked_at=looked_at)
    other = deciding.value != shown.value
    note = f"the farthest of {len(several)}" + (
        f"; another decides: {deciding.value:.4g} ({deciding.mcse:.2g})" if other else ""
    )
    return Judged(shown, against, favour, note=note, deciding=deciding)


def _p_values(claim: Claim, several: Iterable[Estimate]) -> tuple[float, float]:
    """(against, for) a claim that all must obey: a refutation pays for the search (Bonferroni), a support does not."""
    pairs = [verdict.p_values(*_arguments(claim, one)) for one in several]
    against, favour = np.array(pairs).T  # numpy's extremes are NaN where one of them is
    return float(np.minimum(1.0, len(pairs) * against.min())), float(favour.max())


def _for_and_not_against(claim: Claim, one: Estimate) -> tuple[float, float, float]:
    """Largest for the estimate that speaks most against the claim; of equals, as exact ones are, the farthest."""
    against, favour = verdict.p_values(*_arguments(claim, one))
    return favour, -against, _deviation(claim, one)


def _arguments(claim: Claim, one: Estimate) -> tuple[str, Estimate, float, float]:
    return claim.expectation.relation, one, claim.expectation.theory, claim.expectation.margin


def _deviation(claim: Claim, one: Estimate) -> float:
    value = verdict.deviation(claim.expectation.relation, one.value, claim.expectation.theory)
    return value if math.isfinite(value) else math.inf


def _failed_shares(evidence: Evidence) -> dict[str, float]:
    """The proportion of failed rows of every (experiment, cell, method) that was read."""
    shares: dict[str, float] = {}
    for experiment in dict.fromkeys(e for e, _, _ in evidence.lines):
        pairs = [(cell, method) for e, cell, method in evidence.lines if e == experiment]
        if (evidence.summaries[experiment]["failed"] > 0).any():
            shares |= failures.proportions(evidence.replicates(experiment), pairs)
    return shares


def _with_failures(
    judged: Judged, evidence: Evidence, shares: Mapping[str, float], share: float, allowed: float
) -> Judged:
    """The claim left open where a value that it met is not finite, where too many failed, or one of which all must obey."""
    if reason := _not_finite(evidence):
        return replace(judged, open=verdict.NOT_FINITE, note=reason)
    cell = max(shares, key=lambda name: shares[name], default="")
    note = f"{share:.3g} of the replicates failed in {cell}, more than the allowed {allowed:.3g}"
    if share > allowed:
        return replace(judged, open=verdict.FAILED, note=note)
    deciding = judged.deciding or judged.estimate
    if deciding.law == "exact" and verdict.decide(judged.against, judged.favour) == verdict.SUPPORTED:
        return replace(judged, open=verdict.FAILED, note=f"all must obey, and {share:.3g} failed in {cell}")
    return judged


def _not_finite(evidence: Evidence) -> str:
    """Where the first value that is not finite stands among what was read, and what it is; empty if there is none."""
    for experiment, cell, method in evidence.lines:
        if (evidence.summaries[experiment]["failed"] > 0).any():
            rows = evidence.replicates(experiment)
            read = (rows["cell"] == cell) & (rows["method"] == method)
            bad = rows.loc[read & (rows["status"] == NOT_FINITE), "reason"]
            if len(bad):
                return f"{bad.iloc[0]} in {len(bad)} of {read.sum()} rows of {cell} {method}"
    return ""


def _failed_share(estimate: Estimate) -> float:
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
        cases.append(judge(claim, Evidence(tables)))
    p = np.array([[case.against, case.favour] for case in cases])
    return replace(judged, against=float(p[:, 0].max()), favour=float(p[:, 1].max()))
