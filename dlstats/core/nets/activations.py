"""Activation functions by name, as pure pointwise functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Activation:
    """A pointwise function; with `slope`, of two arguments, the second a trained slope per hidden layer."""

    value: Callable[..., Tensor]
    slope: float | None = None
    """Where the trained slope starts; None for a function without parameters."""


def prelu(z: Tensor, slope: Tensor) -> Tensor:
    """max(z, 0) + slope min(z, 0) with a trained slope [He, Zhang, Ren and Sun 2015, eq. 1]."""
    return z.clamp(min=0) + slope * z.clamp(max=0)


ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation(torch.relu),
    "leaky_relu": Activation(F.leaky_relu),
    "prelu": Activation(prelu, slope=0.25),
    "elu": Activation(F.elu),
    "selu": Activation(torch.selu),
    "softplus": Activation(F.softplus),
    "gelu": Activation(F.gelu),
    "silu": Activation(F.silu),
    "sigmoid": Activation(torch.sigmoid),
    "tanh": Activation(torch.tanh),
}
"""Name -> activation; the constants are those of torch.nn (leaky slope 0.01, elu alpha 1, exact gelu)."""
