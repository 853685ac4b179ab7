"""Raw results on disk: one Parquet file a cell, written whole or not at all, and never read unless it is right.

A file carries what it was computed from (study, experiment, cell, seed, fingerprint of the code) and a checksum of its rows.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_KEY = b"dlstats"


@dataclass(frozen=True)
class Origin:
    """What rows were computed from: two results mix only when all of it agrees."""

    study: str
    experiment: str
    cell: str
    seed: int
    fingerprint: str


class Unusable(ValueError):
    """A file that cannot be used as asked; the message says why."""


def write(path: Path, frame: pd.DataFrame, origin: Origin, looks: Sequence[int] = ()) -> None:
    """Write the rows with their origin and checksum, under a temporary name first.

    `looks` are the numbers of replicates at which the cell was finished, and so could be looked at.
    """
    table = pa.Table.from_pandas(frame, preserve_index=False)
    about = asdict(origin) | {"checksum": checksum(frame), "looks": list(looks)}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _KEY: json.dumps(about).encode()})
    replace(path, lambda temporary: pq.write_table(table, temporary))


def read(path: Path, origin: Origin | None = None) -> pd.DataFrame:
    """The rows in `path`. Raises Unusable when they are damaged, foreign, or of another origin than asked."""
    try:
        table = pq.read_table(path)
        about = json.loads((table.schema.metadata or {})[_KEY])
        frame = table.to_pandas()
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        raise Unusable(f"{path}: not a raw result of dlstats ({type(error).__name__})") from None
    if about.get("checksum") != checksum(frame):
        raise Unusable(f"{path}: the rows do not match their checksum")
    if origin is not None:
        wanted = asdict(origin)
        other = [f"{key} {about.get(key)} instead of {wanted[key]}" for key in wanted if about.get(key) != wanted[key]]
        if other:
            raise Unusable(f"{path}: computed with {', '.join(other)}")
    return frame


def read_origin(path: Path) -> Origin:
    """What the rows in `path` were computed from. Raises Unusable as `read` does."""
    try:
        about = json.loads((pq.read_schema(path).metadata or {})[_KEY])
        return Origin(*(about[key] for key in ("study", "experiment", "cell", "seed", "fingerprint")))
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        raise Unusable(f"{path}: not a raw result of dlstats ({type(error).__name__})") from None


def read_looks(path: Path) -> list[int]:
    """The numbers of replicates at which a cell was finished; none for a file that is not there or not ours."""
    try:
        return json.loads((pq.read_schema(path).metadata or {})[_KEY]).get("looks", [])
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return []


def checksum(frame: pd.DataFrame) -> str:
    """Digest of the rows without `seconds`, the only column that may differ between two computations."""
    rows = frame.drop(columns="seconds", errors="ignore")
    digest = hashlib.sha256(json.dumps([[c, str(t)] for c, t in rows.dtypes.items()]).encode())
    digest.update(pd.util.hash_pandas_object(rows, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]


def replace(path: Path, write_to: Callable[[Path], object]) -> None:
    """Let `write_to` fill a temporary file beside `path`, then move it into place: all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem[:80]}-{uuid.uuid4().hex}{path.suffix}")
    try:
        write_to(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """A table as Parquet, which keeps its types, and beside it as CSV, with the digits that read back to the same numbers."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    replace(path.with_suffix(".parquet"), lambda temporary: pq.write_table(table, temporary))
    replace(path.with_suffix(".csv"), lambda temporary: frame.to_csv(temporary, index=False, lineterminator="\n"))


def read_table(path: Path) -> pd.DataFrame:
    """A table that `write_table` wrote. Raises Unusable when it is damaged or not there."""
    try:
        return pq.read_table(path.with_suffix(".parquet")).to_pandas()
    except (OSError, pa.ArrowException, ValueError) as error:
        raise Unusable(f"{path.with_suffix('.parquet')}: not a table of dlstats ({type(error).__name__})") from None
