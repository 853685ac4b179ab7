"""Loss and gradient of a block of wrapped modules, by vmap(grad)."""

from __future__ import annotations

import torch
from torch import Tensor

from dlstats.nets import Mlp, Wrapped
from dlstats.training.contract import Loss
from dlstats.training.torch_backend import rows
from dlstats.training.torch_backend.backpropagation import Backpropagation, checked


class Differentiation:
    """As `Backpropagation`: mean loss and gradient at `parameters`, whose present values are read at every call."""

    def __init__(self, net: Wrapped, loss: Loss, parameters: Tensor) -> None:
        """Derive the gradient of one replicate, and map it over all."""
        self.net, self._parameters = net, parameters
        self.gradient, self.losses = rows.zeros(parameters), torch.zeros_like(parameters[:, 0])

        def mean(row: Tensor, x: Tensor, y: Tensor) -> Tensor:
            prediction = net.one(row, x).unsqueeze(0)
            return checked(loss(prediction, y.unsqueeze(0)), prediction).mean()

        self._both = torch.func.vmap(torch.func.grad_and_value(mean))

    def __call__(self, x: Tensor, y: Tensor, with_loss: bool = False) -> None:
        """Fill `gradient` and `losses`, at x (reps, d, n) and y (reps or 1, n, k)."""
        with torch.enable_grad():
            gradient, losses = self._both(self._parameters, x.transpose(1, 2), y.expand(len(x), -1, -1))
        self.gradient.copy_(gradient)
        self.losses.copy_(losses)


def gradient(net: Mlp | Wrapped, loss: Loss, parameters: Tensor, samples: int) -> Backpropagation | Differentiation:
    """Of an `Mlp` by hand, of a wrapped module by vmap(grad)."""
    if isinstance(net, Wrapped):
        return Differentiation(net, loss, parameters)
    return Backpropagation(net, loss, parameters, samples)
