"""What the squaring study claims: SQR1 to SQR4."""

from __future__ import annotations

import numpy as np

from dlstats.montecarlo import Estimate, estimate, exact
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence
from dlstats.studies.approximation._extremes import extreme, largest, largest_size, smallest
from dlstats.theory import squaring as theory

YAROTSKY = "Yarotsky 2017, Proposition 2"
DERIVED = "derived here"


def _off_one(column: str, **factors: object):
    """Measure of a claim that a ratio is 1 in every row: the largest |ratio - 1|."""

    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(**factors)
        return extreme(rows, (rows[column] - 1).abs(), 1)

    return measure


def _off(column: str, value: float, **factors: object):
    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(**factors)
        return extreme(rows, (rows[column] - value).abs(), 1)

    return measure


def units_needed(errors: dict[int, float], accuracy: float) -> int:
    """Fewest units whose error is at most `accuracy`. Raises LookupError when none is."""
    fine = [units for units, error in errors.items() if error <= accuracy]
    if not fine:
        raise LookupError(f"No network reaches the accuracy {accuracy}.")
    return min(fine)


def _errors(evidence: Evidence, part: str) -> dict[int, float]:
    rows = evidence.rows(part=part)
    return dict(zip(rows["units"].astype(int), rows["sup_error"], strict=True))


def _excess_units(accuracy: float):
    """Measured units of the deep network minus those of the best shallow one."""

    def measure(evidence: Evidence) -> Estimate:
        deep = units_needed(_errors(evidence, "deep"), accuracy)
        return exact(deep - units_needed(_errors(evidence, "shallow"), accuracy))

    return measure


def _crossover(evidence: Evidence) -> Estimate:
    """Smallest measured shallow error, down to the range of both tables, at which the deep network has as many units."""
    deep, shallow = _errors(evidence, "deep"), _errors(evidence, "shallow")
    losing = [error for units, error in shallow.items() if units_needed(deep, error) >= units]
    return exact(min(losing, default=np.nan))


def _as_accurate(evidence: Evidence) -> Estimate:
    """Share of trained networks of width 3 and six layers that are as accurate as f_6."""
    rows = evidence.rows(part="trained", depth=6)
    fine = rows[rows["status"] == "ok"]
    found = (fine["trained_error"] <= theory.sup_error(6)).astype(float)
    return estimate("proportion", found, failed=len(rows) - len(fine))


CLAIMS = (
    Claim(
        "SQR1",
        "f_m(x) = x − Σ_{s≤m} m⁽ˢ⁾(x)/4ˢ has largest error 4^{−(m+1)} for x² on [0, 1] (relative difference).",
        "identity",
        0,
        1e-12,
        _off_one("sup_ratio", part="deep"),
        YAROTSKY,
        "JSM",
    ),
    Claim(
        "SQR1.below",
        "f_m is nowhere below x² (smallest error).",
        "bound_below",
        0,
        0,
        smallest("least_error", part="deep"),
        YAROTSKY,
    ),
    Claim(
        "SQR1.midpoints",
        "The largest error is attained at the midpoints of all 2^m pieces (midpoints where it is not).",
        "identity",
        0,
        0,
        largest("midpoints_missed", part="deep"),
        DERIVED,
    ),
    Claim(
        "SQR1.l1",
        "The L¹ error of f_m is 4^{−m}/6 (relative difference).",
        "identity",
        0,
        1e-6,
        _off_one("l1_ratio", part="deep"),
        DERIVED,
    ),
    Claim(
        "SQR1.l2",
        "The L² error of f_m is 4^{−m}/√30 (relative difference).",
        "identity",
        0,
        1e-6,
        _off_one("l2_ratio", part="deep"),
        DERIVED,
    ),
    Claim(
        "SQR2",
        "A ReLU network of width 3 and m hidden layers equals f_m on [0, 1] (largest difference at random points).",
        "identity",
        0,
        1e-15,
        largest_size("mismatch", part="deep"),
        YAROTSKY,
        "JSM",
    ),
    Claim(
        "SQR2.trained",
        "Networks of width 3 and 6 hidden layers trained on x² are, more often than not, as accurate as f₆ of that shape "
        "(share of starts).",
        "at_least",
        0.5,
        0,
        _as_accurate,
        "tried here",
        "JSM",
    ),
    Claim(
        "SQR3",
        "xy from two squares has errors in exactly [−1, 1] · 4^{−(m+1)} on [0, 1]²: largest (difference).",
        "identity",
        0,
        1e-9,
        _off("largest_scaled", theory.PRODUCT_RANGE[1], part="product", method="two_squares"),
        "sharp form of Yarotsky 2017, Proposition 3; derived here",
        "JSM",
    ),
    Claim(
        "SQR3.smallest",
        "xy from two squares has errors in exactly [−1, 1] · 4^{−(m+1)} on [0, 1]²: smallest (difference).",
        "identity",
        0,
        1e-9,
        _off("least_scaled", theory.PRODUCT_RANGE[0], part="product", method="two_squares"),
        "sharp form of Yarotsky 2017, Proposition 3; derived here",
    ),
    Claim(
        "SQR3.three",
        "xy from three squares has errors in exactly [−1, 2] · 4^{−(m+1)} on [0, 1]²: largest (difference).",
        "identity",
        0,
        1e-9,
        _off("largest_scaled", theory.PRODUCT_BY_THREE_RANGE[1], part="product", method="three_squares"),
        DERIVED,
    ),
    Claim(
        "SQR3.three_smallest",
        "xy from three squares has errors in exactly [−1, 2] · 4^{−(m+1)} on [0, 1]²: smallest (difference).",
        "identity",
        0,
        1e-9,
        _off("least_scaled", theory.PRODUCT_BY_THREE_RANGE[0], part="product", method="three_squares"),
        DERIVED,
    ),
    Claim(
        "SQR4",
        "The best k linear pieces for x² on [0, 1] have largest error 1/(8k²) (relative difference).",
        "identity",
        0,
        1e-6,
        _off_one("sup_ratio", part="shallow"),
        "classical; derived here",
        "JSM",
    ),
    Claim(
        "SQR4.l2",
        "The best k linear pieces for x² on [0, 1] have L² error 1/(√180 k²) (relative difference).",
        "identity",
        0,
        1e-6,
        _off_one("l2_ratio", part="shallow"),
        "classical; derived here",
    ),
    Claim(
        "SQR4.fine",
        "At largest error 1e-5 the deep network has at least 80 units fewer than any shallow one (units deep minus shallow).",
        "bound_above",
        -80,
        0,
        _excess_units(1e-5),
        DERIVED,
        "JSM",
    ),
    Claim(
        "SQR4.coarse",
        "At largest error 1e-2 the deep network has no more units than a shallow one (units deep minus shallow).",
        "bound_above",
        0,
        0,
        _excess_units(1e-2),
        "the lectures' picture, read at coarse accuracy",
        "JSM",
    ),
    Claim(
        "SQR4.crossover",
        "Below a largest error of 2⁻¹¹ ≈ 4.9e-4 the deep network f_m always has fewer units than any shallow one, at it not.",
        "identity",
        theory.crossover(),
        1e-9,
        _crossover,
        DERIVED,
    ),
)
