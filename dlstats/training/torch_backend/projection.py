"""Variable projection: the last layer is the exact least-squares fit on the features of the layer before."""

from __future__ import annotations

import torch
from torch import Tensor

from dlstats.nets import views
from dlstats.training.torch_backend.backpropagation import Backpropagation

RIDGE = 1e-12
"""Of the mean square of a feature, in float64: settles what dead or equal units leave open, and nothing else."""


class Projected:
    """Loss and gradient of the hidden layers when the last layer always fits best [Golub and Pereyra 1973].

    Called as `Backpropagation`, it first replaces the output weights, biases and skip in the parameters by their
    optimum. There the derivative by them is 0, so that the gradient by the hidden layers is that of the projection.
    """

    def __init__(self, inner: Backpropagation, parameters: Tensor, x: Tensor, y: Tensor) -> None:
        """Around `inner`, which is bound to the same parameters, at x (reps, d, n) and y (reps or 1, n, k)."""
        self.inner, self.gradient, self.losses = inner, inner.gradient, inner.losses
        net, depth = inner.net, len(inner.net.widths)
        names = [f"weight.{depth}", f"bias.{depth}", *(["skip"] if net.skip else [])]
        self._last = [views(net, parameters)[name] for name in names]
        self._zero = [views(net, inner.gradient)[name] for name in names]
        self._sizes = [net.sizes[-2], 1, *([net.d_in] if net.skip else [])]
        fixed = [torch.ones_like(x[:, :1]), *([x] if net.skip else []), y.transpose(1, 2).expand(len(x), -1, -1)]
        self._rows = torch.cat([x.new_zeros(len(x), net.sizes[-2], x.shape[2]), *fixed], dim=1).double()

    def __call__(self, x: Tensor, y: Tensor, with_loss: bool = False) -> None:
        """Project, then fill `gradient`, and `losses` if asked."""
        self.inner.descend(x, self.project(x), y, with_loss)
        for view in self._zero:
            view.zero_()

    def project(self, x: Tensor) -> Tensor:
        """Put the last layer at its least-squares optimum given the hidden layers; returns the last of these."""
        h = self.inner.hidden(x)
        self._rows[:, : h.shape[1]].copy_(h)
        solution = least_squares(self._rows, self.inner.net.d_out)
        for view, part in zip(self._last, solution.split(self._sizes, dim=1), strict=True):
            view.copy_(part.reshape(view.shape))
        return h


def least_squares(rows: Tensor, k: int) -> Tensor:
    """Coefficients (reps, q, k) of the last k of the `rows` (reps, q + k, n) on the first q.

    By the normal equations of features that have mean square 1. A replicate with a number that is not finite gets nan.
    """
    moments = rows @ rows.transpose(1, 2)
    q = rows.shape[1] - k
    scale = moments[:, :q, :q].diagonal(dim1=1, dim2=2).sqrt().unsqueeze(2)
    scale = torch.where(scale > 0, scale, 1.0)
    gram = moments[:, :q, :q] / scale / scale.transpose(1, 2)
    gram.diagonal(dim1=1, dim2=2).add_(RIDGE)
    factor, failed = torch.linalg.cholesky_ex(gram)
    solved = torch.cholesky_solve(moments[:, :q, q:] / scale, factor) / scale
    return torch.where((failed > 0)[:, None, None], torch.nan, solved)
