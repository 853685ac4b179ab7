"""Failed replicates: how many, why, and what a summary would be had they been as bad as any that was seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def counts(frame: pd.DataFrame, by: Sequence[str] = ("cell", "method")) -> pd.DataFrame:
    """Rows of every status per group, one column a status, with `ok` and `failed` always there, also when 0."""
    by = list(by)
    group = frame.groupby(by, sort=False, dropna=False, observed=True)
    table = group["status"].value_counts().unstack(fill_value=0)
    order = frame.drop_duplicates(by).set_index(by).index
    table = table.reindex(order).rename_axis(columns=None)
    kinds = sorted(str(name) for name in table if name != "ok")
    ok = table["ok"] if "ok" in table else pd.Series(0, index=table.index)
    return table.assign(ok=ok, failed=table[kinds].sum(axis=1))[["ok", "failed", *kinds]].reset_index()


def reasons(frame: pd.DataFrame, by: Sequence[str] = ("cell", "method")) -> pd.DataFrame:
    """The failed rows counted by status and reason."""
    failed = frame[frame["status"] != "ok"]
    keys = [*by, "status", *(["reason"] if "reason" in frame else [])]
    return failed.groupby(keys, sort=False, dropna=False, observed=True).size().reset_index(name="rows")


def proportions(frame: pd.DataFrame, pairs: Sequence[tuple[str, str]]) -> dict[str, float]:
    """The proportion of failed rows of every (cell, method) in `pairs` that has any rows, named `cell method`."""
    if "status" not in frame or not pairs:
        return {}
    failed = (frame["status"] != "ok").groupby([frame["cell"], frame["method"]], sort=False).mean()
    return {
        f"{cell} {method}".strip(): float(failed[cell, method]) for cell, method in pairs if (cell, method) in failed
    }


def fill(frame: pd.DataFrame, columns: Sequence[str], side: str) -> pd.DataFrame:
    """Failed rows turned into `ok` ones with the lowest or highest value of the column seen in their cell.

    Over all methods of the cell; a column of zeros and ones takes 0 or 1. A cell in which nothing is seen stays failed.
    """
    if side not in ("lowest", "highest"):
        raise ValueError(f"`side` must be lowest or highest, got {side!r}.")
    filled = frame.copy()
    failed = (frame["status"] != "ok").to_numpy()
    for column in dict.fromkeys(name for name in columns if name in frame):
        numbers = frame[column].astype(float)
        seen = numbers.where(~failed & np.isfinite(numbers))
        measured = seen.groupby([frame["cell"], frame["method"]], sort=False).transform("count") > 0
        extreme = seen.groupby(frame["cell"], sort=False).transform("min" if side == "lowest" else "max")
        if seen.dropna().isin((0.0, 1.0)).all():
            extreme = extreme.where(extreme.isna(), 0.0 if side == "lowest" else 1.0)
        needs = (failed | (measured & ~np.isfinite(numbers))) & extreme.notna()
        filled[column] = numbers.mask(needs, extreme)
        filled.loc[needs & failed, "status"] = "ok"
    return filled
