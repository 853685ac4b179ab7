"""Which losses the kernel knows; every other one is differentiated by torch on the kernel's predictions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from torch import Tensor

from dlstats.losses import imbalance, quantile, regression, robust
from dlstats.training.contract import Loss

EXTERNAL = -1


@dataclass(frozen=True)
class Known:
    """A loss of the kernel: its place in losses.h, and the one parameter that it takes with its default."""

    number: int
    parameter: str = ""
    default: float = 0.0


KNOWN: dict[Callable[..., Tensor], Known] = {
    regression.squared: Known(0),
    robust.absolute: Known(1),
    quantile.pinball: Known(2, "level", 0.5),
    quantile.expectile: Known(3, "level", 0.5),
    robust.huber: Known(4, "threshold", 1.345),
    robust.log_cosh: Known(5),
    robust.cauchy: Known(6, "threshold", 2.385),
    robust.charbonnier: Known(7, "threshold", 1.0),
    robust.geman_mcclure: Known(8, "threshold", 3.787),
    robust.welsch: Known(9, "threshold", 2.985),
    robust.tukey: Known(10, "threshold", 4.685),
    imbalance.cross_entropy: Known(11),
}
"""The Python function, which is the truth -> what the kernel calls it; also within functools.partial."""


def of(loss: Loss, y: Tensor, d_out: int) -> tuple[int, float]:
    """The kernel's number of `loss` and its parameter; EXTERNAL for a loss that lives in Python."""
    given: dict[str, object] = {}
    while isinstance(loss, functools.partial):
        if loss.args:
            return EXTERNAL, 0.0
        given, loss = loss.keywords | given, loss.func
    known = KNOWN.get(loss) if isinstance(loss, Hashable) else None
    labels = loss is imbalance.cross_entropy
    if known is None or y.shape[2] != d_out or (labels and d_out > 1) or not (labels or y.is_floating_point()):
        return EXTERNAL, 0.0
    value = given.get(known.parameter, known.default)
    if given.keys() - {known.parameter} or not isinstance(value, int | float) or isinstance(value, bool):
        return EXTERNAL, 0.0
    return known.number, float(value)
