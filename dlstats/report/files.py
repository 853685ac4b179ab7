"""Files written whole or not at all."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from dlstats import project
from dlstats.pipeline import store, yaml12


def tracked(reports: Path, name: str) -> Path:
    """A tracked file of the report, `reports/<name>`; of the project itself when the folder does not hold its own."""
    own = Path(reports) / name
    return own if own.exists() else project.FOLDER / "reports" / name


@cache
def packaged(name: str) -> dict:
    """A YAML file that stands beside this module, read once."""
    return yaml12.load(Path(__file__).with_name(name))


def write_json(path: Path, data: object) -> Path:
    """Write data as JSON for people to read."""
    return write_text(path, json.dumps(data, indent=1, ensure_ascii=False))


def write_text(path: Path, text: str) -> Path:
    """Write `text` with a newline at its end, under a temporary name first."""
    return write_bytes(path, (text if text.endswith("\n") else text + "\n").encode())


def write_bytes(path: Path, data: bytes) -> Path:
    """Write `data`, under a temporary name first."""
    path = Path(path)
    store.replace(path, lambda temporary: temporary.write_bytes(data))
    return path
