"""What a study gives at its smoke design, computed once per process, for the tests of studies."""

from __future__ import annotations

from functools import cache

import pandas as pd

from dlstats.pipeline import cells, grid, ledger, registry, store, summaries
from dlstats.protocol.evidence import Evidence

SEED = 1


def config(*studies: str) -> dict:
    """A configuration of the smoke design."""
    return {"design": "smoke", "seed": SEED, "studies": list(studies), "overrides": {}}


@cache
def inside(study: str, experiment: str) -> tuple[grid.Cell, ...]:
    """The cells of an experiment."""
    return tuple(grid.experiment_cells(config(study), study, experiment))


def block(study: str, cell: grid.Cell, replicates: range) -> pd.DataFrame:
    """Some replicates of a cell."""
    origin = store.Origin(study, cell.experiment, cell.id, SEED, "")
    return cells.simulate_block(registry.load(study).experiments[cell.experiment], origin, replicates)


@cache
def raw(study: str, experiment: str) -> pd.DataFrame:
    """All replicates of an experiment."""
    parts = [block(study, cell, range(cell.replicates)) for cell in inside(study, experiment)]
    return pd.concat(parts, ignore_index=True)


@cache
def tables(study: str) -> dict[str, pd.DataFrame]:
    """The summaries of a study."""
    found = registry.load(study).experiments
    return {name: summaries.summarise(found[name], raw(study, name)) for name in grid.design(config(study), study)}


def evidence(study: str, replicates: bool = True) -> Evidence:
    """What claims read, and with the replicates what figures read."""
    rows = (lambda name: raw(study, name)) if replicates else None
    return Evidence(tables(study), rows, experiments=registry.load(study).experiments)


@cache
def verdicts(study: str) -> pd.DataFrame:
    """The verdicts of a study, by claim."""
    return ledger.combine([ledger.measure(registry.load(study), evidence(study), 1.0)]).set_index("claim")
