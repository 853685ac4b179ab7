"""Mean squares of signals and of gradients by depth in wide networks with random weights, and times to leave a dead region.

A layer is h' = W φ(h) + b with W_ij ~ N(0, σ_w²/n), b_i ~ N(0, σ_b²); `weight` is σ_w², `bias` σ_b², q the mean square of h.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import scipy

SELU = (1.6732632423543772848170429916717, 1.0507009873554804934193349852946)
"""Alpha and scale [Klambauer, Unterthiner, Mayr and Hochreiter 2017, eq. 14]."""
LEAK = 0.25
"""The slope at negative arguments of leaky ReLU in the lectures, and the start of that of PReLU."""


def _elu(alpha: float, scale: float = 1.0) -> tuple[Callable, Callable]:
    return (
        lambda h: scale * np.where(h > 0, h, alpha * np.expm1(np.minimum(h, 0))),
        lambda h: scale * np.where(h > 0, 1.0, alpha * np.exp(np.minimum(h, 0))),
    )


def _swish(slope: float) -> tuple[Callable, Callable]:
    def gate(h: np.ndarray) -> np.ndarray:
        return scipy.special.expit(slope * h)

    return lambda h: h * gate(h), lambda h: gate(h) * (1 + slope * h * gate(-h))


FUNCTIONS: dict[str, tuple[Callable, Callable]] = {
    "linear": (lambda h: h, np.ones_like),
    "relu": (lambda h: np.maximum(h, 0), lambda h: np.where(h > 0, 1.0, 0.0)),
    "tanh": (np.tanh, lambda h: 1 / np.cosh(h) ** 2),
    "sigmoid": (scipy.special.expit, lambda h: scipy.special.expit(h) * scipy.special.expit(-h)),
    "selu": _elu(*SELU),
    "prelu": (lambda h: np.where(h > 0, h, LEAK * h), lambda h: np.where(h > 0, 1.0, LEAK)),
    "elu": _elu(1.0),
    "half_elu": _elu(0.5),
    "softplus": (lambda h: np.logaddexp(h, 0), scipy.special.expit),
    "gelu": (
        lambda h: h * scipy.special.ndtr(h),
        lambda h: scipy.special.ndtr(h) + h * np.exp(-h * h / 2) / math.sqrt(2 * math.pi),
    ),
    "silu": _swish(1.0),
    "slow_swish": _swish(0.4),
    "fast_swish": _swish(1.4),
}
"""Name -> activation and its derivative: those of the lectures, with their parameters (swish: 0.4, 1 and 1.4; ELU: 0.5 and 1)."""
_U, _W = np.polynomial.legendre.leggauss(200)
_Z = np.concatenate([6.5 * (_U - 1), 6.5 * (_U + 1)])  # the two halves of [−13, 13], so that no kink lies inside
_P = np.tile(6.5 * _W, 2) * np.exp(-_Z * _Z / 2) / math.sqrt(2 * math.pi)


def variance_map(name: str, q: float, weight: float, bias: float = 0.0) -> float:
    """σ_w² E φ(√q z)² + σ_b² for z ~ N(0, 1): q of the next layer [Poole et al. 2016, eq. 3]."""
    return float(weight * (_P @ FUNCTIONS[name][0](math.sqrt(q) * _Z) ** 2) + bias)


def gradient_factor(name: str, q: float, weight: float) -> float:
    """χ = σ_w² E φ'(√q z)²: by what a layer multiplies the squared norm of the gradient [Schoenholz et al. 2017, eq. 5]."""
    return float(weight * (_P @ FUNCTIONS[name][1](math.sqrt(q) * _Z) ** 2))


def forward(name: str, q: float, weight: float, depth: int, bias: float = 0.0) -> list[float]:
    """q at layers 0, …, `depth`, from `q` at layer 0."""
    values = [q]
    for _ in range(depth):
        values.append(variance_map(name, values[-1], weight, bias))
    return values


def backward(name: str, q: float, weight: float, depth: int, bias: float = 0.0) -> list[float]:
    """Squared norm of the gradient at layers 0, …, `depth`, relative to the last: products of χ at the q of `forward`."""
    factors = [gradient_factor(name, value, weight) for value in forward(name, q, weight, depth, bias)[:-1]]
    return [float(np.prod(factors[layer:])) for layer in range(depth + 1)]


def critical_weight(bias: float) -> tuple[float, float]:
    """(σ_w², q*) on the edge of chaos of tanh, where q* is a fixed point with χ = 1 [Schoenholz et al. 2017, section 3]."""

    def excess(q: float) -> float:
        return variance_map("tanh", q, 1 / gradient_factor("tanh", q, 1.0), bias) - q

    q = float(scipy.optimize.brentq(excess, 1e-6, 20.0, xtol=1e-13))  # type: ignore[arg-type]
    return 1 / gradient_factor("tanh", q, 1.0), q


def fixed_point(name: str, weight: float, bias: float = 0.0) -> float:
    """The q to which the variance map leads from q = 1, by iteration."""
    q = 1.0
    for _ in range(100_000):
        q, last = variance_map(name, q, weight, bias), q
        if abs(q - last) <= 1e-15 * last:
            break
    return q


def second_moment(width: int, depth: int, relu: bool) -> float:
    """E (|h_L|²/|h_0|²)² with weights of variance 2/n and relu, (1 + 5/n)^L, or of 1/n and none, (1 + 2/n)^L."""
    return (1 + (5 if relu else 2) / width) ** depth


def dead_probability(width: int, depth: int) -> float:
    """1 − (1 − 2⁻ⁿ)^L: that relu has set a whole layer to 0 within L layers without biases, for one input."""
    return -math.expm1(depth * math.log1p(-(2.0**-width)))


def exponents(width: int) -> np.ndarray:
    """Lyapunov exponents ½(ln(2/n) + ψ((n − i + 1)/2)) of products of n × n matrices of N(0, 1/n) [Newman 1986]."""
    return (math.log(2 / width) + scipy.special.digamma((width - np.arange(width)) / 2)) / 2


def correlation_gaps(depth: int, gap: float = 1.0) -> np.ndarray:
    """1 − c at layers 0, …, L of a relu network with weights of variance 2/n, for two inputs [Poole et al. 2016].

    With c = cos θ the next correlation is (sin θ + (π − θ)c)/π, so 1 − c' = 1 − c − (sin θ − θ cos θ)/π, where the
    difference is summed as a series for small θ.
    """
    gaps = [gap]
    for _ in range(depth):
        theta = 2 * math.asin(math.sqrt(gaps[-1] / 2))
        bend = math.sin(theta) - theta * math.cos(theta)
        if theta < 0.1:
            bend = theta**3 / 3 * (1 - theta**2 / 10 * (1 - theta**2 / 28))
        gaps.append(gaps[-1] - bend / math.pi)
    return np.array(gaps)


def batch_norm_factor(batch: float = math.inf, relu: bool = True) -> float:
    """Factor a layer of the gradient's squared norm under batch normalisation in wide networks [Yang et al. 2019].

    π/(π − 1) for relu and large batches, (B − 2)/(B − 3) without activation.
    """
    if relu:
        return math.pi / (math.pi - 1)
    return (batch - 2) / (batch - 3) if math.isfinite(batch) else 1.0


def skip_gradient(depth: int) -> float:
    """∏ (1 + 1/(1 + (1 − 1/π)l)), l < L: growth of the gradient's squared norm through h + W relu(BN(h))."""
    return float(np.prod(1 + 1 / (1 + (1 - 1 / math.pi) * np.arange(depth))))


def climb(name: str, depth: float, slope: float = 0.01) -> float:
    """Time from pre-activation −s to 0 of dh/dt = φ'(h): s/slope (leaky), eˢ − 1 (elu), eˢ + s − 1 (softplus)."""
    times = {"leaky_relu": depth / slope, "elu": math.expm1(depth), "softplus": math.expm1(depth) + depth}
    return times[name]
