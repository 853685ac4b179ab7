"""The folder of what is made once for a user and a machine: compiled kernels, and how fast the machine is.

It is XDG_CACHE_HOME (ignored unless absolute, as its specification has it) or ~/.cache, then dlstats. What is read from
it must belong to this user or to root, and no one else may have been able to write it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path

SET = "set XDG_CACHE_HOME to a folder of your own that can be written"
OTHERS_WRITE = 0o022


class Unusable(ValueError):
    """There is no cache that can be used; the message says in one line what to set."""


def location() -> Path:
    """Where the folder is or would be. Raises Unusable when no home is known."""
    folder_name = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(folder_name) if os.path.isabs(folder_name) else Path.home() / ".cache") / "dlstats"
    except RuntimeError:
        raise Unusable(f"no home folder is known: {SET}") from None


def folder() -> Path:
    """The folder, made if need be, which no one else can write. Raises Unusable where that cannot be."""
    path = location()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.stat()
        if status.st_uid not in (0, os.getuid()):
            raise Unusable(f"{path} belongs to another user: {SET}")
        if status.st_mode & OTHERS_WRITE:
            path.chmod(0o700)
    except OSError as error:
        raise Unusable(f"{path} cannot be used ({error.strerror}): {SET}") from None
    return path


def trusted(path: Path) -> bool:
    """Whether a file is there, this user's or root's, and no one else may write it."""
    try:
        status = path.stat()
    except OSError:
        return False
    return path.is_file() and status.st_uid in (0, os.getuid()) and not status.st_mode & OTHERS_WRITE


def named(stem: str, path: Path) -> str:
    """What a file is called that is named by what it was made from, the stem, and by the digest of its content."""
    return f"{stem}-{hashlib.sha256(path.read_bytes()).hexdigest()[:32]}{path.suffix}"


def sound(folder: Path, stem: str, suffix: str) -> Path | None:
    """The file of a stem that still has the digest it is named by and that no one else can have written."""
    for path in sorted(folder.glob(f"{stem}-*{suffix}")):
        with contextlib.suppress(OSError):
            if trusted(path) and path.name == named(stem, path):
                return path
    return None


def read(name: str) -> dict:
    """What was stored under a name; nothing when it is not there, not to be trusted, or damaged, of which a line tells."""
    try:
        path = location() / name
        text = path.read_text(encoding="utf-8") if trusted(path) else "{}"
    except (OSError, Unusable):
        return {}
    except UnicodeDecodeError:
        text = ""
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if isinstance(values, dict):
        return values
    print(f"dlstats: {path} is damaged and not used; `dlstats doctor --measure` makes it again", file=sys.stderr)
    return {}


def write(name: str, data: dict) -> None:
    """Store data under a name, whole or not at all. Raises Unusable where there is no cache, OSError when it is full."""
    into = folder()
    handle, temporary = tempfile.mkstemp(dir=into, prefix=f".{name}-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(data, file)
    os.replace(temporary, into / name)
