"""The configuration: read from YAML, checked against `config/schema.yaml`, one clear message when it is wrong."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import jsonschema
import yaml
from jsonschema.exceptions import best_match

from dlstats.pipeline import grid

KINDS = {
    "object": "a mapping of keys to values",
    "array": "a list",
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "boolean": "true or false",
    "null": "empty",
}
SCHEMA = grid.PACKAGE.parent / "config" / "schema.yaml"


class ConfigError(ValueError):
    """The configuration is not what the schema asks for; the message names the key, the need and what came."""


def load(path: str | Path, schema: str | Path | None = None) -> dict:
    """The configuration in `path`, checked. Raises ConfigError with one line that says what to mend."""
    path = Path(path)
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not YAML: {' '.join(str(error).split())}") from None
    try:
        check(config, yaml.safe_load(Path(schema or SCHEMA).read_text(encoding="utf-8")))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return config


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
    """The configuration in `path`; exits with status 2 and one line when it is wrong."""
    try:
        return load(path)
    except ConfigError as error:
        _exit(str(error))


def _exit(message: str) -> NoReturn:
    print(message, file=sys.stderr, flush=True)
    os._exit(2)  # a SystemExit would be wrapped in a traceback by Snakemake


def check(config: Any, schema: Mapping) -> None:
    """Raise ConfigError when `config` does not follow `schema` or gives a condition twice."""
    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(config))
    if errors:
        raise ConfigError(" ".join(_explain(best_match(errors)).split()))
    assert isinstance(config, dict)
    for studies in grid.families(config).values():
        for study in studies:
            try:
                grid.cells(config, study)
            except ValueError as error:
                raise ConfigError(str(error)) from None


def _explain(error: Any) -> str:
    """What a ValidationError of jsonschema says, whose types leave open whether its fields are set."""
    key = ".".join(str(part) for part in error.absolute_path) or "the configuration"
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", ()))
        return f"{key}: {_unknown(error.instance, known)}"
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return f"{key}: must have {_list(missing)}."
    need = {
        "type": lambda v: "must be " + " or ".join(KINDS[kind] for kind in (v if isinstance(v, list) else [v])),
        "enum": lambda v: f"must be one of {_list(v, 'or')}",
        "minimum": lambda v: f"must be at least {v}",
        "maximum": lambda v: f"must be at most {v}",
        "exclusiveMinimum": lambda v: f"must be greater than {v}",
        "exclusiveMaximum": lambda v: f"must be less than {v}",
        "minItems": lambda v: f"must have at least {v} entry",
        "minProperties": lambda v: f"must have at least {v} key",
        "pattern": lambda v: f"must match {v}",
    }.get(error.validator, lambda v: f"must satisfy {error.validator} {v!r}")(error.validator_value)
    return f"{key}: {need}, got {_short(error.instance)}.{_suggest_level(error)}"


def _unknown(instance: Mapping, known: list[str]) -> str:
    unknown = next(str(name) for name in instance if name not in known)
    near = difflib.get_close_matches(unknown, known, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    return f"has no key `{unknown}`; the keys are {_list(known)}.{hint}"


def _suggest_level(error: Any) -> str:
    if error.validator != "enum":
        return ""
    near = difflib.get_close_matches(str(error.instance), [str(v) for v in error.validator_value], n=1)
    return f" Did you mean `{near[0]}`?" if near else ""


def _list(words: list, last: str = "and") -> str:
    words = [f"`{word}`" for word in words]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
