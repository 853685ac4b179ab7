"""What is claimed of rates of approximation and their constants: UAT6 to UAT11."""

from __future__ import annotations

from collections.abc import Callable

from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.origin import Derived, Finding
from dlstats.protocol.readers import Line, ratio, slope, value
from dlstats.protocol.study import Check
from dlstats.theory import approximation_rates as theory

KNOTS, UNITS = 256, 32
PIECES = (16, 32, 64)
PILOT = Finding("approximation_rates, seed 20261120")
FLOOR = f"the floor 1/(√180 (N + 1/2)²) of all networks of N = {UNITS} units"
BEST = "the expected best L² error of 16 random starts for x² on [0, 1]"


def _features(line: Line) -> float:
    d = int(line["dimension"])  # type: ignore[call-overload]
    return theory.random_features_mse(d, d**-0.5)


def _over_limit(error: Callable, limit: Callable) -> dict[str, float]:
    """k² times the error of k pieces for exp over its limit, less 1."""
    f = theory.EXPONENTIAL
    return {f"k = {k}": k**2 * error(f, k) / limit(f) - 1 for k in PIECES}


CHECKS = (
    Check(
        "UAT6",
        "k² times the largest error of the best k linear pieces for exp on [0, 1] is within 0.01 % of "
        "its limit (1/16)(∫|f″|^(1/2))² = (√e − 1)²/4 (relative difference at k = 16, 32, 64).",
        equals(0, 1e-4), lambda: _over_limit(theory.free_knots_sup, theory.free_knots_sup_limit),
        Derived("splines.md#free-knots-in-the-supremum-norm"), ("JSM",),
    ),
    Check(
        "UAT6.l2",
        "k² times the L² error of the best k linear pieces for exp on [0, 1] is within 0.01 % of its limit "
        "(1/√720)(∫|f″|^(2/5))^(5/2) (relative difference at k = 16, 32, 64).",
        equals(0, 1e-4), lambda: _over_limit(theory.free_knots_l2, theory.free_knots_l2_limit),
        Derived("splines.md#free-knots-in-l2"),
    ),
)  # fmt: skip

CLAIMS = (
    Claim(
        "UAT7.pieces",
        "The mean squared L² error for x² of the best lines between {knots} random knots, jumps allowed, is "
        "2/(3(N + 2)(N + 3)(N + 4)(N + 5)) (ratio).",
        equals(1, 0.03),
        value("scaled_mse", experiment="random_knots", knots=KNOTS, method="broken_lines").over_theory(
            KNOTS**4 * theory.random_pieces_mse(KNOTS)
        ),
        Derived("splines.md#random-knots-with-jumps"), numbers={"knots": KNOTS},
    ),
    Claim(
        "UAT7.continuous",
        "The mean squared L² error for x² of the best continuous linear spline with {knots} random knots is {scaled:.4f} N⁻⁴ "
        "(ratio), less than the limit 0.8686 N⁻⁴, and more than without continuity.",
        equals(1, 0.03),
        value("scaled_mse", experiment="random_knots", knots=KNOTS, method="spline").over_theory(
            KNOTS**4 * theory.random_spline_mse(KNOTS)
        ),
        Derived("splines.md#random-knots-without-jumps"),
        numbers={"knots": KNOTS, "scaled": KNOTS**4 * theory.random_spline_mse(KNOTS)},
    ),
    Claim(
        "UAT8.half",
        "Without a skip connection N units are worth N + 1/2 pieces: no trained network has an L² error for x² on [0, 1] below "
        "1/(√180 (N + 1/2)²) (smallest ratio).",
        at_least(1, 1e-4), value("over_floor", "smallest").each("units", "optimiser", "steps"),
        Derived("squaring.md#floor-without-a-skip-connection"), ("JSM",),
    ),
    Claim(
        "UAT8.adam",
        f"After 10000 steps of Adam at rate 0.01, {BEST} of {UNITS} units is at least {{theory:g}} times {FLOOR}.",
        at_least(2), value("over_floor", "best_of", units=UNITS, optimiser="adam", steps=10000), PILOT, ("JSM",),
    ),
    Claim(
        "UAT8.effort",
        f"40000 in place of 10000 steps of Adam at rate 0.01 bring {BEST} of {UNITS} units down to at most two thirds (ratio, "
        "same starts).",
        at_most(2 / 3),
        ratio("l2_error", "adam", "steps=10000", "best_of", units=UNITS, optimiser="adam", steps=40000), PILOT, ("JSM",),
    ),
    Claim(
        "UAT8.lbfgs",
        f"After 300 steps of L-BFGS with the last layer fitted exactly, {BEST} of {UNITS} units is at most {{theory:g}} times "
        f"{FLOOR}.",
        at_most(1.25), value("over_floor", "best_of", units=UNITS, optimiser="lbfgs", steps=300), PILOT,
    ),
    Claim(
        "UAT9",
        "With N random cosines, N times the mean squared error for exp(−|x|²/2), x ~ N(0, I/d), is "
        "(1/2)(1 − 2(1 + 2/d)^(−d/2) + (1 + 4/d)^(−d/2)), whatever N and at most 1/2 in every dimension (ratio; N = 25, 100, "
        "d = 2, 10, 50).",
        equals(1, 0.05),
        value("scaled_mse", experiment="features", features=[25, 100]).over_theory(_features).each("dimension", "features"),
        Derived("random-features.md#mean-of-random-cosines"), ("JSM",),
    ),
    Claim(
        "UAT10",
        "Linear interpolation of ∏ sin(πx_j) on the simplices of a grid of kᵈ cells has an L² error of order k⁻² in every "
        "dimension d, that is W^(−2/d) in the number W of cells (slope in k; d = 1, 2, 3).",
        equals(-2, 0.02), slope("grid_error", "exact").each("dimension").at_least(side=5),
        Derived("splines.md#interpolation-on-a-grid"), ("JSM",), regime="asymptotic",
    ),
    Claim(
        "UAT11",
        "The mean risk of least squares on linear splines with k equal pieces, the k that minimises σ²(k + 1)/n + A/k⁴, "
        "A = (2π)⁴/1440, for sin 2πx and σ = 0.3, is its variance by a trace plus the squared distance to the mean spline, "
        "which tend to these two terms (ratio at every n from 200 to 3200).",
        equals(1, 0.02), value("risk_ratio").each("n"), Derived("splines.md#sieve-of-linear-splines"), ("JSM",),
    ),
)  # fmt: skip
