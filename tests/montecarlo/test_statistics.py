"""Every statistic of the layer: against other packages, against the jackknife, and against brute force."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from dlstats import montecarlo
from dlstats.montecarlo import STATISTICS, influence, intervals, jackknife
from dlstats.protocol.factor import Condition
from dlstats.seeds import Streams
from dlstats.studies.monte_carlo import _mcse_promise as mcse_promise
from dlstats.studies.monte_carlo import _replicate_distributions as distributions
from dlstats.studies.monte_carlo import monte_carlo_error

REPS = 200


def _data(reps=REPS, seed=3):
    rng = np.random.default_rng(seed)
    x = 5 + rng.normal(size=reps)  # positive, for geometric means
    other = 0.5 * x + 2 + rng.normal(size=reps)
    return x, other


def _call(name, x, other) -> tuple[np.ndarray, dict[str, Any]]:
    """Options that the statistic needs, and the values it is applied to."""
    if name in ("bias", "relative_bias", "mse", "rmse"):
        return x, {"truth": 4.5}
    if name in ("ratio", "difference", "correlation", "auc"):
        return x, {"other": other}
    if name in ("se_ratio", "relative_error_model_se"):
        return x, {"estimate": other}
    special = {
        "exact": (np.full(len(x), 2.0), {}),
        "quantile": (x, {"level": 0.8}),
        "best_of": (x, {"starts": 3}),
        "proportion": ((x > 5).astype(float), {}),
        "coverage": (x - 1, {"upper": x + 1, "truth": 5.0}),
        "bias_eliminated_coverage": (x, {"lower": x - 1, "upper": x + 1}),
        "rejection_rate": (stats.norm.sf(other - 4), {"level": 0.1}),
        "interval_width": (x, {"upper": x + other**2}),
    }
    return special.get(name, (x, {}))


def _influence(name):
    found = STATISTICS[name].influence
    assert found is not None
    return found


SMOOTH = [name for name, statistic in STATISTICS.items() if statistic.influence is not None]


@pytest.mark.parametrize("name", STATISTICS)
def test_failed_replicates_are_counted_and_enter_no_estimate(name):
    x, other = _data()
    values, options = _call(name, x, other)
    spoilt = np.concatenate([values, [np.nan, np.inf]])
    longer = {k: np.append(v, v[:2]) if np.ndim(v) else v for k, v in options.items()}
    clean, found = montecarlo.estimate(name, values, **options), montecarlo.estimate(name, spoilt, **longer, failed=1)
    assert (found.failed, found.replicates) == (3, REPS)
    assert found.value == clean.value
    assert (found.mcse == clean.mcse) or np.isnan(clean.mcse)


@pytest.mark.parametrize("name", STATISTICS)
def test_no_replicate_gives_no_number_and_one_gives_no_error_but_for_shares(name):
    x, other = _data()
    values, options = _call(name, x, other)
    if name == "best_of":
        options |= {"starts": 1}
    few: list[dict[str, Any]] = [{k: v[:n] if np.ndim(v) else v for k, v in options.items()} for n in (0, 2)]
    none = montecarlo.estimate(name, values[:0], **few[0])
    assert np.isnan(none.value)
    assert none.replicates == 0
    two = montecarlo.estimate(name, values[:2], **few[1])
    assert two.replicates == 2


@pytest.mark.parametrize("name", SMOOTH)
def test_influence_values_sum_to_zero(name):
    x, other = _data()
    values, options = _call(name, x, other)
    _, found = _influence(name)(values, **options)
    assert abs(found.sum()) < 1e-9 * np.abs(found).sum()


@pytest.mark.parametrize("name", SMOOTH)
def test_error_is_that_of_the_delete_one_jackknife(name):
    # the delta method and the jackknife differ by a share of order 1 / reps; a trimmed mean and an AUC use ranks
    x, other = _data(400)
    values, options = _call(name, x, other)
    columns = {k: v for k, v in options.items() if np.ndim(v)}
    fixed = {k: v for k, v in options.items() if not np.ndim(v)}

    def function(v, *others):
        return _influence(name)(v, **dict(zip(columns, others, strict=True)), **fixed)[0]

    wanted = jackknife(function, values, *columns.values())
    found = montecarlo.estimate(name, values, **options)
    assert found.value == pytest.approx(wanted.value)
    assert found.mcse == pytest.approx(wanted.mcse, rel=10 / 400)


def test_variance_has_exactly_the_error_of_the_jackknife():
    x, _ = _data(30)
    wanted = jackknife(lambda v: v.var(axis=-1, ddof=1), x)
    assert montecarlo.estimate("variance", x).mcse == pytest.approx(wanted.mcse, rel=1e-12)


@given(scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("name", ["mean", "median", "quantile", "trimmed_mean", "empirical_se"])
def test_errors_scale_with_the_unit_and_ignore_the_origin(name, scale, shift):
    x, other = _data(60)
    _, options = _call(name, x, other)
    plain, moved = (montecarlo.estimate(name, v, **options) for v in (x, shift + scale * x))
    # shifting by 50 loses two digits of x of order 1
    assert moved.mcse == pytest.approx(scale * plain.mcse, rel=1e-9)


@pytest.mark.parametrize("reps", [5, 40, 500])
@pytest.mark.parametrize(("ours", "theirs"), [("wilson", "wilson"), ("clopper_pearson", "beta")])
def test_intervals_of_proportions_agree_with_statsmodels(reps, ours, theirs):
    for successes in (0, 1, reps // 2, reps):
        found = getattr(montecarlo, ours)(np.array(successes), np.array(reps))
        assert np.allclose(found, np.array(proportion_confint(successes, reps, method=theirs)), atol=1e-10)


@pytest.mark.parametrize("level", [0.25, 0.5, 0.9])
def test_error_of_a_quantile_is_that_of_the_bootstrap_with_nothing_drawn(level):
    # 41 replicates put these quantiles on an order statistic; 10^4 draws know a standard deviation to 4 / sqrt(2 10^4)
    x = np.random.default_rng(0).normal(size=41)
    drawn = montecarlo.bootstrap(lambda v: np.quantile(v, level, axis=-1), x, draws=10_000)
    assert intervals.quantile(x, level).mcse == pytest.approx(drawn.mcse, rel=4 / np.sqrt(20_000))


def test_interval_of_a_median_is_that_of_the_sign_test():
    x = np.sort(np.random.default_rng(1).normal(size=40))
    batch = intervals.quantile(x, 0.5)
    wanted = stats.quantile_test(x, p=0.5).confidence_interval(0.95)
    assert (batch.lower, batch.upper) == (wanted.low, wanted.high)  # pyright: ignore[reportAttributeAccessIssue]


def test_trimmed_mean_agrees_with_scipy():
    x, _ = _data(50)
    found = montecarlo.estimate("trimmed_mean", x, share=0.2)
    assert found.value == pytest.approx(stats.trim_mean(x, 0.2))
    assert found.mcse == pytest.approx(stats.mstats.trimmed_stde(x, limits=(0.2, 0.2)))


def test_mean_and_its_interval_agree_with_scipy_for_normal_tails():
    x, _ = _data(50)
    short = stats.norm.ppf((np.arange(50) + 0.5) / 50)  # kurtosis below 3: the degrees of freedom are reps - 1
    wanted = stats.ttest_1samp(short, 0).confidence_interval(0.95)
    found = montecarlo.estimate("mean", short)
    assert (found.lower, found.upper) == pytest.approx((wanted.low, wanted.high))
    assert montecarlo.estimate("mean", x).mcse == pytest.approx(stats.sem(x))


def test_auc_agrees_with_sklearn_and_correlation_with_scipy():
    x, other = np.round(_data(80), 1)  # with ties
    labels = np.repeat([1, 0], 80)
    assert montecarlo.estimate("auc", x, other=other).value == pytest.approx(
        roc_auc_score(labels, np.concatenate([x, other]))
    )
    found, wanted = montecarlo.estimate("correlation", x, other=other), stats.pearsonr(x, other)
    assert found.value == pytest.approx(wanted.statistic)


def test_textbook_formulas_of_simulation_studies():
    # Morris, White and Crowther (2019), table 6: bias, MSE, model standard error and coverage
    x, _ = _data(100)
    variances = np.random.default_rng(2).gamma(5, size=100)
    e = (x - 4.5) ** 2
    expected = {
        ("bias", "truth"): (x, x.mean() - 4.5, x.std(ddof=1) / 10),
        ("mse", "truth"): (x, e.mean(), np.sqrt(((e - e.mean()) ** 2).sum() / (100 * 99))),
        ("model_se", ""): (
            np.sqrt(variances),
            np.sqrt(variances.mean()),
            np.sqrt(variances.var(ddof=1) / (4 * 100 * variances.mean())),
        ),
    }
    for (name, option), (values, value, mcse) in expected.items():
        options: dict[str, Any] = {option: 4.5} if option else {}
        found = montecarlo.estimate(name, values, **options)
        assert (found.value, found.mcse) == pytest.approx((value, mcse))


@pytest.mark.parametrize("name", ["proportion", "coverage", "rejection_rate"])
def test_a_share_of_none_or_all_still_has_an_error(name):
    values = np.zeros(50) if name == "rejection_rate" else np.ones(50)
    found = montecarlo.estimate(name, values)
    assert found.value == 1
    assert 0.01 < found.mcse < 0.05
    assert found.lower < 1 <= found.upper


def test_a_share_needs_zeros_and_ones():
    with pytest.raises(ValueError, match="0 or 1"):
        montecarlo.estimate("proportion", [0.5, 1.0])


def test_exact_needs_equal_replicates_and_has_no_error():
    assert montecarlo.estimate("exact", [2.0, 2.0]).mcse == 0
    with pytest.raises(ValueError, match="differ"):
        montecarlo.estimate("exact", [2.0, 2.1])


def test_an_unknown_statistic_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match="Did you mean `median`"):
        montecarlo.estimate("mediam", [1.0])


def test_heavy_tails_take_degrees_of_freedom_away():
    rng = np.random.default_rng(5)
    heavy = montecarlo.estimate("variance", rng.standard_t(5, 200))
    light = montecarlo.estimate("mean", rng.uniform(size=200))
    assert heavy.df < 100
    assert light.df == pytest.approx(199)


def _studies(distribution, studies):
    return monte_carlo_error.simulate(Condition({"distribution": distribution, "size": REPS}), studies, "cpu")


@pytest.mark.parametrize("distribution", distributions.DISTRIBUTIONS)
def test_promised_errors_agree_with_brute_force(distribution):
    """Mean reported error / true standard deviation over 600 studies of 200 replicates.

    Allowed are the tenth that is promised, and four Monte Carlo errors of the ratio itself.
    """
    studies = Streams(99, "monte_carlo_error", range(600))
    rows = _studies(distribution, studies)
    checked, known = 0, distributions.DISTRIBUTIONS[distribution]
    for key, part in rows.groupby("method"):
        name = str(key)
        if name in distributions.truths(known) and mcse_promise.promised(name, known, REPS):
            ratio = montecarlo.estimate("se_ratio", part["reported"], estimate=part["value"])
            assert abs(ratio.value - 1) < 0.1 + 4 * ratio.mcse, name
            checked += 1
    assert checked >= {"normal": 27, "t5": 12, "lognormal": 12, "poisson": 14}[distribution]


@pytest.mark.parametrize("distribution", distributions.DISTRIBUTIONS)
def test_statistics_are_centred_at_their_population_value(distribution):
    """Within four standard errors and the bias of order 1 / reps, 5 sd / sqrt(reps) at most, of skewed statistics."""
    studies = Streams(98, "monte_carlo_error", range(400))
    rows = _studies(distribution, studies)
    for name, truth in distributions.truths(distributions.DISTRIBUTIONS[distribution]).items():
        values = rows.loc[rows["method"] == name, "value"]
        assert abs(values.mean() - truth) < (4 / np.sqrt(400) + 5 / np.sqrt(REPS)) * values.std(), name


def test_the_normal_theory_error_of_a_standard_deviation_is_about_half_at_t5():
    studies = Streams(97, "monte_carlo_error", range(1000))
    rows = _studies("t5", studies)
    part = rows[rows["method"] == "normal_theory_se"]
    assert part["reported"].mean() / part["value"].std() < 0.7


@pytest.mark.parametrize("starts", [1, 2, 5])
def test_the_best_of_some_starts_is_the_average_minimum_over_all_subsets(starts):
    x, _ = _data(9)
    wanted = np.mean([min(subset) for subset in itertools.combinations(x, starts)])
    assert montecarlo.estimate("best_of", x, starts=starts).value == pytest.approx(wanted)


def test_the_best_of_more_starts_than_are_left_is_not_a_number():
    x, _ = _data(5)
    found = montecarlo.estimate("best_of", x, starts=5)
    assert np.isnan(found.value)
    assert found.replicates == 5
    with pytest.raises(ValueError, match="at least 1"):
        montecarlo.estimate("best_of", x, starts=0)


def test_influence_of_the_rmse_is_centred_at_the_mean_squared_error():
    x, _ = _data(50)
    value, found = influence.rmse(x, truth=4.5)
    assert found == pytest.approx(((x - 4.5) ** 2 - value**2) / (2 * value))
