"""Least-squares approximation of sin 4πx on [0, 1] by continuous piecewise linear functions, and what it costs to fit.

A shallow ReLU network with m hidden units and a skip connection is such a function with at most m + 1 pieces;
with its kinks frozen, fitting is linear regression.
"""

from __future__ import annotations

import math

import numpy as np
import scipy

NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)
FREQUENCY = 4 * math.pi


def target(x: np.ndarray) -> np.ndarray:
    """f(x) = sin 4πx."""
    return np.sin(FREQUENCY * x)


def squared_error(knots: np.ndarray) -> float:
    """min over linear splines s with these knots, ends included, of ∫ (f - s)² on [0, 1].

    Normal equations in the hat basis (tridiagonal), residual by 24 Gauss-Legendre nodes a piece, so that nothing
    cancels.
    """
    width = np.diff(knots)
    x = knots[:-1, None] + width[:, None] * (NODES + 1) / 2
    fraction, value, area = (NODES + 1) / 2, target(x), width[:, None] * WEIGHTS / 2
    moment = np.zeros(len(knots))
    moment[:-1] += (value * (1 - fraction) * area).sum(axis=1)
    moment[1:] += (value * fraction * area).sum(axis=1)
    bands = np.zeros((2, len(knots)))
    bands[1, :-1] += width / 3
    bands[1, 1:] += width / 3
    bands[0, 1:] = width / 6
    coefficient = scipy.linalg.solveh_banded(bands, moment)
    fitted = coefficient[:-1, None] * (1 - fraction) + coefficient[1:, None] * fraction
    return float(((value - fitted) ** 2 * area).sum())


def uniform_error(pieces: int) -> float:
    """`squared_error` with equal pieces."""
    return squared_error(np.linspace(0, 1, pieces + 1))


def uniform_constant() -> float:
    """lim N^4 `uniform_error` = ‖f''‖² / 720 = (4π)^4 / 1440 = 17.31717."""
    return FREQUENCY**4 / 1440


def free_constant() -> float:
    """lim N^4 of the error with free knots, (∫ |f''|^(2/5))^5 / 720 = 11.18113 [Barrow and Smith 1978]."""
    mean = math.gamma(0.7) / (math.sqrt(math.pi) * math.gamma(1.2))  # mean of |sin|^(2/5) over a period
    return FREQUENCY**4 * mean**5 / 720


def free_knots(pieces: int, starts: int = 3) -> np.ndarray:
    """Knots, ends included, of the smallest error found: L-BFGS on log-widths from equal pieces and perturbed ones."""
    rng = np.random.default_rng(pieces)

    def knots(log_widths: np.ndarray) -> np.ndarray:
        fraction = np.exp(log_widths - log_widths.max())
        return np.concatenate([[0.0], np.cumsum(fraction) / fraction.sum()])

    candidates = [np.linspace(0, 1, pieces + 1)]
    for start in range(starts):
        first = np.zeros(pieces) if start == 0 else 0.3 * rng.standard_normal(pieces)
        end = scipy.optimize.minimize(lambda v: math.log(squared_error(knots(v))), first, method="L-BFGS-B").x
        candidates.append(knots(end))
    return min(candidates, key=squared_error)


def graded_knots(pieces: int) -> np.ndarray:
    """Knots, ends included, between any two of which ∫ |f''|^(2/5) is the same: asymptotically the best ones.

    For f = sin 4πx; the share of a quarter period up to its part u is I(sin²(πu/2); 0.7, 1/2), a regularised
    incomplete beta function.
    """
    quarter, share = np.divmod(4 * FREQUENCY / (2 * math.pi) * np.arange(pieces + 1) / pieces, 1)
    rising = quarter % 2 == 0
    inside = 2 / math.pi * np.arcsin(np.sqrt(scipy.special.betaincinv(0.7, 0.5, np.where(rising, share, 1 - share))))
    return (quarter + np.where(rising, inside, 1 - inside)) * 2 * math.pi / FREQUENCY / 4


def graded_error(pieces: int) -> float:
    """`squared_error` at `graded_knots`: an upper bound on the error with free knots, asymptotically equal to it."""
    return squared_error(graded_knots(pieces))


def hats(x: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """The hat functions of the knots at x in [0, 1]: (len(x), len(knots))."""
    return np.stack([np.interp(x, knots, unit) for unit in np.eye(len(knots))], axis=-1)


def sieve_risk(n: float, noise_sd: float, pieces_at_most: int = 400) -> tuple[float, int]:
    """min_N { error(N) + (N + 1) σ² / n } over equal pieces N, and the N that attains it."""
    rough = (4 * uniform_constant() * n / noise_sd**2) ** 0.2
    candidates = range(max(1, int(rough * 0.5)), min(pieces_at_most, int(rough * 2) + 8))
    risks = {pieces: uniform_error(pieces) + (pieces + 1) * noise_sd**2 / n for pieces in candidates}
    best = min(risks, key=lambda pieces: risks[pieces])
    return risks[best], best


def sieve_limit(n: float, noise_sd: float) -> float:
    """(5/4) (4C)^(1/5) (σ²/n)^(4/5), the minimum of C N^(-4) + N σ²/n with C = `uniform_constant`."""
    return 1.25 * (4 * uniform_constant()) ** 0.2 * (noise_sd**2 / n) ** 0.8
