"""Measures of classifiers against scikit-learn, and the laws of their weighted forms."""

import numpy as np
import pytest
from sklearn import metrics

from dlstats.dgp import imbalanced, lesions
from dlstats.measures import classification as measures
from dlstats.methods import calibration, logistic


def labelled(reps=4, m=60, ties=True):
    rng = np.random.default_rng(5)
    y = (rng.random((reps, m)) < 0.3).astype(float)
    y[:, :2] = [0, 1]
    score = rng.normal(size=(reps, m)) + y
    return (np.round(score, 1) if ties else score), y


THEIRS = {
    "auroc": (measures.auroc, metrics.roc_auc_score),
    "average_precision": (measures.average_precision, metrics.average_precision_score),
    "log_loss": (measures.log_loss, lambda y, z: metrics.log_loss(y, 1 / (1 + np.exp(-z)))),
    "brier": (
        lambda z, a, b: measures.brier(1 / (1 + np.exp(-z)), a, b),
        lambda y, z: metrics.brier_score_loss(y, 1 / (1 + np.exp(-z))),
    ),
    "mcc": (lambda z, a, b: measures.counts(z > 0, a, b).mcc, lambda y, z: metrics.matthews_corrcoef(y, z > 0)),
    "f1": (lambda z, a, b: measures.counts(z > 0, a, b).f1, lambda y, z: metrics.f1_score(y, z > 0)),
    "recall": (lambda z, a, b: measures.counts(z > 0, a, b).recall, lambda y, z: metrics.recall_score(y, z > 0)),
    "precision": (
        lambda z, a, b: measures.counts(z > 0, a, b).precision,
        lambda y, z: metrics.precision_score(y, z > 0),
    ),
    "balanced_error": (
        lambda z, a, b: measures.counts(z > 0, a, b).balanced_error,
        lambda y, z: 1 - metrics.balanced_accuracy_score(y, z > 0),
    ),
}


@pytest.mark.parametrize("name", THEIRS)
def test_measures_of_labelled_data_are_those_of_scikit_learn(name):
    score, y = labelled()
    ours, theirs = THEIRS[name]
    expected = [theirs(y[r], score[r]) for r in range(len(y))]
    np.testing.assert_allclose(ours(score, y, 1 - y), expected, rtol=1e-10)


def test_weights_of_a_known_posterior_are_the_mean_over_its_labels():
    # all 2^6 labellings of six points, weighted by their probability: linear measures agree
    eta = np.array([[0.1, 0.3, 0.5, 0.6, 0.8, 0.95]])
    logit = np.array([[-1.0, 0.5, 0.2, -0.3, 2.0, 1.0]])
    expected = 0.0
    for code in range(64):
        y = np.array([[(code >> k) & 1 for k in range(6)]], dtype=float)
        chance = np.prod(np.where(y == 1, eta, 1 - eta))
        expected += chance * measures.log_loss(logit, y, 1 - y)[0]
    assert measures.log_loss(logit, eta, 1 - eta)[0] == pytest.approx(expected, rel=1e-12)


def test_balanced_excess_is_the_difference_to_the_bayes_rule():
    rng = np.random.default_rng(6)
    a, b = rng.random((3, 50)), rng.random((3, 50))
    decision = rng.random((3, 50)) < 0.5
    bayes = a / a.sum(1, keepdims=True) > b / b.sum(1, keepdims=True)
    gap = measures.counts(decision, a, b).balanced_error - measures.counts(bayes, a, b).balanced_error
    np.testing.assert_allclose(measures.balanced_excess(decision, a, b), gap, atol=1e-14)


@pytest.mark.parametrize("goal", ["balanced", "f1"])
def test_the_best_cut_is_no_worse_than_any_other(goal):
    score, y = labelled()
    cut = measures.best_cut(score, y, 1 - y, goal)

    def value(t):
        table = measures.counts(score > t[:, None], y, 1 - y)
        return -table.balanced_error if goal == "balanced" else table.f1

    best = value(cut)
    for t in np.linspace(-3, 4, 141):
        assert (value(np.full(len(score), t + 0.0123)) <= best + 1e-12).all()


def test_murphys_parts_add_up_to_the_brier_score():
    score, y = labelled()
    p = 1 / (1 + np.exp(-score))
    parts = measures.calibration(p, y, 1 - y, bins=8)
    total = parts.reliability - parts.resolution + parts.uncertainty + parts.within
    np.testing.assert_allclose(total, measures.brier(p, y, 1 - y), rtol=1e-12)


def test_the_calibration_error_of_the_truth_is_its_stated_bias():
    rng = np.random.default_rng(7)
    p = rng.uniform(0.05, 0.95, (400, 1500))
    y = (rng.random(p.shape) < p).astype(float)
    ece = measures.calibration(p, y, 1 - y).ece
    # the normal approximation to the mean absolute error of a bin of 100 labels is good to 1 %
    tolerance = 0.01 * ece.mean() + 4 * ece.std() / np.sqrt(len(ece))
    assert abs(ece.mean() - measures.ece_bias(p, p.shape[1]).mean()) < tolerance


def test_a_known_posterior_leaves_no_calibration_error():
    p = np.random.default_rng(8).random((2, 500))
    assert measures.calibration(p, p, 1 - p).ece.max() < 1e-14


@pytest.mark.parametrize("mend", [calibration.platt, calibration.temperature, calibration.isotonic])
def test_recalibration_undoes_a_distortion(mend):
    rng = np.random.default_rng(9)
    true = 2 * rng.normal(size=(3, 4000))
    y = (rng.random(true.shape) < 1 / (1 + np.exp(-true))).astype(float)
    before = measures.log_loss(3 * true, y, 1 - y)
    after = measures.log_loss(mend(3 * true, 3 * true, y), y, 1 - y)
    floor = measures.log_loss(true, y, 1 - y)
    assert (after < before).all()
    assert (after < floor + 0.01).all()


@pytest.mark.parametrize("mend", [calibration.platt, calibration.temperature])
@pytest.mark.parametrize("scale", [1e-6, 1e-2, 1e3])
def test_recalibration_does_not_depend_on_the_scale_of_the_logits(mend, scale):
    rng = np.random.default_rng(9)
    z = rng.normal(size=(3, 500))
    y = (rng.random(z.shape) < 1 / (1 + np.exp(-z))).astype(float)
    np.testing.assert_allclose(mend(scale * z, scale * z, y), mend(z, z, y), rtol=1e-6, atol=1e-8)


def test_logistic_regression_is_that_of_statsmodels():
    import statsmodels.api as sm

    rng = np.random.default_rng(10)
    x = np.concatenate([np.ones((2, 80, 1)), rng.normal(size=(2, 80, 2))], axis=2)
    y = (rng.random((2, 80)) < 0.3).astype(float)
    ours = logistic.fit(x, y).beta
    theirs = [sm.Logit(y[r], x[r]).fit(disp=0, method="newton", tol=1e-12).params for r in range(2)]
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_firth_gives_the_log_odds_of_counts_with_a_half_added():
    y = np.array([[1.0] * 3 + [0.0] * 17])
    beta = logistic.fit(np.ones((1, 20, 1)), y, firth=True).beta
    assert beta[0, 0] == pytest.approx(np.log(3.5 / 17.5), abs=1e-8)


def test_separated_classes_are_a_status_and_no_problem_for_firth():
    x = np.concatenate([np.ones((1, 20, 1)), np.linspace(-1, 1, 20).reshape(1, -1, 1)], axis=2)
    y = (x[..., 1] > 0).astype(float)
    assert logistic.fit(x, y).status[0] == "degenerate"
    assert logistic.fit(x, y, firth=True, steps=300).status[0] == "ok"


@pytest.mark.parametrize("name", imbalanced.MECHANISMS)
def test_the_posterior_of_a_mechanism_is_calibrated_on_its_draws(name):
    mechanism = imbalanced.MECHANISMS[name]
    counts = imbalanced.long_tail_counts(40_000, mechanism.classes, 5.0)
    x, y = imbalanced.sample(mechanism, np.random.default_rng(11), counts)
    share = imbalanced.posterior(mechanism, x, [c / sum(counts) for c in counts])
    for label in range(mechanism.classes):
        p = share[:, label]
        for low, high in ((0.0, 0.3), (0.3, 0.7), (0.7, 1.0)):
            inside = (p >= low) & (p <= high)
            error = (y[inside] == label).mean() - p[inside].mean()
            assert abs(error) < 4.5 * np.sqrt(0.25 / inside.sum())


@pytest.mark.parametrize("name", ["gaussians", "rings"])
def test_the_stated_balanced_error_is_that_of_the_bayes_rule(name):
    mechanism = imbalanced.MECHANISMS[name]
    x, y = imbalanced.sample(mechanism, np.random.default_rng(12), (40_000, 40_000))
    wrong = imbalanced.posterior(mechanism, x, (0.5, 0.5)).argmax(axis=1) != y
    stated = mechanism.balanced_error  # type: ignore[union-attr]
    assert abs(wrong.mean() - stated) < 4.5 * np.sqrt(0.25 / len(y))


def test_a_class_without_points_is_refused():
    with pytest.raises(ValueError, match="counts"):
        imbalanced.sample(imbalanced.Gaussians(), np.random.default_rng(0), (10, 0))


def test_lesions_have_the_foreground_asked_for():
    design = lesions.Lesions()
    intercept = design.intercept(0.1)
    images = design.images(np.random.default_rng(13), 200)
    eta = design.probability(design.patches(images), intercept).reshape(200, -1)
    foreground = eta.mean(axis=1)
    # two sets of images, 200 here and 150 behind the intercept, each with its sampling error
    error = foreground.std() * np.sqrt(1 / 200 + 1 / 150)
    assert abs(foreground.mean() - 0.1) < 4.5 * error


def test_the_best_dice_is_not_below_that_of_any_cut():
    eta = np.random.default_rng(14).beta(0.3, 2, 2000)
    best = lesions.best_dice(eta)
    found = [
        2 * eta[eta > t].sum() / ((eta > t).sum() + eta.sum()) for t in np.append(np.linspace(0, 0.9, 91), best / 2)
    ]
    assert max(found) <= best + 1e-12
    assert found[-1] == pytest.approx(best, rel=1e-9)
