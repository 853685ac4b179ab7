"""Robust losses: pure functions of prediction and response, each with its own parametrisation written out.

Except for `absolute`, every loss here is r²/2 + o(r²) at r = y − f = 0 (unit curvature), whatever its constant; the
squared loss of `regression` is twice that. Each is written so that small and large residuals keep their digits: no
square overflows and no difference cancels; in float32 six digits stay for |r| from 1e-12 to 1e12. Under a
distribution symmetric about m all of them elicit m if they are nondecreasing in |r| [Huber and Ronchetti 2009, chapter
3]; under an asymmetric one each has a target of its own. Constants are positive and finite, else ValueError.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from dlstats.losses import domain

Numbers = Float[Tensor, "*shape"]


def absolute(prediction: Numbers, y: Numbers) -> Numbers:
    """|r|. Elicits the median.

    >>> absolute(torch.zeros(1, 2, 1), torch.tensor([[[0.5], [-3.0]]])).flatten()
    tensor([0.5000, 3.0000])
    """
    return domain.residual(prediction, y).abs()


def huber(prediction: Numbers, y: Numbers, threshold: float = 1.345) -> Numbers:
    """r²/2 up to `threshold` k, then k|r| − k²/2 [Huber 1964, section 3]: torch's HuberLoss, k times SmoothL1Loss.

    Elicits the zero of E clip(r, −k, k).

    >>> huber(torch.zeros(1, 2, 1), torch.tensor([[[0.5], [-3.0]]])).flatten()
    tensor([0.1250, 3.1305])
    """
    domain.positive(threshold=threshold)
    size = domain.residual(prediction, y).abs()
    inner = size.clamp(max=threshold)
    return inner * (size - inner / 2)


def log_cosh(prediction: Numbers, y: Numbers) -> Numbers:
    """log cosh r, the negative log density of the hyperbolic secant distribution up to a constant. Elicits the zero of
    E tanh r.

    >>> log_cosh(torch.zeros(1, 2, 1), torch.tensor([[[0.5], [-3.0]]])).flatten()
    tensor([0.1201, 2.3093])
    """
    size = domain.residual(prediction, y).abs()
    near = torch.log1p(2 * torch.sinh(size.clamp(max=1) / 2).square())
    far = size + torch.log1p(torch.exp(-2 * size)) - math.log(2)
    return torch.where(size < 1, near, far)


def tukey(prediction: Numbers, y: Numbers, threshold: float = 4.685) -> Numbers:
    """(c²/6)(1 − (1 − (r/c)²)³) up to `threshold` c, then c²/6 [Beaton and Tukey 1974]. Not convex, bounded.

    >>> tukey(torch.zeros(1, 2, 1), torch.tensor([[[0.5], [-3.0]]])).flatten()
    tensor([0.1236, 2.9070])
    """
    domain.positive(threshold=threshold)
    square = (domain.residual(prediction, y).abs() / threshold).clamp(max=1).square()
    return threshold**2 / 6 * square * (3 - 3 * square + square.square())


def hampel(prediction: Numbers, y: Numbers, a: float = 2.0, b: float = 4.0, c: float = 8.0) -> Numbers:
    """ψ rises to `a`, is flat to `b` and falls to 0 at `c` in straight lines [Hampel 1974, section 5.4].

    >>> hampel(torch.zeros(1, 2, 1), torch.tensor([[[0.5], [-3.0]]])).flatten()
    tensor([0.1250, 4.0000])
    """
    domain.positive(a=a, b=b, c=c)
    if not a <= b < c:
        raise ValueError(f"`a`, `b` and `c` must rise, a <= b < c, got {a}, {b}, {c}.")
    size = domain.residual(prediction, y).abs()
    start = size.clamp(max=b)
    inner = start.clamp(max=a)
    # relu has the slope 0 at 0, where `start` still has 1: their gradients do not add up at |r| = b
    fall = torch.relu(size - b).clamp(max=c - b)
    return inner * (start - inner / 2) + a * fall * (1 - fall / (2 * (c - b)))


def andrews(prediction: Numbers, y: Numbers, threshold: float = 1.339) -> Numbers:
    """a²(1 − cos(r/a)) up to |r| = aπ, then 2a², `threshold` a [Andrews et al. 1972].

    >>> andrews(torch.zeros(1, 2, 1), torch.tensor([[[0.5], [-3.0]]])).flatten()
    tensor([0.1236, 2.9059])
    """
    domain.positive(threshold=threshold)
    half = domain.residual(prediction, y).abs().clamp(max=math.pi * threshold) / (2 * threshold)
    return 2 * threshold**2 * torch.sin(half).square()


def cauchy(prediction: Numbers, y: Numbers, threshold: float = 2.385) -> Numbers:
    """(c²/2) log(1 + (r/c)²), `threshold` c [Holland and Welsch 1977]. Barron's α = 0 has scale c/√2.

    log(1 + r²), as in Shen et al. 2021, is twice this at c = 1. Elicits the location of Cauchy maximum likelihood at
    scale c.

    >>> cauchy(torch.zeros(1, 2, 1), torch.tensor([[[0.5], [-3.0]]])).flatten()
    tensor([0.1223, 2.6981])
    """
    domain.positive(threshold=threshold)
    return threshold**2 / 2 * log1p_square(domain.residual(prediction, y) / threshold)


def geman_mcclure(prediction: Numbers, y: Numbers, threshold: float = 3.787) -> Numbers:
    """(c²/2) u²/(1 + u²), u = r/c, `threshold` c [Geman and McClure 1987]. Barron's α = −2 has scale c/2.

    >>> geman_mcclure(torch.zeros(1, 2, 1), torch.tensor([[[0.5], [-3.0]]])).flatten()
    tensor([0.1229, 2.7649])
    """
    domain.positive(threshold=threshold)
    size = (domain.residual(prediction, y) / threshold).abs()
    inner, outer = size.clamp(max=1).square(), size.clamp(min=1).square()
    return threshold**2 / 2 * torch.where(size < 1, inner / (1 + inner), 1 / (1 + 1 / outer))


def welsch(prediction: Numbers, y: Numbers, threshold: float = 2.985) -> Numbers:
    """(c²/2)(1 − exp(−(r/c)²)), `threshold` c [Holland and Welsch 1977]. Barron's α = −∞ has scale c/√2.

    Elicits the mode of the distribution smoothed by a normal of variance c²/2.

    >>> welsch(torch.zeros(1, 2, 1), torch.tensor([[[0.5], [-3.0]]])).flatten()
    tensor([0.1233, 2.8326])
    """
    domain.positive(threshold=threshold)
    return -(threshold**2) / 2 * torch.expm1(-(domain.residual(prediction, y) / threshold).square())


def charbonnier(prediction: Numbers, y: Numbers, threshold: float = 1.0) -> Numbers:
    """c²(√(1 + (r/c)²) − 1), `threshold` c, also pseudo-Huber [Charbonnier et al. 1994]. Barron's α = 1.

    Elicits the zero of E r/√(c² + r²).

    >>> charbonnier(torch.zeros(1, 2, 1), torch.tensor([[[0.5], [-3.0]]])).flatten()
    tensor([0.1180, 2.1623])
    """
    domain.positive(threshold=threshold)
    ratio = (domain.residual(prediction, y) / threshold).abs()
    return threshold**2 * ratio * (ratio / (torch.hypot(ratio, torch.ones_like(ratio)) + 1))


def log1p_square(u: Numbers) -> Numbers:
    """log(1 + u²) without squaring a large u."""
    size = u.abs()
    near = torch.log1p(size.clamp(max=1).square())
    outer = size.clamp(min=1)
    return torch.where(size < 1, near, 2 * outer.log() + torch.log1p(outer.reciprocal().square()))


ROBUST: dict[str, Callable[..., Tensor]] = {
    loss.__name__: loss
    for loss in (absolute, huber, log_cosh, charbonnier, cauchy, tukey, hampel, andrews, geman_mcclure, welsch)
}
"""Name -> loss at its constant for 95 % efficiency at the normal distribution where it has one (log-cosh, Charbonnier,
Hampel have their customary constants)."""
