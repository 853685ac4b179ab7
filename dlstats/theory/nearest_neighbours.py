"""Exact expected risk of k-nearest neighbours on a product of closed curves (`dlstats.dgp.closed_curves`).

Proof of all that stands here: docs/proofs/nearest-neighbours.md.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import scipy

FREQUENCY = 3
"""q of f = d^(-1/2) sum_j sin q t_j."""
LARGEST = 4.0
"""The largest squared distance of two points of one curve."""
GRID = np.geomspace(1e-7, 1.0, 1500)
NODES, WEIGHTS = np.polynomial.legendre.leggauss(160)


def half_arc(s: np.ndarray) -> np.ndarray:
    """h with g(h) = s: the angle at which one curve has squared distance s, π beyond the largest; g = 4v - v², v = 1 - cos."""
    v = np.clip(s, 0, LARGEST) / (2 + np.sqrt(LARGEST - np.clip(s, 0, LARGEST)))
    return 2 * np.arcsin(np.sqrt(v / 2))


def _around(s: np.ndarray, rest, weight) -> np.ndarray:
    """(1/π) ∫_0^h weight(u) rest(s - g(u)) du, h = `half_arc`, by Gauss-Legendre in φ, u = h sin φ."""
    angle = (NODES + 1) * math.pi / 4
    h = half_arc(s)[:, None]
    u = h * np.sin(angle)
    v = 2 * np.sin(u / 2) ** 2
    values = weight(u) * rest(s[:, None] - v * (4 - v)) * h * np.cos(angle)
    return values @ WEIGHTS / 4


def _one(u: np.ndarray) -> np.ndarray:
    return np.ones_like(u)


@functools.cache
def _mass(dimension: int):
    """s -> P(sum_j g(U_j) <= s), from a table beyond dimension 1."""
    if dimension == 1:
        return lambda s: half_arc(s) / math.pi
    s = GRID * LARGEST * dimension
    table = np.minimum(_around(s, _mass(dimension - 1), _one), 1.0)
    spline = scipy.interpolate.PchipInterpolator(np.log(s), np.log(table))
    return lambda t: np.where(
        t < s[0],
        table[0] * (np.maximum(t, 0) / s[0]) ** (dimension / 2),
        np.exp(spline(np.log(np.clip(t, s[0], s[-1])))),
    )


@functools.cache
def _shortfall(dimension: int):
    """Mass P of a ball -> 1 - ρ: what the mean of f over it loses, E(1 - cos qU_1 | the ball), proportional to P^(2/d) at 0."""
    s = GRID * LARGEST * dimension
    rest = _mass(dimension - 1) if dimension > 1 else lambda t: _one(t)
    mass, lost = (_around(s, rest, w) for w in (_one, lambda u: 2 * np.sin(FREQUENCY * u / 2) ** 2))
    rising = np.concatenate([[True], np.diff(np.maximum.accumulate(mass)) > 0])
    at, value = np.log(mass[rising]), np.log((lost / mass)[rising])
    spline = scipy.interpolate.PchipInterpolator(at, value)
    return lambda p: np.exp(
        spline(np.clip(np.log(p), at[0], at[-1])) + np.minimum(np.log(p) - at[0], 0) * 2 / dimension
    )


def expected_risk(n: float, k: float, dimension: int, noise_sd: float) -> float:
    """σ²/k + E(1 - ρ)²/2 + E(1 - ρ²)/(2k), ρ at a ball of mass Beta(k + 1, n - k); k < n."""
    mass = scipy.special.betaincinv(k + 1, n - k, (NODES + 1) / 2)
    lost = _shortfall(dimension)(mass)
    bias, spread = (float(WEIGHTS @ part) / 4 for part in (lost**2, lost * (2 - lost)))
    return noise_sd**2 / k + bias + spread / k


def best_neighbours(n: float, dimension: int, noise_sd: float) -> int:
    """The k <= n/2 with the smallest `expected_risk`, up to the rounding of a continuous minimum."""
    optimum = scipy.optimize.minimize_scalar(
        lambda log_k: expected_risk(n, math.exp(log_k), dimension, noise_sd),
        bounds=(0.0, math.log(n / 2)),
        method="bounded",
    )
    return max(1, round(math.exp(optimum.x)))


def exponent(dimension: int) -> float:
    """4 / (4 + d): at the best k the risk is of order n^(-exponent)."""
    return 4 / (4 + dimension)
