"""A job that the waiting process carries out is as one that a process of its own carries out."""

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from dlstats.cli import ask, waiting
from dlstats.pipeline import fingerprints, processes

CELL = "compositions=2,units=2,steps=300"
LONG = ["simulate", "sawtooth.training", CELL, "--seed", "777001", "--replicates", "10000000", "--with-parent"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Of a run whose Snakemake is this process, with a process that waits."""
    folder, before, variables = tmp_path_factory.mktemp("run"), os.getcwd(), dict(os.environ)
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)  # which who works in the background ignores
    folder.joinpath(".snakemake").mkdir()
    os.environ[processes.PARENT] = str(os.getpid())
    os.chdir(folder)
    started = waiting.begin()
    os.chdir(before)
    (folder / "waiting.pid").write_text(str(started.pid))
    yield folder
    for process in (*forks(folder), started):
        process.kill()
    started.wait()
    os.environ.clear()
    os.environ.update(variables)
    signal.signal(signal.SIGINT, interrupt)


def asked(folder, words, **options):
    command = [sys.executable, "-S", "-E", ask.__file__, *words]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def alone(folder, words):
    variables = {name: value for name, value in os.environ.items() if name != ask.ADDRESS}
    return asked(folder, words, env=variables | {"PYTHONPATH": str(fingerprints.PACKAGE.parent)})


def forks(folder):
    return psutil.Process(int((folder / "waiting.pid").read_text())).children(recursive=True)


def gone(process, seconds=10):
    end = time.monotonic() + seconds
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < end:
        time.sleep(0.02)
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def working(folder, **options):
    """A long job, and the fork that works on it."""
    job = asked(folder, [*LONG, "--results", str(folder / "results")], **options)
    while not forks(folder):
        assert job.poll() is None, job.communicate()
        time.sleep(0.02)
    return job, forks(folder)[0]


@pytest.mark.parametrize("words", [["list", "--config", "one.yaml"], ["nonsense"], ["summarise", "nothing"]])
def test_it_says_and_returns_the_same(folder, words):
    (folder / "one.yaml").write_text("design: smoke\nseed: 1\nstudies: [sawtooth]\n")
    here, there = asked(folder, words), alone(folder, words)
    assert here.communicate() == there.communicate()
    assert here.returncode == there.returncode


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_the_job_and_who_asked(folder, number):
    job, fork = working(folder)
    job.send_signal(number)
    job.communicate(timeout=20)
    assert job.returncode != 0
    assert gone(fork)


def test_a_job_that_is_killed_is_told_by_its_signal(folder):
    job, fork = working(folder)
    fork.kill()
    job.communicate(timeout=20)
    assert job.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("code", "python", "served"),
    [("as it is", sys.executable, True), ("another", sys.executable, False), ("as it is", "/another/python", False)],
)
def test_its_own_code_and_python_are_served_only(tmp_path, monkeypatch, code, python, served):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fingerprints, "stamp", lambda: "as it is")
    monkeypatch.setattr(sys, "argv", ["ask.py", "list", "claims"])
    with socket.socket(socket.AF_UNIX) as door, ThreadPoolExecutor() as pool:
        door.bind("door")
        door.listen()
        request = pool.submit(waiting._request, door, code)
        mine = os.path.dirname(sys.executable)
        monkeypatch.setattr(sys, "executable", python)
        monkeypatch.setattr(waiting, "HERE", mine)
        connection = ask._connected("door")
        assert (connection is not None) is served
        found = request.result()
        assert (found is not None) is served
        if connection and found:
            there, asked, files = found
            assert asked["words"] == ["list", "claims"]
            assert len(files) == 3
            for one in (connection, there):
                one.close()
            for file in files:
                os.close(file)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">&- 2>&-"])
def test_who_asks_with_a_closed_stream_is_served_and_so_are_the_next(folder, closed):
    command = f"exec {sys.executable} -S -E {ask.__file__} nonsense {closed}"
    first = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=60)
    assert first.returncode == 2
    job = asked(folder, ["nonsense"])
    assert "invalid choice" in job.communicate()[1]
    assert psutil.pid_exists(int((folder / "waiting.pid").read_text()))
    assert psutil.Process(int((folder / "waiting.pid").read_text())).status() != psutil.STATUS_ZOMBIE


def test_a_job_and_who_asked_that_end_in_one_moment_hurt_no_one(folder):
    job, _ = working(folder)
    server = psutil.Process(int((folder / "waiting.pid").read_text()))
    server.suspend()
    for fork in forks(folder):
        fork.kill()
    time.sleep(0.3)
    job.kill()
    server.resume()
    job.communicate(timeout=20)
    assert "invalid choice" in asked(folder, ["nonsense"]).communicate()[1]
    time.sleep(0.3)
    assert server.status() != psutil.STATUS_ZOMBIE


def test_who_gave_up_leaves_nothing_open(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["ask.py", "list"])
    before = len(os.listdir("/proc/self/fd"))
    with socket.socket(socket.AF_UNIX) as door:
        door.bind("door")
        door.listen()
        monkeypatch.setattr(ask, "PATIENCE", 0.1)
        assert ask._connected("door") is None
        assert waiting._request(door, "another code") is None
    assert len(os.listdir("/proc/self/fd")) == before


def test_it_knows_the_fingerprints_that_were_asked_for():
    module = "dlstats.studies.approximation.sawtooth"
    digest = fingerprints.cells(module, "training")
    assert fingerprints.known()[f"cells {module} training"] == digest == fingerprints.HERE.cells(module, "training")


def test_it_ends_with_its_snakemake(tmp_path):
    code = "import os\nfrom dlstats.cli import waiting\nfrom dlstats.pipeline import processes\nprocesses.of_snakemake(False)\n"
    code += "print(waiting.begin().pid, flush=True)\nos._exit(0)"
    (tmp_path / ".snakemake").mkdir()
    variables = os.environ | {"PYTHONPATH": str(fingerprints.PACKAGE.parent)}
    # its output is this pipe, which ends when it does
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=60
    )
    assert not psutil.pid_exists(int(found.stdout)) or gone(psutil.Process(int(found.stdout)))
    assert not (tmp_path / waiting.SOCKET).exists()
