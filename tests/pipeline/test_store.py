"""A raw file is read whole and right, or not at all."""

import os
import stat

import pandas as pd
import pytest

from dlstats.pipeline import store

ORIGIN = store.Origin("sawtooth", "exact", "n=1", 7, "abc")
ROWS = pd.DataFrame({"replicate": [0, 1], "method": ["a", "a"], "mse": [0.1, float("nan")], "seconds": [1.0, 2.0]})


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "raw" / "n=1.parquet"
    store.write(path, ROWS, ORIGIN)
    return path


def test_rows_come_back(path):
    pd.testing.assert_frame_equal(store.read(path, ORIGIN), ROWS)
    assert store.read_origin(path) == ORIGIN


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, -1])
def test_a_truncated_file_is_never_read(path, keep):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole)) if isinstance(keep, float) else keep])
    with pytest.raises(store.Unusable):
        store.read(path)


def test_a_foreign_file_is_never_read(path):
    ROWS.to_parquet(path)
    with pytest.raises(store.Unusable, match="not a raw result"):
        store.read(path)


def test_altered_rows_are_never_read(path, monkeypatch):
    monkeypatch.setattr(store, "checksum", lambda frame: "0")
    store.write(path, ROWS, ORIGIN)
    monkeypatch.undo()
    with pytest.raises(store.Unusable, match="checksum"):
        store.read(path)


@pytest.mark.parametrize("field", ["study", "experiment", "cell", "seed", "fingerprint"])
def test_another_origin_is_named(path, field):
    values = {"study": "s", "experiment": "e", "cell": "n=2", "seed": 8, "fingerprint": "def"}
    asked = store.Origin(**{**ORIGIN.__dict__, field: values[field]})
    with pytest.raises(store.Unusable, match=field):
        store.read(path, asked)


def test_time_does_not_count_in_the_checksum_and_everything_else_does():
    assert store.checksum(ROWS.assign(seconds=9.0)) == store.checksum(ROWS)
    assert store.checksum(ROWS.assign(mse=9.0)) != store.checksum(ROWS)
    assert store.checksum(ROWS.rename(columns={"mse": "mae"})) != store.checksum(ROWS)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(path):
    before = path.read_bytes()

    def fails(temporary):
        temporary.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        store.replace(path, fails)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_who_may_read_a_file_is_what_the_umask_says(umask, mode, tmp_path):
    before = os.umask(umask)
    try:
        store.write(tmp_path / "a.parquet", ROWS, ORIGIN)
        store.write_table(ROWS, tmp_path / "b.parquet")
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {mode}
