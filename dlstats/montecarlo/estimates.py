"""An estimate: the number, its Monte Carlo standard error, the replicates behind it and those that failed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LAWS = ("t", "binomial", "exact")
"""How an estimate spreads around the truth: Student's t on (value - truth) / mcse; a count of successes; or not at all:
computed without randomness, or a statement that must hold for every replicate."""


@dataclass(frozen=True)
class Estimate:
    """A number with its Monte Carlo standard error, the replicates behind it and those that failed.

    `mcse` is 0 for what was computed without randomness, and NaN where replicates do not tell it: one alone, or several that
    do not vary. `lower` and `upper` bound the 95 % interval.
    """

    value: float
    mcse: float
    replicates: int
    failed: int = 0
    lower: float = math.nan
    upper: float = math.nan
    note: str = ""
    df: float = math.nan
    """Degrees of freedom of the error; `replicates - 1` when it is NaN."""
    lack_of_fit: float = math.nan
    """p-value against the form that was fitted (a slope: against a straight line); small means pre-asymptotic."""
    law: str = "t"
    looked_at: int = 1
    """The estimate is the worst of so many: a refutation pays for the search (Bonferroni)."""

    def __post_init__(self) -> None:
        if self.law not in LAWS:
            raise ValueError(f"`law` must be one of {', '.join(LAWS)}, got {self.law!r}.")
        if self.mcse < 0:
            raise ValueError(f"`mcse` must be 0 or more, got {self.mcse}.")

    @property
    def degrees(self) -> float:
        """Degrees of freedom for a t quantile."""
        return max(1, self.replicates - 1) if math.isnan(self.df) else self.df

    @classmethod
    def of_line(cls, line: Mapping[str, Any]) -> Estimate:
        """The estimate that a line of a summary holds; `lack_of_fit` and `note` may be absent or empty (NaN)."""
        note = line.get("note", "")
        return cls(
            value=float(line["estimate"]),
            mcse=float(line["mcse"]),
            replicates=int(line["replicates"]),
            failed=int(line["failed"]),
            lower=float(line["lower"]),
            upper=float(line["upper"]),
            note=note if isinstance(note, str) else "",
            df=float(line["df"]),
            lack_of_fit=float(line.get("lack_of_fit", math.nan)),
            law=str(line["law"]),
        )

    def line(self) -> dict[str, Any]:
        """The line of a summary; `of_line` gives the estimate back, but for `looked_at`, which no line carries."""
        return {
            "estimate": self.value,
            "mcse": self.mcse,
            "df": self.df,
            "lower": self.lower,
            "upper": self.upper,
            "replicates": self.replicates,
            "failed": self.failed,
            "law": self.law,
            "lack_of_fit": self.lack_of_fit,
            "note": self.note,
        }

    def __str__(self) -> str:
        return f"{self.value:.4g} (mcse {self.mcse:.2g}, {self.replicates} replicates, {self.failed} failed)"


def exact(value: float, note: str = "") -> Estimate:
    """A number computed without randomness."""
    return Estimate(float(value), 0.0, 1, lower=float(value), upper=float(value), note=note, law="exact")
