import math
from fractions import Fraction
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from scipy import integrate, stats

from dlstats.theory import conformal, efficiency, quantiles, robustness

PSI = {
    # ψ in mpmath with its corners: a second method of integration, 30 digits
    "huber": (lambda x, c: min(x, c), lambda c: [c]),
    "tukey": (lambda x, c: x * (1 - (x / c) ** 2) ** 2 if x < c else mpmath.mpf(0), lambda c: [c]),
    "cauchy": (lambda x, c: x / (1 + (x / c) ** 2), lambda c: []),
    "welsch": (lambda x, c: x * mpmath.exp(-((x / c) ** 2)), lambda c: []),
    "geman_mcclure": (lambda x, c: x / (1 + (x / c) ** 2) ** 2, lambda c: []),
    "andrews": (lambda x, a: a * mpmath.sin(x / a) if x < mpmath.pi * a else mpmath.mpf(0), lambda a: [mpmath.pi * a]),
    "log_cosh": (lambda x, c: mpmath.tanh(x), lambda c: []),
    "charbonnier": (lambda x, c: x / mpmath.sqrt(1 + (x / c) ** 2), lambda c: []),
}


def mp_efficiency(psi, corners):
    """(E ψ x)² / E ψ² at N(0, 1)."""
    with mpmath.workdps(30):
        edges = sorted({mpmath.mpf(0), *(mpmath.mpf(c) for c in corners), mpmath.mpf(2), mpmath.mpf(8), mpmath.mpf(20)})
        slope = mpmath.quad(lambda x: psi(x) * x * mpmath.npdf(x), edges)
        square = mpmath.quad(lambda x: psi(x) ** 2 * mpmath.npdf(x), edges)
        return float(2 * slope**2 / square)  # pyright: ignore[reportOperatorIssue]


@pytest.mark.parametrize("name", PSI)
def test_efficiencies_agree_with_a_second_quadrature(name):
    psi, corners = PSI[name]
    c = efficiency.ESTIMATORS[name].constant
    expected = mp_efficiency(lambda x: psi(x, mpmath.mpf(c)), corners(c))
    assert efficiency.efficiency(name) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("alpha", [a for a in efficiency.ALPHAS if a > -math.inf])
def test_barron_efficiencies_agree_with_a_second_quadrature(alpha):
    def psi(x):
        return x * (x**2 / abs(mpmath.mpf(alpha) - 2) + 1) ** (mpmath.mpf(alpha) / 2 - 1)

    assert efficiency.barron_efficiency(alpha, 1.0) == pytest.approx(mp_efficiency(psi, []), abs=1e-10)
    assert efficiency.barron_efficiency(alpha, efficiency.barron_tuned(alpha)) == pytest.approx(0.95, abs=1e-12)


def test_closed_forms_agree_with_quadrature():
    for k in (0.3, 1.345, 3.0):
        assert efficiency.huber_efficiency(k) == pytest.approx(efficiency.efficiency("huber", k), abs=1e-12)
    for c in (0.7, 1.0, 2.1):
        closed = efficiency.welsch_efficiency(c)
        assert efficiency.barron_efficiency(-math.inf, c) == pytest.approx(closed, abs=1e-12)
    assert efficiency.barron_small_scale_efficiency(1.0) == pytest.approx(2 / math.pi, abs=1e-15)


def test_small_scales_reach_their_limit_and_there_is_a_shape_without_a_constant():
    for alpha in (0.8, 1.3, 1.7):
        limit = efficiency.barron_small_scale_efficiency(alpha)
        assert efficiency.barron_efficiency(alpha, 1e-7) == pytest.approx(limit, rel=1e-3)
    limit = efficiency.barron_alpha_limit()
    assert math.isnan(efficiency.barron_tuned(limit + 1e-3))
    assert efficiency.barron_tuned(limit - 1e-3) < 0.2


@pytest.mark.parametrize("name", efficiency.DISTRIBUTIONS)
def test_laws_have_mass_one_a_score_that_is_the_derivative_and_their_variance(name):
    law = efficiency.DISTRIBUTIONS[name]
    assert efficiency.expectation(lambda x: 1.0, law) == pytest.approx(1, abs=1e-11)
    for x in (0.3, 1.7, 4.0):
        slope = -(math.log(law.density(x + 1e-6)) - math.log(law.density(x - 1e-6))) / 2e-6
        assert float(law.score(x)) == pytest.approx(slope, rel=1e-6)
    if math.isfinite(law.variance):
        assert efficiency.expectation(lambda x: x * x, law) == pytest.approx(law.variance, rel=1e-7)


@pytest.mark.parametrize("proportion", [0.01, 0.1, 0.2])
def test_minimax_variance_is_the_least_over_thresholds_at_its_law(proportion):
    best = efficiency.minimax_variance(proportion)
    k = efficiency.minimax_threshold(proportion)

    def worst(threshold):
        # the largest variance over contaminations puts them where |ψ| is the threshold
        a = 2 * stats.norm.cdf(threshold) - 1
        square = a - 2 * threshold * stats.norm.pdf(threshold) + 2 * threshold**2 * stats.norm.sf(threshold)
        return ((1 - proportion) * square + proportion * threshold**2) / ((1 - proportion) * a) ** 2

    assert worst(k) == pytest.approx(best, rel=1e-12)
    assert all(worst(k + step) > best for step in (-0.1, 0.1))


def test_the_partition_function_is_continuous_in_its_shape():
    for alpha in (0.0, 1.0, 2.0):
        near = efficiency.barron_partition(abs(alpha - 1e-6))
        assert near == pytest.approx(efficiency.barron_partition(alpha), rel=1e-4)
    assert efficiency.barron_partition(-0.1) == math.inf


def test_influence_functions_integrate_to_zero_variance_and_peak_at_their_sensitivity():
    grid = np.linspace(-10, 10, 4001)
    for name, function, c in (
        ("huber", robustness.huber_influence, 1.345),
        ("tukey", robustness.tukey_influence, 4.685),
    ):
        values = np.array([function(x, c) for x in grid])
        assert integrate.simpson(values**2 * stats.norm.pdf(grid), x=grid) == pytest.approx(
            efficiency.variance(name, efficiency.NORMAL, c), rel=1e-4
        )
        assert values.max() == pytest.approx(robustness.gross_error_sensitivity(name, c), rel=1e-5)


@pytest.mark.parametrize("threshold", [0.5, 1.345, 10.0])
def test_huber_functionals_solve_their_equation(threshold):
    for law, m in (
        (stats.expon(), robustness.exponential_huber(threshold)),
        (stats.lomax(2.2), robustness.lomax_huber(2.2, threshold)),
    ):
        edges = [0.0, *[e for e in (m - threshold, m, m + threshold) if e > 0]]
        inside = sum(
            integrate.quad(lambda x: np.clip(x - m, -threshold, threshold) * law.pdf(x), a, b, epsabs=1e-13)[0]  # noqa: B023
            for a, b in pairwise(edges)
        )
        assert inside + threshold * law.sf(edges[-1]) == pytest.approx(0, abs=1e-10)


@pytest.mark.parametrize("level", [0.05, 0.3, 0.5, 0.9])
def test_expectiles_balance_their_tails(level):
    for law, e in (
        (stats.norm(), quantiles.normal_expectile(level)),
        (stats.expon(), quantiles.exponential_expectile(level)),
    ):
        low = -12 if law.support()[0] < 0 else 0
        above = integrate.quad(lambda x: (x - e) * law.pdf(x), e, 60, epsabs=1e-13, limit=200)[0]  # noqa: B023
        below = integrate.quad(lambda x: (e - x) * law.pdf(x), low, e, epsabs=1e-13, limit=200)[0]  # noqa: B023
        assert level * above == pytest.approx((1 - level) * below, abs=1e-10)


def test_the_variance_of_a_sample_quantile_tends_to_its_limit():
    for level in (0.1, 0.5):
        limit = level * (1 - level) / stats.norm.pdf(stats.norm.ppf(level)) ** 2  # Serfling 1980, section 2.3.3
        gaps = [abs(quantiles.order_statistic_variance(stats.norm.ppf, level, n) - limit) for n in (99, 999)]
        assert gaps[1] < gaps[0] / 5
        assert gaps[1] < 0.01 * limit


def test_the_crps_is_the_expected_distance_form():
    # CRPS = E|X − y| − E|X − X'|/2, with E|X − X'| = 2/√π
    for y in (-1.2, 0.0, 2.5):
        distance = integrate.quad(lambda x: abs(x - y) * stats.norm.pdf(x), -12, 12, points=(y,), epsabs=1e-13)[0]  # noqa: B023
        assert quantiles.crps_normal(y) == pytest.approx(distance - 1 / math.sqrt(math.pi), abs=1e-10)


@pytest.mark.parametrize(("n", "a"), [(19, "0.1"), (99, "0.1"), (100, "0.1"), (50, "0.05"), (5, "0.1")])
def test_marginal_coverage_lies_between_its_bounds_and_is_the_mean_of_its_law(n, a):
    a = Fraction(a)
    proportion = conformal.coverage(n, a)
    assert 1 - a <= proportion <= 1
    if conformal.rank(n, a) <= n:
        assert proportion < 1 - a + Fraction(1, n + 1)
        assert conformal.conditional_distribution(n, a).mean() == pytest.approx(float(proportion), abs=1e-14)
        assert conformal.covered_distribution(50, n, a).mean() == pytest.approx(50 * float(proportion), abs=1e-10)
