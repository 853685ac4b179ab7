"""Friedman's function: two interacting inputs, one quadratic, two linear, and inputs that do not matter."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Inputs = Float[np.ndarray, "*n d"]
Values = Float[np.ndarray, "*n"]


@dataclass(frozen=True)
class Friedman:
    """y = 10 sin(π x1 x2) + 20 (x3 - 1/2)² + 10 x4 + 5 x5 + N(0, noise_sd²), x ~ U(0, 1)^d.

    [Friedman 1991, Annals of Statistics 19, section 4.3].
    """

    d: int = 10
    noise_sd: float = 1.0

    def __post_init__(self) -> None:
        """Raise ValueError for too few inputs or a negative noise."""
        if self.d < 5:
            raise ValueError(f"`d` must be at least 5, got {self.d}.")
        if not self.noise_sd >= 0:
            raise ValueError(f"`noise_sd` must be at least 0, got {self.noise_sd}.")

    def inputs(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "n d"]:
        """n points uniform on the unit cube."""
        return rng.random((n, self.d))

    def regression(self, x: Inputs) -> Values:
        """E(y | x)."""
        x1, x2, x3, x4, x5 = np.moveaxis(x[..., :5], -1, 0)
        return 10 * np.sin(math.pi * x1 * x2) + 20 * (x3 - 0.5) ** 2 + 10 * x4 + 5 * x5

    def sample(self, n: int, rng: np.random.Generator) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, " n"]]:
        """Inputs and responses."""
        x = self.inputs(n, rng)
        return x, self.regression(x) + self.noise_sd * rng.standard_normal(n)

    @property
    def signal_mean(self) -> float:
        """E f(X) = 10 E sin(π x1 x2) + 5/3 + 15/2, with E sin(π x1 x2) = ∫ (1 - cos πt) / (πt) dt over [0, 1]."""
        return 10 * _sine_moment(1) + 5 / 3 + 7.5

    @property
    def signal_variance(self) -> float:
        """Var f(X) = 100 Var sin(π x1 x2) + 400/180 + 125/12: the excess risk of the best constant."""
        return 100 * (_sine_moment(2) - _sine_moment(1) ** 2) + 400 / 180 + 125 / 12


def _sine_moment(power: int) -> float:
    """E sin(π x1 x2)^power for independent uniforms; the inner integral by hand, the outer by Gauss-Legendre."""
    root, weight = np.polynomial.legendre.leggauss(60)
    t, weight = (root + 1) / 2, weight / 2
    inner = (
        (1 - np.cos(math.pi * t)) / (math.pi * t) if power == 1 else 0.5 - np.sin(2 * math.pi * t) / (4 * math.pi * t)
    )
    return float(weight @ inner)
