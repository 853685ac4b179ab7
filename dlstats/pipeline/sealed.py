"""A text beside Snakemake's own memory: written whole or not at all, and read only as it was written."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path


def write(file: Path, text: str) -> None:
    """Put the text in place with its digest; nothing happens where that cannot be."""
    with contextlib.suppress(OSError):
        part = file.with_suffix(f".{os.getpid()}")
        part.write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}", encoding="utf-8")
        part.replace(file)


def read(file: Path) -> str | None:
    """The text, None where it is not there or not as it was written."""
    with contextlib.suppress(OSError, ValueError):
        seal, _, text = file.read_text(encoding="utf-8").partition("\n")
        if hashlib.sha256(text.encode()).hexdigest() == seal:
            return text
    return None
