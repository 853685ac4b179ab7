"""Jobs that run at the same time get different cards."""

import subprocess
import sys

import pytest

from dlstats.machine import gpus

HOLD = (
    "import sys, time; from pathlib import Path; from dlstats.machine import gpus; "
    "print(gpus.take(['0', '1'], Path(sys.argv[1])), flush=True); sys.stdin.read()"
)


def _line(job: subprocess.Popen) -> str:
    assert job.stdout is not None
    return job.stdout.readline()


def _end(job: subprocess.Popen) -> None:
    assert job.stdin is not None
    job.stdin.close()


def test_two_jobs_get_two_cards_and_a_card_is_free_again_after_its_job(tmp_path):
    def job():
        command = [sys.executable, "-c", HOLD, str(tmp_path)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    with job() as first:
        assert _line(first).strip() == "0"
        with job() as second:
            assert _line(second).strip() == "1"
            _end(second)
        first.kill()
        first.wait()
        with job() as third:
            assert _line(third).strip() == "0"
            _end(third)


@pytest.mark.parametrize(
    ("environment", "files", "found"),
    [
        ({"CUDA_VISIBLE_DEVICES": "2,3"}, ["nvidia0"], ["2", "3"]),
        ({"CUDA_VISIBLE_DEVICES": ""}, ["nvidia0"], []),
        ({}, ["nvidia1", "nvidia0", "nvidia10", "nvidiactl", "null"], ["0", "1", "10"]),
        ({}, [], []),
    ],
)
def test_cards_are_those_that_may_be_seen(tmp_path, environment, files, found):
    for name in files:
        (tmp_path / name).touch()
    assert gpus.gpus(environment, tmp_path) == found


def test_without_a_card_nothing_changes(tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert gpus.take([], tmp_path) is None
