"""What claims read and ask for: numbers that no study made, of known place, go in, and what comes out is looked at.

`claims.csv` says of every claim what it expects and what it reads of the generated summaries, at effort 1 and 3. A claim
that reads another method, key, column, effort or cell, turns a ratio, takes failed rows, pairs other replicates or widens its
margin differs from its line. Where a claim or a study was added or changed on purpose, `python tests/studies/test_claims.py`
writes the file anew, and the change is read there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cases import generated

from dlstats.montecarlo import Estimate
from dlstats.pipeline import efforts, ledger, registry
from dlstats.protocol import verdict
from dlstats.protocol.claim import Claim, at_most
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.readers import Reader

READ = Path(__file__).with_name("claims.csv")
CLAIMING = [study for study in registry.studies() if registry.load(study).claims]
STUDIES = [s for s in CLAIMING if all(f"{s}.{e}" in generated.COMBINATIONS for e in registry.load(s).experiments)]
DESIGNS = {"robust_regression": "paper"}
"""Of studies whose standard design leaves claims not run."""
NUMBERS = ("theory", "margin", "estimate", "mcse", "deciding", "p_against", "p_for", "at_effort_3")


def lines(study: str) -> Iterator[dict]:
    """What the claims of a study expect and read."""
    evidence = generated.evidence(study, DESIGNS.get(study, "standard"))
    for claim in registry.load(study).claims:
        judged = ledger.judge(claim, evidence)
        deciding = judged.deciding or judged.estimate
        more = ledger.judge(claim, Evidence(evidence.summaries, effort=efforts.MORE))
        yield {
            "study": study, "claim": claim.id, "relation": claim.expectation.relation,
            "theory": claim.expectation.theory, "margin": claim.expectation.margin,
            "estimate": judged.estimate.value, "mcse": judged.estimate.mcse, "deciding": deciding.value,
            "p_against": judged.against, "p_for": judged.favour, "at_effort_3": more.estimate.value,
            "open": judged.open,
        }  # fmt: skip


@pytest.mark.parametrize("study", STUDIES, scope="module")
def test_a_claim_reads_and_expects_what_is_written_down(study):
    written = pd.read_csv(READ, keep_default_na=False, na_values=["nan"]).query("study == @study").set_index("claim")
    now = pd.DataFrame(lines(study)).set_index("claim")
    assert set(written.index) <= set(now.index)
    now = now.loc[written.index]  # what is new is written down by the command above
    assert (now[["relation", "open"]] == written[["relation", "open"]]).all(axis=None)
    for column in NUMBERS:
        np.testing.assert_allclose(now[column], written[column].astype(float), rtol=1e-5, atol=1e-9, err_msg=column)


def _filled(tables: dict[str, pd.DataFrame], estimate: float) -> Evidence:
    """The lines with another estimate, which leaves no doubt: the same for all, or one of their own where it is not finite."""
    found = {}
    for name, table in tables.items():
        own = np.random.default_rng(1).random(len(table))
        values = np.where(np.isfinite(estimate), estimate, 1 - own if np.isinf(estimate) else own)
        values = np.where(table["law"] == "binomial", np.clip(values, 0, 1), values)
        fit = table["lack_of_fit"].where(table["lack_of_fit"].isna(), 0.5)
        certain = {"df": 50.0, "note": "", "failed": 0, "replicates": 10_000, "mcse": _error(table["law"], values)}
        found[name] = table.assign(estimate=values, lower=values, upper=values, lack_of_fit=fit, **certain)
    return Evidence(found)


def _error(law: object, estimate: object) -> np.ndarray:
    return np.where(np.equal(law, "exact"), 0.0, 1e-12 * np.abs(estimate) + 1e-300)  # type: ignore[arg-type]


def _told(theory: float):
    """A reader's estimate of a line, of which theory says just what the claim expects, found by two others."""
    plain = Reader._estimate

    def estimate(self: Reader, line: dict) -> Estimate:
        def at(value: float) -> Estimate:
            return plain(self, {**line, "estimate": value, "mcse": float(_error(line["law"], value))})

        roots = [theory]
        for x, y in ((1e3, 2e3), (0.0, 1.0)):  # the first for absolute values, the second for ratios to small numbers
            first, second = at(x).value, at(y).value
            if np.isfinite(first) and second != first:
                roots.append(x + (theory - first) * (y - x) / (second - first))
        return min(map(at, roots), key=lambda one: abs(one.value - theory))

    return estimate


def _outcomes(claim: Claim, tables: dict[str, pd.DataFrame]) -> Iterator[str]:
    """What comes of the claim where all lines are near theory, far from it, and as theory says line by line."""

    def outcome(estimate: float) -> str:
        judged = ledger.judge(claim, _filled(tables, estimate))
        return judged.open or verdict.decide(judged.against, judged.favour)

    theory, margin = claim.expectation.theory, claim.expectation.margin
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader, "_estimate", _told(theory))
        yield outcome(1.0)
    near = (theory - 3 * margin - 1e-3, theory + 3 * margin + 1e-3, theory, theory - margin / 2, theory + margin / 2)
    for one in (*near, *(sign * 10.0**k for k in range(-12, 7, 2) for sign in (1, -1)), 0.0, 0.5, np.nan, np.inf):
        with contextlib.suppress(ZeroDivisionError):  # a ratio to a line that is 0
            yield outcome(one)


@pytest.mark.parametrize("study", STUDIES, scope="module")
def test_a_claim_can_hold_and_can_fail(study):
    evidence = generated.evidence(study, DESIGNS.get(study, "standard"))
    for claim in registry.load(study).claims:
        evidence.forget()
        judged = ledger.judge(claim, evidence)
        assert judged.open != verdict.NOT_RUN
        read = {name: [cell for of, cell in evidence.used if of == name] for name, _ in evidence.used}
        tables = {n: t[t["cell"].isin(read.get(n, []))].reset_index(drop=True) for n, t in evidence.summaries.items()}
        # that something never happens no sample supports
        never = claim.expectation == at_most(0) and judged.estimate.law == "binomial"
        wanted = {"undecided" if never else "supported", "refuted"}
        words: set[str] = set()
        for word in _outcomes(claim, tables):
            words.add(word)
            if words >= wanted:
                break
        assert words >= wanted, (claim.id, words)


@pytest.mark.parametrize("study", STUDIES, scope="module")
def test_failures_and_replicates_that_do_not_vary_leave_a_claim_open(study, monkeypatch):
    monkeypatch.setattr(efforts.Comparison, "ratio", lambda *_: None)
    monkeypatch.setattr(ledger, "_worst", lambda study, claim, evidence, judged: judged)
    evidence = generated.evidence(study, DESIGNS.get(study, "standard"))
    rows = ledger.measure(registry.load(study), evidence, failed_share=0.01).set_index("claim")
    run = rows[rows["open"] != verdict.NOT_RUN]
    assert (run["failed_share"] > 0.01).all()
    assert run["open"].isin([verdict.FAILED, verdict.UNFITTED, verdict.NOT_FINITE, verdict.NO_VARIATION]).all()
    still = {name: t.assign(mcse=t["mcse"].where(t["law"] == "exact")) for name, t in evidence.summaries.items()}
    for claim in registry.load(study).claims:
        judged = ledger.judge(claim, Evidence(still))
        assert judged.open or judged.estimate.law != "t", claim.id


if __name__ == "__main__":
    for new in [study for study in CLAIMING if study not in STUDIES]:
        generated.write_combinations(new)
    table = pd.DataFrame([line for study in CLAIMING for line in lines(study)])
    table.to_csv(READ, index=False, float_format="%.7g", na_rep="nan")
