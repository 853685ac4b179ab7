"""Each method fits what it should: splines, forests and the like an additive target, segmentations their least squares."""

import numpy as np
import pytest
from scipy import interpolate

from dlstats.dgp import bauer_kohler, regression
from dlstats.methods import regression as methods
from dlstats.methods import segmentation, trees
from dlstats.methods.quantile import linear_program
from dlstats.theory import quantiles


@pytest.mark.parametrize("seed", range(5))
def test_segmentations_are_least_squares_over_all_segmentations(seed):
    y = np.random.default_rng(seed).standard_normal(13)
    fits = [np.r_[np.full(c, y[:c].mean()), np.full(13 - c, y[c:].mean())] for c in range(1, 13)]
    best = min(((y - f) ** 2).sum() for f in fits)
    assert ((y - segmentation.two_segments(y)) ** 2).sum() == pytest.approx(best)
    arcs = [(i, j) for i in range(13) for j in range(i + 1, 14) if j - i < 13]
    best = min(((y - segmentation.arc_fit(y, arc)) ** 2).sum() for arc in arcs)
    assert ((y - segmentation.arc_fit(y, segmentation.best_arc(y))) ** 2).sum() == pytest.approx(best)


FACTORS, PENALTIES = (sorted(set(part)) for part in zip(*methods.KernelRidge().grid, strict=True))
BASELINES = {
    b.__name__: b for b in methods.Baseline.__subclasses__() if b.__module__ in (methods.__name__, trees.__name__)
}
ONE_INPUT = {"SmoothingSpline", "LocalLinear"}


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("d", [1, 5])
def test_a_baseline_beats_the_best_constant_on_an_additive_target(name, d):
    if d > 1 and name in ONE_INPUT:
        with pytest.raises(ValueError, match="one input"):
            BASELINES[name]()(np.zeros((9, d)), np.zeros(9), np.zeros((2, d)), np.random.default_rng(0))
        return
    design, rng = regression.design("additive", d), np.random.default_rng(3)
    x, y = design.sample(300, rng)
    new = design.inputs(500, rng)
    truth = design.regression(new)
    assert ((BASELINES[name]()(x, y, new, rng) - truth) ** 2).mean() < 0.5 * truth.var()


def test_wider_grids_do_no_better_on_a_smooth_target():
    """Trees end by themselves, and wider kernels than the widest have its error, that of a polynomial."""
    process, counts, errors = bauer_kohler.design("m5", 0.05), [], []
    stumps = trees.Boosting().grid[0]
    wide = methods.KernelRidge(grid=methods.pairs((1e4, *FACTORS), PENALTIES))
    for seed in range(5):
        x, y = process.sample(100, np.random.default_rng(seed))
        new = process.inputs(500, np.random.default_rng(seed + 100))
        counts.append(trees.Boosting(grid=(stumps,)).fit(x, y, new[:1], np.random.default_rng(seed))[1][1])
        fits = [kernel(x, y, new, np.random.default_rng(seed)) for kernel in (methods.KernelRidge(), wide)]
        errors.append([((values - process.regression(new)) ** 2).mean() for values in fits])
    assert np.median(counts) < 0.9 * stumps[1]
    assert np.exp(np.diff(np.log(errors)).mean()) > 1 / 1.1


def test_sliced_inverse_regression_finds_the_index_of_a_monotone_function_in_any_coordinates():
    rng = np.random.default_rng(1)
    x, new = rng.random((1000, 6)), rng.random((500, 6))
    direction = np.array([1.0, -2.0, 0.5, 0.0, 3.0, 1.0])
    truth = np.exp(new @ direction)
    y = np.exp(x @ direction) + 0.1 * truth.std() * rng.standard_normal(1000)
    plain = methods.SlicedInverse()(x, y, new, np.random.default_rng(2))
    assert ((plain - truth) ** 2).mean() < 0.02 * truth.var()
    scale = np.array([1.0, 10.0, 0.1, 5.0, 2.0, 0.3])
    scaled = methods.SlicedInverse()(scale * x, y, scale * new, np.random.default_rng(2))
    np.testing.assert_allclose(scaled, plain, rtol=1e-3, atol=1e-3 * truth.std())


def test_a_spline_of_many_intervals_is_the_smoothing_spline():
    rng = np.random.default_rng(4)
    x = np.r_[0.0, np.sort(rng.random(98)), 1.0]
    y = np.sin(9 * x) + 0.3 * rng.standard_normal(100)
    (values,) = methods.SmoothingSpline(intervals=600).predictions(x[:, None], y, x[:, None], [1e-6], 0)
    natural = interpolate.make_smoothing_spline(x, y, lam=1e-6 * len(x))(x)
    assert np.abs(values - natural).max() < 0.02 * natural.std()


def test_random_features_are_those_of_their_seed_and_more_fit_better_than_few():
    rng = np.random.default_rng(1)
    x = rng.random((400, 2))
    y = np.sin(6 * x[:, 0]) * np.sin(6 * x[:, 1])
    fits = [methods.RandomFeatures(width)(x, y, x, np.random.default_rng(s)) for width, s in ((8, 3), (8, 3), (200, 3))]
    np.testing.assert_array_equal(fits[0], fits[1])
    assert ((fits[2] - y) ** 2).mean() < ((fits[0] - y) ** 2).mean() / 4


@pytest.mark.parametrize("level", [0.1, 0.5, 0.8])
def test_the_linear_program_minimises_the_pinball_risk_and_obeys_its_optimality(level):
    rng = np.random.default_rng(0)
    x, y = rng.random(60), rng.standard_t(2, 60)
    best = linear_program(x, y, level)

    def risk(c):
        r = y - c[0] - c[1] * x
        return np.maximum(level * r, (level - 1) * r).mean()

    assert all(risk(best) <= risk(best + 0.05 * rng.standard_normal(2)) for _ in range(200))
    counts = quantiles.residual_counts(y - best[0] - best[1] * x, 1e-8)
    assert quantiles.obeys_optimality(*counts, 60, level)
