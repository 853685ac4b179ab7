"""Networks trained on a GPU beside the same networks on the CPU, and beside themselves: again, in parts, alone."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace

import numpy as np

from dlstats import nets, training
from dlstats.losses.regression import squared
from dlstats.machine.acceptance.checks import Check, attempt, within
from dlstats.seeds import Streams
from dlstats.training.cuda import trial
from dlstats.training.schedules import cosine, onecycle

NETWORKS, SAMPLES, INPUTS = 12, 150, 5
SEED = 777001
DOUBLED = 1e-10
"""Largest difference of weights after 20 steps in float64: each step may double a rounding of 1e-16."""
SINGLE = 1e-3
"""After 10 steps in float32, which move a weight by 0.1 or a little more: a gradient is right to about 1e-5 of its size."""
STEPS = {"float64": 20, "float32": 10}
ALLOWED = {"float64": DOUBLED, "float32": SINGLE}
PARTS = (slice(0, 5), slice(5, NETWORKS), slice(3, 4))


@dataclass(frozen=True)
class Case:
    """A training that both devices must agree on."""

    net: nets.Mlp
    changes: dict = field(default_factory=dict)
    validated: bool = False


CASES = {
    "relu, adam": Case(nets.Mlp(INPUTS, (16, 16, 16))),
    "tanh, sgd, minibatches": Case(
        nets.Mlp(INPUTS, (16, 9), activation="tanh"), {"optimiser": "sgd", "momentum": 0.5, "batch_size": 13}
    ),
    "softplus, adamw, one cycle, best weights": Case(
        nets.Mlp(INPUTS, (32, 32), 2, activation="softplus"),
        {"optimiser": "adamw", "weight_decay": 0.01, "schedule": onecycle, "keep": "best"},
    ),
    "gelu, rmsprop, validation, patience": Case(
        nets.Mlp(INPUTS, (7, 5), activation="gelu", skip=True),
        {"optimiser": "rmsprop", "schedule": cosine, "keep": "best", "patience": 2, "check_every": 3},
        validated=True,
    ),
}


@dataclass(frozen=True)
class Subject:
    """A device under test and the back end that trains there."""

    device: str
    backend: str

    @property
    def exact(self) -> bool:
        """Whether it promises the bits of lanes."""
        return self.backend == "cuda"


def fitted(case: Case, dtype: str, subject: Subject, rows: slice = slice(None)) -> training.Fit:
    """The fit of some of the networks of a case."""
    plan = training.Training(**{"steps": STEPS[dtype], "learning_rate": 0.01, "dtype": dtype} | case.changes)
    if dtype == "float32":  # in which it hangs on rounding which step was the best
        plan = replace(plan, keep="last", patience=None)
    streams = Streams(SEED, "acceptance", range(NETWORKS)[rows])
    start = nets.initialise(case.net, streams.generators("start"), dtype=dtype)
    x, checked = (streams.draw(lambda rng: rng.normal(size=(SAMPLES, INPUTS)), role) for role in ("data", "validation"))
    y, target = (np.sin(inputs.sum(axis=2, keepdims=True)) * np.ones(case.net.d_out) for inputs in (x, checked))
    orders = streams.generators("minibatches") if plan.batch_size else None
    validation = (checked, target) if case.validated else None
    return training.fit(
        case.net, squared, start, x, y, plan, orders, validation, subject.device, lambda line: None, subject.backend
    )


def checks(subject: Subject, until: float = math.inf) -> list[Check]:
    """Whether the networks of a back end agree with the CPU's, and with themselves, begun until `time.monotonic()` is `until`."""
    reference = Subject("cpu", "lanes")
    try:
        fitted(CASES["relu, adam"], "float32", reference)
        fitted(CASES["relu, adam"], "float64", reference)
    except ValueError:  # no compiler
        reference = Subject("cpu", "torch")
    name = f"{subject.backend} on {subject.device}"
    planned = {}
    for dtype in STEPS:
        planned[f"{name} agrees with {reference.backend} on cpu, {dtype}"] = ("beside", dtype)
        planned[f"{name} gives the same bits again, {dtype}"] = ("again", dtype)
        planned[f"{name} gives a network what it gives it in other blocks, {dtype}"] = ("parts", dtype)
    kinds = {"beside": lambda c, d: _beside(c, d, subject, reference), "again": lambda c, d: _again(c, d, subject)}
    kinds["parts"] = lambda c, d: _parts(c, d, subject)

    def carry_out(title: str, kind: str, dtype: str) -> Check:
        if time.monotonic() >= until:
            return Check(title, None, "not begun, as the time was up")
        exact = kind == "again" or (subject.exact and (kind == "parts" or reference.backend == "lanes"))
        found = {case: kinds[kind](CASES[case], dtype) for case in CASES}
        return within(title, found, 0.0 if exact else ALLOWED[dtype], "largest difference of a weight")

    return [attempt(title, lambda t=title, p=plan: carry_out(t, *p)) for title, plan in planned.items()]


def _beside(case: Case, dtype: str, subject: Subject, reference: Subject) -> float:
    return difference(fitted(case, dtype, subject), fitted(case, dtype, reference))


def _again(case: Case, dtype: str, subject: Subject) -> float:
    return difference(fitted(case, dtype, subject), fitted(case, dtype, subject))


def _parts(case: Case, dtype: str, subject: Subject) -> float:
    whole = fitted(case, dtype, subject)
    return max(difference(whole.rows(rows), fitted(case, dtype, subject, rows)) for rows in PARTS)


def difference(one: training.Fit, other: training.Fit) -> float:
    """The largest difference of a weight; infinite where statuses or steps differ, NaN where a weight is."""
    same = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("status", "step", "steps"))
    return (one.parameters - other.parameters).abs().max().item() if same else float("inf")


def subjects(device: str) -> list[Subject]:
    """The back ends that train on a device: torch, and on a GPU the compiled kernel where it can be compiled and launched."""
    kernel = device != "cpu" and not isinstance(trial.found(), str)
    return [Subject(device, name) for name in ("torch", *(["cuda"] if kernel else []))]
