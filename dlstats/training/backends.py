"""Which back end trains a problem: on a CPU lanes where they can and are the faster, on a GPU the CUDA kernel, else torch.

The environment variable DLSTATS_BACKEND (`torch`, `lanes`, `cuda`) overrules the choice, the argument `backend` overrules
both. `measure` stores, for a machine, the width from which torch is the faster; unmeasured, lanes always are. The CUDA
kernel trains where it knows every option, the network fits into a block, there are networks for all multiprocessors (an
estimate, not measured) and a trial gave the bits of lanes; it has not yet run on a GPU. All train by the same rules, to
rounding, so that no verdict rests on the choice.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial

import numpy as np
import torch

from dlstats import cache, nets, processor
from dlstats.losses.regression import squared
from dlstats.training import blocks
from dlstats.training.contract import Fit, Problem, Training
from dlstats.training.cuda import backend as cuda
from dlstats.training.cuda import trial
from dlstats.training.lanes import backend
from dlstats.training.torch_backend import backend as torch_backend

NAMES = ("auto", "torch", "lanes", "cuda")
WIDTHS = (64, 128, 256, 512)
_WATCHING: list[set[str]] = []


def fits(problem: Problem, device: torch.device, wanted: str = "auto") -> Iterator[Fit]:
    """The fits of the parts of a problem, one after the other, by the back end that serves."""
    name = serves(problem, device, wanted)
    say(f"back end: {name} on {device.type}, {problem.training.dtype}")
    for served in _WATCHING:
        served.add(name)
    if name == "lanes":
        yield from backend.parts(problem)
        return
    if name == "cuda":
        present = trial.found()
        assert not isinstance(present, str), "a GPU that is not there does not serve"
        train, size = partial(cuda.train, problem, present), cuda.size(problem, present)
    else:
        train, size = partial(_by_torch, problem, device, torch_backend.Earlier()), blocks.size(problem, device)
    yield from _in_blocks(train, 0, len(problem.start), size)


@contextmanager
def watching() -> Iterator[set[str]]:
    """The names of the back ends that train inside."""
    _WATCHING.append(set())
    try:
        yield _WATCHING[-1]
    finally:
        _WATCHING.pop()


def _by_torch(problem: Problem, device: torch.device, earlier: torch_backend.Earlier, begin: int, end: int) -> Fit:
    try:
        return torch_backend.run(blocks.part(problem, begin, end, device), earlier)
    except torch.cuda.OutOfMemoryError:
        earlier.descent = None
        raise


def _in_blocks(train: Callable[[int, int], Fit], begin: int, end: int, size: int) -> Iterator[Fit]:
    """The fits of blocks of `size` rows; of two halves where a block does not fit in the memory that others leave of a GPU."""
    for first in range(begin, end, size):
        last = min(first + size, end)
        try:
            fit = train(first, last)
        except torch.cuda.OutOfMemoryError:
            if last - first == 1:
                raise
            say(f"a block of {last - first} does not fit in the memory that is free on the GPU", logging.WARNING)
            fit = None
        if fit is None:  # what the block held is freed once its error is forgotten
            torch.cuda.empty_cache()
            yield from _in_blocks(train, first, last, -(-(last - first) // 2))
        else:
            yield fit


def serves(problem: Problem, device: torch.device, wanted: str = "auto") -> str:
    """`torch`, `lanes` or `cuda`; raises ValueError where one of the latter two is asked for and cannot."""
    if wanted not in NAMES:
        raise ValueError(f"`backend` must be one of {', '.join(NAMES)}, got {wanted!r}.")
    choice = os.environ.get("DLSTATS_BACKEND", "auto") if wanted == "auto" else wanted
    if choice not in NAMES:
        raise ValueError(f"DLSTATS_BACKEND must be one of {', '.join(NAMES)}, got {choice!r}.")
    if choice == "torch":
        return "torch"
    auto = choice == "auto"
    if auto:
        choice = "lanes" if device.type == "cpu" else "cuda"
    reason = backend.obstacle(problem) if choice == "lanes" else _cuda_obstacle(problem, device, auto)
    if reason is None:
        wide = auto and choice == "lanes" and max(problem.net.widths, default=1) >= widest()
        return "torch" if wide else choice
    if wanted == choice:
        raise ValueError(f"`backend` = {wanted!r} cannot serve here: {reason}.")
    say(f"torch trains: {reason}", logging.WARNING)
    return "torch"


def _cuda_obstacle(problem: Problem, device: torch.device, auto: bool) -> str | None:
    """Why the CUDA kernel cannot, or is not chosen to, train this problem here, in one line; trials come last."""
    if device.type != "cuda":
        return f"the device is {device.type}, not cuda"
    present = trial.found()
    if isinstance(present, str):
        return present
    reason = cuda.obstacle(problem, present)
    if reason is None and auto and not cuda.pays(problem, present):
        reason = f"networks are fewer than the GPU's {present.processors} multiprocessors"
    return reason or trial.failure(present) or cuda.refusal(problem, present)


@lru_cache
def widest() -> float:
    """The width from which torch is the faster on this machine, as `measure` found it; infinite unmeasured."""
    stored = cache.read(_file()).get("widest")
    return float(stored) if isinstance(stored, int | float) else float("inf")


def measure() -> dict[int, float]:
    """Width -> seconds of torch over seconds of lanes, and store the first width at which torch is the faster."""
    ratios = {width: _ratio(width) for width in WIDTHS}
    slower = [width for width, ratio in ratios.items() if ratio < 1]
    cache.write(_file(), {"widest": min(slower, default=None), "ratios": ratios})
    widest.cache_clear()
    return ratios


def _ratio(width: int) -> float:
    """The better of two times each, interleaved: 16 networks of two hidden layers, 512 samples, four steps."""
    net = nets.Mlp(5, (width, width))
    generators = [np.random.default_rng(row) for row in range(16)]
    x = torch.from_numpy(np.stack([rng.normal(size=(512, 5)) for rng in generators])).float()
    start = nets.initialise(net, generators)
    problem = Problem(net, squared, start, x, x[..., :1], Training(4, 0.01), (0.01,), None, None)
    seconds = {"torch": float("inf"), "lanes": float("inf")}
    for name in ("torch", "lanes") * 3:
        begin = time.perf_counter()
        list(fits(problem, torch.device("cpu"), name))
        seconds[name] = min(seconds[name], time.perf_counter() - begin)
    return seconds["torch"] / seconds["lanes"]


def _file() -> str:
    return f"choice-{hashlib.sha256(processor.kind().encode()).hexdigest()[:12]}.json"


@lru_cache
def say(line: str, level: int = logging.INFO) -> None:
    """Log a line, once in a process."""
    logging.getLogger("dlstats.backend").log(level, line)
