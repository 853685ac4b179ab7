"""The torch back end: a block of replicates with a leading axis, by first-order steps."""

from __future__ import annotations

from itertools import repeat

import torch
from torch import Tensor

from dlstats.core import nets
from dlstats.core.engine import orders
from dlstats.core.engine.contract import Fit, Problem
from dlstats.core.engine.optimisers import OPTIMISERS
from dlstats.core.engine.record import Record, finish
from dlstats.core.engine.schedules import SCHEDULES


def run(problem: Problem) -> Fit:
    """Train a block that lies on its device."""
    training, parameters = problem.training, problem.start.clone()
    rule = OPTIMISERS[training.optimiser]
    state = [torch.zeros_like(parameters) for _ in range(rule.states)]
    rates = torch.tensor(problem.rates, dtype=parameters.dtype, device=parameters.device).unsqueeze(1)
    record = Record(parameters, training.patience) if training.keep == "best" else None
    every, free = _checks(problem)
    for step, (x, y) in zip(range(training.steps), _samples(problem), strict=False):
        losses, gradient = value_and_gradient(problem, parameters, x, y)
        if record is not None and step % every == 0:
            record.see(step, losses if free else _score(problem, parameters), parameters)
            if training.patience is not None and not record.running.any():
                break
        factor = SCHEDULES[training.schedule](step, training.steps)
        rule.update(parameters, gradient, state, rates * factor, step + 1, training)
    if record is not None:
        record.see(training.steps, _score(problem, parameters), parameters)
    return _fit(problem, parameters, record)


def value_and_gradient(problem: Problem, parameters: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The mean loss of every replicate (reps,), and its gradient (reps, p)."""
    leaf = parameters.detach().requires_grad_()
    losses = mean_loss(problem, leaf, x, y)
    (gradient,) = torch.autograd.grad(losses.sum(), leaf)
    return losses.detach(), gradient


def mean_loss(problem: Problem, parameters: Tensor, x: Tensor, y: Tensor, dtype: torch.dtype | None = None) -> Tensor:
    """The mean of the loss over samples and outputs of every replicate, (reps,)."""
    prediction = nets.apply(problem.net, parameters, x)
    pointwise = problem.loss(prediction, y.expand(len(prediction), -1, -1))
    if pointwise.shape not in (prediction.shape, (*prediction.shape[:2], 1)):
        raise ValueError(
            f"`loss` must give {tuple(prediction.shape)} or one number a sample, got {tuple(pointwise.shape)}."
        )
    return pointwise.mean(dim=(1, 2), dtype=dtype)


def _samples(problem: Problem):
    if problem.generators is None:
        return repeat((problem.x, problem.y))
    return orders.batches(problem.x, problem.y, problem.training.batch_size, problem.generators)


def _checks(problem: Problem) -> tuple[int, bool]:
    """Steps between checks, and whether the training step itself gives the loss that is checked."""
    training = problem.training
    free = problem.generators is None and problem.validation is None
    epoch = -(-problem.x.shape[1] // (training.batch_size or problem.x.shape[1]))
    return training.check_every or (1 if free else max(epoch, training.steps // 100)), free


def _score(problem: Problem, parameters: Tensor) -> Tensor:
    with torch.no_grad():
        return mean_loss(problem, parameters, *(problem.validation or (problem.x, problem.y)))


def _fit(problem: Problem, parameters: Tensor, record: Record | None) -> Fit:
    finite = parameters.isfinite().all(dim=1)
    steps = torch.full((len(parameters),), problem.training.steps, device=parameters.device)
    step, kept = steps, parameters
    if record is not None:
        finite, step, steps, kept = record.finite, record.step, record.steps, record.parameters
    with torch.no_grad():
        loss = mean_loss(problem, kept, problem.x, problem.y, torch.float64)
        validation = problem.validation and mean_loss(problem, kept, *problem.validation, torch.float64)
    return finish(kept, loss, validation, step, steps, finite)
