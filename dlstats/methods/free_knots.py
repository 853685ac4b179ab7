"""Linear splines with free knots, d = 1: the functions of a shallow ReLU network, fitted without gradients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from dlstats.methods.regression import Baseline, Curve
from dlstats.methods.tuning import Inputs, New, Values

Knots = Float[np.ndarray, " k"]
FLAT = 1e-10
"""Part of a column's variance left by the others below which it counts as a combination of them."""


def least_squares(
    x: Float[np.ndarray, " n"], y: Values, knots: Knots, new: Float[np.ndarray, " m"] | None = None
) -> tuple[Float[np.ndarray, " m"], float]:
    """Values at the new points (or at x) of the linear spline with these knots that fits best, and its mean squared residual.

    It is a network of one layer with a ReLU unit for every knot and a linear skip.
    """
    centre, scale = x.mean(), max(float(x.std()), 1e-12)

    def basis(at: np.ndarray) -> np.ndarray:
        line = np.stack([np.ones_like(at), at], axis=1)
        return np.hstack([line, np.maximum(at[:, None] - (knots - centre) / scale, 0.0)])

    design = basis((x - centre) / scale)
    coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
    fitted = design @ coefficients
    ahead = fitted if new is None else basis((new - centre) / scale) @ coefficients
    return ahead, float(((y - fitted) ** 2).mean())


def inner_quantiles(x: Float[np.ndarray, " n"], count: int) -> Knots:
    """`count` quantiles at equal levels strictly between 0 and 1, without repetition."""
    return np.unique(np.quantile(x, np.arange(1, count + 1) / (count + 1)))


@dataclass(frozen=True)
class FreeKnots(Baseline):
    """Least squares over linear splines whose knots are chosen from quantiles of x; a setting is their number.

    Knots enter one by one, each time the one that lowers the residual sum of squares most; at the numbers of the grid all
    are replaced in turn by the best candidate given the others [Friedman and Silverman 1989; sequential replacement,
    Miller 1984]. It is no global minimum over knots.
    """

    grid: tuple[int, ...] = (0, 1, 2, 3, 4, 6, 8, 11, 16, 22, 32)
    candidates: int = 128
    label: str = "free-knot spline"
    description: str = (
        "linear spline, knots by sequential replacement among quantiles, their number on the held-out fifth"
    )
    style: str = "wavelet"

    def predictions(self, x: Inputs, y: Values, new: New, settings: Sequence[int], seed: int) -> Iterator[Curve]:
        """One search for all numbers of knots."""
        if x.shape[1] != 1:
            raise ValueError(f"`FreeKnots` is for one input, got {x.shape[1]}.")
        at = inner_quantiles(x[:, 0], min(self.candidates, len(y) // 4))
        chosen = selections(x[:, 0], y, at, max(settings), self.grid)
        for count in settings:
            yield least_squares(x[:, 0], y, at[chosen[min(count, len(chosen) - 1)]], new[:, 0])[0]


def selections(
    x: Float[np.ndarray, " n"], y: Values, candidates: Knots, most: int, replaced: Sequence[int]
) -> list[list[int]]:
    """Places of the chosen candidates for 0, 1, ..., `most` knots, fewer where no candidate adds anything.

    At the numbers of knots in `replaced` every knot is replaced by the best candidate given the others.
    """
    table = _Table(x, y, candidates)
    chosen: list[int] = []
    found = [[]]
    while len(chosen) < most and (best := table.best(chosen)) is not None:
        table.sweep(best)
        chosen.append(best)
        for knot in list(chosen) if len(chosen) in replaced else ():
            table.unsweep(knot)
            chosen.remove(knot)
            again = table.best(chosen)
            chosen.append(knot if again is None else again)
            table.sweep(chosen[-1])
        found.append(sorted(chosen))
    return found


class _Table:
    """Products of the candidates' ReLU units and y, given the line and the units that were swept in [Goodnight 1979]."""

    def __init__(self, x: np.ndarray, y: np.ndarray, candidates: np.ndarray) -> None:
        units = np.maximum(x[:, None] - candidates, 0.0)
        columns = np.hstack([units, y[:, None]])
        line = np.stack([np.ones_like(x), x], axis=1)
        columns -= line @ np.linalg.lstsq(line, columns, rcond=None)[0]
        self.products = columns.T @ columns
        self.least = FLAT * np.maximum(self.products.diagonal()[:-1].copy(), 1e-300)

    def best(self, chosen: list[int]) -> int | None:
        """The candidate that lowers the residual sum of squares most, of those that are not chosen."""
        own = self.products.diagonal()[:-1]
        open_ = own > self.least
        open_[chosen] = False
        if not open_.any():
            return None
        gain = np.where(open_, self.products[:-1, -1] ** 2 / np.where(open_, own, 1.0), -1.0)
        return int(gain.argmax())

    def sweep(self, k: int, sign: float = 1.0) -> None:
        """Regress all columns on column k."""
        pivot, column = self.products[k, k], self.products[:, k].copy()
        self.products -= np.outer(column, column / pivot)
        self.products[:, k] = self.products[k, :] = sign * column / pivot
        self.products[k, k] = -1 / pivot

    def unsweep(self, k: int) -> None:
        """The inverse of `sweep`."""
        self.sweep(k, -1.0)
