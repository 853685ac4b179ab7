"""Rates of approximation with their constants: free and random knots, random features, grids, sieves, trained networks."""

from __future__ import annotations

from dlstats.protocol.study import Measure, Study
from dlstats.studies.approximation._parts import by_part
from dlstats.studies.approximation._rates_claims import CLAIMS
from dlstats.studies.approximation._rates_figures import FIGURES
from dlstats.studies.approximation._rates_parts import PARTS

simulate = by_part(PARTS)


MEASURES = (
    Measure("sup_ratio", "k² largest error over its limit", "exact"),
    Measure("l2_ratio", "k² L² error over its limit", "exact"),
    Measure("scaled_error", "N² L² error"),
    Measure("scaled_mse", "N⁴ squared error (knots), N squared error (features)"),
    Measure("mse", "squared error of random features"),
    Measure("grid_error", "L² error of interpolation", "exact"),
    Measure("nodes", "nodes of the grid", "exact"),
    Measure("risk", "risk of the sieve"),
    Measure("risk_ratio", "risk of the sieve over its prediction"),
    Measure("l2_error", "L² error, best of 16 starts", "best_of", options={"starts": 16}),
    Measure("l2_error", "L² error, median start", "median"),
)

STUDY = Study(
    name="approximation_rates",
    family="approximation",
    title="Rates of approximation with their constants",
    aims="How fast does the error fall with pieces, units, features, weights or observations, with which constant, what do "
    "learned knots gain over random ones, and how near does training come?",
    mechanisms="exp and x² on [0, 1]; exp(−|x|²/2) with x ~ N(0, I/d); ∏ sin(πx_j) on [0, 1]^d; sin(2πx) at equally spaced "
    "points with normal noise. A replicate is one draw of knots, frequencies or noise, or one start.",
    estimands="L² and largest errors, exact given the draw, times the power of the size that makes them constant; risk.",
    methods={
        "free_knots": "best function with k linear pieces",
        "spline": "continuous linear spline: with N uniform random knots fitted to x², or with equal pieces by least squares",
        "broken_lines": "the best line on each interval between N uniform random knots, jumps allowed",
        "random_features": "mean of N cosines with standard normal frequencies",
        "interpolation": "linear interpolation on the simplices of a grid",
        "adam": "shallow network, Adam (full batch of 512 points, learning rate 0.01, cosine schedule), knots started in [0, 1]",
        "lbfgs": "shallow network, L-BFGS from the same starts with the last layer fitted exactly in every step",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="Yarotsky's faster rate W^{−2s/d} for unbounded depth has no construction of a size that could be run, and existence "
    "over all functions of a class can not be simulated: the rates are shown on one function each.",
    block=500,
)
