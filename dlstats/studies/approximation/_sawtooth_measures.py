"""How the sawtooth study measures its claims on its rows."""

from __future__ import annotations

import pandas as pd

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.protocol.study import Evidence
from dlstats.theory import sawtooth_floors as floors


def _extreme(rows: pd.DataFrame, values: pd.Series, side: int) -> Estimate:
    """The smallest (`side` -1) or largest (+1) of values that must all obey; failed replicates counted."""
    values = values.dropna()
    if values.empty:
        raise LookupError("No row has the values that the claim is about.")
    worst = float(values.min() if side < 0 else values.max())
    return Estimate(worst, 0.0, len(values), int((rows["status"] != "ok").sum()), note=f"worst of {len(values)}")


def worst(column: str, side: int = 1, methods: str = "", **factors: object):
    """Measure of a claim on the worst row of the cells with these factors and of the methods whose names begin with `methods`."""

    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(**factors)
        rows = rows[rows["method"].str.startswith(methods)]
        return _extreme(rows, rows[column], side)

    return measure


def never_differs(column: str, keep=None, **factors: object):
    """Measure of an identity: the largest absolute difference over all rows that `keep` lets through."""

    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(**factors)
        rows = rows if keep is None else rows[keep(rows)]
        return _extreme(rows, rows[column].abs(), 1)

    return measure


def least_sup_error(evidence: Evidence) -> Estimate:
    rows = evidence.rows(part="trained", method="shallow")
    rows = rows[rows["units"] <= 2.0 ** rows["compositions"] - 2]
    return _extreme(rows, rows["sup_error"], -1)


def least_above_floor(evidence: Evidence) -> Estimate:
    rows = evidence.rows(part="trained", method="shallow")
    sizes = zip(rows["compositions"], rows["units"], strict=True)
    floor = pd.Series([floors.l2_floor(int(n), int(units) + 1) for n, units in sizes], index=rows.index)
    return _extreme(rows, rows["mse"] - floor, -1)


def share_found(evidence: Evidence) -> Estimate:
    """Share of deep networks with two units a layer whose error is below a tenth of a constant's."""
    rows = evidence.rows(part="trained", method="deep")
    rows = rows[rows["units"] == 2 * rows["compositions"]]
    if rows.empty:
        raise LookupError("No cell has a deep network of two units a layer.")
    fine = rows[rows["status"] == "ok"]
    found = (fine["mse"] < floors.l2_floor(1, 1) / 10).astype(float)
    return montecarlo.estimate("proportion", found, failed=len(rows) - len(fine))
