"""What each choice inside lanes is worth: `python -m benchmarks.lanes`.

Variants are timed in turn, round after round, each against the default of its own round, by processor time of one
thread (so that other work on the machine counts little); the median ratio over the rounds is printed, above 1 where
the variant is slower. `torch` is the torch path on the same problem, final losses included.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch

from benchmarks.problem import LEARNING_RATE, Shape, data
from dlstats import nets
from dlstats.losses.regression import squared
from dlstats.training import backends
from dlstats.training.contract import Problem, Training
from dlstats.training.lanes import backend, build, layout

SHAPES = (Shape(128, 16, 16), Shape(1024, 32, 16), Shape(512, 64, 16), Shape(2048, 256, 2))
OPERATIONS = 6e8
"""Of one timing of the kernel, about."""
LONGER = 16
"""Whole fits take as many times the steps, so that what is done once a fit weighs little."""
VARIANTS = {
    "default": {},
    "AVX2": {"DLSTATS_LANES_ARCH": "haswell"},
    "register block 4 x 6": {"DLSTATS_LANES_FLAGS": "-DLANES_ROWS=4 -DLANES_COLUMNS=6"},
    "register block 4 x 4": {"DLSTATS_LANES_FLAGS": "-DLANES_ROWS=4 -DLANES_COLUMNS=4"},
    "rows reloaded for every column": {"DLSTATS_LANES_FLAGS": "-DLANES_RELOAD=1"},
    "no strips": {"DLSTATS_LANES_FLAGS": "-DLANES_STRIP=100000000"},
    "strips of half a first cache": {"DLSTATS_LANES_FLAGS": "-DLANES_STRIP=24576"},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--shapes", type=int, nargs="*", default=range(len(SHAPES)))
    parser.add_argument("--variants", nargs="*", default=list(VARIANTS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    for shape in (SHAPES[i] for i in options.shapes):
        steps = max(1, int(OPERATIONS / shape.operations / shape.replicates))
        forms = {name: kernel(shape, steps, VARIANTS[name]) for name in options.variants}
        forms |= {f"sample block {block}": kernel(shape, steps, {}, block=block) for block in (12, 24, 48, 96)}
        forms |= {"the other kernel": kernel(shape, steps, {}, swap=True)}
        report(str(shape), forms, options.rounds, shape.operations * steps * shape.replicates)
        many = LONGER * steps
        report("  whole fits", fits(shape, many), options.rounds, shape.operations * many * shape.replicates)


def report(title: str, forms: dict[str, Callable[[], float]], rounds: int, operations: float) -> None:
    """Median ratio of every form to the first, and the first one's best rate."""
    seconds = np.array([[form() for form in forms.values()] for _ in range(rounds)])
    print(f"{title}: {operations / seconds[:, 0].min() / 1e9:.0f} GFLOP/s", flush=True)
    for name, ratio in zip(forms, np.median(seconds / seconds[:, :1], axis=0), strict=True):
        print(f"    {name:<34} {ratio:.2f}", flush=True)


def kernel(
    shape: Shape, steps: int, environment: dict[str, str], block: int | None = None, swap: bool = False
) -> Callable[[], float]:
    """One call of the kernel for some steps, without what surrounds it."""
    with _environment(environment), _swapped(swap):
        laid = layout.lay_out(problem(shape, steps))
    laid.job.block = block or laid.job.block
    laid.kernel.lanes_pack(laid.job)
    laid.take(0, None, 0)

    def once() -> float:
        begin = time.thread_time()
        laid.kernel.lanes_run(laid.job)
        return time.thread_time() - begin

    return once


def fits(shape: Shape, steps: int) -> dict[str, Callable[[], float]]:
    """Fits by lanes and by torch; with the loss in Python; by minibatches of 32 over as many samples."""
    batches = steps * shape.n // 32
    tasks = {
        "lanes": (problem(shape, steps), "lanes"),
        "torch": (problem(shape, steps), "torch"),
        "lanes, the loss in Python": (problem(shape, steps, loss=lambda f, y: (f - y).square()), "lanes"),
        "lanes, minibatches of 32": (problem(shape, batches, batch_size=32), "lanes"),
        "torch, minibatches of 32": (problem(shape, batches, batch_size=32), "torch"),
    }

    def timed(task: Problem, name: str) -> Callable[[], float]:
        def once() -> float:
            begin = time.thread_time()
            list(backends.fits(task, torch.device("cpu"), name))
            return time.thread_time() - begin

        return once

    return {title: timed(*task) for title, task in tasks.items()}


def problem(shape: Shape, steps: int, loss: Callable = squared, batch_size: int | None = None) -> Problem:
    x, y, start = (torch.from_numpy(part) for part in data(shape, range(shape.replicates)))
    generators = [np.random.default_rng(row) for row in range(shape.replicates)] if batch_size else None
    training = Training(steps, LEARNING_RATE, batch_size=batch_size)
    task = Problem(
        nets.Mlp(shape.sizes[0], shape.sizes[1:-1]), loss, start, x, y, training, (LEARNING_RATE,), generators, None
    )
    assert backend.obstacle(task) is None
    return task


@contextmanager
def _environment(changes: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(changes)
    build.attempt.cache_clear()
    yield
    os.environ.clear()
    os.environ.update(before)
    build.attempt.cache_clear()


@contextmanager
def _swapped(swap: bool) -> Iterator[None]:
    before = layout.wide
    if swap:
        layout.wide = lambda net: not before(net)
    yield
    layout.wide = before


if __name__ == "__main__":
    main()
