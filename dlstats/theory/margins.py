"""Classification under a margin condition: empirical risk minimisation over thresholds."""

from __future__ import annotations

CHERNOFF_VARIANCE = 0.26355964
"""Var of Z = argmax (W(t) - t²), W a two-sided Brownian motion [Groeneboom and Wellner 2001, table 4]."""


def threshold_exponent(kappa: float) -> float:
    """κ / (2κ - 1), the exponent of the excess risk of thresholds when η(x) = (1 + sgn(x)|x|^(κ-1)) / 2.

    [Mammen and Tsybakov 1999; Tsybakov 2004]: Tsybakov's α = 1/(κ - 1), complexity exponent 0 up to logarithms.
    """
    if not kappa > 1:
        raise ValueError(f"`kappa` must exceed 1, got {kappa}.")
    return kappa / (2 * kappa - 1)


def excess_risk(threshold, kappa: float):
    """|t|^κ / (2κ): excess risk of 1{x > t} on x ~ U(-1, 1), |t| <= 1: half the integral of |2η - 1| from 0 to t."""
    return abs(threshold) ** kappa / (2 * kappa)
