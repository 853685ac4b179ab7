"""The studies of unequal classes at the smoke profile: exact claims, blocks, figures, and no claim forgotten."""

import pytest
import smoke_evidence as smoke

from dlstats.protocol import claim as claims
from dlstats.report import figures

STUDIES = (
    "minimisers",
    "weighting",
    "ranking_measures",
    "rare_events",
    "imbalance_networks",
    "segmentation_dice",
    "imbalance_real_data",
)
FALSE = {"IMB10.rule", "IMB11.prevalence", "IMB19.scaling"}
"""Statements of the lectures, or leads, that are exactly false."""
SLOW = {"IMB13", "IMB13.direction"}
"""Limits that data sets reach later than the penalty of the claim: either verdict, depending on the data."""
CLAIMS = [(name, claim) for name in STUDIES for claim in smoke.load(name).claims]
EXACT = [pytest.param(s, c, id=c.id) for s, c in CLAIMS if c.kind in claims.EXACT and c.id not in FALSE | SLOW]
MEASURED = [pytest.param(s, c, id=c.id) for s, c in CLAIMS if c.kind not in claims.EXACT]
TRAINED = {"imbalance_networks", "segmentation_dice", "imbalance_real_data"}
LAST = [pytest.param(s, smoke.cells(s)[-1], id=s) for s in STUDIES]


@pytest.mark.parametrize(("study", "claim"), EXACT)
def test_exact_claims_of_imbalance_are_supported_whatever_the_profile(study, claim):
    assert smoke.ledger(study).at[claim.id, "verdict"] == "supported"


@pytest.mark.parametrize(("study", "claim"), [pytest.param(s, c, id=c.id) for s, c in CLAIMS if c.id in FALSE])
def test_false_statements_are_refuted(study, claim):
    assert smoke.ledger(study).at[claim.id, "verdict"] == "refuted"


@pytest.mark.parametrize(("study", "claim"), MEASURED)
def test_statistical_claims_of_imbalance_are_measured_with_an_error(study, claim):
    row = smoke.ledger(study).loc[claim.id]
    assert row["replicates"] > 1
    assert row["mcse"] >= 0  # 0 where ten steps leave every network without a positive


@pytest.mark.parametrize(("study", "cell"), LAST)
def test_a_replicate_of_imbalance_has_the_same_numbers_alone(study, cell):
    # untrained: to the last digits of sums in another order; trained: float32 rounding over ten steps
    limit = 0.05 if study in TRAINED else 1e-9
    assert smoke.alone_differs(study, cell, cell.replicates - 1) <= limit


@pytest.mark.parametrize("study", STUDIES)
def test_every_figure_of_imbalance_is_drawn(study, tmp_path):
    written = {path.name for path in figures.draw(smoke.load(study), smoke.evidence(study), tmp_path)}
    assert {f"{figure.name}.pdf" for figure in smoke.load(study).figures} <= written


@pytest.mark.parametrize("study", sorted(TRAINED))
def test_trained_studies_keep_digests_of_data_and_start(study):
    rows = smoke.raw(study)
    assert rows["data_digest"].str.len().min() == 12
    assert rows["start_digest"].str.len().min() == 12
    assert rows.groupby(["cell", "method"])["data_digest"].nunique().to_numpy().min() > 1


def test_every_claim_from_one_to_nineteen_is_judged():
    heads = {claim.id.split(".")[0] for _, claim in CLAIMS}
    assert {f"IMB{i}" for i in range(1, 20)} <= heads


def test_ids_of_claims_are_unique():
    ids = [claim.id for _, claim in CLAIMS]
    assert len(ids) == len(set(ids))
