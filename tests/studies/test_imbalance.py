"""Laws of the studies of class imbalance: controls break, limits are reached, the prior is accounted for once."""

import numpy as np
import pytest
from cases import study_results as results

from dlstats.pipeline import registry
from dlstats.studies.imbalance import weighting
from dlstats.studies.imbalance._methods import METHODS, MULTICLASS, RIVALS

STUDIES = [name for name in registry.studies() if registry.family(name) == "imbalance"]
CONTROLS = {"minimisers": ("IMB10.rule", "IMB19.scaling"), "ranking_measures": ("IMB11.prevalence",)}


@pytest.mark.parametrize(("study", "claim"), [(study, claim) for study, claims in CONTROLS.items() for claim in claims])
def test_controls_break(study, claim):
    row = results.verdicts(study).loc[claim]
    assert row["law"] == "exact"
    assert abs(row["estimate"] - row["theory"]) > 10 * row["margin"]


@pytest.mark.parametrize("claim", [c.id for c in weighting.CLAIMS if c.id.startswith("IMB13.limit")])
def test_limits_on_separable_data_are_reached_by_every_data_set(claim):
    row = results.verdicts("weighting").loc[claim]
    assert row["estimate"] <= row["theory"] + row["margin"]


def test_the_prior_is_accounted_for_in_the_loss_or_after_training():
    rows = results.raw("imbalance_real_data", "digits").set_index("method")
    for method, column in {"logit_adjusted": "default", "cross_entropy": "prior"}.items():
        here = rows.loc[method]
        assert here["balanced_error_adjusted"].tolist() == here[f"balanced_error_{column}"].tolist()
    assert rows.drop(index=["logit_adjusted", "cross_entropy"])["balanced_error_adjusted"].isna().all()


@pytest.mark.parametrize("experiment", ["breast_cancer", "digits"])
def test_losses_share_their_data_and_initialisation(experiment):
    rows = results.raw("imbalance_real_data", experiment)
    for column in ("data_digest", "start_digest"):
        assert (rows.groupby("replicate")[column].nunique() == 1).all()
        assert rows[column].nunique() == rows["replicate"].nunique()


def test_rivals_and_losses_for_many_classes_are_methods_of_the_comparison():
    assert set(RIVALS) | set(MULTICLASS) <= set(METHODS)
    looks = [method.style or name for name, method in METHODS.items()]
    assert len(set(looks)) == len(looks)


def test_every_claim_from_one_to_nineteen_is_there():
    studies = [registry.load(name) for name in STUDIES]
    heads = {one.id.split(".")[0] for study in studies for one in (*study.claims, *study.checks)}
    assert {f"IMB{i}" for i in range(1, 20)} <= heads


def test_the_cut_is_where_a_decision_on_the_probability_changes():
    from dlstats.studies.imbalance import segmentation_dice

    eta = np.random.default_rng(1).random(500)
    assert segmentation_dice._cut(eta, eta > 0.3) == pytest.approx(0.3, abs=0.01)
