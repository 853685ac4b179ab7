"""Each method fits what it should: splines, forests and the like an additive target, segmentations their least squares."""

import numpy as np
import pytest

from dlstats.dgp import regression
from dlstats.methods import regression as methods
from dlstats.methods import segmentation
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


BASELINES = {baseline.__name__: baseline for baseline in methods.Baseline.__subclasses__()}
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


def test_oracle_neighbours_have_the_risk_of_brute_force():
    design, rng = regression.design("additive", 2), np.random.default_rng(0)
    x, new = design.inputs(60, rng), design.inputs(20, rng)
    truth, value = design.regression(x), design.regression(new)
    order = np.argsort(((new[:, None] - x[None]) ** 2).sum(axis=2), axis=1)
    risks = {k: ((value - truth[order[:, :k]].mean(axis=1)) ** 2).mean() + 0.09 / k for k in range(1, 61)}
    risk, k = methods.oracle_neighbours(x, truth, new, value, 0.3, 60)
    assert risk == pytest.approx(risks[k])
    assert risk == pytest.approx(min(risks[j] for j in methods.geometric_levels(60)))


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
