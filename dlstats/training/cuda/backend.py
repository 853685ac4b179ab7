"""The CUDA back end: a whole problem on a GPU, one network per block of threads, with the bits of lanes.

Weights, gradient, moments and activations of a network lie in the shared memory of its block, and one launch takes many
steps. A replicate has the same bits alone and in any company. Compiled and emulated so far, not yet run on a GPU.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from dlstats.training import blocks, minibatches
from dlstats.training.contract import Fit, Problem, finished
from dlstats.training.cuda.shape import Shape, net_of, shape_of
from dlstats.training.cuda.task import Task
from dlstats.training.lanes import external, layout, losses

SPAN = 2**23
"""Numbers of minibatch orders that lie on the GPU at once, about: 32 MB, and some times that while they are made."""
WORK = 2**39
"""Multiplications and additions of a launch, about: less than a second (estimated, not measured), so that a GPU that also
draws a screen is not held up."""

Launch = Callable[[str, Task, int], None]
"""(name of a kernel, what it reads, blocks): queue one launch."""


@runtime_checkable
class Gpu(Protocol):
    """A GPU, or what stands in for one."""

    @property
    def device(self) -> torch.device:
        """Where memory of the GPU is."""
        ...

    @property
    def shared_bytes(self) -> int:
        """Shared memory that one block may have."""
        ...

    @property
    def processors(self) -> int:
        """Multiprocessors, each of which runs one block or several."""
        ...

    def compiled(self, shape: Shape, problem: Problem) -> Launch:
        """The kernels for a shape, with the activation, loss and optimiser of a problem."""
        ...


@dataclass(frozen=True)
class Run:
    """The task, the kernels, the record of every row, and what owns the memory that the task points at."""

    problem: Problem
    shape: Shape
    task: Task
    launch: Launch
    device: torch.device
    record: dict[str, Tensor]
    owners: dict[str, Tensor]

    def point(self, **memory: Tensor) -> None:
        """Point the task at tensors on the GPU, and own them."""
        self.owners.update(memory)
        self.task.point(self.device.type, **memory)


def obstacle(problem: Problem, gpu: Gpu) -> str | None:
    """Why the GPU's kernel cannot train this problem, in one line; None where it can."""
    reason = layout.obstacle(problem, "the CUDA kernel does not")
    if reason is not None:
        return reason
    if losses.of(problem.loss, problem.y, problem.net.d_out)[0] == losses.EXTERNAL:
        return "the CUDA kernel does not know the loss"
    if shape_of(problem, gpu.shared_bytes).shared_bytes > gpu.shared_bytes:
        return f"the network does not fit into the {gpu.shared_bytes // 1024} KB of shared memory of a block"
    return None


def refusal(problem: Problem, gpu: Gpu) -> str | None:
    """How compiler or driver refuse the kernel of this problem, in one line; None where it is ready to be launched."""
    try:
        gpu.compiled(shape_of(problem, gpu.shared_bytes), problem)
    except (RuntimeError, ValueError) as error:
        return str(error).splitlines()[0].rstrip(".")
    return None


def pays(problem: Problem, gpu: Gpu) -> bool:
    """Whether there is a network for every multiprocessor: with fewer, some idle for the whole training.

    By arithmetic, one network alone on a multiprocessor runs at a quarter to a half of its speed among others.
    """
    return len(problem.start) >= gpu.processors


def size(problem: Problem, gpu: Gpu) -> int:
    """Rows of `start` that are trained at once: those that fit into half of the GPU's memory."""
    return max(1, blocks.room(gpu.device, problem.start.element_size()) // (layout.numbers(problem) * 2))


def train(problem: Problem, gpu: Gpu, begin: int, end: int) -> Fit:
    """The fit of rows begin, ..., end − 1 of a problem that lies on the CPU."""
    whole = (begin, end) == (0, len(problem.start))
    part = problem if whole else blocks.part(problem, begin, end, torch.device("cpu"))
    return fit_of(trained(part, gpu))


def trained(problem: Problem, gpu: Gpu) -> Run:
    """A problem that is held at once, after its last step."""
    laid = lay_out(problem, gpu)
    for begin, end in _launches(laid):
        laid.task.job.begin, laid.task.job.end = begin, end
        laid.launch("train", laid.task, laid.task.job.rows)
        if laid.task.job.patience and not laid.record["running"].any():
            break
    return laid


def fit_of(laid: Run) -> Fit:
    """The weights kept, with their losses."""
    problem = laid.problem
    record = {name: kept.cpu().numpy() for name, kept in laid.record.items()}
    loss = _losses(laid, problem.x, problem.y)
    checked = None if problem.validation is None else _losses(laid, *problem.validation)
    return finished(problem, _unpacked(laid), record, loss, checked)


def lay_out(problem: Problem, gpu: Gpu) -> Run:
    """Put what the kernel needs on the GPU and point the task at it."""
    shape = shape_of(problem, gpu.shared_bytes)
    job, net, rows, training = layout.job_of(problem), net_of(problem), len(problem.start), problem.training
    task = Task(job=job)
    record = {name: torch.from_numpy(kept).to(gpu.device) for name, kept in layout.record_of(rows).items()}
    laid = Run(problem, shape, task, gpu.compiled(shape, problem), gpu.device, record, {})
    state = torch.zeros(rows, 3 + job.keep_best, shape.parameters, dtype=problem.start.dtype)
    state[:, 0, torch.from_numpy(shape.places(net))] = problem.start.cpu()
    x, y = layout.inputs_of(problem, job.loss, problem.x, problem.y)
    checked_x, checked_y = layout.inputs_of(problem, job.loss, *(problem.validation or (None, None)))
    memory = {
        "state": state,
        "x": x,
        "y": y,
        "checked_x": checked_x,
        "checked_y": checked_y,
        "rates": torch.from_numpy(np.resize(np.array(problem.rates, dtype=np.float64), rows)),
        "factors": torch.tensor(
            [training.schedule(s, training.steps) for s in range(training.steps)], dtype=torch.float64
        ),
        "biases": _biases(training.betas, training.steps).to(problem.start.dtype),
    }
    laid.point(**{name: owner.to(gpu.device) for name, owner in memory.items() if owner is not None}, **record)
    return laid


def _launches(laid: Run) -> Iterator[tuple[int, int]]:
    """The steps of every launch, once the minibatches that it reads are on the GPU or queued to be made there."""
    problem, job, steps = laid.problem, laid.task.job, laid.task.job.steps
    seen = 3 * (job.batch or job.samples)  # forwards, and twice backwards
    if job.keep_best:
        seen += -(-(job.checked_samples or job.samples) // job.every)
    most = max(1, WORK // (job.rows * problem.net.size * seen))
    if problem.generators is not None:
        most = min(most, max(1, SPAN // (len(problem.generators) * job.batch)))
    several = -(-steps // -(-steps // most))  # about equal
    orders = _orders(laid, several)
    for begin in range(0, steps, several):
        end = min(begin + several, steps)
        if orders is not None:
            job.span = (end - begin) * job.batch
            laid.point(orders=orders(job.span))
        yield begin, end


def _orders(laid: Run, several: int) -> Callable[[int], Tensor] | None:
    """What gives the next so many samples of every generator, whose permutations are laid end to end."""
    problem, job = laid.problem, laid.task.job
    if problem.generators is None:
        return None
    job.generators, n = len(problem.generators), job.samples
    generators = copy.deepcopy(list(problem.generators))
    draw = minibatches.source(n, max(1, several * job.batch // n), generators, laid.device)
    left = torch.empty(job.generators, 0, dtype=torch.int32, device=laid.device)

    def following(count: int) -> Tensor:
        nonlocal left
        while left.shape[1] < count:
            left = torch.cat([left, draw().to(torch.int32)], dim=1)
        index, left = left[:, :count].contiguous(), left[:, count:]
        return index

    return following


def _losses(laid: Run, x: Tensor, y: Tensor) -> np.ndarray:
    """The mean loss of the weights kept of every row, as lanes have it: predictions of the kernel, the loss of torch."""
    job, rows, n = laid.task.job, len(laid.problem.start), x.shape[1]
    job.samples, job.x_rows, job.slot = n, len(x), job.keep_best
    predictions = torch.empty(rows, n, laid.problem.net.d_out, dtype=x.dtype, device=laid.device)
    laid.point(x=x.contiguous().to(laid.device), predictions=predictions)
    laid.launch("predict", laid.task, rows)
    memory = torch.zeros(n, laid.problem.net.d_out, job.across, dtype=x.dtype)
    memory[..., :rows] = predictions.cpu().permute(1, 2, 0)
    return external.means(laid.problem, memory, y.cpu()).numpy()


def _unpacked(laid: Run) -> Tensor:
    kept = laid.owners["state"][:, laid.task.job.keep_best].cpu()
    return kept[:, torch.from_numpy(laid.shape.places(net_of(laid.problem)))]


def _biases(betas: tuple[float, float], steps: int) -> Tensor:
    """1 − β₁^t and √(1 − β₂^t) for t = 1, ..., steps, (steps, 2), in double precision, as lanes have them."""
    first, second = (1 - _powers(beta, steps) for beta in betas)
    return torch.from_numpy(np.stack([first, np.sqrt(second)], axis=1))


def _powers(base: float, steps: int) -> np.ndarray:
    """base^t for t = 1, ..., steps, by the products that lanes take."""
    exponents, product = np.arange(1, steps + 1), np.ones(steps)
    while exponents.any():
        product = np.where(exponents & 1, product * base, product)
        base *= base
        exponents >>= 1
    return product
