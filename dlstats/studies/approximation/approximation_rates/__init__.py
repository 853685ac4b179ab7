"""Rates of approximation with their constants: free and random knots, random features, grids, sieves, trained networks."""

from __future__ import annotations

from typing import Any

from dlstats.protocol.study import Grid, Study, grid
from dlstats.studies.approximation.approximation_rates.rate_claims import CHECKS, CLAIMS
from dlstats.studies.approximation.approximation_rates.rate_experiments import (
    FEATURES,
    GRIDS,
    RANDOM_KNOTS,
    SIEVE,
    TRAINING,
)
from dlstats.studies.approximation.approximation_rates.rate_figures import FIGURES

DIMENSIONS, UNITS, SIZES = [2, 10, 50], [2, 4, 8, 16, 32], [200, 400, 800, 1600, 3200]
SIDES = {1: [8, 16, 32, 64, 128], 2: [8, 16, 32, 64, 128], 3: [8, 12, 16, 24, 32]}
"""Cells per side of the grids, by dimension."""
GRIDS_RUN = {"grids": [grid(dimension=d, side=side, replicates=1) for d, side in SIDES.items()]}
MOST = UNITS[-1]


def _training(once: int, thrice: int) -> list[Grid]:
    """All networks once, those of the findings with three times the steps, too."""
    recipes: list[dict[str, Any]] = [{"optimiser": "adam", "steps": 10000}, {"optimiser": "lbfgs", "steps": 300}]
    longer: dict[str, Any] = {"units": MOST, "optimiser": "adam", "steps": 40000}
    return [
        *(grid(units=UNITS, **recipe, effort=1, replicates=once) for recipe in recipes),
        grid(**longer, effort=1, replicates=once),
        *(grid(units=MOST, **recipe, effort=3, replicates=thrice) for recipe in recipes),
        grid(**longer, effort=3, replicates=thrice),
    ]


STUDY = Study(
    title="Rates of approximation with their constants",
    aims="How fast does the error fall with pieces, units, features, weights or observations, with which constant, what do "
    "learned knots gain over random ones, and how near does training come?",
    mechanisms="exp and x² on [0, 1]; exp(−|x|²/2) with x ~ N(0, I/d); ∏ sin(πx_j) on [0, 1]^d; sin(2πx) at equally spaced "
    "points with normal noise. A replicate is one draw of knots, frequencies or noise, or one start.",
    estimands="L² and largest errors, exact given the draw, times the power of the size that makes them constant; risk.",
    compared_by="training.l2_error",
    experiments={
        "random_knots": RANDOM_KNOTS,
        "features": FEATURES,
        "grids": GRIDS,
        "sieve": SIEVE,
        "training": TRAINING,
    },
    claims=CLAIMS,
    checks=CHECKS,
    figures=FIGURES,
    limits="Yarotsky's faster rate W^{−2s/d} for unbounded depth has no construction of a size that could be run, and existence "
    "over all functions of a class cannot be simulated: the rates are shown on one function each.",
    designs={
        "smoke": {
            "random_knots": grid(knots=[16, 256], replicates=50),
            "features": grid(dimension=DIMENSIONS, features=[25, 100], replicates=20),
            "grids": [
                grid(dimension=1, side=[16, 32, 64, 128], replicates=1),
                grid(dimension=2, side=[8, 16, 32], replicates=1),
                grid(dimension=3, side=[8, 12, 16], replicates=1),
            ],
            "sieve": grid(n=[200, 800], noise_sd=0.3, replicates=20),
            "training": [
                grid(units=[2, 8], optimiser=["adam", "lbfgs"], steps=60, effort=1, replicates=20),
                grid(units=8, optimiser=["adam", "lbfgs"], steps=60, effort=3, replicates=2),
            ],
        },
        "standard": GRIDS_RUN
        | {
            "random_knots": [grid(knots=[16, 32, 64, 128], replicates=1000), grid(knots=256, replicates=10000)],
            "features": [
                grid(dimension=DIMENSIONS, features=[50, 200], replicates=1000),
                grid(dimension=DIMENSIONS, features=[25, 100], replicates=8000),
            ],
            "sieve": grid(n=SIZES, noise_sd=0.3, replicates=8000),
            "training": _training(64, 20),
        },
        "paper": GRIDS_RUN
        | {
            "random_knots": [grid(knots=[16, 32, 64, 128], replicates=20000), grid(knots=256, replicates=200000)],
            "features": [
                grid(dimension=DIMENSIONS, features=[50, 200], replicates=20000),
                grid(dimension=DIMENSIONS, features=[25, 100], replicates=100000),
            ],
            "sieve": grid(n=SIZES, noise_sd=0.3, replicates=20000),
            "training": _training(512, 128),
        },
    },
)
