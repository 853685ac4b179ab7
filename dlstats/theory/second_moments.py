"""Second moments of stochastic gradient descent on a quadratic: fixed points, thresholds, averages, momentum.

Least squares: y = x'w* + ε, x ~ N(0, H) with eigenvalues λ of H, Var ε = σ², one fresh minibatch of B samples a step. The error
e = w − w* has in the eigenbasis second moments c, c_i = E e_i², that obey

c_i ← (1 − ηλ_i)² c_i + η²/B {λ_i² c_i + λ_i (λ'c + σ²)},

the Lyapunov equation with the fourth-moment term of Gaussian inputs; λ'c is the mean excess risk. Momentum: gradient λx + noise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy

Eigenvalues = Sequence[float] | np.ndarray


def returned(eigenvalues: Eigenvalues, rate: float, batch: int = 1) -> float:
    """φ = Σ (ηλ_i/B) / (2 − η(1 + 1/B) λ_i), the part of the excess risk that sampling gives back; infinite beyond its pole."""
    lam = np.asarray(eigenvalues, dtype=float)
    rest = 2 - rate * (1 + 1 / batch) * lam
    return float((rate * lam / batch / rest).sum()) if rest.min() > 0 else math.inf


def threshold(eigenvalues: Eigenvalues, batch: int = 1) -> float:
    """The learning rate below which the second moment has a limit, where φ = 1; 2/(1 + (d + 1)/B) for d equal eigenvalues 1."""
    pole = 2 / (1 + 1 / batch) / max(eigenvalues)
    return float(scipy.optimize.brentq(lambda rate: returned(eigenvalues, rate, batch) - 1, 0, pole * (1 - 1e-12)))


def stationary_excess(eigenvalues: Eigenvalues, rate: float, noise_variance: float = 1.0, batch: int = 1) -> float:
    """Mean excess risk in the long run, σ² φ / (1 − φ); infinite from the threshold on."""
    part = returned(eigenvalues, rate, batch)
    return noise_variance * part / (1 - part) if part < 1 else math.inf


def lyapunov_excess(eigenvalues: Eigenvalues, rate: float, noise_variance: float = 1.0, batch: int = 1) -> float:
    """η σ² tr H / (2B): the same without the terms of order η² [Mandt, Hoffman and Blei 2017, eq. 13]."""
    return rate * noise_variance * float(np.sum(eigenvalues)) / (2 * batch)


def transition(eigenvalues: Eigenvalues, rate: float, batch: int = 1) -> np.ndarray:
    """The symmetric matrix A of c ← A c + (η²/B) σ² λ."""
    lam = np.asarray(eigenvalues, dtype=float)
    return np.diag((1 - rate * lam) ** 2 + rate**2 / batch * lam**2) + rate**2 / batch * np.outer(lam, lam)


def moments(
    eigenvalues: Eigenvalues, rate: float, steps: int, start: Eigenvalues, noise_variance: float = 1.0
) -> np.ndarray:
    """c after 1, ..., `steps` steps of one sample, shape (steps, d), from c = `start`, by the eigenvectors of A."""
    lam = np.asarray(eigenvalues, dtype=float)
    matrix = transition(lam, rate)
    rest = np.linalg.solve(np.eye(len(lam)) - matrix, rate**2 * noise_variance * lam)
    values, vectors = np.linalg.eigh(matrix)
    return rest + (values ** np.arange(1, steps + 1)[:, None] * (vectors.T @ (np.asarray(start) - rest))) @ vectors.T


def averaged_excess(
    eigenvalues: Eigenvalues, rate: float, steps: int, start: Eigenvalues, noise_variance: float = 1.0
) -> float:
    """Mean excess risk of the average of the iterates after 1, ..., n steps of one sample, exactly.

    E e_t,i e_s,i = (1 − ηλ_i)^(t − s) c_s,i for s ≤ t.
    """
    lam = np.asarray(eigenvalues, dtype=float)
    c = moments(lam, rate, steps, start, noise_variance)
    left = np.arange(steps - 1, -1, -1)[:, None]
    later = (1 - rate * lam) * (1 - (1 - rate * lam) ** left) / (rate * lam)
    return float(lam @ (c * (1 + 2 * later)).sum(axis=0)) / steps**2


def one_step(eigenvalues: Eigenvalues, n: int, start: Eigenvalues, noise_variance: float = 1.0) -> tuple[float, float]:
    """(rate, mean excess risk) of the best step of gradient descent on all n samples: η = b/a, λ'c − b²/a, from c = `start`.

    The mean excess risk after a step is λ'c − 2ηb + η²a, b = Σ λ_i² c_i, a = Σ λ_i {λ_i² c_i (1 + 1/n) + λ_i (λ'c + σ²)/n}.
    """
    lam, c = np.asarray(eigenvalues, dtype=float), np.asarray(start, dtype=float)
    b, excess = float(lam**2 @ c), float(lam @ c)
    a = float(lam**3 @ c) * (1 + 1 / n) + float((lam**2).sum()) * (excess + noise_variance) / n
    return b / a, excess - b**2 / a


def averaged_constant(eigenvalues: Eigenvalues, rate: float) -> float:
    """The limit of n times that excess risk over d σ², 1 + (1 + 1/d) φ/(1 − φ) at one sample a step."""
    return 1 + (1 + 1 / len(eigenvalues)) * stationary_excess(eigenvalues, rate)


def momentum_variance(rate: float, momentum: float, curvature: float = 1.0, noise_variance: float = 1.0) -> float:
    """Stationary variance of x under v ← b v − η(λx + noise), x ← x + v: η σ² (1 + b) / (λ (1 − b) (2(1 + b) − ηλ))."""
    left = 2 * (1 + momentum) - rate * curvature
    if left <= 0:
        return math.inf
    return rate * noise_variance * (1 + momentum) / (curvature * (1 - momentum) * left)


def momentum_risk(
    eigenvalues: Eigenvalues, rate: float, momentum: float, steps: int, start: float, noise_variance: float
) -> float:
    """Σ λ_i E x_i² / 2 after `steps` steps from x_i² = `start` and v = 0, by the powers of the moments' matrix."""
    total = 0.0
    for curvature in np.asarray(eigenvalues, dtype=float):
        move = np.array([[1 - rate * curvature, momentum], [-rate * curvature, momentum]])
        matrix = np.zeros((5, 5))  # the four second moments of (x, v), and 1
        matrix[:4, :4], matrix[:4, 4], matrix[4, 4] = np.kron(move, move), rate**2 * noise_variance, 1
        total += curvature / 2 * float((np.linalg.matrix_power(matrix, steps) @ [start, 0, 0, 0, 1])[0])
    return total


def subset_variance(population_variance: float, size: int, batch: int) -> float:
    """Variance of the mean of `batch` of `size` numbers without replacement, S² (N − B) / (B (N − 1)), S² with divisor N."""
    return population_variance * (size - batch) / (batch * (size - 1))
