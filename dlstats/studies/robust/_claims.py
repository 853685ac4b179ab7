"""How the claims of this family read their evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence

Reader = Callable[[Evidence], Estimate]


def value_of(method: str, column: str = "value", **factors: object) -> Reader:
    """An exact number: the one of a method in the one cell with these factors."""

    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(method=method, **factors)
        return montecarlo.exact(float(rows[column].iloc[0]))

    return measure


def largest(column: str = "difference", **factors: object) -> Reader:
    """The largest absolute value of a column over all rows with these factors, and which row it is."""

    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(**factors)
        values = rows.set_index("method")[column].dropna().abs()
        if values.empty:
            raise LookupError(f"No row has the column `{column}`.")
        note = f"worst of {len(values)}: {values.idxmax()}"
        return Estimate(float(values.max()), 0.0, 1, int((rows["status"] != "ok").sum()), note=note)

    return measure


def statistic_of(statistic: str, column: str, **factors: object) -> Reader:
    """A statistic of a column over the replicates with these factors (`method` among them)."""

    def measure(evidence: Evidence) -> Estimate:
        return estimated(statistic, evidence.rows(**factors), column)

    return measure


def estimated(statistic: str, rows: pd.DataFrame, column: str, **options: object) -> Estimate:
    """A statistic over rows; those that failed are counted and enter no estimate."""
    good = rows["status"] == "ok"
    return montecarlo.estimate(
        statistic, rows.loc[good, column].to_numpy(dtype=float), failed=int((~good).sum()), **options
    )


def slope_over(size: str, column: str, statistic: str, **factors: object) -> Reader:
    """The slope of log statistic on log `size` over the cells with these factors."""

    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(**factors)
        good = rows[rows["status"] == "ok"]
        groups = {n: group[column].to_numpy() for n, group in good.groupby(size)}
        failed = len(rows) - len(good)
        if len(groups) < 3:
            raise LookupError(f"A slope needs cells of three {size} or more, there are {len(groups)}.")
        return montecarlo.rate(list(groups), list(groups.values()), statistic, failed=failed).slope

    return measure


def by_replicate(rows: pd.DataFrame, column: str) -> pd.Series:
    """The column by cell and replicate, not a number where the replicate failed."""
    return rows[column].where(rows["status"] == "ok").set_axis(pd.MultiIndex.from_frame(rows[["cell", "replicate"]]))


def log_ratio_of(column: str, first: str, second: str, **factors: object) -> Reader:
    """log₁₀ of the ratio of the medians of two methods on shared data, in the cells with these factors."""

    def measure(evidence: Evidence) -> Estimate:
        a, b = (by_replicate(evidence.rows(method=m, **factors), column) for m in (first, second))
        joined = pd.concat([a, b], axis=1, keys=["a", "b"])
        return montecarlo.log_ratio(joined["a"], joined["b"])

    return measure


def log_median_of(column: str, **factors: object) -> Reader:
    """log₁₀ of the median of a column over the replicates with these factors."""

    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(**factors)
        return estimated("median", rows.assign(_log=np.log10(rows[column])), "_log")

    return measure


def worst_of(readers: Sequence[Reader], theory: float, margin: float, kind: str = "equivalence") -> Reader:
    """Of several measures that must all obey, the one that speaks most against it."""

    def measure(evidence: Evidence) -> Estimate:
        return montecarlo.worst([reader(evidence) for reader in readers], theory, margin, kind)

    return measure


def zero(name: str, statement: str, margin: float, measure: Reader, source: str, lecture: str = "") -> Claim:
    """An identity: what is measured is 0 to within `margin`."""
    return Claim(name, statement, "identity", 0.0, margin, measure, source, lecture)


def scalars(values: dict[str, tuple[float, float]]) -> list[dict]:
    """Rows of a table of checks: method -> (measured value, what theory gives), with their difference."""
    return [
        {"method": name, "value": float(v), "reference": float(t), "difference": float(v) - float(t)}
        if np.isfinite(v) or np.isfinite(t)
        else {"method": name, "value": float(v), "reference": float(t), "difference": 0.0 if v == t else np.nan}
        for name, (v, t) in values.items()
    ]
