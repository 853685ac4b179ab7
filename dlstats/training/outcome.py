"""What became of a fit that ran to its end: whether anything was trained, how long, and which units died."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from dlstats.nets import ACTIVATIONS, Mlp, Wrapped, views
from dlstats.nets.mlp import affine
from dlstats.training import blocks
from dlstats.training.contract import Fit, Problem
from dlstats.training.torch_backend.backpropagation import mean_loss
from dlstats.training.torch_backend.differentiation import gradient as of

STATUSES = ("diverged", "untrained", "not_converged", "dead", "ok")
"""What a fit may be called, the gravest first."""


def gravest(parts: Sequence[Iterable[str]]) -> np.ndarray:
    """For networks that a replicate has together, the gravest status of any of them."""
    return np.array([min(several, key=STATUSES.index) for several in zip(*parts, strict=True)])


@torch.no_grad()
def with_status(problem: Problem, fit: Fit, device: torch.device) -> Fit:
    """The fit with its epochs and dead units, and status `untrained` or `dead` in place of `ok` where that became of it.

    `untrained`: the gradient at the start is 0 in every entry, or the training loss of the weights kept is that of the
    start. It may be that of the start where validation chose the start, or where that was optimal to the tolerance.
    `dead`: in a hidden layer no unit has a slope at any sample, so that no gradient passes it.
    """
    batch, n = problem.training.batch_size, problem.x.shape[1]
    problem = replace(problem, generators=None)
    chosen = problem.validation is not None or problem.training.tolerance > 0
    status, dead_share = fit.status.astype(object), np.empty(len(fit.status))
    step = blocks.size(problem, device)
    for begin in range(0, len(status), step):
        rows = slice(begin, min(begin + step, len(status)))
        part = blocks.part(problem, rows.start, rows.stop, device)
        weights = fit.parameters[rows].to(device)
        still, same = (state.cpu().numpy() for state in _at_start(part, weights))
        untrained = still | (same & ~(chosen & (fit.step[rows] == 0)))
        dead, dead_share[rows] = _dead(part.net, weights, part.x.transpose(1, 2))
        state = np.where(untrained, "untrained", np.where(dead, "dead", "ok"))
        status[rows] = np.where(status[rows] == "ok", state, status[rows])
    epochs = fit.steps if batch is None else fit.steps * batch / n
    return replace(fit, status=status.astype(str), epochs=epochs.astype(float), dead_share=dead_share)


def _at_start(part: Problem, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Whether the gradient at the start is 0, and whether the loss of the weights kept is that of the start."""
    x = part.x.transpose(1, 2)
    gradient = of(part.net, part.loss, part.start, part.x.shape[1])
    gradient(x.expand(len(part.start), -1, -1), part.y)
    before, after = (mean_loss(part.net, part.loss, rows, x, part.y, torch.float64) for rows in (part.start, weights))
    return (gradient.gradient == 0).all(dim=1), before == after


def _dead(net: Mlp | Wrapped, weights: Tensor, x: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Whether a layer has no unit with a slope, and the share of units without, which is not known of a module."""
    if isinstance(net, Wrapped):
        return np.zeros(len(weights), bool), np.full(len(weights), np.nan)
    dead, count = np.zeros(len(weights), bool), np.zeros(len(weights))
    for units in (layer.cpu().numpy() for layer in _flat(net, weights, x)):
        dead, count = dead | units.all(axis=1), count + units.sum(axis=1)
    return dead, count / max(1, sum(net.widths))


def _flat(net: Mlp, parameters: Tensor, x: Tensor) -> Iterator[Tensor]:
    """Layer by layer the units (reps, width) whose activation is flat at all samples x (reps or 1, d, n)."""
    tensors, activation = views(net, parameters), ACTIVATIONS[net.activation]
    h = x.expand(len(parameters), -1, -1)
    for layer in range(len(net.widths)):
        z = affine(tensors, layer, h)
        slope = tensors.get(f"slope.{layer}")
        trained = () if slope is None else (slope.unsqueeze(2),)
        h, steepness = torch.empty_like(z), torch.empty_like(z)
        activation.forward(z, h, *trained)
        activation.backward(torch.ones_like(z), z if activation.keeps_input else h, steepness, *trained)
        yield (steepness == 0).all(dim=2)
