"""How long noise takes to leave a minimum, and where it stays: a diffusion in a potential, and the chain of steps itself.

The chain x ← x − ηV'(x) + ηs ξ, ξ ~ N(0, 1), is the Euler scheme with step η of dX = −V'(X) dt + √(2T) dW with the temperature
T = ηs²/2.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import scipy

REACH = 3.0
"""Beyond ±REACH neither the diffusion nor the chain is found at the temperatures here."""
SHIFT = 0.5825971579390107
"""−ζ(1/2)/√(2π), the mean overshoot of a random walk over a far level, in its standard deviations."""


def double_well(x: Any, tilt: float = 0.0) -> Any:
    """V(x) = (x² − 1)²/4 + tilt x: minima near ±1, the top near 0, a barrier of 1/4 without tilt."""
    return (x * x - 1) ** 2 / 4 + tilt * x


def slope(x: Any, tilt: float = 0.0) -> Any:
    """V'(x) = x³ − x + tilt."""
    return x * x * x - x + tilt


@functools.cache
def exit_time(temperature: float, start: float = -1.0, top: float = 0.0) -> float:
    """Mean time of the diffusion in the double well from `start` to `top`.

    (1/T) ∫_start^top e^{V(y)/T} ∫_{−∞}^y e^{−V(z)/T} dz dy [Gardiner 2009, eq. 5.5.23].
    """

    def inner(y: float) -> float:
        return scipy.integrate.quad(
            lambda z: math.exp((double_well(y) - double_well(z)) / temperature), -REACH, y, points=[min(-1.0, y)]
        )[0]

    return scipy.integrate.quad(inner, start, top, epsrel=1e-9)[0] / temperature


def kramers_time(temperature: float) -> float:
    """The limit T → 0 of `exit_time` to the top, (π/√(V''(−1) |V''(0)|)) e^{1/(4T)} with V'' = 2 and −1 [Kramers 1940]."""
    return math.pi / math.sqrt(2) * math.exp(1 / (4 * temperature))


@functools.cache
def exit_steps(temperature: float, rate: float, start: float = -1.0, top: float = 0.0, nodes: int = 400) -> float:
    """Mean number of steps of the chain in the double well from `start` until it lies above `top`.

    m(x) = 1 + ∫_{−∞}^top p(x, y) m(y) dy with p(x, ·) = N(x − ηV'(x), 2ηT), at Gauss-Legendre nodes.
    """
    u, w = np.polynomial.legendre.leggauss(nodes)
    y, w = top + (REACH + top) * (u - 1) / 2, (REACH + top) / 2 * w
    sd = math.sqrt(2 * rate * temperature)

    def row(x: np.ndarray) -> np.ndarray:
        return scipy.stats.norm.pdf(y, (x - rate * slope(x))[:, None], sd) * w

    m = np.linalg.solve(np.eye(nodes) - row(y), np.ones(nodes))
    return float(1 + (row(np.array([start])) @ m)[0])


def stationary_points(tilt: float) -> tuple[float, float, float]:
    """The lower minimum, the top and the higher minimum, for 0 ≤ tilt < 2/√27."""
    low, top, high = np.sort(np.roots([1, 0, -1, tilt]).real)
    return float(low), float(top), float(high)


@functools.cache
def share_below(temperature: float, tilt: float) -> float:
    """Proportion of the stationary distribution exp(−V/T) below the top of the tilted double well."""
    split = stationary_points(tilt)[1]

    def density(x: float) -> float:
        return math.exp(-double_well(x, tilt) / temperature)

    below = scipy.integrate.quad(density, -REACH, split, points=[-1.0])[0]
    return below / (below + scipy.integrate.quad(density, split, REACH, points=[1.0])[0])
