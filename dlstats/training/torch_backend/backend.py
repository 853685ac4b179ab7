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
from dlstats.training.torch_backend.differentiation import Differentiation
from dlstats.training.torch_backend.differentiation import gradient as of
from dlstats.training.torch_backend.projection import Projected
from dlstats.training.torch_backend.record import finish

__all__ = ["checks", "run"]


REGISTERS = 32
"""Numbers that a loop of torch on the CPU takes at once at most: two registers of 16."""


@torch.no_grad()
def run(problem: Problem) -> Fit:
    """Train a block that lies on its device.

    A replicate alone is to have the bits that it has among others. So copies of the last row are trained as well: one at
    least, because BLAS multiplies one matrix by another kernel than several; and on a CPU as many as fill two registers,
    because torch has other exponentials and logarithms for what is left at the end of an array than for the rest of it.
    """
    rows, training = len(problem.start), problem.training
    copies = int(rows == 1)
    if problem.start.device.type == "cpu":
        samples = [training.batch_size or problem.x.shape[1], *(len(v[0][0]) for v in [problem.validation] if v)]
        copies = -(-REGISTERS // min(*samples, problem.start.shape[1]))
    chosen = torch.arange(rows + copies).clamp(max=rows - 1)
    return _run(blocks.taken(problem, chosen, problem.start.device)).rows(slice(rows)) if copies else _run(problem)


def _run(problem: Problem) -> Fit:
    training, parameters = problem.training, problem.start.clone()
    x = problem.x.transpose(1, 2).contiguous()
    gradient: Backpropagation | Differentiation | Projected = of(
        problem.net, problem.loss, parameters, training.batch_size or x.shape[2]
    )
    if isinstance(gradient, Backpropagation) and training.projection:
        gradient = Projected(gradient, parameters, x.expand(len(parameters), -1, -1), problem.y)
    if training.optimiser in ("lbfgs", "levenberg_marquardt"):
        return _second_order(problem, gradient, parameters, x.expand(len(parameters), -1, -1))
    descent = Descent(problem, gradient, parameters, x)
    descent.run()
    return finish(problem, parameters, descent.record)


def _second_order(
    problem: Problem, gradient: Backpropagation | Differentiation | Projected, parameters: Tensor, x: Tensor
) -> Fit:
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
