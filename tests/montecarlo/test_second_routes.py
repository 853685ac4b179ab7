"""Numbers of Monte Carlo by other ways: draw by draw, by matrices, by scipy; and levels where none is given."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dlstats import montecarlo
from dlstats.montecarlo import intervals, rates, sequences
from dlstats.montecarlo.resampling import resamples
from dlstats.protocol.study import Measure

SIZES = (16.0, 32.0, 128.0, 256.0)
X = np.log(SIZES)


def _line(y, variances):
    """(slope, its standard error, its linear form) of weighted least squares by normal equations."""
    design = np.stack([np.ones(len(X)), X])
    inverse = np.linalg.inv(design / variances @ design.T)
    form = (inverse @ design / variances)[1]
    return form @ y, math.sqrt(inverse[1, 1]), form


def _samples(reps, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.gamma(2.0, 0.5, r) / n for n, r in zip(SIZES, reps, strict=True)]


def _logs(cell):
    """(log of the mean, its variance)."""
    return math.log(cell.mean()), cell.var(ddof=1) / len(cell) / cell.mean() ** 2


@pytest.mark.parametrize("reps", [(12, 15, 20, 31), (5, 60, 8, 400)])
def test_lack_of_fit_is_johansens_with_leverages_from_the_hat_matrix(reps):
    """F_{p, p(p+2)/(3A)} for Q / (p + 2A - 6A/(p + 2)), A = Σ (1 - h)²/(R - 1), p residual degrees of freedom [Johansen 1980]."""
    found = montecarlo.rate(SIZES, _samples(reps))
    y, v = np.transpose([_logs(cell) for cell in _samples(reps)])
    design = np.stack([np.ones(len(X)), X])
    hat = design.T @ np.linalg.inv(design / v @ design.T) @ (design / v)
    residual, free = y - hat @ y, len(X) - 2
    a = ((1 - np.diag(hat)) ** 2 / (np.array(reps) - 1)).sum()
    q = (residual**2 / v).sum()
    p = stats.f.sf(q / (free + 2 * a - 6 * a / (free + 2)), free, free * (free + 2) / (3 * a))
    assert (found.q, found.slope.lack_of_fit) == pytest.approx((q, p), rel=1e-9)


def test_lack_of_fit_of_shared_replicates_is_hotellings_test_of_what_no_line_explains():
    rng = np.random.default_rng(3)
    logs = rng.normal(size=30) + 0.4 * rng.normal(size=(4, 30)) - X[:, None]
    found = montecarlo.rate(SIZES, list(np.exp(logs)), "geometric_mean", paired=True)
    outside = np.linalg.qr(np.vander(X, 4, increasing=True))[0][:, 2:].T  # orthogonal to 1 and x
    z = outside @ logs
    t2 = 30 * z.mean(axis=1) @ np.linalg.solve(np.cov(z), z.mean(axis=1))
    assert found.q == pytest.approx(t2, rel=1e-9)
    assert found.slope.lack_of_fit == pytest.approx(stats.f.sf(t2 * (30 - 2) / (2 * 29), 2, 30 - 2), rel=1e-9)


def test_degrees_of_freedom_are_welchs_by_the_proportions_of_each_size():
    reps = (150, 101, 400, 120)
    found = montecarlo.rate(SIZES, _samples(reps)).slope
    y, v = np.transpose([_logs(cell) for cell in _samples(reps)])
    value, mcse, form = _line(y, v)
    terms = form**2 * v
    df = terms.sum() ** 2 / (terms**2 / (np.array(reps) - 1)).sum()
    half = stats.t.ppf(0.975, df) * mcse
    assert (found.value, found.mcse, found.df) == pytest.approx((value, mcse, df))
    assert (found.lower, found.upper) == pytest.approx((value - half, value + half))


@pytest.mark.parametrize("k", [0, 1, 2])
def test_a_local_slope_has_the_error_and_the_interval_of_its_two_sizes(k):
    reps = (150, 101, 400, 120)
    found = montecarlo.rate(SIZES, _samples(reps)).local[k]
    (y, v), step = np.transpose([_logs(cell) for cell in _samples(reps)]), X[k + 1] - X[k]
    value, mcse = (y[k + 1] - y[k]) / step, math.sqrt(v[k] + v[k + 1]) / step
    half = stats.t.ppf(0.975, min(reps[k], reps[k + 1]) - 1) * mcse
    assert (found.value, found.mcse, found.upper) == pytest.approx((value, mcse, value + half))


def _point(roots):
    return np.sort(np.abs(roots))[math.ceil(0.95 * (len(roots) - 1))]


@pytest.mark.parametrize("paired", [False, True])
def test_the_percentile_t_interval_of_a_slope_is_that_of_its_roots_draw_by_draw(paired):
    cells, reps = _samples((25,) * 4), 25
    found = montecarlo.rate(SIZES, cells, paired=paired).slope
    drawn = [cell[resamples(reps, rates.DRAWS, 0 if paired else 7919 * k)] for k, cell in enumerate(cells)]
    roots = []
    for draw in range(rates.DRAWS):
        again = [cell[draw] for cell in drawn]
        y, v = np.transpose([_logs(cell) for cell in again])
        slope, error, form = _line(y, v)
        if paired:
            error = (form @ np.stack([cell / cell.mean() for cell in again])).std(ddof=1) / math.sqrt(reps)
        roots.append((slope - found.value) / error)
    half = _point(np.array(roots)) * found.mcse
    assert (found.lower, found.upper) == pytest.approx((found.value - half, found.value + half))
    assert stats.t.ppf(0.975, found.df) * found.mcse == pytest.approx(half)


def test_the_percentile_t_interval_of_a_difference_of_slopes_is_that_of_its_roots_draw_by_draw():
    first = _samples((25,) * 4, 1)
    second = [a * np.random.default_rng(k).gamma(9, 1 / 9, 25) for k, a in enumerate(first)]
    found = montecarlo.slope_difference(SIZES, first, second, "mean")

    def difference(one, two):
        (y, v), (z, w) = (np.transpose([_logs(cell) for cell in several]) for several in (one, two))
        (b, _, beta), (c, _, gamma) = _line(y, v), _line(z, w)
        terms = [
            p * a / a.mean() - q * d / d.mean() for p, q, a, d in zip(beta, gamma, one, two, strict=True)
        ]  # fmt: skip
        return b - c, math.sqrt(sum(term.var(ddof=1) / len(term) for term in terms))

    assert (found.value, found.mcse) == pytest.approx(difference(first, second))
    chosen = [resamples(25, rates.DRAWS, 7919 * k) for k in range(4)]
    roots = []
    for draw in range(rates.DRAWS):
        value, error = difference(
            *([cell[index[draw]] for cell, index in zip(several, chosen, strict=True)] for several in (first, second))
        )
        roots.append((value - found.value) / error)
    half = _point(np.array(roots)) * found.mcse
    assert (found.lower, found.upper) == pytest.approx((found.value - half, found.value + half))


@pytest.mark.parametrize("reps", [12, 50, 1000])
@pytest.mark.parametrize("level", [0.02, 0.5, 0.9])
def test_the_error_of_a_quantile_has_the_degrees_of_freedom_of_its_docstring(level, reps):
    wanted = max(1.0, 1.6 * math.sqrt(4 * level * (1 - level) * reps))
    assert intervals.order_degrees(reps, level) == pytest.approx(wanted, rel=1e-12)
    x = np.random.default_rng(0).normal(size=reps)
    assert montecarlo.estimate("quantile", x, level=level).df == pytest.approx(wanted)


def test_satterthwaites_degrees_of_freedom_are_those_of_the_kurtosis():
    x = np.random.default_rng(1).standard_t(3, 60)
    found = montecarlo.estimate("mean", x)
    kurtosis = stats.kurtosis(x, fisher=False)
    df = 2 / (max(kurtosis - 3, 0) / 60 + 2 / 59)
    half = stats.t.ppf(0.975, df) * x.std(ddof=1) / math.sqrt(60)
    assert (found.df, found.lower, found.upper) == pytest.approx((df, x.mean() - half, x.mean() + half))


def _pairs(shift):
    rng = np.random.default_rng(5)
    x = 2 + rng.normal(size=40)
    values = {"a": x, "b": x + shift + 0.3 * rng.normal(size=40)}
    frames = [pd.DataFrame({"cell": 0, "replicate": range(40), "method": m, "x": v}) for m, v in values.items()]
    return pd.concat(frames, ignore_index=True).assign(status="ok"), values


def test_the_p_value_of_a_difference_is_that_of_the_t_distribution_with_its_degrees():
    frame, values = _pairs(0.1)
    line = montecarlo.compare(frame, Measure("x", "x")).iloc[0]
    gap = values["a"] - values["b"]
    df = 2 / (max(stats.kurtosis(gap, fisher=False) - 3, 0) / 40 + 2 / 39)
    t = gap.mean() / (gap.std(ddof=1) / math.sqrt(40))
    assert line["p_value"] == pytest.approx(2 * stats.t.sf(abs(t), df))


@pytest.mark.parametrize(("shift", "sign"), [(0.1, 1), (-6.0, -1)])
def test_the_p_value_of_a_ratio_is_that_of_its_log_or_where_it_is_negative_of_its_distance_from_one(shift, sign):
    frame, values = _pairs(shift)
    line = montecarlo.compare(frame, Measure("x", "x"), kind="ratio").iloc[0]
    found = montecarlo.contrast("mean", values["a"], values["b"], "ratio")
    assert math.copysign(1, found.value) == sign
    t = math.log(found.value) * found.value / found.mcse if sign > 0 else (found.value - 1) / found.mcse
    assert line["p_value"] == pytest.approx(2 * stats.t.sf(abs(t), found.degrees), rel=1e-9, abs=1e-300)


def test_where_no_level_is_given_it_is_five_percent():
    x = np.random.default_rng(2).normal(size=50)
    assert sequences.tuning(300) == sequences.tuning(300, 0.05)
    assert sequences.boundary(np.array(9.0), 300) == sequences.boundary(np.array(9.0), 300, 0.05)
    assert (sequences.confidence_sequence(x, 300).lower == sequences.confidence_sequence(x, 300, 0.05).lower).all()
    assert inspect.signature(montecarlo.compare).parameters["level"].default == 0.05
    assert intervals.LEVEL == 0.95


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25])
def test_a_trimmed_mean_and_its_error_are_those_of_scipy(share):
    x = np.random.default_rng(4).standard_cauchy(40)
    found = montecarlo.estimate("trimmed_mean", x, share=share)
    winsorised = np.asarray(stats.mstats.winsorize(x, (share, share)))
    assert found.value == pytest.approx(stats.trim_mean(x, share))
    assert found.mcse == pytest.approx(winsorised.std(ddof=1) / math.sqrt(40) / (1 - 2 * share))
    assert montecarlo.estimate("trimmed_mean", x) == montecarlo.estimate("trimmed_mean", x, share=0.1)
