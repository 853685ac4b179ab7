"""Old results of what is to be computed again from scratch: moved aside, and removed when the new ones stand.

Only a run that holds the lock of its folder may call this.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow.parquet as pq

from dlstats.pipeline import grid, origins, store

FOLDER = ".aside"
"""In `results/`, with the same layout inside."""


def begin(config: Mapping, again: str, results: Path) -> None:
    """Put in order what a killed run left, then move the replicates of `again` (study or study.experiment, or none) aside."""
    restore(results)
    study, _, inner = again.partition(".")
    for cell in grid.cells(config, study) if study else ():
        if inner in ("", cell.experiment):
            for path_of in (origins.raw_path, origins.kept_path):
                path = path_of(results, study, cell.experiment, cell.file)
                if path.exists():
                    old = results / FOLDER / path.relative_to(results)
                    old.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(path, old)


def sweep(*folders: Path) -> None:
    """Take away files that a killed run was writing."""
    for folder in folders:
        for left in folder.rglob(f".*{store.PART}"):
            left.unlink(missing_ok=True)


def restore(results: Path) -> None:
    """Put back every file in whose place no new one stands, or one of the same origin that did not come as far."""
    _put_back(results, lambda old, new: not new.exists() or _further(old, new))


def finish(results: Path) -> None:
    """The run has ended well: new results stand, and what it was told to leave out comes back."""
    _put_back(results, lambda old, new: not new.exists())


def _put_back(results: Path, wanted: Callable[[Path, Path], bool]) -> None:
    for old in sorted((results / FOLDER).rglob("*.parquet")):
        path = results / old.relative_to(results / FOLDER)
        if wanted(old, path):
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(old, path)
    shutil.rmtree(results / FOLDER, ignore_errors=True)


def _further(old: Path, new: Path) -> bool:
    try:
        before = store.read_origin(old)
    except store.Unusable:
        return False
    try:
        if before != store.read_origin(new):
            return False
    except store.Unusable:
        return True
    return pq.read_metadata(old).num_rows > pq.read_metadata(new).num_rows
