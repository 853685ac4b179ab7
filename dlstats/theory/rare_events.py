"""Rare events: small-sample bias of logistic regression, case-control sampling, and the prior under label shift."""

from __future__ import annotations

import math

import numpy as np
import scipy


def intercept_bias(n: int, p: float) -> float:
    """First-order bias (p − 1/2)/(n p (1 − p)) of the log-odds of a frequency [McCullagh and Nelder 1989, 15.2]."""
    return (p - 0.5) / (n * p * (1 - p))


def intercept_bias_exact(n: int, p: float) -> float:
    """The bias of the same estimate, given that it exists (0 < y < n), by summing the binomial distribution."""
    y = np.arange(1, n)
    distribution = scipy.stats.binom.pmf(y, n, p)
    return float(distribution @ np.log(y / (n - y)) / distribution.sum() - math.log(p / (1 - p)))


def case_control_offset(prevalence: float, proportion: float) -> float:
    """ln((1 − τ)/τ · ȳ/(1 − ȳ)), what sampling by case status adds to the intercept [Prentice and Pyke 1979].

    τ is the prevalence of the population and ȳ the proportion of cases in the sample.
    """
    return math.log((1 - prevalence) / prevalence * proportion / (1 - proportion))


def label_shift_sd(prior: float, distance: float, n: int) -> float:
    """Cramér-Rao bound 1/√(n I), I = ∫ (p₁ − p₀)²/(π p₁ + (1 − π) p₀), of the prior π with known N(±D/2, 1)."""

    def integrand(x: float) -> float:
        one, zero = scipy.stats.norm.pdf(x - distance / 2), scipy.stats.norm.pdf(x + distance / 2)
        return float((one - zero) ** 2 / (prior * one + (1 - prior) * zero))

    return 1 / math.sqrt(n * scipy.integrate.quad(integrand, -12, 12, epsabs=1e-13, limit=300)[0])
