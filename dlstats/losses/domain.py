"""The domains of losses: each refuses what lies outside in one line, with what is required and what came.

No loss broadcasts samples: predictions (n, 1) and responses (n,), which torch would make (n, n), are refused or told apart.

What a loss takes beside predictions is checked at every call, on the CPU; a CUDA device is not asked, since that would
make it wait. Training tries a loss on its responses on the CPU before any work (`training.problem`).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor


def constant(values: Sequence, like: Tensor) -> Tensor:
    """Numbers as a tensor of the type and on the device of `like`, made once: a GPU is sent nothing in later steps."""
    numbers = np.array(values, dtype=float)
    return _kept(numbers.tobytes(), numbers.shape, like.dtype, like.device)


@functools.lru_cache(maxsize=256)
def _kept(numbers: bytes, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.tensor(np.frombuffer(numbers).reshape(shape).tolist(), dtype=dtype, device=device)


def residual(prediction: Tensor, y: Tensor, one_column: bool = False) -> Tensor:
    """y − f of predictions and responses of one shape; with `one_column` y may have one for all outputs.

    Raises ValueError for any other shapes.
    """
    same = tuple(prediction.shape)
    _one_of([same, (*same[:-1], 1)] if one_column and len(same) > 1 else [same], prediction, y)
    return y - prediction


def _one_of(shapes: list[tuple[int, ...]], prediction: Tensor, y: Tensor) -> None:
    if tuple(y.shape) not in shapes:
        listed = " or ".join(dict.fromkeys(map(str, shapes)))
        raise ValueError(
            f"`y` must be of shape {listed} for predictions {tuple(prediction.shape)}, got {tuple(y.shape)}."
        )


def samples(loss: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A loss of predictions (reps, n, k) and y (reps, n, 1) that takes one problem too: (n, k) or (n,), and y (n,) or (n, 1).

    One problem is a replicate of its own, so that its numbers are the same, in the shape of y. Raises ValueError for
    any other shapes.
    """

    @functools.wraps(loss)
    def shaped(prediction: Tensor, y: Tensor, *arguments: object, **options: object) -> Tensor:
        came = tuple(prediction.shape)
        allowed = {1: [came], 2: [came[:1], (*came[:1], 1)], 3: [(*came[:2], 1)]}.get(len(came), [])
        if not allowed:
            raise ValueError(f"Predictions must be of shape (n,), (n, k) or (reps, n, k), got {came}.")
        _one_of(allowed, prediction, y)
        labels = y.long() if y.dtype == torch.bool else y
        if len(came) == 3:
            return loss(prediction, labels, *arguments, **options)
        one = loss(prediction.reshape(1, came[0], -1), labels.reshape(1, -1, 1), *arguments, **options)
        return one.reshape(y.shape)

    return shaped


def positive(**constants: float) -> None:
    """Raise ValueError unless every constant is positive and finite."""
    for name, value in constants.items():
        if not 0 < value < math.inf:
            raise ValueError(f"`{name}` must be positive and finite, got {value}.")


def at_least_zero(**constants: float) -> None:
    """Raise ValueError unless every constant is at least 0 and finite."""
    for name, value in constants.items():
        if not 0 <= value < math.inf:
            raise ValueError(f"`{name}` must be at least 0 and finite, got {value}.")


def finite(**constants: float) -> None:
    """Raise ValueError unless every constant is finite."""
    for name, value in constants.items():
        if not math.isfinite(value):
            raise ValueError(f"`{name}` must be finite, got {value}.")


def level(value: float | Tensor) -> None:
    """Raise ValueError unless a quantile level, or every one of a tensor, lies strictly between 0 and 1."""
    if isinstance(value, Tensor):
        outside = [] if value.device.type != "cpu" else value[~((value > 0) & (value < 1))].flatten().tolist()
    else:
        outside = [] if 0 < value < 1 else [value]
    if outside:
        more = f" and {len(outside) - 1} more" if len(outside) > 1 else ""
        raise ValueError(f"`level` must lie strictly between 0 and 1, got {outside[0]}{more}.")


KINDS: dict[str, Callable[[Sequence[float]], bool]] = {
    "positive": lambda values: min(values) > 0,
    "at least 0": lambda values: min(values) >= 0,
    "at least 0 and not all 0": lambda values: min(values) >= 0 and max(values) > 0,
    "finite": lambda values: True,
}
"""What the numbers of classes, all finite, may have to be."""
WEIGHTS = "at least 0 and not all 0"


def numbers(name: str, values: Sequence[float], kind: str) -> None:
    """Raise ValueError unless numbers, one per class of two or more, are finite and of a kind."""
    if len(values) < 2 or not all(map(math.isfinite, values)) or not KINDS[kind](values):
        raise ValueError(f"`{name}` must be {kind} for two classes or more, got {list(values)}.")


def per_class(name: str, values: Sequence[float], prediction: Tensor, kind: str) -> None:
    """Raise ValueError unless there is one number of a kind for each class of the predictions."""
    one_each(name, values, prediction)
    numbers(name, values, kind)


def one_each(name: str, values: Sequence, prediction: Tensor) -> None:
    """Raise ValueError unless there is one entry for each class of the predictions."""
    classes = max(2, prediction.shape[2])
    if len(values) != classes:
        raise ValueError(f"`{name}` must have an entry for each of {classes} classes, got {list(values)}.")


def one_logit(prediction: Tensor) -> None:
    """Raise ValueError unless predictions have one output."""
    if prediction.shape[2] != 1:
        raise ValueError(f"Predictions must have one logit, got {prediction.shape[2]}.")


def three_outputs(prediction: Tensor) -> None:
    """Raise ValueError unless predictions have three outputs."""
    if prediction.shape[2] != 3:
        raise ValueError(f"Predictions must have 3 outputs, location, shape and scale, got {prediction.shape[2]}.")


def labels(prediction: Tensor, y: Tensor) -> bool:
    """Whether every label is a class; with one logit a fraction between 0 and 1 is allowed too, the proportion of class 1.

    Raises ValueError for any other label. On a GPU, which is not asked, labels may be fractions unless their type is whole.
    """
    whole, classes = not y.is_floating_point(), max(2, prediction.shape[2])
    if y.device.type != "cpu" or y.numel() == 0:
        return whole
    if prediction.shape[2] == 1 and bool(((y == 0) | (y == 1)).all()):
        return True
    low, high = (float(v) for v in y.to(prediction.dtype).aminmax())
    whole = whole or bool((y == y.round()).all())
    if low >= 0 and high <= classes - 1 and (whole or classes == 2 > prediction.shape[2]):
        return whole
    allowed = "between 0 and 1" if prediction.shape[2] == 1 else f"the numbers 0, ..., {classes - 1} of the classes"
    raise ValueError(f"Labels must be {allowed}, got {'fractions ' if not whole else ''}from {low:g} to {high:g}.")


def of_labels(loss: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A loss of hard labels that checks them; for a fraction y of class 1 it is y loss(z, 1) + (1 − y) loss(z, 0).

    Its shapes are those of `samples`.
    """

    @samples
    @functools.wraps(loss)
    def checked(prediction: Tensor, y: Tensor, *arguments: object, **options: object) -> Tensor:
        if labels(prediction, y) or prediction.shape[2] > 1:
            return loss(prediction, y, *arguments, **options)
        one, none = (
            loss(prediction, make(prediction), *arguments, **options) for make in (torch.ones_like, torch.zeros_like)
        )
        y = y.to(prediction.dtype)
        return y * one + (1 - y) * none

    return checked
