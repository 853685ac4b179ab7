"""Trained experiments at their smallest on a device beside the CPU, and a replicate alone beside its block."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pandas as pd

from dlstats import project
from dlstats.machine.acceptance.agreement import SEED, Subject, subjects
from dlstats.machine.acceptance.checks import Check
from dlstats.pipeline import cells, config, fingerprints, grid, origins, registry, store
from dlstats.protocol.hints import said
from dlstats.training import backends

PROFILE = "every"
"""The profile with the smallest design of every study."""
DEAREST = 1.0
"""Stated seconds of a cell at most; experiments of which every cell costs more are left out, and named."""
TOLERANCE = 1e-3
"""Largest relative difference after training, as that of `dlstats replay`; but see `FACTOR`."""
FACTOR = 10
"""How many times farther from the CPU than its two back ends are apart a device may be: where training magnifies
rounding, all three go their own ways."""


def checks(device: str, until: float) -> list[Check]:
    """Two checks of every experiment that trains for each back end, begun as long as `time.monotonic()` is below `until`."""
    made, dear, late = [], [], []
    for cell in sorted(_trained(), key=lambda cell: cell.packed):
        if cell.packed > DEAREST:
            dear.append(f"{cell.study}.{cell.experiment}")
        elif time.monotonic() < until:
            made += _attempt(cell, device)
        else:
            late.append(f"{cell.study}.{cell.experiment}")
    for why, names in (("they cost more than a second", dear), ("the time was up", late)):
        if names:
            made.append(Check("other studies", None, f"not begun, as {why}: {', '.join(names)}"))
    return made


def _trained() -> Iterator[grid.Cell]:
    settings = config.load(project.configuration(PROFILE))
    for study in settings["studies"]:
        for inner in grid.design(settings, study):
            if fingerprints.trains(registry.module(study), inner) == "yes":
                conditions = grid.experiment_cells(settings, study, inner)
                if conditions:
                    yield min(conditions, key=lambda cell: cell.packed)


def _attempt(cell: grid.Cell, device: str) -> list[Check]:
    try:
        return _check(cell, device)
    except Exception as error:
        return [Check(_name(cell), False, f"an error: {said(error)}")]


def _check(cell: grid.Cell, device: str) -> list[Check]:
    """Data, starts and statuses are equal, as far as they are on the CPU, and numbers as close as they can be asked to be."""
    every = range(max(2, cell.replicates))
    usual, _ = _rows(cell, Subject("cpu", "auto"), every)
    apart = cells.compared(_rows(cell, Subject("cpu", "torch"), every)[0], usual)
    allowed = max(TOLERANCE, FACTOR * apart.largest_difference)
    made = []
    for subject in subjects(device):
        (block, served), (again, _) = _rows(cell, subject, every), _rows(cell, subject, every[-1:])
        if subject.exact and subject.backend not in served:  # it leaves to torch what it cannot train
            named = f"{_name(cell)}, {subject.backend} on {device}"
            made.append(Check(named, None, f"not begun, as {' and '.join(sorted(served)) or 'nothing'} trained it"))
            continue
        alone = block[block["replicate"] == every[-1]].reset_index(drop=True)
        for what, one, other in (("beside the CPU", block, usual), ("a replicate alone", again, alone)):
            found = cells.compared(one, other)
            passed = (found.starts_equal or not apart.starts_equal) and found.largest_difference <= allowed
            words = "" if found.starts_equal else ", data, starts or statuses differ"
            detail = (
                f"largest relative difference {found.largest_difference:.2g}, required at most {allowed:.2g}{words}"
            )
            name = f"{_name(cell)}, {subject.backend} on {device}: {what}"
            made.append(Check(name, passed, detail, found.largest_difference, allowed))
    return made


def _name(cell: grid.Cell) -> str:
    return f"{cell.study}.{cell.experiment} {cell.id}"


def _rows(cell: grid.Cell, subject: Subject, replicates: Sequence[int]) -> tuple[pd.DataFrame, set[str]]:
    """The rows of some replicates, and the back ends that trained them."""
    experiment = registry.load(cell.study).experiments[cell.experiment]
    code = origins.code_of(cell.study, cell.experiment)
    origin = store.Origin(cell.study, cell.experiment, cell.id, SEED, code)
    with _trained_by(subject.backend), backends.watching() as served:
        return cells.simulate_block(experiment, origin, replicates, subject.device), served


@contextmanager
def _trained_by(backend: str) -> Iterator[None]:
    """Let a back end train what it can, and torch the rest."""
    before = os.environ.get("DLSTATS_BACKEND")
    os.environ["DLSTATS_BACKEND"] = backend
    try:
        yield
    finally:
        del os.environ["DLSTATS_BACKEND"]
        if before is not None:
            os.environ["DLSTATS_BACKEND"] = before
