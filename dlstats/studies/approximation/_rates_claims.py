"""What the study of approximation rates claims: UAT6 to UAT11."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from dlstats import montecarlo
from dlstats.montecarlo import Estimate, exact
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence
from dlstats.studies.approximation._extremes import extreme, mean, smallest, worst_mean
from dlstats.theory import approximation_rates as theory
from dlstats.theory import squaring

CLASSICAL = "classical; constant derived here"
KNOTS = 256
DIMENSIONS = (2, 10, 50)


def _off_limit(column: str) -> Callable[[Evidence], Estimate]:
    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(part="free_knots")
        off = np.abs(np.asarray(rows[column], dtype=float) - 1)
        return extreme(rows, np.where(rows["pieces"] >= 16, off, np.nan), 1)

    return measure


def _price(evidence: Evidence) -> Estimate:
    """Root mean squared L2 error of splines with random knots over that of the best knots."""
    rows = evidence.rows(part="random_knots", knots=KNOTS, method="spline")
    return montecarlo.estimate("rmse", rows["scaled_error"] / squaring.best_l2(1), truth=0.0)


def _features_ratio(evidence: Evidence) -> Estimate:
    found = []
    for d in DIMENSIONS:
        rows = evidence.rows(part="features", dimension=d, features=100)
        found.append(montecarlo.estimate("mean", rows["scaled_mse"] / theory.random_features_mse(d, d**-0.5)))
    return montecarlo.worst(found, 1, 0.05)


def _samples(rows: pd.DataFrame, size: str, column: str) -> tuple[list[float], list]:
    groups = {float(str(key)): group[column].to_numpy(float) for key, group in rows.groupby(size)}
    return list(groups), list(groups.values())


def _features_slope(evidence: Evidence) -> Estimate:
    return montecarlo.slope(*_samples(evidence.rows(part="features", dimension=10), "features", "mse"))


def _sieve_slope(evidence: Evidence) -> Estimate:
    return montecarlo.slope(*_samples(evidence.rows(part="sieve"), "n", "risk"))


def _grid_slope(dimension: int) -> Callable[[Evidence], Estimate]:
    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(part="grid", dimension=dimension)
        return exact(montecarlo.rate_of(rows["nodes"].tolist(), rows["grid_error"].tolist()).slope.value)

    return measure


def _trained_slope(method: str) -> Callable[[Evidence], Estimate]:
    """Slope in N + 1/2 of the expected best of 16 starts."""

    def measure(evidence: Evidence) -> Estimate:
        sizes, samples = _samples(evidence.rows(part="trained", method=method), "units", "l2_error")
        return montecarlo.slope([n + 0.5 for n in sizes], samples, "best_of", starts=16)

    return measure


def _grid_claim(dimension: int) -> Claim:
    return Claim(
        f"UAT10.d{dimension}",
        f"Piecewise linear interpolation of a smooth function in dimension {dimension} has an L² error of order "
        f"W^{{−2/{dimension}}} in the number W of grid nodes (slope of the log error).",
        "identity",
        -2 / dimension,
        0.1,
        _grid_slope(dimension),
        "DeVore, Howard and Micchelli 1989; Yarotsky 2018",
        "JSM",
    )


KNOT_CLAIMS = (
    Claim(
        "UAT6",
        "k² times the largest error of the best k linear pieces for exp on [0, 1] tends to (1/16)(∫|f″|^{1/2})² = (√e − 1)²/4 "
        "(largest relative difference for k ≥ 16).",
        "identity",
        0,
        1e-4,
        _off_limit("sup_ratio"),
        CLASSICAL,
        "JSM",
    ),
    Claim(
        "UAT6.l2",
        "k² times the L² error of the best k linear pieces for exp tends to (1/√720)(∫|f″|^{2/5})^{5/2} (largest relative "
        "difference for k ≥ 16).",
        "identity",
        0,
        1e-4,
        _off_limit("l2_ratio"),
        CLASSICAL,
    ),
    Claim(
        "UAT7",
        "With N = 256 uniform random knots, N² times the mean L² error of the best continuous linear spline for x² is "
        "√(2/3) ≈ 0.816.",
        "equivalence",
        math.sqrt(2 / 3),
        0.03 * math.sqrt(2 / 3),
        mean("scaled_error", part="random_knots", knots=KNOTS, method="spline"),
        "120/N⁵ for the fifth moment of a gap, with the pieces taken as free of one another",
    ),
    Claim(
        "UAT7.price",
        "The price of random against learned knots is √120 ≈ 10.95 in root mean squared L² error (continuous splines for x², "
        "N = 256).",
        "equivalence",
        math.sqrt(120),
        0.03 * math.sqrt(120),
        _price,
        "as UAT7",
    ),
    Claim(
        "UAT7.pieces",
        "If jumps are allowed, the mean squared error with N random knots is exactly (2/3)N⁻⁴ ∏_{i=2}^{5} N/(N + i) (ratio, "
        "N = 256).",
        "equivalence",
        1,
        0.03,
        mean(
            "scaled_mse",
            1 / (KNOTS**4 * theory.random_pieces_mse(KNOTS)),
            part="random_knots",
            knots=KNOTS,
            method="broken_lines",
        ),
        "derived here",
    ),
)

TRAINED_CLAIMS = (
    Claim(
        "UAT8",
        "No trained network of N units has an L² error for x² on [0, 1] below that of the best N + 1 linear pieces (smallest "
        "ratio).",
        "bound_below",
        1,
        1e-9,
        smallest("over_floor", part="trained"),
        "derived here",
        "JSM",
    ),
    Claim(
        "UAT8.units",
        "Without a skip connection N units are worth N pieces: no trained network has an error below 1/(√180 N²) (smallest "
        "ratio).",
        "bound_below",
        1,
        1e-9,
        smallest("over_units", part="trained"),
        "tried here",
    ),
    Claim(
        "UAT8.half",
        "Without a skip connection N units are worth N + 1/2 pieces: no trained network has an error below "
        "1/(√180 (N + 1/2)²), that of a flat first piece of half the length (smallest ratio).",
        "bound_below",
        1,
        1e-4,
        smallest("over_half", part="trained"),
        "derived here; checked by search for N ≤ 3, not proven",
    ),
    Claim(
        "UAT8.rate",
        "The expected best of 16 networks trained by Adam reaches the rate (N + 1/2)⁻² for x² (slope, N = 2, …, 32).",
        "equivalence",
        -2,
        0.1,
        _trained_slope("adam"),
        "the rate of approximation, read as one of training",
        "JSM",
    ),
    Claim(
        "UAT8.rate_exact_last_layer",
        "The expected best of 16 networks trained by L-BFGS with the last layer fitted exactly reaches the rate (N + 1/2)⁻² for "
        "x² (slope, N = 2, …, 32).",
        "equivalence",
        -2,
        0.1,
        _trained_slope("lbfgs"),
        "the rate of approximation, read as one of training",
    ),
)

RATE_CLAIMS = (
    Claim(
        "UAT9",
        "With N random cosines, N times the mean squared error for exp(−|x|²/2), x ~ N(0, I/d), is "
        "(1/2)(1 − 2(1 + 2/d)^{−d/2} + (1 + 4/d)^{−d/2}) (worst ratio, d = 2, 10, 50).",
        "equivalence",
        1,
        0.05,
        _features_ratio,
        "derived here; Barron 1993, Maurey",
        "JSM",
    ),
    Claim(
        "UAT9.dimension",
        "N times that mean squared error is at most 1/2 in every dimension (largest of d = 2, 10, 50).",
        "at_most",
        0.5,
        0,
        worst_mean("scaled_mse", 0.5, 0, "at_most", "dimension", part="features", features=100),
        "derived here; Barron 1993, Maurey",
        "JSM",
    ),
    Claim(
        "UAT9.rate",
        "The mean squared error of N random cosines falls as 1/N (slope, d = 10).",
        "equivalence",
        -1,
        0.05,
        _features_slope,
        "Barron 1993, Maurey",
        "JSM",
    ),
    *(_grid_claim(d) for d in (1, 2, 3)),
    Claim(
        "UAT11",
        "The risk of the linear-spline sieve for sin 2πx, noise sd 0.3, is min_k {σ²(k + 1)/n + A/k⁴}, A = (2π)⁴/1440 (worst "
        "ratio, n = 200, …, 3200).",
        "equivalence",
        1,
        0.1,
        worst_mean("risk_ratio", 1, 0.1, "equivalence", "n", part="sieve"),
        "derived here",
        "JSM",
    ),
    Claim(
        "UAT11.rate",
        "The risk of that sieve falls as n^{−4/5} (slope, n = 200, …, 3200).",
        "equivalence",
        -0.8,
        0.05,
        _sieve_slope,
        "Stone 1982",
        "JSM",
    ),
)

CLAIMS = (*KNOT_CLAIMS, *TRAINED_CLAIMS, *RATE_CLAIMS)
