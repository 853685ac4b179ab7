"""A job that a signal kills is named in one line with study, cell and signal; what is not its fault goes on."""

import os
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest
from cases.project import copy_project

from dlstats import project
from dlstats.pipeline import config, grid, origins, store

EXPERIMENT = ("squaring", "deep")
CELLS = ["depth=0", "depth=1", "depth=2"]
HOOK = """
import importlib.machinery, os, signal, sys, time

class Deadly:
    def find_spec(self, name, path=None, target=None):
        if name != "dlstats.pipeline.cells":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            whole = module.simulate_block

            def simulate_block(experiment, origin, *rest):
                kind = os.environ["TEST_DEATH"]
                if origin.cell in os.environ["TEST_CELLS"].split():
                    time.sleep(60) if kind == "sleep" else os.kill(os.getpid(), getattr(signal, kind))
                return whole(experiment, origin, *rest)

            module.simulate_block = simulate_block

        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Deadly())
"""
"""What the interpreter of a job loads first: the cells named die or sleep when their work begins."""


def _environment(folder, kind, cells, root=project.FOLDER):
    (folder / "hook").mkdir()
    (folder / "hook" / "sitecustomize.py").write_text(HOOK)
    path = os.pathsep.join([str(folder / "hook"), str(root)])
    return os.environ | {"PYTHONPATH": path, "TEST_DEATH": kind, "TEST_CELLS": " ".join(cells)}


def _command(*words):
    command = [
        sys.executable,
        "-m",
        "dlstats",
        "simulate",
        ".".join(EXPERIMENT),
        *CELLS,
        "--seed",
        "1",
        "--replicates",
        "1",
    ]
    return [*command, "--device", "cpu", *words]


@pytest.mark.parametrize("kind", ["SIGSEGV", "SIGKILL", "SIGABRT"])
def test_a_killed_cell_is_named_in_one_line_and_the_cells_after_it_go_on(kind, tmp_path):
    environment = _environment(tmp_path, kind, CELLS[1:2])
    command = _command("--log", "job.log")
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    number = int(getattr(signal, kind))
    line = f"dlstats simulate: squaring.deep, cell {CELLS[1]}: killed by signal {number} ({kind})\n"
    assert (done.returncode, done.stderr) == (1, line)
    assert line in (tmp_path / "job.log").read_text()
    raw = [tmp_path.joinpath("results", "raw", *EXPERIMENT, f"{cell}.parquet") for cell in CELLS]
    assert [path.exists() for path in raw] == [True, False, True]
    assert all(len(store.read(path)) for path in raw[::2])


def test_every_killed_cell_is_named(tmp_path):
    environment = _environment(tmp_path, "SIGSEGV", CELLS)
    done = subprocess.run(_command(), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert [line.split(":")[1] for line in done.stderr.splitlines()] == [
        f" squaring.deep, cell {cell}" for cell in CELLS
    ]


def _started(folder, *words):
    """A job that sleeps in its first cell, and the process that it watches."""
    environment = _environment(folder, "sleep", CELLS)
    job = subprocess.Popen(
        _command(*words),
        cwd=folder,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background job inherits that it is ignored
    )
    until = time.monotonic() + 60
    while time.monotonic() < until:
        children = psutil.Process(job.pid).children()
        if children and any(library.path.endswith(".so") and "pandas" in library.path
                            for library in children[0].memory_maps()):  # fmt: skip
            return job, children[0]
        time.sleep(0.1)
    raise AssertionError("the job did not begin")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_stop_is_passed_on(number, tmp_path):
    job, child = _started(tmp_path)
    job.send_signal(number)
    _, said = job.communicate(timeout=30)
    assert job.returncode == -number
    assert not child.is_running()
    assert "killed by" not in said


def test_the_work_ends_with_the_process_that_watches_it(tmp_path):
    job, child = _started(tmp_path)
    job.kill()
    job.communicate(timeout=30)
    assert psutil.wait_procs([child], timeout=10)[1] == []


def test_a_job_ends_with_what_started_it(tmp_path):
    words = _command("--with-parent")
    starter = subprocess.Popen(
        [sys.executable, "-S", "-c", f"import subprocess; subprocess.run({words!r})"],
        cwd=tmp_path,
        env=_environment(tmp_path, "sleep", CELLS),
        start_new_session=True,
    )
    until = time.monotonic() + 60
    while len(family := psutil.Process(starter.pid).children(recursive=True)) < 2 and time.monotonic() < until:
        time.sleep(0.1)
    assert len(family) == 2
    starter.kill()
    starter.wait()
    assert psutil.wait_procs(family, timeout=10)[1] == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_all_children_end_with_dlstats_run_also_through_snakemake(number, tmp_path):
    project = tmp_path / "project"
    copy_project(project, studies=["multiplicity"])
    cells = [cell.id for cell in grid.cells(config.load(project / "config" / "tiny.yaml"), "multiplicity")]
    run = subprocess.Popen(
        [sys.executable, "-m", "dlstats", "run", "tiny", "--cores", "2"],
        cwd=project,
        env=_environment(tmp_path, "sleep", cells, project),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    until, kept = time.monotonic() + 120, project / "results" / "logs" / "simulate"
    while not (kept.exists() and len(_simulating(run.pid)) >= 2) and time.monotonic() < until:
        time.sleep(0.2)
    family = psutil.Process(run.pid).children(recursive=True)
    assert len(_simulating(run.pid)) >= 2  # what watches and what works
    assert any("snakemake" in process.cmdline() for process in family)
    run.send_signal(number)
    run.wait(timeout=30)
    assert psutil.wait_procs(family, timeout=20)[1] == []


def _simulating(pid):
    return [p for p in psutil.Process(pid).children(recursive=True) if "simulate" in p.cmdline()]


def test_the_workflow_goes_on_and_the_report_says_what_is_missing(tmp_path):
    """As `make report` does: the run, and where it fails the report of what is there, with an exit status of 1."""
    project = tmp_path / "project"
    copy_project(project, studies=["multiplicity", "minimax_rates"])
    settings = config.load(project / "config" / "tiny.yaml")
    found = grid.cells(settings, "multiplicity")
    inner = found[0].experiment
    cells = [cell.id for cell in found if cell.experiment == inner]
    environment = _environment(tmp_path, "SIGSEGV", cells[1:2], project)
    run = [sys.executable, "-m", "dlstats", "run", "tiny", "--cores", "2"]
    done = subprocess.run(run, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    line = f"multiplicity.{inner}, cell {cells[1]}: killed by signal 11 (SIGSEGV)"
    said = [text for text in (done.stdout + done.stderr).splitlines() if cells[1] in text]
    whole = f"FAILED simulate_multiplicity_{inner}_0: dlstats simulate: {line}"
    assert [text.startswith(whole) for text in said] == [True, True]  # where it fails, and once more at the end
    assert "RuleException" not in done.stderr
    kept = {path.stem for path in (project / "results" / origins.KEPT / "multiplicity" / inner).glob("*.parquet")}
    assert kept == {*cells} - {cells[1]}
    assert [path.stem for path in (project / "results/measured").glob("*.parquet")] == ["minimax_rates"]
    write = [sys.executable, "-m", "dlstats", "write", "--config", "config/tiny.yaml"]
    subprocess.run(write, cwd=project, env=environment, check=True, capture_output=True)
    report = re.sub(r"<[^>]*>|\s+", " ", (project / "reports/html/index.html").read_text())
    assert re.search(r"Missing from this report, 1 of 2 studies\.[^.]*multiplicity", report)
