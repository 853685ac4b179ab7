"""Second routes to Fisher information and the moments of descent: scores by differences, enumeration, torch."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import torch
from scipy import integrate, special, stats

from dlstats.theory import information, second_moments, update_rules


def scores(log_density, at, step=1e-5):
    """x -> derivatives of the log density in its parameters, by central differences."""
    moves = step * np.eye(len(at))
    return lambda x: np.array([(log_density(x, *(at + m)) - log_density(x, *(at - m))) / (2 * step) for m in moves])


def integrated(log_density, at, low, high):
    """E of the products of scores, the integral cut at the middle of the distribution."""
    score = scores(log_density, np.array(at, float))

    def entry(i, j, a, b):
        return integrate.quad(
            lambda x: float(score(x)[i] * score(x)[j] * math.exp(log_density(x, *at))), a, b, limit=200
        )[0]

    size, middle = range(len(at)), max(low, min(high, 0.0))
    return [[entry(i, j, low, middle) + entry(i, j, middle, high) for j in size] for i in size]


def summed(log_mass, at, outcomes):
    """E of the products of scores over outcomes."""
    score = scores(log_mass, np.array(at, float))
    return sum(math.exp(log_mass(x, *at)) * np.outer(score(x), score(x)) for x in outcomes)


def ranking(order, *utilities):
    """Log probability of an order: choices one after the other among what is left."""
    left, total = list(order), 0.0
    for item in order:
        total += utilities[item] - special.logsumexp([utilities[i] for i in left])
        left.remove(item)
    return total


def means_without_replacement(numbers, batch):
    """Variance of the means of all subsets."""
    return np.var([np.mean(subset) for subset in itertools.combinations(numbers, batch)])


def torch_descent(make: Callable):
    """Four iterates of an optimiser of torch on Σ w⁴/4."""
    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimiser, path = make([w]), [START]
    for _ in range(4):
        optimiser.zero_grad()
        (w**4 / 4).sum().backward()
        optimiser.step()
        path.append(w.detach().numpy().copy())
    return np.array(path)


def descent(rule):
    """The same iterates of a rule."""
    return update_rules.descend(rule, lambda w: w**3, START, 4)


def rising_class(change):
    """Total variation between two classes before and after one logit rises and the other falls, at the best start."""
    p = np.linspace(1e-4, 1 - 1e-4, 20_001)
    after = special.expit(special.logit(p) + 2 * change)
    return (after - p).max()


START = np.array([1.0, -0.5])
COVARIANCE = np.array([[2.0, 0.3], [0.3, 0.5]])
NUMBERS = (1.0, 4.0, -2.0, 7.0, 0.5)

# function of the theory: (its value, the second route, relative tolerance)
ROUTES = {
    "information.normal": (
        lambda: information.normal(0.7),
        lambda: integrated(lambda x, m, s: stats.norm.logpdf(x, m, s), (0.0, 0.7), -8, 8),
        1e-6,
    ),
    "information.student": (
        lambda: information.student(3.0, 0.7),
        lambda: integrated(lambda x, m, s: stats.t.logpdf(x, 3.0, m, s), (0.0, 0.7), -np.inf, np.inf),
        1e-6,
    ),
    "information.laplace": (
        lambda: information.laplace(0.7),
        lambda: integrated(lambda x, m, s: stats.laplace.logpdf(x, m, s), (0.0, 0.7), -30, 30),
        1e-4,  # differences across the corner
    ),
    "information.exponential": (
        lambda: information.exponential(1.7),
        lambda: integrated(lambda x, r: math.log(r) - r * x, (1.7,), 0, 40),
        1e-6,
    ),
    "information.gamma": (
        lambda: information.gamma(2.5, 1.7),
        lambda: integrated(lambda x, a, r: stats.gamma.logpdf(x, a, scale=1 / r), (2.5, 1.7), 1e-12, 60),
        1e-6,
    ),
    "information.beta": (
        lambda: information.beta(2.5, 1.7),
        lambda: integrated(lambda x, a, b: stats.beta.logpdf(x, a, b), (2.5, 1.7), 1e-12, 1 - 1e-12),
        1e-6,
    ),
    "information.von_mises": (
        lambda: information.von_mises(1.3),
        lambda: integrated(lambda x, m, k: stats.vonmises.logpdf(x, k, m), (0.0, 1.3), -math.pi, math.pi),
        1e-6,
    ),
    "information.bernoulli": (
        lambda: information.bernoulli(0.3),
        lambda: summed(lambda x, p: math.log(p if x else 1 - p), (0.3,), (0, 1)),
        1e-6,
    ),
    "information.categorical": (
        lambda: information.categorical((0.3, -1.0, 0.5)),
        lambda: summed(lambda x, *z: z[x] - special.logsumexp(z), (0.3, -1.0, 0.5), range(3)),
        1e-6,
    ),
    "information.poisson": (
        lambda: information.poisson(2.5),
        lambda: summed(lambda x, r: stats.poisson.logpmf(x, r), (2.5,), range(60)),
        1e-6,
    ),
    "information.normal_mean": (
        lambda: information.normal_mean(COVARIANCE) @ COVARIANCE,
        lambda: np.eye(2),
        1e-9,
    ),
    "information.plackett_luce": (
        lambda: information.plackett_luce((0.3, -1.0, 0.5)),
        lambda: summed(ranking, (0.3, -1.0, 0.5), itertools.permutations(range(3))),
        1e-6,
    ),
    "information.total_variation_bound": (
        lambda: information.total_variation_bound(0.8),
        lambda: rising_class(0.8),
        1e-6,
    ),
    "second_moments.returned": (
        lambda: second_moments.returned((1.0, 0.3), 0.2, 2),
        lambda: sum(0.1 * e / (2 - 0.3 * e) for e in (1.0, 0.3)),
        1e-12,
    ),
    "second_moments.subset_variance": (
        lambda: second_moments.subset_variance(float(np.var(NUMBERS)), 5, 2),
        lambda: means_without_replacement(NUMBERS, 2),
        1e-12,
    ),
    "update_rules.gradient_descent": (
        lambda: descent(update_rules.gradient_descent(0.1)),
        lambda: torch_descent(lambda w: torch.optim.SGD(w, lr=0.1)),
        1e-12,
    ),
    "update_rules.nesterov": (
        lambda: descent(update_rules.nesterov(0.1, 0.8)),
        lambda: torch_descent(lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.8, nesterov=True)),
        1e-12,
    ),
    "update_rules.adagrad": (
        lambda: descent(update_rules.adagrad(0.1)),
        lambda: torch_descent(lambda w: torch.optim.Adagrad(w, lr=0.1)),
        1e-12,
    ),
    "update_rules.rmsprop": (
        lambda: descent(update_rules.rmsprop(0.1, 0.9)),
        lambda: torch_descent(lambda w: torch.optim.RMSprop(w, lr=0.1, alpha=0.9)),
        1e-12,
    ),
    "update_rules.adam": (
        lambda: descent(update_rules.adam(0.1)),
        lambda: torch_descent(lambda w: torch.optim.Adam(w, lr=0.1)),
        1e-12,
    ),
    "update_rules.amsgrad": (
        lambda: descent(update_rules.amsgrad(0.1, 0.9, 0.99)),
        lambda: torch_descent(lambda w: torch.optim.Adam(w, lr=0.1, betas=(0.9, 0.99), amsgrad=True)),
        1e-12,
    ),
    "update_rules.normalised": (
        lambda: descent(update_rules.normalised(0.1, 0.0)),
        lambda: [[1 - 0.1 * t, -0.5 + 0.1 * t] for t in range(5)],
        1e-12,
    ),
    "update_rules.at": (
        lambda: [update_rules.at(lambda t: 1 / t, 4), update_rules.at(0.3, 4)],
        lambda: [0.25, 0.3],
        1e-12,
    ),
}
