"""What a study is: its ADEMP protocol, how it simulates, what it claims and what it shows.

A study module defines `simulate`, `MEASURES`, `CLAIMS`, `FIGURES` and `STUDY`. Everything of core that loads torch is
imported inside the functions that simulate, so that summaries, verdicts and the report read the module cheaply.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module

import pandas as pd

LOG_RATIO = "log_ratio"
"""The statistic of contrasts in a summary."""
STATUSES = ("ok", "diverged", "not_converged", "degenerate", "error")
"""Why a replicate counts (`ok`) or does not; a row keeps its status for ever."""


@dataclass(frozen=True)
class Measure:
    """A performance measure: the statistic of a column over replicates, and how to call it on an axis."""

    column: str
    label: str
    statistic: str = "mean"
    unit: str = ""
    options: Mapping[str, object] = field(default_factory=dict)
    """Passed to the statistic, such as the true value for `bias` or the level for `quantile`."""


@dataclass(frozen=True)
class Contrast:
    """Two methods on the same data: log₁₀ of the median of `column` of `method` over that of `against`, in every cell."""

    column: str
    method: str
    against: str
    label: str
    """How a table calls `against` at the head of its column."""

    @property
    def name(self) -> str:
        """The pair in the column `method` of a summary."""
        return f"{self.method} / {self.against}"


@dataclass(frozen=True)
class Figure:
    """A figure of the report: `draw(evidence, figure)` fills a matplotlib figure; the caption reads alone."""

    name: str
    caption: str
    draw: Callable
    width: str = "one-column"
    height: float = 2.6
    """Height in inches; the width is that of one or two journal columns."""


@dataclass(frozen=True)
class Study:
    """One question, in ADEMP's words (Morris, White and Crowther 2019)."""

    name: str
    family: str
    title: str
    aims: str
    mechanisms: str
    estimands: str
    methods: Mapping[str, str]
    measures: tuple[Measure, ...]
    simulate: Callable[..., pd.DataFrame]
    """`simulate(factors, streams, device)` -> rows of a block of replicates: columns `replicate`, `method`,
    optionally `status` and `reason`, and one column a measure."""
    claims: tuple
    figures: tuple[Figure, ...] = ()
    contrasts: tuple[Contrast, ...] = ()
    """Paired comparisons that the tables show."""
    limits: str = ""
    """What limits the answer, for the report."""
    block: int = 64
    """Replicates simulated at once."""


class Evidence:
    """What a claim or a figure reads: the replicates and the summary of one study; remembers the cells it used."""

    def __init__(self, replicates: pd.DataFrame, summary: pd.DataFrame) -> None:
        self.replicates = replicates
        self.summary = summary
        self.used: dict[str, None] = {}
        self.pairs: dict[tuple[str, str], None] = {}
        """The (cell, method) of every line that was read."""

    def forget(self) -> None:
        """Start to remember anew, for the next claim."""
        self.used, self.pairs = {}, {}

    def _remember(self, found: pd.DataFrame) -> pd.DataFrame:
        read = found[["cell", "method"]].drop_duplicates()
        self.used |= dict.fromkeys(read["cell"])
        self.pairs |= dict.fromkeys(zip(read["cell"], read["method"], strict=True))
        return found

    def rows(self, **factors: object) -> pd.DataFrame:
        """The replicates, failed ones included, of the cells (and `method`) that match; counts the cells as used.

        Raises LookupError when there is none.
        """
        return self._remember(_matching(self.replicates, factors))

    def table(self, **factors: object) -> pd.DataFrame:
        """The lines of the summary (also by `method`, `measure`, `statistic`) that match.

        Raises LookupError when there is none.
        """
        return self._remember(_matching(self.summary, factors))


def _matching(frame: pd.DataFrame, factors: Mapping[str, object]) -> pd.DataFrame:
    for name, level in factors.items():
        if name not in frame:
            raise LookupError(f"No cell has the factor `{name}`.")
        frame = frame[frame[name].isin(level) if isinstance(level, list | tuple) else frame[name] == level]
    if frame.empty:
        raise LookupError(f"No cell has {', '.join(f'{k}={v}' for k, v in factors.items())}.")
    return frame


def load(module: str) -> Study:
    """The study that a module defines. Raises LookupError when it defines none."""
    study = getattr(import_module(module), "STUDY", None)
    if not isinstance(study, Study):
        raise LookupError(f"{module} must define STUDY, a Study; got {type(study).__name__}.")
    return study
