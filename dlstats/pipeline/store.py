"""Files of results: written whole or not at all, and never read unless they are right and what was asked for.

The header of a file says what it was made from (its origin) and carries a checksum of its rows. A seal in it, the digest
of the whole file with the seal's own place filled by zeros, shows any byte that changed.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

PART = ".part"
"""Suffix of files that are being written; a killed job leaves them behind."""
_KEY = b"dlstats"
_SEAL = re.compile(rb'"seal": "([0-9a-f]{32})"')
_OPEN = b'"seal": "' + 32 * b"0" + b'"'


@dataclass(frozen=True)
class Origin:
    """What the rows of a cell were computed from: two results mix only when all of it agrees."""

    study: str
    experiment: str
    cell: str
    seed: int
    fingerprint: str
    replicates: int | None = None
    """Replicates asked for; None where they are kept to grow."""
    target: str = ""
    """Where to stop growing: measure, wanted Monte Carlo standard error, cap."""


@dataclass(frozen=True)
class Header:
    """What a file says of itself."""

    origin: Mapping[str, Any]
    checksum: str
    """Digest of the rows, see `checksum`."""
    looks: Sequence[int] = ()
    """Numbers of replicates at which a cell was finished, and so could be looked at."""
    csv: str = ""
    """Digest of the CSV file beside a table; empty where there is none."""
    back_ends: Sequence[str] = ()
    """Those that trained the networks of a cell; empty where none were trained, and in files from before it was recorded."""

    @property
    def content(self) -> str:
        """Digest of origin and rows: the same for two computations, however long they took."""
        return digest([self.origin, self.checksum])


class Unusable(ValueError):
    """A file that cannot be used as asked; the message says why."""


class Damaged(Unusable):
    """A file that is not whole, or not one of ours."""


class Missing(Damaged):
    """A file that is not there."""


def write(
    path: Path,
    frame: pd.DataFrame,
    origin: Origin | Mapping[str, Any],
    looks: Sequence[int] = (),
    back_ends: Sequence[str] = (),
) -> None:
    """Write the rows with their origin and checksum, under a temporary name first."""
    _write(path, frame, Header(plain(origin), checksum(frame), list(looks), back_ends=list(back_ends)))


def write_table(frame: pd.DataFrame, path: Path, origin: Mapping[str, Any]) -> None:
    """A table as Parquet, which keeps its types, and beside it as CSV, with the digits that read back to the same numbers."""
    text = frame.to_csv(index=False, lineterminator="\n").encode()
    replace(path.with_suffix(".csv"), lambda temporary: temporary.write_bytes(text))
    _write(path.with_suffix(".parquet"), frame, Header(plain(origin), checksum(frame), csv=sha(text)))


def _write(path: Path, frame: pd.DataFrame, head: Header) -> None:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    text = json.dumps(asdict(head)).encode()[:-1] + b", " + _OPEN + b"}"
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _KEY: text})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    data = sink.getvalue().to_pybytes()
    sealed = data.replace(_OPEN, f'"seal": "{_digest(data)}"'.encode())
    replace(path, lambda temporary: temporary.write_bytes(sealed))


def read(path: Path, origin: Origin | Mapping[str, Any] | None = None, without: Collection[str] = ()) -> pd.DataFrame:
    """The rows in `path`, but for the columns `without`. Raises Damaged when any byte changed or they are foreign, Unusable
    when of another origin.
    """
    table, head = _table(path, without)
    compare(path, head.origin, {} if origin is None else plain(origin))
    _check_csv(path, head)
    return table.to_pandas()


def header(path: Path, origin: Origin | Mapping[str, Any] | None = None) -> Header:
    """What the file in `path` says of itself; of `origin` what is given must agree. Raises as `read` does."""
    if not path.exists():
        raise Missing(f"{path}: is not there")
    state = path.stat()
    head = _header(path, (state.st_ino, state.st_size, state.st_mtime_ns))
    compare(path, head.origin, {} if origin is None else plain(origin))
    _check_csv(path, head)
    return head


def _check_csv(path: Path, head: Header) -> None:
    beside = path.with_suffix(".csv")
    if head.csv and not (beside.is_file() and sha(beside.read_bytes()) == head.csv):
        raise Damaged(f"{beside}: not what was written with {path.name}")


@functools.cache
def _header(path: Path, state: tuple[int, ...]) -> Header:
    return _table(path)[1]


def _table(path: Path, without: Collection[str] = ()) -> tuple[pa.Table, Header]:
    """The table and the header in `path`, once the seal is right; the columns `without` are not decoded."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise Missing(f"{path}: is not there") from None
    except OSError as error:
        raise Damaged(f"{path}: cannot be read ({error.strerror})") from None
    seals = _SEAL.findall(data)
    if len(seals) != 1:
        raise Damaged(f"{path}: not a file of results")
    if _digest(_SEAL.sub(_OPEN, data)) != seals[0].decode():
        raise Damaged(f"{path}: changed since it was written")
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        table = file.read(columns=[name for name in file.schema_arrow.names if name not in without])
        fields = json.loads(table.schema.metadata[_KEY])
        return table, Header(**{key: value for key, value in fields.items() if key != "seal"})
    except (pa.ArrowException, ValueError, KeyError, TypeError) as error:  # sealed all the same, by another version
        raise Damaged(f"{path}: not a file of results ({type(error).__name__})") from None


def compare(path: Path, stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Raises Unusable when the origin that was found in `path` is not the wanted one in all that the latter names."""
    other = [f"{k} {stored.get(k)} instead of {v}" for k, v in wanted.items() if stored.get(k) != v]
    if other:
        raise Unusable(f"{path}: made from {', '.join(other)}")


def read_origin(path: Path) -> Origin:
    """What the rows of a cell in `path` were computed from. Raises Damaged as `read` does."""
    try:
        return Origin(**header(path).origin)
    except TypeError:
        raise Damaged(f"{path}: not the rows of a cell") from None


def plain(origin: Origin | Mapping[str, Any]) -> dict[str, Any]:
    """An origin as a dictionary."""
    return asdict(origin) if isinstance(origin, Origin) else dict(origin)


def checksum(frame: pd.DataFrame) -> str:
    """Digest of the rows as they are read back, without `seconds`, the only column that may differ between two computations."""
    rows = pa.Table.from_pandas(frame, preserve_index=False).to_pandas().drop(columns="seconds", errors="ignore")
    digest = hashlib.sha256(json.dumps([[c, str(t)] for c, t in rows.dtypes.items()]).encode())
    digest.update(pd.util.hash_pandas_object(rows, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]


def digest(data: object) -> str:
    """Short SHA-256 of data in canonical JSON. Raises TypeError for what has no text of its own, such as a function."""
    return sha(json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_text).encode())


def _text(value: object) -> str:
    if callable(value) or (type(value).__str__ is object.__str__ and type(value).__repr__ is object.__repr__):
        raise TypeError(f"What is digested must have the same text in every process, got {value!r}.")
    return str(value)


def sha(content: bytes) -> str:
    """Short SHA-256 of the content of a file."""
    return hashlib.sha256(content).hexdigest()[:16]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def replace(path: Path, write_to: Callable[[Path], object]) -> None:
    """Let `write_to` fill a temporary file beside `path`, then move it into place: all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem[:80]}-{uuid.uuid4().hex}{PART}")
    try:
        write_to(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
