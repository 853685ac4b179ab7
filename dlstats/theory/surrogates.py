"""ψ-transforms: how surrogate excess risk bounds 0-1 excess risk [Bartlett, Jordan and McAuliffe 2006, theorem 1].

ψ(R - R*) <= R_φ - R_φ*, where ψ is the convex closure of H^-((1 + t)/2) - H((1 + t)/2),
H(η) = inf_α η φ(α) + (1 - η) φ(-α) and H^- the same over α of the wrong sign.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy

REACH = 40.0
"""Margins beyond ± this change no conditional risk here in float64 for 0.001 <= η <= 0.999."""


@dataclass(frozen=True)
class Surrogate:
    """A margin loss φ(α) and its ψ in closed form; all are convex, so that H^- = φ(0)."""

    loss: Callable[[np.ndarray], np.ndarray]
    psi: Callable[[np.ndarray], np.ndarray]


def _entropy_gap(t: np.ndarray) -> np.ndarray:
    return ((1 + t) * np.log1p(t) + (1 - t) * np.log1p(-t)) / 2


SURROGATES: dict[str, Surrogate] = {
    "hinge": Surrogate(lambda a: np.maximum(1 - a, 0), np.abs),
    "exponential": Surrogate(lambda a: np.exp(-a), lambda t: 1 - np.sqrt(1 - t**2)),
    "logistic": Surrogate(lambda a: np.logaddexp(0, -a), _entropy_gap),
    "square": Surrogate(lambda a: (1 - a) ** 2, np.square),
    "truncated_square": Surrogate(lambda a: np.maximum(1 - a, 0) ** 2, np.square),
}
"""Logistic in natural logarithms."""


def conditional_risk(loss: Callable, eta: float, margin: np.ndarray) -> np.ndarray:
    """C(η, α) = η φ(α) + (1 - η) φ(-α)."""
    return eta * loss(margin) + (1 - eta) * loss(-margin)


def minimal_risk(loss: Callable, eta: float) -> float:
    """H(η) by bounded search, then polished around the optimum; α = ± 1 are tried for losses with kinks."""
    optimum = scipy.optimize.minimize_scalar(
        lambda a: float(conditional_risk(loss, eta, np.asarray(a))),
        bounds=(-REACH, REACH),
        method="bounded",
        options={"xatol": 1e-12},
    )
    corners = conditional_risk(loss, eta, np.array([-1.0, 1.0]))
    return float(min(optimum.fun, corners.min()))


def numeric_psi(name: str, t: float) -> float:
    """φ(0) - H((1 + t) / 2), for a convex φ."""
    loss = SURROGATES[name].loss
    return float(loss(np.zeros(()))) - minimal_risk(loss, (1 + t) / 2)


def inequality_ratio(name: str, mass: np.ndarray, eta: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """ψ(R - R*) / (R_φ - R_φ*) for discrete distributions, arrays (cases, points); at most 1 by the theorem.

    `mass` of the points sums to 1, η = P(Y = 1 | point), and the classifier is the sign of `margin`.
    """
    surrogate = SURROGATES[name]
    wrong = np.where(margin > 0, 1 - eta, eta) - np.minimum(eta, 1 - eta)
    risk = eta * surrogate.loss(margin) + (1 - eta) * surrogate.loss(-margin)
    best = surrogate.loss(np.zeros(())) - surrogate.psi(np.abs(2 * eta - 1))
    above, below = surrogate.psi((mass * wrong).sum(axis=1)), (mass * (risk - best)).sum(axis=1)
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
