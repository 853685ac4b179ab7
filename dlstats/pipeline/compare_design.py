"""The methods of an experiment on a design from outside: computed afresh, and kept apart from results and ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from dlstats import seeds
from dlstats.pipeline import foreign, grid, origins, registry, store, summaries
from dlstats.pipeline.compare import Comparison, kept, told
from dlstats.pipeline.rows import settled
from dlstats.protocol.factor import Condition
from dlstats.protocol.measure import LevelContrast, Slope, SlopeContrast
from dlstats.protocol.plug import Sample
from dlstats.protocol.study import Experiment

POINTS = 10_000
"""Points of which the variance of the noise is told where the design does not tell it."""


def compare(
    config: Mapping,
    study: str,
    inner: str,
    design: foreign.Foreign,
    results: Path,
    tell: Callable[[str], None] = print,
    device: str = "cpu",
) -> Comparison:
    """Run our methods on a design, at the conditions of the configuration in all that the design does not replace."""
    name, experiment = f"{study}.{inner}", registry.load(study).experiments[inner]
    plug = experiment.plug
    assert plug is not None
    assert plug.fit is not None
    fit, frames = plug.fit, []
    conditions, noise_sd = _conditions(config, study, inner), _noise_sd(design)
    code, seed = origins.code_of(study, inner), int(config["seed"])
    reduced = _reduced(experiment, plug.replaces)
    for (cell, replicates), say in zip(conditions.items(), told(name, len(conditions), tell), strict=True):
        levels = grid.parse_cell_id(cell, reduced, name)

        def block(streams: seeds.Streams, levels: Condition = levels) -> pd.DataFrame:
            sample = _sample(design, levels.n, plug.new_points, streams, noise_sd)
            rows = fit(levels, sample, streams, device)
            text = {c: rows.get(c, pd.Series(default, rows.index)) for c, default in (("status", "ok"), ("reason", ""))}
            return rows.assign(**text, **dict(levels.items()))

        origin = store.Origin(study, inner, cell, seed, code)
        rows = kept(experiment, origin, design, list(range(replicates)), results, block)
        frames.append(rows.assign(study=study, experiment=inner, cell=cell, seed=seed))
        say(f"{cell}: {replicates} replicates")
    raw = settled(pd.concat(frames, ignore_index=True), reduced)
    return Comparison(study, name, reduced, design, summaries.summarise(reduced, raw))


def _conditions(config: Mapping, study: str, inner: str) -> dict[str, int]:
    """The ids of the conditions in the other factors, and the largest number of replicates of each."""
    plug = registry.load(study).experiments[inner].plug
    assert plug is not None
    found: dict[str, int] = {}
    for cell in grid.experiment_cells(config, study, inner):
        levels = {factor: level for factor, level in cell.levels if factor not in plug.replaces}
        text = grid.cell_id(levels)
        found[text] = max(cell.replicates, found.get(text, 0))
    return found


def _reduced(experiment: Experiment, replaced: tuple[str, ...]) -> Experiment:
    """The experiment without the factors that the design replaces, and without what is said of them."""
    factors = {name: factor for name, factor in experiment.factors.items() if name not in replaced}
    measures = [
        replace(m, where={n: level for n, level in m.where.items() if n not in replaced}) for m in experiment.measures
    ]
    contrasts = [c for c in experiment.contrasts if not isinstance(c, LevelContrast) or c.factor in factors]
    slopes = [s for s in experiment.slopes if not isinstance(s, Slope | SlopeContrast) or s.over in factors]
    return replace(
        experiment, factors=factors, measures=measures, contrasts=contrasts, slopes=slopes, requires={}, plug=None
    )


def _sample(design: foreign.Foreign, n: int, points: int, streams: seeds.Streams, noise_sd: float) -> Sample:
    """Data and new points of the design. Raises ValueError for shapes or numbers that no method can take."""
    process, key = design.thing, {"design": design.name, "n": n}
    drawn = [process.sample(n, rng) for rng in streams.generators("data", **key)]
    x, y = (np.stack([np.asarray(part, float) for part in parts]) for parts in zip(*drawn, strict=True))
    new = streams.draw(lambda rng: np.asarray(process.inputs(points, rng), float), "new", **key)
    truth = np.stack([np.asarray(process.regression(one), float) for one in new])
    wanted = {"x": (n, x.shape[-1]), "y": (n,), "inputs": (points, x.shape[-1]), "regression": (points,)}
    for (name, shape), values in zip(wanted.items(), (x, y, new, truth), strict=True):
        if values.shape[1:] != shape or not np.isfinite(values).all():
            came = f"shape {values.shape[1:]}" if values.shape[1:] != shape else "some that are not"
            raise ValueError(
                f"`{name}` of the design `{design.name}` must have finite numbers of shape {shape}, got {came}."
            )
    return Sample(x, y, new, truth, streams.generators("baseline", **key), key, noise_sd)


def _noise_sd(design: foreign.Foreign) -> float:
    """What the design says, else the root of the mean square of y less the regression function, on data of no replicate.

    Raises ValueError for a design without noise.
    """
    own = getattr(design.thing, "noise_sd", None)
    if own is None:
        x, y = design.thing.sample(POINTS, np.random.default_rng(0))
        own = np.sqrt(np.mean((np.asarray(y) - np.asarray(design.thing.regression(x))) ** 2))
    if not 0 < float(own) < np.inf:
        raise ValueError(f"The design `{design.name}` must have noise of finite variance, got noise_sd = {own:g}.")
    return float(own)
