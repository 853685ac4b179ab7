"""The torch back end: a block of replicates with a leading axis, by first-order steps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

import torch
from torch import Tensor

from dlstats.core.engine import orders
from dlstats.core.engine.backpropagation import Backpropagation, mean_loss
from dlstats.core.engine.contract import Fit, Problem
from dlstats.core.engine.optimisers import OPTIMISERS
from dlstats.core.engine.record import Record, finish
from dlstats.core.engine.schedules import SCHEDULES


@torch.no_grad()
def run(problem: Problem) -> Fit:
    """Train a block that lies on its device."""
    training, parameters = problem.training, problem.start.clone()
    x = problem.x.transpose(1, 2).contiguous()
    samples = _samples(problem, x)
    gradient = Backpropagation(problem.net, problem.loss, parameters, training.batch_size or x.shape[2])
    rule = OPTIMISERS[training.optimiser]
    state = [torch.zeros_like(parameters) for _ in range(rule.states)]
    rate = _rate(problem)
    record = Record(parameters, training.patience) if training.keep == "best" else None
    every, free = checks(problem)
    for step in range(training.steps):
        checking = record is not None and step % every == 0
        gradient(*next(samples), with_loss=checking and free)
        if checking:
            record.see(step, gradient.losses if free else _score(problem, parameters, x), parameters)
            if training.patience is not None and not record.running.any():
                break
        factor = SCHEDULES[training.schedule](step, training.steps)
        rule.update(
            parameters, gradient.gradient, state, rate * factor, rule.coefficients(step + 1, training), training
        )
    if record is not None:
        record.see(training.steps, _score(problem, parameters, x), parameters)
    return finish(problem, parameters, record)


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
