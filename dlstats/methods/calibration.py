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
    unit = _unit(held_logit)
    design = np.stack([np.ones_like(held_logit), held_logit / unit], axis=2)
    beta = logistic.fit(design, held_y, firth=True).beta
    return beta[:, :1] + beta[:, 1:] * (logit / unit)


def temperature(logit: Logits, held_logit: Float[ndarray, "reps v"], held_y: Float[ndarray, "reps v"]) -> Logits:
    """z / T with T of largest held-out likelihood: logistic regression without intercept [Guo et al. 2017]."""
    unit = _unit(held_logit)
    beta = logistic.fit((held_logit / unit)[:, :, None], held_y).beta
    return np.maximum(beta, 1e-3) * (logit / unit)


def _unit(held_logit: Float[ndarray, "reps v"]) -> Float[ndarray, "reps 1"]:
    """Root mean square of every replicate, so that small logits are not taken for separated classes."""
    return np.maximum(np.sqrt(np.mean(held_logit**2, axis=1, keepdims=True)), np.finfo(float).tiny)


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
