"""A table of the report that a study makes itself, such as numbers from elsewhere beside its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dlstats.protocol.evidence import Evidence

Number = tuple[float, float]
"""A value and its Monte Carlo standard error."""


@dataclass(frozen=True)
class Tabulation:
    """`rows(evidence)` gives an entry for every column, words as they are or a number with its error. No verdict reads it."""

    name: str
    caption: str
    columns: Sequence[str]
    rows: Callable[[Evidence], Iterable[Sequence[str | Number]]]
    note: str = ""
    cites: Sequence[str] = ()
    """Keys of the bibliography from which numbers are."""
