"""The torch back end: a block of replicates with a leading axis, on the CPU or a GPU."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from dlstats.training import blocks
from dlstats.training.contract import Fit, Problem
from dlstats.training.torch_backend import lbfgs, levenberg_marquardt
from dlstats.training.torch_backend.backpropagation import Backpropagation
from dlstats.training.torch_backend.descent import Descent, checks
from dlstats.training.torch_backend.projection import Projected
from dlstats.training.torch_backend.record import finish

__all__ = ["checks", "run"]


@torch.no_grad()
def run(problem: Problem) -> Fit:
    """Train a block that lies on its device.

    A single row is trained twice: BLAS multiplies one matrix by another kernel than several, and a replicate alone is
    to have the bits that it has among others.
    """
    if len(problem.start) > 1:
        return _run(problem)
    return _run(blocks.taken(problem, torch.tensor([0, 0]), problem.start.device)).rows(slice(1))


def _run(problem: Problem) -> Fit:
    training, parameters = problem.training, problem.start.clone()
    x = problem.x.transpose(1, 2).contiguous()
    gradient: Backpropagation | Projected = Backpropagation(
        problem.net, problem.loss, parameters, training.batch_size or x.shape[2]
    )
    if training.projection:
        gradient = Projected(gradient, parameters, x.expand(len(parameters), -1, -1), problem.y)
    if training.optimiser in ("lbfgs", "levenberg_marquardt"):
        return _second_order(problem, gradient, parameters, x.expand(len(parameters), -1, -1))
    descent = Descent(problem, gradient, parameters, x)
    descent.run()
    return finish(problem, parameters, descent.record)


def _second_order(problem: Problem, gradient: Backpropagation | Projected, parameters: Tensor, x: Tensor) -> Fit:
    """The fit of a second-order method; with a tolerance, a replicate that did not reach it has not converged."""
    training = problem.training

    def evaluate() -> tuple[Tensor, Tensor]:
        gradient(x, problem.y, with_loss=True)
        return gradient.losses.clone(), gradient.gradient.clone()

    if isinstance(gradient, Backpropagation) and training.optimiser == "levenberg_marquardt":
        solution = levenberg_marquardt.minimise(gradient, parameters, x, problem.y, training.steps, training.tolerance)
    else:
        solution = lbfgs.minimise(evaluate, parameters, training.steps, training.tolerance)
    steps, converged = (part.cpu().numpy() for part in solution)
    fit = finish(problem, parameters, None)
    late = (training.tolerance > 0) & ~converged & (fit.status == "ok")
    return replace(fit, step=steps, steps=steps, status=np.where(late, "not_converged", fit.status))
