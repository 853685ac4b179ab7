"""Formulas and numbers that the proofs state, against the theory that the studies use."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import integrate, special, stats

from dlstats.methods import quantile
from dlstats.studies.optimisers.descent import adam_examples
from dlstats.theory import (
    approximation_rates,
    efficiency,
    linear_regions,
    linear_suboptimality,
    minimisers,
    propagation,
    sawtooth_floors,
    squaring,
    update_rules,
)


@pytest.mark.parametrize("n", [2, 8, 54, 1024])
@pytest.mark.parametrize("sd", [0.1, 0.5, 3.0])
def test_the_floor_at_a_jump_is_a_hyperbolic_tangent(n, sd):
    closed = linear_suboptimality.floor_in_closed_form(n, sd)
    assert linear_suboptimality.best_linear_risk(n, sd) == pytest.approx(closed, rel=1e-12)


def test_the_segmentation_constant_is_the_one_stated():
    assert linear_suboptimality.segmentation_constant(2.0) == pytest.approx(4.407645, abs=1e-6)
    assert linear_suboptimality.segmentation_constant(2.0, jumps=2) == pytest.approx(6.815290, abs=1e-6)


@pytest.mark.parametrize("r", range(1, 12))
def test_the_line_that_leaves_the_last_edge_has_the_attained_error(r):
    m = r // 2
    p = (m + 1) / (2 * m + 1)
    q = -(3 * m + 1) / ((m + 1) * (4 * m + 1) ** 2) if r % 2 else -(3 * m + 2) / (m * (4 * m + 3) ** 2)
    ends = np.concatenate([[p], np.arange(1, r + 2)])
    gap = p + q * (ends - p) - sawtooth_floors.zigzag(ends)
    a, b = gap[:-1], gap[1:]
    error = (np.diff(ends) * (a * a + a * b + b * b) / 3).sum()
    edges = 2 ** (r.bit_length() + 1)
    n = edges.bit_length() - 1
    assert error / edges == pytest.approx(sawtooth_floors.l2_floor(n, edges - r + 1), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("units", [1, 2, 5, 40])
def test_the_flat_first_piece_attains_the_floor_without_a_skip_connection(units):
    h = 1 / (units + 0.5)
    knots = np.concatenate([[0.0], h / 2 + h * np.arange(units + 1)])
    values = np.append(h**2 / 12, knots[1:] ** 2 - h**2 / 6)
    node, weight = np.polynomial.legendre.leggauss(4)
    x = (knots[:-1, None] + np.diff(knots)[:, None] * (node + 1) / 2).ravel()
    w = (np.diff(knots)[:, None] * weight / 2).ravel()
    assert values[0] == pytest.approx(values[1], rel=1e-12)
    error = math.sqrt(w @ (np.interp(x, knots, values) - x**2) ** 2)
    assert error == pytest.approx(squaring.best_l2_of_network(units), rel=1e-12)


@pytest.mark.parametrize("alpha", [0.6, 1.0, 1.5588, 1.5988, 1.9])
def test_the_efficiency_of_barrons_loss_grows_with_its_scale_from_its_limit(alpha):
    values = [efficiency.barron_efficiency(alpha, c) for c in np.geomspace(0.05, 20, 12)]
    assert (np.diff([efficiency.barron_small_scale_efficiency(alpha), *values]) > -1e-12).all()


def test_the_limit_of_efficiencies_grows_with_the_shape():
    values = [efficiency.barron_small_scale_efficiency(a) for a in np.linspace(0.5, 2, 61)]
    assert (np.diff(values) > 0).all()


@pytest.mark.parametrize(
    ("widths", "regions"), [((32,), 529), ((16, 16), 528.96), ((8,) * 4, 510.21), ((4,) * 8, 236.13)]
)
def test_mean_regions_of_equal_numbers_of_units_are_those_stated(widths, regions):
    assert linear_regions.expected_regions_plane(widths) == pytest.approx(regions, abs=0.005)


@pytest.mark.parametrize(("s", "t"), [(0.2, 0.5), (0.3, 0.9), (0.6, 0.6)])
def test_the_kernel_of_the_distance_to_lines_is_that_of_the_clamped_beam(s, t):
    def residual(a):
        # (x - a)_+ less its projections on 1 and 2x - 1
        level, slope = (1 - a) ** 2 / 2, 3 * ((1 - a) ** 2 * (2 + a) / 3 - (1 - a) ** 2 / 2)
        return lambda x: max(x - a, 0) - level - slope * (2 * x - 1)

    first, second = residual(s), residual(t)
    inner = integrate.quad(lambda x: first(x) * second(x), 0, 1, points=sorted({s, t}), epsabs=1e-14)[0]
    assert inner == pytest.approx(s**2 * (1 - t) ** 2 * (2 * t * (1 - s) + t - s) / 6, rel=1e-9)


def test_the_e_process_has_the_power_stated():
    n, hits = 2000, np.arange(2001)
    log_e = special.betaln(19 + hits, 1 + n - hits) - special.betaln(19, 1)
    log_e -= hits * math.log(0.95) + (n - hits) * math.log(0.05)
    missed = stats.binom.pmf(hits, n, 0.9)[log_e < math.log(20)].sum()
    assert missed == pytest.approx(1.3e-7, rel=0.05)


def test_random_knots_have_the_constant_stated():
    def mean(knots):
        return approximation_rates.random_spline_mse(knots) * math.prod(range(knots + 1, knots + 6))

    assert mean(61) - mean(60) == pytest.approx(0.86863, abs=5e-6)


def test_focal_fits_of_eight_classes_lie_on_either_side():
    fits = [minimisers.focal_map_multiclass(np.array([0.1] + [0.9 / 7] * 7), gamma)[0] for gamma in (0.5, 1, 2, 3, 5)]
    assert fits == pytest.approx([0.0996, 0.0996, 0.1004, 0.1018, 0.1049], abs=5e-5)


def test_sample_quantiles_have_the_means_stated():
    def mean(k):
        density = stats.beta(k, 201 - k).pdf
        return integrate.quad(lambda u: float(stats.norm.ppf(u) * density(u)), 0, 1, points=[0.9], limit=200)[0]

    ends = [mean(180), mean(181)]
    assert ends == pytest.approx([1.2654, 1.2938], abs=5e-5)
    assert np.abs(np.array(ends) - stats.norm.ppf(0.9)).max() + 0.09 < 0.11


@pytest.mark.parametrize("seed", range(5))
def test_one_point_of_high_leverage_leaves_no_more_slope_than_stated(seed):
    rng, far = np.random.default_rng(seed), 1e4
    x = np.append(rng.random(100), far)
    y = np.append(2 * x[:-1] + rng.standard_normal(100), 0.0)
    absolute = quantile.linear_program(x, y, 0.5)
    huber = sm.RLM(y, np.column_stack([np.ones_like(x), x]), M=sm.robust.norms.HuberT()).fit(maxiter=200, tol=1e-12)
    for (a, b), reach in ((absolute, 0.0), (huber.params, 1.345 * huber.scale)):
        last = abs(a + b * far)
        assert last <= reach * 100 / far + 1e-9
        assert abs(b) <= (np.abs(y).max() + reach + last) / (far - 1)


def test_products_of_factors_have_the_numbers_stated():
    low, high = 0.3, 1.8
    quarter = integrate.quad(lambda u: u**0.25 / (high - low), low, high)[0]
    assert quarter**1000 == pytest.approx(0.0015, abs=5e-5)
    assert integrate.quad(lambda u: math.log(u) / (high - low), low, high)[0] == pytest.approx(-0.0539, abs=5e-5)


def test_tanh_signals_have_the_mean_squares_stated_after_one_layer_and_ten():
    squares = propagation.forward("tanh", 1.0, 1.0, 10)
    assert [squares[1], squares[10]] == pytest.approx([0.39, 0.05], abs=5e-3)


def test_the_bound_on_the_regret_of_amsgrad_has_the_sizes_stated():
    found = []
    for slope in (3.0, 4.0, 10.0):
        _, gradients, changes = adam_examples.played(update_rules.amsgrad, slope)
        rates = -changes / gradients
        assert (np.diff(rates) < 0).all()
        found.append((2 / rates[-1] + (rates * gradients**2).sum() / 2) / (6000 * (slope - 2)))
    assert found == pytest.approx([0.19, 0.13, 0.08], abs=5e-3)
