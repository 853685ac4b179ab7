"""Statements on limits, and where what is found here was first seen."""

from __future__ import annotations

from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import Reader


def at_limit(reader: Reader, over: str) -> Reader:
    """What a limit is compared with: the largest level that was run, of five or more."""
    return reader.at_largest(over).at_least(**{over: 5})


def seen_in(study: str, seed: int = 20261120) -> Finding:
    """First seen in the run of a study with which the first ledger was made, or in one with another seed."""
    return Finding(f"{study}, seed {seed}")
