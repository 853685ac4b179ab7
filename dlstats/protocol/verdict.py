"""Verdicts on expectations: p-values for and against, Holm's adjustment, the decision, and what it is called.

- An exact estimate (law `exact`: no randomness, or every replicate must obey) obeys or does not.
- `equals` says that a parameter is `theory` to within `margin`: for it when the 90 % interval lies inside (two
  one-sided tests of level 5 %), against it when the Holm-adjusted 95 % interval lies outside.
- `at_most` and `at_least` are one-sided, with `margin` as slack beyond `theory`.

Holm's adjustment runs over all statistical claims of a ledger. What speaks neither for nor against a claim leaves it
undecided. What a decision is called depends on the claim's origin: a simulation cannot refute a theorem.
"""

from __future__ import annotations

import math

import numpy as np
import scipy

from dlstats.montecarlo import Estimate
from dlstats.montecarlo.intervals import STILL
from dlstats.protocol.claim import Claim, Expectation

LEVEL = 0.05
CONFLICT = 0.001
"""Adjusted p-value below which a statement that is proven is in conflict with what was measured."""
NO_FIT = 0.01
"""p-value of lack of fit below which a slope is no number to judge."""
POWER = 0.8
WORTH = 4
"""More replicates settle a claim if at most so many times those run would."""

SUPPORTED, UNDECIDED, NOT_RUN, NOT_REACHED, CONFLICTS = "supported", "undecided", "not run", "not reached", "conflict"
RECIPE_BOUND = "recipe-bound"
FOR = {"finding": "replicated", "control": "does not break"}
"""What a decision for a claim is called where it is not `supported`, by the kind of its origin."""
AGAINST = {"stated": "refuted", "practice": "refuted", "finding": "not replicated", "control": "breaks"}
PROVEN = ("theorem", "derived")
VERDICTS = (
    SUPPORTED, "replicated", "breaks", NOT_REACHED, "refuted", "not replicated", "does not break", CONFLICTS,
    RECIPE_BOUND, UNDECIDED, NOT_RUN,
)  # fmt: skip
REASONS = (
    "more replicates would settle it", "it lies on the margin", "the model does not fit", "a value is not finite",
    STILL, "too many failed", "it nears a conflict",
)  # fmt: skip
"""Why a claim is undecided: one of these, and nothing else."""
MORE, BORDER, UNFITTED, NOT_FINITE, NO_VARIATION, FAILED, NEARS_CONFLICT = REASONS


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

    Statistical kinds: Student t on (deviation - margin) / mcse, or exact binomial tails for a proportion. Equivalence is
    supported by two one-sided tests and refuted by a two-sided one. The worst of several estimates pays for the
    search when it refutes (Bonferroni), not when it supports (intersection-union). Exact kinds give 0 and 1. Replicates
    without variation give no error, and so no p-value (NaN); nor does what is not finite.
    """
    if not math.isfinite(estimate.value) or (estimate.law == "t" and not estimate.mcse > 0):
        return math.nan, math.nan
    if estimate.law == "exact":
        return (1.0, 0.0) if obeys(Expectation(relation, theory, margin), estimate.value) else (0.0, 1.0)
    if estimate.law == "binomial":
        tail, favour = _binomial_tails(relation, estimate, theory, margin)
    else:
        z = (deviation(relation, estimate.value, theory) - margin) / estimate.mcse
        tail, favour = float(scipy.special.stdtr(estimate.degrees, -z)), float(scipy.special.stdtr(estimate.degrees, z))
    searched = estimate.looked_at * (2 if relation == "equals" else 1)
    return min(1.0, searched * tail), favour


def _binomial_tails(relation: str, estimate: Estimate, theory: float, margin: float) -> tuple[float, float]:
    """One-sided exact p-values (against, for); a bound outside [0, 1] cannot be crossed."""
    reps = estimate.replicates
    count = round(estimate.value * reps)
    low, high = theory - margin, theory + margin
    below_low = float(scipy.stats.binom.cdf(count, reps, low)) if low >= 0 else 1.0
    above_low = float(scipy.stats.binom.sf(count - 1, reps, low)) if low >= 0 else 0.0
    below_high = float(scipy.stats.binom.cdf(count, reps, high)) if high <= 1 else 0.0
    above_high = float(scipy.stats.binom.sf(count - 1, reps, high)) if high <= 1 else 1.0
    if relation == "at_most":
        return above_high, below_high
    if relation == "at_least":
        return below_low, above_low
    return min(below_low, above_high), max(above_low, below_high)


def looked(p: np.ndarray, looks: np.ndarray) -> np.ndarray:
    """p-values at the k-th look at growing replicates, multiplied by k (k + 1) / 2: all looks together have twice the level."""
    return np.minimum(1.0, p * looks * (looks + 1) / 2)


def decide(against: float, favour: float) -> str:
    """`refuted`, `supported` or `undecided`, from the Holm-adjusted p-value `against` and the plain one `favour`."""
    if math.isnan(against) or math.isnan(favour):
        return UNDECIDED
    if against < LEVEL:
        return "refuted"
    return SUPPORTED if favour < LEVEL else UNDECIDED


def called(decision: str, kind: str, regime: str, against: float) -> str:
    """The verdict that a decision is for a claim of this kind of origin and this regime.

    A proven statement that is contradicted is `not reached` if it is on a limit, else a `conflict` from an adjusted
    p-value below 0.001 on, and undecided before.
    """
    if decision == SUPPORTED:
        return FOR.get(kind, SUPPORTED)
    if decision == "refuted" and kind in PROVEN:
        if regime == "asymptotic":
            return NOT_REACHED
        return CONFLICTS if against < CONFLICT else UNDECIDED
    return AGAINST[kind] if decision == "refuted" else UNDECIDED


def unfitted(favour: float, kind: str, regime: str) -> str:
    """The verdict on a slope where no straight line fits: the last two local slopes decide, and never against a claim."""
    if kind in PROVEN and regime == "asymptotic":
        return SUPPORTED if favour < LEVEL else NOT_REACHED
    return UNDECIDED


def enough(claim: Claim, estimate: Estimate) -> bool:
    """Whether so few replicates may be judged: exact numbers and exact binomial tails always, else as the claim says."""
    return estimate.law != "t" or estimate.replicates >= claim.replicates or math.isnan(estimate.mcse)


def support_power(relation: str, bias: float, mcse: float, margin: float) -> float:
    """Probability that a claim is supported when the truth is `bias` beyond `theory`; normal error of size `mcse`.

    Equivalence: Phi((margin - bias)/mcse - z) + Phi((margin + bias)/mcse - z) - 1, z = 1.645.
    """
    z = -scipy.special.ndtri(LEVEL)
    upper = scipy.special.ndtr((margin - bias) / mcse - z)
    if relation != "equals":
        return float(upper)
    return max(0.0, float(upper + scipy.special.ndtr((margin + bias) / mcse - z) - 1))


def refute_power(relation: str, bias: float, mcse: float, margin: float, counted: int = 1) -> float:
    """Probability that a claim is refuted when the truth is `bias` beyond `theory`, among `counted` (Bonferroni)."""
    z = -scipy.special.ndtri(LEVEL / counted / (2 if relation == "equals" else 1))
    upper = scipy.special.ndtr((bias - margin) / mcse - z)
    return float(upper + scipy.special.ndtr((-bias - margin) / mcse - z)) if relation == "equals" else float(upper)


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

    return gap * math.exp(float(scipy.optimize.brentq(short, -5.0, 5.0)))


def needed(relation: str, estimate: Estimate, theory: float, margin: float, counted: int = 1) -> float:
    """Replicates that would decide the claim with probability 0.8, the error falling as 1 / sqrt(replicates).

    The degrees of freedom of the error grow as the replicates, which counts where they are few. Infinite when the estimate
    stands on the border; NaN without an error.
    """
    if not (math.isfinite(estimate.value) and estimate.mcse > 0):
        return math.nan
    counted = counted * estimate.looked_at
    target = wanted_mcse(relation, estimate.value, theory, margin, counted)
    if not target > 0:
        return math.inf
    ratio = estimate.mcse / target
    replicates = estimate.replicates * max(ratio * ratio, _times(relation, estimate, theory, margin, counted))
    return float(math.ceil(replicates)) if math.isfinite(replicates) else math.inf


def _times(relation: str, estimate: Estimate, theory: float, margin: float, counted: int) -> float:
    """How many times the replicates bring the gap to t + z errors, t the quantile at the degrees of freedom then had."""
    bias = deviation(relation, estimate.value, theory)
    level = LEVEL if bias < margin else LEVEL / counted / (2 if relation == "equals" else 1)

    def short(log: float) -> float:
        t = -float(scipy.special.stdtrit(estimate.degrees * math.exp(log), level))
        return abs(bias - margin) / estimate.mcse * math.exp(log / 2) - t - float(scipy.special.ndtri(POWER))

    low, high = -10.0, 30.0
    return math.exp(float(scipy.optimize.brentq(short, low, high))) if short(low) < 0 < short(high) else 0.0
