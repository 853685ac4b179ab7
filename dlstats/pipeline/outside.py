"""Studies from outside the package: a file or folder of the user's, or a module of a package that announces it.

A package announces its studies as entry points of the group `dlstats.studies`: the name is the study's, the value its
module, `my_study = "my_package.my_study"`.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Collection
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from dlstats.protocol.hints import short

GROUP = "dlstats.studies"
FAMILY = "further"
"""The family of all studies from outside."""
RULES = frozenset("all checks draw further ledger measure report simulate summarise write".split())
"""Names of the workflow's rules and of the family, which a study must not bear."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_files: dict[str, Path] = {}


def add(word: str, taken: Collection[str] = ()) -> str:
    """Make the study of a file, or of a folder with `__init__.py`, known by its name, which is returned.

    Raises LookupError when there is no such file, and ValueError when its name is not one of lower-case letters, digits
    and underscores, is in `taken`, is that of another file or of a rule of the workflow, or is that of an installed
    module.
    """
    path = _found(word)
    name = path.parent.name if path.name == "__init__.py" else path.stem
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"`{word}` must have a name of lower-case letters, digits and underscores, which is its study's."
        )
    if name in RULES:
        raise ValueError(f"`{word}` must have a name of its own, `{name}` is one of the workflow.")
    if name in taken or name in installed():
        raise ValueError(f"`{word}` must have a name of its own, there is already a study or a family `{name}`.")
    if _files.setdefault(name, path) != path:
        raise ValueError(f"`{word}` must have a name of its own, it shares `{name}` with {_files[name]}.")
    spec = find_spec(name) if name not in sys.modules else sys.modules[name].__spec__
    if spec is not None and spec.origin and Path(spec.origin).resolve() != path:
        del _files[name]
        raise ValueError(f"`{word}` must not have the name of a module, which `{name}` is: {spec.origin}.")
    return name


def _found(word: str) -> Path:
    try:
        path = Path(word)
        path = (path / "__init__.py" if path.is_dir() else path).resolve()
        if path.is_file():
            return path
    except (OSError, ValueError):  # a name that no file system has
        pass
    raise LookupError(f"there is no file {short(word)}, which must hold a study.")


def files() -> dict[str, Path]:
    """The files that were added, by the study's name."""
    return dict(_files)


@cache
def installed() -> dict[str, str]:
    """The modules of the studies that installed packages announce, by the study's name."""
    return {entry.name: entry.value for entry in entry_points(group=GROUP) if _NAME.fullmatch(entry.name)}


def module(name: str) -> str | None:
    """The path of a study's file, its module where a package announces it, None where it is unknown."""
    return str(_files[name]) if name in _files else installed().get(name)


def file(name: str) -> Path:
    """The file of a study that `module` knows. Raises LookupError when its module cannot be found."""
    if name in _files:
        return _files[name]
    spec = find_spec(installed()[name])
    if spec is None or not spec.origin:
        raise LookupError(f"The study `{name}` is announced as {installed()[name]}, which cannot be found.")
    return Path(spec.origin)


def references() -> list[Path]:
    """The files `references.bib` that stand beside studies from outside, each once."""
    found = []
    for name in (*_files, *installed()):
        with contextlib.suppress(LookupError, ImportError):  # a package that announces what it has not
            beside = file(name).with_name("references.bib")
            found += [beside] if beside.is_file() else []
    return list(dict.fromkeys(found))


def load(name: str) -> ModuleType:
    """Import the module of a study that `module` knows; files beside it can be imported by it."""
    if name not in _files:
        return import_module(installed()[name])
    path = _files[name]
    find_beside(path.parent if path.name == "__init__.py" else path)
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path}: a study from outside must be a Python file, `.py`.")
    imported = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(imported)
    except BaseException:
        del sys.modules[name]
        raise
    return imported


def find_beside(path: Path) -> None:
    """Let what lies beside a file or folder of the user's be imported, after all that could be before."""
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)


def words(name: str) -> list[str]:
    """The words of a command that make a study's file known to it; none for other studies."""
    return ["--file", os.path.relpath(_files[name])] if name in _files else []
