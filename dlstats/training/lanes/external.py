"""Losses that live in Python: the kernel predicts, torch differentiates the loss, the kernel goes back and steps.

Predictions keep the kernel's order in memory (sample, output, lane), so that nothing is turned over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from dlstats.training.contract import Problem
from dlstats.training.lanes.job import Job
from dlstats.training.lanes.layout import Run
from dlstats.training.lanes.losses import EXTERNAL


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread: where it cuts its work among several decides last digits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@one_thread()
def advance(laid: Run) -> None:
    """The steps begin, ..., end − 1 of the job, one at a time."""
    job, first, last = laid.job, laid.job.begin, laid.job.end
    n = job.batch or job.samples
    y = _ordered(laid.problem.y, job.rows, job.across)
    out, back = _memory(laid, n), _memory(laid, n)
    job.point(outputs=out, output_gradient=back)
    for step in range(first, last):
        if job.patience and not laid.record["running"].any():
            break
        job.begin, job.end, job.slot = step, step + 1, 0
        now = y
        if job.batch:
            now = _batch(laid, y, (step - first) * job.batch)
        laid.kernel.lanes_predict(job)
        prediction = _view(out).requires_grad_()
        pointwise = _pointwise(laid.problem, prediction, now)
        each = pointwise.new_tensor(1 / pointwise[0].numel()).expand_as(pointwise)
        (gradient,) = torch.autograd.grad(pointwise, prediction, each)
        _view(back).copy_(gradient)
        checked = job.keep_best and step % job.every == 0
        job.point(scores=_scores(laid, pointwise.detach()) if checked else None)
        laid.kernel.lanes_run(job)
    job.point(outputs=None, output_gradient=None)  # their memory ends here


def close(laid: Run) -> None:
    """The last check."""
    if laid.job.keep_best:
        laid.job.begin = laid.job.end = laid.job.steps
        laid.job.point(scores=_scores(laid, None))
        laid.kernel.lanes_see(laid.job)


def losses(laid: Run, x: Tensor, y: Tensor, slot: int) -> Tensor:
    """The mean loss of every row over all samples, in double precision, of the weights in a slot."""
    job = Job.from_buffer_copy(laid.job)
    x = x.contiguous()
    out = _memory(laid, x.shape[1])
    job.loss, job.batch, job.slot, job.samples, job.x_rows = EXTERNAL, 0, slot, x.shape[1], len(x)
    job.begin = job.end = 0
    job.point(x=x, outputs=out)
    laid.kernel.lanes_predict(job)
    return means(laid.problem, out, y)


@one_thread()
def means(problem: Problem, predictions: Tensor, y: Tensor) -> Tensor:
    """The mean loss of every row, in double precision, from its predictions, (n, d_out, across) as the kernel lays them."""
    rows, across = len(problem.start), predictions.shape[2]
    return _means(_pointwise(problem, _view(predictions), _ordered(y, rows, across)), rows)


def _scores(laid: Run, pointwise: Tensor | None) -> np.ndarray:
    """What a check compares, in the precision of the training: that of the step where it serves."""
    problem = laid.problem
    if pointwise is not None and not laid.job.batch and problem.validation is None:
        values = _means(pointwise, laid.job.rows)
    else:
        values = losses(laid, *(problem.validation or (problem.x, problem.y)), slot=0)
    scores = values.to(problem.start.dtype).double().numpy()
    laid.owners["scores"] = scores
    return scores


def _pointwise(problem: Problem, prediction: Tensor, y: Tensor) -> Tensor:
    pointwise = problem.loss(prediction, y)
    if pointwise.shape not in (prediction.shape, (*prediction.shape[:2], 1)):
        raise ValueError(
            f"`loss` must give {tuple(prediction.shape)} or one number per sample, got {tuple(pointwise.shape)}."
        )
    return pointwise


def _means(pointwise: Tensor, rows: int) -> Tensor:
    """Row by row, so that the order of the sum does not depend on the number of rows."""
    values = pointwise[:rows].double().flatten(1).contiguous().numpy()
    return torch.from_numpy(np.array([row.mean() for row in values]))


def _memory(laid: Run, n: int) -> Tensor:
    """(n, d_out, across): whole registers of rows, so that torch treats every row alike whatever its place."""
    return torch.zeros(n, laid.problem.net.d_out, laid.job.across, dtype=laid.problem.start.dtype)


def _view(memory: Tensor) -> Tensor:
    """(across, n, d_out) in the same memory."""
    return memory.detach().permute(2, 0, 1)


def _owners(rows: int, across: int, replicates: int) -> Tensor:
    return torch.arange(across).clamp(max=rows - 1) // (rows // replicates)


def _ordered(y: Tensor, rows: int, across: int) -> Tensor:
    """The responses of every row, (across, n, k), in the order in memory of the predictions."""
    return y[_owners(rows, across, len(y))].permute(1, 2, 0).contiguous().permute(2, 0, 1)


def _batch(laid: Run, y: Tensor, offset: int) -> Tensor:
    """The responses of one step's samples; the job is pointed at them."""
    job, orders = laid.job, laid.owners["orders"]
    assert isinstance(orders, np.ndarray)
    job.point(orders=orders.reshape(-1)[offset:])
    index = torch.from_numpy(orders[:, offset : offset + job.batch]).long()[_owners(job.rows, job.across, len(orders))]
    rows = y.permute(1, 2, 0).gather(0, index.T.unsqueeze(1).expand(-1, y.shape[2], -1))
    return rows.permute(2, 0, 1)
