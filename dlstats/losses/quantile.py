"""Losses that elicit quantiles and expectiles, and the head that keeps quantiles in order.

In float32 six digits stay for |r| from 1e-12 to 1e12.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlstats.losses import domain

Level = float | Tensor
"""A level in (0, 1), or a tensor of levels, one for each output."""


def pinball(prediction: Float[Tensor, "*n k"], y: Float[Tensor, "*n #k"], level: Level = 0.5) -> Float[Tensor, "*n k"]:
    """max(τ r, (τ − 1) r), r = y − f. Elicits the quantile at `level` τ [Koenker and Bassett 1978].

    >>> pinball(torch.zeros(1, 2, 1), torch.tensor([[[0.5], [-3.0]]]), level=0.9).flatten()
    tensor([0.4500, 0.3000])
    """
    domain.level(level)
    residual = domain.residual(prediction, y, one_column=True)
    return torch.maximum(level * residual, (level - 1) * residual)


def expectile(
    prediction: Float[Tensor, "*n k"], y: Float[Tensor, "*n #k"], level: Level = 0.5
) -> Float[Tensor, "*n k"]:
    """|τ − 1{r < 0}| r². Elicits the expectile at `level` τ [Newey and Powell 1987]; half the square at τ = 1/2.

    >>> expectile(torch.zeros(1, 2, 1), torch.tensor([[[0.5], [-3.0]]]), level=0.9).flatten()
    tensor([0.2250, 0.9000])
    """
    domain.level(level)
    residual = domain.residual(prediction, y, one_column=True)
    below = (residual < 0).to(residual.dtype)
    return (level + (1 - 2 * level) * below) * residual.square()


def smooth_pinball(
    prediction: Float[Tensor, "*n k"], y: Float[Tensor, "*n #k"], level: Level = 0.5, width: float = 0.1
) -> Float[Tensor, "*n k"]:
    """τ r + h log(1 + exp(−r/h)), `width` h: above the pinball loss by at most h log 2 [Zheng 2011, eq. 3].

    It is the pinball loss convolved with a logistic kernel of scale h; elicits the quantile of the smoothed distribution.

    >>> smooth_pinball(torch.zeros(1, 2, 1), torch.tensor([[[0.5], [-3.0]]]), level=0.9).flatten()
    tensor([0.4507, 0.3000])
    """
    domain.positive(width=width)
    residual = domain.residual(prediction, y, one_column=True)
    return pinball(prediction, y, level) + width * torch.log1p(torch.exp(-residual.abs() / width))


def lectures_pinball(
    prediction: Float[Tensor, "*n k"], y: Float[Tensor, "*n #k"], level: Level = 0.5
) -> Float[Tensor, "*n k"]:
    """max(τ r, (1 − τ) r), the formula with the slip in sign: unbounded below, it elicits nothing. For study only."""
    domain.level(level)
    residual = domain.residual(prediction, y, one_column=True)
    return torch.maximum(level * residual, (1 - level) * residual)


def in_order(raw: Float[Tensor, "*n k"], free: int = 0) -> Float[Tensor, "*n k"]:
    """Outputs that never cross: output `free` is taken as it is, the next ones up and down add softplus of their own.

    The non-crossing head of quantile networks, with the first output free [Shen et al. 2025, arXiv 2504.08215, with
    ELU + 1 for softplus].

    >>> in_order(torch.tensor([[1.0, 0.0, 0.0]]))
    tensor([[1.0000, 1.6931, 2.3863]])
    """
    if not 0 <= free < raw.shape[-1]:
        raise ValueError(f"`free` must be one of the outputs 0, ..., {raw.shape[-1] - 1}, got {free}.")
    middle, steps = raw[..., free : free + 1], F.softplus(raw)
    down = steps[..., :free].flip(-1).cumsum(dim=-1).flip(-1)
    return torch.cat([middle - down, middle, middle + steps[..., free + 1 :].cumsum(dim=-1)], dim=-1)
