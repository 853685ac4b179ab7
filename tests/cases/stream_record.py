"""Which random streams a simulation asks for, by role, parameters and replicate, and what it draws from each."""

from __future__ import annotations

import contextlib
import functools
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import numpy as np

from dlstats import training
from dlstats.pipeline import cells, grid, registry, store
from dlstats.seeds import Streams

SEED = 777001

Call = tuple[str, tuple[int, ...]]


class Recorded(np.random.Generator):
    """A generator that remembers the methods called and the shapes drawn; a copy counts as a call."""

    calls: list[Call]
    inside = False

    def __reduce__(self) -> Any:
        self.calls.append(("copied", ()))
        return super().__reduce__()


def _remembering(name: str) -> Any:
    draw = getattr(np.random.Generator, name)

    def method(self: Recorded, *arguments: Any, **options: Any) -> Any:
        if self.inside:  # `permutation` calls `shuffle`
            return draw(self, *arguments, **options)
        self.inside = True
        try:
            drawn = draw(self, *arguments, **options)
        finally:
            self.inside = False
        self.calls.append((name, np.shape(drawn)))
        return drawn

    return method


for _name in dir(np.random.Generator):
    if not _name.startswith("_") and _name not in ("bit_generator", "spawn"):
        setattr(Recorded, _name, _remembering(_name))


@dataclass(frozen=True)
class Asked:
    """One call of `Streams.generators`."""

    seed: int
    study: str
    role: str
    parameters: str
    """In JSON."""
    replicates: tuple[int, ...]
    generators: tuple[Recorded, ...]

    @property
    def key(self) -> tuple[str, str]:
        """What the streams are named by, besides root seed, study and replicate."""
        return self.role, self.parameters

    @property
    def names(self) -> str:
        """Of the parameters."""
        return " ".join(sorted(json.loads(self.parameters)))


@contextlib.contextmanager
def watching() -> Iterator[list[Asked]]:
    """Everything that is asked for inside; the draws are those of the streams themselves."""
    asked, plain = [], Streams.generators

    def generators(self: Streams, role: str, **parameters: object) -> list[np.random.Generator]:
        made: list[Any] = [Recorded(rng.bit_generator) for rng in plain(self, role, **parameters)]
        for rng in made:
            rng.calls = []
        named = json.dumps(parameters, sort_keys=True)
        asked.append(Asked(self.seed, self.study, role, named, tuple(self.replicates), tuple(made)))
        return made

    with mock.patch.object(Streams, "generators", generators):
        yield asked


def _briefly(net: Any, loss: Any, start: Any, x: Any, y: Any, plan: training.Training, *more: Any, **named: Any) -> Any:
    """One step of training: what is asked for and drawn does not depend on their number."""
    brief = replace(plan, steps=1, check_every=plan.check_every and 1)
    return _fit(net, loss, start, x, y, brief, *more, **named)


_fit = training.fit


@functools.cache
def of_cell(study: str, cell: grid.Cell) -> list[Asked]:
    """What two replicates of a cell ask for, networks trained for one step."""
    origin = store.Origin(study, cell.experiment, cell.id, SEED, "")
    experiment = registry.load(study).experiments[cell.experiment]
    with watching() as asked, mock.patch.object(training, "fit", _briefly):
        cells.simulate_block(experiment, origin, (0, 3))
    _forget()
    return asked


def _forget() -> None:
    """What a study keeps for the whole process was trained for one step: nothing else may read it."""
    for name, module in list(sys.modules.items()):
        for kept in list(vars(module).values()) if name.startswith("dlstats.studies.") else ():
            if callable(clear := getattr(kept, "cache_clear", None)):
                clear()
