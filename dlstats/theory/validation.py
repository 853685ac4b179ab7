"""Optimism of a training error and of a chosen model; nearest neighbours in one dimension."""

from __future__ import annotations

import numpy as np
import scipy


def training_error(n: int, dimension: int) -> float:
    """E of the mean squared residual of least squares over σ²: 1 − d/n."""
    return 1 - dimension / n


def same_inputs_error(n: int, dimension: int) -> float:
    """E of the squared error at new responses of the old inputs, over σ²: 1 + d/n."""
    return 1 + dimension / n


def new_inputs_error(n: int, dimension: int) -> float:
    """The same at new inputs from N(0, I_d), the design being drawn from it too: 1 + d/(n − d − 1), for n > d + 1."""
    if n <= dimension + 1:
        raise ValueError(f"`n` must be more than {dimension + 1}, got {n}.")
    return 1 + dimension / (n - dimension - 1)


def best_proportion(count: int, cases: int, accuracy: float) -> float:
    """E of the largest of K independent proportions correct in m cases: (1/m) Σ over j < m of 1 − F(j)ᴷ."""
    j = np.arange(cases)
    return float((1 - scipy.stats.binom.cdf(j, cases, accuracy) ** count).sum() / cases)


def nearest_neighbour_risk(n: int) -> float:
    """Risk of the nearest of n inputs, all uniform on [0, 1], with P(y = 1) = x: 1/3 + (3n + 5)/(2(n + 1)(n + 2)(n + 3)).

    The probability that the label of the nearest input is not that of a new case; proved in `docs/proofs/validation.md`.
    """
    return 1 / 3 + (3 * n + 5) / (2 * (n + 1) * (n + 2) * (n + 3))


def split_variance(correct: np.ndarray, classes: np.ndarray, held_out: int, stratified: bool) -> float:
    """Variance of the accuracy on a held-out part of fixed cases, drawn at random or by class in proportion.

    S²/m (1 − m/N) of all cases, or Σ (N_h/N)² S_h²/m_h (1 − m_h/N_h) over the classes [Cochran 1977, theorems 2.2 and
    5.3]; `correct` and `classes` are of shape (N,). Raises ValueError where the parts of a class are no whole numbers.
    """
    if not stratified:
        return float(correct.var(ddof=1) / held_out * (1 - held_out / len(correct)))
    total = 0.0
    for name in np.unique(classes):
        own = correct[classes == name]
        part = held_out * len(own) / len(correct)
        if part != round(part):
            raise ValueError(f"`held_out` must take a whole number of every class, got {part:g} of class {name}.")
        total += (len(own) / len(correct)) ** 2 * own.var(ddof=1) / part * (1 - part / len(own))
    return float(total)
