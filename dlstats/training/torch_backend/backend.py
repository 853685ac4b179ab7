"""The torch back end: a block of replicates with a leading axis, on the CPU or a GPU."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from dlstats.training import blocks
from dlstats.training.contract import Fit, Problem
from dlstats.training.torch_backend import lbfgs, levenberg_marquardt, rows
from dlstats.training.torch_backend.backpropagation import Backpropagation
from dlstats.training.torch_backend.descent import Descent, checks
from dlstats.training.torch_backend.differentiation import Differentiation
from dlstats.training.torch_backend.differentiation import gradient as of
from dlstats.training.torch_backend.projection import Projected
from dlstats.training.torch_backend.record import finish

__all__ = ["Earlier", "checks", "run"]


REGISTERS = 32
"""Numbers that a loop of torch on the CPU takes at once at most: two registers of 16."""


class Earlier:
    """The descent of the last block of a training on a GPU: the next one of its shapes needs no graph of its own."""

    def __init__(self) -> None:
        """None yet."""
        self.descent: Descent | None = None

    def take(self, problem: Problem) -> Descent | None:
        """It, with the problem in its place; None, and its memory is free, where the problem has other shapes."""
        descent, self.descent = self.descent, None
        if descent is None or not descent.takes(problem):
            return None
        descent.take(problem)
        return descent


@torch.no_grad()
def run(problem: Problem, earlier: Earlier | None = None) -> Fit:
    """Train a block that lies on its device, after an `earlier` one of the same training if there was one.

    A replicate alone is to have the bits that it has among others. So copies of the last row are trained as well: one at
    least, because BLAS multiplies one matrix by another kernel than several; and on a CPU as many as fill two registers,
    because torch has other exponentials and logarithms for what is left at the end of an array than for the rest of it.
    """
    count, training = len(problem.start), problem.training
    copies = int(count == 1)
    if problem.start.device.type == "cpu":
        samples = [training.batch_size or problem.x.shape[1], *(len(v[0][0]) for v in [problem.validation] if v)]
        copies = -(-REGISTERS // min(*samples, problem.start.shape[1]))
    earlier = earlier or Earlier()
    if not copies:
        return _run(problem, earlier)
    chosen = torch.arange(count + copies).clamp(max=count - 1)
    return _run(blocks.taken(problem, chosen, problem.start.device), earlier).rows(slice(count))


def _run(problem: Problem, earlier: Earlier) -> Fit:
    descent = earlier.take(problem)
    if descent is not None:
        return _descended(descent, earlier)
    training, parameters = problem.training, rows.padded(problem.start)
    x = problem.x.transpose(1, 2).contiguous()
    gradient: Backpropagation | Differentiation | Projected = of(
        problem.net, problem.loss, parameters, training.batch_size or x.shape[2]
    )
    if isinstance(gradient, Backpropagation) and training.projection:
        gradient = Projected(gradient, parameters, x.expand(len(parameters), -1, -1), problem.y)
    if training.optimiser in ("lbfgs", "levenberg_marquardt"):
        return _second_order(problem, gradient, parameters, x.expand(len(parameters), -1, -1))
    return _descended(Descent(problem, gradient, parameters, x), earlier)


def _descended(descent: Descent, earlier: Earlier) -> Fit:
    descent.run()
    if isinstance(descent.gradient, Backpropagation):  # a projection has the samples in memory of its own
        earlier.descent = descent
    return finish(descent.problem, descent.parameters, descent.record)


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
