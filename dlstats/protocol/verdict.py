"""Verdicts on expectations: p-values for and against, Holm's adjustment, power, and the replicates that would decide.

- An exact estimate (law `exact`: no randomness, or every replicate must obey) obeys or does not.
- `equals` says that a parameter is `theory` to within `margin`: supported when the 90 % interval lies inside (two
  one-sided tests of level 5 %), refuted when the Holm-adjusted 95 % interval lies outside.
- `at_most` and `at_least` are one-sided, with `margin` as slack beyond `theory`.

Holm's adjustment runs over all statistical refutations of a ledger. Whatever is neither supported nor refuted is
undecided.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import optimize, special, stats

from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Expectation

VERDICTS = ("supported", "supported, pre-asymptotic", "refuted", "undecided")
LEVEL = 0.05
POWER = 0.8


def deviation(relation: str, value: float, theory: float) -> float:
    """How far the measured value goes beyond the claim, before the margin: |value - theory| or a signed excess."""
    if relation == "equals":
        return abs(value - theory)
    return theory - value if relation == "at_least" else value - theory


def obeys(expected: Expectation, value: float) -> bool:
    """Whether a number without randomness is as expected: up to the margin and the rounding of the subtraction.

    A margin of 0 is kept to the bit; what is not finite never obeys.
    """
    if not math.isfinite(value):
        return False
    excess = deviation(expected.relation, value, expected.theory) - expected.margin
    rounding = 4 * np.finfo(float).eps * max(abs(value), abs(expected.theory)) if expected.margin > 0 else 0.0
    return excess <= rounding


def p_values(relation: str, estimate: Estimate, theory: float, margin: float) -> tuple[float, float]:
    """p-values (against, for) a claim: small `against` refutes, small `for` supports.

    Statistical kinds: Student t on (deviation - margin) / mcse, or exact binomial tails for a share. Equivalence is
    supported by two one-sided tests and refuted by a two-sided one. The worst of several estimates pays for the
    search when it refutes (Bonferroni), not when it supports (intersection-union). Exact kinds give 0 and 1.
    """
    if estimate.law == "exact" or (estimate.mcse == 0 and estimate.law == "t"):
        return (1.0, 0.0) if obeys(Expectation(relation, theory, margin), estimate.value) else (0.0, 1.0)
    if estimate.law == "binomial":
        tail, favour = _binomial_tails(relation, estimate, theory, margin)
    else:
        z = (deviation(relation, estimate.value, theory) - margin) / estimate.mcse
        tail, favour = float(special.stdtr(estimate.degrees, -z)), float(special.stdtr(estimate.degrees, z))
    searched = estimate.looked_at * (2 if relation == "equals" else 1)
    return min(1.0, searched * tail), favour


def _binomial_tails(relation: str, estimate: Estimate, theory: float, margin: float) -> tuple[float, float]:
    """One-sided exact p-values (against, for); a bound outside [0, 1] cannot be crossed."""
    reps = estimate.replicates
    count = round(estimate.value * reps)
    low, high = theory - margin, theory + margin
    below_low = float(stats.binom.cdf(count, reps, low)) if low >= 0 else 1.0
    above_low = float(stats.binom.sf(count - 1, reps, low)) if low >= 0 else 0.0
    below_high = float(stats.binom.cdf(count, reps, high)) if high <= 1 else 0.0
    above_high = float(stats.binom.sf(count - 1, reps, high)) if high <= 1 else 1.0
    if relation == "at_most":
        return above_high, below_high
    if relation == "at_least":
        return below_low, above_low
    return min(below_low, above_high), max(above_low, below_high)


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's adjusted p-values, shape (claims,); entries that are not a number stay so and do not count."""
    p = np.asarray(p, dtype=float)
    adjusted = np.full_like(p, math.nan)
    where = np.flatnonzero(~np.isnan(p))
    order = where[np.argsort(p[where], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps)) if len(order) else steps
    return adjusted


def decide(against: float, favour: float, lack_of_fit: float = math.nan) -> str:
    """The verdict from the Holm-adjusted p-value `against` and the plain p-value `favour`.

    A claim that is supported although the fitted form does not fit (`lack_of_fit` below the level) is pre-asymptotic.
    """
    if math.isnan(against) or math.isnan(favour):
        return "undecided"
    if against < LEVEL:
        return "refuted"
    if favour < LEVEL:
        return "supported, pre-asymptotic" if lack_of_fit < LEVEL else "supported"
    return "undecided"


def support_power(relation: str, bias: float, mcse: float, margin: float) -> float:
    """Probability that a claim is supported when the truth is `bias` beyond `theory`; normal error of size `mcse`.

    Equivalence: Phi((margin - bias)/mcse - z) + Phi((margin + bias)/mcse - z) - 1, z = 1.645.
    """
    z = -special.ndtri(LEVEL)
    upper = special.ndtr((margin - bias) / mcse - z)
    if relation != "equals":
        return float(upper)
    return max(0.0, float(upper + special.ndtr((margin + bias) / mcse - z) - 1))


def refute_power(relation: str, bias: float, mcse: float, margin: float, counted: int = 1) -> float:
    """Probability that a claim is refuted when the truth is `bias` beyond `theory`, among `counted` (Bonferroni)."""
    z = -special.ndtri(LEVEL / counted / (2 if relation == "equals" else 1))
    upper = special.ndtr((bias - margin) / mcse - z)
    return float(upper + special.ndtr((-bias - margin) / mcse - z)) if relation == "equals" else float(upper)


def wanted_mcse(relation: str, value: float, theory: float, margin: float, counted: int = 1) -> float:
    """The Monte Carlo standard error at which the claim is decided with probability 0.8, were `value` the truth.

    0.342 margin for an equivalence that holds without deviation. 0 when the value stands on the border.
    """
    bias = deviation(relation, value, theory)
    gap = abs(bias - margin)
    if not gap > 0:
        return 0.0

    def short(log: float) -> float:
        mcse = gap * math.exp(log)
        if bias < margin:
            return support_power(relation, bias, mcse, margin) - POWER
        return refute_power(relation, bias, mcse, margin, counted) - POWER

    return gap * math.exp(float(optimize.brentq(short, -5.0, 5.0)))


def needed(relation: str, estimate: Estimate, theory: float, margin: float, counted: int = 1) -> float:
    """Replicates that would decide the claim with probability 0.8, the error falling as 1 / sqrt(replicates).

    Infinite when the estimate stands on the border; not a number without an error.
    """
    if not (math.isfinite(estimate.value) and estimate.mcse > 0):
        return math.nan
    target = wanted_mcse(relation, estimate.value, theory, margin, counted * estimate.looked_at)
    if not target > 0:
        return math.inf
    return float(math.ceil(estimate.replicates * (estimate.mcse / target) ** 2))
