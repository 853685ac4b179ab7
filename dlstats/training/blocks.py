"""Blocks of replicates: sized to the cache or the GPU, cut from the whole, never changing a result."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from dlstats.nets import Mlp
from dlstats.training.contract import Problem

ROOM = {"cpu": 2**20}
"""Numbers that a block may hold on a CPU, about: two to eight times the second-level cache was best, and is flat."""


def size(problem: Problem, device: torch.device) -> int:
    """Rows of `start` that are trained at once; blocks are about equal."""
    net, n = problem.net, problem.training.batch_size or problem.x.shape[1]
    each = n * (sum(net.sizes) + max(net.sizes)) + 5 * net.size
    if problem.training.optimiser == "levenberg_marquardt":
        each += net.size * (n * net.d_out + 3 * net.size)
    if problem.training.projection and isinstance(net, Mlp):
        each += 2 * n * (net.sizes[-2] + 1 + net.d_in * net.skip + net.d_out)
    if device.type == "cuda":
        each += problem.x.shape[1] * (net.d_in + problem.y.shape[2]) * 2
    most = max(4, room(device, problem.start.element_size()) // each)
    return -(-len(problem.start) // -(-len(problem.start) // most))


def room(device: torch.device, each: int) -> int:
    """Numbers of `each` bytes that may be held at once: half the memory of a GPU, whatever of it others use, so that a block's
    size, which may decide last digits there, is the same in every run.
    """
    return torch.cuda.mem_get_info(device)[1] // (2 * each) if device.type == "cuda" else ROOM["cpu"]


def part(problem: Problem, begin: int, end: int, device: torch.device) -> Problem:
    """Rows begin, ..., end − 1 of `start` with their data, on the device."""
    return taken(problem, torch.arange(begin, end), device)


def taken(problem: Problem, chosen: Tensor, device: torch.device) -> Problem:
    """The chosen rows of `start` with their data, on the device, with generators of their own in the same state."""
    starts = len(problem.start)

    def rows(data: Tensor) -> Tensor:
        if len(data) == 1:
            return data.to(device)
        return data[chosen // (starts // len(data))].to(device)

    generators: Sequence | None = None
    if problem.generators is not None:
        owners = chosen // (starts // len(problem.generators))
        generators = copy.deepcopy([problem.generators[r] for r in owners.tolist()])
    return replace(
        problem,
        start=problem.start[chosen].to(device),
        x=rows(problem.x),
        y=rows(problem.y),
        rates=problem.rates if len(problem.rates) == 1 else tuple(problem.rates[r] for r in chosen.tolist()),
        generators=generators,
        validation=None if problem.validation is None else tuple(map(rows, problem.validation)),
    )
