"""From the configuration to cells, jobs and file names.

A cell is one condition of one study. Its id is readable, is its file name, and can be parsed back into its
factors, so that a job's command line alone says what it computes. Standard library only: the Snakefile
imports this module, and building the job graph must stay fast.
"""

from __future__ import annotations

import difflib
import itertools
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dlstats.machine import speed

PACKAGE = Path(__file__).parent.parent
JOB_SECONDS = 60.0
"""A job should last about this long: importing torch alone costs 2 to 4 s."""
JOB_CELLS = 500
"""Cells of a job at most: their names stand on its command line, of which a system takes 128 KiB."""

ORDER = ("approximation", "excess_risk", "robust", "imbalance")
"""Families in the order in which they are shown; others come after them."""
_LEVEL = re.compile(r"[A-Za-z0-9_.+-]+")


@dataclass(frozen=True)
class Cell:
    """One condition of a study: its factors, the replicates asked for and the expected seconds for each."""

    study: str
    factors: tuple[tuple[str, object], ...]
    replicates: int
    seconds: float
    target: tuple[str, float, int] | None = None
    """Sequential stopping: (measure, wanted mcse, cap on replicates)."""

    @property
    def id(self) -> str:
        """The readable name, `factor=level,factor=level`."""
        return cell_id(dict(self.factors))

    @property
    def cost(self) -> float:
        """Expected seconds on one core."""
        return self.seconds * self.replicates


class Factors(Mapping):
    """The factors of a cell as a study reads them: a missing one is named, and `unread` are those that nothing asked for."""

    def __init__(self, levels: Mapping[str, object]) -> None:
        self._levels = dict(levels)
        self._read: set[str] = set()

    def __getitem__(self, name: str) -> object:
        """The level of a factor. Raises KeyError with a sentence when the cell has no such factor."""
        if name not in self._levels:
            raise KeyError(f"A cell needs the factor `{name}`, got {', '.join(self._levels)}.")
        self._read.add(name)
        return self._levels[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._levels)

    def __len__(self) -> int:
        return len(self._levels)

    @property
    def unread(self) -> list[str]:
        """Factors that were never read."""
        return [name for name in self._levels if name not in self._read]


@dataclass(frozen=True)
class Job:
    """Cells of one study that one process computes: they share the number of replicates and the target."""

    study: str
    index: int
    cells: tuple[Cell, ...]

    @property
    def ids(self) -> list[str]:
        """The ids of the cells."""
        return [cell.id for cell in self.cells]

    @property
    def cost(self) -> float:
        """Expected seconds on one core."""
        return sum(cell.cost for cell in self.cells)


def cell_id(factors: Mapping[str, object]) -> str:
    """The id of a condition, `factor=level,...` in the order given; `parse_cell_id` is its inverse.

    Raises ValueError for a level that is not a number, a truth value or a plain word.
    """
    return ",".join(f"{name}={_write_level(name, level)}" for name, level in factors.items())


def parse_cell_id(text: str) -> dict[str, object]:
    """The factors of a cell id. Raises ValueError when `text` is not one."""
    factors = {}
    for part in text.split(","):
        name, equals, level = part.partition("=")
        if not equals or not name.isidentifier() or not _LEVEL.fullmatch(level):
            raise ValueError(f"A cell id must read `factor=level,factor=level`, got {text!r}.")
        factors[name] = _read_level(level)
    return factors


def _write_level(name: str, level: object) -> str:
    if isinstance(level, bool | int | float) and math.isfinite(level):
        return json.dumps(level)
    if isinstance(level, str) and _LEVEL.fullmatch(level) and _read_level(level) == level:
        return level
    raise ValueError(f"Factor {name!r} must have numbers, truth values or plain words as levels, got {level!r}.")


def _read_level(text: str) -> object:
    try:
        level = json.loads(text)
    except json.JSONDecodeError:
        return text
    return level if isinstance(level, bool | int | float) and math.isfinite(level) else text


def families(config: Mapping) -> dict[str, list[str]]:
    """The studies of each family that the configuration asks for."""
    place = {family: i for i, family in enumerate(ORDER)}
    ordered = sorted(config["studies"].items(), key=lambda item: place.get(item[0], len(place)))
    return {family: list(studies) for family, studies in ordered}


def family_of(config: Mapping, study: str) -> str:
    """The family of a study. Raises KeyError for a study that the configuration does not hold."""
    for family, studies in families(config).items():
        if study in studies:
            return family
    raise KeyError(f"The configuration does not hold the study `{study}`.")


def cells(config: Mapping, study: str) -> list[Cell]:
    """All conditions of a study: for every entry of its `cells`, the product of the levels of its factors.

    Raises ValueError when two entries give the same condition.
    """
    entries = config["studies"][family_of(config, study)][study]["cells"]
    found = [cell for entry in entries for cell in _expand(study, entry)]
    ids = [cell.id for cell in found]
    twice = {name for name in ids if ids.count(name) > 1} if len(set(ids)) < len(ids) else set()
    if twice:
        raise ValueError(f"Every condition of `{study}` must be given once, got twice: {', '.join(sorted(twice))}.")
    return found


def _expand(study: str, entry: Mapping) -> Iterable[Cell]:
    levels = [level if isinstance(level, list) else [level] for level in entry["factors"].values()]
    target = entry.get("target")
    stop = (target["measure"], target["mcse"], target["at_most"]) if target else None
    for combination in itertools.product(*levels):
        factors = tuple(zip(entry["factors"], combination, strict=True))
        yield Cell(study, factors, entry["replicates"], entry["seconds"], stop)


def jobs(config: Mapping, study: str) -> list[Job]:
    """The cells of a study packed in order into jobs of about `JOB_SECONDS`."""
    packed: list[list[Cell]] = []
    for cell in cells(config, study):
        last = packed[-1] if packed else None
        alike = last is not None and (last[0].replicates, last[0].target) == (cell.replicates, cell.target)
        if (
            last is not None
            and alike
            and len(last) < JOB_CELLS
            and sum(c.cost for c in last) + cell.cost <= JOB_SECONDS
        ):
            last.append(cell)
        else:
            packed.append([cell])
    return [Job(study, index, tuple(group)) for index, group in enumerate(packed)]


def plan(config: Mapping) -> str:
    """What a run would do: cells, replicates, jobs and expected core time of every study, as a text table.

    The time is the stated cost times `speed.factor`.
    """
    here = speed.factor()
    lines = [f"{'study':<28}{'cells':>7}{'replicates':>12}{'jobs':>6}{'core time':>12}"]
    totals = [0, 0, 0, 0.0]
    for study in itertools.chain.from_iterable(families(config).values()):
        inside, work = cells(config, study), jobs(config, study)
        row = [len(inside), sum(c.replicates for c in inside), len(work), here * sum(c.cost for c in inside)]
        totals = [a + b for a, b in zip(totals, row, strict=True)]
        lines.append(_plan_row(study, row))
    known = "as stated; `dlstats doctor --measure` times this machine" if here == 1 else f"{here:.2f} times the stated"
    return "\n".join([*lines, f"core time: {known}", _plan_row("all", totals)])


def _plan_row(name: str, row: list) -> str:
    return f"{name:<28}{row[0]:>7}{row[1]:>12}{row[2]:>6}{row[3]:>10.0f} s"


def minutes(job: Job) -> int:
    """Minutes to ask of a cluster for a job: four times its expected cost, and no less than ten."""
    return max(10, math.ceil(4 * job.cost / 60))


def target_words(job: Job) -> str:
    """The words of `dlstats simulate` for a job's target, none without one."""
    target = job.cells[0].target
    return "" if target is None else f"--target {target[0]} {target[1]} {target[2]}"


def study_module(study: str) -> str:
    """The name of the module that holds a study. Raises LookupError when there is none, with a near miss if any."""
    files = {path.stem: path for path in PACKAGE.glob("studies/*/*.py") if path.stem != "__init__"}
    if study not in files:
        near = difflib.get_close_matches(study, files, n=1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        raise LookupError(f"There is no study `{study}`.{hint}")
    return ".".join([PACKAGE.name, *files[study].relative_to(PACKAGE).with_suffix("").parts])
