"""The configuration: read from YAML, checked by typed models, one clear message when it is wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import pydantic
from pydantic import BaseModel, ConfigDict, Field, PlainValidator, StrictInt, StrictStr

from dlstats.pipeline import grid, registry, size, yaml12
from dlstats.protocol import study as protocol
from dlstats.protocol.factor import LARGEST
from dlstats.protocol.hints import near, one_line, short

PROFILES = Path(__file__).parents[2] / "config"


class ConfigError(ValueError):
    """The configuration is not what is required; the message names the key, the need and what came, in one line."""

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


def _levels(found: object) -> object:
    several = found if isinstance(found, list) else [found]
    if not several or not all(type(one) in (bool, int, float, str) for one in several):
        raise ValueError("a number, a text, true or false, or a list of at least one of these")
    return found


def _names(found: object) -> object:
    if found != "all" and not (isinstance(found, list) and all(type(one) is str for one in found)):
        raise ValueError("`all` or a list of studies")
    return found


Count = Annotated[StrictInt, Field(ge=1, lt=LARGEST)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
YEAR = 365 * 24 * 3600  # seconds


class Target(BaseModel):
    """Sequential stopping: replicates are doubled until the measure has this Monte Carlo standard error, up to a cap."""

    model_config = ConfigDict(extra="forbid")
    measure: StrictStr
    mcse: Positive
    at_most: Count


class Entry(BaseModel):
    """A grid in the place of a study's own: levels of its factors, crossed, and the replicates of each condition."""

    model_config = ConfigDict(extra="forbid")
    levels: dict[StrictStr, Annotated[object, PlainValidator(_levels)]] = Field(default_factory=dict)
    replicates: Count
    target: Target | None = None

    def grid(self) -> protocol.Grid:
        """As a design states it."""
        stop = (self.target.measure, self.target.mcse, self.target.at_most) if self.target else None
        levels = {name: found if isinstance(found, list) else [found] for name, found in self.levels.items()}
        return protocol.Grid(levels, self.replicates, stop)


class Limits(BaseModel):
    """How large a run may be; a larger one is refused before anything is simulated."""

    model_config = ConfigDict(extra="forbid")
    cells: Count = size.LIMITS["cells"]
    replicates: Count = size.LIMITS["replicates"]
    core_hours: Positive = size.LIMITS["core_hours"]


class Config(BaseModel):
    """What a run holds."""

    model_config = ConfigDict(extra="forbid")
    design: Literal["smoke", "standard", "paper"]
    """Which design of every study: levels and replicates stand with the study."""
    seed: StrictInt = Field(ge=0, lt=LARGEST)
    """Root seed. Every random stream is derived from it, the study, the role and the replicate."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where networks are trained. `auto` takes a CUDA GPU when there is one."""
    failed_share: float = Field(default=0.1, strict=True, ge=0, le=1, allow_inf_nan=False)
    """A claim that rests on a cell with more than this proportion of failed replicates is undecided."""
    job_limit: float = Field(default=7200, strict=True, gt=0, le=YEAR, allow_inf_nan=False)
    """Seconds after which a job is stopped as hung; its finished replicates are kept."""
    studies: Annotated[str | list[str], PlainValidator(_names)] = "all"
    limits: Limits = Field(default_factory=Limits)
    overrides: dict[str, dict[str, Annotated[list[Entry], Field(min_length=1)]]] = Field(default_factory=dict)
    """Study -> experiment -> grids in the place of its own; `dlstats config show STUDY` prints them to change."""


def load(path: str | Path) -> dict:
    """The configuration in `path`, checked. Raises ConfigError with one line that says what to mend."""
    path = Path(path)
    try:
        found = yaml12.load(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from None
    except yaml12.NotYaml as error:
        raise ConfigError(str(error)) from None
    try:
        return check(found)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def check(found: Any) -> dict:
    """The configuration with defaults, studies in order and overrides as grids.

    Raises ConfigError when it is not what is required, a study's factors do not admit a level of its overrides, or the
    run would be larger than its limits, and StudyError when a study's own file or design is wrong.
    """
    if not isinstance(found, Mapping):
        raise ConfigError(f"the configuration: must be a mapping of keys to values, got {short(found)}.")
    try:
        config = Config.model_validate(found)
    except pydantic.ValidationError as error:
        raise ConfigError(_explain(error)) from None
    settings = config.model_dump(exclude={"studies", "overrides"})
    settings["studies"] = _studies(config.studies)
    settings["overrides"] = _overrides(config)
    registry.load_all(settings["studies"])
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
    return yaml12.write({"overrides": {study: entries}})


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
    if "{" in name or "}" in name:
        _exit(f"--config profile: must be a name without braces, which Snakemake fills in, got `{name}`")
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
    "list": "a list",
    "dict": "a mapping of keys to values",
    "model": "a mapping of keys to values",
    "finite": "a finite number",
}
BOUNDS = {"ge": "at least", "gt": "greater than", "le": "at most", "lt": "less than"}


def _explain(error: pydantic.ValidationError) -> str:
    """One thing that is wrong, a key that is not known before all else: key, need, what came."""
    errors = error.errors(include_url=False)
    first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    where, kind, context = list(first["loc"]), first["type"], first.get("ctx", {})
    key, inside = _joined(where), _joined(where[:-1])
    came = f"got {short(first['input'])}."
    if kind == "invalid_key" or where[-1:] == ["[key]"]:
        owner = where[:-1] if kind == "invalid_key" else where[:-2]
        return f"{_joined(owner)}: must have texts as keys, {came}"
    if kind == "extra_forbidden":
        fields = list(_fields(where))
        known = ", ".join(f"`{name}`" for name in fields)
        return f"{inside}: has no key `{where[-1]}`; the keys are {known}.{near(str(where[-1]), fields)}"
    if kind == "missing":
        return f"{inside}: must have `{where[-1]}`."
    if kind == "value_error":
        return f"{key}: must be {context['error']}, {came}"
    if kind == "literal_error":
        allowed = context["expected"].replace("'", "`")
        options = [part.strip("'") for part in context["expected"].replace(" or ", ", ").split(", ")]
        return f"{key}: must be one of {allowed}, {came}{near(str(first['input']), options)}"
    if kind == "too_short":
        return f"{key}: must have at least one entry, {came}"
    bound = next((name for name in BOUNDS if name in context), None)
    if bound:
        number = context[bound]
        return f"{key}: must be {BOUNDS[bound]} {int(number) if number == int(number) else number:,}, {came}"
    return f"{key}: must be {next((text for word, text in KINDS.items() if kind.startswith(word)), kind)}, {came}"


def _joined(where: list) -> str:
    return ".".join(map(str, where)) or "the configuration"


def _fields(where: list) -> Mapping:
    if len(where) == 1:
        return Config.model_fields
    if where[0] == "limits":
        return Limits.model_fields
    return Target.model_fields if "target" in where[:-1] else Entry.model_fields
