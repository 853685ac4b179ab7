"""Second routes to the quadratures of the theory: closed forms, other nodes, other formulas."""

import itertools
import math

import mpmath
import numpy as np
from scipy import integrate, stats

from dlstats.theory import (
    approximation_rates,
    efficiency,
    linear_suboptimality,
    minimisers,
    nearest_neighbours,
    overlap,
    quantiles,
    ranking,
    rare_events,
    weighting,
    width_limits,
)

HERMITE, HERMITE_WEIGHTS = np.polynomial.hermite_e.hermegauss(120)
HERMITE_WEIGHTS = HERMITE_WEIGHTS / math.sqrt(2 * math.pi)
PRIOR, DISTANCE = 0.1, 1.5


def two_normals(positive, negative):
    """π E positive(X) + (1 − π) E negative(X) for X ~ N(±D/2, 1), by the Gauss-Hermite rule."""
    one, zero = positive(HERMITE + DISTANCE / 2), negative(HERMITE - DISTANCE / 2)
    return PRIOR * HERMITE_WEIGHTS @ one + (1 - PRIOR) * HERMITE_WEIGHTS @ zero


def density_ratio(x):
    """p₁ / p₀ of N(±D/2, 1)."""
    return np.exp(DISTANCE * x)


def balanced_variance(weighted):
    """n Var of (intercept, slope), by expectations under each class in place of integrals over both densities."""
    weight1, weight0 = (0.5 / PRIOR, 0.5 / (1 - PRIOR)) if weighted else (1.0, 1.0)
    odds = 1.0 if weighted else PRIOR / (1 - PRIOR)

    def q(x):
        return odds * density_ratio(x) / (1 + odds * density_ratio(x))

    def matrix(one, zero):
        moment = [two_normals(lambda x, k=k: x**k * one(q(x)), lambda x, k=k: x**k * zero(q(x))) for k in range(3)]
        return np.array([[moment[0], moment[1]], [moment[1], moment[2]]])

    inverse = np.linalg.inv(matrix(lambda q: weight1 * q * (1 - q), lambda q: weight0 * q * (1 - q)))
    return inverse @ matrix(lambda q: (weight1 * (1 - q)) ** 2, lambda q: (weight0 * q) ** 2) @ inverse


def squared_dice():
    """The largest Dice value with squared denominator over a fine partition of the line."""
    edges = np.linspace(-10, 10, 400_001)
    x, step = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    one, zero = PRIOR * stats.norm.pdf(x - DISTANCE / 2), (1 - PRIOR) * stats.norm.pdf(x + DISTANCE / 2)
    return overlap.dice_squared(one / (one + zero), (one + zero) * step)[0]


def contaminated_information(proportion, sd):
    """E s² on a lattice: the trapezoidal rule converges geometrically for an analytic integrand."""
    x = np.linspace(-30, 30, 60_001)
    near, far = (1 - proportion) * stats.norm.pdf(x), proportion * stats.norm.pdf(x, scale=sd)
    return ((x * (near + far / sd**2)) ** 2 / (near + far)).sum() * (x[1] - x[0])


def barron_partition(alpha):
    """Z(α) in 25 digits on a scale of x, where the program integrates on a scale of ln x."""
    with mpmath.workdps(25):
        a = mpmath.mpf(alpha)
        b = 2 - a
        edges = [0, 1, 4, 16, 64, 256, 1024, 2**14, mpmath.inf]
        half = mpmath.quad(lambda x: mpmath.exp(-b / a * ((x * x / b + 1) ** (a / 2) - 1)), edges)
        return 2 * float(half)  # pyright: ignore[reportArgumentType]


def median_of_three():
    """3 Var of the median of three normal variables, 3 (1 − √3/π) [Jones 1948]."""
    return 3 * (1 - math.sqrt(3) / math.pi)


def grid_error_by_midpoints(cells, fine):
    """The distance of `grid_error` in two dimensions by the midpoint rule, blind to the triangles."""
    axis = (np.arange(cells * fine) + 0.5) / (cells * fine)
    x = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)

    def f(u):
        return np.sin(math.pi * u).prod(axis=1)

    return math.sqrt(((f(x) - approximation_rates.simplex_interpolant(f, x, cells)) ** 2).mean())


def location_error_by_convolution(step, spacing=0.02, reach=40.0):
    """E|τ̂ − τ| step by step on a lattice: densities g_t by Simpson's rule, F by duality, F(0) by Spitzer's formula."""
    m = np.arange(0, reach + spacing / 2, spacing)
    simpson = np.where(np.arange(len(m)) % 2, 4.0, 2.0) * spacing / 3
    simpson[[0, -1]] = spacing / 3
    times = np.arange(1, 200_000)
    never = math.exp(-(stats.norm.cdf(-step / 2 * np.sqrt(times)) / times).sum())
    kernel = stats.norm.pdf(m[:, None] - m, -(step**2) / 2, step) * simpson
    density, renewal, moment = stats.norm.pdf(m, -(step**2) / 2, step), 0.0 * m, 0.0 * m
    for t in itertools.count(1):
        renewal, moment = renewal + density, moment + t * density
        if t * (density @ simpson) < 1e-13:
            break
        density = kernel @ density
    below = never * (1 + integrate.cumulative_simpson(renewal, dx=spacing, initial=0))
    return 2 * never * (moment * below) @ simpson


def both_comparisons_right(distance):
    """P(X₁ > Y, X₂ > Y) = ∫ Φ(D − y)² φ(y) dy, by the Gauss-Hermite rule."""
    return HERMITE_WEIGHTS @ stats.norm.cdf(distance - HERMITE) ** 2


def auc_sd(positives, negatives):
    """The standard deviation of the AUC from one integral."""
    area, both = ranking.auc_gaussians(DISTANCE), both_comparisons_right(DISTANCE)
    shared = (positives + negatives - 2) * (both - area**2)
    return math.sqrt((area * (1 - area) + shared) / (positives * negatives))


def cone_floor():
    """∫|f − m| of the cone: m its median 1 − √(2/π); what exceeds m, and what is missing, in polar coordinates."""
    radius = math.sqrt(2 / math.pi)  # where the cone is at its median
    m = 1 - radius
    above = math.pi * radius**3 / 3
    volume = math.pi / 3
    return above + (4 * m - (volume - above))


RULE = minimisers.gaussian_rule(minimisers.gaussian_threshold(PRIOR, DISTANCE), PRIOR, DISTANCE)
LAW = efficiency.DISTRIBUTIONS


# function of the theory: (its value, the second route, relative tolerance)
def arc_risk(n, k):
    """Risk of nearest neighbours on one closed curve, integrated over the Beta density of the mass of their ball."""
    density = stats.beta(k + 1, n - k)

    def lost(p):
        return 1 - math.sin(3 * math.pi * p) / (3 * math.pi * p)

    bias, spread = (
        integrate.quad(
            lambda p, part=part: part(lost(p)) * density.pdf(p), *density.ppf([1e-14, 1 - 1e-14]), epsabs=1e-14
        )[0]
        for part in (lambda x: x**2, lambda x: x * (2 - x))
    )
    return 0.09 / k + bias / 2 + spread / (2 * k)


ROUTES = {
    "approximation_rates.free_knots_sup_limit": (
        lambda: approximation_rates.free_knots_sup_limit(approximation_rates.EXPONENTIAL),
        lambda: (math.sqrt(math.e) - 1) ** 2 / 4,
        1e-12,
    ),
    "approximation_rates.free_knots_l2_limit": (
        lambda: approximation_rates.free_knots_l2_limit(approximation_rates.EXPONENTIAL),
        lambda: (2.5 * (math.exp(0.4) - 1)) ** 2.5 / math.sqrt(720),
        1e-12,
    ),
    "approximation_rates.free_knots_l2": (
        # equal pieces are the best for the square
        lambda: approximation_rates.free_knots_l2(approximation_rates.PARABOLA, 5),
        lambda: 1 / (math.sqrt(180) * 25),
        1e-8,
    ),
    "approximation_rates.pieces_mse": (
        # exp less its best line on [0, 1]: projections on 1 and 2x − 1 are e − 1 and √3 (3 − e)
        lambda: approximation_rates.pieces_mse(np.exp, np.array([0.0, 1.0])),
        lambda: (math.e**2 - 1) / 2 - (math.e - 1) ** 2 - 3 * (3 - math.e) ** 2,
        1e-10,
    ),
    "approximation_rates.grid_error": (
        lambda: approximation_rates.grid_error(2, 4),
        # Richardson's extrapolation of the square of the step
        lambda: (4 * grid_error_by_midpoints(4, 128) - grid_error_by_midpoints(4, 64)) / 3,
        1e-5,
    ),
    "efficiency.expectation": (
        lambda: [efficiency.information(LAW[name]) for name in ("t1", "t5", "laplace", "logistic", "contaminated10")],
        lambda: [1 / 2, 6 / 8, 1, 1 / 3, contaminated_information(0.1, 3.0)],
        1e-10,
    ),
    "efficiency.variance": (
        lambda: [efficiency.variance("absolute", law) for law in LAW.values()],
        lambda: [1 / (4 * float(law.density(0.0)) ** 2) for law in LAW.values()],
        1e-10,
    ),
    "efficiency.barron_partition": (
        lambda: [efficiency.barron_partition(alpha) for alpha in (0.5, 1.5)],
        lambda: [barron_partition(alpha) for alpha in (0.5, 1.5)],
        1e-10,
    ),
    "linear_suboptimality.wiener_risk": (
        lambda: linear_suboptimality.wiener_risk(25.0, 0.5),
        lambda: 2 * sum(0.25 / (25 + 0.25 * (math.pi * k) ** 2) for k in range(1, 2_000_001, 2)),
        1e-5,  # the terms left out sum to 1/(π² 10⁶)
    ),
    "linear_suboptimality.mean_location_error": (
        lambda: [linear_suboptimality.mean_location_error(step) for step in (1.0, 2.0, 3.0)],
        lambda: [location_error_by_convolution(step) for step in (1.0, 2.0, 3.0)],
        1e-7,
    ),
    "minimisers.gaussian_rule_numeric": (
        lambda: [minimisers.gaussian_rule_numeric(PRIOR, DISTANCE)[k] for k in ("error", "recall", "balanced_error")],
        lambda: [RULE[k] for k in ("error", "recall", "balanced_error")],
        1e-11,
    ),
    "overlap.dice_by_root": (
        lambda: [overlap.dice_by_root(PRIOR, DISTANCE, squared) for squared in (False, True)],
        lambda: [overlap.tversky_by_search(PRIOR, DISTANCE, 0.5, 0.5)[0], squared_dice()],
        1e-8,
    ),
    "quantiles.order_statistic_variance": (
        lambda: [quantiles.order_statistic_variance(stats.norm.ppf, *case) for case in ((0.5, 1), (0.9, 2), (0.5, 3))],
        lambda: [1.0, 2 * (1 - 1 / math.pi), median_of_three()],
        1e-10,
    ),
    "ranking.auc_sd": (
        lambda: ranking.auc_sd(DISTANCE, 7, 30),
        lambda: auc_sd(7, 30),
        1e-8,
    ),
    "rare_events.label_shift_sd": (
        lambda: rare_events.label_shift_sd(PRIOR, DISTANCE, 1) ** -2,
        # E of (p₁ − p₀)² / mixture², under the mixture
        lambda: two_normals(*[lambda x: ((density_ratio(x) - 1) / (PRIOR * density_ratio(x) + 1 - PRIOR)) ** 2] * 2),
        1e-8,
    ),
    "nearest_neighbours.expected_risk": (
        # on one curve the ball of mass p is an arc of length 2πp; 10^-4 is the table and the tails between nodes
        lambda: [nearest_neighbours.expected_risk(n, k, 1, 0.3) for n, k in ((100, 5), (4000, 90))],
        lambda: [arc_risk(n, k) for n, k in ((100, 5), (4000, 90))],
        1e-4,
    ),
    "weighting.asymptotic_variance": (
        lambda: [weighting.asymptotic_variance(PRIOR, DISTANCE, weighted) for weighted in (False, True)],
        lambda: [balanced_variance(weighted) for weighted in (False, True)],
        1e-8,
    ),
    "width_limits.constant_floor": (
        # medians 0, 1, 0 and the cone's; 10^-4 is the midpoint rule's error at the kinks
        lambda: [
            width_limits.constant_floor(width_limits.TARGETS[n]) for n in ("product", "taxicab", "pyramid", "cone")
        ],
        lambda: [1.0, 4 / 3, 2 / 3, cone_floor()],
        1e-4,
    ),
}
