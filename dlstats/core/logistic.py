"""Many logistic regressions at once, by Newton's method with a leading replicate axis, and their small-sample kin.

A replicate in which the estimate does not exist (separated classes) or Newton does not converge says so in `status`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

LARGEST = 30.0
"""A coefficient beyond this, times the largest |x| of its column, is taken for separation."""


@dataclass(frozen=True)
class Fits:
    """Coefficients of every replicate, and `ok`, `degenerate` (separated) or `not_converged`."""

    beta: Float[ndarray, "reps d"]
    status: np.ndarray


def fit(
    x: Float[ndarray, "reps n d"],
    y: Float[ndarray, "reps n"],
    weight: Float[ndarray, "reps n"] | None = None,
    offset: float = 0.0,
    start: np.ndarray | None = None,
    firth: bool = False,
    steps: int = 50,
    tolerance: float = 1e-9,
) -> Fits:
    """Maximum likelihood with a given intercept column, `weight` per sample and `offset` in the linear predictor.

    `firth` maximises the likelihood times the root of the information's determinant [Firth 1993], which always has
    a maximum: its score has y + h/2 and 1 + h in place of y and 1, h the leverages. `x` and `y` may have one row
    that all replicates share.
    """
    reps, d = max(len(x), len(y)), x.shape[2]
    beta = np.zeros((reps, d)) if start is None else np.broadcast_to(start, (reps, d)).copy()
    gap = np.full(reps, np.inf)
    for _ in range(steps):
        p = _sigmoid(_linear(x, beta) + offset)
        v = p * (1 - p) if weight is None else weight * p * (1 - p)
        inverse = np.linalg.pinv(_gram(x, v), hermitian=True)
        residual = y - p if weight is None else weight * (y - p)
        if firth:
            residual = residual + _leverage(x, v, inverse) * (0.5 - p)
        step = np.einsum("rij,rj->ri", inverse, _cross(x, residual))
        gap = np.abs(step).max(axis=1)
        beta += step * np.minimum(1, 5 / np.maximum(gap, 1e-300))[:, None]
        if ((gap < tolerance) | (np.abs(beta).max(axis=1) > LARGEST)).all():
            break
    status = np.where(gap < tolerance, "ok", "not_converged")
    status = np.where(np.abs(beta).max(axis=1) > LARGEST, "degenerate", status)
    return Fits(beta, status)


def first_order_bias(x: Float[ndarray, "reps n d"], beta: Float[ndarray, "reps d"]) -> Float[ndarray, "reps d"]:
    """(X'WX)⁻¹ X'W ξ, ξ_i = Q_ii (p_i − 1/2), Q = X (X'WX)⁻¹ X' [Cordeiro and McCullagh 1991; King and Zeng 2001]."""
    p = _sigmoid(_linear(x, beta))
    v = p * (1 - p)
    inverse = np.linalg.pinv(_gram(x, v), hermitian=True)
    return np.einsum("rij,rj->ri", inverse, _cross(x, _leverage(x, v, inverse) * (p - 0.5)))


def ridge_path(
    x: Float[ndarray, "n d"],
    sign: Float[ndarray, " n"],
    penalties: np.ndarray,
    weight: np.ndarray,
    scale: np.ndarray,
    offset: np.ndarray,
) -> Float[ndarray, "penalties d+1"]:
    """Minimisers (w, b) of Σ weight log(1 + exp(offset − scale sign (w'x + b))) + penalty ‖w‖²/2 along a path.

    Damped Newton from the previous penalty; the penalties must fall. Plain gradient descent would need of the order
    of 1/penalty steps to get here.
    """
    design = np.column_stack([x, np.ones(len(x))]) * (scale * sign)[:, None]
    ridge = np.append(np.ones(x.shape[1]), 0.0)
    theta, found = np.zeros(design.shape[1]), []
    for penalty in penalties:
        for _ in range(500):
            margin = design @ theta - offset
            p = _sigmoid(-margin)
            slope = -design.T @ (weight * p) + penalty * ridge * theta
            curvature = (design.T * (weight * p * (1 - p))) @ design + np.diag(penalty * ridge)
            step = np.linalg.solve(curvature, slope)
            decrement = float(step @ slope)
            theta = theta - step / (1 + np.abs(design @ step).max() if np.abs(design @ step).max() > 1 else 1)
            if decrement < 1e-14 * penalty:
                break
        found.append(theta.copy())
    return np.array(found)


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * z))


def _linear(x: np.ndarray, beta: np.ndarray) -> np.ndarray:
    return np.matmul(x, beta[:, :, None])[:, :, 0]


def _gram(x: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.matmul(np.swapaxes(x, 1, 2) * v[:, None, :], x)


def _cross(x: np.ndarray, residual: np.ndarray) -> np.ndarray:
    return np.matmul(np.swapaxes(x, 1, 2), residual[:, :, None])[:, :, 0]


def _leverage(x: np.ndarray, v: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    """Diagonal of W^(1/2) X (X'WX)⁻¹ X' W^(1/2)."""
    return v * (np.matmul(x, inverse) * x).sum(axis=2)
