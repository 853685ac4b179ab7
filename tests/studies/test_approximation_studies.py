"""The studies of approximation at the smoke profile: exact claims hold, blocks do not matter, figures are drawn."""

import pytest
import smoke_evidence as smoke

from dlstats.protocol import claim as claims
from dlstats.report import figures
from dlstats.studies.approximation import _width_depth_parts as parts

STUDIES = ("linear_regions", "squaring", "width_limits", "approximation_rates", "width_versus_depth")
CLAIMS = [(name, claim) for name in STUDIES for claim in smoke.load(name).claims]
CELLS = [(name, cell) for name in STUDIES for cell in smoke.cells(name)]

FALSE = {"SQR4.coarse", "UAT5", "UAT8.units"}
"""Exact claims, read from the lectures or the leads, that do not hold."""
NEED_TRAINING = {"UAT1.attained", "UAT3.attained", "UAT3.trained", "UAT4.near", "UAT4.compact", "UAT8.units"}
"""Exact claims on what many trained or random networks reach; smoke does not have them."""


TRAINED = ("trained", "peak", "by_depth", "by_activation", "by_start")


@pytest.mark.parametrize(
    ("study", "claim"),
    [pytest.param(s, c, id=c.id) for s, c in CLAIMS if c.kind in claims.EXACT and c.id not in NEED_TRAINING],
)
def test_exact_claims_have_their_verdict_whatever_the_profile(study, claim):
    assert smoke.ledger(study).at[claim.id, "verdict"] == ("refuted" if claim.id in FALSE else "supported")


@pytest.mark.parametrize(
    ("study", "claim"), [pytest.param(s, c, id=c.id) for s, c in CLAIMS if c.kind not in claims.EXACT]
)
def test_statistical_claims_are_measured_with_an_error(study, claim):
    row = smoke.ledger(study).loc[claim.id]
    assert row["replicates"] > 1
    assert row["mcse"] > 0 or claim.measure(smoke.evidence(study)).law == "binomial"


@pytest.mark.parametrize(("study", "cell"), [pytest.param(s, c, id=f"{s}-{c.id}") for s, c in CELLS])
def test_a_replicate_does_not_depend_on_its_block(study, cell):
    # trained in float32 beside others: rounding grows over the few steps of smoke training to at most some per cent
    tolerance = 0.05 if dict(cell.factors)["part"] in TRAINED else 1e-9
    assert smoke.alone_differs(study, cell, cell.replicates - 1) <= tolerance


@pytest.mark.parametrize("study", STUDIES)
def test_every_figure_is_drawn(study, tmp_path):
    written = {path.name for path in figures.draw(smoke.load(study), smoke.evidence(study), tmp_path)}
    assert {f"{figure.name}.pdf" for figure in smoke.load(study).figures} <= written


@pytest.mark.parametrize("study", STUDIES)
def test_an_unknown_part_is_refused(study):
    with pytest.raises(ValueError, match="`part` must be one of"):
        smoke.load(study).simulate({"part": "none"}, None, "cpu")


@pytest.mark.parametrize("budget", [100, 300, 1000])
@pytest.mark.parametrize("target", parts.TARGETS)
def test_shapes_of_every_depth_spend_the_budget(target, budget):
    # one unit more in the last layer would cost at most (neighbour + 2) parameters: what is left is less than that
    dimension = parts.TARGETS[target].dimension
    for depth in parts.DEPTHS:
        widths = parts.shape_for(budget, depth, dimension)
        left = budget - parts.parameters(widths, dimension)
        assert 0 <= left < 2 * max(widths) + 3 + dimension
        assert max(widths) - min(widths) <= 1
