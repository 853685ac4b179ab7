"""Records: JSON files that say what the files beside them were made from, with a digest of each and a seal of the whole."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dlstats.pipeline import store


def write(path: Path, data: Mapping[str, Any], origin: Mapping[str, Any], files: Iterable[Path]) -> Path:
    """Write what `data` says, with the origin and the digests of `files`, which are named from the record's folder."""
    digests = {_relative(file, path.parent): store.sha(file.read_bytes()) for file in files}
    record = {**data, "origin": dict(origin), "files": dict(sorted(digests.items()))}
    text = json.dumps(record | {"seal": _seal(record)}, indent=1, ensure_ascii=False) + "\n"
    store.replace(path, lambda temporary: temporary.write_bytes(text.encode()))
    return path


def read(path: Path, origin: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a record says, once it and its files are right.

    Raises Damaged when the record or one of its files is not there or was changed, Unusable when `origin` is another.
    """
    if not path.exists():
        raise store.Missing(f"{path}: is not there")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        seal = record.pop("seal")
        stored, files = record["origin"], record["files"]
    except Exception as error:
        raise store.Damaged(f"{path}: not a record ({type(error).__name__})") from None
    if seal != _seal(record):
        raise store.Damaged(f"{path}: changed since it was written")
    store.compare(path, stored, origin or {})
    for name, digest in files.items():
        file = Path(os.path.normpath(path.parent / name))
        if not file.is_file() or store.sha(file.read_bytes()) != digest:
            raise store.Damaged(f"{file}: not what was written with {path.name}")
    return record | {"seal": seal}


def fault(path: Path) -> str:
    """Why a record that stands, or one of its files, is not as it was written; nothing when it is or is not there."""
    try:
        read(path)
    except store.Missing:
        return ""
    except store.Unusable as why:
        return str(why)
    return ""


def _seal(record: Mapping[str, Any]) -> str:
    return store.digest(json.loads(json.dumps(record)))


def _relative(file: Path, folder: Path) -> str:
    return Path(os.path.relpath(file, folder)).as_posix()
