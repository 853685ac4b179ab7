"""Jobs that run at the same time get different GPUs, whoever runs them, and leave no file behind."""

import os
import subprocess
import sys
import uuid

import pytest

from dlstats.machine import gpus

HOLD = (
    "import sys; from dlstats.machine import gpus; "
    "print(gpus.take(['0', '1'], sys.argv[1]), flush=True); sys.stdin.read()"
)
BECOME = "import os; os.setgroups([]); os.setgid(65534); os.setuid(65534); "


@pytest.fixture
def prefix():
    """Names that no job outside the test has."""
    return f"dlstats-test-{uuid.uuid4()}-"


def _job(prefix, code=HOLD):
    command = [sys.executable, "-c", code, prefix]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _line(job: subprocess.Popen) -> str:
    assert job.stdout is not None
    return job.stdout.readline()


def _end(job: subprocess.Popen) -> None:
    assert job.stdin is not None
    job.stdin.close()


def test_two_jobs_get_two_gpus_a_third_shares_and_a_gpu_is_free_again_after_its_job(prefix):
    with _job(prefix) as first:
        assert _line(first).strip() == "0"
        with _job(prefix) as second:
            assert _line(second).strip() == "1"
            with _job(prefix) as third:
                assert _line(third).strip() == "0"
                _end(third)
            _end(second)
        first.kill()
        first.wait()
        with _job(prefix) as fourth:
            assert _line(fourth).strip() == "0"
            _end(fourth)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
def test_another_user_is_seen_and_not_stopped(prefix):
    code = HOLD.replace("print", BECOME + "print", 1)
    with _job(prefix) as ours:
        assert _line(ours).strip() == "0"
        with _job(prefix, code) as theirs:
            assert _line(theirs).strip() == "1"
            _end(theirs)
        _end(ours)


def test_a_gpu_whose_name_cannot_be_had_is_shared_and_no_file_is_made(prefix, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(gpus, "_HELD", [])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpus.take(["7"], prefix * 20) == "7"  # longer than a socket's name may be
    assert (os.environ["CUDA_VISIBLE_DEVICES"], gpus._HELD, list(tmp_path.iterdir())) == ("7", [], [])


@pytest.mark.parametrize(
    ("environment", "files", "found"),
    [
        ({"CUDA_VISIBLE_DEVICES": "2,3"}, ["nvidia0"], ["2", "3"]),
        ({"CUDA_VISIBLE_DEVICES": ""}, ["nvidia0"], []),
        ({}, ["nvidia1", "nvidia0", "nvidia10", "nvidiactl", "null"], ["0", "1", "10"]),
        ({}, [], []),
    ],
)
def test_gpus_are_those_that_may_be_seen(tmp_path, environment, files, found):
    for name in files:
        (tmp_path / name).touch()
    assert gpus.gpus(environment, tmp_path) == found


def test_without_a_gpu_nothing_changes(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert gpus.take([]) is None
    assert "CUDA_VISIBLE_DEVICES" not in os.environ
