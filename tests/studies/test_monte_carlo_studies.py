"""The studies of the Monte Carlo layer at the smoke profile: contract, exact claims, figures, replay."""

import pandas as pd
import pytest
import smoke_evidence as smoke

from dlstats.protocol import claim as claims
from dlstats.report import figures
from dlstats.seeds import Streams

STUDIES = (
    "monte_carlo_error",
    "slope_intervals",
    "nested_variation",
    "verdict_rule",
    "multiplicity",
    "sequential_stopping",
    "e_process",
    "streams_identity",
)
CLAIMS = [(name, claim) for name in STUDIES for claim in smoke.load(name).claims]
CELLS = [(name, cell) for name in STUDIES for cell in smoke.cells(name) if cell.replicates > 1]
PARTS = ("verdict_rule", "e_process", "streams_identity")


@pytest.mark.parametrize(("study", "claim"), [pytest.param(s, c, id=c.id) for s, c in CLAIMS])
def test_every_claim_is_measured_with_an_error_and_exact_ones_hold(study, claim):
    row = smoke.ledger(study).loc[claim.id]
    if claim.kind in claims.EXACT:
        assert row["verdict"] == "supported"
    else:
        assert row["replicates"] > 1
        assert row["mcse"] > 0
    assert "not simulated" not in row["note"]


def test_claims_of_the_family_have_distinct_names_and_a_sentence_with_its_source():
    made = [claim for _, claim in CLAIMS]
    assert len({claim.id for claim in made}) == len(made)
    assert {claim.id.split(".")[0] for claim in made} == {f"MCM{k}" for k in range(1, 7)}
    for claim in made:
        assert claim.statement.endswith(".")
        assert claim.source


@pytest.mark.parametrize(("study", "cell"), [pytest.param(s, c, id=f"{s}-{c.id}") for s, c in CELLS])
def test_a_replicate_does_not_depend_on_its_block(study, cell):
    # sums over one row and over a block may be taken in another order
    assert smoke.alone_differs(study, cell, cell.replicates - 1) < 1e-9


@pytest.mark.parametrize("study", STUDIES)
def test_every_figure_is_drawn(study, tmp_path):
    written = {path.name for path in figures.draw(smoke.load(study), smoke.evidence(study), tmp_path)}
    assert {f"{figure.name}.pdf" for figure in smoke.load(study).figures} <= written


@pytest.mark.parametrize("study", PARTS)
def test_an_unknown_part_is_refused(study):
    with pytest.raises(ValueError, match="`part` must be one of"):
        smoke.load(study).simulate({"part": "none"}, None, "cpu")


def test_sixty_replicates_and_forty_more_are_one_hundred():
    study = smoke.load("multiplicity")
    factors = {"wrong": 0, "correlation": 0.5}
    whole, first, more = (
        study.simulate(factors, Streams(3, study.name, block), "cpu")
        for block in (range(100), range(60), range(60, 100))
    )
    pd.testing.assert_frame_equal(pd.concat([first, more], ignore_index=True), whole, check_exact=True)
