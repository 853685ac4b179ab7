"""Formulas of the designs, written anew from the papers for one point, and quantile functions of their noise.

Bauer and Kohler (2019), section 4; Padilla, Tansey and Chen (2022); Shen et al. (2021, 2025); Donoho and Johnstone (1994) in
the form of Shen et al.; Friedman (1991).
"""

import itertools
import math
from collections.abc import Callable
from statistics import NormalDist

from scipy import integrate, optimize

from dlstats.dgp import noise

PI = math.pi


def _sign(v: float) -> int:
    return (v > 0) - (v < 0)


def _m1(x1, x2, x3, x4, x5, x6, x7):
    angle = PI / (1 + math.exp(x1 * x1 + 2 * x2 + math.sin(6 * x4**3) - 3))
    return math.cos(angle) / math.sin(angle) + math.exp(3 * x3 + 2 * x4 - 5 * x5 + math.sqrt(x6 + 0.9 * x7 + 0.1))


def _m3(x1, x2, x3, x4, x5, x6, x7, x8, x9, x10):
    smooth = 2 * math.log(x1 * x2 + 4 * x3 + abs(math.tan(x4)) + 0.1)
    return smooth + x3**4 * x5**2 * x6 - x4 * x7 + (3 * x8**2 + x9 + 2) ** (0.1 + 4 * x10**2)


def _blocks(x):
    jumps = {0.1: 4, 0.15: -5, 0.23: -2.5, 0.28: 4, 0.4: -3, 0.44: 2.1, 0.65: 4.3, 0.76: -1.1, 0.78: -2.1, 0.81: -4.2}
    return sum(height for knot, height in jumps.items() if x > knot)


def _bumps(x):
    peaks = (
        (0.1, 4, 0.01), (0.15, 5, 0.01), (0.23, 2.5, 0.012), (0.28, 4, 0.02), (0.4, 3, 0.02),
        (0.44, 2.1, 0.06), (0.65, 4.3, 0.02), (0.76, 1.1, 0.02), (0.78, 2.1, 0.01), (0.81, 4.2, 0.016),
    )  # fmt: skip
    return sum(height / (1 + abs((x - knot) / width)) ** 4 for knot, height, width in peaks)


def _s1(a, b):
    inner, wave = math.sqrt(a) + a * b, math.cos(2 * PI * b)
    return math.sqrt(inner + wave**2) + inner**2 * wave


def _s3(*x):
    root = math.sqrt(x[0] ** 2 + sum(x[1:]))
    return root + math.sqrt(root + root * sum(x) ** 3)


def _hierarchical(*x):
    values = [2 * v - 1 for v in x]
    while len(values) > 1:
        values = [math.sin(a + 2 * b) for a, b in zip(values[::2], values[1::2], strict=True)]
    return values[0]


def _zigzag(x):
    nodes = ((0, 0), (0.2, 1), (0.4, -0.5), (0.7, 0.5), (1, 0))
    for (a, low), (b, high) in itertools.pairwise(nodes):
        if a <= x <= b:
            return low + (high - low) * (x - a) / (b - a)
    raise AssertionError


def _weierstrass(x):
    return sum(2 ** (-j / 2) * math.cos(2 * PI * math.fmod(2**j * x, 1)) for j in range(30))


def _friedman(a, b, c, d, e, *_):
    return 10 * math.sin(PI * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e


def _heavisine(x):
    return 4 * math.sin(4 * PI * x) - _sign(x - 0.3) - _sign(0.72 - x)


def _doppler(x):
    return 10 * math.sqrt(x - x * x) * math.sin(2 * PI * 1.1 / (x + 0.15))


def _index(*x):
    return math.sin(2 * math.sqrt(3 / len(x)) * sum(2 * v - 1 for v in x))


def _step_on_wave(a, b):
    return math.sin(2 * PI * a) + (1 if b > 0.5 + math.sin(2 * PI * a) / 4 else 0)


LINE: dict[str, Callable] = {
    "blocks": _blocks,
    "bumps": _bumps,
    "heavisine": _heavisine,
    "doppler": _doppler,
}
# name: (number of inputs, the formula at one point)
FUNCTIONS: dict[str, tuple[int, Callable]] = {
    "bauer_kohler.m1": (7, _m1),
    "bauer_kohler.m2": (7, lambda a, b, c, d, *_: 2 / (a + 0.008) + 3 * math.log(b**7 * c + 0.1) * d),
    "bauer_kohler.m3": (10, _m3),
    "bauer_kohler.m4": (
        7,
        lambda a, b, c, d, e, f, g: a + math.tan(b) + c**3 + math.log(d + 0.1) + 3 * e + f + math.sqrt(g + 0.1),
    ),
    "bauer_kohler.m5": (7, lambda *x: math.exp(math.hypot(*x))),
    "quantile_designs.linear": (1, lambda x: 2 * x),
    "quantile_designs.wave": (1, lambda x: 2 * x * math.sin(4 * PI * x)),
    "quantile_designs.angle": (1, lambda x: 4 * (1 - abs(x - 0.5))),
    "quantile_designs.exponential": (1, lambda x: math.exp(2 * x)),
    "quantile_designs.sine": (1, lambda x: math.sin(4 * PI * x)),
    "quantile_designs.sine_scale": (1, lambda x: math.sin(PI * x)),
    "quantile_designs.growing_scale": (1, lambda x: math.exp(2 * x - 1)),
    "quantile_designs.sine_line_scale": (1, lambda x: 0.2 + 0.3 * x),
    "additive.unit_scale": (3, lambda *x: 1.0),
    "regression.sine": (1, lambda x: math.sin(4 * PI * x)),
    "regression.weierstrass": (1, _weierstrass),
    "regression.cusp": (1, lambda x: 2 * math.sqrt(abs(x - 0.37))),
    "regression.zigzag": (1, _zigzag),
    "regression.additive": (5, lambda *x: -sum(math.sin(2 * PI * v) for v in x) / math.sqrt(len(x))),
    "regression.single_index": (10, _index),
    "regression.hierarchical": (8, _hierarchical),
    "regression.piecewise_smooth": (2, _step_on_wave),
    "regression.step": (1, lambda x: 1.0 if x > 0.4 else 0.0),
    "regression.half_to_threehalves": (2, lambda a, _: (1 + 2 * a) / 2),
    "friedman.Friedman": (10, _friedman),
    **{f"donoho_johnstone.{name}": (1, formula) for name, formula in LINE.items()},
}


def student(df: float) -> Callable:
    """Quantiles of Student's t: closed for 1 and 2 degrees of freedom, else a root of the integrated density."""
    if df == 1:
        return lambda p: math.tan(PI * (p - 0.5))
    if df == 2:
        return lambda p: (2 * p - 1) / math.sqrt(2 * p * (1 - p))
    constant = math.gamma((df + 1) / 2) / (math.sqrt(df * PI) * math.gamma(df / 2))

    def below(t: float) -> float:
        return 0.5 + integrate.quad(lambda u: constant * (1 + u * u / df) ** (-(df + 1) / 2), 0, t, epsabs=1e-13)[0]

    return lambda p: optimize.brentq(lambda t: below(t) - p, -100, 100, xtol=1e-12)  # pyright: ignore


def laplace(scale: float) -> Callable:
    return lambda p: -scale * _sign(p - 0.5) * math.log(1 - 2 * abs(p - 0.5))


def mixture(proportion: float, outlier_sd: float) -> Callable:
    def below(t: float) -> float:
        plain, far = (math.erfc(-t / width / math.sqrt(2)) / 2 for width in (1, outlier_sd))
        return (1 - proportion) * plain + proportion * far

    return lambda p: optimize.brentq(lambda t: below(t) - p, -400, 400, xtol=1e-12)  # pyright: ignore


def normal(sd: float = 1.0) -> Callable:
    return NormalDist(0, sd).inv_cdf


# name: (the distribution, its quantile function, its mean, its variance)
NOISES: dict[str, tuple[Callable[[], noise.Noise], Callable, float, float]] = {
    "NOISES[normal]": (lambda: noise.NOISES["normal"], normal(), 0, 1),
    "NOISES[uniform]": (lambda: noise.NOISES["uniform"], lambda p: 2 * p - 1, 0, 1 / 3),
    "NOISES[laplace]": (lambda: noise.NOISES["laplace"], laplace(1), 0, 2),
    "NOISES[t2]": (lambda: noise.NOISES["t2"], student(2), 0, math.inf),
    "NOISES[t3]": (lambda: noise.NOISES["t3"], student(3), 0, 3),
    "NOISES[cauchy]": (lambda: noise.NOISES["cauchy"], student(1), math.nan, math.nan),
    "NOISES[contaminated]": (lambda: noise.NOISES["contaminated"], mixture(0.2, 100), 0, 0.8 + 0.2 * 1e4),
    "normal": (lambda: noise.normal(0.7), normal(0.7), 0, 0.49),
    "uniform": (lambda: noise.uniform(3), lambda p: 6 * p - 3, 0, 3),
    "laplace": (lambda: noise.laplace(2), laplace(2), 0, 8),
    "logistic": (lambda: noise.logistic(1.5), lambda p: 1.5 * math.log(p / (1 - p)), 0, 0.75 * PI**2),
    "student": (lambda: noise.student(5, 2), lambda p: 2 * student(5)(p), 0, 4 * 5 / 3),
    "cauchy": (lambda: noise.cauchy(3), lambda p: 3 * student(1)(p), math.nan, math.nan),
    "exponential": (lambda: noise.exponential(2), lambda p: -2 * math.log(1 - p), 2, 4),
    "lomax": (lambda: noise.lomax(3, 2), lambda p: 2 * ((1 - p) ** (-1 / 3) - 1), 1, 3),
    "contaminated": (lambda: noise.contaminated(0.1, 3), mixture(0.1, 3), 0, 0.9 + 0.1 * 9),
}


# name: (number of inputs, f, s, the quantile function of the noise)
DESIGNS: dict[str, tuple[int, Callable, Callable, Callable]] = {
    "linear_sine_t1": (1, lambda x: 2 * x, lambda x: math.sin(PI * x), student(1)),
    "linear_t1": (1, lambda x: 2 * x, lambda x: 1, student(1)),
    "wave_exp_t2": (1, lambda x: 2 * x * math.sin(4 * PI * x), lambda x: math.exp(2 * (x - 0.5)), student(2)),
    "angle_sine_t2": (1, lambda x: 4 - 4 * abs(x - 0.5), lambda x: math.sin(PI * x), student(2)),
    "exponential_normal": (1, lambda x: math.exp(2 * x), lambda x: 1, normal()),
    "sine_normal": (1, lambda x: math.sin(4 * PI * x), lambda x: 0.2 + 0.3 * x, normal()),
    "sine_t3": (1, lambda x: math.sin(4 * PI * x), lambda x: math.exp(2 * x - 1), student(3)),
    "S1": (2, _s1, lambda a, b: math.hypot(a - 0.5, b - 0.5), student(2)),
    "S2": (5, lambda *x: math.sqrt(sum(x)), lambda *x: 1, laplace(2)),
    "S3": (10, _s3, lambda *x: 1, student(3)),
    "S4": (2, lambda a, b: a * a + b * b, lambda *x: 1, laplace(2)),
    "S5": (2, lambda a, b: math.sqrt(a + b) + (a < 0.5), lambda a, b: math.sqrt(a + b / 2), student(2)),
}


PUBLISHED = {"m1": (7, 9.11), "m2": (7, 5.68), "m3": (10, 13.97), "m4": (7, 1.77), "m5": (7, 1.64)}
"""Inputs and interquartile ranges of Bauer and Kohler, section 4."""


SCALED = {
    "normal": normal(0.3),
    "uniform": lambda p: 0.3 * math.sqrt(3) * (2 * p - 1),
    "laplace": laplace(0.3 / math.sqrt(2)),
    "t5": lambda p: 0.3 * math.sqrt(3 / 5) * student(5)(p),
}
