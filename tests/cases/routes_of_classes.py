"""Second routes to the closed forms on class imbalance: minima, enumeration, influence functions, other libraries."""

import itertools
import math

import numpy as np
import torch
from scipy import optimize, stats
from sklearn.svm import SVC

from cases.second_routes import DISTANCE, HERMITE, HERMITE_WEIGHTS, PRIOR, density_ratio, two_normals
from dlstats.methods import logistic
from dlstats.theory import (
    minimisers,
    overlap,
    ranking,
    rare_events,
    surrogates,
    weighting,
)


def minimiser(function, low=1e-9, high=1 - 1e-9):
    """Of a function of one variable."""
    return optimize.minimize_scalar(function, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x


def derivative(function, x, step=1e-5):
    """Central difference."""
    return (function(x + step) - function(x - step)) / (2 * step)


def focal(p, gamma):
    """The focal loss of a probability."""
    return -((1 - p) ** gamma) * math.log(p)


def least_focal(eta, gamma):
    """The probabilities of least focal loss, over logits."""

    def loss(z):
        p = np.exp(z - np.logaddexp.reduce(z))
        return -(eta * (1 - p) ** gamma * np.log(p)).sum()

    z = optimize.minimize(loss, np.zeros(len(eta)), tol=1e-12).x
    return np.exp(z - np.logaddexp.reduce(z))


def rule(t, prior, distance):
    """Error, balanced error, recall and false alarm by the error function."""
    recall, alarm = (math.erfc((t - sign * distance / 2) / math.sqrt(2)) / 2 for sign in (1, -1))
    return [prior * (1 - recall) + (1 - prior) * alarm, (1 - recall + alarm) / 2, recall, alarm]


def all_sets(eta, proportion):
    """The largest Dice over all sets of levels."""
    choices = np.array(list(itertools.product((0, 1), repeat=len(eta))))[1:]
    return (2 * choices @ (proportion * eta) / (choices @ proportion + proportion @ eta)).max()


def tversky_inverse(t):
    """1 over the Tversky index of 1{x > t} with a = 0.3 and b = 0.7."""
    hit, alarm = PRIOR * stats.norm.sf(t - DISTANCE / 2), (1 - PRIOR) * stats.norm.sf(t + DISTANCE / 2)
    return (0.3 * hit + 0.3 * alarm + 0.7 * PRIOR) / hit


def ascended(eta, proportion):
    """The largest Dice with squared denominator over probabilities, by gradient ascent within the box."""

    def value(p):
        return -2 * (proportion * p * eta).sum() / (proportion * (p * p + eta)).sum()

    return -optimize.minimize(value, np.full(len(eta), 0.5), bounds=[(0, 1)] * len(eta), options={"ftol": 1e-15}).fun


def fewest_positives(prevalence, excess):
    """One by one, by the harmonic sum."""
    for positives in itertools.count(2):
        n = positives / prevalence
        harmonic = sum(1 / k for k in range(1, round(n) + 1))
        if (1 - prevalence) * (harmonic - 1) / (positives * (1 - 1 / n)) <= excess:
            return positives


def frequency_bias(n, p):
    """The bias of the log-odds of a frequency, given that it is not 0 or 1, in whole numbers of ways."""
    ways = {y: math.comb(n, y) * p**y * (1 - p) ** (n - y) for y in range(1, n)}
    return sum(w * math.log(y / (n - y)) for y, w in ways.items()) / sum(ways.values()) - math.log(p / (1 - p))


def sampled_log_odds(prevalence, proportion, likelihood_ratio=3.0):
    """Log-odds of a case in the sample less those in the population, by Bayes' rule at one point."""

    def log_odds(share):
        case, control = share * likelihood_ratio, 1 - share
        return math.log(case / (case + control)) - math.log(control / (case + control))

    return log_odds(proportion) - log_odds(prevalence)


def threshold_variance(weighted):
    """Var of the balanced intercept over D by influence functions, expectations under each class.

    Of logit adjustment the log-odds of the class frequency are subtracted; weights are those of the class frequencies, so that
    scores are centred within the classes.
    """
    weight1, weight0 = (0.5 / PRIOR, 0.5 / (1 - PRIOR)) if weighted else (1.0, 1.0)
    odds = 1.0 if weighted else PRIOR / (1 - PRIOR)

    def q(x):
        return odds * density_ratio(x) / (1 + odds * density_ratio(x))

    def curvature(k):
        return two_normals(*[lambda x, w=w: x**k * w * q(x) * (1 - q(x)) for w in (weight1, weight0)])

    first, second = np.linalg.inv([[curvature(0), curvature(1)], [curvature(1), curvature(2)]])[0]

    def influence(x, y, weight):
        moved = (first + second * x) * weight * (y - q(x))
        if weighted:
            return moved - HERMITE_WEIGHTS @ moved
        return moved - (y - PRIOR) / (PRIOR * (1 - PRIOR))

    variance = two_normals(lambda x: influence(x, 1, weight1) ** 2, lambda x: influence(x, 0, weight0) ** 2)
    return variance / DISTANCE**2


def expected_balanced_error(distance, variance):
    """Of a normal threshold about 0, less that at 0, by the Gauss-Hermite rule."""
    t = math.sqrt(variance) * HERMITE
    return HERMITE_WEIGHTS @ (stats.norm.cdf(t - distance / 2) + stats.norm.sf(t + distance / 2)) / 2 - stats.norm.cdf(
        -distance / 2
    )


def ridge_shift(ratio):
    """Minus intercept over slope, and the slope, of weighted ridge logistic regression on ±1 at a tiny penalty."""
    x, sign, one = np.array([[1.0], [-1.0]]), np.array([1.0, -1.0]), np.ones(2)
    w, b = logistic.ridge_path(x, sign, 10.0 ** -np.arange(30.0), np.array([ratio, 1.0]), one, 0 * one)[-1]
    return -b / w, w


def separated():
    """Two classes of points that a line parts."""
    rng = np.random.default_rng(2)
    sign = np.repeat([1.0, -1.0], 8)
    return np.column_stack([sign * (1 + rng.exponential(1, 16)), rng.normal(size=16)]), sign


def machine(x, sign):
    """The hard margin by the support vector machine of scikit-learn."""
    fitted = SVC(kernel="linear", C=1e8, tol=1e-10).fit(x, sign)
    return [*fitted.coef_[0], fitted.intercept_[0]]


PROBABILITIES = np.array([0.1, 0.3, 0.6])
ETAS = (0.1, 0.35, 0.8)
NAMES = ("hinge", "exponential", "logistic", "square", "truncated_square")
CLASSES = {name: surrogates.SURROGATES[name].loss for name in NAMES}
X, SIGN = separated()

# function of the theory: (its value, the second route, relative tolerance)
ROUTES = {
    "minimisers.weighted_map": (
        lambda: [minimisers.weighted_map(np.array(eta), 3.0, 0.5) for eta in ETAS],
        lambda: [minimiser(lambda p, e=eta: -3 * e * math.log(p) - 0.5 * (1 - e) * math.log(1 - p)) for eta in ETAS],
        1e-6,
    ),
    "minimisers.focal_link": (
        lambda: [float(minimisers.focal_link(np.array(p), 2.5)) for p in (0.2, 0.7)],
        lambda: [-p * derivative(lambda u: focal(u, 2.5), p) for p in (0.2, 0.7)],
        1e-8,
    ),
    "minimisers.focal_map": (
        lambda: [minimisers.focal_map(eta, 2.0, 0.25) for eta in ETAS],
        lambda: [minimiser(lambda p, e=eta: e * focal(p, 2) + 3 * (1 - e) * focal(1 - p, 2)) for eta in ETAS],
        1e-6,
    ),
    "minimisers.focal_map_multiclass": (
        # the loss is flat at its least: half the digits
        lambda: minimisers.focal_map_multiclass(PROBABILITIES, 2.0),
        lambda: least_focal(PROBABILITIES, 2.0),
        1e-5,
    ),
    "minimisers.focal_inverse": (
        lambda: minimisers.focal_inverse(least_focal(PROBABILITIES, 2.0), 2.0),
        lambda: PROBABILITIES,
        1e-5,
    ),
    "minimisers.ldam_ratio": (
        lambda: [minimisers.ldam_ratio(50, 900), minimisers.ldam_ratio_numeric(50, 900)],
        lambda: [(g := minimiser(lambda u: 1 / (u * math.sqrt(50)) + 1 / ((1 - u) * 30))) / (1 - g)] * 2,
        1e-6,
    ),
    "minimisers.gaussian_threshold": (
        lambda: minimisers.gaussian_threshold(PRIOR, DISTANCE),
        lambda: optimize.brentq(lambda x: PRIOR * stats.norm.pdf(x, 0.75) - 0.9 * stats.norm.pdf(x, -0.75), -9, 9),
        1e-9,
    ),
    "minimisers.gaussian_rule": (
        lambda: list(minimisers.gaussian_rule(0.3, PRIOR, DISTANCE).values()),
        lambda: rule(0.3, PRIOR, DISTANCE),
        1e-12,
    ),
    "minimisers.cross_entropy_of": (
        lambda: minimisers.cross_entropy_of([0.3, -1.0, 2.0], 1),
        lambda: float(
            torch.nn.functional.cross_entropy(torch.tensor([[0.3, -1, 2]], dtype=torch.float64), torch.tensor([1]))
        ),
        1e-12,
    ),
    "overlap.posterior": (
        lambda: overlap.posterior(0.4, PRIOR, DISTANCE),
        lambda: (
            PRIOR * stats.norm.pdf(0.4, 0.75) / (PRIOR * stats.norm.pdf(0.4, 0.75) + 0.9 * stats.norm.pdf(0.4, -0.75))
        ),
        1e-12,
    ),
    "overlap.dice_linear": (
        lambda: overlap.dice_linear(overlap.LEVELS, overlap.PROPORTIONS)[0],
        lambda: all_sets(overlap.LEVELS, overlap.PROPORTIONS),
        1e-12,
    ),
    "overlap.dice_squared": (
        lambda: overlap.dice_squared(overlap.LEVELS, overlap.PROPORTIONS)[0],
        lambda: ascended(overlap.LEVELS, overlap.PROPORTIONS),
        1e-8,
    ),
    "overlap.tversky_threshold": (
        lambda: overlap.tversky_threshold(overlap.tversky_by_search(PRIOR, DISTANCE, 0.3, 0.7)[0], 0.3, 0.7),
        lambda: overlap.posterior(minimiser(tversky_inverse, -2, 4), PRIOR, DISTANCE),
        1e-6,
    ),
    "ranking.positives_for": (
        lambda: [ranking.positives_for(0.1, excess) for excess in (0.1, 0.02)],
        lambda: [fewest_positives(0.1, excess) for excess in (0.1, 0.02)],
        0,
    ),
    "ranking.auc_gaussians": (
        lambda: ranking.auc_gaussians(DISTANCE),
        lambda: HERMITE_WEIGHTS @ stats.norm.cdf(DISTANCE - HERMITE),
        1e-10,
    ),
    "rare_events.intercept_bias_exact": (
        lambda: rare_events.intercept_bias_exact(12, 0.3),
        lambda: frequency_bias(12, 0.3),
        1e-10,
    ),
    "rare_events.intercept_bias": (
        # the next term is of relative order 1 / (n p)
        lambda: rare_events.intercept_bias(100_000, 0.1),
        lambda: rare_events.intercept_bias_exact(100_000, 0.1),
        1e-3,
    ),
    "rare_events.case_control_offset": (
        lambda: rare_events.case_control_offset(0.01, 0.4),
        lambda: sampled_log_odds(0.01, 0.4),
        1e-12,
    ),
    "surrogates.conditional_risk": (
        lambda: surrogates.conditional_risk(CLASSES["hinge"], 0.3, np.array([-0.5, 2.0])),
        lambda: [0.3 * 1.5 + 0.7 * 0.5, 0.3 * 0 + 0.7 * 3],
        1e-12,
    ),
    "surrogates.minimal_risk": (
        lambda: [surrogates.minimal_risk(CLASSES[name], 0.2) for name in NAMES],
        lambda: [0.4, 2 * 0.4, -0.2 * math.log(0.2) - 0.8 * math.log(0.8), 4 * 0.16, 4 * 0.16],
        1e-8,
    ),
    "weighting.threshold_variance": (
        lambda: [weighting.threshold_variance(PRIOR, DISTANCE, weighted) for weighted in (False, True)],
        lambda: [threshold_variance(weighted) for weighted in (False, True)],
        1e-8,
    ),
    "weighting.excess_balanced_error": (
        # to second order: what is left is of the relative order of the variance
        lambda: weighting.excess_balanced_error(DISTANCE, 1e-4),
        lambda: expected_balanced_error(DISTANCE, 1e-4),
        1e-3,
    ),
    "weighting.boundary_shift": (
        lambda: -weighting.boundary_shift(math.log(20), ridge_shift(20.0)[1]),
        lambda: ridge_shift(20.0)[0],
        1e-6,
    ),
    "weighting.hard_margin": (
        lambda: np.append(*weighting.hard_margin(X, SIGN)),
        lambda: machine(X, SIGN),
        1e-4,
    ),
}
