"""Exact risks in the Gaussian sequence model: y_k = θ_k + n^(-1/2) z_k, k = 1, 2, ..., z_k independent N(0, 1).

Regression with n observations is asymptotically this model; risks here are sums, with no randomness left.
"""

from __future__ import annotations

import math

import numpy as np
import scipy


def minimax_exponent(smoothness: float, dimension: float = 1) -> float:
    """2b / (2b + d), the exponent of the minimax risk n^(-2b/(2b+d)) [Stone 1982]."""
    return 2 * smoothness / (2 * smoothness + dimension)


def projection_risk(n: float, smoothness: float) -> float:
    """min_N { sum_{k>N} θ_k² + N/n } for θ_k = k^(-b-1/2): the best projection estimator.

    Taking in coefficient k helps iff θ_k² > 1/n, so that the best N is the floor of n^(1/(2b+1)); the tail is
    Hurwitz's ζ(2b + 1, N + 1).
    """
    power = 2 * smoothness + 1
    terms = np.floor(n ** (1 / power) * (1 + 1e-12))
    return float(scipy.special.zeta(power, terms + 1) + terms / n)


def projection_constant(smoothness: float) -> float:
    """lim n^(2b/(2b+1)) `projection_risk` = 1 + 1/(2b): variance 1, squared bias 1/(2b); elementary."""
    return 1 + 1 / (2 * smoothness)


def weierstrass_sizes(smoothness: float, octaves: int, first: float = 64.0) -> np.ndarray:
    """n_i = first 2^((2b+1) i), i < octaves: the sizes at which the risk repeats itself exactly."""
    return first * 2.0 ** ((2 * smoothness + 1) * np.arange(octaves))


def weierstrass_risk(n: float, smoothness: float) -> float:
    """Best trigonometric projection of W_b(x) = sum_j 2^(-jb) cos(2π 2^j x), of Hölder exponent exactly b < 1.

    min_J { sum_{j>J} 4^(-jb) / 2 + 2 · 2^J / n }, with a sine and a cosine of every frequency up to 2^J fitted; the
    mean is 0 and known [Hardy 1916 for the exponent].
    """
    top = np.arange(64)
    bias = 4.0 ** (-smoothness * (top + 1)) / (2 * (1 - 4.0**-smoothness))
    return float(np.min(bias + 2.0 ** (top + 1) / n))


def ellipsoid_axes(smoothness: float, size: int) -> np.ndarray:
    """a_j = j^b for even j, (j - 1)^b for odd j: the Sobolev ellipsoid sum a_j² θ_j² <= Q."""
    j = np.arange(1, size + 1)
    return (j - j % 2).astype(float) ** smoothness


def pinsker_risk(n: float, smoothness: float, radius: float = 1.0) -> float:
    """Linear minimax risk over the Sobolev ellipsoid of squared radius Q [Pinsker 1980; Tsybakov 2009, theorem 3.1].

    n^(-1) sum (1 - κ a_j)_+ with κ the solution of n^(-1) κ^(-1) sum a_j (1 - κ a_j)_+ = Q.
    """
    size = int(8 * (radius * n) ** (1 / (2 * smoothness + 1))) + 64
    axes = ellipsoid_axes(smoothness, size)

    def spent(log_kappa: float) -> float:
        kappa = np.exp(log_kappa)
        return float((axes * np.maximum(1 - kappa * axes, 0)).sum() / (kappa * n)) - radius

    kappa = math.exp(float(scipy.optimize.brentq(spent, math.log(1 / axes[-1]), 5.0, xtol=1e-14)))
    if kappa * axes[-1] < 1:
        raise AssertionError("the axes were cut too early")
    return float(np.maximum(1 - kappa * axes, 0).sum() / n)


def pinsker_constant(smoothness: float, radius: float = 1.0) -> float:
    """C* = [Q (2b + 1)]^(1/(2b+1)) (b / (b + 1))^(2b/(2b+1)) [Pinsker 1980]."""
    b = smoothness
    return float((radius * (2 * b + 1)) ** (1 / (2 * b + 1)) * (b / (b + 1)) ** (2 * b / (2 * b + 1)))


def slope(n: np.ndarray, risk: np.ndarray) -> float:
    """Least-squares slope of log risk in log n over all n."""
    return float(np.polyfit(np.log(np.asarray(n, float)), np.log(np.asarray(risk, float)), 1)[0])
