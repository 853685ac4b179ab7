"""Blocks of replicates: sized to the cache or the card, cut from the whole, never changing a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from dlstats.core.engine.contract import Problem


def size(problem: Problem, device: torch.device) -> int:
    """Rows of `start` that are trained at once."""
    n = problem.training.batch_size or problem.x.shape[1]
    units = n * sum(problem.net.sizes) * 2 + problem.net.size * 5
    room = 2**18 if device.type == "cpu" else 2**31
    return max(8 if device.type == "cpu" else 64, min(len(problem.start), room // units))


def part(problem: Problem, begin: int, end: int, device: torch.device) -> Problem:
    """Rows begin, ..., end − 1 of `start` with their data, on the device."""
    starts = len(problem.start)

    def rows(data: Tensor) -> Tensor:
        if len(data) == 1:
            return data.to(device)
        return data[_owners(begin, end, starts // len(data))].to(device)

    generators: Sequence | None = None
    if problem.generators is not None:
        owners = _owners(begin, end, starts // len(problem.generators)).tolist()
        generators = [problem.generators[r] for r in owners]
    return replace(
        problem,
        start=problem.start[begin:end].to(device),
        x=rows(problem.x),
        y=rows(problem.y),
        rates=problem.rates if len(problem.rates) == 1 else problem.rates[begin:end],
        generators=generators,
        validation=None if problem.validation is None else tuple(map(rows, problem.validation)),
    )


def _owners(begin: int, end: int, each: int) -> Tensor:
    """The replicate of every row when each replicate has `each` consecutive rows."""
    return torch.arange(begin, end) // each
