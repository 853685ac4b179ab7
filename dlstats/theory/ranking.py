"""Ranking measures: average precision of a random ranking, and the AUC of two Gaussians with its exact variance."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import scipy


def average_precision_random(n: int, positives: int) -> float:
    """E AP = (1/n) (H_n + (P − 1) (n − H_n)/(n − 1)) of a random ranking, H_n the harmonic number. Short proof.

    Equal to the prevalence P/n plus (n − P)(H_n − 1)/(n (n − 1)): larger than P/n, which is its limit only.
    """
    harmonic = sum(1 / k for k in range(1, n + 1))
    return (harmonic + (positives - 1) * (n - harmonic) / (n - 1)) / n


def positives_for(prevalence: float, excess: float) -> int:
    """Fewest positives P with (1 − π)(H_n − 1)/(P (1 − 1/n)) at most `excess`, n = P/π, by a root in real P."""

    def gap(log_positives: float) -> float:
        positives = math.exp(log_positives)
        n = positives / prevalence
        harmonic = float(scipy.special.digamma(n + 1)) + np.euler_gamma
        return (1 - prevalence) * (harmonic - 1) / (positives * (1 - 1 / n)) - excess

    return math.ceil(math.exp(scipy.optimize.brentq(gap, math.log(2), 40.0)))  # pyright: ignore[reportArgumentType]


def average_precision_enumerated(n: int, positives: int) -> float:
    """The same expectation as the mean over all C(n, P) rankings."""
    total = 0.0
    for places in combinations(range(1, n + 1), positives):
        total += sum((k + 1) / rank for k, rank in enumerate(places)) / positives
    return total / math.comb(n, positives)


def auc_gaussians(distance: float) -> float:
    """Φ(D/√2) for N(±D/2, 1)."""
    return float(scipy.stats.norm.cdf(distance / math.sqrt(2)))


def auc_sd(distance: float, positives: int, negatives: int) -> float:
    """Exact standard deviation of the empirical AUC of two Gaussians, a two-sample U-statistic.

    Var = (A (1 − A) + (P − 1)(Q − A²) + (N − 1)(Q − A²)) / (P N), Q the probability that two comparisons which share
    one point both come out right: both differences are normal with correlation 1/2.
    """
    area = auc_gaussians(distance)
    cut = distance / math.sqrt(2)
    both = float(scipy.stats.multivariate_normal.cdf(np.array([cut, cut]), cov=np.array([[1, 0.5], [0.5, 1]])))
    shared = (positives + negatives - 2) * (both - area**2)
    return math.sqrt((area * (1 - area) + shared) / (positives * negatives))
