"""A method from outside on the very replicates of an experiment, compared in pairs with the stored results of ours.

What it gives is kept apart from results and ledger, in `results/compared/`, with the digest of the method's file.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from dlstats import seeds
from dlstats.pipeline import foreign, grid, origins, registry, store, summaries
from dlstats.pipeline.rows import settled
from dlstats.protocol.measure import Contrast
from dlstats.protocol.study import Experiment

FOLDER = "compared"


@dataclass(frozen=True)
class Comparison:
    """The experiment with the method in it, its summary, and the replicates that it rests on."""

    study: str
    name: str
    experiment: Experiment
    method: foreign.Foreign
    summary: pd.DataFrame


def compare(
    config: Mapping, study: str, inner: str, method: foreign.Foreign, results: Path, tell: Callable[[str], None] = print
) -> Comparison:
    """Run a method on all cells of the configuration and summarise it beside ours.

    Raises ValueError for an experiment that takes no method from outside, and Unusable when the results of ours are not
    there or not what the configuration asks for.
    """
    name, experiment = f"{study}.{inner}", registry.load(study).experiments[inner]
    if experiment.plug is None:
        having = [f"{study}.{n}" for n, e in registry.load(study).experiments.items() if e.plug]
        raise ValueError(f"{name} takes no method from outside; of its study {', '.join(having) or 'none'} does.")
    files = origins.raw(config, study, results)[inner]
    ours = {path: store.read(path, origins.required(origin)) for path, origin in files.items()}
    frames = []
    for path, origin in files.items():
        stored, began = ours[path], time.monotonic()
        replicates = [int(r) for r in stored["replicate"].unique()]
        rows = _rows(experiment, origin, method, replicates, results)
        tell(f"{name} {origin.cell}: {len(replicates)} replicates, {time.monotonic() - began:.1f} s")
        frames += [stored, rows.assign(study=study, experiment=inner, cell=origin.cell, seed=origin.seed)]
    together = _with(experiment, method)
    raw = settled(pd.concat(frames, ignore_index=True), together)
    return Comparison(study, name, together, method, summaries.summarise(together, raw))


def _with(experiment: Experiment, method: foreign.Foreign) -> Experiment:
    """The experiment with one more method and its contrasts with every other, on every measure that is a ratio's."""
    statistics = dict.fromkeys((m.column, m.statistic) for m in experiment.measures if m.statistic in RATIOS)
    contrasts = [
        Contrast(column, method.name, other, "log_ratio", statistic)
        for column, statistic in statistics
        for other in experiment.methods
    ]
    methods = {method.name: method, **experiment.methods}
    return replace(experiment, methods=methods, contrasts=contrasts, slopes=(), plug=None)


RATIOS = ("mean", "median", "geometric_mean")
"""Statistics of which two methods' ratio is taken."""


def _rows(
    experiment: Experiment, origin: store.Origin, method: foreign.Foreign, replicates: Sequence[int], results: Path
) -> pd.DataFrame:
    """The rows of the method in a cell: those that are kept and still right, else computed block by block and kept."""
    made = replace(origin, fingerprint=store.digest([origin.fingerprint, method.digest]), replicates=len(replicates))
    folder = results / FOLDER / origin.study / origin.experiment / method.name
    path = folder / f"{origin.cell}.parquet"
    if path.exists():
        try:
            return store.read(path, made)
        except store.Unusable as why:
            print(f"computed again: {why}", file=sys.stderr)
    condition = grid.parse_cell_id(origin.cell, experiment, f"{origin.study}.{origin.experiment}")
    frames = []
    for start in range(0, len(replicates), experiment.block):
        block = replicates[start : start + experiment.block]
        streams = seeds.Streams(origin.seed, experiment.streams or origin.study, block)
        frames.append(_block(experiment, condition, streams, method).assign(**dict(condition.items())))
    rows = pd.concat(frames, ignore_index=True)
    if (rows["status"] == "error").all():
        raise ValueError(f"`{method.name}` failed in every replicate of {origin.cell}: {rows['reason'].iloc[0]}")
    store.write(path, rows, made)
    return rows


def _block(experiment: Experiment, condition, streams: seeds.Streams, method: foreign.Foreign) -> pd.DataFrame:
    """One row per replicate; where the method raises an error, a failure with that as its reason."""
    assert experiment.plug is not None
    sample, began = experiment.plug.sample(condition, streams), time.process_time()
    given, reasons = np.full(sample.truth.shape, np.nan), []
    for r, rng in enumerate(sample.generators):
        try:
            given[r] = foreign.values(method, sample.x[r], sample.y[r], sample.new[r], rng)
            reasons.append("")
        except Exception as error:
            reasons.append(" ".join(f"{type(error).__name__}: {error}".split()))
    seconds = (time.process_time() - began) / len(streams)
    columns = experiment.plug.judge(given, sample.truth)
    rows = pd.DataFrame({"replicate": list(streams.replicates), "method": method.name, "reason": reasons} | columns)
    return rows.assign(status=np.where(rows["reason"] == "", "ok", "error"), seconds=seconds)
