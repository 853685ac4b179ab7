"""What a message says of what came: what may have been meant, and no more of it than fits in a line."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable

LENGTH = 80
_REPR = reprlib.Repr()
_REPR.maxlevel, _REPR.maxstring, _REPR.maxlong, _REPR.maxother = 3, LENGTH, LENGTH, LENGTH


def near(name: str, known: Iterable[str]) -> str:
    """The question whether it was meant, with the known name that comes nearest; empty when none comes near."""
    close = difflib.get_close_matches(name[:LENGTH], list(known), n=1)
    return f" Did you mean `{close[0]}`?" if close else ""


def short(value: object) -> str:
    """A value as Python writes it, in a line of at most 80 characters."""
    text = _REPR.repr(value)
    return text if len(text) <= LENGTH else text[: LENGTH - 3] + "..."


def said(error: BaseException) -> str:
    """What an error is and says, in one line without a full stop."""
    return one_line(f"{type(error).__name__}: {error}").rstrip(":.")


def one_line(text: str) -> str:
    """The text in one line: spaces for breaks, and an escape for what cannot be printed."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in " ".join(text.split()))
