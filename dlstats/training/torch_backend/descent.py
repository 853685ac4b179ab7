"""The step of a first-order optimiser on a block, and the loop over steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import repeat

import torch
from torch import Tensor

from dlstats.training import minibatches
from dlstats.training.contract import Problem
from dlstats.training.optimisers import OPTIMISERS, Number
from dlstats.training.torch_backend import cuda_graph, rows
from dlstats.training.torch_backend.backpropagation import Backpropagation, mean_loss
from dlstats.training.torch_backend.differentiation import Differentiation
from dlstats.training.torch_backend.projection import Projected
from dlstats.training.torch_backend.record import Record


class Descent:
    """Parameters, gradient, optimiser state and record of a block: all that a step changes, in place."""

    def __init__(
        self, problem: Problem, gradient: Backpropagation | Differentiation | Projected, parameters: Tensor, x: Tensor
    ) -> None:
        """At the start; x is (reps or 1, d, n)."""
        training = problem.training
        self.problem, self.gradient, self.parameters = problem, gradient, parameters
        self.x = x.expand(len(parameters), -1, -1)
        self.rule = OPTIMISERS[training.optimiser]
        self.memory = rows.whole(parameters)
        self.state = [torch.zeros_like(self.memory) for _ in range(self.rule.states)]
        self.record = Record(parameters, training.patience) if training.keep == "best" else None
        self.every, free = checks(problem)
        self.sees = self.record is not None and free and self.every == 1
        """Whether every step records the loss that it computes."""
        self.rate: Number = problem.rates[0]
        if isinstance(training.learning_rate, tuple):
            self.rate = parameters.new_tensor(problem.rates).unsqueeze(1)
        self._captured: cuda_graph.Captured | None = None

    def takes(self, problem: Problem) -> bool:
        """Whether another block of the same training can be put in the place of this one, to replay its captured step."""
        own = self.problem
        pairs = ((own.start, problem.start), (own.x, problem.x), (own.y, problem.y))
        return self._captured is not None and all(a.shape == b.shape for a, b in pairs)

    def take(self, problem: Problem) -> None:
        """Put another block in the place of this one: the same memory, which the captured step reads and writes."""
        self.parameters.copy_(problem.start)
        self.x[: len(problem.x)].copy_(problem.x.transpose(1, 2))
        self.problem.y.copy_(problem.y)
        self.problem = replace(problem, y=self.problem.y)
        for tensor in self.state:
            tensor.zero_()
        if isinstance(self.rate, Tensor):
            self.rate.copy_(self.rate.new_tensor(problem.rates).unsqueeze(1))
        if self.record is not None:
            self.record.forget(problem.start)

    def step(self, x: Tensor, y: Tensor, index: int | Tensor, factor: Number, coefficients: tuple[Number, ...]) -> None:
        """Gradient, record and update; the numbers of step `index` are numbers, or scalars on the device."""
        self.gradient(x, y, with_loss=self.sees)
        if self.sees and self.record is not None:
            self.record.see(index, self.gradient.losses, self.parameters)
        training = self.problem.training
        gradient = rows.whole(self.gradient.gradient)
        self.rule.update(self.memory, gradient, self.state, self.rate * factor, coefficients, training)

    def numbers(self, index: int) -> tuple[float, ...]:
        """Schedule factor and optimiser coefficients of a step."""
        training = self.problem.training
        factor = training.schedule(index, training.steps)
        return factor, *self.rule.coefficients(index + 1, training)

    def check(self, index: int) -> None:
        """Record the loss on the validation data, or else on all samples."""
        if isinstance(self.gradient, Projected):
            self.gradient.project(self.x)
        if self.record is not None:
            self.record.see(index, self._score(), self.parameters)

    def run(self) -> None:
        """All steps, or until every replicate has stopped."""
        training = self.problem.training
        if self._captured is None and self._capturable():
            self._captured = cuda_graph.Captured(self)
        samples, step = self._samples(), self._captured or self._step
        asks = self.every * (64 if self.parameters.is_cuda else 1)
        for index in range(training.steps):
            if self.record is not None and index % self.every == 0 and not self.sees:
                self.check(index)
            if training.patience is not None and index % asks == 0 and self._all_stopped():
                return
            step(index, *next(samples))
        self.check(training.steps)

    def _capturable(self) -> bool:
        """Whether the steps lie in a CUDA graph; what a module does in its own is not known."""
        return self.parameters.is_cuda and not isinstance(self.gradient, Differentiation)

    def _all_stopped(self) -> bool:
        """Asks the device, which a GPU should not be asked in every step."""
        return self.record is not None and not bool(self.record.running.any())

    def _step(self, index: int, x: Tensor, y: Tensor) -> None:
        factor, *coefficients = self.numbers(index)
        self.step(x, y, index, factor, tuple(coefficients))

    def _samples(self) -> Iterator[tuple[Tensor, Tensor]]:
        """What every step sees: inputs (reps, d, n) and responses (reps or 1, n, k)."""
        problem = self.problem
        if problem.generators is None or problem.training.batch_size is None:
            return repeat((self.x, problem.y))
        return minibatches.batches(problem.x, problem.y, problem.training.batch_size, problem.generators)

    def _score(self) -> Tensor:
        problem, x, y = self.problem, self.x, self.problem.y
        if problem.validation is not None:
            x, y = problem.validation
            x = x.transpose(1, 2)
        return mean_loss(problem.net, problem.loss, self.parameters, x, y)


def checks(problem: Problem) -> tuple[int, bool]:
    """Steps between checks, and whether the training step itself gives the loss that is checked."""
    training = problem.training
    free = problem.generators is None and problem.validation is None
    epoch = -(-problem.x.shape[1] // (training.batch_size or problem.x.shape[1]))
    return training.check_every or (1 if free else max(epoch, training.steps // 100)), free
