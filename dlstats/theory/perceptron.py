"""The perceptron's mistakes, two functions with steeper slopes, and the cost of a gradient."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import scipy


def mistake_bound(radius: float, margin: float) -> float:
    """(R/γ)²: mistakes of the perceptron at most, inputs of norm at most R, a unit vector that separates by γ [Novikoff]."""
    return (radius / margin) ** 2


def steeper_below() -> float:
    """|z| below which tanh has the steeper slope and above which the sigmoid has: arcosh(1 + √3) = 1.6629.

    1/cosh² z and 1/(2(1 + cosh z)) are equal where u = cosh z solves u² = 2(1 + u).
    """
    return math.acosh(1 + math.sqrt(3))


def gradient_cost(widths: Sequence[int]) -> float:
    """Multiplications of a forward and a backward pass over those of a forward pass: 3 − w₀w₁/Σ wᵢwᵢ₊₁.

    Every layer takes a product forwards and two backwards, but for the gradient in the inputs.
    """
    products = [a * b for a, b in itertools.pairwise(widths)]
    return 3 - products[0] / sum(products)


def separable(points: np.ndarray, labels: np.ndarray, bias: bool = True) -> bool:
    """Whether a hyperplane (through 0 without `bias`) has every label ±1 right: a linear programme; points (n, d)."""
    lifted = (np.column_stack([points, np.ones(len(points))]) if bias else points) * labels[:, None]
    found = scipy.optimize.linprog(np.zeros(lifted.shape[1]), -lifted, -np.ones(len(points)), bounds=(None, None))
    return bool(found.status == 0)
