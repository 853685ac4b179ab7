"""Blocks of replicates: sized to the cache or the card, cut from the whole, never changing a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from dlstats.core.engine.contract import Problem

CACHE = 2**18
"""Numbers of one replicate's activations that are held at once: half a second-level cache in float32."""
ROOM = {"cpu": 2**19, "cuda": 2**31}
"""Numbers that a block may hold: where the CPU's cache, or the card's memory, is used well."""


def samples(problem: Problem) -> int:
    """Samples that pass through the network at once: all, or equal parts that fit the cache. Never of `reps`."""
    n = problem.training.batch_size or problem.x.shape[1]
    if problem.start.device.type != "cpu":
        return n
    parts = -(-n * _width(problem) // CACHE)
    return -(-n // parts)


def size(problem: Problem, device: torch.device) -> int:
    """Rows of `start` that are trained at once."""
    n = problem.training.batch_size or problem.x.shape[1]
    each = n * _width(problem)
    if device.type == "cpu":
        each = min(each, CACHE)
    return max(4, min(len(problem.start), ROOM[device.type] // (each + 5 * problem.net.size)))


def _width(problem: Problem) -> int:
    return sum(problem.net.sizes) + max(problem.net.sizes)


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
