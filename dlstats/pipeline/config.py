"""The configuration: read from YAML, checked by typed models, one clear message when it is wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from pydantic import Field, PlainValidator

from dlstats import project
from dlstats.pipeline import checked, citations, grid, outside, processes, registry, size, yaml12
from dlstats.protocol import study as protocol
from dlstats.protocol.factor import LARGEST
from dlstats.protocol.hints import near

STANDARD = "standard"
"""The profile that is meant where none is named."""


class ConfigError(checked.Wrong):
    """The configuration is not what is required; the message names the key, the need and what came, in one line."""


def _levels(value: object) -> object:
    several = value if isinstance(value, list) else [value]
    if not several or not all(type(one) in (bool, int, float, str) for one in several):
        raise ValueError("a number, a text, true or false, or a list of at least one of these")
    return value


def _names(value: object) -> object:
    if value != "all" and not (isinstance(value, list) and all(type(one) is str for one in value)):
        raise ValueError("`all` or a list of studies, by name or by file")
    return value


Count = Annotated[int, Field(ge=1, lt=LARGEST)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Target(checked.Model):
    """Sequential stopping: replicates are doubled until the measure has this Monte Carlo standard error, up to a cap."""

    measure: str
    mcse: Positive
    at_most: Count


class Entry(checked.Model):
    """A grid in the place of a study's own: levels of its factors, crossed, and the replicates of each condition."""

    levels: dict[str, Annotated[object, PlainValidator(_levels)]] = Field(default_factory=dict)
    replicates: Count
    target: Target | None = None

    def grid(self) -> protocol.Grid:
        """As a design states it."""
        stop = (self.target.measure, self.target.mcse, self.target.at_most) if self.target else None
        levels = {name: level if isinstance(level, list) else [level] for name, level in self.levels.items()}
        return protocol.Grid(levels, self.replicates, stop)


class Limits(checked.Model):
    """How large a run may be; a larger one is refused before anything is simulated."""

    cells: Count = size.LIMITS["cells"]
    replicates: Count = size.LIMITS["replicates"]
    core_hours: Positive = size.LIMITS["core_hours"]


class Config(checked.Model):
    """What a run holds."""

    design: Literal["smoke", "standard", "paper"]
    """Which design of every study: levels and replicates stand with the study."""
    seed: int = Field(ge=0, lt=LARGEST)
    """Root seed. Every random stream is derived from it, the study, the role and the replicate."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where networks are trained. `auto` takes a CUDA GPU when there is one and the networks are enough to be worth it."""
    failed_share: float = Field(default=0.1, ge=0, le=1, allow_inf_nan=False)
    """A claim that rests on a cell with more than this proportion of failed replicates is undecided."""
    job_limit: float = Field(default=7200, gt=0, le=processes.LONGEST, allow_inf_nan=False)
    """Seconds after which a job is stopped as hung; its finished replicates are kept."""
    studies: Annotated[str | list[str], PlainValidator(_names)] = "all"
    limits: Limits = Field(default_factory=Limits)
    overrides: dict[str, dict[str, Annotated[list[Entry], Field(min_length=1)]]] = Field(default_factory=dict)
    """Study -> experiment -> grids in the place of its own; `dlstats config show STUDY` prints them to change."""


def load(path: str | Path) -> dict:
    """The configuration in `path`, checked; of `PROFILE:STUDY.py`, or `STUDY.py`, that of the profile for this study alone.

    Raises ConfigError with one line that says what to mend.
    """
    path, study = _parts(str(path))
    try:
        content = yaml12.load(path)
    except OSError as error:
        profiles = sorted(one.stem for one in project.configuration(STANDARD).parent.glob("*.yaml"))
        others = "" if path.exists() else f" Profiles are {', '.join(profiles)}.{near(path.stem, profiles)}"
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.{others}") from None
    except yaml12.NotYaml as error:
        raise ConfigError(str(error)) from None
    if study and isinstance(content, dict):
        content = {key: value for key, value in content.items() if key != "overrides"} | {"studies": [study]}
    try:
        return check(content)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def files(path: str | Path) -> list[str]:
    """The files that a configuration is read from."""
    return [os.path.relpath(part) for part in _parts(str(path)) if part]


def _parts(text: str) -> tuple[Path, str]:
    """The file of a configuration, and the study's file that is all it is to hold."""
    profile, _, study = text.rpartition(":")
    if not project.is_path(study) or study.endswith((".yaml", ".yml")):
        return Path(text), ""
    return project.configuration(profile or STANDARD), study


def check(content: Any) -> dict:
    """The configuration with defaults, studies in order and overrides as grids.

    Raises ConfigError when it is not what is required, a study's factors do not admit a level of its overrides, or the
    run would be larger than its limits, and StudyError when a study's own file or design is wrong, or cites what has no entry.
    """
    try:
        config = checked.check(Config, content, "the configuration")
    except checked.Wrong as error:
        raise ConfigError(str(error)) from None
    settings = config.model_dump(exclude={"studies", "overrides"})
    settings["studies"] = _studies(config.studies)
    settings["overrides"] = _overrides(config)
    registry.load_all(settings["studies"])
    citations.check(settings["studies"])
    experiments = {study: _experiments(settings, study) for study in settings["studies"]}
    try:
        size.check(settings)
    except ValueError as error:
        raise ConfigError(f"the configuration: {error}") from None
    for study, inners in experiments.items():
        for inner in inners:
            _check_cells(settings, study, inner)
    return settings


def _experiments(settings: Mapping, study: str) -> list[str]:
    """The experiments of a study that are run; raises StudyError when its own design is wrong."""
    try:
        designed = registry.load(study).design(settings["design"])
    except (ValueError, LookupError) as error:
        raise _own_mistake(settings, study, error) from None
    return list(dict.fromkeys((*designed, *settings["overrides"].get(study, {}))))


def _check_cells(settings: Mapping, study: str, inner: str) -> None:
    """Blame the configuration for its overrides, and the study for its own design."""
    try:
        grid.experiment_cells(settings, study, inner)
    except (ValueError, LookupError) as error:
        if inner in settings["overrides"].get(study, {}):
            raise ConfigError(str(error.args[0])) from None
        raise _own_mistake(settings, study, error) from None


def _own_mistake(settings: Mapping, study: str, error: Exception) -> registry.StudyError:
    own = f"{registry.shown(registry.file(study))}: the design `{settings['design']}` of the study itself is wrong"
    return registry.StudyError(f"{own}: {error.args[0]}")


def _studies(wanted: str | list[str]) -> list[str]:
    own = list(registry.studies())
    if isinstance(wanted, str):
        return own
    if not wanted:
        raise ConfigError("studies: must name one study at least, or be `all`.")
    named = []
    for word in wanted:
        named += own if word == "all" else [_study(word)]
    for name in named:
        if named.count(name) > 1:
            raise ConfigError(f"studies: `{name}` must be named once, got {named.count(name)} times.")
    return [name for name in registry.known() if name in named]


def _study(word: str) -> str:
    """The name of a study that a configuration names by that or by its file."""
    try:
        return outside.add(word, registry.taken()) if project.is_path(word) else word if registry.module(word) else ""
    except (LookupError, ValueError) as error:
        raise ConfigError(f"studies: {error.args[0][0].lower()}{error.args[0][1:]}") from None


def _overrides(config: Config) -> dict[str, dict[str, list[protocol.Grid]]]:
    studies = _studies(config.studies)
    known = registry.known()
    for study, experiments in config.overrides.items():
        if study not in known:
            raise ConfigError(f"overrides: there is no study `{study}`.{near(study, known)}")
        if study not in studies:
            raise ConfigError(f"overrides: `{study}` is not among `studies`.")
        own = registry.load(study).experiments
        for name in experiments:
            if name not in own:
                raise ConfigError(f"overrides.{study}: has no experiment `{name}`.{near(name, own)}")
    return {
        study: {name: [entry.grid() for entry in entries] for name, entries in experiments.items()}
        for study, experiments in config.overrides.items()
    }


def show(config: Mapping, study: str) -> str:
    """The resolved design of a study as YAML, ready to be pasted under `overrides` and changed."""
    entries = {name: [_entry(one) for one in grids] for name, grids in grid.design(config, study).items()}
    return yaml12.write({"overrides": {study: entries}})


def _entry(one: protocol.Grid) -> dict:
    levels = {name: list(values) if len(values) > 1 else values[0] for name, values in one.levels.items()}
    entry: dict[str, object] = {"levels": levels, "replicates": one.replicates}
    if one.target:
        entry["target"] = dict(zip(("measure", "mcse", "at_most"), one.target, strict=True))
    return entry


def locate(settings: Mapping) -> Path:
    """The configuration that `snakemake --config profile=NAME` asks for: a profile's name, a path, or `[PROFILE:]STUDY.py`.

    Exits with status 2 when `settings` holds another key, or a path has braces.
    """
    other = [str(key) for key in settings if key != "profile"]
    if other:
        _exit(f"--config takes `profile=NAME` only, got `{other[0]}`; what a run holds is set in its profile's file")
    path = project.configuration(str(settings.get("profile", STANDARD)))
    for what, location in (("the folder of the project", project.FOLDER), ("--config profile", relative(path))):
        if {*"{}"} & {*str(location)}:
            _exit(f"{what}: must have a path without braces, which Snakemake fills in, got `{location}`")
    return path


def relative(path: Path) -> str:
    """A configuration as commands name it, the same wherever the folder lies."""
    return str(path) if _parts(str(path))[1] else os.path.relpath(path)


def load_or_exit(path: Path) -> dict:
    """The configuration in `path`; exits with status 2 and one line when it or a study's file is wrong."""
    try:
        return load(path)
    except (ConfigError, registry.StudyError) as error:
        _exit(str(error))


def _exit(message: str) -> NoReturn:
    print(message, file=sys.stderr, flush=True)
    os._exit(2)  # a SystemExit would be wrapped in a traceback by Snakemake
