"""A problem laid out for the kernel: memory, groups of rows, block sizes, and which of the two kernels serves."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dlstats.nets import Mlp, Wrapped
from dlstats.training import optimisers as engine
from dlstats.training.contract import Problem
from dlstats.training.lanes import build, losses
from dlstats.training.lanes.job import Job
from dlstats.training.torch_backend.descent import checks

ACTIVATIONS = ("relu", "leaky_relu", "prelu", "elu", "selu", "softplus", "gelu", "silu", "sigmoid", "tanh")
OPTIMISERS = ("adam", "adamw", "sgd", "adagrad", "rmsprop")
LANES = 16
"""The most lanes of any register; parts of a problem hold a multiple."""
ALIGNED = 32
"""Rows that torch sees together in a loss of its own: two of its largest registers."""
WIDE_FROM = 88
"""Mean units of the hidden layers from which one network fills the registers better than sixteen fill the cache."""


@dataclass(frozen=True)
class Run:
    """The job, the library, the record of every row, and what owns the memory that the job points at."""

    problem: Problem
    job: Job
    kernel: ctypes.CDLL
    record: dict[str, np.ndarray]
    owners: dict[str, Tensor | np.ndarray | None]

    @property
    def lanes(self) -> int:
        """Rows of a group."""
        return 1 if self.job.wide else self.kernel.lanes_width()

    def take(self, begin: int, orders: np.ndarray | None, numbers: int) -> None:
        """Set the next steps: those that `orders` holds, or all."""
        job = self.job
        job.begin, job.end = begin, job.steps if orders is None else begin + numbers // job.batch
        if orders is not None:
            if orders.view(np.uint32).max() >= job.samples:  # a negative one counts as a large one
                raise ValueError(
                    f"`orders` must lie in 0, ..., {job.samples - 1}, got {orders.min()}, ..., {orders.max()}."
                )
            self.owners["orders"] = orders
            job.generators, job.span = orders.shape
            job.point(orders=orders)

    def unpacked(self) -> Tensor:
        """The weights kept of every row."""
        rows = torch.empty_like(self.problem.start, memory_format=torch.contiguous_format)
        job = Job.from_buffer_copy(self.job)
        job.slot = job.keep_best
        job.point(parameters=rows)
        self.kernel.lanes_unpack(job)
        return rows


def obstacle(problem: Problem, unable: str) -> str | None:
    """What both kernels leave to torch, in one line that begins with `unable`, such as "lanes do not"; None where nothing."""
    if isinstance(problem.net, Wrapped):
        return f"{unable} know modules of torch"
    if problem.net.activation not in ACTIVATIONS:
        return f"{unable} know the activation {problem.net.activation!r}"
    if problem.training.optimiser not in OPTIMISERS:
        return f"{unable} know the optimiser {problem.training.optimiser!r}"
    return f"{unable} fit the last layer exactly" if problem.training.projection else None


def wide(net: Mlp) -> bool:
    """Whether one network at a time, its units side by side, is the better kernel."""
    return bool(net.widths) and sum(net.widths) / len(net.widths) >= WIDE_FROM


def block(wide: bool) -> int:
    """Samples that pass through all layers at once, so that they stay in the second cache; a multiple of 6."""
    return 96 if wide else 36


def numbers(problem: Problem) -> int:
    """Numbers that one row of `start` takes, about."""
    n = max(problem.x.shape[1], problem.validation[0].shape[1] if problem.validation else 0)
    return problem.net.size * 4 + n * (problem.x.shape[2] + 3 * problem.net.d_out)


def lay_out(problem: Problem) -> Run:
    """Allocate what the kernel needs and point the job at it."""
    training, net = problem.training, problem.net
    kernel = build.library(training.dtype)
    job = job_of(problem)
    x, y = inputs_of(problem, job.loss, problem.x, problem.y)
    checked_x, checked_y = inputs_of(problem, job.loss, *(problem.validation or (None, None)))
    owners: dict[str, Tensor | np.ndarray | None] = {
        "sizes": np.array(net.sizes, dtype=np.int64),
        "parameters": problem.start.contiguous(),
        "x": x,
        "y": y,
        "checked_x": checked_x,
        "checked_y": checked_y,
        "rates": np.resize(np.array(problem.rates, dtype=np.float64), len(problem.start)),
        "factors": np.array([training.schedule(s, training.steps) for s in range(training.steps)]),
    }
    record = record_of(len(problem.start))
    lanes = 1 if job.wide else kernel.lanes_width()
    job.point(**owners)
    groups, slots = -(-job.rows // lanes), 1 + job.keep_best + engine.OPTIMISERS[training.optimiser].states
    vectors = ctypes.c_int64()
    kernel.lanes_vectors(job, vectors)
    owners["state"] = torch.zeros(groups * slots * vectors.value * kernel.lanes_width(), dtype=problem.start.dtype)
    job.point(state=owners["state"], **record)
    return Run(problem, job, kernel, record, owners)


def inputs_of(problem: Problem, loss: int, x: Tensor | None, y: Tensor | None) -> tuple[Tensor | None, Tensor | None]:
    """Inputs and responses as the kernel reads them; no responses where the loss lives in Python.

    Such a loss reads its responses itself, and they may have fewer columns than the network has outputs.
    """
    if x is None or y is None:
        return None, None
    return x.contiguous(), None if loss == losses.EXTERNAL else y.contiguous().to(problem.start.dtype)


def job_of(problem: Problem) -> Job:
    """The numbers of the job; its memory is pointed at apart."""
    training, net = problem.training, problem.net
    assert isinstance(net, Mlp), "lanes refuse what is none"
    loss, parameter = losses.of(problem.loss, problem.y, net.d_out)
    validation = problem.validation or (None, None)
    job = Job(number_bytes=problem.start.element_size())
    job.layers, job.activation, job.skip = len(net.sizes) - 1, ACTIVATIONS.index(net.activation), net.skip
    job.wide = wide(net)
    job.rows, job.samples, job.x_rows, job.y_rows = (
        len(problem.start),
        problem.x.shape[1],
        len(problem.x),
        len(problem.y),
    )
    if validation[0] is not None and validation[1] is not None:
        job.checked_samples, job.checked_x_rows, job.checked_y_rows = (
            validation[0].shape[1],
            len(validation[0]),
            len(validation[1]),
        )
    job.steps, job.batch = training.steps, training.batch_size if problem.generators is not None else 0
    job.every, job.patience = checks(problem)[0], training.patience or 0
    job.optimiser, job.keep_best = OPTIMISERS.index(training.optimiser), training.keep == "best"
    job.loss, job.loss_parameter = loss, parameter
    job.block = block(bool(job.wide))
    job.across = -(-job.rows // ALIGNED) * ALIGNED
    job.threads = torch.get_num_threads()
    job.beta1, job.beta2 = training.betas
    job.eps, job.weight_decay, job.momentum = training.eps, training.weight_decay, training.momentum
    return job


def record_of(rows: int) -> dict[str, np.ndarray]:
    """Of every row, before its first check."""
    return {
        "score": np.full(rows, np.inf),
        "best_step": np.zeros(rows, dtype=np.int64),
        "idle": np.zeros(rows, dtype=np.int64),
        "last_step": np.zeros(rows, dtype=np.int64),
        "running": np.ones(rows, dtype=np.uint8),
        "finite": np.ones(rows, dtype=np.uint8),
    }
