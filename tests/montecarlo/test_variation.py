"""Components of variance: the textbook formulas of balanced designs, unbalanced ones, and how to spend a budget."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from dlstats import montecarlo
from dlstats.montecarlo import variation

SIZES = (12, 4, 3)


def _frame(seed=0, sizes=SIZES, sd=(2.0, 1.0, 0.5)):
    rng = np.random.default_rng(seed)
    x = sum(
        s * rng.normal(size=sizes[: k + 1] + (1,) * (len(sizes) - k - 1))
        for k, s in zip(range(len(sizes)), sd, strict=False)
    )
    index = np.indices(sizes).reshape(len(sizes), -1)
    return pd.DataFrame(
        {"data": index[0], "start": index[1], "order": index[2], "x": np.asarray(x).ravel()}
    ), np.asarray(x)


def test_balanced_components_are_those_of_the_analysis_of_variance():
    frame, x = _frame()
    d, s, o = SIZES
    start, data = x.mean(axis=2), x.mean(axis=(1, 2))
    ms_order = ((x - start[..., None]) ** 2).sum() / (d * s * (o - 1))
    ms_start = o * ((start - data[:, None]) ** 2).sum() / (d * (s - 1))
    ms_data = s * o * ((data - x.mean()) ** 2).sum() / (d - 1)
    found = montecarlo.components(frame, "x", ["data", "start", "order"])
    expected = {"data": (ms_data - ms_start) / (s * o), "start": (ms_start - ms_order) / o, "order": ms_order}
    assert {k: found[k].value for k in expected} == pytest.approx(expected)
    assert found["mean"].value == pytest.approx(x.mean())
    assert found["mean"].mcse == pytest.approx(data.std(ddof=1) / np.sqrt(d))


def test_two_levels_agree_with_restricted_likelihood_of_statsmodels_when_balanced():
    frame, _ = _frame(3)
    found = montecarlo.components(frame[frame["order"] == 0], "x", ["data", "start"])
    fit = smf.mixedlm("x ~ 1", frame[frame["order"] == 0], groups="data").fit(reml=True)
    assert found["data"].value == pytest.approx(float(fit.cov_re.iloc[0, 0]), rel=1e-3)
    assert found["start"].value == pytest.approx(fit.scale, rel=1e-3)


def test_rows_that_repeat_the_last_level_give_a_residual():
    frame, _ = _frame()
    full = montecarlo.components(frame, "x", ["data", "start", "order"])
    short = montecarlo.components(frame, "x", ["data", "start"])
    assert list(short) == ["data", "start", "residual", "mean"]
    assert short["residual"].value == pytest.approx(full["order"].value)
    assert short["data"].value == pytest.approx(full["data"].value)


def test_labels_of_inner_levels_may_repeat_or_be_unique():
    frame, _ = _frame()
    unique = frame.assign(start=frame["data"] * 100 + frame["start"])
    one, two = (montecarlo.components(f, "x", ["data", "start", "order"]) for f in (frame, unique))
    assert one["start"] == two["start"]


def test_failed_rows_are_dropped_and_counted_and_components_stay_right():
    """600 designs with a quarter of the rows lost: unbiased within four standard errors of the average."""
    found = []
    for seed in range(200):
        frame, _ = _frame(seed)
        lost = np.random.default_rng(1000 + seed).random(len(frame)) < 0.25
        frame["status"] = np.where(lost, "diverged", "ok")
        result = montecarlo.components(frame, "x", ["data", "start", "order"])
        assert result["data"].failed == lost.sum()
        found.append([result[k].value for k in ("data", "start", "order")])
    average, error = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(200)
    assert (np.abs(average - [4, 1, 0.25]) < 4 * error).all()


def test_fewer_than_three_units_are_refused():
    frame, _ = _frame(sizes=(2, 3, 2))
    with pytest.raises(ValueError, match="three or more units of `data`"):
        montecarlo.components(frame, "x", ["data", "start", "order"])


def test_shares_add_up_to_one_and_negative_components_count_as_none():
    found = {
        k: montecarlo.Estimate(v, 0.1, 10) for k, v in {"data": 3.0, "start": -1.0, "order": 1.0, "mean": 9.0}.items()
    }
    assert variation.proportions(found) == {"data": 0.75, "start": 0.0, "order": 0.25}
