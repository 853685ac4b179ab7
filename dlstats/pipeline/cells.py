"""Cells -> raw replicates, and one replicate again, compared with what is stored."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from dlstats import montecarlo, seeds
from dlstats.machine import gpus
from dlstats.pipeline import devices, grid, origins, registry, store
from dlstats.pipeline.progress import Progress
from dlstats.pipeline.rows import GIVEN, check_measures, settled
from dlstats.protocol.hints import short
from dlstats.protocol.study import Experiment


@dataclass(frozen=True)
class Run:
    """What a job computes: cells of one experiment with a root seed, up to `replicates` or to a target."""

    study: str
    experiment: str
    cells: tuple[str, ...]
    seed: int
    replicates: int
    results: Path
    device: str = "auto"
    target: tuple[str, float, int] | None = None
    many: bool = False
    """Whether the experiment has too many cells for one folder."""

    def place(self, path_of: Callable[..., Path], cell: str) -> Path:
        """The file of a cell, by `origins.raw_path` or `origins.kept_path`."""
        return path_of(self.results, self.study, self.experiment, grid.file(cell, self.many))


def simulate(run: Run, log: Path | None = None, tell: Callable[[str], None] = lambda cell: None) -> None:
    """Compute the raw file of every cell of the run, reusing replicates that are kept and still valid.

    `tell` is called with each cell before its work begins.
    A cell that fails does not stop the others; its error is raised at the end, the first of several. Wrong input and a
    disk that cannot be written stop at once.
    """
    name = f"{run.study}.{run.experiment}"
    experiment = registry.load(run.study).experiments[run.experiment]
    for cell in run.cells:
        grid.parse_cell_id(cell, experiment, name)
        for path_of in (origins.raw_path, origins.kept_path):
            _no_folder(run.place(path_of, cell))
    grid.check_target(run.target, run.replicates, experiment, name)
    digest = origins.code_of(run.study, run.experiment)
    failures: list[BaseException] = []
    with Progress(name, len(run.cells) * run.replicates, log) as progress:
        for cell in run.cells:
            progress.doing = cell
            tell(cell)
            origin = store.Origin(run.study, run.experiment, cell, run.seed, digest)
            done = progress.done
            try:
                frame = _grow(experiment, origin, run, progress)
                finished = replace(origin, replicates=run.replicates, target=origins.target_text(run.target))
                kept = store.header(run.place(origins.kept_path, cell))
                store.write(run.place(origins.raw_path, cell), frame, finished, kept.looks, kept.back_ends)
            except (ValueError, LookupError, OSError):
                raise
            except (Exception, SystemExit) as error:
                progress.say(f"{cell} failed, the other cells go on: {error!r}")
                failures.append(error)
            progress.done = done + run.replicates
        if failures:
            raise failures[0]


def _no_folder(path: Path) -> None:
    """Raise OSError for a folder in the place of a file, before anything is computed for it."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))


def looks(files: Mapping[str, Mapping[Path, store.Origin]]) -> dict[tuple[str, str], int]:
    """How often the replicates of each (experiment, cell) were looked at while they grew."""
    return {
        (inner, origin.cell): max(1, len(store.header(path, origins.required(origin)).looks))
        for inner, held in files.items()
        for path, origin in held.items()
    }


def _grow(experiment: Experiment, origin: store.Origin, run: Run, progress: Progress) -> pd.DataFrame:
    """The rows of a cell: kept ones first, new blocks until the replicates or the target are reached."""
    path = run.place(origins.kept_path, origin.cell)
    frame = _finished(path, origin, progress)
    kept = None if frame is None else store.header(path)
    looks, served = (list(kept.looks), set(kept.back_ends)) if kept else ([], set())
    schedule = [run.replicates]
    if run.target is not None:
        schedule = list(montecarlo.schedule(run.replicates, run.target[2]))
    for wanted in schedule:
        have = 0 if frame is None else frame["replicate"].nunique()
        for start in range(have, wanted, experiment.block):
            block = range(start, min(start + experiment.block, wanted))
            with devices.watching(run.study, run.experiment) as training:
                rows = simulate_block(experiment, origin, block, run.device)
            served |= training
            frame = rows if frame is None else _below(frame, rows)
            if block.stop < wanted:
                store.write(path, frame, origin, looks, sorted(served))
            progress.done += len(block)
        assert frame is not None
        if have < wanted or wanted not in looks:
            looks = sorted({*looks, wanted})
            store.write(path, frame, origin, looks, sorted(served))
        rows = frame[frame["replicate"] < wanted].reset_index(drop=True)
        if run.target is None or wanted == schedule[-1] or _target_met(rows, experiment, run.target):
            return rows
    raise AssertionError("the schedule is never empty")


def _below(frame: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows under those that there are, as if all had come at once: a column that holds nothing yet has no type."""
    held = [part.drop(columns=[c for c in part if part[c].isna().all()]) for part in (frame, rows)]
    names = list(frame.columns[: list(frame.columns).index("seconds") + 1])
    names += sorted({*frame.columns, *rows.columns}.difference(names))
    return pd.concat(held, ignore_index=True).reindex(columns=names)


def _finished(path: Path, origin: store.Origin, progress: Progress) -> pd.DataFrame | None:
    if not path.exists():
        return None
    try:
        return store.read(path, origin)
    except store.Unusable as why:
        progress.say(f"computed again: {why}")
        if isinstance(why, store.Damaged):
            print(f"dlstats simulate: computed again: {why}", file=sys.stderr, flush=True)
        return None


def _target_met(rows: pd.DataFrame, experiment: Experiment, target: tuple[str, float, int]) -> bool:
    measures = [m for m in experiment.measures if m.column == target[0]]
    lines = montecarlo.summarise(rows, measures[:1], by=["method", *experiment.keys])
    return bool((lines["mcse"] <= target[1]).all())


def simulate_block(
    experiment: Experiment, origin: store.Origin, block: Sequence[int], device: str = "cpu"
) -> pd.DataFrame:
    """Rows of a block of replicates with everything that identifies them: cell, factors, seed, keys, status, seconds.

    Raises ValueError when the experiment returns other replicates than asked for, a method or key that it does not
    declare, or an unknown status. `seconds` are processor time per replicate, so that other work on the machine does not
    count; on a GPU, where the processor only waits, they are wall time.
    """
    name = f"{origin.study}.{origin.experiment}"
    condition = grid.parse_cell_id(origin.cell, experiment, name)
    streams = seeds.Streams(origin.seed, experiment.streams or origin.study, list(block))
    clock = time.perf_counter if device != "cpu" and gpus.gpus() else time.process_time
    started = clock()
    rows = experiment.simulate(condition, streams, device)
    seconds = (clock() - started) / len(block)
    _check_rows(rows, experiment, block, name)
    rows = rows.reset_index(drop=True)
    labels = {"study": origin.study, "experiment": origin.experiment, "cell": origin.cell, **condition}
    labels |= {"seed": origin.seed, "replicate": rows["replicate"], "method": rows["method"]}
    labels |= {key: rows[key] for key in experiment.keys}
    labels |= {"status": rows.get("status", pd.Series("ok", index=rows.index)), "reason": rows.get("reason", "")}
    measured = rows[sorted(str(c) for c in rows if c not in labels)]
    measured = measured.astype({c: float for c in measured if measured[c].isna().all()})
    frame = pd.DataFrame(labels | {"seconds": seconds}, index=rows.index).join(measured)
    check_measures(frame, experiment, name)
    return settled(frame, experiment)


def _check_rows(rows: object, experiment: Experiment, block: Sequence[int], name: str) -> None:
    if not isinstance(rows, pd.DataFrame):
        raise ValueError(f"{name} must return a pandas.DataFrame, got {short(rows)}.")
    missing = [column for column in ("replicate", "method", *experiment.keys) if column not in rows]
    if missing:
        raise ValueError(f"{name} must return the column `{missing[0]}`, got {', '.join(map(str, rows)) or 'none'}.")
    if list(rows["replicate"].unique()) != list(block):
        raise ValueError(f"{name} must return replicates {block} in order, got {rows['replicate'].unique()}.")
    unknown = set(rows["method"]) - set(experiment.methods)
    if unknown:
        raise ValueError(f"{name} must declare its methods, got {', '.join(map(repr, sorted(unknown)))}.")
    twice = rows[rows.duplicated(["replicate", "method", *experiment.keys])]
    if len(twice):
        what = ", ".join(f"{c} {twice[c].iloc[0]}" for c in ("replicate", "method", *experiment.keys))
        raise ValueError(f"{name} must return one row per replicate, method and key, got several of {what}.")
    status = set(rows["status"]) - set(GIVEN) if "status" in rows else set()
    if status:
        raise ValueError(f"`status` must be one of {', '.join(GIVEN)}, got {', '.join(sorted(status))}.")


def read_raw(files: Mapping[Path, store.Origin], without: Collection[str] = ()) -> pd.DataFrame:
    """The rows of several cells of an experiment under each other, but for the columns `without`.

    Raises Unusable when a file is damaged or foreign, of another cell or seed, or computed by other code than is there now
    and stale results are not kept on purpose (`dlstats run --keep-stale`).
    """
    ((study, inner),) = {(origin.study, origin.experiment) for origin in files.values()}
    experiment = registry.load(study).experiments[inner]
    parts = [store.read(path, origins.required(origin), without) for path, origin in files.items()]
    rows = settled(pd.concat(parts, ignore_index=True), experiment)
    check_measures(rows, experiment, f"{study}.{inner}")  # which may have been declared since
    return rows


def computed_by(files: Mapping[Path, store.Origin]) -> str:
    """Fingerprints of the code that computed the files, with the word `stale` when it is not the code there now."""
    codes = {(store.read_origin(path).fingerprint, origin.fingerprint) for path, origin in files.items()}
    stale = any(had != now for had, now in codes)
    return ", ".join(sorted({had for had, _ in codes})) + (" (stale: the code has changed since)" if stale else "")


def trained_by(files: Iterable[Path]) -> list[str]:
    """The back ends that trained the networks of some cells, by name; none where nothing was trained or none is recorded."""
    return sorted({name for path in files for name in store.header(path).back_ends})


@dataclass(frozen=True)
class Replay:
    """One replicate computed again, alone, and what is stored of it."""

    again: pd.DataFrame
    stored: pd.DataFrame
    largest_difference: float
    same_bits: bool
    starts_equal: bool
    """Whether the digests of data and start (all text columns) are equal."""


def replay(study: str, inner: str, cell: str, replicate: int, results: Path, device: str = "auto") -> Replay:
    """Recompute one replicate alone. Raises Unusable or LookupError when there is nothing stored to compare with."""
    places = [origins.raw_path(results, study, inner, grid.file(cell, many)) for many in (False, True)]
    path = next((place for place in places if place.exists()), places[0])
    now = origins.code_of(study, inner)
    stored = store.read(path, {"study": study, "experiment": inner, "cell": cell, "fingerprint": now})
    origin = store.read_origin(path)
    stored = stored[stored["replicate"] == replicate].reset_index(drop=True)
    if stored.empty:
        raise LookupError(f"{path} holds no replicate {replicate}.")
    return compared(simulate_block(registry.load(study).experiments[inner], origin, [replicate], device), stored)


def compared(again: pd.DataFrame, stored: pd.DataFrame) -> Replay:
    """Rows that were computed again beside those of the same replicates that there were."""
    numbers = [c for c in again.select_dtypes("number") if c != "seconds"]
    a, b = again[numbers].to_numpy(float), stored[numbers].to_numpy(float)
    scale = np.maximum(1.0, np.abs(b))
    gap = np.where(np.isnan(a) & np.isnan(b), 0.0, np.abs(a - b) / scale)
    texts = [c for c in again if c not in numbers and c != "seconds"]
    equal = again[texts].astype(str).equals(stored[texts].astype(str))
    return Replay(again, stored, float(gap.max()), store.checksum(again) == store.checksum(stored), equal)
