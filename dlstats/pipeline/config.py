"""The configuration: read from YAML, checked by typed models, one clear message when it is wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import pydantic
import yaml
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from dlstats.pipeline import grid, registry
from dlstats.protocol import study as protocol
from dlstats.protocol.hints import near

PROFILES = Path(__file__).parents[2] / "config"
Level = StrictBool | StrictInt | StrictFloat | StrictStr
Levels = Annotated[list[Level], Field(min_length=1)]
Count = Field(ge=1)


class ConfigError(ValueError):
    """The configuration is not what is required; the message names the key, the need and what came."""


class Target(BaseModel):
    """Sequential stopping: replicates are doubled until the measure has this Monte Carlo standard error, up to a cap."""

    model_config = ConfigDict(extra="forbid")
    measure: StrictStr
    mcse: float = Field(gt=0, allow_inf_nan=False)
    at_most: StrictInt = Count


class Entry(BaseModel):
    """A grid in the place of a study's own: levels of its factors, crossed, and the replicates of each condition."""

    model_config = ConfigDict(extra="forbid")
    levels: dict[str, Level | Levels] = Field(default_factory=dict)
    replicates: StrictInt = Count
    target: Target | None = None

    def grid(self) -> protocol.Grid:
        """As a design states it."""
        stop = (self.target.measure, self.target.mcse, self.target.at_most) if self.target else None
        return protocol.grid(replicates=self.replicates, until=stop, **self.levels)


class Config(BaseModel):
    """What a run holds."""

    model_config = ConfigDict(extra="forbid")
    design: Literal["smoke", "standard", "paper"]
    """Which design of every study: levels and replicates stand with the study."""
    seed: StrictInt = Field(ge=0)
    """Root seed. Every random stream is derived from it, the study, the role and the replicate."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where networks are trained. `auto` takes a CUDA GPU when there is one."""
    failed_share: float = Field(default=0.1, ge=0, le=1, allow_inf_nan=False)
    """A claim that rests on a cell with more than this proportion of failed replicates is undecided."""
    job_limit: float = Field(default=7200, gt=0, allow_inf_nan=False)
    """Seconds after which a job is stopped as hung; its finished replicates are kept."""
    studies: Literal["all"] | list[StrictStr] = "all"
    overrides: dict[str, dict[str, Annotated[list[Entry], Field(min_length=1)]]] = Field(default_factory=dict)
    """Study -> experiment -> grids in the place of its own; `dlstats config show STUDY` prints them to change."""


def load(path: str | Path) -> dict:
    """The configuration in `path`, checked. Raises ConfigError with one line that says what to mend."""
    path = Path(path)
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not YAML: {' '.join(str(error).split())}") from None
    try:
        return check(found)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def check(found: Any) -> dict:
    """The configuration with defaults, studies in order and overrides as grids.

    Raises ConfigError when it is not what is required, or a study's factors do not admit a level of its overrides, and
    StudyError when a study's own file or design is wrong.
    """
    if not isinstance(found, Mapping):
        raise ConfigError(f"the configuration: must be a mapping of keys to values, got {_short(found)}.")
    try:
        config = Config.model_validate(found)
    except pydantic.ValidationError as error:
        raise ConfigError(_explain(error, found)) from None
    settings = config.model_dump(exclude={"studies", "overrides"})
    settings["studies"] = _studies(config.studies)
    settings["overrides"] = _overrides(config)
    registry.load_all(settings["studies"])
    for study in settings["studies"]:
        _check_design(settings, study)
    return settings


def _check_design(settings: Mapping, study: str) -> None:
    """Blame the configuration for its overrides, and the study for its own design."""
    own = f"{registry.shown(registry.file(study))}: the design `{settings['design']}` of the study itself is wrong"
    try:
        designed = registry.load(study).design(settings["design"])
    except (ValueError, LookupError) as error:
        raise registry.StudyError(f"{own}: {error.args[0]}") from None
    overrides = settings["overrides"].get(study, {})
    for inner in dict.fromkeys((*designed, *overrides)):
        try:
            grid.experiment_cells(settings, study, inner)
        except (ValueError, LookupError) as error:
            if inner in overrides:
                raise ConfigError(f"overrides.{study}.{inner}: {error.args[0]}") from None
            raise registry.StudyError(f"{own}: {error.args[0]}") from None


def _studies(wanted: str | list[str]) -> list[str]:
    known = list(registry.studies())
    if isinstance(wanted, str):
        return known
    if not wanted:
        raise ConfigError("studies: must name one study at least, or be `all`.")
    for name in wanted:
        if name not in known:
            raise ConfigError(f"studies: there is no study `{name}`.{near(name, known)}")
        if wanted.count(name) > 1:
            raise ConfigError(f"studies: `{name}` must be named once, got {wanted.count(name)} times.")
    return [name for name in known if name in wanted]


def _overrides(config: Config) -> dict[str, dict[str, list[protocol.Grid]]]:
    known, studies = registry.studies(), _studies(config.studies)
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
    return yaml.safe_dump({"overrides": {study: entries}}, sort_keys=False, width=110, default_flow_style=None)


def _entry(one: protocol.Grid) -> dict:
    levels = {name: list(values) if len(values) > 1 else values[0] for name, values in one.levels.items()}
    entry: dict[str, object] = {"levels": levels, "replicates": one.replicates}
    if one.target:
        entry["target"] = dict(zip(("measure", "mcse", "at_most"), one.target, strict=True))
    return entry


def locate(words: Mapping, folder: Path) -> Path:
    """The configuration that `snakemake --config profile=NAME` asks for: a name in `folder` or a path.

    Exits with status 2 when `words` holds another key.
    """
    other = [str(key) for key in words if key != "profile"]
    if other:
        _exit(f"--config takes `profile=NAME` only, got `{other[0]}`; what a run holds is set in its profile's file")
    name = str(words.get("profile", "standard"))
    return Path(name) if name.endswith((".yaml", ".yml")) else folder / f"{name}.yaml"


def load_or_exit(path: Path) -> dict:
    """The configuration in `path`; exits with status 2 and one line when it or a study's file is wrong."""
    try:
        return load(path)
    except (ConfigError, registry.StudyError) as error:
        _exit(str(error))


def _exit(message: str) -> NoReturn:
    print(message, file=sys.stderr, flush=True)
    os._exit(2)  # a SystemExit would be wrapped in a traceback by Snakemake


KINDS = {
    "int": "a whole number",
    "float": "a number",
    "number": "a number",
    "string": "a text",
    "bool": "true or false",
    "list": "a list",
    "dict": "a mapping of keys to values",
    "finite": "a finite number",
}


def _explain(error: pydantic.ValidationError, found: Mapping) -> str:
    """The first thing that is wrong: key, need, what came."""
    first = error.errors(include_url=False)[0]
    where = [part for part in first["loc"] if not _is_alternative(part)]
    key, context = ".".join(str(part) for part in where), first.get("ctx", {})
    if first["type"] == "extra_forbidden":
        fields = list(_fields(where))
        inside = ".".join(str(part) for part in where[:-1]) or "the configuration"
        known = ", ".join(f"`{name}`" for name in fields)
        return f"{inside}: has no key `{where[-1]}`; the keys are {known}.{near(str(where[-1]), fields)}"
    if first["type"] == "missing":
        return f"{'.'.join(str(p) for p in where[:-1]) or 'the configuration'}: must have `{where[-1]}`."
    if first["type"] == "literal_error" and key == "studies":
        return f"studies: must be `all` or a list of studies, got {_short(first['input'])}."
    if first["type"] == "literal_error":
        allowed = context["expected"].replace("'", "`")
        options = [part.strip("'") for part in context["expected"].replace(" or ", ", ").split(", ")]
        return f"{key}: must be one of {allowed}, got {_short(first['input'])}.{near(str(first['input']), options)}"
    if first["type"] == "too_short":
        return f"{key}: must have at least one entry, got {_short(first['input'])}."
    for name, words in (("ge", "at least"), ("gt", "greater than"), ("le", "at most"), ("lt", "less than")):
        if name in context:
            return f"{key}: must be {words} {context[name]:g}, got {_short(first['input'])}."
    kind = next((text for word, text in KINDS.items() if first["type"].startswith(word)), first["msg"].lower())
    return f"{key or 'the configuration'}: must be {kind}, got {_short(first['input'])}."


def _is_alternative(part: object) -> bool:
    """Whether a part of a location names a branch of a union and not a key."""
    return isinstance(part, str) and (part.startswith(("literal[", "list[", "constrained", "function-")) or part in (
        "bool", "int", "float", "str"
    ))  # fmt: skip


def _fields(where: list) -> Mapping:
    if len(where) == 1:
        return Config.model_fields
    return Target.model_fields if "target" in where[:-1] else Entry.model_fields


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
