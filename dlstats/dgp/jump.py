"""A jump at a random place: f_s(i) = 1{(i - s) mod n < n/2} on n equally spaced points of a circle."""

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
