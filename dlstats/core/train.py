"""Training of independent networks, one a replicate: what is asked, what comes back, and the entry to the back ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dlstats.core import nets
from dlstats.core.device import resolve
from dlstats.core.engine.contract import Fit, Loss, Problem, joined
from dlstats.core.engine.optimisers import OPTIMISERS
from dlstats.core.engine.progress import Progress
from dlstats.core.engine.schedules import SCHEDULES
from dlstats.core.lanes import choice
from dlstats.core.losses.regression import squared

__all__ = ["Fit", "Training", "best_of", "fit", "predict"]

Data = np.ndarray | Tensor
SECOND_ORDER = ("lbfgs", "levenberg_marquardt")


@dataclass(frozen=True)
class Training:
    """How every replicate is trained; the same for all, but for `learning_rate`, which may be one number for each."""

    steps: int
    learning_rate: float | tuple[float, ...] = 0.001
    optimiser: str = "adam"
    """adam, adamw, sgd, adagrad or rmsprop; or lbfgs or levenberg_marquardt, whose `steps` are trials, and to which
    rates, schedules, decay, minibatches and checks do not apply."""
    schedule: str = "constant"
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
        _known("optimiser", self.optimiser, (*OPTIMISERS, *SECOND_ORDER))
        _known("schedule", self.schedule, SCHEDULES)
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


def fit(
    net: nets.Mlp,
    loss: Loss,
    start: Float[Tensor, "starts p"],
    x: Data,
    y: Data,
    training: Training,
    generators: Sequence[np.random.Generator] | None = None,
    validation: tuple[Data, Data] | None = None,
    device: str = "auto",
    progress: Callable[[str], None] | None = None,
    backend: str = "auto",
) -> Fit:
    """Train every row of `start` by the mean of `loss` over its samples and outputs, independently of the others.

    `x` is (reps, n, d_in) and `y` (reps, n, k), or (n, d_in) and (n, k) for data that all replicates share. `start`
    may hold K rows a replicate, its restarts, consecutive. `loss(prediction, y)` is pointwise, (reps, n, d_out) and
    (reps, n, k) -> (reps, n, d_out or 1). `generators`, one a replicate, order the minibatches. `validation` is a pair
    like (x, y). Blocks of replicates are trained after each other; their size changes no result. `progress` gets a line
    every few seconds, by default the logger `dlstats`; `dlstats.core.engine.progress.to()` draws a bar. `backend` is
    `torch`, `lanes` or `auto`: see `dlstats.core.lanes.choice`.
    """
    where = resolve(device)
    task = problem(net, loss, start, x, y, training, generators, validation)
    found, report = [], Progress(len(start), progress)
    for part in choice.fits(task, where, backend):
        found.append(part)
        report.add(part)
    return joined(found)


def best_of(result: Fit, restarts: int) -> Fit:
    """The restart with the smallest training loss of every replicate; a diverged one only where all diverged."""
    rows = len(result.loss)
    if restarts < 1 or rows % restarts:
        raise ValueError(f"`restarts` must divide the {rows} rows of the fit, got {restarts}.")
    score = np.where(np.isfinite(result.loss), result.loss, np.inf)
    score = np.where(result.status == "diverged", np.inf, score).reshape(-1, restarts)
    chosen = score.argmin(axis=1) + np.arange(len(score)) * restarts
    return result.rows(chosen)


def predict(
    net: nets.Mlp, parameters: Float[Tensor, "reps p"], x: Data, device: str = "auto"
) -> Float[Tensor, "reps n d_out"]:
    """The networks at `x`, (reps, n, d_in) or (n, d_in) for all, in blocks and on the CPU when returned."""
    where = resolve(device)
    inputs = torch.as_tensor(x)
    inputs = inputs if inputs.ndim == 3 else inputs.unsqueeze(0)
    found = []
    with torch.no_grad():
        step = max(1, 2**22 // (inputs.shape[1] * max(net.sizes)))
        for begin in range(0, len(parameters), step):
            rows = parameters[begin : begin + step].to(where)
            part = inputs if len(inputs) == 1 else inputs[begin : begin + step]
            found.append(nets.apply(net, rows, part.to(where, parameters.dtype)).cpu())
    return torch.cat(found)


def problem(
    net: nets.Mlp,
    loss: Loss,
    start: Tensor,
    x: Data,
    y: Data,
    training: Training,
    generators: Sequence[np.random.Generator] | None = None,
    validation: tuple[Data, Data] | None = None,
) -> Problem:
    """The whole task with everything checked, still where the user left it."""
    dtype = getattr(torch, training.dtype)
    data = _data(net, x, y, len(start), dtype, "x")
    checked = None if validation is None else _data(net, *validation, len(start), dtype, "validation x")
    if start.shape[1] != net.size:
        raise ValueError(f"`start` must have {net.size} columns for {net}, got {start.shape[1]}.")
    rates = training.learning_rate if isinstance(training.learning_rate, tuple) else (training.learning_rate,)
    if len(rates) not in (1, len(start)):
        raise ValueError(f"`learning_rate` must be one number or {len(start)}, got {len(rates)}.")
    if (training.projection or training.optimiser == "levenberg_marquardt") and loss is not squared:
        raise ValueError("`projection` and 'levenberg_marquardt' are for the loss `squared` only, got another one.")
    n = data[0].shape[1]
    batch = training.batch_size
    if batch is not None:
        if batch > n:
            raise ValueError(f"`batch_size` must be at most the {n} samples, got {batch}.")
        if generators is None or len(start) % len(generators):
            came = None if generators is None else len(generators)
            raise ValueError(f"`generators` must be one a replicate when `batch_size` is set, got {came}.")
    return Problem(
        net, loss, start.to(dtype), data[0], data[1], training, rates, generators if batch else None, checked
    )


def _data(net: nets.Mlp, x: Data, y: Data, starts: int, dtype: torch.dtype, name: str) -> tuple[Tensor, Tensor]:
    """(reps or 1, n, d) and (reps or 1, n, k), floating numbers in `dtype`."""
    inputs, target = torch.as_tensor(x).to(dtype), torch.as_tensor(y)
    target = target.to(dtype) if target.is_floating_point() else target
    inputs, target = (t if t.ndim == 3 else t.unsqueeze(0) for t in (inputs, target))
    if inputs.ndim != 3 or inputs.shape[2] != net.d_in:
        raise ValueError(f"`{name}` must be (reps, n, {net.d_in}) or (n, {net.d_in}), got {tuple(inputs.shape)}.")
    if target.ndim != 3 or target.shape[1] != inputs.shape[1]:
        raise ValueError(
            f"The responses of `{name}` must be (reps, {inputs.shape[1]}, k), got {tuple(target.shape)}; "
            "write y[..., None] for one response a sample."
        )
    if inputs.shape[1] == 0:
        raise ValueError(f"`{name}` has no samples, at least one is needed.")
    for rows in (len(inputs), len(target)):
        if rows == 0 or starts % rows:
            raise ValueError(f"`start` has {starts} rows, which is not a multiple of the {rows} replicates of data.")
    return inputs, target


def _known(name: str, value: object, allowed) -> None:
    if value not in allowed:
        raise ValueError(f"`{name}` must be one of {', '.join(allowed)}, got {value!r}.")


def _require(name: str, value: object, holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(f"`{name}` must be {what}, got {value!r}.")
