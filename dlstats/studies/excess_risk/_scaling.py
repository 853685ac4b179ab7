"""Scaling rules: how widths, steps and weight decay follow from sample size n, dimension d and smoothness b."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """What a rule gives: hidden widths, steps and weight decay."""

    widths: tuple[int, ...]
    steps: int
    weight_decay: float = 0.0


@dataclass(frozen=True)
class Spline:
    """One layer of `factor` n^(1/(2b+1)) units: the pieces of the best linear spline in one effective dimension."""

    factor: float
    steps: int

    def __call__(self, n: float, d: int = 1, smoothness: float = 2.0) -> Shape:
        """The shape at n."""
        return Shape((max(2, round(self.factor * n ** (1 / (2 * smoothness + 1)))),), self.steps)


@dataclass(frozen=True)
class Isotropic:
    """One layer of `factor` n^(d/(2b+d)) units: as many parameters as the isotropic rate asks for, blind to structure."""

    factor: float
    steps: int

    def __call__(self, n: float, d: int = 1, smoothness: float = 2.0) -> Shape:
        """The shape at n."""
        return Shape((max(2, round(self.factor * n ** (d / (2 * smoothness + d)))),), self.steps)


@dataclass(frozen=True)
class Fixed:
    """The same widths whatever n."""

    widths: tuple[int, ...]
    steps: int

    def __call__(self, n: float, d: int = 1, smoothness: float = 2.0) -> Shape:
        """The shape at n."""
        return Shape(self.widths, self.steps)


@dataclass(frozen=True)
class Decay:
    """One wide layer whose weight decay follows `factor` n^(-2b/(2b+1)), the square of the wanted error."""

    width: int
    factor: float
    steps: int

    def __call__(self, n: float, d: int = 1, smoothness: float = 2.0) -> Shape:
        """The shape at n."""
        return Shape((self.width,), self.steps, self.factor * n ** (-2 * smoothness / (2 * smoothness + 1)))
