"""How far a run is, in a line every half minute on a terminal: conditions computed, and about how long the others take."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from dlstats.pipeline import grid, origins

EVERY = 30.0
"""Seconds from line to line."""


@dataclass(frozen=True)
class Waiting:
    """The conditions without a raw file when a run begins, each with its expected seconds on one core."""

    cost: Mapping[Path, float]

    def missing(self) -> list[Path]:
        """Those without one still."""
        return [path for path in self.cost if not path.exists()]

    def line(self, elapsed: float) -> str:
        """What is done after some seconds; the others are taken to last as long, by what they are expected to cost."""
        missing = self.missing()
        done = sum(self.cost.values()) - (ahead := sum(self.cost[path] for path in missing))
        text = f"{len(self.cost) - len(missing)} of {len(self.cost)} conditions computed"
        if not missing or not done > 0:
            return text
        left = elapsed * ahead / done
        return f"{text}, about {f'{left / 60:.0f} min' if left >= 90 else f'{left:.0f} s'} left"


def waiting(config: Mapping, results: Path) -> Waiting:
    """What a run of the configuration has yet to compute."""
    cells = [cell for study in config["studies"] for cell in grid.cells(config, study)]
    places = {origins.raw_path(results, cell.study, cell.experiment, cell.id): cell.cost for cell in cells}
    return Waiting({path: cost for path, cost in places.items() if not path.exists()})


@contextmanager
def told(config: Mapping, results: Path, terminal: TextIO, every: float = EVERY) -> Iterator[None]:
    """While it lasts, a line from time to time where `terminal` is one and something is to be computed."""
    ahead, stop, began = waiting(config, results), threading.Event(), time.monotonic()

    def beat() -> None:
        while not stop.wait(every) and ahead.missing():
            print(ahead.line(time.monotonic() - began), file=terminal, flush=True)

    thread = threading.Thread(target=beat, daemon=True)
    if ahead.cost and terminal.isatty():
        thread.start()
    try:
        yield
    finally:
        stop.set()
