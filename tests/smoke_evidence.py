"""What a study gives at the profile `every`, for the tests of studies."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from dlstats.pipeline import cells as pipeline
from dlstats.pipeline import config, grid, store
from dlstats.protocol import study as studies
from dlstats.seeds import Streams

PROFILE = Path(__file__).parent.parent / "config" / "every.yaml"


def cells(name: str) -> list[grid.Cell]:
    """The conditions of a study at the profile `every`."""
    return grid.cells(config.load(PROFILE), name)


def load(name: str) -> studies.Study:
    """The study of that name."""
    return studies.load(grid.study_module(name))


@cache
def raw(name: str) -> pd.DataFrame:
    """All replicates of a study at the profile `every`."""
    study = load(name)
    frames = [
        pipeline.simulate_block(study, store.Origin(name, cell.id, 1, ""), range(cell.replicates), "cpu")
        for cell in cells(name)
    ]
    return pd.concat(frames, ignore_index=True)


@cache
def ledger(name: str) -> pd.DataFrame:
    """The verdicts of a study at the profile `every`, by claim."""
    study, rows = load(name), raw(name)
    return pipeline.judge(study, rows, pipeline.summarise(study, rows), 1.0).set_index("claim")


def evidence(name: str) -> studies.Evidence:
    """What claims and figures of a study read at the profile `every`."""
    return studies.Evidence(raw(name), pipeline.summarise(load(name), raw(name)))


def alone_differs(name: str, cell: grid.Cell, replicate: int) -> float:
    """Largest relative difference between one replicate computed alone and the same one computed in its block."""
    study = load(name)
    alone = study.simulate(dict(cell.factors), Streams(1, name, [replicate]), "cpu")
    block = raw(name)
    block = block[(block["cell"] == cell.id) & (block["replicate"] == replicate)]
    columns = alone.select_dtypes("number").columns
    a, b = alone[columns].to_numpy(float), block[columns].to_numpy(float)
    gap = np.abs(a - b) / np.maximum(1, np.abs(b))
    return float(np.nanmax(np.where(np.isnan(a) & np.isnan(b), 0, gap)))
