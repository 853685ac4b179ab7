"""Loss and gradient of a block of networks by hand, in memory allocated once.

Autograd would allocate anew in every step and store more: this form is 1.3 to 2 times as fast on a CPU, needs no
compiler, and can be captured in a CUDA graph. Samples lie in the last axis, (reps, width, n), which is what narrow
layers need (ten times at width 2) and costs wide ones nothing. Only the loss itself goes through autograd. What is summed
lies row by row in memory: of a number that is only repeated, torch sums several rows at once, in an order of their number.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from dlstats.nets import ACTIVATIONS, Mlp, Wrapped, apply, views
from dlstats.nets.mlp import affine
from dlstats.training.contract import Loss
from dlstats.training.torch_backend import rows


class Backpropagation:
    """Mean loss and gradient at `parameters`, whose present values are read at every call."""

    def __init__(self, net: Mlp, loss: Loss, parameters: Tensor, samples: int) -> None:
        """Allocate for calls with `samples` samples."""
        self.net, self.loss = net, loss
        self.activation = ACTIVATIONS[net.activation]
        self.gradient = rows.zeros(parameters)
        self.losses = torch.zeros_like(parameters[:, 0])
        self._named, self._into = views(net, parameters), views(net, self.gradient)
        self._products = {
            name: torch.empty_like(view, memory_format=torch.contiguous_format)
            for name, view in self._into.items()
            if view.ndim == 3 and parameters.is_cpu
        }
        reps = len(parameters)
        self._z = [parameters.new_empty(reps, width, samples) for width in net.sizes[1:]]
        hidden = self._z[:-1]
        self._h = [torch.empty_like(z) for z in hidden] if self.activation.keeps_input else hidden
        spread = {width: parameters.new_empty(reps, width, samples) for width in set(net.widths)}
        self._spread = [spread[width] for width in net.widths]

    def __call__(self, x: Tensor, y: Tensor, with_loss: bool = False) -> None:
        """Fill `gradient`, and `losses` if asked, at x (reps, d, n) and y (reps, n, k)."""
        self.descend(x, self.hidden(x), y, with_loss)

    def descend(self, x: Tensor, h: Tensor, y: Tensor, with_loss: bool = False) -> None:
        """The rest of a call when the last hidden layer is known."""
        self.backward(x, self._seed(self.output(x, h), y, with_loss), self._total)

    def hidden(self, x: Tensor) -> Tensor:
        """The last hidden layer, (reps, width, n), or x without one; in memory that the next call overwrites."""
        h = x
        for layer, (z, out) in enumerate(zip(self._z, self._h, strict=False)):
            affine(self._named, layer, h, out=z)
            self.activation.forward(z, out, *self._slope(layer))
            h = out
        return h

    def output(self, x: Tensor, h: Tensor) -> Tensor:
        """The outputs, (reps, d_out, n), from the last hidden layer; in memory that the next call overwrites."""
        output = affine(self._named, len(self.net.widths), h, out=self._z[-1])
        return output.baddbmm_(self._named["skip"].transpose(1, 2), x) if self.net.skip else output

    def backward(self, x: Tensor, delta: Tensor, collect: Callable[[str, Tensor | None, Tensor], object]) -> None:
        """Give `collect(name, h, delta)` the factors of every parameter's derivative, from `delta` at the outputs.

        The derivative of a matrix is the sum over samples of h ⊗ delta; without h, that of a vector, of delta. The
        hidden layers are overwritten on the way.
        """
        if self.net.skip:
            collect("skip", x, delta)
        for layer in range(len(self.net.widths), -1, -1):
            collect(f"weight.{layer}", self._h[layer - 1] if layer else x, delta)
            collect(f"bias.{layer}", None, delta)
            if layer:
                delta = self._back(layer, delta, collect)

    def _seed(self, output: Tensor, y: Tensor, with_loss: bool) -> Tensor:
        """The derivative of the mean loss by the outputs, (reps, d_out, n)."""
        prediction = output.detach().transpose(1, 2).requires_grad_()
        with torch.enable_grad():
            pointwise = checked(self.loss(prediction, y.expand(len(prediction), -1, -1)), prediction)
        if with_loss:
            torch.mean(pointwise.detach().contiguous(), dim=(1, 2), out=self.losses)
        each = pointwise.new_full(pointwise.shape, 1 / pointwise[0].numel())
        (seed,) = torch.autograd.grad(pointwise, prediction, each)
        # BLAS is ten times slower where the axis of a single output has another stride than `view` gives it
        return seed.transpose(1, 2).contiguous().view(output.shape)

    def _back(self, layer: int, delta: Tensor, collect: Callable[[str, Tensor | None, Tensor], object]) -> Tensor:
        """From the derivative by a layer's affine output to that of the layer before, written over its values."""
        z, h, spread = self._z[layer - 1], self._h[layer - 1], self._spread[layer - 1]
        weight = self._named[f"weight.{layer}"]
        if delta.shape[1] == 1:
            torch.mul(weight, delta, out=spread)
        else:
            torch.bmm(weight, delta, out=spread)
        slope = self._slope(layer - 1)
        if slope:
            collect(f"slope.{layer - 1}", None, (spread * z.clamp(max=0)).sum(dim=1, keepdim=True))
        self.activation.backward(spread, z if self.activation.keeps_input else h, h, *slope)
        return h

    def _slope(self, layer: int) -> tuple[Tensor, ...]:
        slope = self._named.get(f"slope.{layer}")
        return () if slope is None else (slope.unsqueeze(2),)

    def _total(self, name: str, h: Tensor | None, delta: Tensor) -> None:
        """The gradient of a parameter; on a CPU, BLAS writes a matrix whole first, which is faster than into the row."""
        if h is None:
            torch.sum(delta, dim=2, out=self._into[name])
        elif name not in self._products:
            torch.bmm(h, delta.transpose(1, 2), out=self._into[name])
        else:
            self._into[name].copy_(torch.bmm(h, delta.transpose(1, 2), out=self._products[name]))


def checked(pointwise: Tensor, prediction: Tensor) -> Tensor:
    """The pointwise losses if their shape is right, else ValueError: broadcasting must not mix samples."""
    if pointwise.shape not in (prediction.shape, (*prediction.shape[:2], 1)):
        raise ValueError(
            f"`loss` must give {tuple(prediction.shape)} or one number per sample, got {tuple(pointwise.shape)}."
        )
    return pointwise


def mean_loss(
    net: Mlp | Wrapped, loss: Loss, parameters: Tensor, x: Tensor, y: Tensor, dtype: torch.dtype | None = None
) -> Tensor:
    """The mean of the loss over samples and outputs of every replicate, (reps,); x is (reps, d, n)."""
    prediction = apply(net, parameters, x.transpose(1, 2))
    pointwise = checked(loss(prediction, y.expand(len(prediction), -1, -1)), prediction)
    return pointwise.contiguous().mean(dim=(1, 2), dtype=dtype)
