"""Learning-rate schedules: the factor on the learning rate as a pure function of the step."""

from __future__ import annotations

import math
from collections.abc import Callable

Schedule = Callable[[int, int], float]
"""The factor at step = 0, ..., steps − 1, of (step, steps)."""


def constant(step: int, steps: int) -> float:
    """1."""
    return 1.0


def linear(step: int, steps: int) -> float:
    """From 1 to 0 in a straight line, 1 − step / steps."""
    return 1 - step / steps


def cosine(step: int, steps: int) -> float:
    """(1 + cos(π step / steps)) / 2 [Loshchilov and Hutter 2017, eq. 5]."""
    return (1 + math.cos(math.pi * step / steps)) / 2


def onecycle(step: int, steps: int) -> float:
    """Cosine rise from 1/25 to 1 over 30 % of the steps, cosine fall to 1/250,000 [Smith and Topin 2018].

    Constants and phases of torch.optim.lr_scheduler.OneCycleLR; the momentum is left alone.
    """
    peak = max(0.3 * steps - 1, 1e-9)
    if step <= peak:
        return _between(1 / 25, 1.0, step / peak)
    return _between(1.0, 1 / 250_000, (step - peak) / max(steps - 1 - peak, 1e-9))


def step(step: int, steps: int) -> float:
    """1, then 1/10 from half of the steps on, then 1/100 from three quarters on."""
    return 0.1 ** ((2 * step >= steps) + (4 * step >= 3 * steps))


def _between(begin: float, end: float, fraction: float) -> float:
    return end + (begin - end) * (1 + math.cos(math.pi * fraction)) / 2


SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "linear": linear,
    "cosine": cosine,
    "onecycle": onecycle,
    "step": step,
}
"""By name, for tests of all of them; a training takes the function, so that a new one reruns nothing."""
