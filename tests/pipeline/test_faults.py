"""What a job does when the machine fails it: one line, exit status 1, nothing half-written, and the next run goes on.

Kills are tried by `make faults`, wrong input by test_config.py and cli/test_commands.py.
"""

import dataclasses
import os
import resource
import subprocess
import sys
import time

import pandas as pd
import pytest
from cases import toy

from dlstats import project
from dlstats.cli import parser as command_line
from dlstats.pipeline import cells, store
from dlstats.training import device

CELLS = ["depth=0", "depth=1"]
EXPERIMENT = ("squaring", "deep")
WORDS = ["--seed", "1", "--replicates", "1", "--device", "cpu"]


def _simulate(folder, *words, before=None):
    command = [sys.executable, "-m", "dlstats", "simulate", ".".join(EXPERIMENT), *words, *WORDS]
    environment = os.environ | {"PYTHONPATH": str(project.FOLDER)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, preexec_fn=before, check=False
    )


def _raw(results, cell):
    return results.joinpath("raw", *EXPERIMENT, f"{cell}.parquet")


def _files(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def _full():
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


def test_a_full_disk_is_named_leaves_nothing_half_written_and_a_second_run_ends(tmp_path):
    done = _simulate(tmp_path, *CELLS, before=_full)
    assert (done.returncode, done.stdout) == (1, "")
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert _files(tmp_path) == []
    assert _simulate(tmp_path, *CELLS).returncode == 0
    assert [store.read(_raw(tmp_path / "results", cell)).shape[0] for cell in CELLS]


def test_results_that_cannot_be_written_are_named(tmp_path):
    (tmp_path / "results").write_text("a file where the folder should be")
    done = _simulate(tmp_path, *CELLS)
    assert done.returncode == 1
    assert "results" in done.stderr
    assert "Traceback" not in done.stderr
    assert _files(tmp_path) == ["results"]


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes.")]
)
def test_memory_that_runs_out_is_named_and_earlier_cells_stay(tmp_path, monkeypatch, capsys, error):
    whole = cells.simulate_block

    def fails(experiment, origin, *rest):
        if origin.cell == CELLS[1]:
            raise error
        return whole(experiment, origin, *rest)

    monkeypatch.setattr(cells, "simulate_block", fails)
    words = ["simulate", ".".join(EXPERIMENT), *CELLS, *WORDS, "--results", str(tmp_path)]
    assert command_line.main(words) == 1
    message = capsys.readouterr().err.strip().splitlines()[-1]
    assert message.startswith("dlstats simulate: out of memory")
    assert sorted(p.name for p in (tmp_path / "raw").rglob("*.parquet")) == [f"{CELLS[0]}.parquet"]


def test_a_cell_that_fails_does_not_stop_the_others_of_its_job(tmp_path, monkeypatch):
    whole = cells.simulate_block

    def fails(experiment, origin, *rest):
        if origin.cell == CELLS[0]:
            raise MemoryError
        return whole(experiment, origin, *rest)

    monkeypatch.setattr(cells, "simulate_block", fails)
    with pytest.raises(MemoryError):
        cells.simulate(cells.Run(*EXPERIMENT, tuple(CELLS), 1, 1, tmp_path, "cpu"))
    assert [p.name for p in (tmp_path / "raw").rglob("*.parquet")] == [f"{CELLS[1]}.parquet"]


@pytest.mark.skipif(device.resolve("auto").type != "cpu", reason="this machine has a GPU")
def test_a_missing_gpu_is_wrong_input(tmp_path):
    words = ["simulate", "sawtooth.training", "compositions=2,units=2,steps=10", "--seed", "1"]
    words += ["--replicates", "1", "--device", "cuda"]
    done = subprocess.run(
        [sys.executable, "-m", "dlstats", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no CUDA device" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_job_that_hangs_ends_at_its_limit(tmp_path):
    code = (
        "import time\nfrom dlstats.cli import parser\nfrom dlstats.pipeline import cells\n"
        "cells.simulate_block = lambda *_: time.sleep(60)\n"
        f"parser.main(['simulate', 'squaring.deep', *{CELLS!r}, *{WORDS!r}, '--limit', '1'])"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert time.monotonic() - began < 30
    assert "not done after 1 s, the `job_limit`" in done.stderr
    assert _files(tmp_path) == []


def test_a_loss_that_is_nan_costs_its_replicate_only(tmp_path, monkeypatch):
    def simulate(condition, streams, where):
        rows = [{"replicate": r, "method": "mean", "error": 1.0, "loss": 1.0} for r in streams.replicates]
        rows[1] |= {"error": float("nan"), "status": "diverged", "reason": "the loss is NaN"}
        return pd.DataFrame(rows).fillna({"status": "ok", "reason": ""})

    held = dataclasses.replace(toy.SAMPLES, simulate=simulate)
    toy.install(monkeypatch, dataclasses.replace(toy.STUDY, experiments={"samples": held}))
    cells.simulate(cells.Run("toy", "samples", toy.CELLS[:1], 1, 4, tmp_path, "cpu"))
    rows = store.read(tmp_path / "raw" / "toy" / "samples" / f"{toy.CELLS[0]}.parquet")
    assert list(rows["status"]) == ["ok", "diverged", "ok", "ok"]
