"""A claim of theory, the margin fixed for it in advance, and the verdict on it.

- `identity` and `bound` are exact: no randomness, the measured number either obeys or does not.
- `equivalence` says that a parameter equals `theory` to within `margin`: supported when the 90 % interval lies
  inside (two one-sided tests of level 5 %), refuted when the Holm-adjusted 95 % interval lies outside.
- `at_most` and `at_least` are one-sided, with `margin` as slack beyond `theory`.

Holm's adjustment runs over all refutations of a ledger. Whatever is neither supported nor refuted is undecided.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

KINDS = ("identity", "bound_below", "bound_above", "equivalence", "at_most", "at_least")
EXACT = ("identity", "bound_below", "bound_above")
VERDICTS = ("supported", "refuted", "undecided")
LEVEL = 0.05


@dataclass(frozen=True)
class Claim:
    """A statement sharp enough to be checked.

    `measure(evidence)` gives the measured Estimate (value, mcse, replicates, failed). `bound_below` says that
    the measured worst case is at least `theory - margin`, `bound_above` that it is at most `theory + margin`.
    """

    id: str
    statement: str
    kind: str
    theory: float
    margin: float
    measure: Callable
    source: str
    lecture: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"`kind` of claim {self.id} must be one of {', '.join(KINDS)}, got {self.kind!r}.")
        if not self.margin >= 0:
            raise ValueError(f"`margin` of claim {self.id} must be 0 or more, got {self.margin}.")
        if self.kind == "equivalence" and not self.margin > 0:
            raise ValueError(f"`margin` of the equivalence claim {self.id} must be positive, got {self.margin}.")


def deviation(kind: str, value: float, theory: float) -> float:
    """How far the measured value goes beyond the claim, before the margin: |value - theory| or a signed excess."""
    if kind in ("identity", "equivalence"):
        return abs(value - theory)
    return theory - value if kind in ("bound_below", "at_least") else value - theory


def p_values(kind: str, value: float, mcse: float, df: float, theory: float, margin: float) -> tuple[float, float]:
    """One-sided p-values (against, for) a statistical claim: small `against` refutes, small `for` supports.

    Student t with `df` degrees of freedom on (deviation -+ margin) / mcse; two one-sided tests for equivalence,
    where refutation is two-sided.
    """
    excess = deviation(kind, value, theory) - margin
    if mcse == 0:
        return (0.0, 1.0) if excess > 0 else (1.0, 0.0)
    tail = float(stats.t.sf(excess / mcse, df))
    against = min(1.0, 2 * tail) if kind == "equivalence" else tail
    return against, float(stats.t.cdf(excess / mcse, df))


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's adjusted p-values, shape (claims,); entries that are not a number stay so and do not count."""
    p = np.asarray(p, dtype=float)
    adjusted = np.full_like(p, math.nan)
    where = np.flatnonzero(~np.isnan(p))
    order = where[np.argsort(p[where], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps)) if len(order) else steps
    return adjusted


def verdict(kind: str, value: float, theory: float, margin: float, against: float, favour: float) -> str:
    """The verdict from the Holm-adjusted p-value `against` and the plain p-value `favour`; both unused if exact."""
    if math.isnan(value):
        return "undecided"
    if kind in EXACT:
        return "supported" if deviation(kind, value, theory) <= margin else "refuted"
    if math.isnan(against) or math.isnan(favour):
        return "undecided"
    if against < LEVEL:
        return "refuted"
    return "supported" if favour < LEVEL else "undecided"
