"""When a process must end: with the one that started it, and after its time. It loads nothing heavy."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import threading
import time
from collections.abc import Callable

STARTER = "DLSTATS_STARTER"
"""Environment variable that names the process of `dlstats run` to the Snakemake that it starts."""
PARENT = "DLSTATS_PARENT"
"""Environment variable that names the process of Snakemake to its jobs, which may start when it is gone already."""
LONGEST = 365 * 24 * 3600
"""Seconds that a job may be given at most."""


def parent() -> int:
    """The process that a job must end with."""
    return int(os.environ.get(PARENT) or os.getppid())


def leave_with(process: int, every: float = 1.0) -> None:
    """End this process when its parent is not `process`, or no more: a job never outlives the Snakemake that started it."""

    def watch() -> None:
        while os.getppid() == process:
            time.sleep(every)
        _leave()

    threading.Thread(target=watch, daemon=True).start()


def of_snakemake(main: bool) -> None:
    """Let this process be a Snakemake with which its jobs end; the main one ends with the `dlstats run` that started it."""
    os.environ[PARENT] = str(os.getpid())
    if main and STARTER in os.environ:
        leave_with(int(os.environ.pop(STARTER)))


def stop_after(seconds: float, since: float, tell: Callable[[str], object]) -> None:
    """Tell that this process is not done in time and end it; with its tracebacks when even that line hangs.

    The time counts from `since`, a reading of `time.monotonic`.
    """

    def stop() -> None:
        tell(f"not done after {seconds:g} s, the `job_limit` of the configuration; finished replicates are kept")
        _leave()

    left = max(0.0, since + seconds - time.monotonic())
    timer = threading.Timer(left, stop)
    timer.daemon = True
    timer.start()
    faulthandler.dump_traceback_later(left + 10, exit=True)


def _leave() -> None:
    """End this process, and before it what it has started: a compiler would work on, and its folder stay."""
    import psutil

    with contextlib.suppress(psutil.Error):
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
    os._exit(1)
