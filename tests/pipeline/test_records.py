"""A record says what files were made from, and is believed only while it and they are as they were written."""

import json

import pytest

from dlstats.pipeline import records, store


@pytest.fixture
def path(tmp_path):
    tables = tmp_path / "tables" / "toy"
    tables.mkdir(parents=True)
    (tables / "a.csv").write_text("n\n1\n")
    path = tmp_path / "figures" / "toy" / "study.json"
    return records.write(path, {"cells": 3}, {"seed": 7, "design": "smoke"}, [tables / "a.csv"])


def test_a_record_comes_back_with_its_origin_and_the_digests_of_its_files(path):
    said = records.read(path, {"seed": 7})
    assert (said["cells"], said["origin"]) == (3, {"seed": 7, "design": "smoke"})
    assert list(said["files"]) == ["../../tables/toy/a.csv"]
    with pytest.raises(store.Unusable, match="seed 7 instead of 8"):
        records.read(path, {"seed": 8})


@pytest.mark.parametrize("content", [b"", b"[1]", b"3", b"{", b"\xff", b"{}"])
def test_what_is_no_record_is_named(path, content):
    path.write_bytes(content)
    with pytest.raises(store.Damaged, match=r"study\.json: not a record"):
        records.read(path)


@pytest.mark.parametrize("change", [{"cells": 4}, {"origin": {"seed": 8}}, {"files": {}}, {"more": 1}])
def test_a_record_that_was_changed_is_not_believed(path, change):
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(store.Damaged, match="changed since it was written"):
        records.read(path)


def test_a_file_that_was_changed_or_deleted_is_named(path, tmp_path):
    file = tmp_path / "tables" / "toy" / "a.csv"
    for act in (lambda: file.write_text("n\n2\n"), file.unlink):
        act()
        with pytest.raises(store.Damaged, match=r"a\.csv: not what was written with study\.json"):
            records.read(path)


def test_a_record_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(store.Missing):
        records.read(tmp_path / "study.json")
