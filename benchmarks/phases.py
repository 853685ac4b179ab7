"""What the core time of a profile is spent on: `python -m benchmarks.phases standard`.

Of every experiment the costliest cell is simulated for a few seconds, in this process, while a thread looks every 5 ms at
which room of the package works; the proportions, times the expected cost of the experiment, are added up. Prints a table in
Markdown, in per cent of the core time of each family.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType

import pandas as pd
import torch

import dlstats
from dlstats.pipeline import cells, config, grid, registry, store

HOME = Path(dlstats.__file__).parent
PHASES = {"dgp": "data", "seeds.py": "data", "training": "training", "methods": "rivals", "measures": "measures"}
"""The room that works, from the outside in, and what it works at; within `training`, `predict` is told apart."""
PHASES |= {"theory": "measures", "montecarlo": "measures"}
OTHER = "the study's own code"
COLUMNS = ("training", "data", "rivals", "prediction", "measures", OTHER)
EVERY = 0.005
"""Seconds from one look to the next."""


def phase(frame: FrameType | None) -> str:
    """What a stack of Python frames works at."""
    stack = []
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(HOME):
            stack.append((path.relative_to(HOME).parts[0], frame.f_code.co_name))
        frame = frame.f_back
    for room, function in reversed(stack):
        if room in PHASES:
            return "prediction" if room == "training" and function == "predict" else PHASES[room]
    return OTHER


class Watch(threading.Thread):
    """A thread that counts the seconds that another spends in every phase, until it is told to stop."""

    def __init__(self, watched: int) -> None:
        super().__init__(daemon=True)
        self.watched, self.seconds, self.over = watched, Counter(), threading.Event()

    def run(self) -> None:
        before = time.perf_counter()
        while not self.over.wait(EVERY):
            now = time.perf_counter()
            self.seconds[phase(sys._current_frames().get(self.watched))] += now - before
            before = now


def watched(study: str, inner: str, cell: str, seed: int, seconds: float) -> Counter:
    """Seconds in each phase while blocks of a cell are simulated for at least so long; a first replicate is not counted."""
    experiment, origin = registry.load(study).experiments[inner], store.Origin(study, inner, cell, seed, "")
    cells.simulate_block(experiment, origin, [0])
    watch = Watch(threading.get_ident())
    watch.start()
    began, replicate = time.perf_counter(), 1
    while time.perf_counter() - began < seconds:
        cells.simulate_block(experiment, origin, range(replicate, replicate + 4))
        replicate += 4
    watch.over.set()
    watch.join()
    return watch.seconds


def main() -> None:
    """Watch and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("profile")
    parser.add_argument("--seconds", type=float, default=2.0, help="of every experiment")
    options = parser.parse_args()
    torch.set_num_threads(1)
    settings = config.load(Path("config") / f"{options.profile}.yaml")
    lines = []
    for study in settings["studies"]:
        for inner in grid.design(settings, study):
            inside = grid.experiment_cells(settings, study, inner)
            costliest = max(inside, key=lambda cell: cell.seconds)
            found = watched(study, inner, costliest.id, settings["seed"] + 1, options.seconds)
            cost, whole = sum(cell.cost for cell in inside), found.total()
            lines.append({"family": registry.family(study)} | {p: cost * s / whole for p, s in found.items()})
    table = pd.DataFrame(lines).fillna(0.0).groupby("family", sort=False).sum().reindex(columns=COLUMNS, fill_value=0.0)
    table.loc["all"] = table.sum()
    print(f"| {options.profile}: family | core seconds | {' | '.join(COLUMNS)} |\n|---|---|{'---|' * len(COLUMNS)}")
    for name, row in table.iterrows():
        parts = " | ".join(f"{100 * row[p] / row.sum():.0f} %" for p in COLUMNS)
        print(f"| {name} | {row.sum():.0f} | {parts} |")


if __name__ == "__main__":
    main()
