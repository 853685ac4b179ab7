"""Variable projection: the last layer is the exact least-squares fit on the features of the layer before."""

from __future__ import annotations

import torch
from torch import Tensor

from dlstats.core.engine.backpropagation import Backpropagation
from dlstats.core.nets import views

RIDGE = 1e-12
"""Of the mean square of the features, in float64: settles what dead or equal units leave open, and nothing else."""


class Projected:
    """Loss and gradient of the hidden layers when the last layer always fits best [Golub and Pereyra 1973].

    Called as `Backpropagation`, it first replaces the output weights, biases and skip in the parameters by their
    optimum. There the derivative by them is 0, so that the gradient by the hidden layers is that of the projection.
    """

    def __init__(self, inner: Backpropagation, parameters: Tensor) -> None:
        """Around `inner`, which is bound to the same parameters."""
        self.inner, self.gradient, self.losses = inner, inner.gradient, inner.losses
        depth = len(inner.net.widths)
        names = [f"weight.{depth}", f"bias.{depth}", *(["skip"] if inner.net.skip else [])]
        self._last = [views(inner.net, parameters)[name] for name in names]
        self._zero = [views(inner.net, inner.gradient)[name] for name in names]

    def __call__(self, x: Tensor, y: Tensor, with_loss: bool = False) -> None:
        """Project, then fill `gradient`, and `losses` if asked."""
        self.project(x, y)
        self.inner(x, y, with_loss)
        for view in self._zero:
            view.zero_()

    def project(self, x: Tensor, y: Tensor) -> None:
        """Put the last layer at its least-squares optimum given the hidden layers."""
        h = self.inner.hidden(x).double()
        parts = [h, torch.ones_like(h[:, :1]), *([x.double()] if self.inner.net.skip else [])]
        features = torch.cat(parts, dim=1)
        found = least_squares(features, y.double())
        for view, part in zip(self._last, found.split([part.shape[1] for part in parts], dim=1), strict=True):
            view.copy_(part.reshape(view.shape))


def least_squares(features: Tensor, y: Tensor) -> Tensor:
    """Coefficients (reps, q, k) of y (reps, n, k) on features (reps, q, n), scaled to unit mean square inside.

    A replicate whose features are not finite gets nan.
    """
    scale = features.square().mean(dim=2, keepdim=True).sqrt()
    scale = torch.where(scale > 0, scale, 1.0)
    unit = features / scale
    gram = unit @ unit.transpose(1, 2) / unit.shape[2]
    gram.diagonal(dim1=1, dim2=2).add_(RIDGE)
    moment = unit @ y.expand(len(unit), -1, -1) / unit.shape[2]
    factor, failed = torch.linalg.cholesky_ex(gram)
    solved = torch.cholesky_solve(moment, factor) / scale
    return torch.where((failed > 0)[:, None, None], torch.nan, solved)
