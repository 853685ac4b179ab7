"""Published designs for quantile regression by networks; conditional quantiles are f(x) + s(x) q(level).

Univariate: Shen, Jiao, Lin, Horowitz and Huang (2021, arXiv 2107.04907) and Shen, Dai, Wu, Luo, Shi and Zhu (2025,
arXiv 2504.08215). S1 to S5: Padilla, Tansey and Chen (2022, JMLR 23-247), section on simulations.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from dlstats.dgp import noise
from dlstats.dgp.additive import Additive, Inputs, Values


def linear(x: Inputs) -> Values:
    """2x."""
    return 2 * x[..., 0]


def wave(x: Inputs) -> Values:
    """2x sin 4πx."""
    return 2 * x[..., 0] * np.sin(4 * math.pi * x[..., 0])


def angle(x: Inputs) -> Values:
    """4 − 4|x − 1/2|."""
    return 4 - 4 * np.abs(x[..., 0] - 0.5)


def exponential(x: Inputs) -> Values:
    """exp 2x."""
    return np.exp(2 * x[..., 0])


def sine_scale(x: Inputs) -> Values:
    """sin πx: no noise at the ends."""
    return np.sin(math.pi * x[..., 0])


def growing_scale(x: Inputs) -> Values:
    """exp(2(x − 1/2))."""
    return np.exp(2 * (x[..., 0] - 0.5))


def sine_line_scale(x: Inputs) -> Values:
    """0.2 + 0.3x."""
    return 0.2 + 0.3 * x[..., 0]


def sine(x: Inputs) -> Values:
    """sin 4πx."""
    return np.sin(4 * math.pi * x[..., 0])


def _s1(x: Inputs) -> Values:
    u, v = np.sqrt(x[..., 0]) + x[..., 0] * x[..., 1], np.cos(2 * math.pi * x[..., 1])
    return np.sqrt(u + v**2) + u**2 * v


def _s1_scale(x: Inputs) -> Values:
    return np.sqrt(((x - 0.5) ** 2).sum(axis=-1))


def _s2(x: Inputs) -> Values:
    return np.sqrt(x.sum(axis=-1))


def _s3(x: Inputs) -> Values:
    u = np.sqrt(x[..., 0] ** 2 + x[..., 1:].sum(axis=-1))
    v = u * x.sum(axis=-1) ** 3
    return u + np.sqrt(u + v)


def _s4(x: Inputs) -> Values:
    return (x**2).sum(axis=-1)


def _s5(x: Inputs) -> Values:
    return np.sqrt(x.sum(axis=-1)) + (x[..., 0] < 0.5)


def _s5_scale(x: Inputs) -> Values:
    return np.sqrt(x[..., 0] + 0.5 * x[..., 1])


DESIGNS: dict[str, Additive] = {
    design.name: design
    for design in (
        Additive("linear_sine_t1", 1, linear, noise.cauchy(), sine_scale),
        Additive("linear_t1", 1, linear, noise.cauchy()),
        Additive("wave_exp_t2", 1, wave, noise.student(2), growing_scale),
        Additive("angle_sine_t2", 1, angle, noise.student(2), sine_scale),
        Additive("exponential_normal", 1, exponential, noise.normal()),
        Additive("sine_normal", 1, sine, noise.normal(), sine_line_scale),
        Additive("sine_t3", 1, sine, noise.student(3), growing_scale),
        Additive("S1", 2, _s1, noise.student(2), _s1_scale),
        Additive("S2", 5, _s2, noise.laplace(2)),
        Additive("S3", 10, _s3, noise.student(3)),
        Additive("S4", 2, _s4, noise.laplace(2)),
        Additive("S5", 2, _s5, noise.student(2), _s5_scale),
    )
}
"""Name -> design. The first four are the settings of Shen et al., `sine_normal` is that of claim ROB16,
`sine_t3` that of ROB15."""

FUNCTIONS: dict[str, Callable[[Inputs], Values]] = {
    "linear": linear,
    "wave": wave,
    "angle": angle,
    "exponential": exponential,
}
"""The location functions of the univariate designs."""
