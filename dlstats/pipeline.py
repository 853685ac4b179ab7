"""The arrows of the pipeline: cells -> raw -> summary -> verdicts. Each is one command; see `dlstats --help`."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dlstats import fingerprints, grid, ledger, store
from dlstats.core import montecarlo, seeds
from dlstats.progress import Progress
from dlstats.studies import study as studies

KEEP_STALE = "DLSTATS_KEEP_STALE"
"""Environment variable that `dlstats run --keep-stale` sets for its jobs."""
KEPT = ".replicates"
"""Folder in `results/` where replicates stay between runs: a killed job or a larger one goes on from there."""


@dataclass(frozen=True)
class Run:
    """What a job computes: cells of one study with a root seed, up to `replicates` or to a target."""

    study: str
    cells: tuple[str, ...]
    seed: int
    replicates: int
    results: Path
    device: str = "auto"
    target: tuple[str, float, int] | None = None


def simulate(run: Run, log: Path | None = None, tell: Callable[[str], None] = lambda cell: None) -> None:
    """Compute the raw file of every cell of the run, reusing replicates that are kept and still valid.

    `tell` is called with each cell before its work begins.

    A cell that fails does not stop the others; its error is raised at the end, the first of several. Wrong input and a
    disk that cannot be written stop at once.
    """
    study = studies.load(grid.study_module(run.study))
    digest = code_of(run.study)
    failures: list[Exception] = []
    with Progress(run.study, len(run.cells) * run.replicates, log) as progress:
        for cell in run.cells:
            progress.doing = cell
            tell(cell)
            origin = store.Origin(run.study, cell, run.seed, digest)
            done = progress.done
            try:
                frame = _grow(study, origin, run, progress)
                store.write(raw_path(run.results, run.study, cell), frame, origin)
            except (ValueError, LookupError, OSError):
                raise
            except Exception as error:
                progress.say(f"{cell} failed, the other cells go on: {error!r}")
                failures.append(error)
            progress.done = done + run.replicates
        if failures:
            raise failures[0]


@functools.cache
def code_of(study: str) -> str:
    """Fingerprint of the code that computes the cells of a study, taken once a process."""
    return fingerprints.fingerprint(grid.study_module(study), "simulate")


def raw_path(results: Path, study: str, cell: str) -> Path:
    """Where the raw rows of a cell stand."""
    return results / "raw" / study / f"{cell}.parquet"


def _grow(study: studies.Study, origin: store.Origin, run: Run, progress: Progress) -> pd.DataFrame:
    """The rows of a cell: kept ones first, new blocks until the replicates or the target are reached."""
    kept = run.results / KEPT / origin.study / f"{origin.cell}.parquet"
    frame = _kept(kept, origin, progress)
    schedule = [run.replicates]
    if run.target is not None:
        schedule = list(montecarlo.schedule(run.replicates, run.target[2]))
    for wanted in schedule:
        have = 0 if frame is None else frame["replicate"].nunique()
        for start in range(have, wanted, study.block):
            block = range(start, min(start + study.block, wanted))
            rows = simulate_block(study, origin, block, run.device)
            frame = rows if frame is None else pd.concat([frame, rows], ignore_index=True)
            store.write(kept, frame, origin)
            progress.done += len(block)
        assert frame is not None
        rows = frame[frame["replicate"] < wanted].reset_index(drop=True)
        if run.target is None or wanted == schedule[-1] or _target_met(rows, study, run.target):
            return rows
    raise AssertionError("the schedule is never empty")


def _kept(path: Path, origin: store.Origin, progress: Progress) -> pd.DataFrame | None:
    if not path.exists():
        return None
    try:
        return store.read(path, origin)
    except store.Unusable as why:
        progress.say(f"stale, computed again: {why}")
        return None


def _target_met(rows: pd.DataFrame, study: studies.Study, target: tuple[str, float, int]) -> bool:
    column, wanted, _ = target
    measures = [m for m in study.measures if m.column == column]
    if not measures:
        known = ", ".join(m.column for m in study.measures)
        raise LookupError(f"`target.measure` must be a measure of {study.name} ({known}), got {column!r}.")
    lines = montecarlo.summarise(rows, measures[:1], by=["method"])
    return bool((lines["mcse"] <= wanted).all())


def simulate_block(study: studies.Study, origin: store.Origin, block: Sequence[int], device: str) -> pd.DataFrame:
    """Rows of a block of replicates with everything that identifies them: cell, factors, seed, status, seconds.

    Raises ValueError when the study returns other replicates than asked for, or did not read a factor of the cell.
    """
    factors = grid.Factors(grid.parse_cell_id(origin.cell))
    started = time.perf_counter()
    rows = study.simulate(factors, seeds.Streams(origin.seed, study.name, list(block)), device)
    seconds = (time.perf_counter() - started) / len(block)
    if factors.unread:
        raise ValueError(f"{study.name} does not use `{'`, `'.join(factors.unread)}` in the cell {origin.cell}.")
    if list(rows["replicate"].unique()) != list(block):
        raise ValueError(f"{study.name} must return replicates {block} in order, got {rows['replicate'].unique()}.")
    measured = rows.drop(columns=["replicate", "method", "status", "reason"], errors="ignore")
    status = rows.get("status", pd.Series("ok", index=rows.index))
    unknown = set(status) - set(studies.STATUSES)
    if unknown:
        raise ValueError(f"`status` must be one of {', '.join(studies.STATUSES)}, got {', '.join(sorted(unknown))}.")
    about = {"study": study.name, "cell": origin.cell, **factors, "seed": origin.seed, "replicate": rows["replicate"]}
    about |= {"method": rows["method"], "status": status, "reason": rows.get("reason", ""), "seconds": seconds}
    return pd.DataFrame(about).join(measured)


def read_raw(files: Sequence[Path]) -> pd.DataFrame:
    """The rows of several cells of a study under each other.

    Raises Unusable when a file is damaged or foreign, when seeds differ, or when a file was computed by other code than is
    there now and stale results are not kept on purpose (`dlstats run --keep-stale`).
    """
    origins = [store.read_origin(path) for path in files]
    seeds_found = sorted({origin.seed for origin in origins})
    if len(seeds_found) > 1:
        raise store.Unusable(f"{files[0].parent}: computed with several seeds, {seeds_found}; run the study again")
    for path, origin in zip(files, origins, strict=True):
        now = code_of(origin.study)
        if origin.fingerprint != now and not os.environ.get(KEEP_STALE):
            raise store.Unusable(f"{path}: stale, computed by code {origin.fingerprint}, now it is {now}; run it again")
    return pd.concat([store.read(path) for path in files], ignore_index=True)


def computed_by(files: Sequence[Path]) -> str:
    """Fingerprints of the code that computed the files, with the word `stale` when it is not the code there now."""
    origins = [store.read_origin(path) for path in files]
    found = sorted({origin.fingerprint for origin in origins})
    stale = any(origin.fingerprint != code_of(origin.study) for origin in origins)
    return ", ".join(found) + (" (stale: the code has changed since)" if stale else "")


def summarise(study: studies.Study, raw: pd.DataFrame) -> pd.DataFrame:
    """One line per cell, method, measure and statistic: factors, estimate, mcse, interval, replicates, failed.

    A measure that a cell's method does not have (its column is empty though nothing failed) gives no line. Contrasts of
    the study follow, with both methods named and the statistic `log_ratio`.
    """
    names = factor_names(raw, study)
    parts = []
    for measure in study.measures:
        if measure.column not in raw:
            continue
        absent = raw.groupby(["cell", "method"], sort=False)[measure.column].transform(lambda v: v.isna().all())
        failed = raw.groupby(["cell", "method"], sort=False)["status"].transform(lambda s: (s != "ok").any())
        rows = raw[~absent | failed]
        if len(rows):
            parts.append(montecarlo.summarise(rows, [measure], by=["study", "cell", "method"]))
    summary = pd.concat([*parts, *_contrasts(study, raw)], ignore_index=True)
    factors = raw.drop_duplicates("cell")[["cell", *names]]
    order = {cell: place for place, cell in enumerate(factors["cell"])}
    summary = summary.merge(factors, on="cell", how="left")
    lead = ["study", "cell", *names]
    summary = summary[lead + [c for c in summary if c not in lead]]
    return summary.sort_values("cell", key=lambda c: c.map(order), kind="stable").reset_index(drop=True)


def _contrasts(study: studies.Study, raw: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """A line per cell and contrast whose methods it has; a replicate that failed in either counts as failed."""
    for column in dict.fromkeys(c.column for c in study.contrasts):
        names = {(c.method, c.against): c.name for c in study.contrasts if c.column == column}
        lines = montecarlo.log_ratios(raw, column, names, ["study", "cell"])
        if len(lines):
            pairs = [names[pair] for pair in zip(lines["method"], lines["against"], strict=True)]
            lines = lines.assign(method=pairs, measure=column, statistic=studies.LOG_RATIO)
            yield lines.drop(columns=["against", "p_value"])


def factor_names(raw: pd.DataFrame, study: studies.Study) -> list[str]:
    """The factors of the study's cells, in the order in which they appear."""
    found = dict.fromkeys(name for cell in raw["cell"].unique() for name in grid.parse_cell_id(cell))
    return list(found)


def judge(study: studies.Study, raw: pd.DataFrame, summary: pd.DataFrame, failed_share: float) -> pd.DataFrame:
    """One line per claim of the study."""
    return ledger.verdicts(study, studies.Evidence(raw, summary), failed_share)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table with the digits that read back to the same numbers, all or nothing."""
    store.replace(path, lambda temporary: frame.to_csv(temporary, index=False, lineterminator="\n"))


@dataclass(frozen=True)
class Replay:
    """One replicate computed again, alone, beside what is stored."""

    again: pd.DataFrame
    stored: pd.DataFrame
    largest_difference: float
    same_bits: bool
    starts_equal: bool
    """Whether the digests of data and start (all text columns) are equal."""


def replay(study_name: str, cell: str, replicate: int, results: Path, device: str = "auto") -> Replay:
    """Recompute one replicate alone. Raises Unusable or LookupError when there is nothing stored to compare with."""
    path = raw_path(results, study_name, cell)
    origin = store.read_origin(path)
    now = code_of(study_name)
    if origin.fingerprint != now:
        raise store.Unusable(f"{path}: computed by other code ({origin.fingerprint}) than is there now ({now})")
    stored = store.read(path)
    stored = stored[stored["replicate"] == replicate].reset_index(drop=True)
    if stored.empty:
        raise LookupError(f"{path} holds no replicate {replicate}.")
    study = studies.load(grid.study_module(study_name))
    again = simulate_block(study, origin, [replicate], device)
    numbers = [c for c in again.select_dtypes("number") if c != "seconds"]
    a, b = again[numbers].to_numpy(float), stored[numbers].to_numpy(float)
    scale = np.maximum(1.0, np.abs(b))
    gap = np.where(np.isnan(a) & np.isnan(b), 0.0, np.abs(a - b) / scale)
    words = [c for c in again if c not in numbers and c != "seconds"]
    equal = again[words].astype(str).equals(stored[words].astype(str))
    return Replay(again, stored, float(gap.max()), store.checksum(again) == store.checksum(stored), equal)
