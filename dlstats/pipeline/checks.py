"""Checks: exact identities and counts, computed once, each against what is expected to the bit or its margin."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dlstats.protocol import origin, verdict
from dlstats.protocol.study import Check, Study

COLUMNS = (
    "check family study statement relation theory margin found at values holds seconds origin cite source bears_on note"
).split()


def compute(study: Study, slow: bool = True) -> pd.DataFrame:
    """One row per check of the study, with the value that comes nearest to breaking it; slow ones only if asked."""
    rows = [_row(study, check) for check in study.checks if slow or not check.slow]
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(study: Study, check: Check) -> dict:
    started, expected = time.perf_counter(), check.expectation
    found = _values(check)
    seconds = time.perf_counter() - started
    excess = {name: verdict.deviation(expected.relation, v, expected.theory) for name, v in found.items()}
    at = max(excess, key=lambda name: math.inf if math.isnan(excess[name]) else excess[name])
    about = {"check": check.id, "family": study.family, "study": study.name, "statement": check.statement}
    about |= {"relation": expected.relation, "theory": expected.theory, "margin": expected.margin}
    about |= {"found": found[at], "at": at if len(found) > 1 else "", "values": len(found)}
    about |= {"holds": verdict.obeys(expected, found[at]), "seconds": seconds}
    about |= origin.columns(check.origin)
    return about | {"bears_on": ", ".join(check.bears_on), "note": ""}


def _values(check: Check) -> dict[str, float]:
    """What was computed, by name. Raises ValueError for a check that computes nothing."""
    found = check.compute()
    if isinstance(found, Mapping):
        named = {str(name): float(v) for name, v in found.items()}
    elif isinstance(found, Sequence | np.ndarray):
        named = {str(k): float(v) for k, v in enumerate(found)}
    else:
        named = {"": float(found)}
    if not named:
        raise ValueError(f"Check {check.id} must compute one number or more, got none.")
    return named
