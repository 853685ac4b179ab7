"""Losses of regression."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from dlstats.losses import domain


def squared(prediction: Float[Tensor, "*shape"], y: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Squared loss (y − f)². Elicits the mean [Gneiting 2011, section 2].

    >>> import torch
    >>> squared(torch.zeros(1, 2, 1), torch.tensor([[[0.5], [-3.0]]])).flatten()
    tensor([0.2500, 9.0000])
    """
    return domain.residual(prediction, y).square()
