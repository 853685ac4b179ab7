"""Regression on the unit cube: smooth, rough, additive, single-index, composed and piecewise smooth targets.

Every target is a function of x in [0, 1]^d; u = 2x - 1 is x on [-1, 1]^d. `design` makes it a data-generating process.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from jaxtyping import Float

from dlstats.dgp import noise as noises
from dlstats.dgp.additive import Additive, unit_scale
from dlstats.dgp.donoho_johnstone import DONOHO_JOHNSTONE

Inputs = Float[np.ndarray, "*n d"]
Values = Float[np.ndarray, "*n"]


def sine(x: Inputs) -> Values:
    """sin 4πx: analytic, with second derivative of mean square (4π)^4 / 2."""
    return np.sin(4 * math.pi * x[..., 0])


def weierstrass(x: Inputs, smoothness: float = 0.5, terms: int = 30) -> Values:
    """W_b(x) = sum_j 2^(-jb) cos(2π 2^j x): Hölder exponent exactly b, 0 < b < 1 [Hardy 1916]; the tail is cut.

    At b = 1 it has no derivative anywhere and is smooth of order 1 in L2.
    """
    j = np.arange(terms)
    return np.cos(2 * math.pi * x[..., :1] * 2.0**j) @ 2.0 ** (-j * smoothness)


def cusp(x: Inputs) -> Values:
    """2 √|x − 0.37|: smooth of order 1 in L2, of any order off one point, so that knots crowd there."""
    return 2 * np.sqrt(np.abs(x[..., 0] - 0.37))


def zigzag(x: Inputs) -> Values:
    """Piecewise linear from 0 at 0 through 1 at 0.2, −1/2 at 0.4 and 1/2 at 0.7 to 0 at 1: three kinks."""
    return np.interp(x[..., 0], [0.0, 0.2, 0.4, 0.7, 1.0], [0.0, 1.0, -0.5, 0.5, 0.0])


def additive(x: Inputs) -> Values:
    """d^(-1/2) sum_j sin πu_j: additive, smooth components."""
    return np.sin(math.pi * (2 * x - 1)).sum(axis=-1) / math.sqrt(x.shape[-1])


def single_index(x: Inputs) -> Values:
    """sin(2 √(3/d) sum_j u_j): the index has variance 4 whatever d."""
    return np.sin(2 * math.sqrt(3 / x.shape[-1]) * (2 * x - 1).sum(axis=-1))


def hierarchical(x: Inputs) -> Values:
    """A binary tree of g(a, b) = sin(a + 2b) over the coordinates u, d a power of 2: hierarchical interactions."""
    level = 2 * x - 1
    if level.shape[-1] & (level.shape[-1] - 1):
        raise ValueError(f"`hierarchical` needs d a power of 2, got {level.shape[-1]}.")
    while level.shape[-1] > 1:
        level = np.sin(level[..., 0::2] + 2 * level[..., 1::2])
    return level[..., 0]


def piecewise_smooth(x: Inputs) -> Values:
    """sin 2πx_1 + 1{x_2 > 1/2 + sin(2πx_1) / 4}: smooth but for a jump along a smooth curve, d = 2."""
    wave = np.sin(2 * math.pi * x[..., 0])
    return wave + (x[..., 1] > 0.5 + wave / 4)


def step(x: Inputs) -> Values:
    """1{x_1 > 0.4}: one jump."""
    return (x[..., 0] > 0.4).astype(float)


def _one_dimensional(function: Callable, x: Inputs) -> Values:
    return function(x[..., 0])


TARGETS: dict[str, Callable[[Inputs], Values]] = {
    "sine": sine,
    "weierstrass": weierstrass,
    "additive": additive,
    "single_index": single_index,
    "hierarchical": hierarchical,
    "piecewise_smooth": piecewise_smooth,
    "step": step,
    **{name: partial(_one_dimensional, f) for name, f in DONOHO_JOHNSTONE.items()},
}
"""Name -> regression function."""


def half_to_threehalves(x: Inputs) -> Values:
    """s(x) = (1 + 2x_1) / 2: noise whose standard deviation triples along the first coordinate."""
    return 0.5 + x[..., 0]


SCALES: dict[str, Callable[[Inputs], Values]] = {"constant": unit_scale, "growing": half_to_threehalves}
"""Name -> noise scale as a function of x."""


def noise_with_sd(name: str, sd: float) -> noises.Noise:
    """The distribution of that name scaled to standard deviation `sd`; `t5` is Student's with 5 degrees of freedom."""
    made: dict[str, Callable[[], noises.Noise]] = {
        "normal": lambda: noises.normal(sd),
        "uniform": lambda: noises.uniform(sd * math.sqrt(3)),
        "laplace": lambda: noises.laplace(sd / math.sqrt(2)),
        "t5": lambda: noises.student(5, sd * math.sqrt(3 / 5)),
    }
    if name not in made:
        raise ValueError(f"`noise` must be one of {', '.join(made)}, got {name!r}.")
    return made[name]()


def design(
    target: str, d: int = 1, noise: str = "normal", noise_sd: float = 0.3, noise_scale: str = "constant"
) -> Additive:
    """y = f(x) + s(x) ε, x uniform on [0, 1]^d, ε of standard deviation `noise_sd`."""
    for name, table in ((target, TARGETS), (noise_scale, SCALES)):
        if name not in table:
            raise ValueError(f"There is no {name!r}; known are {', '.join(table)}.")
    return Additive(target, d, TARGETS[target], noise_with_sd(noise, noise_sd), SCALES[noise_scale])
