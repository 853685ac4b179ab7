"""Bauer and Kohler's neural-x of level 0: a sum of small networks that are not connected, as a module of torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dlstats.nets import Wrapped


class Unconnected(nn.Module):
    """f(x) = μ₀ + Σ_i μ_i σ(λ_i0 + Σ_j λ_ij σ(θ_ij0 + θ_ij·x)), i = 1, ..., parts, j = 1, ..., units, σ the logistic function.

    [Bauer and Kohler 2019, eq. (6)] has units = 4d*, where the regression function is a smooth one of d* projections of x.
    """

    def __init__(self, inputs: int, parts: int, units: int) -> None:
        """Shapes alone: the weights come with every call."""
        super().__init__()
        self.first = nn.Linear(inputs, parts * units)
        self.second = nn.Parameter(torch.empty(parts, units))
        self.bias = nn.Parameter(torch.empty(parts))
        self.outer = nn.Linear(parts, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, d) -> (n, 1)."""
        inner = torch.sigmoid(self.first(x)).unflatten(-1, self.second.shape)
        return self.outer(torch.sigmoid((inner * self.second).sum(dim=-1) + self.bias))


def network(inputs: int, widths: tuple[int, ...]) -> Wrapped:
    """The sum of networks with these (parts, units of each)."""
    parts, units = widths
    return Wrapped(Unconnected(inputs, parts, units), inputs)
