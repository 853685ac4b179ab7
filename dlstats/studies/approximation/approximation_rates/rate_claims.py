"""What is claimed of rates of approximation and their constants: UAT6 to UAT11."""

from __future__ import annotations

import math

from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.origin import Derived, Finding, Theorem
from dlstats.protocol.readers import Line, slope, value
from dlstats.theory import approximation_rates as theory
from dlstats.theory import squaring

KNOTS = 256
MAUREY = Theorem("barron1993", "Maurey's argument; constant derived here")


def _many(pieces: int) -> bool:
    return pieces >= 16


def _features(line: Line) -> float:
    d = int(line["dimension"])  # type: ignore[call-overload]
    return theory.random_features_mse(d, d**-0.5)


def _grid_claim(dimension: int) -> Claim:
    return Claim(
        f"UAT10.d{dimension}",
        f"Piecewise linear interpolation of a smooth function in dimension {dimension} has an L² error of order "
        f"W^(−2/{dimension}) in the number W of grid nodes (slope of the log error).",
        equals(-2 / dimension, 0.1), slope("grid_error", "exact", dimension=dimension),
        Theorem("devore1989", "and Yarotsky 2018"), ("JSM",),
    )  # fmt: skip


KNOT_CLAIMS = (
    Claim(
        "UAT6",
        "k² times the largest error of the best k linear pieces for exp on [0, 1] tends to (1/16)(∫|f″|^(1/2))² = (√e − 1)²/4 "
        "(largest relative difference for k ≥ 16).",
        equals(0, 1e-4), value("sup_ratio", pieces=_many).minus(1).size().each("pieces"), Derived(), ("JSM",),
    ),
    Claim(
        "UAT6.l2",
        "k² times the L² error of the best k linear pieces for exp tends to (1/√720)(∫|f″|^(2/5))^(5/2) (largest relative "
        "difference for k ≥ 16).",
        equals(0, 1e-4), value("l2_ratio", pieces=_many).minus(1).size().each("pieces"), Derived(),
    ),
    Claim(
        "UAT7",
        "With N = 256 uniform random knots, N² times the mean L² error of the best continuous linear spline for x² is "
        "√(2/3) ≈ 0.816.",
        equals(math.sqrt(2 / 3), 0.03 * math.sqrt(2 / 3)), value("scaled_error", "mean", knots=KNOTS, method="spline"),
        Derived("120/N⁵ for the fifth moment of a gap, with the pieces taken as independent"),
    ),
    Claim(
        "UAT7.price",
        "The price of random against learned knots is √120 ≈ 10.95 in root mean squared L² error (continuous splines for x², "
        "N = 256).",
        equals(math.sqrt(120), 0.03 * math.sqrt(120)),
        value("scaled_error", "rmse", knots=KNOTS, method="spline").over_theory(squaring.best_l2(1)),
        Derived("as UAT7"),
    ),
    Claim(
        "UAT7.pieces",
        "If jumps are allowed, the mean squared error with N random knots is exactly (2/3)N⁻⁴ ∏_(i=2)^(5) N/(N + i) (ratio, "
        "N = 256).",
        equals(1, 0.03),
        value("scaled_mse", experiment="random_knots", knots=KNOTS, method="broken_lines").over_theory(
            KNOTS**4 * theory.random_pieces_mse(KNOTS)
        ),
        Derived(),
    ),
)  # fmt: skip

TRAINED_CLAIMS = (
    Claim(
        "UAT8",
        "No trained network of N units has an L² error for x² on [0, 1] below that of the best N + 1 linear pieces (smallest "
        "ratio).",
        at_least(1, 1e-9), value("over_floor").each("units", "optimiser"), Derived(), ("JSM",),
    ),
    Claim(
        "UAT8.units",
        "Without a skip connection N units are worth N pieces: no trained network has an error below 1/(√180 N²) (smallest "
        "ratio).",
        at_least(1, 1e-9), value("over_units").each("units", "optimiser"), Finding(),
    ),
    Claim(
        "UAT8.half",
        "Without a skip connection N units are worth N + 1/2 pieces: no trained network has an error below "
        "1/(√180 (N + 1/2)²), that of a flat first piece of half the length (smallest ratio).",
        at_least(1, 1e-4), value("over_half").each("units", "optimiser"),
        Derived("checked by search for N ≤ 3, not proven"),
    ),
    Claim(
        "UAT8.rate",
        "The expected best of 16 networks trained by Adam reaches the rate (N + 1/2)⁻² for x² (slope, N = 2, …, 32).",
        equals(-2, 0.1), slope("l2_error", "best_of", method="adam"), Finding(), ("JSM",),
    ),
    Claim(
        "UAT8.rate_exact_last_layer",
        "The expected best of 16 networks trained by L-BFGS with the last layer fitted exactly reaches the rate (N + 1/2)⁻² for "
        "x² (slope, N = 2, …, 32).",
        equals(-2, 0.1), slope("l2_error", "best_of", method="lbfgs"), Finding(),
    ),
)  # fmt: skip

RATE_CLAIMS = (
    Claim(
        "UAT9",
        "With N random cosines, N times the mean squared error for exp(−|x|²/2), x ~ N(0, I/d), is "
        "(1/2)(1 − 2(1 + 2/d)^(−d/2) + (1 + 4/d)^(−d/2)) (worst ratio, d = 2, 10, 50).",
        equals(1, 0.05), value("scaled_mse", experiment="features", features=100).over_theory(_features).each("dimension"),
        MAUREY, ("JSM",),
    ),
    Claim(
        "UAT9.dimension",
        "N times that mean squared error is at most 1/2 in every dimension (largest of d = 2, 10, 50).",
        at_most(0.5), value("scaled_mse", experiment="features", features=100).each("dimension"), MAUREY, ("JSM",),
    ),
    Claim(
        "UAT9.rate",
        "The mean squared error of N random cosines falls as 1/N (slope, d = 10).",
        equals(-1, 0.05), slope("mse", dimension=10), MAUREY, ("JSM",),
    ),
    *(_grid_claim(d) for d in (1, 2, 3)),
    Claim(
        "UAT11",
        "The risk of the linear-spline sieve for sin 2πx, noise sd 0.3, is min_k (σ²(k + 1)/n + A/k⁴), A = (2π)⁴/1440 (worst "
        "ratio, n = 200, …, 3200).",
        equals(1, 0.1), value("risk_ratio").each("n"), Derived(), ("JSM",),
    ),
    Claim(
        "UAT11.rate",
        "The risk of that sieve falls as n^(−4/5) (slope, n = 200, …, 3200).",
        equals(-0.8, 0.05), slope("risk"), Theorem("stone1982"), ("JSM",),
    ),
)  # fmt: skip

CLAIMS = (*KNOT_CLAIMS, *TRAINED_CLAIMS, *RATE_CLAIMS)
