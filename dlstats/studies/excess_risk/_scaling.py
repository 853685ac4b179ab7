"""Scaling rules: how widths and steps follow from sample size n and smoothness b."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """What a rule gives: hidden widths and steps."""

    widths: tuple[int, ...]
    steps: int


@dataclass(frozen=True)
class Spline:
    """One layer of `factor` n^(1/(2b+1)) units: the pieces of the best linear spline in one effective dimension."""

    factor: float
    steps: int

    def __call__(self, n: float, d: int = 1, smoothness: float = 2.0) -> Shape:
        """The shape at n."""
        return Shape((max(2, round(self.factor * n ** (1 / (2 * smoothness + 1)))),), self.steps)


@dataclass(frozen=True)
class Fixed:
    """The same widths whatever n."""

    widths: tuple[int, ...]
    steps: int

    def __call__(self, n: float, d: int = 1, smoothness: float = 2.0) -> Shape:
        """The shape at n."""
        return Shape(self.widths, self.steps)
