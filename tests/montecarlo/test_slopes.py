"""Slopes in a summary, their bend, and slopes of methods that share replicates: errors against brute force."""

import math
from typing import Any

import numpy as np
import pytest

from dlstats import montecarlo

SIZES = (100, 200, 400, 800)


def _samples(reps, seed=0, sizes=SIZES, cv=0.5, shared=False):
    rng = np.random.default_rng(seed)
    shape = 1 / cv**2
    common = rng.gamma(shape, 1 / shape, reps) if shared else np.ones(reps)
    return [common * rng.gamma(shape, 1 / shape, reps) / n for n in sizes]


def _named(lines, name):
    return [montecarlo.Estimate.of_line(line) for line in lines if line["statistic"] == name]


@pytest.mark.parametrize("reps", [20, 80])
@pytest.mark.parametrize(
    ("statistic", "paired"),
    [("mean", False), ("median", False), ("rmse", False), ("mean", True), ("geometric_mean", True), ("rmse", True)],
)
def test_the_line_of_the_slope_is_that_of_the_rate(statistic, reps, paired):
    options: dict[str, Any] = {"truth": 0.0} if statistic == "rmse" else {}
    samples = _samples(reps, shared=paired)
    samples[1][3] = np.nan
    wanted = montecarlo.rate(SIZES, samples, statistic, paired=paired, failed=2, **options)
    lines = montecarlo.slope_lines(SIZES, samples, statistic, paired=paired, failed=2, **options)
    assert [line["statistic"].split("(")[0] for line in lines] == ["slope", *["local_slope"] * 3, "bend"]
    assert _named(lines, f"slope({statistic})") == [wanted.slope]
    local = _named(lines, f"local_slope({statistic})")
    assert [(e.value, e.mcse, e.lower) for e in local] == [(e.value, e.mcse, e.lower) for e in wanted.local]
    assert [e.note for e in local] == ["100 to 200", "200 to 400", "400 to 800"]
    assert {line["failed"] for line in lines} == {3}
    bend = _named(lines, f"bend({statistic})")[0]
    assert bend.value == pytest.approx(local[-1].value - local[0].value)


@pytest.mark.parametrize(("sizes", "shared"), [((200, 800, 3200), False), (SIZES, False), ((200, 800, 3200), True)])
def test_the_error_of_a_bend_is_that_of_brute_force(sizes, shared):
    """Root mean reported variance / standard deviation of 1500 bends of 100 replicates.

    Allowed are four errors of a standard deviation, and (b - 1) / (8 R) for kurtosis b < 12. With three independent sizes
    of equal steps the two errors in quadrature count the middle variance as 2 of 4 instead of 4 of 6: sqrt(4 / 6).
    """
    allowed = 4 / math.sqrt(2 * 1500) + 11 / 800
    bends, apart = [], []
    for seed in range(1500):
        lines = montecarlo.slope_lines(sizes, _samples(100, seed, sizes, shared=shared), "mean", paired=shared)
        bends += _named(lines, "bend(mean)")
        local = _named(lines, "local_slope(mean)")
        apart.append(math.hypot(local[0].mcse, local[-1].mcse))
    truth = np.std([e.value for e in bends], ddof=1)
    assert abs(math.sqrt(np.mean([e.mcse**2 for e in bends])) / truth - 1) < allowed
    covered = np.mean([e.lower <= 0 <= e.upper for e in bends])
    assert abs(covered - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 1500)
    wrong = math.sqrt(np.mean(np.square(apart))) / truth
    expected = math.sqrt(4 / 6) if len(sizes) == 3 else 1.0
    assert abs(wrong / expected - 1) < allowed


def test_two_sizes_have_no_bend():
    lines = montecarlo.slope_lines(SIZES[:2], _samples(60)[:2], "mean")
    assert [line["statistic"] for line in lines] == ["slope(mean)", "local_slope(mean)"]
    assert lines[0]["estimate"] == pytest.approx(lines[1]["estimate"])


@pytest.mark.parametrize("shape", [(), (1,), (3,)])
def test_values_without_randomness_are_fitted_by_least_squares(shape):
    values = [n**-1.5 * (1 + 10 / n) for n in SIZES]
    lines = montecarlo.slope_lines(SIZES, [np.full(shape, v) for v in values], "exact", exact=True)
    assert {(line["law"], line["mcse"], line["replicates"]) for line in lines} == {("exact", 0.0, 1)}
    assert all(line["lower"] == line["estimate"] == line["upper"] for line in lines)
    assert lines[0]["estimate"] == pytest.approx(np.polyfit(np.log(SIZES), np.log(values), 1)[0])
    steps = np.diff(np.log(values)) / np.diff(np.log(SIZES))
    assert [line["estimate"] for line in lines[1:4]] == pytest.approx(list(steps))
    assert lines[4]["estimate"] == pytest.approx(steps[-1] - steps[0])
    assert lines[4]["statistic"] == "bend(exact)"


def test_values_that_differ_are_not_without_randomness():
    with pytest.raises(ValueError, match="differ"):
        montecarlo.slope_lines(SIZES, [[1.0, 2.0]] * 4, "exact", exact=True)


def test_a_measure_that_is_not_positive_has_one_line_and_says_so():
    samples = _samples(60)
    samples[2] -= 10
    (line,) = montecarlo.slope_lines(SIZES, samples, "mean")
    assert np.isnan(line["estimate"])
    assert "not positive" in line["note"]
    found = montecarlo.slope_difference(SIZES, _samples(60, 1), samples, "mean")
    assert np.isnan(found.value)
    assert "not positive" in found.note


RHO = 0.9
"""Correlation of the logs of two methods."""


def _methods(rng, reps, sd):
    """Log-normal replicates of two methods of slopes -1 and -0.8 that share data."""
    z = [math.sqrt(RHO) * rng.normal(size=reps) + math.sqrt(1 - RHO) * rng.normal(size=(2, reps)) for _ in SIZES]
    return tuple(
        [n**-slope * np.exp(sd * both[m]) for n, both in zip(SIZES, z, strict=True)]
        for m, slope in enumerate((1.0, 0.8))
    )


@pytest.mark.parametrize("statistic", ["mean", "median", "geometric_mean", "rmse", "trimmed_mean"])
@pytest.mark.parametrize("reps", [20, 60])
def test_the_difference_is_that_of_the_two_rates(statistic, reps):
    options: dict[str, Any] = {"truth": 0.0} if statistic == "rmse" else {}
    methods = _methods(np.random.default_rng(1), reps, 0.5)
    one, two = (montecarlo.rate(SIZES, m, statistic, **options).slope for m in methods)
    found = montecarlo.slope_difference(SIZES, methods[0], methods[1], statistic, failed=2, **options)
    assert found.value == one.value - two.value
    assert found.lack_of_fit == min(one.lack_of_fit, two.lack_of_fit)
    assert (found.replicates, found.failed) == (reps, 2)
    back = montecarlo.slope_difference(SIZES, methods[1], methods[0], statistic, **options)
    assert back.value == -found.value
    assert back.mcse == pytest.approx(found.mcse)


@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_a_method_does_not_differ_from_itself_and_tells_no_error(statistic):
    one, _ = _methods(np.random.default_rng(2), 30, 1.0)
    found = montecarlo.slope_difference(SIZES, one, one, statistic)
    assert found.value == 0
    assert np.isnan([found.mcse, found.lower, found.upper]).all()


@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_a_replicate_that_failed_in_one_method_is_dropped_from_both_and_counted(statistic):
    one, two = _methods(np.random.default_rng(3), 60, 0.5)
    kept = [np.delete(x, 5) for x in one], [np.delete(x, 5) for x in two]
    for k, x in enumerate(one if statistic == "mean" else two):
        x[5] = np.nan if k else np.inf
    found, wanted = (montecarlo.slope_difference(SIZES, *pair, statistic) for pair in ((one, two), kept))
    assert (found.value, found.mcse, found.replicates) == (wanted.value, wanted.mcse, 59)
    assert found.failed == len(SIZES)


def test_one_replicate_gives_no_error():
    found = montecarlo.slope_difference(SIZES, [[1.0 / n] for n in SIZES], [[1.0] for _ in SIZES], "mean")
    assert found.value == pytest.approx(-1)
    assert np.isnan(found.mcse)


@pytest.mark.parametrize(
    ("statistic", "reps", "sd", "studies"),
    [("mean", 20, 1.0, 300), ("mean", 100, 1.0, 1000), ("median", 20, 1.0, 200), ("geometric_mean", 100, 1.0, 1000)],
)
def test_the_interval_covers_under_heavy_tails(statistic, reps, sd, studies):
    """Log-normal replicates; allowed are four Monte Carlo errors of the coverage."""
    rng = np.random.default_rng(4)
    pairs = [_methods(rng, reps, sd) for _ in range(studies)]
    found = [montecarlo.slope_difference(SIZES, one, two, statistic) for one, two in pairs]
    covered = np.mean([e.lower <= -0.2 <= e.upper for e in found])
    assert abs(covered - 0.95) < 4 * math.sqrt(0.95 * 0.05 / studies)


def test_the_error_is_that_of_brute_force_and_quadrature_is_wrong_by_the_correlation():
    """1000 studies of 100 replicates; hypot of the two errors is too large by 1 / sqrt(1 - r).

    r = (exp(rho s²) - 1) / (exp(s²) - 1) is the correlation of log-normals. Allowed are four errors of a standard
    deviation, and for the reported error (b - 1) / (8 R), kurtosis b < 20, that it is too small.
    """
    sd, rng, studies = 0.5, np.random.default_rng(5), 1000
    found, apart = [], []
    for _ in range(studies):
        methods = _methods(rng, 100, sd)
        found.append(montecarlo.slope_difference(SIZES, methods[0], methods[1], "mean"))
        apart.append(math.hypot(*(montecarlo.rate(SIZES, m).slope.mcse for m in methods)))
    truth = np.std([e.value for e in found], ddof=1)
    allowed = 4 / math.sqrt(2 * studies) + 19 / 800
    assert abs(math.sqrt(np.mean([e.mcse**2 for e in found])) / truth - 1) < allowed
    r = math.expm1(RHO * sd**2) / math.expm1(sd**2)
    assert math.sqrt(np.mean(np.square(apart))) / truth * math.sqrt(1 - r) == pytest.approx(1, abs=allowed)
