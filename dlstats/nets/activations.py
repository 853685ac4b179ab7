"""Activation functions by name: as pure functions, and by hand in memory that is there already, for training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

aten = torch.ops.aten

SELU = (1.6732632423543772848170429916717, 1.0507009873554804934193349852946)
"""Alpha and scale of selu [Klambauer, Unterthiner, Mayr and Hochreiter 2017, eq. 14]."""


@dataclass(frozen=True)
class Activation:
    """A pointwise function a, and what training needs of it.

    `forward(z, out)` writes a(z); `backward(delta, kept, out)` writes delta · a'(z), where `kept` is z if `keeps_input`
    and else a(z), in which case `out` may be `z` itself. A function with a trained `slope` takes it as last argument.
    """

    value: Callable[..., Tensor]
    forward: Callable[..., object]
    backward: Callable[..., object]
    keeps_input: bool = False
    slope: float | None = None
    """Where the trained slope starts; None for a function without parameters."""


def prelu(z: Tensor, slope: Tensor) -> Tensor:
    """max(z, 0) + slope min(z, 0) with a trained slope [He, Zhang, Ren and Sun 2015, eq. 1]."""
    return z.clamp(min=0) + slope * z.clamp(max=0)


ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation(
        torch.relu,
        lambda z, out: torch.clamp(z, min=0, out=out),
        lambda delta, h, out: aten.threshold_backward.grad_input(delta, h, 0, grad_input=out),
    ),
    "leaky_relu": Activation(
        F.leaky_relu,
        lambda z, out: aten.leaky_relu.out(z, 0.01, out=out),
        lambda delta, h, out: aten.leaky_relu_backward.grad_input(delta, h, 0.01, True, grad_input=out),
    ),
    "prelu": Activation(
        prelu,
        lambda z, out, slope: torch.add(z.clamp(min=0), z.clamp(max=0) * slope, out=out),
        lambda delta, z, out, slope: torch.mul(delta, torch.where(z > 0, 1.0, slope), out=out),
        keeps_input=True,
        slope=0.25,
    ),
    "elu": Activation(
        F.elu,
        lambda z, out: aten.elu.out(z, 1, 1, 1, out=out),
        lambda delta, h, out: aten.elu_backward.grad_input(delta, 1, 1, 1, True, h, grad_input=out),
    ),
    "selu": Activation(
        torch.selu,
        lambda z, out: aten.elu.out(z, *SELU, 1, out=out),
        lambda delta, h, out: aten.elu_backward.grad_input(delta, *SELU, 1, True, h, grad_input=out),
    ),
    "softplus": Activation(
        F.softplus,
        lambda z, out: aten.softplus.out(z, 1, 20, out=out),
        lambda delta, z, out: aten.softplus_backward.grad_input(delta, z, 1, 20, grad_input=out),
        keeps_input=True,
    ),
    "gelu": Activation(
        F.gelu,
        lambda z, out: aten.gelu.out(z, out=out),
        lambda delta, z, out: aten.gelu_backward.grad_input(delta, z, grad_input=out),
        keeps_input=True,
    ),
    "silu": Activation(
        F.silu,
        lambda z, out: aten.silu.out(z, out=out),
        lambda delta, z, out: aten.silu_backward.grad_input(delta, z, grad_input=out),
        keeps_input=True,
    ),
    "sigmoid": Activation(
        torch.sigmoid,
        lambda z, out: torch.sigmoid(z, out=out),
        lambda delta, h, out: aten.sigmoid_backward.grad_input(delta, h, grad_input=out),
    ),
    "tanh": Activation(
        torch.tanh,
        lambda z, out: torch.tanh(z, out=out),
        lambda delta, h, out: aten.tanh_backward.grad_input(delta, h, grad_input=out),
    ),
}
"""Name -> activation; the constants are those of torch.nn (leaky slope 0.01, elu alpha 1, exact gelu)."""
