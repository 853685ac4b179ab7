"""Hierarchical interaction models m1 to m5 of Bauer and Kohler (2019, Annals of Statistics 47), x ~ U(0, 1)^d.

Noise is sd · λ · N(0, 1) with λ the interquartile range of m(X), as published.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from dlstats.dgp.additive import Additive
from dlstats.dgp.noise import normal

Inputs = Float[np.ndarray, "*n d"]
Values = Float[np.ndarray, "*n"]


def m1(x: Inputs) -> Values:
    """cot(π/(1 + exp(x1² + 2x2 + sin 6x4³ - 3))) + exp(3x3 + 2x4 - 5x5 + √(x6 + 0.9x7 + 0.1))."""
    x1, x2, x3, x4, x5, x6, x7 = np.moveaxis(x, -1, 0)
    inner = np.exp(x1**2 + 2 * x2 + np.sin(6 * x4**3) - 3)
    return 1 / np.tan(np.pi / (1 + inner)) + np.exp(3 * x3 + 2 * x4 - 5 * x5 + np.sqrt(x6 + 0.9 * x7 + 0.1))


def m2(x: Inputs) -> Values:
    """2/(x1 + 0.008) + 3 log(x2⁷ x3 + 0.1) x4; three of the seven inputs do not matter."""
    x1, x2, x3, x4 = np.moveaxis(x[..., :4], -1, 0)
    return 2 / (x1 + 0.008) + 3 * np.log(x2**7 * x3 + 0.1) * x4


def m3(x: Inputs) -> Values:
    """2 log(x1x2 + 4x3 + |tan x4| + 0.1) + x3⁴x5²x6 - x4x7 + (3x8² + x9 + 2)^(0.1 + 4x10²)."""
    x1, x2, x3, x4, x5, x6, x7, x8, x9, x10 = np.moveaxis(x, -1, 0)
    first = 2 * np.log(x1 * x2 + 4 * x3 + np.abs(np.tan(x4)) + 0.1)
    return first + x3**4 * x5**2 * x6 - x4 * x7 + (3 * x8**2 + x9 + 2) ** (0.1 + 4 * x10**2)


def m4(x: Inputs) -> Values:
    """x1 + tan x2 + x3³ + log(x4 + 0.1) + 3x5 + x6 + √(x7 + 0.1): additive."""
    x1, x2, x3, x4, x5, x6, x7 = np.moveaxis(x, -1, 0)
    return x1 + np.tan(x2) + x3**3 + np.log(x4 + 0.1) + 3 * x5 + x6 + np.sqrt(x7 + 0.1)


def m5(x: Inputs) -> Values:
    """exp(‖x‖)."""
    return np.exp(np.sqrt((x**2).sum(axis=-1)))


@dataclass(frozen=True)
class Model:
    """A regression function, its number of inputs and the published interquartile range of m(X)."""

    regression: Callable[[Inputs], Values]
    d: int
    interquartile_range: float


MODELS: dict[str, Model] = {
    "m1": Model(m1, 7, 9.11),
    "m2": Model(m2, 7, 5.68),
    "m3": Model(m3, 10, 13.97),
    "m4": Model(m4, 7, 1.77),
    "m5": Model(m5, 7, 1.64),
}


def design(name: str, noise_sd: float) -> Additive:
    """The data-generating process with noise of standard deviation noise_sd · λ."""
    model = MODELS[name]
    return Additive(name, model.d, model.regression, normal(noise_sd * model.interquartile_range))
