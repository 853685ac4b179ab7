"""Networks in the tangent scaling as modules of torch, their tangent features, and gradient descent on them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from dlstats import training
from dlstats.losses.regression import squared
from dlstats.nets import Wrapped

ACTIVATIONS = {"relu": (torch.relu, math.sqrt(2)), "tanh": (torch.tanh, 1.0)}
"""Name -> activation and the factor that follows it."""


class Scaled(nn.Module):
    """s a·h_L with h_l = c φ(W_l h_{l−1}/√m_{l−1}), h₀ = x, m₀ = d: the scale is in the function."""

    def __init__(self, inputs: int, width: int, depth: int, activation: str, scale: float) -> None:
        """Shapes alone: the weights come with every call."""
        super().__init__()
        fans = [inputs, *[width] * (depth - 1)]
        self.hidden = nn.ParameterList([torch.empty(width, fan) for fan in fans])
        self.output = nn.Parameter(torch.empty(width))
        self.activation, self.factor = ACTIVATIONS[activation]
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        """(n, d) -> (n, 1)."""
        for w in self.hidden:
            x = self.factor * self.activation(x @ w.T / math.sqrt(x.shape[1]))
        return (self.scale * (x @ self.output)).unsqueeze(1)


def scaled(inputs: int, width: int, depth: int, activation: str, factor: float = 1.0) -> Wrapped:
    """The network of these sizes, with s = `factor`/√m."""
    return Wrapped(Scaled(inputs, width, depth, activation, factor / math.sqrt(width)), inputs)


@dataclass(frozen=True)
class State:
    """One network at weights of its own, at the cases x (n, d) and new points (k, d)."""

    kernel: np.ndarray
    """(n, n): inner products of the gradients at the cases."""
    across: np.ndarray
    """(k, n): of those at new points with those at the cases."""
    cases: np.ndarray
    new: np.ndarray
    """Predictions (n,) and (k,)."""


def state(net: Wrapped, row: Tensor, x: np.ndarray, new: np.ndarray) -> State:
    """By torch.func: the gradient of every prediction by all weights, from memory of its own."""
    points, own = torch.from_numpy(np.concatenate([x, new])), row.double().clone()

    def value(weights: Tensor, point: Tensor) -> Tensor:
        return net.one(weights, point.unsqueeze(0))[0, 0]

    gradients, values = torch.func.vmap(torch.func.grad_and_value(value), (None, 0))(own, points)
    tangents, predictions, n = gradients.numpy(), values.numpy(), len(x)
    return State(tangents[:n] @ tangents[:n].T, tangents[n:] @ tangents[:n].T, predictions[:n], predictions[n:])


def trained(
    net: Wrapped, start: Tensor, x: np.ndarray, y: np.ndarray, rate: float, steps: int, device: str
) -> training.Fit:
    """Gradient descent on the mean squared error of all cases."""
    plan = training.Training(steps, rate, "sgd", dtype=str(start.dtype).removeprefix("torch."))
    return training.fit(net, squared, start, x, y[..., None], plan, device=device, backend="torch")
