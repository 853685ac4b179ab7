"""Second routes to the closed forms on rates: sums, lattices, limits, simulation."""

import math

import numpy as np
from scipy import optimize

from dlstats.dgp.closed_curves import ClosedCurves
from dlstats.theory import (
    composition,
    kernel_smoothing,
    linear_suboptimality,
    margins,
    nearest_neighbours,
    risk_decomposition,
    sequence_model,
)


def least(risk, low, high):
    """The minimum of a function of a logarithm."""
    return optimize.minimize_scalar(lambda t: risk(math.exp(t)), bounds=(low, high), method="bounded").fun


def ridge_risk(n, smoothness, order):
    """The sum over 10⁵ coefficients and the integral of the rest."""
    k = np.arange(1, 100_001.0)
    rest = (k[-1] + 0.5) ** (-2 * smoothness) / (2 * smoothness)

    def risk(penalty):
        shrunk = penalty * k ** (2 * order)
        return float(
            ((shrunk / (1 + shrunk)) ** 2 * k ** (-2 * smoothness - 1)).sum() + (1 / (1 + shrunk) ** 2).sum() / n
        )

    return optimize.minimize_scalar(lambda t: risk(math.exp(t)), bracket=(-9, -5)).fun + rest


def torus_risk(n, dimension, additive):
    """Variances as sums over a lattice of frequencies."""
    axis = np.arange(-40, 41)
    square = sum(np.meshgrid(*[axis**2] * dimension, indexing="ij"))
    counted = np.count_nonzero(np.stack(np.meshgrid(*[axis] * dimension, indexing="ij")), axis=0) <= (
        1 if additive else 9
    )

    def risk(h):
        kernel = np.exp(-((2 * math.pi * h) ** 2) * square)
        return dimension * (1 - math.exp(-((2 * math.pi * h) ** 2) / 2)) ** 2 + kernel[counted].sum() / n

    return least(risk, -4, 0)


def local_slope(risk, n, factor=10.0):
    """Minus the slope of log risk in log n."""
    return -math.log(risk(factor * n) / risk(n)) / math.log(factor)


def jump_projection(n, sd):
    """The best cutoff for the square wave with coefficients 2 / (πk)² of variance, tails summed to 10⁶ and integrated beyond."""
    k = np.arange(1, 10**6, 2)
    power = 2 / (math.pi * k) ** 2
    tails = power[::-1].cumsum()[::-1][1:] + 1 / (math.pi**2 * k[-1])
    return (tails + 2 * k[:-1] * sd**2 / n).min()


def balanced_exponent(kappa):
    """Where the drift t^κ meets the noise √(t/n), the slope of t^κ in n."""
    at = [optimize.brentq(lambda t, n=n: t**kappa - math.sqrt(t / n), 1e-30, 1) ** kappa for n in (1e4, 1e6)]
    return -math.log(at[1] / at[0]) / math.log(100)  # pyright: ignore


def curve_distance(angle):
    """Squared distance of two points of one closed curve."""
    design = ClosedCurves(1, 4)
    return float(((design.embed(np.array([[angle]])) - design.embed(np.array([[0.0]]))) ** 2).sum())


def omitted_variable_risk(n, features, lost, sd, reps=20_000):
    """Mean and standard error of a² + (σ² + a²) tr (X'X)⁻¹, X Gaussian."""
    x = np.random.default_rng(0).standard_normal((reps, n, features))
    trace = np.trace(np.linalg.inv(x.transpose(0, 2, 1) @ x), axis1=1, axis2=2)
    return lost**2 + (sd**2 + lost**2) * trace.mean()


def difference_sd(n, sd, a):
    """From moments of d = a √2 sin on a grid: the variance of d² − 2εd is E d⁴ − (E d²)² + 4σ² E d²."""
    d = a * math.sqrt(2) * np.sin(2 * math.pi * np.arange(16) / 16)
    second, fourth = (d**2).mean(), (d**4).mean()
    return math.sqrt((fourth - second**2 + 4 * sd**2 * second) / n)


def weierstrass_risk(n, b):
    """The best top frequency among 40, coefficient by coefficient."""
    return min(sum(4.0 ** (-j * b) / 2 for j in range(top + 1, 400)) + 2 * 2**top / n for top in range(40))


STRUCTURES = ("generic", "additive", "single_index", "rough_outer", "binary_tree", "pair_interactions")

# function of the theory: (its value, the second route, relative tolerance)
ROUTES = {
    "composition.exponent": (
        lambda: [composition.exponent(composition.STRUCTURES[name]) for name in STRUCTURES],
        lambda: [4 / 14, 4 / 5, 4 / 5, 1 / 2, 4 / 6, 3 / 5],
        1e-12,
    ),
    "composition.effective_smoothness": (
        lambda: [composition.effective_smoothness(composition.STRUCTURES["rough_outer"], i) for i in (0, 1)],
        lambda: [1.0, 0.5],
        1e-12,
    ),
    "kernel_smoothing.ridge_risk": (
        lambda: [kernel_smoothing.ridge_risk(1e3, *case) for case in ((1.0, 1.0), (0.5, 2.0))],
        lambda: [ridge_risk(1e3, *case) for case in ((1.0, 1.0), (0.5, 2.0))],
        1e-6,
    ),
    "kernel_smoothing.ridge_exponent": (
        # bounds of the order of the noise in the next term, n^(-1/3) at the first case
        lambda: [kernel_smoothing.ridge_exponent(*case) for case in ((1.0, 1.0), (1.5, 1.0), (5.0, 1.0))],
        lambda: [
            local_slope(lambda n, case=case: kernel_smoothing.ridge_risk(n, *case), 1e8)
            for case in ((1.0, 1.0), (1.5, 1.0), (5.0, 1.0))
        ],
        1e-2,
    ),
    "kernel_smoothing.torus_risk": (
        lambda: [kernel_smoothing.torus_risk(1e3, 2, additive) for additive in (False, True)],
        lambda: [torus_risk(1e3, 2, additive) for additive in (False, True)],
        1e-6,
    ),
    "kernel_smoothing.torus_exponent": (
        lambda: [kernel_smoothing.torus_exponent(d, additive) for d in (1, 3) for additive in (False, True)],
        lambda: [
            local_slope(lambda n, d=d, a=a: kernel_smoothing.torus_risk(n, d, a), 1e12)
            for d in (1, 3)
            for a in (False, True)
        ],
        1e-2,
    ),
    "linear_suboptimality.linear_constant": (
        lambda: linear_suboptimality.linear_constant(0.7),
        lambda: 1e4 * linear_suboptimality.wiener_risk(1e8, 0.7),
        1e-9,
    ),
    "linear_suboptimality.projection_risk": (
        lambda: [linear_suboptimality.projection_risk(n, 0.5) for n in (30.0, 1000.0)],
        lambda: [jump_projection(n, 0.5) for n in (30.0, 1000.0)],
        1e-6,
    ),
    "linear_suboptimality.projection_constant": (
        lambda: linear_suboptimality.projection_constant(0.5),
        lambda: 1e5 * jump_projection(1e10, 0.5),
        1e-4,  # whole odd cutoffs
    ),
    "linear_suboptimality.floor_in_closed_form": (
        lambda: [linear_suboptimality.floor_in_closed_form(n, 0.5) for n in (8, 64)],
        lambda: [linear_suboptimality.best_linear_risk(n, 0.5) for n in (8, 64)],
        1e-10,
    ),
    "linear_suboptimality.segmentation_constant": (
        lambda: [linear_suboptimality.segmentation_constant(2.0), linear_suboptimality.segmentation_constant(2.0, 2)],
        lambda: [2 + 4 * j * linear_suboptimality.mean_location_error(2.0) for j in (1, 2)],
        1e-12,
    ),
    "margins.threshold_exponent": (
        lambda: [margins.threshold_exponent(kappa) for kappa in (1.5, 2.0, 4.0)],
        lambda: [balanced_exponent(kappa) for kappa in (1.5, 2.0, 4.0)],
        1e-6,
    ),
    "nearest_neighbours.half_arc": (
        lambda: nearest_neighbours.half_arc(np.array([curve_distance(h) for h in (0.1, 1.0, 2.5)])),
        lambda: [0.1, 1.0, 2.5],
        1e-10,
    ),
    "nearest_neighbours.best_neighbours": (
        lambda: nearest_neighbours.best_neighbours(300, 2, 0.3),
        lambda: min(range(1, 151), key=lambda k: nearest_neighbours.expected_risk(300, k, 2, 0.3)),
        0,
    ),
    "nearest_neighbours.exponent": (
        lambda: [nearest_neighbours.exponent(d) for d in (1, 2)],
        lambda: [
            local_slope(lambda n, d=d: least(lambda k: nearest_neighbours.expected_risk(n, k, d, 0.3), 3, 17), 1e8)
            for d in (1, 2)
        ],
        1e-2,
    ),
    "risk_decomposition.sieve_excess": (
        lambda: risk_decomposition.sieve_excess(20, 3, 0.5, 1.0),
        lambda: omitted_variable_risk(20, 3, 0.5, 1.0),
        4 * 0.6 / math.sqrt(20_000),  # the trace of an inverse of 3 by 3 varies by less than 0.6 of its mean
    ),
    "risk_decomposition.three_terms": (
        lambda: [risk_decomposition.three_terms(100, 7, 0.3), risk_decomposition.two_terms(100, 7, 0.3)],
        lambda: [0.07 + 0.03 + 0.09, 0.105 + 0.135],
        1e-12,
    ),
    "risk_decomposition.loss_difference_sd": (
        lambda: risk_decomposition.loss_difference_sd(50, 0.4, 0.7),
        lambda: difference_sd(50, 0.4, 0.7),
        1e-9,
    ),
    "risk_decomposition.degrees_of_freedom_cost": (
        lambda: risk_decomposition.degrees_of_freedom_cost(200, 6, 0.3),
        lambda: (6 + 6 + 2) * 0.09 / 200,
        1e-12,
    ),
    "sequence_model.minimax_exponent": (
        lambda: [sequence_model.minimax_exponent(b) for b in (0.5, 2.0)],
        lambda: [local_slope(lambda n, b=b: sequence_model.projection_risk(n, b), 1e12, 1e6) for b in (0.5, 2.0)],
        1e-3,
    ),
    "sequence_model.projection_constant": (
        lambda: [sequence_model.projection_constant(b) for b in (0.5, 2.0)],
        lambda: [1e4 ** (2 * b) * sequence_model.projection_risk(1e4 ** (2 * b + 1), b) for b in (0.5, 2.0)],
        1e-3,
    ),
    "sequence_model.weierstrass_sizes": (
        lambda: sequence_model.weierstrass_sizes(0.5, 3, 10.0),
        lambda: [10.0, 40.0, 160.0],
        1e-12,
    ),
    "sequence_model.weierstrass_risk": (
        lambda: [sequence_model.weierstrass_risk(n, b) for n, b in ((100, 0.5), (5000, 0.75))],
        lambda: [weierstrass_risk(n, b) for n, b in ((100, 0.5), (5000, 0.75))],
        1e-10,
    ),
    "sequence_model.ellipsoid_axes": (
        lambda: sequence_model.ellipsoid_axes(2.0, 5),
        lambda: [0, 4, 4, 16, 16],
        1e-12,
    ),
    "sequence_model.pinsker_constant": (
        # the axes come in pairs: the sums differ from their integrals by the inverse of their number
        lambda: [sequence_model.pinsker_constant(1, radius) for radius in (1.0, 2.0)],
        lambda: [1e9 ** (2 / 3) * sequence_model.pinsker_risk(1e9, 1, radius) for radius in (1.0, 2.0)],
        2e-3,
    ),
}
