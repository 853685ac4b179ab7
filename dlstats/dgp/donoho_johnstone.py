"""The four test functions on [0, 1] after Donoho and Johnstone: blocks, bumps, heavisine, doppler.

In the form in which Shen, Jiao, Lin and Huang (2021, arXiv 2107.10343) use them, with 5 f as regression function of
deep robust regression: ten knots instead of the eleven of Donoho and Johnstone (1994, Biometrika 81, table 1), and
doppler 10 √(x(1 − x)) sin(2π 1.1 / (x + 0.15)) instead of √(x(1 − x)) sin(2π 1.05 / (x + 0.05)). The jumps of blocks
are at the knots, where f takes the middle value.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float

Points = Float[np.ndarray, "*n"]

KNOTS = np.array([0.1, 0.15, 0.23, 0.28, 0.40, 0.44, 0.65, 0.76, 0.78, 0.81])
STEPS = np.array([4, -5, -2.5, 4, -3, 2.1, 4.3, -1.1, -2.1, -4.2])
HEIGHTS = np.array([4, 5, 2.5, 4, 3, 2.1, 4.3, 1.1, 2.1, 4.2])
WIDTHS = 2 * np.array([0.005, 0.005, 0.006, 0.01, 0.01, 0.03, 0.01, 0.01, 0.005, 0.008])


def blocks(x: Points) -> Points:
    """Σ_j h_j (1 + sgn(x − t_j)) / 2: constant but for jumps of h_j at the knots t_j."""
    return (1 + np.sign(x[..., None] - KNOTS)) @ STEPS / 2


def bumps(x: Points) -> Points:
    """Σ_j h_j (1 + |x − t_j| / w_j)^−4: continuous with a peak of height about h_j at every knot."""
    return (1 + np.abs(x[..., None] - KNOTS) / WIDTHS) ** -4.0 @ HEIGHTS


def heavisine(x: Points) -> Points:
    """4 sin 4πx − sgn(x − 0.3) − sgn(0.72 − x): a sine with two jumps."""
    return 4 * np.sin(4 * math.pi * x) - np.sign(x - 0.3) - np.sign(0.72 - x)


def doppler(x: Points) -> Points:
    """10 √(x(1 − x)) sin(2π 1.1 / (x + 0.15)): a wave that slows down."""
    return 10 * np.sqrt(x * (1 - x)) * np.sin(2.2 * math.pi / (x + 0.15))


DONOHO_JOHNSTONE: dict[str, Callable[[Points], Points]] = {
    "blocks": blocks,
    "bumps": bumps,
    "heavisine": heavisine,
    "doppler": doppler,
}
