"""Recalibration of scores on held-out labels: Platt, temperature and isotonic, one map per replicate."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from dlstats.methods import logistic

Logits = Float[ndarray, "reps m"]


def platt(logit: Logits, held_logit: Float[ndarray, "reps v"], held_y: Float[ndarray, "reps v"]) -> Logits:
    """a + b z with (a, b) the logistic regression of the held-out labels on their logits [Platt 1999].

    Plain maximum likelihood with Firth's penalty, so that it exists when the labels are separated.
    """
    design = np.stack([np.ones_like(held_logit), held_logit], axis=2)
    beta = logistic.fit(design, held_y, firth=True).beta
    return beta[:, :1] + beta[:, 1:] * logit


def temperature(logit: Logits, held_logit: Float[ndarray, "reps v"], held_y: Float[ndarray, "reps v"]) -> Logits:
    """z / T with T of largest held-out likelihood: logistic regression without intercept [Guo et al. 2017]."""
    beta = logistic.fit(held_logit[:, :, None], held_y).beta
    return np.maximum(beta, 1e-3) * logit


def isotonic(logit: Logits, held_logit: Float[ndarray, "reps v"], held_y: Float[ndarray, "reps v"]) -> Logits:
    """Logit of the isotonic regression of held-out labels on scores, kept in [1/(2v), 1 − 1/(2v)].

    Zadrozny and Elkan 2002; scikit-learn's pool-adjacent-violators.
    """
    from sklearn.isotonic import IsotonicRegression

    edge = 1 / (2 * held_y.shape[1])
    fits = [
        IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip").fit(z, y).predict(new)
        for new, z, y in zip(logit, held_logit, held_y, strict=True)
    ]
    p = np.array(fits)
    return np.log(p / (1 - p))
