import math

import numpy as np
import pytest
from scipy import integrate, stats

from dlstats.dgp import donoho_johnstone, noise
from dlstats.dgp.additive import Additive, unit_scale
from dlstats.dgp.quantile_designs import DESIGNS

DISTRIBUTIONS = noise.NOISES | {
    "logistic": noise.logistic(2.0),
    "exponential": noise.exponential(2.0),
    "lomax": noise.lomax(2.2),
    "student": noise.student(5, 0.3),
    "contaminated3": noise.contaminated(0.05, 3.0),
}
LEVELS = (0.02, 0.25, 0.5, 0.75, 0.98)
DRAWS = 20_000


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_the_quantile_inverts_the_distribution_and_the_density_is_its_derivative(name):
    law = DISTRIBUTIONS[name]
    for level in LEVELS:
        q = float(law.quantile(level))
        assert float(law.distribution(q)) == pytest.approx(level, abs=1e-12)
        step = 1e-5 * (1 + abs(q))
        slope = (law.distribution(q + step) - law.distribution(q - step)) / (2 * step)
        assert float(law.density(q)) == pytest.approx(float(slope), rel=1e-4)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_the_integral_is_that_of_the_distribution_function(name):
    law = DISTRIBUTIONS[name]
    for end in (-30.0, -0.7, 0.0, 0.3, 5.0, 250.0):
        corners = [c for c in (-1.0, 0.0, 1.0) if min(end, 0) < c < max(end, 0)] or None
        found, _ = integrate.quad(lambda t: float(law.distribution(t)), 0, end, points=corners, epsabs=1e-11, limit=400)
        assert float(law.integral(end)) == pytest.approx(found, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_samples_follow_the_law(name):
    law = DISTRIBUTIONS[name]
    sample = law.sample(np.random.default_rng(5), (DRAWS,))
    assert sample.shape == (DRAWS,)
    for level in LEVELS:
        proportion = (sample <= law.quantile(level)).mean()
        assert abs(proportion - level) < 4 * math.sqrt(level * (1 - level) / DRAWS)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_mean_and_variance_are_integrals_of_the_density_where_they_exist(name):
    law = DISTRIBUTIONS[name]
    if not math.isfinite(law.variance):
        return
    quantile = np.vectorize(lambda p: float(law.quantile(p)))
    mean = integrate.quad(quantile, 0, 1, limit=400, epsabs=1e-7)[0] if name != "contaminated" else 0.0
    assert mean == pytest.approx(law.mean, abs=1e-5)
    if name in ("normal", "uniform", "laplace", "logistic", "exponential", "contaminated3"):
        second = integrate.quad(lambda t: t * t * float(law.density(t)), -400, 400, points=(-1, 0, 1, 10), limit=400)[0]
        assert second - law.mean**2 == pytest.approx(law.variance, rel=1e-6)


@pytest.mark.parametrize("alpha", [0.7, 1, 1.5, 2])
def test_stable_draws_have_their_characteristic_function(alpha):
    x = noise.stable_sample(alpha, np.random.default_rng(6), DRAWS)
    for t in (0.3, 1.0, 2.0):
        assert abs(np.cos(t * x).mean() - math.exp(-(t**alpha))) < 4 / math.sqrt(DRAWS)


@pytest.mark.parametrize("make", [lambda: noise.normal(0), lambda: noise.contaminated(1.5), lambda: noise.student(-1)])
def test_a_law_that_cannot_be_is_refused(make):
    with pytest.raises(ValueError, match="must"):
        make()


@pytest.mark.parametrize("name", DESIGNS)
def test_conditional_quantiles_and_coverage_of_a_design_agree_with_its_samples(name):
    design = DESIGNS[name]
    rng = np.random.default_rng(7)
    x, y = design.sample(DRAWS, rng)
    assert x.shape == (DRAWS, design.d)
    for level in (0.05, 0.5, 0.95):
        proportion = (y <= design.quantile(x, level)).mean()
        assert abs(proportion - level) < 4 * math.sqrt(level * (1 - level) / DRAWS)
    inside = design.coverage(x, design.quantile(x, 0.2), design.quantile(x, 0.9))
    np.testing.assert_allclose(inside, 0.7, atol=1e-9)


@pytest.mark.parametrize("name", ["S4", "S3", "sine_normal"])
def test_the_excess_pinball_risk_is_that_of_a_sample_and_least_at_the_quantile(name):
    design = DESIGNS[name]
    x = design.inputs(3, np.random.default_rng(8))
    noise_ = design.noise.sample(np.random.default_rng(9), (200_000, 1))
    y = design.regression(x) + design.scale(x) * noise_
    for level in (0.1, 0.5, 0.95):
        best = design.quantile(x, level)
        np.testing.assert_allclose(design.excess_pinball(x, best, level), 0, atol=1e-15)
        for shift in (-2.0, -0.1, 0.4, 3.0):
            r = y - best - shift, y - best
            gap = np.subtract(*(np.maximum(level * v, (level - 1) * v) for v in r))
            found = design.excess_pinball(x, best + shift, level)
            assert (found > 0).all()
            assert (np.abs(found - gap.mean(axis=0)) < 4.5 * gap.std(axis=0) / math.sqrt(len(gap))).all()


def test_an_additive_design_has_its_mean():
    design = Additive("exponential", 1, lambda x: x[..., 0], noise.exponential(), unit_scale)
    x, y = design.sample(DRAWS, np.random.default_rng(8))
    assert abs((y - design.mean(x)).mean()) < 4 / math.sqrt(DRAWS)


def test_blocks_jump_by_their_heights_at_their_knots_only():
    for knot, height in zip(donoho_johnstone.KNOTS, donoho_johnstone.STEPS, strict=True):
        left, right = donoho_johnstone.blocks(np.array([knot - 1e-9, knot + 1e-9]))
        assert right - left == pytest.approx(height, abs=1e-12)
    inside = (donoho_johnstone.KNOTS[1:] + donoho_johnstone.KNOTS[:-1]) / 2
    np.testing.assert_array_equal(donoho_johnstone.blocks(inside), donoho_johnstone.blocks(inside + 1e-4))


def test_bumps_peak_at_their_knots_and_doppler_vanishes_at_the_ends():
    knots = donoho_johnstone.KNOTS
    peak = donoho_johnstone.bumps(knots)
    assert (peak > donoho_johnstone.bumps(knots + 1e-3)).all()
    assert (peak >= donoho_johnstone.HEIGHTS).all()
    np.testing.assert_allclose(donoho_johnstone.doppler(np.array([0.0, 1.0])), 0, atol=1e-15)


def test_the_contaminated_law_is_the_mixture_of_its_parts():
    law = noise.contaminated(0.2, 100.0)
    for t in (-3.0, 0.5, 50.0):
        mixture = 0.8 * stats.norm.cdf(t) + 0.2 * stats.norm.cdf(t / 100)
        assert float(law.distribution(t)) == pytest.approx(mixture, abs=1e-15)
