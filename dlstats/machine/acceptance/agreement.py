"""Networks trained on a GPU beside the same networks on the CPU, and beside themselves: again, in parts, alone."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace

import numpy as np

from dlstats import nets, training
from dlstats.losses.regression import squared
from dlstats.losses.robust import log_cosh
from dlstats.machine.acceptance.checks import Check, attempt, within
from dlstats.seeds import Streams
from dlstats.training.contract import Loss, differing
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
    loss: Loss = squared


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
    "prelu, log-cosh, a rate for each": Case(
        nets.Mlp(INPUTS, (8, 33), activation="prelu"),
        {"learning_rate": tuple(0.001 * (k + 1) for k in range(NETWORKS))},
        loss=log_cosh,
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


def fitted(case: Case, dtype: str, subject: Subject, exact: bool, rows: slice = slice(None)) -> training.Fit:
    """The fit of some of the networks of a case, for a comparison that is exact or not."""
    plan = training.Training(**{"steps": STEPS[dtype], "learning_rate": 0.01, "dtype": dtype} | case.changes)
    if isinstance(plan.learning_rate, tuple):
        plan = replace(plan, learning_rate=plan.learning_rate[rows])
    if dtype == "float32" and not exact:  # then it hangs on rounding which step was the best
        plan = replace(plan, keep="last", patience=None)
    streams = Streams(SEED, "acceptance", range(NETWORKS)[rows])
    start = nets.initialise(case.net, streams.generators("start"), dtype=dtype)
    x, checked = (streams.draw(lambda rng: rng.normal(size=(SAMPLES, INPUTS)), role) for role in ("data", "validation"))
    y, target = (np.sin(inputs.sum(axis=2, keepdims=True)) * np.ones(case.net.d_out) for inputs in (x, checked))
    orders = streams.generators("minibatches") if plan.batch_size else None
    validation = (checked, target) if case.validated else None
    return training.fit(
        case.net, case.loss, start, x, y, plan, orders, validation, subject.device, lambda line: None, subject.backend
    )


def checks(subject: Subject, until: float = math.inf) -> list[Check]:
    """Whether the networks of a back end agree with the CPU's, and with themselves, begun until `time.monotonic()` is `until`."""
    reference = Subject("cpu", "lanes")
    try:
        fitted(CASES["relu, adam"], "float32", reference, True)
        fitted(CASES["relu, adam"], "float64", reference, True)
    except ValueError:  # no compiler
        reference = Subject("cpu", "torch")
    title_of = f"{subject.backend} on {subject.device}"
    planned = {}
    for dtype in STEPS:
        planned[f"{title_of} agrees with {reference.backend} on cpu, {dtype}"] = ("beside", dtype)
        planned[f"{title_of} gives the same bits again, {dtype}"] = ("again", dtype)
        planned[f"{title_of} gives a network what it gives it in other blocks, {dtype}"] = ("parts", dtype)
    kinds = {"beside": _beside, "again": _again, "parts": _parts}

    def carry_out(title: str, kind: str, dtype: str) -> Check:
        if time.monotonic() >= until:
            return Check(title, None, "not begun, as the time was up")
        exact = kind == "again" or (subject.exact and (kind == "parts" or reference.backend == "lanes"))
        found = {name: kinds[kind](case, dtype, subject, reference, exact) for name, case in CASES.items()}
        return within(title, found, 0.0 if exact else ALLOWED[dtype], "largest difference of a weight")

    return [attempt(title, lambda t=title, p=plan: carry_out(t, *p)) for title, plan in planned.items()]


def _beside(case: Case, dtype: str, subject: Subject, reference: Subject, exact: bool) -> float:
    return difference(fitted(case, dtype, subject, exact), fitted(case, dtype, reference, exact), exact)


def _again(case: Case, dtype: str, subject: Subject, reference: Subject, exact: bool) -> float:
    return difference(fitted(case, dtype, subject, exact), fitted(case, dtype, subject, exact), exact)


def _parts(case: Case, dtype: str, subject: Subject, reference: Subject, exact: bool) -> float:
    whole = fitted(case, dtype, subject, exact)
    return max(difference(whole.rows(rows), fitted(case, dtype, subject, exact, rows), exact) for rows in PARTS)


def difference(one: training.Fit, other: training.Fit, exact: bool) -> float:
    """The largest difference of a weight, NaN where one is; infinite where only another field differs that has to agree.

    Where a comparison is exact these are all fields, to the bit, else status and steps.
    """
    apart = differing(one, other)
    others = apart if exact else {"status", "step", "steps"} & set(apart)
    largest = (one.parameters - other.parameters).abs().max().item()
    return float("inf") if others and (largest == 0 or not exact) else largest


def subjects(device: str) -> list[Subject]:
    """The back ends that train on a device: torch, and on a GPU the compiled kernel where it can be compiled and launched."""
    kernel = device != "cpu" and not isinstance(trial.found(), str)
    return [Subject(device, name) for name in ("torch", *(["cuda"] if kernel else []))]
