"""Colours on a terminal, and there alone: never where NO_COLOR is set (https://no-color.org) or the terminal is dumb."""

from __future__ import annotations

import os
import sys
from typing import TextIO

STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32"}


def paint(text: str, style: str, stream: TextIO | None = None) -> str:
    """The text in a style where the stream (stdout) shows one, else as it is."""
    out = sys.stdout if stream is None else stream
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not out.isatty():
        return text
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m"
