"""Times of a step: batched torch and, where they are there, the compiled kernel and JAX on the GPU, and lanes on the CPU."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
import torch

from dlstats import nets, training
from dlstats.losses.regression import squared
from dlstats.machine.acceptance import jax_form
from dlstats.machine.acceptance.agreement import SEED, Subject, subjects
from dlstats.machine.acceptance.checks import Check, within
from dlstats.protocol.hints import said
from dlstats.seeds import Streams
from dlstats.training import backends
from dlstats.training.contract import Problem
from dlstats.training.device import WORTH, resolve

INPUTS, RATE = 5, 0.01
ROUNDS = 3
FEW = 2
"""Steps of a short run; its time, with all that is done once, is taken off that of a long one."""
COMPARED, REFERENCE = 10, 4
"""Steps after which the losses of so many networks are compared, before anything is timed, with those of float64 on the CPU."""
TOLERANCE = 2e-3
"""Largest relative difference of these losses, that of `benchmarks.speed`: the first steps of Adam are the sign of a rounded
gradient, and wide networks magnify its rounding."""


@dataclass(frozen=True)
class Shape:
    """Networks of three hidden layers, full batch, Adam, float32; and how many of them, for how many steps, are timed."""

    samples: int
    width: int
    networks: int
    steps: int
    cpu_networks: int
    cpu_steps: int

    @property
    def net(self) -> nets.Mlp:
        """The network."""
        return nets.Mlp(INPUTS, (self.width,) * 3)

    @property
    def operations(self) -> int:
        """Floating-point operations of the products of matrices in a step of one network."""
        sizes = self.net.sizes
        weights = sum(a * b for a, b in pairwise(sizes))
        return 2 * self.samples * (3 * weights - sizes[0] * sizes[1])


SHAPES = (
    Shape(128, 16, 2000, 400, 64, 200),
    Shape(1024, 32, 2000, 100, 32, 20),
    Shape(512, 64, 2000, 100, 32, 20),
    Shape(2048, 256, 200, 50, 8, 3),
)
FEW_NETWORKS = (1, 10, 100, 1000)
"""Numbers of networks of the first shape at which GPU and CPU are compared: where they meet is what `auto` wants to know."""


ALIKE = "all that is timed trains the same networks"
"""The name of the check."""


@dataclass(frozen=True)
class Time:
    """Microseconds of a step and network, NaN where it was not timed, with the reason."""

    samples: int
    width: int
    networks: int
    contender: str
    microseconds: float
    teraflops: float
    note: str = ""
    difference: float | None = None
    """Largest relative difference of a loss from that of float64, None where it was not compared."""


def race(device: str, shapes: Sequence[Shape] = SHAPES, until: float = float("inf")) -> list[Time]:
    """Every contender on every shape, as long as `time.monotonic()` is below `until`."""
    times = []
    for shape in shapes:
        small = replace(shape, networks=shape.cpu_networks, steps=shape.cpu_steps)
        for contender, where, backend in _contenders(device):
            run = small if where == "cpu" and device != "cpu" else shape
            times.append(_timed(run, contender, where, backend, until))
    return times


def few(
    device: str, shape: Shape = SHAPES[0], networks: Sequence[int] = FEW_NETWORKS, until: float = float("inf")
) -> list[Time]:
    """Torch and the compiled kernel on the GPU and lanes on the CPU for growing numbers of networks."""
    own = [c for c in _contenders(device) if c[2] != "jax"]
    return [_timed(replace(shape, networks=count), *c, until) for count in networks for c in own]


def alike(times: Sequence[Time]) -> Check:
    """Whether all that was timed, or would have been, trained the same networks."""
    differences = {
        f"{t.contender}, n = {t.samples}, width {t.width}, {t.networks} networks": t.difference
        for t in times
        if t.difference is not None
    }
    if not differences:
        return Check(ALIKE, None, "nothing was timed")
    return within(ALIKE, differences, TOLERANCE, "largest relative difference of a loss")


def meeting(times: Sequence[Time]) -> str:
    """From which number of networks on the GPU is the faster, beside what `auto` takes it to be, in a sentence."""
    counts = sorted({t.networks for t in times})

    def best(count: int, on_cpu: bool) -> float:
        known = [t.microseconds for t in times if t.networks == count and t.contender.startswith("lanes") == on_cpu]
        return float(np.fmin.reduce(np.array(known, dtype=float), initial=np.nan))

    won = [count for count in counts if best(count, False) < best(count, True)]
    shape = next(iter(times))
    estimated = WORTH / (shape.samples * nets.Mlp(INPUTS, (shape.width,) * 3).size)
    seen = f"of {', '.join(map(str, counts))} networks the GPU is the faster from {won[0]} on" if won else "never"
    return f"n = {shape.samples}, width {shape.width}: {seen}; `device: auto` takes it from {estimated:.0f} on"


def _contenders(device: str) -> list[tuple[str, str, str]]:
    """(name, device, back end)."""
    threads = torch.get_num_threads()
    on = [(f"{subject.backend}, {device}", device, subject.backend) for subject in subjects(device)]
    return [*on, (f"jax, {device}", device, "jax"), (f"lanes, cpu, {threads} threads", "cpu", "lanes")]


def _timed(shape: Shape, contender: str, device: str, backend: str, until: float) -> Time:
    seconds, note, difference = float("nan"), "the time was up", None
    if time.monotonic() < until:
        try:
            run, note = _runner(shape, Subject(device, backend)), ""
            difference = _difference(run(COMPARED), shape)
            if difference <= TOLERANCE:
                seconds = _seconds(run, shape.steps)
            else:
                note = f"its losses differ by {difference:.2g}, required at most {TOLERANCE:g}"
        except jax_form.Absent as error:
            note = str(error)
        except Exception as error:  # of JAX, or of memory: what else there is to time is timed
            note = said(error)
    each = seconds / shape.networks
    rate = shape.operations / each / 1e12
    return Time(shape.samples, shape.width, shape.networks, contender, each * 1e6, rate, note, difference)


def _difference(losses: np.ndarray, shape: Shape) -> float:
    """The largest relative difference of the losses of the first networks from those of float64; NaN where one is."""
    true = _reference(replace(shape, networks=REFERENCE, steps=COMPARED))[: shape.networks]
    return float(np.abs(losses[:REFERENCE] / true - 1).max())


@lru_cache
def _reference(shape: Shape) -> np.ndarray:
    return _runner(shape, Subject("cpu", "torch"), "float64")(shape.steps)


def _seconds(run: Callable[[int], object], steps: int) -> float:
    """Seconds of a step, the best of some rounds; NaN where they are too short to be told from the rest."""
    best = {}
    for round_ in range(ROUNDS + 1):  # the first compiles, captures and warms up
        for count in (FEW, FEW + steps):
            begin = time.perf_counter()
            run(count)
            if round_:
                best[count] = min(best.get(count, np.inf), time.perf_counter() - begin)
    each = (best[FEW + steps] - best[FEW]) / steps
    return each if each > 0 else float("nan")


def _runner(shape: Shape, subject: Subject, dtype: str = "float32") -> Callable[[int], np.ndarray]:
    """`run(steps)`, the losses of the networks after so many steps."""
    streams = Streams(SEED, "races", range(shape.networks))
    start = nets.initialise(shape.net, streams.generators("start")).to(getattr(torch, dtype))
    x = streams.draw(lambda rng: rng.normal(size=(shape.samples, INPUTS)).astype(np.float32), "data")
    y = np.sin(x.sum(axis=2, keepdims=True))
    if subject.backend == "jax":
        views = {name: view.numpy() for name, view in nets.views(shape.net, start).items()}
        layers = [(views[f"weight.{i}"], views[f"bias.{i}"][:, None]) for i in range(4)]
        return jax_form.prepare(subject.device, layers, x, y, RATE)
    task = training.problem(shape.net, squared, start, x, y, training.Training(FEW, RATE, dtype=dtype))
    return lambda steps: _run(replace(task, training=replace(task.training, steps=steps)), subject)


def _run(task: Problem, subject: Subject) -> np.ndarray:
    return np.concatenate([fit.loss for fit in backends.fits(task, resolve(subject.device), subject.backend)])
