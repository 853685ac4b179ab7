"""A process that has everything loaded and waits: for every job of a run it forks, which takes no time, where a start does.

A fork is as good as a process of its own: it has its own words, folder, environment, open files and signals (`ask`
sends them), a crash of it hurts no other, and what it changes is gone with it. The waiting process has one thread, ends
with the Snakemake that started it, and serves its own user, its own Python, and the code that it has loaded: when a file
of the package is written, jobs start by themselves again.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import multiprocessing
import multiprocessing.process
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from dlstats.cli.ask import ADDRESS
from dlstats.pipeline import fingerprints, processes

SOCKET = ".snakemake/dlstats.socket"
"""Where it listens, in the folder of the run, which Snakemake locks."""
LOADED = ("pandas", "pyarrow.parquet", "scipy.stats", "dlstats.cli.parser", "dlstats.pipeline.results")
"""Modules that it loads first."""
NEEDED = {
    "simulate": ("torch", "dlstats.pipeline.cells"),
    "summarise": ("dlstats.pipeline.summaries",),
    "draw": ("matplotlib.pyplot", "dlstats.report.drawing"),
}
"""Modules that it loads when a command asks for them first."""
ONE = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "GOTO", "NUMEXPR")}
"""As Snakemake sets it for jobs of one core, which all are."""
HERE = os.path.dirname(sys.executable)
"""The Python that it serves."""
EVERY = 0.2
"""Seconds from one look at whether Snakemake is still there to the next."""


def begin() -> subprocess.Popen:
    """Start it for the jobs of this Snakemake, in its folder."""
    Path(SOCKET).unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(SOCKET)
        os.chmod(SOCKET, 0o600)
        door.listen(1024)
        words = [sys.executable, "-m", "dlstats.cli.waiting", str(door.fileno())]
        told = json.dumps({"stamp": fingerprints.stamp(), "known": fingerprints.known()})
        process = subprocess.Popen(
            words, env=os.environ | ONE, stdin=subprocess.PIPE, pass_fds=[door.fileno()], text=True
        )
        assert process.stdin
        with contextlib.suppress(BrokenPipeError), process.stdin:
            process.stdin.write(told)
    os.environ[ADDRESS] = SOCKET
    return process


@dataclass
class _Job:
    process: multiprocessing.process.BaseProcess
    connection: socket.socket


def serve(door: socket.socket, code: str) -> None:
    """Let a fork carry out every request, as long as Snakemake is there and the code is as its stamp says."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's ^C goes to Snakemake and the jobs as well
    snakemake = processes.parent()
    with selectors.DefaultSelector() as events:
        events.register(door, selectors.EVENT_READ)
        while os.getppid() == snakemake:
            for key, _ in events.select(EVERY):
                if key.fileobj is door:
                    if (request := _request(door, code)) is not None:
                        job = _started(*request, [door, *_connections(events)])
                        events.register(job.connection, selectors.EVENT_READ, job)
                        events.register(job.process.sentinel, selectors.EVENT_READ, job)
                elif events.get_map().get(key.fd) is not key:
                    continue  # its job has ended earlier in this round
                elif key.fileobj is key.data.connection:
                    _pass_on(key.data, events)
                else:
                    _end(key.data, events)
    Path(SOCKET).unlink(missing_ok=True)


def _connections(events: selectors.BaseSelector) -> list[socket.socket]:
    return [key.data.connection for key in events.get_map().values() if key.data]


def _started(connection: socket.socket, asked: dict, files: list[int], others: list[socket.socket]) -> _Job:
    _load(asked["words"])
    process = multiprocessing.get_context("fork").Process(
        target=_carry_out, args=(asked, files, [connection, *others], os.getpid())
    )
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # what comes before the fork hears it waits
    process.start()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for file in files:
        os.close(file)
    return _Job(process, connection)


def _pass_on(job: _Job, events: selectors.BaseSelector) -> None:
    """A signal that was asked for; the end, when who asked is gone."""
    number = b""
    with contextlib.suppress(OSError):
        number = job.connection.recv(1)
    if not number:
        events.unregister(job.connection)
    assert job.process.pid
    with contextlib.suppress(OSError):  # it has ended, or that is no signal
        os.kill(job.process.pid, number[0] if number else signal.SIGKILL)


def _end(job: _Job, events: selectors.BaseSelector) -> None:
    """Tell the exit status, negative for the signal that killed it."""
    events.unregister(job.process.sentinel)
    if job.connection in events.get_map():
        events.unregister(job.connection)
    job.process.join()
    with contextlib.suppress(OSError):
        job.connection.sendall(struct.pack("i", job.process.exitcode))
    job.connection.close()


def _request(door: socket.socket, code: str) -> tuple[socket.socket, dict, list[int]] | None:
    """Who asks, what, and its open files, if it may be served."""
    connection, _ = door.accept()
    files: list[int] = []
    try:
        connection.settimeout(5)
        owner = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]
        head, files, _, _ = socket.recv_fds(connection, 8, 3)
        asked = json.loads(connection.recv(struct.unpack("Q", head)[0], socket.MSG_WAITALL))
        here = (os.getuid(), HERE, code)
        if (owner, asked["python"], fingerprints.stamp()) == here and len(files) == 3:
            connection.sendall(b"y")
            connection.settimeout(None)
            return connection, asked, files
    except (OSError, ValueError, struct.error):
        pass
    for file in files:
        os.close(file)
    connection.close()
    return None


def _load(words: list[str]) -> None:
    """What the command and its study need, so that no fork has to; what fails here fails there, with its message."""
    from dlstats.pipeline import registry

    with contextlib.suppress(Exception):
        for name in NEEDED.get(words[0], ()):
            importlib.import_module(name)
        name = words[1].partition(".")[0] if len(words) > 1 else ""
        if name in registry.studies():
            registry.load(name)
    gc.freeze()


def _carry_out(asked: dict, files: list[int], others: list[socket.socket], waiting: int) -> None:
    """What the process would do that asks, as if this fork were that process."""
    from dlstats.cli import parser

    for other in others:
        other.close()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for number, (file, name) in enumerate(zip(files, ("stdin", "stdout", "stderr"), strict=True)):
        os.dup2(file, number)
        os.close(file)
        before, mode, lines = getattr(sys, f"__{name}__"), "w" if number else "r", 1 if number == 2 else -1
        setattr(sys, name, open(number, mode, lines, before.encoding, before.errors, closefd=False))
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.environ[processes.PARENT] = str(waiting)
    os.chdir(asked["folder"])
    sys.argv[1:] = asked["words"]
    sys.exit(parser.main())


def main() -> None:
    """Load what is always needed, and serve."""
    told = json.load(sys.stdin)
    fingerprints.know(told["known"])
    for name in LOADED:
        importlib.import_module(name)
    serve(socket.socket(fileno=int(sys.argv[1])), told["stamp"])
    os._exit(0)  # without waiting for jobs, which end when this process does


if __name__ == "__main__":
    main()
