"""Split conformal prediction around any point or quantile predictor, on a batch of calibration samples."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from jaxtyping import Float

Batch = Float[np.ndarray, "reps n"]


def rank(n: int, miscoverage: Fraction) -> int:
    """⌈(n + 1)(1 − a)⌉ in integers: in floating point the product is often just off a whole number."""
    if not isinstance(miscoverage, Fraction) or not 0 < miscoverage < 1:
        raise ValueError(f"`miscoverage` must be a Fraction strictly between 0 and 1, got {miscoverage!r}.")
    product = (n + 1) * (1 - miscoverage)
    return -(-product.numerator // product.denominator)


def threshold(
    scores: Batch, miscoverage: Fraction, ties: list[np.random.Generator] | None = None
) -> Float[np.ndarray, " reps"]:
    """The k-th smallest score of every sample, k = ⌈(n + 1)(1 − a)⌉; infinite for k > n [Lei et al. 2018, section 2.2].

    With `ties`, one generator per sample, equal scores get a random order by noise below their smallest gap: the distributions of
    coverage hold for scores without ties.
    """
    n = scores.shape[1]
    k = rank(n, miscoverage)
    if k > n:
        return np.full(len(scores), np.inf)
    if ties is not None:
        gaps = np.diff(np.sort(scores, axis=1), axis=1)
        least = np.where(gaps > 0, gaps, np.inf).min(axis=1, initial=1.0)
        noise = np.stack([rng.random(n) for rng in ties])
        scores = scores + noise * least[:, None] / 2
    return np.partition(scores, k - 1, axis=1)[:, k - 1]


def quantile_scores(y: Batch, lower: Batch, upper: Batch) -> Batch:
    """max(lower − y, y − upper): intervals (lower − t, upper + t) [Romano, Patterson and Candès 2019, eq. 6]."""
    return np.maximum(lower - y, y - upper)
