"""From a study's design to cells, jobs and file names.

A cell is one condition of one experiment. Its id is readable, is its file name, and is parsed back by the factors'
types, so that a job's command line alone says what it computes.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from dlstats.pipeline import costs, registry
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.hints import near, short
from dlstats.protocol.study import Experiment, Grid

JOB_SECONDS = 60.0
"""A job should last about this long: importing torch alone costs 2 to 4 s."""
UNTIMED = 0.1
"""Seconds per replicate by which cells that were never timed are packed into jobs; no one is told them as a cost."""
JOB_CELLS = 500
"""Cells of a job at most: their names stand on its command line, of which a system takes 128 KiB."""
FOLDER_FILES = 10_000
"""Files of a folder at most: the cells of an experiment that has more lie in 256 folders of it."""
ALL = "all"
"""Id of the only cell of an experiment without factors."""
LONGEST = 255 - len(".parquet")
"""Characters of a cell id, which is a file's name, at most."""
_WORD = re.compile(r"[A-Za-z0-9_.+-]+")


@dataclass(frozen=True)
class Cell:
    """One condition of an experiment, the replicates asked for and the expected seconds for each, NaN if never timed."""

    study: str
    experiment: str
    levels: tuple[tuple[str, object], ...]
    replicates: int
    seconds: float
    target: tuple[str, float, int] | None = None
    """Sequential stopping: (measure, wanted mcse, cap on replicates)."""
    many: bool = False
    """Whether its experiment has too many cells for one folder."""

    @property
    def file(self) -> str:
        """Its file's place in the folder of its experiment, without suffix."""
        return file(self.id, self.many)

    @property
    def id(self) -> str:
        """The readable name, `factor=level,factor=level`."""
        return cell_id(dict(self.levels))

    @property
    def cost(self) -> float:
        """Expected seconds on one core; NaN for an experiment that was never timed."""
        return self.seconds * self.replicates

    @property
    def packed(self) -> float:
        """The seconds by which cells are packed into jobs: `cost`, or `UNTIMED` per replicate."""
        return self.replicates * (UNTIMED if math.isnan(self.seconds) else self.seconds)


@dataclass(frozen=True)
class Job:
    """Cells of one experiment that one process computes: they share the number of replicates and the target."""

    study: str
    experiment: str
    index: int
    cells: tuple[Cell, ...]

    @property
    def ids(self) -> list[str]:
        """The ids of the cells."""
        return [cell.id for cell in self.cells]

    @property
    def files(self) -> list[str]:
        """The places of the cells' files."""
        return [cell.file for cell in self.cells]

    @property
    def about(self) -> str:
        """How long it is expected to take, in words."""
        cost = sum(cell.cost for cell in self.cells)
        return "never timed" if math.isnan(cost) else f"about {cost:.0f} s"

    @property
    def packed(self) -> float:
        """The seconds by which its cells were packed."""
        return sum(cell.packed for cell in self.cells)


def cell_id(levels: Mapping[str, object]) -> str:
    """The id of a condition, `factor=level,...` in the order given; `parse_cell_id` is its inverse.

    Raises ValueError for a level that is not a finite number, a boolean or a plain word, and for an id that is too long
    for a file's name.
    """
    text = ",".join(f"{name}={_write(name, level)}" for name, level in levels.items()) or ALL
    if len(text) > LONGEST:
        raise ValueError(f"a cell's id must have at most {LONGEST} characters, got {len(text)}: {text[:40]}...")
    return text


def file(cell: str, many: bool) -> str:
    """Where the file of a cell stands in the folder of its experiment: there, or in one of 256 folders by its id's hash."""
    return f"{hashlib.sha256(cell.encode()).hexdigest()[:2]}/{cell}" if many else cell


def parse_cell_id(text: str, experiment: Experiment, name: str) -> Condition:
    """The typed condition of a cell id.

    Raises ValueError when `text` is not one of the experiment `name`, or not as `cell_id` writes it.
    """
    levels: dict[str, object] = {}
    for part in text.split(",") if text != ALL else ():
        factor, equals, level = part.partition("=")
        if not equals or not factor.isidentifier() or not _WORD.fullmatch(level):
            raise ValueError(f"A cell id of {name} must read `factor=level,factor=level`, got {text!r}.")
        if factor in levels:
            raise ValueError(f"A cell id of {name} must give `{factor}` once, got {text!r}.")
        levels[factor] = _read(level, experiment.factors.get(factor))
    condition = experiment.condition(levels, name)
    if cell_id(condition) != text:
        raise ValueError(f"A cell id of {name} must read {cell_id(condition)!r} for this condition, got {text!r}.")
    return condition


def _write(name: str, level: object) -> str:
    if isinstance(level, bool | int | float) and math.isfinite(level):
        return json.dumps(level)
    if isinstance(level, str) and _WORD.fullmatch(level):
        return level
    needed = "finite numbers, booleans, or words of the characters A-Z a-z 0-9 _ . + -"
    raise ValueError(f"Factor `{name}` must have {needed} as levels, got {short(level)}.")


def _read(text: str, factor: Factor | None) -> object:
    if factor is None or factor.kind is str:
        return text
    try:
        return json.loads(text)
    except ValueError:  # of more digits than Python reads as well
        return text


def cells(config: Mapping, study: str) -> list[Cell]:
    """All conditions of a study in the configuration's design, checked by its factors.

    Raises ValueError for a level that a factor does not admit, and for a condition that is given twice.
    """
    return [cell for inner in design(config, study) for cell in experiment_cells(config, study, inner)]


def design(config: Mapping, study: str) -> dict[str, list[Grid]]:
    """The grids of every experiment: the study's own, or what the configuration puts in their place."""
    grids = registry.load(study).design(str(config["design"]))
    return grids | dict(config.get("overrides", {}).get(study, {}))


def experiment_cells(config: Mapping, study: str, inner: str) -> list[Cell]:
    """The conditions of one experiment, checked as those of `cells`; a message names the grid if it is an override."""
    name, experiment = f"{study}.{inner}", registry.load(study).experiments[inner]
    overridden = inner in config.get("overrides", {}).get(study, {})
    by_levels: dict[frozenset, Cell] = {}
    for number, grid in enumerate(design(config, study)[inner]):
        what = f"overrides.{name}.{number}" if overridden else name
        check_target(grid.target, grid.replicates, experiment, what)
        for levels in grid.conditions():
            condition = experiment.condition(levels, what)
            try:
                cell = cell_id(condition)
            except ValueError as error:
                raise ValueError(f"{what}: {error}") from None
            key = frozenset(condition.everything.items())
            if key in by_levels:
                other = "" if by_levels[key].id == cell else f", also as {by_levels[key].id}"
                raise ValueError(f"{what}: every condition must be given once, got twice: {cell}{other}.")
            seconds = costs.seconds(study, inner, cell)
            by_levels[key] = Cell(study, inner, tuple(condition.items()), grid.replicates, seconds, grid.target)
    found = list(by_levels.values())
    return [replace(cell, many=True) for cell in found] if len(found) > FOLDER_FILES else found


def check_target(target: tuple[str, float, int] | None, replicates: int, experiment: Experiment, what: str) -> None:
    """Raise ValueError when sequential stopping asks for a measure that is not there, no error, or a cap below the start."""
    if target is None:
        return
    measure, mcse, at_most = target
    known = dict.fromkeys(m.column for m in experiment.measures)
    if measure not in known:
        listed = ", ".join(known)
        raise ValueError(
            f"{what}: `target.measure` must be one of {listed}, got {short(measure)}.{near(measure, known)}"
        )
    if not 0 < mcse < math.inf:
        raise ValueError(f"{what}: `target.mcse` must be a number greater than 0, got {mcse:g}.")
    if at_most < replicates:
        raise ValueError(f"{what}: `target.at_most` must be at least `replicates`, {replicates}, got {short(at_most)}.")


def jobs(config: Mapping, study: str) -> list[Job]:
    """The cells of a study packed in order into jobs of about `JOB_SECONDS`."""
    packed: list[list[Cell]] = []
    for cell in cells(config, study):
        last = packed[-1] if packed else None
        if last is not None and _alike(last[0], cell) and _room(last, cell):
            last.append(cell)
        else:
            packed.append([cell])
    counts: dict[str, int] = {}
    queue = []
    for group in packed:
        inner = group[0].experiment
        queue.append(Job(study, inner, counts.get(inner, 0), tuple(group)))
        counts[inner] = counts.get(inner, 0) + 1
    return queue


def _alike(first: Cell, cell: Cell) -> bool:
    return (first.experiment, first.replicates, first.target) == (cell.experiment, cell.replicates, cell.target)


def _room(group: Iterable[Cell], cell: Cell) -> bool:
    group = list(group)
    return len(group) < JOB_CELLS and sum(c.packed for c in group) + cell.packed <= JOB_SECONDS


def families(config: Mapping) -> dict[str, list[str]]:
    """The studies of each family that the configuration asks for, in the order shown."""
    members: dict[str, list[str]] = {}
    for study in config["studies"]:
        members.setdefault(registry.family(study), []).append(study)
    return members


def minutes(job: Job) -> int:
    """Minutes to ask of a cluster for a job: four times the seconds by which it was packed, and no less than ten."""
    return max(10, math.ceil(4 * job.packed / 60))


def many_words(job: Job) -> list[str]:
    """The word of `dlstats simulate` for a job of an experiment with too many cells for one folder, none else."""
    return ["--many"] if job.cells[0].many else []


def target_words(job: Job) -> list[str]:
    """The words of `dlstats simulate` for a job's target, none without one."""
    target = job.cells[0].target
    return [] if target is None else ["--target", *map(str, target)]
