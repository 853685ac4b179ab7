"""Logit adjustment against class weights: asymptotic variances, and what is left of both on separable data."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy


def asymptotic_variance(prior: float, distance: float, weighted: bool) -> np.ndarray:
    """n Var of (intercept, slope) of logistic regression for N(±D/2, 1) with P(y = 1) = π, shape (2, 2).

    Maximum likelihood (and so logit adjustment, which only shifts its intercept) when not `weighted`; else
    cross-entropy with weights 1/(2π) and 1/(2(1 − π)), A⁻¹ B A⁻¹ with A the expected curvature and B the variance of
    the score.
    """
    weight1, weight0 = (1 / (2 * prior), 1 / (2 * (1 - prior))) if weighted else (1.0, 1.0)
    shift = 0.0 if weighted else math.log(prior / (1 - prior))

    def moment(power: int, kind: str) -> float:
        def integrand(x: float) -> float:
            one = prior * math.exp(-((x - distance / 2) ** 2) / 2) / math.sqrt(2 * math.pi)
            zero = (1 - prior) * math.exp(-((x + distance / 2) ** 2) / 2) / math.sqrt(2 * math.pi)
            q = 1 / (1 + math.exp(-(distance * x + shift)))
            if kind == "curvature":
                return float(x**power * (weight1 * one + weight0 * zero) * q * (1 - q))
            return float(x**power * (weight1**2 * one * (1 - q) ** 2 + weight0**2 * zero * q**2))

        return scipy.integrate.quad(integrand, -14, 14, epsabs=1e-14, epsrel=1e-12, limit=300)[0]

    def matrix(kind: str) -> np.ndarray:
        m = [moment(k, kind) for k in range(3)]
        return np.array([[m[0], m[1]], [m[1], m[2]]])

    inverse = np.linalg.inv(matrix("curvature"))
    return inverse @ matrix("score") @ inverse


def threshold_variance(prior: float, distance: float, weighted: bool) -> float:
    """n Var of the threshold at which the balanced logit is 0, the prior being estimated by the class frequency.

    (Var(intercept) − 1/(π (1 − π))) / D²: the frequency, whose log-odds have the variance subtracted, cancels from
    shifted intercept and weights alike, as it does under sampling with fixed class counts. Derived here.
    """
    intercept = asymptotic_variance(prior, distance, weighted)[0, 0]
    return float((intercept - 1 / (prior * (1 - prior))) / distance**2)


def excess_balanced_error(distance: float, variance: float) -> float:
    """(D/4) φ(D/2) Var(threshold): expected balanced error above Φ(−D/2), to second order."""
    return distance / 4 * float(scipy.stats.norm.pdf(distance / 2)) * variance


def boundary_shift(log_ratio: float, norm: float) -> float:
    """ln(w₊/w₋) / (2‖w‖), the shift of the boundary by weights on the ridge path of separable data. Derived here.

    As the penalty falls the margins of the support vectors are ln(w_i / (penalty α_i)) with the dual weights α_i of
    the hard-margin problem, so that a ratio of weights moves the boundary by half its logarithm over the norm,
    and the norm grows without bound. Additive logit adjustment by ι moves it by ι / (2‖w‖) likewise.
    """
    return log_ratio / (2 * norm)


def residual_direction(x: np.ndarray, sign: np.ndarray, normal: np.ndarray, offset: float) -> float:
    """‖r‖, the limit of the part of w across the hard margin (w*, b*) on the ridge path, from its dual weights α.

    At the support vectors sign_j (v'x_j + v₀) = −ln α_j with v of least norm, and r is v less its part along w*.
    Class weights move v along w* only. Derived here.
    """
    support = sign * (x @ normal + offset) < 1 + 1e-6
    signed = sign[support, None] * np.column_stack([x[support], np.ones(support.sum())])
    dual = np.linalg.lstsq(signed.T, np.append(normal, 0.0), rcond=None)[0]
    target = -np.log(dual) * sign[support]
    v = np.linalg.lstsq(x[support][1:] - x[support][0], target[1:] - target[0], rcond=None)[0]
    return float(np.linalg.norm(v - (v @ normal) / (normal @ normal) * normal))


def hard_margin(x: np.ndarray, sign: np.ndarray) -> tuple[np.ndarray, float]:
    """(w, b) with the smallest ‖w‖ such that sign (w'x + b) ≥ 1, by sequential quadratic programming.

    Raises RuntimeError when the data are not separable.
    """
    d = x.shape[1]
    rows = np.column_stack([x, np.ones(len(x))]) * sign[:, None]
    constraint: Any = {"type": "ineq", "fun": lambda t: rows @ t - 1, "jac": lambda t: rows}
    optimum = scipy.optimize.minimize(  # pyright: ignore[reportCallIssue]
        lambda t: 0.5 * t[:d] @ t[:d],
        np.append(np.ones(d), 0.0),  # pyright: ignore[reportArgumentType]
        jac=lambda t: np.append(t[:d], 0.0),
        constraints=[constraint],
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 500},
    )
    if not optimum.success:
        raise RuntimeError(f"No separating hyperplane was found: {optimum.message}")
    return optimum.x[:d], float(optimum.x[d])
