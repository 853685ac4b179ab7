"""Second routes to the closed forms on quantiles and robust losses: enumeration, quadrature, searches, printed tables."""

import itertools
import math
from fractions import Fraction

import numpy as np
from scipy import integrate, optimize, stats

from dlstats.theory import (
    conformal,
    efficiency,
    quantiles,
    robustness,
)


def orders(points, n, k):
    """How often, of all orders of n calibration scores and m test scores, j test scores lie below the k-th: exact."""
    total = math.comb(n + points, points)
    return [
        Fraction(math.comb(k - 1 + j, j) * math.comb(n - k + points - j, points - j), total) for j in range(points + 1)
    ]


def octiles(points, n, k):
    """The first counts at which the sum of the proportions above reaches an eighth, two eighths, ..."""
    below = list(itertools.accumulate(orders(points, n, k)))
    return [next(j for j, p in enumerate(below) if p >= Fraction(i, 8)) for i in range(1, 8)]


def derivative(function, x, step=1e-5):
    """Central difference."""
    return (function(x + step) - function(x - step)) / (2 * step)


def barron(x, c, alpha):
    """The general robust loss [Barron 2019, eq. 8]."""
    b = abs(alpha - 2)
    return b / alpha * (((x / c) ** 2 / b + 1) ** (alpha / 2) - 1)


def pinball_risk(a, level):
    """E ρ(Z − a) of a standard normal Z by quadrature."""
    below = integrate.quad(lambda z: (1 - level) * (a - z) * stats.norm.pdf(z), -12, a, epsabs=1e-13)[0]
    return below + integrate.quad(lambda z: level * (z - a) * stats.norm.pdf(z), a, 12, epsabs=1e-13)[0]


def soft_threshold_minimum(r, threshold):
    """min over γ of (r − γ)² / 2 + δ|γ| by a search."""
    return optimize.minimize_scalar(lambda g: (r - g) ** 2 / 2 + threshold * abs(g), bracket=(-5, 5), tol=1e-12).fun


def scale_of_mean(alpha, n):
    """s with exp(−|t s|^α) the characteristic function exp(−|t/n|^α)^n of the mean."""
    return optimize.brentq(lambda s: s**alpha - n * (1 / n) ** alpha, 1e-6, 1e6)


TENTH = Fraction(1, 10)

# function of the theory: (its value, the second route, relative tolerance)
ROUTES = {
    "conformal.rank": (
        lambda: [conformal.rank(n, TENTH) for n in (9, 10, 19, 99)],
        lambda: [next(k for k in range(1, n + 2) if Fraction(k, n + 1) >= 1 - TENTH) for n in (9, 10, 19, 99)],
        0,
    ),
    "conformal.conditional_distribution": (
        # the k-th of n uniform values is at most u when at least k are
        lambda: [conformal.conditional_distribution(19, TENTH).cdf(u) for u in (0.8, 0.95)],
        lambda: [stats.binom.sf(17, 19, u) for u in (0.8, 0.95)],
        1e-10,
    ),
    "conformal.covered_distribution": (
        lambda: conformal.covered_distribution(6, 19, TENTH).pmf(np.arange(7)),
        lambda: [float(p) for p in orders(6, 19, 18)],
        1e-10,
    ),
    "conformal.octiles": (lambda: conformal.octiles(50, 19, TENTH), lambda: octiles(50, 19, 18), 0),
    "efficiency.student": (
        lambda: [efficiency.student(4).density(0.7), efficiency.student(4).score(0.7), efficiency.student(4).variance],
        lambda: [
            math.gamma(2.5) / (2 * math.sqrt(math.pi)) * (1 + 0.49 / 4) ** -2.5,
            2.5 * derivative(lambda x: math.log(1 + x * x / 4), 0.7),
            2.0,
        ],
        1e-8,
    ),
    "efficiency.contaminated": (
        lambda: [efficiency.contaminated(0.3, 2.0).score(1.5), efficiency.contaminated(0.3, 2.0).variance],
        lambda: [
            -derivative(lambda x: math.log(0.7 * stats.norm.pdf(x) + 0.3 * stats.norm.pdf(x, scale=2)), 1.5),
            0.7 + 0.3 * 4,
        ],
        1e-8,
    ),
    "efficiency.barron_psi": (
        lambda: [efficiency.barron_psi(0.8, 1.5, alpha) for alpha in (1.0, 0.5, -2.0)],
        lambda: [derivative(lambda x, a=alpha: barron(x, 1.5, a), 0.8) for alpha in (1.0, 0.5, -2.0)],
        1e-8,
    ),
    "efficiency.tuned": (
        # 95 % at the normal distribution: the constants that every package prints, to their digits
        lambda: [efficiency.tuned(name, 0.95) for name in ("huber", "tukey", "welsch")],
        lambda: [1.345, 4.685, 2.985],
        3e-4,
    ),
    "efficiency.minimax_threshold": (
        lambda: [efficiency.minimax_threshold(p) for p in (0.01, 0.05, 0.1, 0.2)],
        lambda: [1.945, 1.399, 1.140, 0.862],  # Huber 1964, table I
        1e-3,
    ),
    "quantiles.pinball_excess_normal": (
        lambda: quantiles.pinball_excess_normal(0.8, 0.3),
        lambda: pinball_risk(stats.norm.ppf(0.8) + 0.3, 0.8) - pinball_risk(stats.norm.ppf(0.8), 0.8),
        1e-9,
    ),
    "quantiles.pinball_curvature_normal": (
        # the third-order term is odd in the shift
        lambda: quantiles.pinball_curvature_normal(0.8, 0.01),
        lambda: sum(quantiles.pinball_excess_normal(0.8, s) for s in (0.01, -0.01)) / 2,
        1e-4,
    ),
    "quantiles.residual_counts": (
        lambda: quantiles.residual_counts(np.array([-1.0, 1e-12, 0.5, -1e-12, -3.0]), 1e-9),
        lambda: [2, 2],
        0,
    ),
    "quantiles.obeys_optimality": (
        lambda: [quantiles.obeys_optimality(neg, 2, 10, 0.3) for neg in (0, 1, 3, 4)],
        lambda: [False, True, True, False],
        0,
    ),
    "robustness.huber_functional": (
        lambda: robustness.huber_functional(
            lambda a, b: integrate.quad(lambda x: stats.norm.sf(x, 1.3), a, b, epsabs=1e-13)[0], 0.8, (-5.0, 5.0)
        ),
        lambda: 1.3,
        1e-9,
    ),
    "robustness.lomax_mean": (lambda: robustness.lomax_mean(2.2), lambda: stats.lomax(2.2).mean(), 1e-10),
    "robustness.lomax_huber_bias_asymptote": (
        lambda: robustness.lomax_huber_bias_asymptote(2.2, 1e3),
        lambda: robustness.lomax_huber(2.2, 1e3) - robustness.lomax_mean(2.2),
        1e-2,  # the tails beyond τ: 10³^−1.2 of it
    ),
    "robustness.moreau_envelope_huber": (
        lambda: robustness.moreau_envelope_huber(np.array([-3.0, 0.4, 1.7]), 1.2),
        lambda: [soft_threshold_minimum(r, 1.2) for r in (-3.0, 0.4, 1.7)],
        1e-9,
    ),
    "robustness.stable_rate": (
        lambda: [robustness.stable_rate(alpha) for alpha in (0.7, 1.5, 2.0)],
        lambda: [math.log(scale_of_mean(alpha, 100)) / math.log(100) for alpha in (0.7, 1.5, 2.0)],
        1e-9,
    ),
}
