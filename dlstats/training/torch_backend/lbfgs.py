"""L-BFGS for any loss, every replicate with a memory and a line search of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import torch
from torch import Tensor

MEMORY = 10
ARMIJO, CURVATURE = 1e-4, 0.9
TRIALS = 25
"""Trials on one line; after them the memory is dropped, and if that was empty the replicate stops."""

ASKS = 8
"""Trials between two questions to a GPU whether any replicate still runs. Trials after the last one that did change nothing."""

Evaluate = Callable[[], tuple[Tensor, Tensor]]
"""Loss (reps,) and gradient (reps, p) at the parameters' present values."""


@dataclass
class Memory:
    """The last steps s and changes of gradient y of every replicate, oldest first; 1 / s'y is 0 where there is none."""

    steps: Tensor
    changes: Tensor
    inverse: Tensor

    @classmethod
    def empty(cls, parameters: Tensor) -> Memory:
        """Nothing seen yet."""
        nothing = parameters.new_zeros(MEMORY, *parameters.shape)
        return cls(nothing, nothing.clone(), parameters.new_zeros(MEMORY, len(parameters), 1))

    def push(self, rows: Tensor, step: Tensor, change: Tensor) -> None:
        """Remember a pair in the chosen rows, where its curvature s'y is positive."""
        curvature = _dot(step, change)
        chosen = rows & (curvature > 0)
        for store, new in ((self.steps, step), (self.changes, change), (self.inverse, 1 / curvature)):
            store.copy_(torch.where(chosen, torch.cat([store[1:], new.unsqueeze(0)]), store))

    def drop(self, rows: Tensor) -> None:
        """Forget everything in the chosen rows."""
        self.inverse.masked_fill_(rows, 0.0)

    def direction(self, gradient: Tensor) -> Tensor:
        """−H gradient by the two-loop recursion [Nocedal and Wright 2006, algorithm 7.4]."""
        q, weights = gradient.clone(), []
        for s, y, inverse in zip(reversed(self.steps), reversed(self.changes), reversed(self.inverse), strict=True):
            weights.append(inverse * _dot(s, q))
            q = torch.where(inverse > 0, q - weights[-1] * y, q)
        last = self.inverse[-1]
        q = torch.where(last > 0, q / (last * _dot(self.changes[-1], self.changes[-1])), q)
        for s, y, inverse, weight in zip(self.steps, self.changes, self.inverse, reversed(weights), strict=True):
            q = torch.where(inverse > 0, q + (weight - inverse * _dot(y, q)) * s, q)
        return -q


@dataclass
class Line:
    """Step lengths tried along each replicate's direction: bisection for the weak Wolfe conditions.

    It also serves losses with kinks [Lewis and Overton 2013, algorithm 2.6].
    """

    length: Tensor
    low: Tensor
    high: Tensor
    trials: Tensor

    @classmethod
    def begin(cls, length: Tensor) -> Line:
        """Before the first trial."""
        return cls(length, torch.zeros_like(length), torch.full_like(length, torch.inf), torch.zeros_like(length))

    def bisect(self, lower: Tensor) -> None:
        """The next length: longer where the last lowered the loss enough (its slope was too steep), else shorter."""
        self.low, self.high = torch.where(lower, self.length, self.low), torch.where(lower, self.high, self.length)
        self.length = torch.where(self.high.isfinite(), (self.low + self.high) / 2, 2 * self.length)
        self.trials = self.trials + 1

    def restart(self, rows: Tensor, length: Tensor) -> None:
        """New directions in the chosen rows."""
        self.length = torch.where(rows, length, self.length)
        self.low, self.trials = self.low.masked_fill(rows, 0.0), self.trials.masked_fill(rows, 0.0)
        self.high = self.high.masked_fill(rows, torch.inf)


def minimise(evaluate: Evaluate, parameters: Tensor, steps: int, tolerance: float) -> tuple[Tensor, Tensor]:
    """Change `parameters` by at most `steps` trials; returns the trials of each replicate and whether it converged.

    A replicate has converged when no entry of its gradient exceeds `tolerance`; it stops then, or when no step along
    the steepest descent lowers its loss. Every trial evaluates all replicates, each at a point of its own search. A
    GPU is asked every eighth trial whether any still runs, and is otherwise not waited for; at most seven trials are wasted.
    """
    loss, gradient = evaluate()
    memory, point, direction = Memory.empty(parameters), parameters.clone(), -gradient
    line = Line.begin(_first(gradient))
    taken = torch.zeros(len(parameters), dtype=torch.int64, device=parameters.device)
    running = loss.isfinite()
    trials = count()
    while True:
        converged = (gradient.abs() <= tolerance).all(dim=1)
        running = running & ~converged & (taken < steps)
        if asked(next(trials), running) and not running.any():
            parameters.copy_(point)
            return taken, converged
        taken += running
        parameters.copy_(torch.where(running.unsqueeze(1), point + line.length * direction, point))
        loss_there, gradient_there = evaluate()
        slope = _dot(gradient, direction)
        lower = (loss_there - loss).unsqueeze(1) <= ARMIJO * line.length * slope
        line.bisect(lower)
        out = line.trials >= TRIALS
        accepted = running.unsqueeze(1) & lower & (out | (_dot(gradient_there, direction) >= CURVATURE * slope))
        memory.push(accepted, parameters - point, gradient_there - gradient)
        point, gradient = torch.where(accepted, parameters, point), torch.where(accepted, gradient_there, gradient)
        loss = torch.where(accepted.squeeze(1), loss_there, loss)
        lost = out & ~accepted
        running = running & ~(lost & (memory.inverse[-1] == 0)).squeeze(1)
        memory.drop(lost)
        direction = torch.where(accepted | lost, memory.direction(gradient), direction)
        line.restart(accepted | lost, torch.where(memory.inverse[-1] > 0, 1.0, _first(gradient)))


def asked(trial: int, running: Tensor) -> bool:
    """Whether it is looked at before this trial if any replicate still runs: the answer of a GPU must be waited for."""
    return not running.is_cuda or trial % ASKS == 0


def _first(gradient: Tensor) -> Tensor:
    """A careful first length along the steepest descent."""
    return 1 / gradient.abs().sum(dim=1, keepdim=True).clamp(min=1.0)


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum(dim=1, keepdim=True)
