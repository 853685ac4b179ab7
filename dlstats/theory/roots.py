"""One way to find a zero."""

from __future__ import annotations

from collections.abc import Callable

from scipy import optimize


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """The zero of a function that changes sign between `low` and `high`, to the last digits [Brent 1973, chapter 4]."""
    return float(optimize.brentq(function, low, high, xtol=1e-14, rtol=4 * 2.3e-16))  # type: ignore[arg-type]
