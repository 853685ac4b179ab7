"""The one rule by which every method of a comparison is tuned.

A fifth of the sample is held out, every setting of the grid that stands beside the method is fitted to the rest and judged
on that fifth, and the best is fitted again to all of the sample. Nothing of the truth enters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

Inputs = Float[np.ndarray, "n d"]
New = Float[np.ndarray, "m d"]
Values = Float[np.ndarray, " n"]
Held = Float[np.ndarray, " m"]
Fitted = Float[np.ndarray, "m ..."]


class Split(NamedTuple):
    """A seed for the method, and the indices of the fifth that is held out and of the rest."""

    seed: int
    held: Int[np.ndarray, " k"]
    rest: Int[np.ndarray, " l"]


def held_out(n: int, rng: np.random.Generator) -> Split:
    """⌊n/5⌋ of n observations at random, and the rest; ValueError below n = 5.

    Methods that are given generators of the same stream hold out the same fifth.
    """
    if n < 5:
        raise ValueError(f"`n` must be at least 5 to hold out a fifth, got {n}.")
    seed = int(rng.integers(2**31))
    order = rng.permutation(n)
    return Split(seed, order[: n // 5], order[n // 5 :])


def best(errors: Float[np.ndarray, "reps settings"]) -> Int[np.ndarray, " reps"]:
    """The place of the smallest error of every row, the first of several; NaN counts as infinite."""
    return np.nan_to_num(errors, nan=np.inf).argmin(axis=1)


class Tuned:
    """A method that fits one data set at a time, with the setting of `grid` that is best on the held-out fifth."""

    label: str
    description: str
    style: str
    grid: Sequence[Any]

    def predictions(self, x: Inputs, y: Values, new: New, settings: Sequence[Any], seed: int) -> Iterable[Fitted]:
        """Values at the new points under each of the settings, fitted to x and y."""
        raise NotImplementedError

    def error(self, y: Values, values: Fitted) -> float:
        """What the held-out responses judge values by."""
        raise NotImplementedError

    def chosen(self, x: Inputs, y: Values, ahead: New, held: Held, seed: int) -> Any:
        """The setting that, fitted to x and y, is best on the responses `held` at `ahead`."""
        tried = self.predictions(x, y, ahead, self.grid, seed)
        (place,) = best(np.array([[self.error(held, values) for values in tried]]))
        return self.grid[place]

    def fit(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> tuple[Fitted, Any]:
        """Values at the new points and the setting that was chosen."""
        seed, held, rest = held_out(len(y), rng)
        chosen = self.chosen(x[rest], y[rest], x[held], y[held], seed)
        (values,) = self.predictions(x, y, new, [chosen], seed)
        return values, chosen

    def __call__(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
        """Values at the new points."""
        return self.fit(x, y, new, rng)[0]
