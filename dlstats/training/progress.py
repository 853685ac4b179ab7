"""How far a fit is, in a line every few seconds."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import numpy as np

from dlstats.training.contract import Fit

PAUSE = 5.0
"""Seconds between two lines."""


class Progress:
    """Counts what is trained and logs it, at most every few seconds and never of a fit that is done sooner."""

    def __init__(self, total: int, say: Callable[[str], None] | None) -> None:
        """Before the first block; without `say`, the lines go to the logger `dlstats`."""
        self.say = say or logging.getLogger("dlstats").info
        self.total, self.done, self.diverged = total, 0, 0
        self.losses: list[np.ndarray] = []
        self.begin = self.said = time.monotonic()

    def add(self, block: Fit) -> None:
        """A block is trained."""
        self.done += len(block.loss)
        self.diverged += int((block.status == "diverged").sum())
        self.losses.append(block.loss[np.isfinite(block.loss)])
        now = time.monotonic()
        if now - self.said >= PAUSE:
            self.said = now
            self.say(self.line(now - self.begin))

    def line(self, seconds: float) -> str:
        """Replicates done, quantiles of their losses, how many diverged and the seconds left."""
        losses = np.concatenate([*self.losses, np.empty(0)])
        low, middle, high = np.quantile(losses, [0.1, 0.5, 0.9]) if len(losses) else [np.nan] * 3
        left = seconds * (self.total - self.done) / max(self.done, 1)
        return (
            f"{self.done:,} of {self.total:,} trained, loss {middle:.3g} (10 % {low:.3g}, 90 % {high:.3g}), "
            f"{self.diverged} diverged, {left:.0f} s left"
        )
