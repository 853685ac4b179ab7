"""What is kept of every replicate while all of them train: best weights, when, whether it stopped or diverged."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from dlstats.training.contract import Fit, Problem, unknown
from dlstats.training.torch_backend.backpropagation import mean_loss


class Record:
    """The best weights so far of every replicate, without a word between replicates and without leaving the device."""

    def __init__(self, start: Tensor, patience: int | None) -> None:
        """Nothing seen yet."""
        self.parameters, self.score = torch.empty_like(start), torch.empty_like(start[:, 0])
        self.step, self.idle, self.steps = (torch.empty_like(self.score, dtype=torch.int64) for _ in range(3))
        self.running, self.finite = (torch.empty_like(self.score, dtype=torch.bool) for _ in range(2))
        self.patience = patience
        self.forget(start)

    def forget(self, start: Tensor) -> None:
        """Nothing seen yet, of a block that starts there."""
        self.parameters.copy_(start)
        self.score.fill_(math.inf)
        for counter in (self.step, self.idle, self.steps):
            counter.zero_()
        for flag in (self.running, self.finite):
            flag.fill_(True)

    def see(self, step: int | Tensor, score: Tensor, parameters: Tensor) -> None:
        """Keep `parameters` where `score` is the smallest so far; stop where it is not finite or patience is out."""
        better = (score < self.score) & self.running
        torch.where(better, score, self.score, out=self.score)
        self.step.masked_fill_(better, step)
        self.steps.masked_fill_(self.running, step)
        torch.where(better.unsqueeze(1), parameters, self.parameters, out=self.parameters)
        self.finite &= score.isfinite() | ~self.running
        self.running &= self.finite
        if self.patience is not None:
            self.idle.add_(1).masked_fill_(better, 0)
            self.running &= self.idle < self.patience

    def tensors(self) -> list[Tensor]:
        """Everything that `see` changes."""
        return [self.parameters, self.score, self.step, self.steps, self.idle, self.running, self.finite]


def finish(problem: Problem, parameters: Tensor, record: Record | None) -> Fit:
    """The fit of a block: the losses of the weights kept, in float64 sums, and everything copied to the CPU once."""
    taken = torch.full((len(parameters),), problem.training.steps, device=parameters.device)
    finite, step, steps, weights = parameters.isfinite().all(dim=1), taken, taken, parameters
    if record is not None:
        finite, step, steps, weights = record.finite, record.step, record.steps, record.parameters
    loss = final_loss(problem, weights, problem.x, problem.y)
    validation = torch.full_like(loss, math.nan)
    if problem.validation is not None:
        validation = final_loss(problem, weights, *problem.validation)
    good = (finite & loss.isfinite()).tolist()
    return Fit(
        parameters=_apart(weights),
        loss=loss.cpu().numpy(),
        validation_loss=validation.cpu().numpy(),
        step=_apart(step).numpy(),
        steps=_apart(steps).numpy(),
        status=np.array(["ok" if fine else "diverged" for fine in good]),
        **unknown(len(good)),
    )


def _apart(tensor: Tensor) -> Tensor:
    """A copy on the CPU: the next block may be put in the memory of this one."""
    return tensor.to("cpu", copy=True)


def final_loss(problem: Problem, parameters: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The mean loss of every replicate with its sum in float64."""
    return mean_loss(problem.net, problem.loss, parameters, x.transpose(1, 2), y, torch.float64)
