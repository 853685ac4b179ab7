"""Truths and kurtoses of the distributions of replicates, against simulation and exact values."""

import math

import numpy as np
import pytest
from scipy import stats

from dlstats.montecarlo import STATISTICS
from dlstats.studies.monte_carlo import _mcse_promise as mcse_promise
from dlstats.studies.monte_carlo import _replicate_distributions as distributions

MANY = 400_000


def _draws(distribution, seed=0):
    rng = np.random.default_rng(seed)
    x, fresh = distribution.sample(rng, MANY), distribution.sample(rng, MANY)
    y = np.where(rng.random(MANY) < distributions.SHARED, x, fresh)
    return x, y, distribution.sd * np.exp(distributions.SPREAD * rng.normal(size=MANY))


@pytest.mark.parametrize("name", distributions.DISTRIBUTIONS)
def test_moments_are_those_of_scipy(name):
    distribution = distributions.DISTRIBUTIONS[name]
    for order in range(1, 5):
        wanted = float(distribution.base.moment(order))
        assert distribution.moment(order, distribution.shift) == pytest.approx(wanted, rel=1e-6)
    assert distribution.moment(2, distribution.mean) == pytest.approx(distribution.sd**2)
    assert distribution.moment(5, 0.0) == math.inf if distribution.tail == 5 else distribution.moment(5, 0.0) < math.inf


@pytest.mark.parametrize("name", distributions.DISTRIBUTIONS)
def test_draws_follow_the_law(name):
    distribution = distributions.DISTRIBUTIONS[name]
    x = distribution.sample(np.random.default_rng(0), 20_000)
    if distribution.discrete:
        values, counts = np.unique(x, return_counts=True)
        expected = 20_000 * distribution.base.pmf(values - distribution.shift)
        assert (np.abs(counts - expected) < 5 * np.sqrt(expected) + 1).all()
    else:
        assert stats.kstest(x, distribution.cdf).pvalue > 1e-4  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("name", distributions.DISTRIBUTIONS)
def test_truths_are_the_values_at_very_many_replicates(name):
    """Within five standard errors of one very long study; lognormal fourth moments need slack in that error itself."""
    distribution = distributions.DISTRIBUTIONS[name]
    x, y, se = _draws(distribution)
    half, truth = distributions.Z * se, distributions.truths(distribution)
    calls = {
        "trimmed_mean": (x, {}),
        "geometric_mean": (x, {}),
        "coefficient_of_variation": (x, {}),
        "best_of": (x, {"starts": distributions.STARTS}),
        "mse": (x, {"truth": distribution.truth}),
        "relative_bias": (x, {"truth": distribution.truth}),
        "se_ratio": (se, {"estimate": x}),
        "relative_error_model_se": (se, {"estimate": x}),
        "interval_width": (x - half, {"upper": x + half}),
        "coverage": (x - half, {"upper": x + half, "truth": distribution.truth}),
        "bias_eliminated_coverage": (x, {"lower": x - half, "upper": x + half}),
        "ratio": (x, {"other": distributions.SCALE * y}),
        "correlation": (x, {"other": y}),
        "auc": (x, {"other": y}),
        "quantile": (x, {"level": distributions.UPPER}),
    }
    for statistic, (values, options) in calls.items():
        if statistic in truth:
            batch = STATISTICS[statistic].compute(values, **options)
            # a trimmed mean of a discrete distribution has a bias of the size of its error; others have none
            room = 5 if statistic != "trimmed_mean" or not distribution.discrete else 10
            assert abs(batch.value - truth[statistic]) < room * batch.mcse * (3 if name == "lognormal" else 1), (
                statistic
            )


@pytest.mark.parametrize("name", ["normal", "poisson"])
def test_kurtoses_are_those_of_simulated_influence_values(name):
    """With light tails 4e5 draws know a kurtosis to a few per cent (its own error is printed nowhere)."""
    distribution = distributions.DISTRIBUTIONS[name]
    x, y, se = _draws(distribution)
    half = distributions.Z * se
    calls = {
        "mean": (x, {}),
        "variance": (x, {}),
        "mse": (x, {"truth": distribution.truth}),
        "model_se": (se, {}),
        "se_ratio": (se, {"estimate": x}),
        "relative_error_model_se": (se, {"estimate": x}),
        "interval_width": (x - half, {"upper": x + half}),
        "coverage": (x - half, {"upper": x + half, "truth": distribution.truth}),
        "ratio": (x, {"other": y}),
        "difference": (x, {"other": distributions.SCALE * y}),
        "correlation": (x, {"other": y}),
        "coefficient_of_variation": (x, {}),
        "auc": (x, {"other": y}),
    }
    for statistic, (values, options) in calls.items():
        function = STATISTICS[statistic].influence
        assert function is not None
        _, influence = function(values, **options)
        found = (influence**4).mean() / (influence**2).mean() ** 2
        assert mcse_promise.kurtosis(statistic, distribution) == pytest.approx(found, rel=0.2), statistic


def test_nothing_quadratic_is_promised_at_t5_and_means_are():
    distribution = distributions.DISTRIBUTIONS["t5"]
    for statistic in ("variance", "empirical_se", "mse", "rmse", "correlation", "se_ratio", "ratio_of_rmse"):
        assert mcse_promise.kurtosis(statistic, distribution) == math.inf
        assert not mcse_promise.promised(statistic, distribution, 10**9)
    for statistic in ("mean", "bias", "ratio", "model_se", "coverage"):
        assert mcse_promise.promised(statistic, distribution, 200)


@pytest.mark.parametrize("name", distributions.DISTRIBUTIONS)
def test_every_promise_is_kept_with_more_replicates(name):
    distribution = distributions.DISTRIBUTIONS[name]
    for statistic in distributions.truths(distribution):
        promises = [mcse_promise.promised(statistic, distribution, reps) for reps in (5, 20, 100, 1000, 10**5)]
        assert promises == sorted(promises)


def test_ratios_of_wrong_formulas():
    assert mcse_promise.normal_theory_ratio(distributions.DISTRIBUTIONS["normal"]) == pytest.approx(1)
    assert mcse_promise.normal_theory_ratio(distributions.DISTRIBUTIONS["t5"]) == pytest.approx(0.5)
    assert mcse_promise.off_centre_ratio(distributions.DISTRIBUTIONS["normal"]) == pytest.approx(math.sqrt(1.5))
