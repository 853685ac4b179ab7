"""How the claims of this family read their evidence: one value of one method, or a statistic over replicates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.protocol.study import Evidence


def value_of(method: str, column: str = "value", **factors: object):
    """Measure of an exact claim: the number of one method in the one cell with these factors."""

    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(method=method, **factors)
        return montecarlo.exact(float(rows[column].iloc[0]))

    return measure


def statistic_of(statistic: str, column: str, method: str, scale: float = 1.0, **factors: object):
    """Measure of a statistical claim: `scale` times a statistic of a column over the replicates of a method."""

    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(method=method, **factors)
        good = rows["status"] == "ok"
        return montecarlo.estimate(statistic, rows[column][good] * scale, failed=int(np.sum(~good.to_numpy())))

    return measure


def paired(column: str, first: str, second: str, **factors: object):
    """Measure of a paired contrast: the mean over replicates of `column` of `first` minus that of `second`.

    A replicate in which either failed counts as failed.
    """

    def measure(evidence: Evidence) -> Estimate:
        a, b = (_by_replicate(evidence.rows(method=m, **factors), column) for m in (first, second))
        return montecarlo.estimate("mean", (a - b).to_numpy())

    return measure


def _by_replicate(rows: pd.DataFrame, column: str) -> pd.Series:
    """The column indexed by cell and replicate, nan where the replicate failed."""
    index = pd.MultiIndex.from_arrays([rows["cell"], rows["replicate"]])
    return pd.Series(rows[column].where(rows["status"] == "ok").to_numpy(), index=index)
