"""A file of results is read whole, right, and of what was asked for, or not at all."""

import os
import stat

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dlstats.pipeline import store

ORIGIN = store.Origin("sawtooth", "exact", "n=1", 7, "abc", 2, "mse 0.1 9")
ROWS = pd.DataFrame({"replicate": [0, 1], "method": ["a", "a"], "mse": [0.1, float("nan")], "seconds": [1.0, 2.0]})
TABLE = pd.DataFrame({"claim": ["A1", ""], "n": pd.array([1, None], "Int64"), "estimate": [0.1, float("inf")]})


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "raw" / "n=1.parquet"
    store.write(path, ROWS, ORIGIN, [1, 2])
    return path


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "summary" / "exact.parquet"
    store.write_table(TABLE, path, {"study": "sawtooth", "seed": 7})
    return path


def test_columns_that_are_not_asked_for_are_not_read_and_the_seal_is_checked_all_the_same(path):
    whole = store.read(path)
    out = whole.columns[0]
    pd.testing.assert_frame_equal(store.read(path, without=[out, "unknown"]), whole.drop(columns=out))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(store.Damaged):
        store.read(path, without=[out])


def test_rows_come_back_with_what_they_were_made_from(path, table):
    pd.testing.assert_frame_equal(store.read(path, ORIGIN), ROWS)
    assert store.read_origin(path) == ORIGIN
    assert store.header(path).looks == [1, 2]
    pd.testing.assert_frame_equal(store.read(table, {"seed": 7}), TABLE)


def test_back_ends_are_recorded_and_no_part_of_what_was_made_and_older_files_have_none(path, monkeypatch):
    earlier = store.header(path)
    store.write(path, ROWS, ORIGIN, [1, 2], ["lanes", "torch"])
    now = store.header(path)
    assert (earlier.back_ends, now.back_ends) == ([], ["lanes", "torch"])
    assert earlier.content == now.content
    whole = store.asdict
    monkeypatch.setattr(store, "asdict", lambda head: {k: v for k, v in whole(head).items() if k != "back_ends"})
    store.write(path, ROWS, ORIGIN, [1, 2], ["lanes"])
    assert not store.header(path).back_ends
    pd.testing.assert_frame_equal(store.read(path, ORIGIN), ROWS)


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, -1])
def test_a_truncated_file_is_never_read(path, keep):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole)) if isinstance(keep, float) else keep])
    with pytest.raises(store.Damaged):
        store.read(path)


def test_a_foreign_file_and_one_that_is_not_there_are_never_read(path):
    ROWS.to_parquet(path)
    with pytest.raises(store.Damaged, match="not a file of results"):
        store.read(path)
    path.unlink()
    with pytest.raises(store.Missing, match="is not there"):
        store.read(path)


def test_whatever_byte_is_changed_is_found(path):
    whole = path.read_bytes()
    for place in range(0, len(whole), 11):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(store.Damaged, match=f"{path.name}: "):
            store.read(path)


@pytest.mark.parametrize("said", [{"page": 3}, {"origin": {}}])
def test_a_sealed_file_of_another_version_is_foreign(said, table, monkeypatch):
    monkeypatch.setattr(store, "asdict", lambda header: said)
    store.write_table(TABLE, table, {})
    with pytest.raises(store.Damaged, match="not a file of results"):
        store.header(table)


def test_rows_that_were_changed_are_never_read(path):
    held = pq.read_table(path)
    place = held.schema.get_field_index("mse")
    pq.write_table(held.set_column(place, "mse", pa.array([0.2, 0.3])), path)
    with pytest.raises(store.Damaged, match="changed since it was written"):
        store.read(path)


def test_a_table_is_read_only_with_the_csv_file_that_was_written_beside_it(table):
    csv = table.with_suffix(".csv")
    text = csv.read_text()
    csv.write_text(text.replace("0.1", "0.2"))
    with pytest.raises(store.Damaged, match=r"exact\.csv: not what was written"):
        store.read(table)
    csv.unlink()
    with pytest.raises(store.Damaged, match=r"exact\.csv"):
        store.read(table)
    csv.write_text(text)
    assert len(store.read(table)) == 2


OTHER = {"study": "s", "experiment": "e", "cell": "n=2", "seed": 8, "fingerprint": "d", "replicates": 3, "target": ""}


@pytest.mark.parametrize("field", OTHER)
def test_another_origin_is_named(path, field):
    asked = store.Origin(**{**ORIGIN.__dict__, field: OTHER[field]})
    with pytest.raises(store.Unusable, match=f"{field} .* instead of {OTHER[field]}"):
        store.read(path, asked)


def test_time_does_not_count_in_the_content_and_everything_else_does(path):
    before = store.header(path).content
    for changed, same in (({"seconds": 9.0}, True), ({"mse": 9.0}, False)):
        store.write(path, ROWS.assign(**changed), ORIGIN)
        assert (store.header(path).content == before) is same
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
        store.write_table(ROWS, tmp_path / "b.parquet", {})
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {mode}
