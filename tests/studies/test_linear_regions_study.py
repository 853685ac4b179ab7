"""The study of linear regions at the smoke profile: exact claims hold, blocks do not matter, figures are drawn."""

import pytest
import smoke_evidence as smoke

from dlstats.report import figures
from dlstats.theory import claims

NAME = "linear_regions"


@pytest.mark.parametrize("claim", [c.id for c in smoke.load(NAME).claims if c.kind in claims.EXACT])
def test_exact_claims_hold_whatever_the_profile(claim):
    assert smoke.ledger(NAME).loc[claim, "verdict"] == "supported"


@pytest.mark.parametrize("claim", [c.id for c in smoke.load(NAME).claims if c.kind not in claims.EXACT])
def test_statistical_claims_are_measured(claim):
    row = smoke.ledger(NAME).loc[claim]
    assert row["mcse"] > 0
    assert not row["note"]


@pytest.mark.parametrize("cell", smoke.cells(NAME), ids=lambda cell: cell.id)
def test_a_replicate_does_not_depend_on_its_block(cell):
    # trained in float32 beside others: rounding grows over the steps of smoke training to at most a few per cent
    tolerance = 0.05 if dict(cell.factors)["part"] == "trained" else 0
    assert smoke.alone_differs(NAME, cell, cell.replicates - 1) <= tolerance


def test_every_figure_is_drawn(tmp_path):
    study = smoke.load(NAME)
    written = {path.name for path in figures.draw(study, smoke.evidence(NAME), tmp_path)}
    assert {f"{figure.name}.pdf" for figure in study.figures} <= written


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="`part` must be one of"):
        smoke.load(NAME).simulate({"part": "none"}, None, "cpu")
