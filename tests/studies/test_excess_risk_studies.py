"""The studies of excess risk at the smoke profile: exact claims hold, blocks do not matter, figures are drawn."""

import pytest
import smoke_evidence as smoke

from dlstats.protocol import claim as claims
from dlstats.report import figures

STUDIES = (
    "minimax_rates",
    "linear_suboptimality",
    "optimisation_gap",
    "shallow_rate",
    "composition",
    "intrinsic_dimension",
    "barron_class",
    "classification_rates",
    "risk_decomposition",
    "complexity_discount",
    "rates",
    "slope_limits",
    "published_designs",
)
CLAIMS = [(name, claim) for name in STUDIES for claim in smoke.load(name).claims]
EXACT = [pytest.param(s, c, id=c.id) for s, c in CLAIMS if c.kind in claims.EXACT]
MEASURED = [pytest.param(s, c, id=c.id) for s, c in CLAIMS if c.kind not in claims.EXACT]
STEPS = [(name, cell) for name in STUDIES for cell in smoke.cells(name) if "steps" in dict(cell.factors)]
EXACT_CELLS = [(name, cell) for name in STUDIES for cell in smoke.cells(name) if "steps" not in dict(cell.factors)]
PARTS = ("minimax_rates", "linear_suboptimality", "composition", "classification_rates", "risk_decomposition")


@pytest.mark.parametrize(("study", "claim"), EXACT)
def test_exact_claims_are_supported_whatever_the_profile(study, claim):
    assert smoke.ledger(study).at[claim.id, "verdict"] == "supported"


@pytest.mark.parametrize(("study", "claim"), MEASURED)
def test_statistical_claims_are_measured_with_an_error(study, claim):
    row = smoke.ledger(study).loc[claim.id]
    assert row["replicates"] > 1
    assert row["mcse"] > 0


@pytest.mark.parametrize(("study", "cell"), [pytest.param(s, c, id=f"{s}-{c.id}") for s, c in EXACT_CELLS])
def test_an_untrained_replicate_has_the_same_numbers_alone(study, cell):
    assert smoke.alone_differs(study, cell, cell.replicates - 1) == 0


@pytest.mark.parametrize(("study", "cell"), [pytest.param(s, c, id=f"{s}-{c.id}") for s, c in STEPS])
def test_a_trained_replicate_depends_on_its_block_by_rounding_only(study, cell):
    # float32 training beside others: rounding of 1e-7 grows over at most 60 steps, to at most some per cent
    assert smoke.alone_differs(study, cell, cell.replicates - 1) <= 0.05


@pytest.mark.parametrize("study", STUDIES)
def test_every_figure_of_excess_risk_is_drawn(study, tmp_path):
    written = {path.name for path in figures.draw(smoke.load(study), smoke.evidence(study), tmp_path)}
    assert {f"{figure.name}.pdf" for figure in smoke.load(study).figures} <= written


@pytest.mark.parametrize("study", PARTS)
def test_a_part_that_is_not_known_is_refused(study):
    with pytest.raises(ValueError, match="`part` must be"):
        smoke.load(study).simulate({"part": "none", "n": 10}, None, "cpu")


def test_every_claim_from_one_to_twenty_is_judged():
    heads = {claim.id.split(".")[0] for _, claim in CLAIMS}
    assert {f"RSK{i}" for i in range(1, 21)} <= heads
