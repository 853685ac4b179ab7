"""Training of independent networks, one per replicate: what is asked, what comes back, and the entry to the back ends."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dlstats import nets
from dlstats.losses.regression import squared
from dlstats.training import backends, outcome
from dlstats.training.contract import Fit, Loss, Problem, Training, joined
from dlstats.training.device import resolve
from dlstats.training.progress import Progress
from dlstats.training.torch_backend.backpropagation import checked as shaped

__all__ = ["best_of", "fit", "predict", "problem"]

Data = np.ndarray | Tensor


def fit(
    net: nets.Mlp | nets.Wrapped,
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
    may hold K rows per replicate, its restarts, consecutive. `loss(prediction, y)` is pointwise, (reps, n, d_out) and
    (reps, n, k) -> (reps, n, d_out or 1), and is tried on all responses first, on the CPU. `generators`, one per
    replicate, order the minibatches. `validation` is a pair like (x, y). Blocks of replicates are trained after each
    other; their size changes no result. `device` `auto` takes a GPU where there is one and the networks are enough to
    be worth it (`dlstats.training.device.WORTH`). `progress` gets a line every few seconds, by default the logger `dlstats`.
    `backend` is `torch`, `lanes`, `cuda` or `auto`: see `dlstats.training.backends`.
    """
    task = problem(net, loss, start, x, y, training, generators, validation)
    where = resolve(device, len(start) * (training.batch_size or task.x.shape[1]) * net.size)
    parts, report = [], Progress(len(start), progress)
    for part in backends.fits(task, where, backend):
        parts.append(part)
        report.add(part)
    return outcome.with_status(task, joined(parts), where)


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
    net: nets.Mlp | nets.Wrapped, parameters: Float[Tensor, "reps p"], x: Data, device: str = "auto"
) -> Float[Tensor, "reps n d_out"]:
    """The networks at `x`, (reps, n, d_in) or (n, d_in) for all, on the CPU when returned.

    Each network is computed alone, from memory of its own: products of matrices are rounded by how many there are in a
    batch and by where they lie, and a network has the same bits in every block.
    """
    inputs = torch.as_tensor(x)
    inputs = inputs if inputs.ndim == 3 else inputs.unsqueeze(0)
    where = resolve(device, inputs.shape[1] * net.size)
    outputs = []
    with torch.no_grad():
        for row in range(len(parameters)):
            own = inputs[row if len(inputs) > 1 else 0].to(where, parameters.dtype, copy=True)
            outputs.append(nets.apply(net, parameters[row : row + 1].to(where, copy=True), own.unsqueeze(0)).cpu())
    return torch.cat(outputs)


def problem(
    net: nets.Mlp | nets.Wrapped,
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
    if isinstance(net, nets.Wrapped) and (training.projection or training.optimiser == "levenberg_marquardt"):
        raise ValueError("`projection` and 'levenberg_marquardt' are for an `Mlp`, got a module of torch.")
    n = data[0].shape[1]
    batch = training.batch_size
    if batch is not None:
        if batch > n:
            raise ValueError(f"`batch_size` must be at most the {n} samples, got {batch}.")
        if generators is None or len(start) % len(generators):
            came = None if generators is None else len(generators)
            raise ValueError(f"`generators` must be one per replicate when `batch_size` is set, got {came}.")
    for _, y in filter(None, (data, checked)):
        _try(loss, y, net.d_out, dtype)
    return Problem(
        net, loss, start.to(dtype), data[0], data[1], training, rates, generators if batch else None, checked
    )


def _try(loss: Loss, y: Tensor, d_out: int, dtype: torch.dtype) -> None:
    """Let a loss see its responses before any work, at predictions of 0: it refuses those outside its domain.

    Raises ValueError too for a loss without a gradient, or whose values are not one per sample.
    """
    if not callable(loss):
        raise ValueError(f"`loss` must be a function of prediction and y, got {loss!r}.")
    with contextlib.suppress(ValueError):  # of what has no signature
        try:
            inspect.signature(loss).bind(y, y)
        except TypeError as error:
            raise TypeError(f"`loss` must take prediction and y, and nothing more: {error}.") from None
    with torch.enable_grad():
        prediction = torch.zeros(*y.shape[:2], d_out, dtype=dtype, requires_grad=True)
        found = loss(prediction, y.cpu())
        if not isinstance(found, Tensor):
            raise ValueError(f"`loss` must return a tensor, got {type(found).__name__}.")
        pointwise = shaped(found, prediction)
    if not pointwise.requires_grad:
        raise ValueError("`loss` must have a gradient in the predictions, got one without.")


def _data(
    net: nets.Mlp | nets.Wrapped, x: Data, y: Data, starts: int, dtype: torch.dtype, name: str
) -> tuple[Tensor, Tensor]:
    """(reps or 1, n, d) and (reps or 1, n, k), floating numbers in `dtype`."""
    inputs, target = torch.as_tensor(x).to(dtype), torch.as_tensor(y)
    target = target.to(dtype) if target.is_floating_point() else target
    came = tuple(inputs.shape), tuple(target.shape)
    inputs, target = (t if t.ndim == 3 else t.unsqueeze(0) for t in (inputs, target))
    if inputs.ndim != 3 or inputs.shape[2] != net.d_in:
        raise ValueError(f"`{name}` must be (reps, n, {net.d_in}) or (n, {net.d_in}), got {came[0]}.")
    if target.ndim != 3 or target.shape[1] != inputs.shape[1]:
        raise ValueError(
            f"The responses of `{name}` must be (reps, {inputs.shape[1]}, k), got {came[1]}; "
            "write y[..., None] for one response a sample."
        )
    if inputs.shape[1] == 0:
        raise ValueError(f"`{name}` has no samples, at least one is needed.")
    for rows in (len(inputs), len(target)):
        if rows == 0 or starts % rows:
            raise ValueError(f"`start` has {starts} rows, which is not a multiple of the {rows} replicates of data.")
    return inputs, target
