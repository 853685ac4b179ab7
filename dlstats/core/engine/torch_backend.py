"""The torch back end: a block of replicates with a leading axis, by first-order steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import repeat

import numpy as np
import torch
from torch import Tensor

from dlstats.core.engine import blocks, lbfgs, levenberg_marquardt, orders
from dlstats.core.engine.backpropagation import Backpropagation, mean_loss
from dlstats.core.engine.contract import Fit, Problem
from dlstats.core.engine.optimisers import OPTIMISERS
from dlstats.core.engine.projection import Projected
from dlstats.core.engine.record import Record, finish
from dlstats.core.engine.schedules import SCHEDULES


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
    parameters = problem.start.clone()
    x = problem.x.transpose(1, 2).contiguous()
    gradient = Backpropagation(problem.net, problem.loss, parameters, problem.training.batch_size or x.shape[2])
    if problem.training.optimiser == "levenberg_marquardt":
        return _finish_exact(problem, parameters, *_levenberg_marquardt(problem, gradient, parameters, x))
    if problem.training.projection:
        gradient = Projected(gradient, parameters)
    if problem.training.optimiser == "lbfgs":
        return _finish_exact(problem, parameters, *_lbfgs(problem, gradient, parameters, x))
    record = _first_order(problem, gradient, parameters, x)
    return finish(problem, parameters, record)


def _first_order(
    problem: Problem, gradient: Backpropagation | Projected, parameters: Tensor, x: Tensor
) -> Record | None:
    """Take the steps of a first-order optimiser; what was kept, unless it is the last weights."""
    training = problem.training
    rule = OPTIMISERS[training.optimiser]
    state = [torch.zeros_like(parameters) for _ in range(rule.states)]
    samples, rate = _samples(problem, x), _rate(problem)
    record = Record(parameters, training.patience) if training.keep == "best" else None
    every, free = checks(problem)
    for step in range(training.steps):
        checking = record is not None and step % every == 0
        gradient(*next(samples), with_loss=checking and free)
        if checking:
            record.see(step, gradient.losses if free else _score(problem, parameters, x), parameters)
            if training.patience is not None and not record.running.any():
                return record
        now = rate * SCHEDULES[training.schedule](step, training.steps)
        rule.update(parameters, gradient.gradient, state, now, rule.coefficients(step + 1, training), training)
    if isinstance(gradient, Projected):
        gradient.project(x.expand(len(parameters), -1, -1), problem.y)
    if record is not None:
        record.see(training.steps, _score(problem, parameters, x), parameters)
    return record


def _levenberg_marquardt(
    problem: Problem, gradient: Backpropagation, parameters: Tensor, x: Tensor
) -> tuple[Tensor, Tensor]:
    x = x.expand(len(parameters), -1, -1)
    return levenberg_marquardt.minimise(
        gradient, parameters, x, problem.y, problem.training.steps, problem.training.tolerance
    )


def _lbfgs(
    problem: Problem, gradient: Backpropagation | Projected, parameters: Tensor, x: Tensor
) -> tuple[Tensor, Tensor]:
    x = x.expand(len(parameters), -1, -1)

    def evaluate() -> tuple[Tensor, Tensor]:
        gradient(x, problem.y, with_loss=True)
        return gradient.losses.clone(), gradient.gradient.clone()

    return lbfgs.minimise(evaluate, parameters, problem.training.steps, problem.training.tolerance)


def _finish_exact(problem: Problem, parameters: Tensor, taken: Tensor, converged: Tensor) -> Fit:
    """The fit of a second-order method; with a tolerance, a replicate that did not reach it has not converged."""
    fit = finish(problem, parameters, None)
    late = (problem.training.tolerance > 0) & ~converged.cpu().numpy() & (fit.status == "ok")
    steps = taken.cpu().numpy()
    return replace(fit, step=steps, steps=steps, status=np.where(late, "not_converged", fit.status))


def _rate(problem: Problem) -> Tensor | float:
    if isinstance(problem.training.learning_rate, tuple):
        return problem.start.new_tensor(problem.rates).unsqueeze(1)
    return problem.rates[0]


def _samples(problem: Problem, x: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """What every step sees: inputs (reps, d, n) and responses (reps, n, k)."""
    reps = len(problem.start)
    if problem.generators is None:
        return repeat((x.expand(reps, -1, -1), problem.y))
    assert problem.training.batch_size is not None
    return orders.batches(problem.x, problem.y, problem.training.batch_size, problem.generators)


def checks(problem: Problem) -> tuple[int, bool]:
    """Steps between checks, and whether the training step itself gives the loss that is checked."""
    training = problem.training
    free = problem.generators is None and problem.validation is None
    epoch = -(-problem.x.shape[1] // (training.batch_size or problem.x.shape[1]))
    return training.check_every or (1 if free else max(epoch, training.steps // 100)), free


def _score(problem: Problem, parameters: Tensor, x: Tensor) -> Tensor:
    if problem.validation is None:
        return mean_loss(problem.net, problem.loss, parameters, x, problem.y)
    x, y = problem.validation
    return mean_loss(problem.net, problem.loss, parameters, x.transpose(1, 2), y)
