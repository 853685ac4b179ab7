"""What every back end takes and gives: a problem in, a fit out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dlstats.nets import Mlp, Wrapped
from dlstats.training.schedules import Schedule, constant

FIRST_ORDER = ("adam", "adamw", "sgd", "adagrad", "rmsprop")
"""Optimisers by gradients, the names in `optimisers.OPTIMISERS`."""
SECOND_ORDER = ("lbfgs", "levenberg_marquardt")

Loss = Callable[[Tensor, Tensor], Tensor]
"""Pure: (prediction, y) -> loss, (reps, n, d_out) and (reps, n, k) -> (reps, n, d_out or 1).

Pointwise as a rule; it may look at all samples of its replicate, never at another replicate."""


@dataclass(frozen=True)
class Training:
    """How every replicate is trained; the same for all, but for `learning_rate`, which may be one number for each."""

    steps: int
    learning_rate: float | tuple[float, ...] = 0.001
    optimiser: str = "adam"
    """adam, adamw, sgd, adagrad or rmsprop; or lbfgs or levenberg_marquardt, whose `steps` are trials, and to which
    rates, schedules, decay, minibatches and checks do not apply."""
    schedule: Schedule = constant
    """A function of `schedules`, or one of your own."""
    batch_size: int | None = None
    """Samples a step, from each replicate's own permutations laid end to end; None for all samples."""
    weight_decay: float = 0.0
    momentum: float = 0.0
    """For sgd and rmsprop."""
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    keep: str = "last"
    """`last` weights, or the `best` seen at a check: by validation loss if given, else by training loss."""
    check_every: int | None = None
    """Steps between checks. None: each step where the training loss is at hand (full batch and no validation),
    else each epoch, and at most 100 checks in all."""
    patience: int | None = None
    """Checks without a better loss after which a replicate stops; the others go on."""
    projection: bool = False
    """Fit the last layer exactly by least squares in every step (squared loss, full batch)."""
    tolerance: float = 0.0
    """For second-order methods: largest entry of the gradient of the mean loss at which a replicate has converged.
    If positive, a replicate that does not reach it is `not_converged`. Where the loss at the optimum is not 0, rounding
    hides gradients below the root of the working precision, 1e-8 in float64."""
    dtype: str = "float32"

    def __post_init__(self) -> None:
        """Raise ValueError for a training that cannot be."""
        _known("optimiser", self.optimiser, (*FIRST_ORDER, *SECOND_ORDER))
        what = "a function of step and steps, such as `training.schedules.cosine`"
        _require("schedule", self.schedule, callable(self.schedule), what)
        _known("keep", self.keep, ("last", "best"))
        _known("dtype", self.dtype, ("float32", "float64"))
        rates = self.learning_rate if isinstance(self.learning_rate, tuple) else (self.learning_rate,)
        _require("learning_rate", self.learning_rate, bool(rates) and min(rates) > 0, "positive")
        for name in ("steps", "batch_size", "check_every", "patience"):
            value = getattr(self, name)
            whole = value is None or (isinstance(value, int) and value >= 1)
            _require(name, value, whole, "a whole number of at least 1")
        _require("weight_decay", self.weight_decay, self.weight_decay >= 0, "at least 0")
        _require("momentum", self.momentum, 0 <= self.momentum < 1, "in [0, 1)")
        _require("betas", self.betas, len(self.betas) == 2 and all(0 <= b < 1 for b in self.betas), "two in [0, 1)")
        _require("eps", self.eps, self.eps > 0, "positive")
        _require("tolerance", self.tolerance, self.tolerance >= 0, "at least 0")
        self._check_together()

    def _check_together(self) -> None:
        if self.patience is not None and self.keep != "best":
            raise ValueError(f"`patience` needs `keep` = 'best', got {self.keep!r}.")
        if self.projection and (self.batch_size is not None or self.optimiser == "levenberg_marquardt"):
            raise ValueError(
                "`projection` needs the full batch and a method by gradients, "
                f"got `batch_size` {self.batch_size} and `optimiser` {self.optimiser!r}."
            )
        if self.optimiser in SECOND_ORDER:
            for name in ("batch_size", "check_every", "patience", "weight_decay"):
                value = getattr(self, name)
                _require(name, value, not value, f"left out with `optimiser` {self.optimiser!r}")


@dataclass(frozen=True)
class Problem:
    """Networks to train. Row s of `start` belongs to replicate s // (len(start) / len(x)) of the data."""

    net: Mlp | Wrapped
    loss: Loss
    start: Tensor
    x: Tensor
    """(reps or 1, n, d)."""
    y: Tensor
    """(reps or 1, n, k)."""
    training: Training
    rates: tuple[float, ...]
    """One learning rate, or one for each row of `start`."""
    generators: Sequence[np.random.Generator] | None
    """What orders the minibatches; None for the full batch."""
    validation: tuple[Tensor, Tensor] | None


@dataclass(frozen=True)
class Fit:
    """Trained networks, one row per start, on the CPU."""

    parameters: Tensor
    """(starts, p): the weights kept."""
    loss: np.ndarray
    """Training loss of the weights kept, over all samples."""
    validation_loss: np.ndarray
    """Likewise on the validation data; nan without."""
    step: np.ndarray
    """Steps after which the weights kept were reached."""
    steps: np.ndarray
    """Steps taken until the replicate stopped."""
    status: np.ndarray
    """`ok`, `diverged` (a loss or weight was not finite), `not_converged`, `untrained` (its gradient was 0 from the start, or
    its loss never changed) or `dead` (it was trained, and no unit of a hidden layer has a slope any more)."""
    epochs: np.ndarray
    """Steps taken, in passes through the samples."""
    dead_share: np.ndarray
    """Share of the hidden units of the weights kept that have no slope at any sample."""

    def rows(self, chosen: slice | np.ndarray) -> Fit:
        """The fit of the chosen rows."""
        return Fit(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


def unknown(fits: int) -> dict[str, np.ndarray]:
    """What a back end leaves to `outcome.with_status`, as nan."""
    return {name: np.full(fits, np.nan) for name in ("epochs", "dead_share")}


def differing(one: Fit, other: Fit) -> list[str]:
    """The fields in which two fits have other bits; a NaN is a NaN."""

    def same(name: str) -> bool:
        first, second = (np.asarray(getattr(fit, name)) for fit in (one, other))
        if first.dtype.kind != "f":
            return np.array_equal(first, second)
        signs = np.signbit(first) == np.signbit(second)
        return np.array_equal(first, second, equal_nan=True) and bool((signs | np.isnan(first)).all())

    return [field.name for field in fields(Fit) if not same(field.name)]


def finished(
    problem: Problem,
    parameters: Tensor,
    record: Mapping[str, np.ndarray],
    loss: np.ndarray,
    validation_loss: np.ndarray | None,
) -> Fit:
    """The fit of the weights kept, from what a kernel recorded of its checks, which count where the best are kept."""
    steps = np.full(len(parameters), problem.training.steps)
    step, finite = steps, parameters.isfinite().all(dim=1).numpy()
    if problem.training.keep == "best":
        step, steps, finite = record["best_step"], record["last_step"], record["finite"].astype(bool)
    status = np.where(finite & np.isfinite(loss), "ok", "diverged")
    checked = np.full_like(loss, np.nan) if validation_loss is None else validation_loss
    return Fit(parameters, loss, checked, step, steps, status, **unknown(len(loss)))


def joined(fits: Sequence[Fit]) -> Fit:
    """Fits of blocks, end to end."""

    def join(name: str) -> Any:
        parts = [getattr(part, name) for part in fits]
        return torch.cat(parts) if isinstance(parts[0], Tensor) else np.concatenate(parts)

    return Fit(**{field.name: join(field.name) for field in fields(Fit)})


def _known(name: str, value: object, allowed) -> None:
    if value not in allowed:
        raise ValueError(f"`{name}` must be one of {', '.join(allowed)}, got {value!r}.")


def _require(name: str, value: object, holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(f"`{name}` must be {what}, got {value!r}.")
