"""What went wrong in a job, in one line: the job writes it into its log, the workflow shows it."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path

from dlstats.protocol.hints import one_line

NAME = "snakemake.logging"
"""Snakemake's logger."""
TERMINAL = "DefaultStreamHandler"
"""Its handler that writes onto the terminal."""


def complain(line: str, log: Path | None = None, quiet: bool = False, error: BaseException | None = None) -> bool:
    """Say what went wrong in the job's log, after the traceback of `error`, and on stderr unless `quiet`.

    Returns whether the log has it. `quiet` is for a workflow, which reads the log and says it itself.
    """
    logged = log is not None and _append(line, log, error)
    if not quiet or (log is not None and not logged):
        print(line, file=sys.stderr, flush=True)
    return logged


def _append(line: str, log: Path, error: BaseException | None) -> bool:
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            if error is not None:
                traceback.print_exception(error, file=file)
            print(line, file=file)
    except OSError:
        return False
    return True


def shorten() -> None:
    """Let Snakemake show a line for a job that fails, in the place of its block, which its own log file keeps."""
    for handler in logging.getLogger(NAME).handlers:
        if handler.name == TERMINAL and not isinstance(handler.formatter, OneLine):
            handler.setFormatter(OneLine(handler.formatter))


def failed() -> str:
    """The lines of the jobs that failed, once more for the end of a long run."""
    formatters = [handler.formatter for handler in logging.getLogger(NAME).handlers]
    return "\n".join(line for one in formatters if isinstance(one, OneLine) for line in one.failed)


class OneLine(logging.Formatter):
    """A job that failed in one line: its rule, what its log complains of, and where that lies; all else as before."""

    def __init__(self, others: logging.Formatter | None) -> None:
        super().__init__()
        self.others = others or logging.Formatter()
        self.failed: list[str] = []

    def format(self, record: logging.LogRecord) -> str:
        """The text of a record; empty, which Snakemake does not show, for the exception that comes with a failed job."""
        event = str(getattr(record, "event", None))
        if event == "job_error":
            logs = [Path(path) for path in getattr(record, "log", None) or ()]
            complaint = next(filter(None, map(_complaint, logs)), "it said nothing, as a job does that is killed")
            return self._failed(
                f"{getattr(record, 'rule_name', '')}: {complaint} ({', '.join(map(str, logs)) or 'no log'})"
            )
        message = record.getMessage()
        if event == "error" and message.startswith("RuleException:\nCalledProcessError"):
            return ""
        if event == "error" and message.startswith("MissingOutputException in rule "):
            rule, missing = message.removeprefix("MissingOutputException in rule ").split()[0], message.splitlines()[2:]
            return self._failed(f"{rule}: it ended well but left out {one_line(' '.join(missing))}")
        return self.others.format(record)

    def _failed(self, line: str) -> str:
        self.failed.append(f"FAILED {line}")
        return self.failed[-1]


def _complaint(log: Path) -> str:
    """The first line of a log that complains and how many more do, else its last line."""
    try:
        lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    except OSError:
        return ""
    complaints = [line for line in lines if line.startswith("dlstats ")] or lines[-1:]
    more = f" and {len(complaints) - 1} more like it" if len(complaints) > 1 else ""
    return one_line(complaints[0] + more) if complaints else ""
