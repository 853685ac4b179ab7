"""The log of a job and its results say which back end trains, the log what a machine lacks on which another serves."""

import pytest

from dlstats.pipeline import cells, store
from dlstats.training import backends
from dlstats.training.lanes import build

TRAINED = ("sawtooth", "training", ("compositions=2,units=2,steps=10",), 1, 1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ["back end: lanes on cpu, float32"]),
        ({"DLSTATS_BACKEND": "torch"}, ["back end: torch on cpu, float32"]),
        (
            {"PATH": "/nowhere", "CXX": ""},
            ["torch trains: no C++ compiler was found", "install one or set CXX", "back end: torch on cpu"],
        ),
        ({"XDG_CACHE_HOME": "/proc/nothing"}, ["torch trains: ", "set XDG_CACHE_HOME", "back end: torch"]),
    ],
    ids=["lanes", "torch", "no compiler", "no cache"],
)
def test_the_log_says_which_back_end_trains_and_why_not_the_faster(changes, said, tmp_path, monkeypatch):
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    for cached in (build.attempt, backends.say):
        cached.cache_clear()
    cells.simulate(cells.Run(*TRAINED, tmp_path, "cpu"), tmp_path / "job.log")
    build.attempt.cache_clear()
    log, (raw,) = (tmp_path / "job.log").read_text(encoding="utf-8"), (tmp_path / "raw").rglob("*.parquet")
    assert store.header(raw).back_ends == ["torch" if changes else "lanes"]
    for words in said:
        assert log.count(words) == 1, log
