"""Neural tangent kernels of ReLU networks at infinite width, their variance at finite width, gradient descent with a kernel.

A network of L hidden layers has h₀ = x, h_l = √2 relu(W_l h_{l−1}/√m_{l−1}) and the output a·h_L/√m, with weights from N(0, 1)
and no biases, so that |h|²/m is |x|²/d in the mean in every layer.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike


def arc_cosine(order: int, rho: ArrayLike) -> np.ndarray:
    """κ_n(ρ) = 2 E (uv)ⁿ 1{u > 0, v > 0} of two standard normals with correlation ρ, n = 0, 1, 2 [Cho and Saul 2009, eqs. 4-7].

    With ρ = cos θ: (π − θ)/π, {sin θ + (π − θ) cos θ}/π and {3 sin θ cos θ + (π − θ)(1 + 2 cos² θ)}/π.
    """
    if order not in (0, 1, 2):
        raise ValueError(f"`order` must be 0, 1 or 2, got {order}.")
    cosine = np.clip(np.asarray(rho, float), -1, 1)
    angle = np.arccos(cosine)
    sine, rest = np.sin(angle), math.pi - angle
    return (rest, sine + rest * cosine, 3 * sine * cosine + rest * (1 + 2 * cosine**2))[order] / math.pi


def tangent_kernel(x: np.ndarray, z: np.ndarray, depth: int) -> np.ndarray:
    """Θ(x, z), shape (n, k), for `depth` hidden layers and points (n, d) and (k, d) [Jacot et al. 2018, theorem 1].

    S₀ = T₀ = x·z/d; S_l = r κ₁(S_{l−1}/r) and T_l = T_{l−1} κ₀(S_{l−1}/r) + S_l with r = |x||z|/d; Θ = T_L.
    """
    scale, signal = _scales(x, z)
    tangent = signal
    for _ in range(depth):
        rho = signal / scale
        signal = scale * arc_cosine(1, rho)
        tangent = tangent * arc_cosine(0, rho) + signal
    return tangent


def tangent_variance(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """m Var Θ_m(x, z), shape (n, k), with one hidden layer of m units, whatever m: 12 at x = z with |x|² = d.

    With S = x·z/d and r = |x||z|/d it is 2r²κ₂ + 6S²κ₀ + 4rSκ₁ − Θ², all κ at S/r. Proved in `docs/proofs/tangent-kernels.md`.
    """
    scale, signal = _scales(x, z)
    zero, one, two = (arc_cosine(order, signal / scale) for order in (0, 1, 2))
    second = 2 * scale**2 * two + 6 * signal**2 * zero + 4 * scale * signal * one
    return second - tangent_kernel(x, z, 1) ** 2


def _scales(x: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """|x||z|/d and x·z/d of all pairs."""
    lengths = [np.sqrt((points**2).sum(axis=1)) for points in (x, z)]
    return np.outer(*lengths) / x.shape[1], x @ z.T / x.shape[1]


def descent(kernel: np.ndarray, across: np.ndarray, residual: np.ndarray, rate: float, steps: int) -> np.ndarray:
    """What `steps` of gradient descent on the mean squared error add to the predictions at new points, shape (k,).

    K(z, X) K⁻¹ {I − (I − 2ηK/n)ᵗ} (y − f₀) for a kernel K between the n cases (n, n), `across` (k, n) from new points to cases,
    and the residual y − f₀ (n,), with η the rate [Lee et al. 2019, eqs. 8-11, in discrete time].
    """
    values, vectors = np.linalg.eigh(kernel)
    pace = 2 * rate / len(residual)
    filtered = np.divide(
        1 - (1 - pace * values) ** steps, values, out=np.full_like(values, pace * steps), where=pace * values > 1e-9
    )
    return across @ (vectors @ (filtered * (vectors.T @ residual)))
