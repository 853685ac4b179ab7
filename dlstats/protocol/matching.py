"""Which rows or lines of a table a condition means: a level, several levels, or a function of the level."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd


def matches(frame: pd.DataFrame, column: str, level: object) -> pd.Series:
    """Whether each row has the level in the column.

    A level is matched by equality, a list or tuple by membership, a function by what it says of the level; `line`
    is a function of the whole row, for conditions on several columns.
    """
    values = pd.Series(frame.to_dict("records"), frame.index, dtype=object) if column == "line" else frame[column]
    if callable(level):
        return values.map(level).fillna(False).astype(bool)
    if isinstance(level, list | tuple | set | frozenset | range):
        return values.isin(list(level))
    return (values == level).fillna(False).astype(bool)


def inside(frame: pd.DataFrame, where: Mapping[str, object]) -> pd.Series:
    """Whether each row is as all conditions ask."""
    keep = pd.Series(True, frame.index)
    for column, level in where.items():
        keep &= matches(frame, column, level)
    return keep
