"""The ledger at a glance, as data: counts of verdicts, and where every statistical claim stands relative to its margin."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from dlstats.protocol.verdict import VERDICTS

STRIP = ("claim", "family", "study", "origin", "verdict", "unit", "position", "lower", "upper")
NORMAL = 1.959964


def counts(ledger: pd.DataFrame, column: str, levels: Iterable[str]) -> pd.DataFrame:
    """Claims by the levels of a column (rows, in this order) and by verdict (columns), with their sum in `claims`."""
    words = [word for word in VERDICTS if (ledger["verdict"] == word).any()]
    table = pd.crosstab(ledger[column], ledger["verdict"]) if len(ledger) else pd.DataFrame()
    table = table.reindex(index=list(levels), columns=words, fill_value=0).astype(int)
    return table.assign(claims=table.sum(axis=1))


def strip(ledger: pd.DataFrame) -> pd.DataFrame:
    """Every claim with a Monte Carlo error and a verdict on its number: where the estimate stands, with its 95 % interval.

    An `equals` with a margin has the `unit` margin, position (estimate - theory)/margin, and agrees inside [-1, 1]. An
    `at_most` or `at_least` has the unit error: its distance beyond theory and margin over the Monte Carlo standard
    error, negative where the claim is obeyed.
    """
    numbers = ledger[["estimate", "mcse", "theory", "margin", "lower", "upper"]].astype(float)
    sure = (ledger["law"] != "exact") & np.isfinite(numbers["estimate"]) & (numbers["mcse"] > 0)
    equal = ledger["relation"] == "equals"
    kept = sure & (~equal | (numbers["margin"] > 0)) & (ledger["verdict"] != "not run")
    sign = np.where(ledger["relation"] == "at_least", -1.0, 1.0)
    border = numbers["theory"] + np.where(equal, 0.0, sign * numbers["margin"])
    scale = np.where(equal, numbers["margin"], numbers["mcse"])
    ends = {
        "lower": numbers["lower"].fillna(numbers["estimate"] - NORMAL * numbers["mcse"]),
        "upper": numbers["upper"].fillna(numbers["estimate"] + NORMAL * numbers["mcse"]),
    }
    with np.errstate(divide="ignore", invalid="ignore"):
        at = {name: sign * (end - border) / scale for name, end in {"position": numbers["estimate"], **ends}.items()}
    low, high = np.minimum(at["lower"], at["upper"]), np.maximum(at["lower"], at["upper"])
    table = ledger.assign(unit=np.where(equal, "margin", "error"), position=at["position"], lower=low, upper=high)
    return table.loc[kept, list(STRIP)].reset_index(drop=True)
