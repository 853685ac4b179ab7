"""Curves on a circle of circumference 1 with jumps: kernel ridge with first-order kernels, trees, Haar wavelets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float

from dlstats.methods.regression import Baseline, Curve, geometric
from dlstats.methods.tuning import Inputs, New, Values


@dataclass(frozen=True)
class CircularRidge(Baseline):
    """Kernel ridge on a circle, 1/2 + k(x)ᵀ(K + λI)⁻¹(y − 1/2) with kernel 1/4 − |x − z|, |x − z| the distance on the circle.

    The kernel is the covariance of the indicator of a half circle at a uniform position, 1/2 its mean. Equivalently a broken
    line with f(x + 1/2) = 1 − f(x) that minimises sum (y − f)² + (λ/2) ∫f'² over half of the circle.
    """

    grid: tuple[float, ...] = geometric(0.02, 8.0, 14)
    label: str = "kernel ridge"
    description: str = "kernel ridge with the covariance of the target as kernel, penalty on the held-out fifth"
    style: str = "kernel_ridge"

    def predictions(self, x: Inputs, y: Values, new: New, settings: Sequence[float], seed: int) -> Iterator[Curve]:
        """Per penalty one tridiagonal system for the line, with a correction of rank one that closes the half circle."""
        at, sign = _folded(x[:, 0])
        knots, place = np.unique(at.round(12), return_inverse=True)
        count, total = np.bincount(place), np.bincount(place, sign * (y - 0.5))
        stiffness = 1 / np.diff(knots, append=knots[0] + 0.5)
        laplacian = np.append(stiffness[:-1], 0.0) + np.append(0.0, stiffness[:-1])
        closing = np.zeros(len(knots))
        closing[[0, -1]] = 1.0
        ahead, ahead_sign = _folded(new[:, 0])
        for penalty in settings:
            bands = np.stack([count + penalty / 2 * laplacian, np.append(-penalty / 2 * stiffness[:-1], 0.0)])
            line, correction = scipy.linalg.solveh_banded(bands, np.stack([total, closing], axis=1), lower=True).T
            weight = penalty / 2 * stiffness[-1]
            line = line - correction * weight * (closing @ line) / (1 + weight * (closing @ correction))
            turn = np.concatenate([[knots[-1] - 0.5], knots, [knots[0] + 0.5]])
            yield 0.5 + ahead_sign * np.interp(ahead, turn, np.concatenate([[-line[-1]], line, [-line[0]]]))


def _folded(x: Float[np.ndarray, " n"]) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """(x modulo 1/2, 1 on the first half of the circle and −1 on the second)."""
    return x % 0.5, np.where(x % 1 < 0.5, 1.0, -1.0)


@dataclass(frozen=True)
class RegressionTree(Baseline):
    """A regression tree grown best-first [Breiman et al. 1984], one input or more; a setting is its number of leaves."""

    grid: tuple[int, ...] = (2, 3, 4, 5, 6, 8, 12, 16, 24, 32)
    label: str = "regression tree"
    description: str = "regression tree (CART), number of leaves on the held-out fifth"
    style: str = "forest"

    def predictions(self, x: Inputs, y: Values, new: New, settings: Sequence[int], seed: int) -> Iterator[Curve]:
        """A tree for every number of leaves."""
        from sklearn import tree

        for leaves in settings:
            yield tree.DecisionTreeRegressor(max_leaf_nodes=leaves, random_state=seed).fit(x, y).predict(new)


def haar_thresholded(y: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Haar coefficients of all shifts of a circle, set to 0 below σ̂ √(2 log n), averaged back; n a power of 2.

    Translation-invariant hard thresholding [Coifman and Donoho 1995], σ̂ the median absolute coefficient of the finest level
    over 0.6745 [Donoho and Johnstone 1994].
    """
    n = len(y)
    if n < 2 or n & (n - 1):
        raise ValueError(f"The number of responses must be a power of 2, got {n}.")
    smooth, details, step = y, [], 1
    while step < n:
        ahead = np.roll(smooth, -step)
        details.append((smooth - ahead) / np.sqrt(2))
        smooth, step = (smooth + ahead) / np.sqrt(2), 2 * step
    threshold = np.median(np.abs(details[0])) / 0.6745 * np.sqrt(2 * np.log(n))
    for detail in reversed(details):
        step //= 2
        kept = np.where(np.abs(detail) > threshold, detail, 0.0)
        first, second = (smooth + kept) / np.sqrt(2), (smooth - kept) / np.sqrt(2)
        smooth = (first + np.roll(second, step)) / 2
    return smooth
