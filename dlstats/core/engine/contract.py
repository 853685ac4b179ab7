"""What every back end takes and gives: a problem in, a fit out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from dlstats.core.nets import Mlp

if TYPE_CHECKING:
    from dlstats.core.train import Training

Loss = Callable[[Tensor, Tensor], Tensor]
"""Pure: (prediction, y) -> loss, (reps, n, d_out) and (reps, n, k) -> (reps, n, d_out or 1).

Pointwise as a rule; it may look at all samples of its replicate, never at another replicate."""


@dataclass(frozen=True)
class Problem:
    """Networks to train. Row s of `start` belongs to replicate s // (len(start) / len(x)) of the data."""

    net: Mlp
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
    """Trained networks, one row a start, on the CPU."""

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
    """`ok`, `diverged` (a loss or weight was not finite) or `not_converged`."""

    def rows(self, chosen: slice | np.ndarray) -> Fit:
        """The fit of the chosen rows."""
        return Fit(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


def joined(found: Sequence[Fit]) -> Fit:
    """Fits of blocks, end to end."""

    def join(name: str) -> Any:
        parts = [getattr(part, name) for part in found]
        return torch.cat(parts) if isinstance(parts[0], Tensor) else np.concatenate(parts)

    return Fit(**{field.name: join(field.name) for field in fields(Fit)})
