"""Laws of the studies of class imbalance: controls break, limits are reached, the prior is accounted for once."""

import itertools

import numpy as np
import pandas as pd
import pytest
import scipy
from cases import study_results as results

from dlstats.methods import logistic
from dlstats.pipeline import registry
from dlstats.studies.imbalance import rare_events
from dlstats.studies.imbalance._methods import METHODS, MULTICLASS
from dlstats.studies.imbalance.imbalance_networks import guide
from dlstats.studies.imbalance.weighting import separable

STUDIES = [name for name in registry.studies() if registry.family(name) == "imbalance"]


def test_cross_entropy_is_not_invariant_to_scaling():
    row = results.verdicts("minimisers").to_dict("index")["IMB19.scaling"]
    assert (row["verdict"], row["law"]) == ("refuted", "exact")
    assert row["theory"] == pytest.approx(2.3831, abs=5e-5)


@pytest.mark.parametrize("claim", [claim.id for claim in separable.CLAIMS])
def test_limits_on_separable_data_are_near_at_the_smallest_penalty(claim):
    row = results.verdicts("weighting").loc[claim]
    assert abs(row["estimate"] - row["theory"]) <= row["margin"]


def test_the_expansion_of_the_estimate_has_the_first_order_bias_as_its_mean():
    rng = np.random.default_rng(3)
    x = np.column_stack([np.ones(60), rng.normal(size=60)])
    p = 1 / (1 + np.exp(-(x @ rare_events.BETA)))
    y = (rng.random((40000, 60)) < p).astype(float)
    linear, quadratic = rare_events._expansion(x, y, p)
    bias = logistic.first_order_bias(x[None], rare_events.BETA[None])[0]
    for part, mean in ((linear, 0), (quadratic, bias)):
        assert (abs(part.mean(axis=0) - mean) < 4 * part.std(axis=0) / 200).all()


def test_the_prior_is_accounted_for_in_the_loss_or_after_training():
    rows = results.raw("imbalance_real_data", "digits").set_index("method")
    for method, column in {"logit_adjusted": "default", "cross_entropy": "prior"}.items():
        here = rows.loc[method]
        assert here["balanced_error_adjusted"].tolist() == here[f"balanced_error_{column}"].tolist()
    assert rows.drop(index=["logit_adjusted", "cross_entropy"])["balanced_error_adjusted"].isna().all()


@pytest.mark.parametrize("experiment", ["breast_cancer", "digits"])
def test_losses_share_their_data_and_initialisation(experiment):
    rows = results.raw("imbalance_real_data", experiment)
    one_logit = rows if experiment == "digits" else rows[rows["method"] != "ldam"]
    for column, shared in (("data_digest", rows), ("start_digest", one_logit)):
        assert (shared.groupby("replicate")[column].nunique() == 1).all()
        assert shared[column].nunique() == rows["replicate"].nunique()


def test_breast_cancer_is_standardised_by_its_training_part(monkeypatch):
    import contextlib

    from dlstats.seeds import Streams
    from dlstats.studies.imbalance import _training, imbalance_real_data

    seen = []

    def stop(name, data, counts, trainer):
        seen.append(data)
        raise StopIteration

    monkeypatch.setattr(_training, "outputs", stop)
    condition = imbalance_real_data.BREAST_CANCER.condition({"steps": 1, "effort": 1}, "test")
    with contextlib.suppress(StopIteration):
        imbalance_real_data.simulate_breast_cancer(condition, Streams(1, "imbalance_real_data", [0, 1]), "cpu")
    (data,) = seen
    np.testing.assert_allclose(data.x.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(data.x.std(axis=1), 1, rtol=1e-12)
    assert np.abs(data.test_x.mean(axis=1)).max() > 0.1


@pytest.mark.parametrize("name", ["cross_entropy", "weighted", "class_balanced", "logit_adjusted"])
def test_the_expected_loss_is_least_at_the_log_odds_and_the_shift_of_the_loss(name):
    from dlstats.losses import imbalance
    from dlstats.studies.imbalance import _measured, _training

    counts = (392, 8)
    eta = np.linspace(0.02, 0.9, 7)[None]
    loss = {"cross_entropy": imbalance.cross_entropy, **_training.losses(counts)}[name]
    best = np.log(eta / (1 - eta)) + _measured.shift(name, counts)
    at, left, right = (_training.loss_at(loss, best + move, eta) for move in (0.0, -0.05, 0.05))
    assert at < min(left, right)
    assert (left + right - 2 * at) > 10 * abs(right - left)


def test_a_kernel_ranks_rings_and_a_line_does_not():
    from dlstats.dgp import imbalanced
    from dlstats.measures import classification as measures
    from dlstats.seeds import Streams
    from dlstats.studies.imbalance import _data, _rivals

    streams, rings = Streams(1, "imbalance_networks", [0]), imbalanced.MECHANISMS["rings"]
    (x, y), (held_x, held_y), (test_x, test_y) = (
        _data.drawn(rings, streams, role, sizes)
        for role, sizes in zip("abc", ((200, 20), (50, 5), (200, 200)), strict=True)
    )
    one = test_y.astype(float)
    data = _data.Data(x, y, held_x, held_y, test_x, one, 1 - one, 0.1)
    ranked = {name: measures.auroc(fit(data, streams)[0], one, 1 - one)[0] for name, fit in _rivals.RIVALS.items()}
    assert ranked["kernel"] > 0.9 > 0.65 > ranked["firth"]


def test_logits_of_ldam_have_the_scale_of_its_authors_as_norm():
    from dlstats.studies.imbalance import _training

    outputs = np.random.default_rng(1).normal(size=(2, 6, 5))
    np.testing.assert_allclose(np.linalg.norm(_training.of_cosines(outputs), axis=2), 30, rtol=1e-9)


@pytest.mark.parametrize("name", ["imbalance_networks", "pixelwise_dice"])
def test_claims_on_training_read_every_cell_of_their_experiment(name):
    study = registry.load(name)
    factors = {"imbalance_networks": {"n"}, "pixelwise_dice": {"foreground"}}[name]
    readers = [getattr(claim.measure, "reader", claim.measure) for claim in study.claims]
    wheres = [reader.where for reader in readers if hasattr(reader, "where")]
    assert wheres
    assert not [where for where in wheres if factors & set(where)]


def test_losses_for_many_classes_are_methods_of_the_comparison():
    assert set(MULTICLASS) <= set(METHODS)
    looks = [method.style or name for name, method in METHODS.items()]
    assert len(set(looks)) == len(looks)


def test_the_smallest_log_loss_is_the_entropy_of_the_true_probabilities():
    from dlstats.studies.imbalance import _measured

    eta, weight = np.array([[0.1, 0.5, 1.0]]), np.array([[2.0, 1.0, 1.0]])
    entropy = -(2 * (0.1 * np.log(0.1) + 0.9 * np.log(0.9)) + np.log(0.5)) / 4
    assert _measured._smallest_log_loss(weight * eta, weight * (1 - eta)) == pytest.approx(entropy, rel=1e-12)


def test_every_claim_from_one_to_nineteen_is_there():
    studies = [registry.load(name) for name in STUDIES]
    heads = {one.id.split(".")[0] for study in studies for one in (*study.claims, *study.checks)}
    assert {f"IMB{i}" for i in range(1, 20)} <= heads


def test_the_cut_is_where_a_decision_on_the_probability_changes():
    from dlstats.studies.imbalance.pixelwise_dice import pixels

    eta = np.random.default_rng(1).random(500)
    assert pixels._cut(eta, eta > 0.3) == pytest.approx(0.3, abs=0.01)


def test_the_loss_of_given_probabilities_is_that_of_the_formula():
    from dlstats.losses import imbalance, overlap
    from dlstats.studies.imbalance.pixelwise_dice import pixels

    rng = np.random.default_rng(3)
    eta = rng.uniform(0.1, 0.9, (2, 400))
    y = (rng.random(eta.shape) < eta).astype(float)
    entropy = -(y * np.log(eta) + (1 - y) * np.log(1 - eta)).mean(axis=1)
    assert pixels._loss_of(imbalance.cross_entropy, eta, y) == pytest.approx(entropy, rel=1e-9)
    decided = np.array([pixels.ATTAINED["dice"](e) for e in eta])
    overlapped = 2 * (decided * y).sum(axis=1) / (decided + y).sum(axis=1)
    assert pixels._loss_of(overlap.dice, decided, y) == pytest.approx(1 - overlapped, rel=1e-6)


def test_marks_of_the_guide_allow_for_all_its_comparisons_and_grow_with_the_effect():
    z = scipy.stats.norm.isf(0.025)
    lines = pd.DataFrame({"estimate": [-0.3] * 40, "mcse": [0.1] * 40, "df": [1e9] * 40})
    one, all_of_them = (guide.simultaneous(lines[:k]).iloc[0] for k in (1, 40))
    assert one["upper"] == pytest.approx(-0.3 + 0.1 * z)
    assert all_of_them["upper"] == pytest.approx(-0.3 + 0.1 * scipy.stats.norm.isf(0.025 / 40))
    assert [guide.outcome(line["lower"], line["upper"]) for line in (one, all_of_them)] == [guide.BETTER, guide.OPEN]
    areas = [guide.area(sign * size) for sign, size in itertools.product((-1, 1), (0.1, 0.3, 0.6, 1.0))]
    assert areas[:4] == areas[4:] == sorted(set(areas))
    assert guide.area(3.0) == guide.area(1.0)
