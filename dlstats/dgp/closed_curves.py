"""Inputs on a product of closed curves, turned into a high-dimensional space: low intrinsic dimension."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class ClosedCurves:
    """d* angles t_j ~ U(0, 2π), each on the curve (cos kt, sin kt)/k for k = 1, 2, turned into R^ambient.

    f = d*^(-1/2) sum_j sin 3t_j, smooth on the set and uncorrelated with every linear function of the inputs;
    y = f + N(0, noise_sd²).
    """

    intrinsic: int
    ambient: int
    noise_sd: float = 0.3

    def __post_init__(self) -> None:
        """Raise ValueError when the curves do not fit."""
        if self.ambient < 4 * self.intrinsic:
            raise ValueError(f"`ambient` must be at least 4 `intrinsic` = {4 * self.intrinsic}, got {self.ambient}.")

    def angles(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "n k"]:
        """The intrinsic coordinates."""
        return rng.uniform(0, 2 * math.pi, (n, self.intrinsic))

    def rotation(self, rng: np.random.Generator) -> Float[np.ndarray, "m d"]:
        """Orthonormal rows, uniform: how R^(4 d*) lies in R^ambient."""
        q, r = np.linalg.qr(rng.standard_normal((self.ambient, 4 * self.intrinsic)))
        return (q * np.sign(np.diag(r))).T

    def embed(self, angles: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n m"]:
        """The curves in R^(4 d*), before they are turned."""
        parts = [trig(k * angles) / k for k in (1, 2) for trig in (np.cos, np.sin)]
        return np.concatenate(parts, axis=1)

    def regression(self, angles: Float[np.ndarray, "n k"]) -> Float[np.ndarray, " n"]:
        """f at intrinsic coordinates."""
        return np.sin(3 * angles).sum(axis=1) / math.sqrt(self.intrinsic)
