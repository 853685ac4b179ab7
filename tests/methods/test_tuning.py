"""One rule tunes every method: the same held-out fifth, the setting that is best there, refitted to all of the sample."""

from typing import Any

import numpy as np
import pytest

from dlstats.dgp.quantile_designs import DESIGNS
from dlstats.methods import free_knots, quantile, regression, trees, tuning

LEVELS = (0.1, 0.5)
BASELINES: list[Any] = regression.Baseline.__subclasses__()
QUANTILES: list[Any] = quantile.QuantileBaseline.__subclasses__()
METHODS: dict[str, tuning.Tuned] = {m.__name__: m() for m in BASELINES if m is not trees.Boosting}
"""Those that try every setting of a grid; boosting adds trees until they help no more, and has a test of its own."""
METHODS |= {"FreeKnots": free_knots.FreeKnots()}
METHODS |= {method.__name__: method(LEVELS) for method in QUANTILES}
SEED = 4


def _sample(n: int = 100):
    rng = np.random.default_rng(2)
    x, new = rng.random((n, 1)), rng.random((7, 1))
    return x, _truth(x) + rng.standard_normal(n), new


def _truth(x: np.ndarray) -> np.ndarray:
    return 0.5 * np.sin(6 * x[:, 0])


def _split(n: int = 100) -> tuning.Split:
    return tuning.held_out(n, np.random.default_rng(SEED))


def _errors(method, x, y, new, truth) -> list[float]:
    """The error of every setting, each fitted alone."""
    seed = _split().seed
    return [method.error(truth, *method.predictions(x, y, new, [setting], seed)) for setting in method.grid]


@pytest.mark.parametrize("n", [5, 9, 100])
def test_a_fifth_is_held_out_and_generators_of_one_stream_hold_out_the_same(n):
    one, other = (tuning.held_out(n, np.random.default_rng(7)) for _ in range(2))
    assert len(one.held) == n // 5
    assert sorted([*one.held, *one.rest]) == list(range(n))
    assert (one.held == other.held).all()
    assert one.seed == other.seed


def test_a_sample_without_a_fifth_is_refused():
    with pytest.raises(ValueError, match="at least 5"):
        tuning.held_out(4, np.random.default_rng(0))


def test_a_setting_that_gives_no_numbers_is_not_chosen():
    assert tuning.best(np.array([[np.nan, 2.0, 1.0], [0.5, np.nan, 0.5]])).tolist() == [2, 0]


@pytest.mark.parametrize("name", METHODS)
def test_settings_are_fitted_to_the_rest_and_judged_on_the_fifth_and_one_is_refitted_to_all(name, monkeypatch):
    method, (x, y, new), split = METHODS[name], _sample(), _split()
    seen, inner = [], type(method).predictions

    def spy(self, x, y, new, settings, seed):
        seen.append((x, y, new, list(settings)))
        return inner(self, x, y, new, settings, seed)

    monkeypatch.setattr(type(method), "predictions", spy)
    _, chosen = method.fit(x, y, new, np.random.default_rng(SEED))
    (own, responses, ahead, settings), (everything, theirs, last, refitted) = seen
    np.testing.assert_array_equal(own, x[split.rest])
    np.testing.assert_array_equal(responses, y[split.rest])
    np.testing.assert_array_equal(ahead, x[split.held])
    assert settings == list(method.grid)
    np.testing.assert_array_equal(everything, x)
    np.testing.assert_array_equal(theirs, y)
    np.testing.assert_array_equal(last, new)
    assert refitted == [chosen]


@pytest.mark.parametrize("name", METHODS)
def test_the_setting_is_the_best_on_the_fifth_and_the_values_are_its_own_on_all(name):
    method, (x, y, new), split = METHODS[name], _sample(), _split()
    errors = _errors(method, x[split.rest], y[split.rest], x[split.held], y[split.held])
    values, chosen = method.fit(x, y, new, np.random.default_rng(SEED))
    assert errors[method.grid.index(chosen)] == pytest.approx(min(errors), rel=1e-9)
    (alone,) = method.predictions(x, y, new, [chosen], split.seed)
    np.testing.assert_allclose(values, alone, rtol=1e-9)


@pytest.mark.parametrize("name", METHODS)
def test_a_rule_that_used_all_data_or_the_truth_would_choose_otherwise(name):
    method, (x, y, _), split = METHODS[name], _sample(), _split()
    chosen = method.grid.index(method.fit(x, y, x, np.random.default_rng(SEED))[1])
    seen, truth = _errors(method, x, y, x, y), _truth(x[split.held])
    known = _errors(method, x[split.rest], y[split.rest], x[split.held], truth)
    assert seen[chosen] > min(seen) or known[chosen] > min(known)


def test_boosting_has_the_depth_and_the_trees_that_are_best_on_the_fifth_and_is_refitted_with_them_to_all():
    method, (x, y, new), split = trees.Boosting(), _sample(200), _split(200)
    values, (depth, count) = method.fit(x, y, new, np.random.default_rng(SEED))
    most = dict(method.grid)
    wider = [(d, t) for d in most for t in {1, 3, 40, count - 1, count, count + 1} if 1 <= t <= most[d]]
    own, ahead = (x[split.rest], y[split.rest]), x[split.held]
    tried = method.predictions(*own, ahead, wider, split.seed)
    errors = [method.error(y[split.held], ahead) for ahead in tried]
    assert min(errors) == pytest.approx(errors[wider.index((depth, count))], rel=1e-9)
    (alone,) = method.predictions(x, y, new, [(depth, count)], split.seed)
    np.testing.assert_allclose(values, alone, rtol=1e-9)


def test_quantile_methods_are_judged_by_the_mean_pinball_loss():
    design, rng = DESIGNS["S4"], np.random.default_rng(1)
    _, y = design.sample(50, rng)
    values = np.quantile(y, LEVELS) + np.zeros((50, 1))
    by_hand = np.mean([np.where(y > v, t * (y - v), (1 - t) * (v - y)) for t, v in zip(LEVELS, values[0], strict=True)])
    assert METHODS["QuantileKernel"].error(y, values) == pytest.approx(by_hand)
