"""Split conformal prediction: the exact distributions of coverage, whatever the model and the distribution of the data.

With n exchangeable calibration scores without ties and k = ⌈(n + 1)(1 − a)⌉, coverage given the calibration
scores is Beta(k, n + 1 − k), and the number covered of m test points is Beta-Binomial(m, k, n + 1 − k)
[Vovk 2012; Angelopoulos and Bates 2023, section 3.2].
"""

from __future__ import annotations

from fractions import Fraction

import scipy


def rank(n: int, miscoverage: Fraction) -> int:
    """k = ⌈(n + 1)(1 − a)⌉ in integers; the interval is the whole line when k > n.

    In floating point, (n + 1)(1 − a) is often one unit in the last place off a whole number.
    """
    if not 0 < miscoverage < 1:
        raise ValueError(f"`miscoverage` must lie strictly between 0 and 1, got {miscoverage}.")
    product = (n + 1) * (1 - Fraction(miscoverage))
    return -(-product.numerator // product.denominator)


def coverage(n: int, miscoverage: Fraction) -> Fraction:
    """Marginal coverage k/(n + 1), 1 when k > n: in [1 − a, 1 − a + 1/(n + 1)]."""
    return min(Fraction(rank(n, miscoverage), n + 1), Fraction(1))


def conditional_distribution(n: int, miscoverage: Fraction):
    """The distribution of coverage given the calibration scores, Beta(k, n + 1 − k); for k <= n."""
    k = rank(n, miscoverage)
    if k > n:
        raise ValueError(f"`n` must be at least {k} for a finite interval at miscoverage {miscoverage}, got {n}.")
    return scipy.stats.beta(k, n + 1 - k)


def covered_distribution(test_points: int, n: int, miscoverage: Fraction):
    """The distribution of the number covered of `test_points`, Beta-Binomial(m, k, n + 1 − k); for k <= n."""
    k = rank(n, miscoverage)
    return scipy.stats.betabinom(test_points, k, n + 1 - k)


def octiles(test_points: int, n: int, miscoverage: Fraction) -> list[int]:
    """Counts that cut the distribution of the number covered into eight groups of about equal probability."""
    distribution = covered_distribution(test_points, n, miscoverage)
    return [int(distribution.ppf(k / 8)) for k in range(1, 8)]
