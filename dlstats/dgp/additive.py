"""Regression with additive noise, y = f(x) + s(x) ε: homoscedastic and heteroscedastic designs with their truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from dlstats.dgp.noise import Noise

Inputs = Float[np.ndarray, "*n d"]
Values = Float[np.ndarray, "*n"]


def unit_scale(x: Inputs) -> Values:
    """s(x) = 1: homoscedastic noise."""
    return np.ones(x.shape[:-1])


@dataclass(frozen=True)
class Additive:
    """y = f(x) + s(x) ε with x ~ U(0, 1)^d and ε independent of x; `scale` s > 0."""

    name: str
    d: int
    regression: Callable[[Inputs], Values]
    """f, which is the conditional median where the noise has median 0."""
    noise: Noise
    scale: Callable[[Inputs], Values] = unit_scale

    def inputs(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "n d"]:
        """n points uniform on the unit cube."""
        return rng.random((n, self.d))

    def sample(self, n: int, rng: np.random.Generator) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, " n"]]:
        """Inputs and responses."""
        x = self.inputs(n, rng)
        return x, self.regression(x) + self.scale(x) * self.noise.sample(rng, n)

    def mean(self, x: Inputs) -> Values:
        """E(y | x) = f(x) + s(x) E ε; NaN where the noise has no mean."""
        return self.regression(x) + self.scale(x) * self.noise.mean

    def quantile(self, x: Inputs, level: float) -> Values:
        """The conditional quantile f(x) + s(x) q(level)."""
        return self.regression(x) + self.scale(x) * float(self.noise.quantile(level))

    def coverage(
        self, x: Inputs, lower: Float[np.ndarray, "..."], upper: Float[np.ndarray, "..."]
    ) -> Float[np.ndarray, "..."]:
        """P(lower <= y <= upper | x); the ends may have further axes in front."""
        f, s = self.regression(x), self.scale(x)
        inside = self.noise.distribution((upper - f) / s) - self.noise.distribution((lower - f) / s)
        return np.maximum(inside, 0.0)

    def excess_pinball(self, x: Inputs, prediction: Float[np.ndarray, "..."], level: float) -> Float[np.ndarray, "..."]:
        """Excess pinball risk given x, E ρ(y − prediction) − E ρ(y − q) at the true quantile q, for every distribution of noise.

        It is ∫_q^prediction (F(t | x) − level) dt; the prediction may have further axes in front.
        """
        s, best = self.scale(x), float(self.noise.quantile(level))
        z = (prediction - self.regression(x)) / s
        return s * np.maximum(self.noise.integral(z) - self.noise.integral(best) - level * (z - best), 0.0)
