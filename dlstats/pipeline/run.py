"""A run of the workflow: Snakemake with this project's profile, one run a folder, and no manual unlock after a crash."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from dlstats import cache, project
from dlstats.pipeline import config, origins, processes, standing, store

PROFILE = ".profile"
"""File in `results/` that names the profile of the last run."""
PATIENCE = 5.0
"""Seconds for which a run waits for a Snakemake to end: one whose starter was killed ends within two."""


class Busy(ValueError):
    """Another run works in this folder."""


def workflow(profile: str, arguments: Sequence[str], keep_stale: bool = False, again: str = "") -> int:
    """Run Snakemake here for a profile; `arguments` are passed on. The exit status is Snakemake's, which ends when this does.

    With `keep_stale`, results of other code are used as they are, and the report says so. `again` names a study, or
    study.experiment, to be computed from scratch.

    Takes a lock that ends with this process however it ends. Whoever holds it alone may take away the locks that a
    killed Snakemake left behind, and does. Raises Busy when another run works in this folder, and `cache.Unusable` where
    nothing can be kept between runs.
    """
    cache.folder()  # Snakemake needs one beside it
    with _alone(Path(".snakemake") / "dlstats.lock"):
        base = [sys.executable, "-m", "snakemake", "--config", f"profile={profile}"]
        base += ["--snakefile", str(project.snakefile())]
        base += ["--workflow-profile", str(project.file("workflows", "profiles", "default"))]
        base += ["--nocolor"] if os.environ.get("NO_COLOR") else []
        environment = _environment() | {processes.STARTER: str(os.getpid())}
        if any(Path(".snakemake/locks").glob("*.lock")):
            print(
                "an earlier run was killed: its locks are taken away, its finished replicates are kept", file=sys.stderr
            )
            unlock, nowhere = [*base, "--unlock"], subprocess.DEVNULL
            subprocess.run(unlock, check=True, env=environment, stdout=nowhere, stderr=nowhere)
        if keep_stale:
            base += ["--rerun-triggers", "mtime"]
            environment[origins.KEEP_STALE] = "1"
        if again:
            environment[standing.AGAIN] = again
        return _wait(subprocess.Popen([*base, *(word for word in arguments if word != "--")], env=environment))


def _wait(snakemake: subprocess.Popen) -> int:
    """Its exit status; after Ctrl-C, which Snakemake hears too, it may end in order, and after a while with this process."""
    try:
        return snakemake.wait()
    except KeyboardInterrupt:
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            snakemake.wait(PATIENCE)
        print("stopped; what was finished is kept, the same command goes on from there", file=sys.stderr)
        return 128 + signal.SIGINT


def remember(profile: str, results: Path) -> None:
    """Keep the profile of this run for `last_profile`."""
    store.replace(results / PROFILE, lambda temporary: temporary.write_text(f"{profile}\n", encoding="utf-8"))


def last_profile(results: Path) -> str:
    """The profile of the last run, `standard` before the first. Raises ValueError when the file that names it is damaged."""
    path = results / PROFILE
    if not path.exists():
        return config.STANDARD
    try:
        profile = path.read_text(encoding="utf-8").strip()
        study = profile.rpartition(":")[2]
        named = profile and (Path(study) if project.is_path(study) else project.configuration(profile)).exists()
    except (OSError, ValueError):
        named = False
    if not named:
        raise ValueError(f"{path}: must name the profile of the last run, and no such profile is there; say --profile")
    return profile


def _environment() -> dict[str, str]:
    """Jobs find this interpreter's `python` and this package, whether or not its environment was activated."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    packages = os.pathsep.join(filter(None, [str(project.PACKAGES), os.environ.get("PYTHONPATH", "")]))
    return os.environ | {"PATH": path, "PYTHONPATH": packages}


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(exist_ok=True)
    try:
        held = FileLock(lock, blocking=False).acquire()
    except PermissionError:
        raise ValueError(
            f"{lock.resolve()} must be yours to write, it belongs to another user; run in a folder of your own, into which "
            "you may copy `results/`"
        ) from None
    except Timeout:
        raise Busy(f"another run works in {Path.cwd()}; wait for it or stop it") from None
    with held:
        until = time.monotonic() + PATIENCE
        while (others := _snakemakes_here()) and time.monotonic() < until:
            time.sleep(0.2)
        if others:
            raise Busy(f"Snakemake works in {Path.cwd()} (process {others[0]}); wait for it or stop it")
        yield


def _snakemakes_here() -> list[int]:
    """Process numbers of other Snakemakes whose working folder this is."""
    pids = []
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        command = process.info["cmdline"] or []
        snakemake = any(Path(word).name == "snakemake" for word in command[:3])
        if snakemake and process.info["cwd"] == str(Path.cwd()) and process.info["pid"] != os.getpid():
            pids.append(process.info["pid"])
    return pids
