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
    values = _values(check)
    seconds = time.perf_counter() - started
    excess = {name: verdict.deviation(expected.relation, v, expected.theory) for name, v in values.items()}
    at = max(excess, key=lambda name: math.inf if math.isnan(excess[name]) else excess[name])
    row = {"check": check.id, "family": study.family, "study": study.name, "statement": check.statement}
    row |= {"relation": expected.relation, "theory": expected.theory, "margin": expected.margin}
    row |= {"found": values[at], "at": at if len(values) > 1 else "", "values": len(values)}
    row |= {"holds": verdict.obeys(expected, values[at]), "seconds": seconds}
    row |= origin.columns(check.origin)
    return row | {"bears_on": ", ".join(check.bears_on), "note": ""}


def _values(check: Check) -> dict[str, float]:
    """What was computed, by name. Raises ValueError for a check that computes nothing."""
    result = check.compute()
    if isinstance(result, Mapping):
        values = {str(name): float(v) for name, v in result.items()}
    elif isinstance(result, Sequence | np.ndarray):
        values = {str(k): float(v) for k, v in enumerate(result)}
    else:
        values = {"": float(result)}
    if not values:
        raise ValueError(f"Check {check.id} must compute one number or more, got none.")
    return values
