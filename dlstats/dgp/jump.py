"""Jumps at a random place: f_s(i) = 1{(i - s) mod n < arc n} on n equally spaced points of a circle, half of it or less."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class CircularJump:
    """y = f_s + N(0, noise_sd²) at x = (i + 1/2)/n, the shift s uniform: two jumps of 1 on the circle."""

    n: int
    noise_sd: float

    @property
    def x(self) -> Float[np.ndarray, " n"]:
        """The design."""
        return (np.arange(self.n) + 0.5) / self.n

    def regression(self, shift: int) -> Float[np.ndarray, " n"]:
        """f_s at the design."""
        return ((np.arange(self.n) - shift) % self.n < self.n / 2).astype(float)

    def sample(self, rng: np.random.Generator) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """(truth, responses)."""
        truth = self.regression(int(rng.integers(self.n)))
        return truth, truth + self.noise_sd * rng.standard_normal(self.n)


@dataclass(frozen=True)
class CircularArc:
    """y = f_s + N(0, noise_sd²) at x = (i + 1/2)/n, f_s the indicator of `arc` of the circle from a uniform shift s on.

    Half a circle has f(x + 1/2) = 1 − f(x) and, for n a power of 2, is one Haar function; other arcs have neither.
    """

    n: int
    noise_sd: float
    arc: float = 0.5

    @property
    def x(self) -> Float[np.ndarray, " n"]:
        """The design."""
        return (np.arange(self.n) + 0.5) / self.n

    def regression(self, shift: int) -> Float[np.ndarray, " n"]:
        """f_s at the design."""
        return ((np.arange(self.n) - shift) % self.n < self.n * self.arc).astype(float)

    def sample(self, rng: np.random.Generator) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """(truth, responses)."""
        truth = self.regression(int(rng.integers(self.n)))
        return truth, truth + self.noise_sd * rng.standard_normal(self.n)
