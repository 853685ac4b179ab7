"""Barron's general and adaptive robust loss [Barron 2019, A general and adaptive robust loss function, CVPR].

ρ(r, α, c) = (|α − 2| / α)(((r/c)² / |α − 2| + 1)^{α/2} − 1) for α in [−∞, ∞], with its limits (r/c)²/2 at α = 2,
log(1 + (r/c)²/2) at α = 0, 1 − exp(−(r/c)²/2) at α = −∞ and exp((r/c)²/2) − 1 at α = ∞. The curvature at 0 is 1/c²
(not 1, as in `robust`). In float32 six digits stay for |r| from 1e-12 to 1e12, five for α >= 1/2; above α = 2 as long
as the loss itself is a number.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dlstats.losses import domain
from dlstats.losses.robust import log1p_square

Numbers = Float[Tensor, "*shape"]

ALPHA_RANGE = (1e-3, 1.999)
"""Shapes that the adaptive loss learns, inside [0, 2]: there is a density for α >= 0 only."""

FAR = 40.0
"""From here on exp(t) − 1 is exp(t) in float64."""

NODES = 49
REACH = 3.2
"""The double-exponential rule runs over |t| <= REACH, x = sinh(π/2 sinh t) up to 1e8: error 1e-8 in log Z."""


def barron(prediction: Numbers, y: Numbers, alpha: float = 1.0, scale: float = 1.0) -> Numbers:
    """ρ(y − f, α, c) for a fixed shape `alpha` and `scale` c, all digits kept as α → 0 and α → 2.

    With b = |2 − α| and L = log(1 + (r/c)²/b) it is (b/α) expm1(αL/2): nothing cancels, whatever α and r.

    >>> barron(torch.zeros(1, 2, 1), torch.tensor([[[0.5], [-3.0]]]), alpha=1.0).flatten()
    tensor([0.1180, 2.1623])
    """
    if math.isnan(alpha):
        raise ValueError(f"`alpha` must be a number or infinite, got {alpha}.")
    domain.positive(scale=scale)
    ratio = domain.residual(prediction, y) / scale
    if math.isinf(alpha):
        return math.copysign(1, alpha) * torch.expm1(math.copysign(1, alpha) * ratio.square() / 2)
    if alpha == 2:
        return ratio.square() / 2
    b = abs(2 - alpha)
    log = log1p_square(ratio / math.sqrt(b))
    if abs(alpha) < 1e-300:
        return log
    power = alpha / 2 * log
    if alpha < 0:
        return b / alpha * torch.expm1(power)
    # near α = 2 the exponential alone can overflow where its product with b does not
    near = b / alpha * torch.expm1(power.clamp(max=FAR))
    return torch.where(power < FAR, near, torch.exp(power.clamp(min=FAR) + math.log(b / alpha)))


@domain.samples
def adaptive(prediction: Float[Tensor, "reps n 3"], y: Float[Tensor, "reps n 1"]) -> Float[Tensor, "reps n 1"]:
    """Negative log likelihood ρ(r, α, c) + log c + log Z(α) of location, shape and scale, all three learned at every x.

    The outputs are f, the logit of α within `ALPHA_RANGE` and log c [Barron 2019, eq. 16]. Not defined for
    α < 0, where exp(−ρ) has no finite integral.

    >>> adaptive(torch.zeros(1, 2, 3), torch.tensor([[[0.5], [-3.0]]])).flatten()
    tensor([1.3035, 3.3478])
    """
    domain.three_outputs(prediction)
    location, shape, log_scale = prediction.split(1, dim=-1)
    return _negative_log_likelihood(y - location, _alpha(shape), log_scale)


@domain.samples
def adaptive_shared(prediction: Float[Tensor, "reps n 3"], y: Float[Tensor, "reps n 1"]) -> Float[Tensor, "reps n 1"]:
    """`adaptive` with one shape and one scale per replicate, as for errors of one distribution: means of outputs over n.

    Not pointwise: a minibatch has the means of its own samples.

    >>> adaptive_shared(torch.zeros(1, 2, 3), torch.tensor([[[0.5], [-3.0]]])).flatten()
    tensor([1.3035, 3.3478])
    """
    domain.three_outputs(prediction)
    alpha, log_scale = shape_and_log_scale(prediction)
    return _negative_log_likelihood(y - prediction[..., :1], alpha, log_scale)


def shape_and_log_scale(
    prediction: Float[Tensor, "reps n 3"],
) -> tuple[Float[Tensor, "reps 1 1"], Float[Tensor, "reps 1 1"]]:
    """α and log c of every replicate that `adaptive_shared` learned."""
    shape, log_scale = prediction[..., 1:].mean(dim=1, keepdim=True).split(1, dim=-1)
    return _alpha(shape), log_scale


def _alpha(shape: Numbers) -> Numbers:
    low, high = ALPHA_RANGE
    return low + (high - low) * torch.sigmoid(shape)


def _negative_log_likelihood(residual: Tensor, alpha: Tensor, log_scale: Tensor) -> Tensor:
    b = 2 - alpha
    log = log1p_square(residual * torch.exp(-log_scale) / b.sqrt())
    return b / alpha * torch.expm1(alpha / 2 * log) + log_scale + log_partition(alpha)


def log_partition(alpha: Numbers) -> Numbers:
    """log Z(α), Z(α) = ∫ exp(−ρ(x, α, 1)) dx, for 0 < α < 2, differentiable in α.

    Double-exponential quadrature, x = sinh((π/2) sinh t) with equal steps in t [Takahasi and Mori 1974].
    """
    t = np.linspace(0, REACH, NODES)
    inner = math.pi / 2 * np.sinh(t)
    weights = math.pi / 2 * np.cosh(t) * np.cosh(inner) * (t[1] - t[0]) * 2
    weights[0] /= 2
    x, log_weights = domain.constant([np.sinh(inner), np.log(weights)], alpha)
    a = alpha.unsqueeze(-1)
    b = 2 - a
    rho = b / a * torch.expm1(a / 2 * log1p_square(x / b.sqrt()))
    return torch.logsumexp(log_weights - rho, dim=-1)
