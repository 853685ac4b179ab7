"""Estimators of location on a batch of samples, one sample per row."""

from __future__ import annotations

import numpy as np
import scipy
from jaxtyping import Bool, Float

ITERATIONS = 100
TOLERANCE = 1e-8

Sample = Float[np.ndarray, "reps n"]
Centres = Float[np.ndarray, " reps"]

WEIGHTS = {
    "huber": lambda u: np.minimum(1.0, 1 / np.maximum(np.abs(u), 1e-300)),
    "tukey": lambda u: np.maximum(1 - u**2, 0) ** 2,
    "cauchy": lambda u: 1 / (1 + u**2),
}
"""ψ(r) / r of a loss whose constant is 1."""


def scale(y: Sample) -> Centres:
    """The median absolute deviation from the median over Φ⁻¹(3/4), the sd at the normal distribution [Hampel 1974]."""
    return np.asarray(scipy.stats.median_abs_deviation(y, axis=1, scale="normal"))


def reweighted_mean(y: Sample, name: str, constant: float | Centres) -> tuple[Centres, Bool[np.ndarray, " reps"]]:
    """M-estimate by iteratively reweighted means from the median, and whether its steps fell below 1e-8 constants.

    For a redescending loss this is the local solution that the median leads to [Huber and Ronchetti 2009, section 3.2].
    """
    limit = np.broadcast_to(np.asarray(constant, dtype=float), len(y))
    centre, going = np.median(y, axis=1), limit > 0
    for _ in range(ITERATIONS):
        residual = y[going] - centre[going, None]
        w = WEIGHTS[name](residual / limit[going, None])
        step = (w * residual).sum(axis=1) / w.sum(axis=1)
        centre[going] += step
        going[going] = np.abs(step) > TOLERANCE * limit[going]
        if not going.any():
            break
    return centre, ~going
