"""What a job says while it works: a line every 10 s on a terminal, every 30 s in its log."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

ON_TERMINAL = 10.0
IN_LOG = 30.0


class _Listener(logging.Handler):
    """Says what the back ends log: which of them trains, and why not the faster one."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Say the message."""
        self._say(record.getMessage())


class Progress:
    """Counts replicates done out of `total`; a thread prints, so that a long block is never silent."""

    def __init__(self, label: str, total: int, log: Path | None = None, terminal: TextIO | None = None) -> None:
        self.label, self.total, self.done, self.doing = label, total, 0, ""
        self._started = time.monotonic()
        stream = sys.stderr if terminal is None else terminal
        self._outlets: list[tuple[TextIO, float]] = [(stream, ON_TERMINAL)] if stream.isatty() else []
        self._log: TextIO | None = None
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            self._log = log.open("a", encoding="utf-8")
            self._outlets.append((self._log, IN_LOG))
        self._backend, self._listener = logging.getLogger("dlstats.backend"), _Listener(self.say)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._beat, args=outlet, daemon=True) for outlet in self._outlets]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        self._backend.setLevel(logging.INFO)
        self._backend.addHandler(self._listener)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._backend.removeHandler(self._listener)
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self.say(self.line() if error is None else f"{self.label}: stopped: {error}")
        if self._log is not None:
            self._log.close()

    def say(self, text: str) -> None:
        """Print a line everywhere at once."""
        for stream, _ in self._outlets:
            print(text, file=stream, flush=True)

    def line(self) -> str:
        """Replicates done, elapsed and expected time left."""
        elapsed = time.monotonic() - self._started
        left = f", {elapsed * (self.total - self.done) / self.done:.0f} s left" if self.done else ""
        doing = f" ({self.doing})" if self.doing and self.done < self.total else ""
        return f"{self.label}: {self.done}/{self.total} replicates, {elapsed:.0f} s{left}{doing}"

    def _beat(self, stream: TextIO, every: float) -> None:
        while not self._stop.wait(every):
            print(self.line(), file=stream, flush=True)
