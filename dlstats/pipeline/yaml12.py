"""YAML as version 1.2 has it: PyYAML's parser with the core schema (YAML 1.2.2, section 10.3) and no key given twice.

`no` and `2:00` are words, `0100` is a hundred, `1e-3` a number, `2026-01-01` no date, and `<<` is a key like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, ClassVar

import yaml
from yaml.constructor import ConstructorError

from dlstats.protocol.hints import short


def _int(text: str) -> int:
    number = int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    str(number)  # raises ValueError for more digits than Python writes
    return number


def _float(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


CORE: dict[str, tuple[str, str, Callable[[str], object]]] = {
    "null": (r"null|Null|NULL|~|", "nN~", lambda text: None),
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF", lambda text: text.lower() == "true"),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789", _int),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
        _float,
    ),
}
"""Tag -> the form of a plain scalar that has it, the characters that such a scalar begins with, and its value."""


class NotYaml(ValueError):
    """A text that is not YAML 1.2; the message names file and line."""


def load(path: Path) -> Any:
    """What a file holds. Raises OSError when it cannot be read, and NotYaml when it is not what `read` takes."""
    try:
        return read(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise NotYaml(f"{path}: is not YAML: {error}.") from None


def read(text: str) -> Any:
    """What a text holds. Raises NotYaml for what is no YAML, a key given twice and a tag that is not of the core."""
    try:
        return yaml.load(text, _Reader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise NotYaml(where + ", ".join(filter(None, (error.context, error.problem)))) from None
    except yaml.YAMLError as error:
        raise NotYaml(" ".join(str(error).split())) from None
    except RecursionError:
        raise NotYaml("it is nested too deeply") from None


def write(value: object) -> str:
    """The text that `read` gives back as `value`, and YAML 1.1 too: mappings in blocks, the innermost in a line."""
    return yaml.dump(value, Dumper=_Writer, sort_keys=False, width=110, default_flow_style=None, allow_unicode=True)


class _Reader(yaml.SafeLoader):
    yaml_implicit_resolvers: ClassVar[dict] = {}
    yaml_constructors: ClassVar[dict] = {
        tag: yaml.SafeLoader.yaml_constructors[tag]
        for tag in (None, *(f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map")))
    }

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Nothing is merged; a key given twice is refused, where PyYAML keeps the last."""
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable):
                if key in seen:
                    raise ConstructorError(
                        None, None, f"the key {short(key)} must be given once, got it again", key_node.start_mark
                    )
                seen.add(key)


class _Writer(yaml.SafeDumper):
    """Strings with a line break other than that of a line are quoted, where PyYAML folds them into a space."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """A string, in double quotes if it must be."""
        odd = any(character in data for character in "\x85\u2028\u2029")
        return self.represent_scalar("tag:yaml.org,2002:str", data, style='"' if odd else None)


_Writer.add_representer(str, _Writer.represent_str)


def _constructor(name: str) -> Callable[[yaml.SafeLoader, yaml.ScalarNode], object]:
    form, _, value = CORE[name]

    def construct(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> object:
        text = str(loader.construct_scalar(node))
        try:
            if re.fullmatch(form, text):
                return value(text)
        except ValueError:  # more digits than Python reads
            pass
        raise ConstructorError(None, None, f"no {name} that can be read: {short(text)}", node.start_mark)

    return construct


for _name, (_form, _first, _) in CORE.items():
    for _class in (_Reader, _Writer):
        _class.add_implicit_resolver(
            f"tag:yaml.org,2002:{_name}", re.compile(f"({_form})$"), [*_first, *([""] if _name == "null" else [])]
        )
    _Reader.add_constructor(f"tag:yaml.org,2002:{_name}", _constructor(_name))
