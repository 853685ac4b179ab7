"""Levenberg and Marquardt's method for the squared loss, every replicate with a damping of its own."""

from __future__ import annotations

from itertools import count

import torch
from torch import Tensor

from dlstats.nets import views
from dlstats.training.torch_backend import lbfgs
from dlstats.training.torch_backend.backpropagation import Backpropagation

START = 1e-3
"""Damping at the start, of the largest curvature."""


class Jacobian:
    """Residuals and their derivatives by the parameters, by hand."""

    def __init__(self, inner: Backpropagation, parameters: Tensor, samples: int) -> None:
        """Around `inner`, which is bound to the same parameters."""
        self.inner = inner
        self.rows = parameters.new_empty(*parameters.shape, inner.net.d_out, samples)
        self._output = 0

    def __call__(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Residuals (reps, k n) and the Jacobian's transpose (reps, p, k n)."""
        for output in range(self.inner.net.d_out):
            self._output = output
            residual = self.residual(x, y)
            seed = torch.zeros_like(residual)
            seed[:, output] = 1
            self.inner.backward(x, seed, self._collect)
        return residual.flatten(1), self.rows.flatten(2)

    def residual(self, x: Tensor, y: Tensor) -> Tensor:
        """f(x) − y, (reps, k, n)."""
        return self.inner.output(x, self.inner.hidden(x)) - y.transpose(1, 2)

    def _collect(self, name: str, h: Tensor | None, delta: Tensor) -> None:
        into = views(self.inner.net, self.rows[:, :, self._output])[name]
        into.copy_(delta if h is None else h.unsqueeze(2) * delta.unsqueeze(1))


def minimise(
    inner: Backpropagation, parameters: Tensor, x: Tensor, y: Tensor, steps: int, tolerance: float
) -> tuple[Tensor, Tensor]:
    """Change `parameters` by at most `steps` trials; returns the trials of each replicate and whether it converged.

    δ solves (J'J + μ I) δ = −J'r; μ follows the ratio of the actual to the predicted gain [Madsen, Nielsen and
    Tingleff 2004, algorithm 3.16]. A replicate has converged when the gradient of its mean squared error is at most
    `tolerance`; it stops then, or when damping cannot lower the loss any more. A GPU is asked as in `lbfgs`.
    """
    jacobian = Jacobian(inner, parameters, x.shape[2])
    residual, rows = jacobian(x, y)
    loss = residual.double().square().mean(dim=1)
    size = residual.shape[1]
    damping = START * rows.square().sum(dim=2).amax(dim=1).double() / size
    growth = torch.full_like(damping, 2.0)
    taken = torch.zeros(len(parameters), dtype=torch.int64, device=parameters.device)
    trials = count()
    while True:
        slope = (rows @ residual.unsqueeze(2)).squeeze(2).double() / size
        converged = 2 * slope.abs().amax(dim=1) <= tolerance
        running = ~converged & loss.isfinite() & (damping < 1e12) & (taken < steps)
        if lbfgs.asked(next(trials), running) and not running.any():
            return taken, converged
        taken += running
        step = _solve(rows, damping, slope, size)
        before = parameters.clone()
        parameters.add_(torch.where(running.unsqueeze(1), step, 0.0).to(parameters.dtype))
        after = jacobian.residual(x, y).double().square().mean(dim=(1, 2))
        predicted = (step * (damping.unsqueeze(1) * step - slope)).sum(dim=1)
        ratio = (loss - after) / predicted
        good = running & (after < loss) & (predicted > 0)
        parameters.copy_(torch.where(good.unsqueeze(1), parameters, before))
        loss = torch.where(good, after, loss)
        shrunk = damping * (1 - (2 * ratio - 1) ** 3).clamp(1 / 3, 2.0)
        damping = torch.where(good, shrunk, torch.where(running, damping * growth, damping))
        growth = torch.where(good, 2.0, growth * 2)
        residual, rows = jacobian(x, y)


def _solve(rows: Tensor, damping: Tensor, slope: Tensor, size: int) -> Tensor:
    """δ of every replicate, nan where the damped curvature is not positive definite."""
    curvature = (rows @ rows.transpose(1, 2)).double() / size
    curvature.diagonal(dim1=1, dim2=2).add_(damping.unsqueeze(1))
    factor, failed = torch.linalg.cholesky_ex(curvature)
    step = torch.cholesky_solve(-slope.unsqueeze(2), factor).squeeze(2)
    return torch.where((failed > 0).unsqueeze(1), torch.nan, step)
