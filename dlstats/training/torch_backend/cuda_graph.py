"""Steps on a CUDA device without host synchronisation: captured once in a graph, replayed for every step.

What changes by step (its index, the schedule's factor, the optimiser's coefficients) lies in a table on the device,
read at a counter on the device, so that the same kernels serve all steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from dlstats.training.contract import Problem
from dlstats.training.torch_backend.record import Record

WARMING = 2
"""Steps that are taken, and undone, before a graph is captured."""


@runtime_checkable
class Descent(Protocol):
    """What a graph needs of a descent."""

    problem: Problem
    x: Tensor
    parameters: Tensor
    state: list[Tensor]
    record: Record | None

    def numbers(self, index: int) -> Sequence[float]:
        """What changes by step: the schedule's factor, then the optimiser's coefficients."""
        ...

    def step(self, x: Tensor, y: Tensor, index: Tensor, factor: Tensor, coefficients: tuple[Tensor, ...]) -> None:
        """One step."""
        ...


class DeviceSteps:
    """The steps of a descent, each reading its numbers on the device; minibatches are copied to a fixed place."""

    def __init__(self, descent: Descent, x: Tensor, y: Tensor) -> None:
        """With the shapes and full batch of x and y."""
        steps = descent.problem.training.steps
        numbers = [descent.numbers(min(index, steps - 1)) for index in range(max(steps, WARMING + 1))]
        self.descent, self.x, self.y = descent, x, y
        self.table = torch.tensor(numbers, dtype=torch.float64).to(x)
        self.index = torch.zeros(1, dtype=torch.int64, device=x.device)

    def advance(self) -> None:
        """One step on what lies at the fixed place."""
        factor, *coefficients = self.table.index_select(0, self.index).squeeze(0).unbind()
        self.descent.step(self.x, self.y, self.index[0], factor, tuple(coefficients))
        self.index += 1

    def changed(self) -> list[Tensor]:
        """Every tensor that a step changes."""
        record = self.descent.record
        recorded = [] if record is None else record.tensors()
        return [self.descent.parameters, *self.descent.state, self.index, *recorded]


class Captured:
    """`step(index, x, y)` as the replay of a graph, or step by step where a loss cannot be captured."""

    def __init__(self, descent: Descent) -> None:
        """Capture a step, and take none."""
        self.batched = descent.problem.training.batch_size is not None
        self.steps = DeviceSteps(descent, *_fixed(descent))
        self.graph = _capture(self.steps)

    def __call__(self, index: int, x: Tensor, y: Tensor) -> None:
        """The next step; the first of a block has index 0."""
        if index == 0:
            self.steps.index.zero_()
        if self.batched:
            self.steps.x.copy_(x)
            self.steps.y.copy_(y)
        if self.graph is None:
            self.steps.advance()
        else:
            self.graph.replay()


def _fixed(descent: Descent) -> tuple[Tensor, Tensor]:
    """Where a captured step finds its samples: the full batch, or a place for minibatches that holds the first samples."""
    batch = descent.problem.training.batch_size
    x, y = descent.x, descent.problem.y
    if batch is not None:
        reps, d, _ = x.shape
        x, y = x.new_empty(reps, d, batch), y.new_empty(reps, batch, y.shape[2])
        x.copy_(descent.x[:, :, :batch])
        y.copy_(descent.problem.y[:, :batch].expand_as(y))
    return x, y


def _capture(steps: DeviceSteps) -> torch.cuda.CUDAGraph | None:
    """The graph of one step, after steps for warming up that are undone; None where the loss asks the host."""
    before = [tensor.clone() for tensor in steps.changed()]
    graph = _graph(steps) if _warmed(steps) else None
    for tensor, value in zip(steps.changed(), before, strict=True):
        tensor.copy_(value)
    return graph


def _warmed(steps: DeviceSteps) -> bool:
    """Take the steps for warming up, and say whether none waited for the GPU, so that a capture can be tried at all."""
    usual, stream, mode = torch.cuda.current_stream(), torch.cuda.Stream(), torch.cuda.get_sync_debug_mode()
    stream.wait_stream(usual)
    torch.cuda.set_sync_debug_mode("error")
    try:
        with torch.cuda.stream(stream):
            for _ in range(WARMING):
                steps.advance()
    except torch.cuda.OutOfMemoryError:
        raise
    except RuntimeError:
        return False
    finally:
        torch.cuda.set_sync_debug_mode(mode)
        usual.wait_stream(stream)
    return True


def _graph(steps: DeviceSteps) -> torch.cuda.CUDAGraph | None:
    """The graph of one step; None where the capture fails, and stream and allocator are then as they were before it."""
    usual, graph, pool = torch.cuda.current_stream(), torch.cuda.CUDAGraph(), torch.cuda.graph_pool_handle()
    try:
        with torch.cuda.graph(graph, pool=pool):
            steps.advance()
    except RuntimeError:
        torch.cuda.set_stream(usual)
        if torch.__version__ < "2.12":
            _end_allocation(pool)
        return None
    return graph


def _end_allocation(pool: tuple[int, int]) -> None:
    """Tell the allocator that no capture uses `pool`: torch before 2.12 forgets to where one fails (pytorch #180395)."""
    for name in ("_cuda_endAllocateToPool", "_cuda_endAllocateCurrentStreamToPool"):  # from 2.7 on, and before
        if hasattr(torch._C, name):
            getattr(torch._C, name)(torch.cuda.current_device(), pool)
            return
