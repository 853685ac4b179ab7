"""Data from a file as typed models, and one line that says what is wrong with it: key, need, what came."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pydantic

from dlstats.pipeline import yaml12
from dlstats.protocol.hints import near, one_line, short

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


class Wrong(ValueError):
    """Data that are not what is required; the message names the key, the need and what came, in one line."""

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


class Model(pydantic.BaseModel):
    """A mapping with the keys that its fields name and no others, each of exactly its type."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)


def check(kind: Any, value: Any, whole: str) -> Any:
    """The data as `kind`, a Model or a mapping or list of them. Raises Wrong; `whole` is what messages call all of it."""
    try:
        return pydantic.TypeAdapter(kind).validate_python(value)
    except pydantic.ValidationError as error:
        raise Wrong(_explain(error, kind, whole)) from None


def load(kind: Any, path: Path, whole: str) -> Any:
    """What a YAML file holds, as `kind`. Raises OSError when it cannot be read, and Wrong, with its name, when it is wrong."""
    try:
        return check(kind, yaml12.load(path), whole)
    except Wrong as error:
        raise Wrong(f"{path}: {error}") from None
    except yaml12.NotYaml as error:
        raise Wrong(str(error)) from None


def _explain(error: pydantic.ValidationError, kind: Any, whole: str) -> str:
    """One thing that is wrong, a key that is not known before all else."""
    errors = error.errors(include_url=False)
    first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    where, wrong, context = list(first["loc"]), first["type"], first.get("ctx", {})
    key, inside, came = _joined(where) or whole, _joined(where[:-1]) or whole, f"got {short(first['input'])}."
    if where[-1:] == ["[key]"]:
        return f"{_joined(where[:-2]) or whole}: must have texts as keys, {came}"
    if wrong == "invalid_key":
        return f"{inside}: must have texts as keys, {came}"
    if wrong == "extra_forbidden":
        fields = list(_fields(kind, where[:-1]))
        known = ", ".join(f"`{name}`" for name in fields)
        return f"{inside}: has no key `{where[-1]}`; the keys are {known}.{near(str(where[-1]), fields)}"
    if wrong == "missing":
        return f"{inside}: must have `{where[-1]}`."
    if wrong == "value_error":
        return f"{key}: must be {context['error']}, {came}"
    if wrong == "literal_error":
        allowed = context["expected"].replace("'", "`")
        options = [part.strip("'") for part in context["expected"].replace(" or ", ", ").split(", ")]
        return f"{key}: must be one of {allowed}, {came}{near(str(first['input']), options)}"
    if wrong == "too_short":
        return f"{key}: must have at least one entry, {came}"
    bound = next((name for name in BOUNDS if name in context), None)
    if bound:
        number = context[bound]
        return f"{key}: must be {BOUNDS[bound]} {int(number) if number == int(number) else number:,}, {came}"
    return f"{key}: must be {next((text for word, text in KINDS.items() if wrong.startswith(word)), wrong)}, {came}"


def _joined(where: list) -> str:
    return ".".join(map(str, where))


def _fields(kind: Any, where: list) -> Mapping:
    """The fields of the model that stands at a place of the data."""
    for part in where:
        fields = getattr(kind, "model_fields", None)
        kind = fields[part].annotation if fields else get_args(kind)[-1]
        while hasattr(kind, "__metadata__") or type(None) in get_args(kind):
            kind = get_args(kind)[0]
    return kind.model_fields
