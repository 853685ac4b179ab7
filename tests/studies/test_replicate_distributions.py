"""Truths and kurtoses of the laws of replicates, against simulation and exact values."""

import math

import numpy as np
import pytest
from scipy import stats

from dlstats.montecarlo import STATISTICS
from dlstats.studies.monte_carlo import _mcse_promise as mcse_promise
from dlstats.studies.monte_carlo import _replicate_laws as laws

MANY = 400_000


def _draws(law, seed=0):
    rng = np.random.default_rng(seed)
    x, fresh = law.sample(rng, MANY), law.sample(rng, MANY)
    y = np.where(rng.random(MANY) < laws.SHARED, x, fresh)
    return x, y, law.sd * np.exp(laws.SPREAD * rng.normal(size=MANY))


@pytest.mark.parametrize("name", laws.LAWS)
def test_moments_are_those_of_scipy(name):
    law = laws.LAWS[name]
    for order in range(1, 5):
        assert law.moment(order, law.shift) == pytest.approx(float(law.base.moment(order)), rel=1e-6)
    assert law.moment(2, law.mean) == pytest.approx(law.sd**2)
    assert law.moment(5, 0.0) == math.inf if law.tail == 5 else law.moment(5, 0.0) < math.inf


@pytest.mark.parametrize("name", laws.LAWS)
def test_draws_follow_the_law(name):
    law = laws.LAWS[name]
    x = law.sample(np.random.default_rng(0), 20_000)
    if law.discrete:
        values, counts = np.unique(x, return_counts=True)
        expected = 20_000 * law.base.pmf(values - law.shift)
        assert (np.abs(counts - expected) < 5 * np.sqrt(expected) + 1).all()
    else:
        assert stats.kstest(x, law.cdf).pvalue > 1e-4  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("name", laws.LAWS)
def test_truths_are_the_values_at_very_many_replicates(name):
    """Within five standard errors of one very long study; lognormal fourth moments need slack in that error itself."""
    law = laws.LAWS[name]
    x, y, se = _draws(law)
    half, truth = laws.Z * se, laws.truths(law)
    calls = {
        "trimmed_mean": (x, {}),
        "geometric_mean": (x, {}),
        "coefficient_of_variation": (x, {}),
        "best_of": (x, {"starts": laws.STARTS}),
        "mse": (x, {"truth": law.truth}),
        "relative_bias": (x, {"truth": law.truth}),
        "se_ratio": (se, {"estimate": x}),
        "relative_error_model_se": (se, {"estimate": x}),
        "interval_width": (x - half, {"upper": x + half}),
        "coverage": (x - half, {"upper": x + half, "truth": law.truth}),
        "bias_eliminated_coverage": (x, {"lower": x - half, "upper": x + half}),
        "ratio": (x, {"other": laws.SCALE * y}),
        "correlation": (x, {"other": y}),
        "auc": (x, {"other": y}),
        "quantile": (x, {"level": laws.UPPER}),
    }
    for statistic, (values, options) in calls.items():
        if statistic in truth:
            batch = STATISTICS[statistic].compute(values, **options)
            # a trimmed mean of a discrete law has a bias of the size of its error; others have none
            room = 5 if statistic != "trimmed_mean" or not law.discrete else 10
            assert abs(batch.value - truth[statistic]) < room * batch.mcse * (3 if name == "lognormal" else 1), (
                statistic
            )


@pytest.mark.parametrize("name", ["normal", "poisson"])
def test_kurtoses_are_those_of_simulated_influence_values(name):
    """Laws with light tails, where 4e5 draws know a kurtosis to a few per cent (its own error is printed nowhere)."""
    law = laws.LAWS[name]
    x, y, se = _draws(law)
    half = laws.Z * se
    calls = {
        "mean": (x, {}),
        "variance": (x, {}),
        "mse": (x, {"truth": law.truth}),
        "model_se": (se, {}),
        "se_ratio": (se, {"estimate": x}),
        "relative_error_model_se": (se, {"estimate": x}),
        "interval_width": (x - half, {"upper": x + half}),
        "coverage": (x - half, {"upper": x + half, "truth": law.truth}),
        "ratio": (x, {"other": y}),
        "difference": (x, {"other": laws.SCALE * y}),
        "correlation": (x, {"other": y}),
        "coefficient_of_variation": (x, {}),
        "auc": (x, {"other": y}),
    }
    for statistic, (values, options) in calls.items():
        function = STATISTICS[statistic].influence
        assert function is not None
        _, influence = function(values, **options)
        found = (influence**4).mean() / (influence**2).mean() ** 2
        assert mcse_promise.kurtosis(statistic, law) == pytest.approx(found, rel=0.2), statistic


def test_nothing_quadratic_is_promised_at_t5_and_means_are():
    law = laws.LAWS["t5"]
    for statistic in ("variance", "empirical_se", "mse", "rmse", "correlation", "se_ratio", "ratio_of_rmse"):
        assert mcse_promise.kurtosis(statistic, law) == math.inf
        assert not mcse_promise.promised(statistic, law, 10**9)
    for statistic in ("mean", "bias", "ratio", "model_se", "coverage"):
        assert mcse_promise.promised(statistic, law, 200)


@pytest.mark.parametrize("name", laws.LAWS)
def test_every_promise_is_kept_with_more_replicates(name):
    law = laws.LAWS[name]
    for statistic in laws.truths(law):
        promises = [mcse_promise.promised(statistic, law, reps) for reps in (5, 20, 100, 1000, 10**5)]
        assert promises == sorted(promises)


def test_shares_of_wrong_formulas():
    assert mcse_promise.normal_theory_share(laws.LAWS["normal"]) == pytest.approx(1)
    assert mcse_promise.normal_theory_share(laws.LAWS["t5"]) == pytest.approx(0.5)
    assert mcse_promise.wrong_centre_share(laws.LAWS["normal"]) == pytest.approx(math.sqrt(1.5))
