"""Replicates -> estimate, Monte Carlo standard error, count and failures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A number with its Monte Carlo standard error, the replicates behind it and those that failed.

    `mcse` is 0 for what was computed without randomness. `lower` and `upper` bound the 95 % interval.
    """

    value: float
    mcse: float
    replicates: int
    failed: int = 0
    lower: float = float("nan")
    upper: float = float("nan")
