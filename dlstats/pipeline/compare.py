"""A method or loss from outside on the very replicates of an experiment, compared in pairs with the stored results of ours.

What it gives is kept apart from results and ledger, in `results/compared/`, with the digest of its file.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from dlstats import seeds
from dlstats.pipeline import foreign, grid, origins, registry, store, summaries
from dlstats.pipeline.rows import settled
from dlstats.protocol.factor import Condition
from dlstats.protocol.hints import said
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.study import Experiment
from dlstats.studies.frames import TEXT, by_level, by_replicate

FOLDER = "compared"


@dataclass(frozen=True)
class Comparison:
    """The experiment with what came from outside in it, its summary, and the replicates that it rests on."""

    study: str
    name: str
    experiment: Experiment
    foreign: foreign.Foreign
    summary: pd.DataFrame


def pluggable(names: Sequence[str] = ()) -> dict[str, Experiment]:
    """The experiments, of some studies or of all, that take something from outside, by `study.experiment`."""
    studies = names or registry.known()
    return {f"{s}.{i}": e for s in studies for i, e in registry.load(s).experiments.items() if e.plug}


def find(word: str, kind: str) -> tuple[str, str]:
    """Study and experiment of `STUDY.EXPERIMENT`; of `STUDY` the only experiment that takes a `kind` from outside.

    Raises LookupError for what is not there, and ValueError, with those that do, for what does not take it.
    """
    study, _, inner = word.partition(".")
    if inner:
        registry.experiment(word)
    able = [
        n for n, e in pluggable([study]).items() if e.plug and kind in e.plug.takes and n in (word, n * (not inner))
    ]
    if len(able) == 1:
        return study, able[0].partition(".")[2]
    listed = able or [n for n, e in pluggable().items() if e.plug and kind in e.plug.takes]
    what = "several experiments that take" if able else "no experiment that takes" if not inner else "none that takes"
    raise ValueError(f"`{word}` is {what} a {kind} from outside; there are {', '.join(listed)}.")


def compare(
    config: Mapping,
    study: str,
    inner: str,
    other: foreign.Foreign,
    results: Path,
    tell: Callable[[str], None] = print,
    device: str = "cpu",
) -> Comparison:
    """Run a method, or train by a loss, on all cells of the configuration, and summarise it beside ours.

    Raises Unusable when the results of ours are not there or not what the configuration asks for.
    """
    name, experiment = f"{study}.{inner}", registry.load(study).experiments[inner]
    files = origins.raw(config, study, results)[inner]
    if other.kind == "loss":
        _attempt(other, experiment, name, next(iter(files.values())))
    ours = {path: store.read(path, origins.required(origin)) for path, origin in files.items()}
    frames = []
    for (path, origin), say in zip(files.items(), told(name, len(files), tell), strict=True):
        replicates = [int(r) for r in ours[path]["replicate"].unique()]
        condition = grid.parse_cell_id(origin.cell, experiment, name)

        def block(streams: seeds.Streams, condition: Condition = condition) -> pd.DataFrame:
            make = _of_loss if other.kind == "loss" else _of_method
            return make(experiment, condition, streams, other, device).assign(**dict(condition.items()))

        rows = kept(experiment, origin, other, replicates, results, block)
        frames += [ours[path], rows.assign(study=study, experiment=inner, cell=origin.cell, seed=origin.seed)]
        say(f"{origin.cell}: {len(replicates)} replicates")
    given = {c for frame in frames[1::2] for c in frame}
    together = _with(experiment, other, given, registry.load(study).compared_by.rpartition(".")[2])
    raw = settled(pd.concat([f.dropna(axis=1, how="all") for f in frames], ignore_index=True), together)
    return Comparison(study, name, together, other, summaries.summarise(together, raw))


def _attempt(loss: foreign.Foreign, experiment: Experiment, name: str, origin: store.Origin) -> None:
    """Let a loss see the first replicate of a cell before any work."""
    assert experiment.plug is not None
    streams = seeds.Streams(origin.seed, experiment.streams or origin.study, [0])
    sample = experiment.plug.sample(grid.parse_cell_id(origin.cell, experiment, name), streams)
    foreign.attempt(loss, experiment.plug, sample.y)


def told(name: str, cells: int, tell: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    """For every cell what says that it is done, with the time that the others will take if they are like those before."""
    began = time.monotonic()
    for number in range(1, cells + 1):

        def say(text: str, number: int = number) -> None:
            passed = time.monotonic() - began
            left = f", {passed / number * (cells - number):.0f} s left" if number < cells else ""
            tell(f"{name} {text}; {number} of {cells} cells, {passed:.1f} s{left}")

        yield say


def _with(experiment: Experiment, other: foreign.Foreign, given: set[str], compared_by: str = "") -> Experiment:
    """The experiment with one more method and its contrasts with every other.

    Those are log ratios of the measure by which the study compares, and of what the experiment itself contrasts; of its first
    measure where that is nothing. `given` are the columns that the new method has: a measure that it lacks is one of the
    others alone.
    """
    named = [(m.column, m.statistic) for m in experiment.measures if m.column == compared_by]
    pairs = [*named, *((c.column, c.statistic) for c in experiment.contrasts if isinstance(c, Contrast))]
    pairs = pairs or [(experiment.measures[0].column, experiment.measures[0].statistic)]
    pairs = [pair for pair in dict.fromkeys(pairs) if pair[0] in given and pair[1] in RATIOS]
    contrasts = [Contrast(c, other.name, rival, "log_ratio", s) for c, s in pairs for rival in experiment.methods]
    methods = {other.name: other, **experiment.methods}
    measures = [_had(measure, other.name, list(experiment.methods), given) for measure in experiment.measures]
    return replace(experiment, methods=methods, measures=measures, contrasts=contrasts, slopes=(), plug=None)


def _had(measure: Measure, name: str, ours: list[str], given: set[str]) -> Measure:
    """The measure, with the new method among those that have it, or not."""
    where = dict(measure.where)
    method = where.get("method", ours)
    if measure.column not in given:
        return replace(measure, where=where | {"method": method}) if method is ours else measure
    if "method" in where and not callable(method):
        where["method"] = [*([method] if isinstance(method, str) else list(method)), name]  # type: ignore[call-overload]
    return replace(measure, where=where)


RATIOS = ("mean", "median", "geometric_mean")
"""Statistics of which two methods' ratio is taken."""


def kept(
    experiment: Experiment,
    origin: store.Origin,
    other: foreign.Foreign,
    replicates: Sequence[int],
    results: Path,
    block: Callable[[seeds.Streams], pd.DataFrame],
) -> pd.DataFrame:
    """The rows of what is from outside in a cell: those that are kept and still right, else computed by block and kept."""
    code = store.digest([origins.plug_of(origin.study, origin.experiment), other.digest])
    made = replace(origin, fingerprint=code, replicates=len(replicates))
    path = results / FOLDER / origin.study / origin.experiment / other.folder / f"{origin.cell}.parquet"
    if path.exists():
        try:
            return store.read(path, made)
        except store.Unusable as why:
            print(f"computed again: {why}", file=sys.stderr)
    name, frames = experiment.streams or origin.study, []
    for start in range(0, len(replicates), experiment.block):
        frames.append(block(seeds.Streams(origin.seed, name, replicates[start : start + experiment.block])))
    rows = pd.concat(frames, ignore_index=True)
    if (rows["status"] == "error").all():
        raise ValueError(f"`{other.name}` failed in every replicate of {origin.cell}: {rows['reason'].iloc[0]}")
    store.write(path, rows, made)
    return rows


def _of_method(experiment: Experiment, condition, streams: seeds.Streams, method: foreign.Foreign, device: str):
    """The rows of a block; where the method raises an error, a failure with that as its reason."""
    assert experiment.plug is not None
    plug = experiment.plug
    sample, began = plug.sample(condition, streams), time.process_time()
    given, reasons = np.full((*sample.new.shape[:2], *([len(plug.levels)] if plug.levels else [])), np.nan), []
    for r, rng in enumerate(sample.generators):
        try:
            given[r] = foreign.values(method, plug, sample.x[r], sample.y[r], sample.new[r], rng)
            reasons.append("")
        except (Exception, SystemExit) as error:
            reasons.append(said(error))
    seconds = (time.process_time() - began) / len(streams)
    with np.errstate(invalid="ignore"):
        columns = plug.judge(given, sample)
    columns |= {"reason": np.array(reasons, dtype=object), "status": np.where(np.array(reasons) == "", "ok", "error")}
    return _table(streams, method, plug.levels, columns).assign(seconds=seconds)


def _of_loss(experiment: Experiment, condition, streams: seeds.Streams, loss: foreign.Foreign, device: str):
    """The rows of a block of networks that are trained by the loss, as the experiment trains its own."""
    plug, began = experiment.plug, time.process_time()
    assert plug is not None
    assert plug.train is not None
    sample = plug.sample(condition, streams)
    given, columns = plug.train(condition, sample, loss.thing, streams, device)
    columns |= plug.judge(given, sample) | {"reason": ""}
    seconds = (time.process_time() - began) / len(streams)
    return _table(streams, loss, plug.levels, columns).assign(seconds=seconds)


def _table(streams: seeds.Streams, other: foreign.Foreign, levels: Sequence[float], columns: Mapping) -> pd.DataFrame:
    columns = {**TEXT, **columns}
    if levels:
        return by_replicate([by_level(streams, other.name, levels, columns)])
    return pd.DataFrame({"replicate": list(streams.replicates), "method": other.name} | columns)
