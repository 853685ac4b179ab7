"""Multilayer perceptrons with a leading replicate axis; all parameters of a replicate are one row of one matrix."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
from jaxtyping import Float
from torch import Tensor

from dlstats.nets.activations import ACTIVATIONS
from dlstats.nets.wrapped import Wrapped


@dataclass(frozen=True)
class Mlp:
    """A multilayer perceptron: affine maps with `activation` between them, and with `skip` a linear map beside.

    f(x) = h_L W_L + b_L (+ x S),  h_0 = x,  h_l = activation(h_{l-1} W_{l-1} + b_{l-1}).
    """

    d_in: int
    widths: tuple[int, ...]
    d_out: int = 1
    activation: str = "relu"
    skip: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for a network that cannot be."""
        if min(self.d_in, self.d_out, *self.widths) < 1:
            raise ValueError(f"`d_in`, `d_out` and every width must be at least 1, got {self}.")
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"`activation` must be one of {', '.join(ACTIVATIONS)}, got {self.activation!r}.")

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of every layer, from inputs to outputs."""
        return (self.d_in, *self.widths, self.d_out)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name -> shape of every parameter of one replicate, in the order in which they lie in its row.

        `weight.l` (fan_in, fan_out) and `bias.l` for l = 0, ..., depth; `slope.l` of a trained activation; `skip`.
        """
        shapes: dict[str, tuple[int, ...]] = {}
        for layer, (fan_in, fan_out) in enumerate(zip(self.sizes, self.sizes[1:], strict=False)):
            shapes[f"weight.{layer}"] = (fan_in, fan_out)
            shapes[f"bias.{layer}"] = (fan_out,)
            if layer < len(self.widths) and ACTIVATIONS[self.activation].slope is not None:
                shapes[f"slope.{layer}"] = (1,)
        if self.skip:
            shapes["skip"] = (self.d_in, self.d_out)
        return shapes

    @property
    def size(self) -> int:
        """Number of parameters of one replicate."""
        return sum(prod(shape) for shape in self.shapes.values())


def views(net: Mlp | Wrapped, parameters: Float[Tensor, "reps p *more"]) -> dict[str, Tensor]:
    """The parameters by name, each (reps, *shape, *more), as views: writing into one writes into `parameters`."""
    if parameters.shape[1] != net.size:
        raise ValueError(f"`parameters` must have {net.size} columns for {net}, got {parameters.shape[1]}.")
    tensors, begin = {}, 0
    for name, shape in net.shapes.items():
        end = begin + prod(shape)
        tensors[name] = parameters[:, begin:end].unflatten(1, shape)
        begin = end
    return tensors


def apply(
    net: Mlp | Wrapped, parameters: Float[Tensor, "reps p"], x: Float[Tensor, "*reps n d"]
) -> Float[Tensor, "reps n d_out"]:
    """The networks at `x`: (reps, n, d), or (n, d) for inputs that all replicates share.

    Samples lie in the last axis inside: narrow layers are up to ten times faster so.
    """
    x = x.expand(parameters.shape[0], *x.shape[-2:])
    if isinstance(net, Wrapped):
        return net.apply(parameters, x)
    tensors, inputs = views(net, parameters), x.transpose(1, 2)
    activation = ACTIVATIONS[net.activation].value
    h = inputs
    for layer in range(len(net.widths)):
        h = affine(tensors, layer, h)
        slope = tensors.get(f"slope.{layer}")
        h = activation(h) if slope is None else activation(h, slope.unsqueeze(2))
    out = affine(tensors, len(net.widths), h)
    return (torch.baddbmm(out, tensors["skip"].transpose(1, 2), inputs) if net.skip else out).transpose(1, 2)


def affine(tensors: dict[str, Tensor], layer: int, h: Tensor, out: Tensor | None = None) -> Tensor:
    """The affine map of a layer on (reps, fan_in, n), as (reps, fan_out, n)."""
    weight, bias = tensors[f"weight.{layer}"], tensors[f"bias.{layer}"]
    return torch.baddbmm(bias.unsqueeze(2), weight.transpose(1, 2), h, out=out)
