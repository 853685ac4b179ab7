"""A run of the workflow: Snakemake with this project's profile, one run a folder, and no manual unlock after a crash."""

from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from dlstats import cache

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 365 * 24 * 3600
"""Seconds that a job may be given at most."""


class Busy(ValueError):
    """Another run works in this folder."""


def workflow(profile: str, words: Sequence[str], keep_stale: bool = False) -> int:
    """Run Snakemake here for a profile; `words` are passed on. The exit status is Snakemake's.

    With `keep_stale`, results that other code or parameters computed are used as they are, and the report says so.

    Takes a lock that ends with this process however it ends. Whoever holds it alone may take away the locks that a
    killed Snakemake left behind, and does. Raises Busy when another run works in this folder, and `cache.Unusable` where
    nothing can be kept between runs.
    """
    cache.folder()  # Snakemake needs one beside it
    with _alone(Path(".snakemake") / "dlstats.lock"):
        base = [sys.executable, "-m", "snakemake", "--config", f"profile={profile}"]
        base += ["--snakefile", str(ROOT / "Snakefile")]
        base += ["--workflow-profile", str(ROOT / "workflows" / "profiles" / "default")]
        if any(Path(".snakemake/locks").glob("*.lock")):
            print(
                "an earlier run was killed: its locks are taken away, its finished replicates are kept", file=sys.stderr
            )
            subprocess.run(
                [*base, "--unlock"],
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )
        if keep_stale:
            base += ["--rerun-triggers", "mtime"]
        environment = _environment() | ({"DLSTATS_KEEP_STALE": "1"} if keep_stale else {})
        return subprocess.call([*base, *(word for word in words if word != "--")], env=environment)


def _environment() -> dict[str, str]:
    """Jobs find this interpreter's `python` and this package, whether or not its environment was activated."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    packages = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return os.environ | {"PATH": path, "PYTHONPATH": packages}


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(exist_ok=True)
    try:
        held = FileLock(lock, blocking=False).acquire()
    except Timeout:
        raise Busy(f"another run works in {Path.cwd()}; wait for it or stop it") from None
    with held:
        others = _snakemakes_here()
        if others:
            raise Busy(f"Snakemake works in {Path.cwd()} (process {others[0]}); wait for it or stop it")
        yield


def _snakemakes_here() -> list[int]:
    """Process numbers of other Snakemakes whose working folder this is."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        words = process.info["cmdline"] or []
        named = any(Path(word).name == "snakemake" for word in words[:3])
        if named and process.info["cwd"] == str(Path.cwd()) and process.info["pid"] != os.getpid():
            found.append(process.info["pid"])
    return found


def leave_with_parent(every: float = 1.0, parent: int | None = None) -> None:
    """End this process when its parent is gone, so that a job never outlives the Snakemake that started it.

    `parent` is the process that must live, if this one may have lost it already.
    """
    expected = os.getppid() if parent is None else parent

    def watch() -> None:
        while os.getppid() == expected:
            time.sleep(every)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def stop_after(seconds: float, since: float, tell: Callable[[str], object]) -> None:
    """Tell that this process is not done in time and end it; with its tracebacks when even that line hangs.

    The time counts from `since`, a reading of `time.monotonic`.
    """

    def stop() -> None:
        tell(f"not done after {seconds:g} s, the `job_limit` of the configuration; finished replicates are kept")
        os._exit(1)

    left = max(0.0, since + seconds - time.monotonic())
    timer = threading.Timer(left, stop)
    timer.daemon = True
    timer.start()
    faulthandler.dump_traceback_later(left + 10, exit=True)
