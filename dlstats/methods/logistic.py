"""Many logistic regressions at once, by Newton's method with a leading replicate axis, and their small-sample kin.

A replicate in which the estimate does not exist (separated classes) or Newton does not converge says so in `status`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float
from numpy import ndarray

LARGEST = 30.0
"""A coefficient beyond this is taken for separation."""


@dataclass(frozen=True)
class Fits:
    """Coefficients of every replicate, and `ok`, `degenerate` (separated) or `not_converged`."""

    beta: Float[ndarray, "reps d"]
    status: np.ndarray


def fit(
    x: Float[ndarray, "#reps n d"],
    y: Float[ndarray, "#reps n"],
    weight: Float[ndarray, "#reps n"] | None = None,
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
    gap, lost = np.full(reps, np.inf), np.zeros(reps, dtype=bool)
    for _ in range(steps):
        p = scipy.special.expit(_linear(x, beta) + offset)
        v = p * (1 - p) if weight is None else weight * p * (1 - p)
        inverse = np.linalg.pinv(_gram(x, v), hermitian=True)
        residual = y - p if weight is None else weight * (y - p)
        if firth:
            residual = residual + _leverage(x, v, inverse) * (0.5 - p)
        step = np.einsum("rij,rj->ri", inverse, _cross(x, residual))
        going = ~((gap < tolerance) | lost)  # the others stand still, so that no replicate depends on its block
        gap = np.where(going, np.abs(step).max(axis=1), gap)
        beta[going] += (step * np.minimum(1, 5 / np.maximum(gap, 1e-300))[:, None])[going]
        lost = np.zeros(reps, dtype=bool) if firth else np.abs(beta).max(axis=1) > LARGEST
        if ((gap < tolerance) | lost).all():
            break
    status = np.where(gap < tolerance, "ok", "not_converged")
    return Fits(beta, np.where(lost, "degenerate", status))


def first_order_bias(x: Float[ndarray, "#reps n d"], beta: Float[ndarray, "#reps d"]) -> Float[ndarray, "#reps d"]:
    """(X'WX)⁻¹ X'W ξ, ξ_i = Q_ii (p_i − 1/2), Q = X (X'WX)⁻¹ X' [Cordeiro and McCullagh 1991; King and Zeng 2001]."""
    p = scipy.special.expit(_linear(x, beta))
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

    Damped Newton from where the last two penalties point, linear in log penalty; the penalties must fall. Gradients
    are divided by the penalty, so that 1e-200 is as good as 1. Plain gradient descent would need of the order of
    1/penalty steps to get here.
    """
    design = np.column_stack([x, np.ones(len(x))]) * (scale * sign)[:, None]
    ridge = np.append(np.ones(x.shape[1]), 0.0)
    path: list[np.ndarray] = []
    for penalty in penalties:
        theta = _extrapolate(penalties, path, design.shape[1])
        for _ in range(500):
            p = scipy.special.expit(offset - design @ theta) * (weight / penalty)
            slope = ridge * theta - design.T @ p
            curvature = (design.T * (p * (1 - p * (penalty / weight)))) @ design + np.diag(ridge)
            step = np.linalg.solve(curvature, slope)
            longest = np.abs(design @ step).max()
            theta = theta - step / (1 + longest if longest > 1 else 1)
            if longest < 1e-10:
                break
        path.append(theta)
    return np.array(path)


def _extrapolate(penalties: np.ndarray, path: list[np.ndarray], size: int) -> np.ndarray:
    """Where the path goes at the next penalty, from its last two points."""
    if len(path) < 2:
        return path[-1] if path else np.zeros(size)
    logs = np.log(penalties[len(path) - 2 : len(path) + 1])
    return path[-1] + (path[-1] - path[-2]) * (logs[2] - logs[1]) / (logs[1] - logs[0])


def _linear(x: np.ndarray, beta: np.ndarray) -> np.ndarray:
    return np.matmul(x, beta[:, :, None])[:, :, 0]


def _gram(x: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.matmul(np.swapaxes(x, 1, 2) * v[:, None, :], x)


def _cross(x: np.ndarray, residual: np.ndarray) -> np.ndarray:
    return np.matmul(np.swapaxes(x, 1, 2), residual[:, :, None])[:, :, 0]


def _leverage(x: np.ndarray, v: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    """Diagonal of W^(1/2) X (X'WX)⁻¹ X' W^(1/2)."""
    return v * (np.matmul(x, inverse) * x).sum(axis=2)
