"""Which losses the kernel knows; every other one is differentiated by torch on the kernel's predictions."""

from __future__ import annotations

from dlstats.core.engine.contract import Problem
from dlstats.core.losses import regression

EXTERNAL = -1
KNOWN = {regression.squared: 0}
"""The Python function, which is the truth -> its number in losses.h."""


def of(problem: Problem) -> tuple[int, float]:
    """The kernel's number of the problem's loss and its parameter; EXTERNAL for a loss that lives in Python."""
    y = problem.y
    if not y.is_floating_point() or y.shape[2] != problem.net.d_out:
        return EXTERNAL, 0.0
    return KNOWN.get(problem.loss, EXTERNAL), 0.0
