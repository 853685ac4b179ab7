"""The data package describes every column of the results, in types that other programs read, and no file that is not whole."""

import hashlib
import json

import pandas as pd
import pyarrow.parquet as pq
import pytest
from cases import toy

from dlstats.pipeline import cells, checks, dictionary, ledger, origins, results, store, summaries, yaml12
from dlstats.protocol.study import RESERVED

PYTHON = {"integer": int, "number": float, "string": str, "boolean": {"True": True, "False": False}.get}


@pytest.fixture
def finished(tmp_path, monkeypatch):
    """The results of the toy, and its data package."""
    toy.install(monkeypatch)
    config = toy.config()
    cells.simulate(cells.Run("toy", "samples", toy.CELLS, toy.SEED, 30, tmp_path))
    results.write_summaries(config, "toy", tmp_path)
    results.write_measured(config, "toy", tmp_path)
    results.write_checks("toy", origins.slow(config), tmp_path)
    results.write_ledger(config, tmp_path)
    return config, tmp_path


def _package(finished):
    path = dictionary.write(*finished)
    return {resource["name"]: resource for resource in json.loads(path.read_text())["resources"]}


def test_every_table_stands_in_it_as_csv_and_as_parquet(finished):
    names = ("checks.toy", "summary.toy.samples", "verdicts")
    assert sorted(_package(finished)) == [f"{name}.{form}" for name in names for form in ("csv", "parquet")]


def test_every_value_of_a_csv_file_has_the_type_that_its_schema_says_and_is_that_of_the_parquet_file(finished):
    for resource in _package(finished).values():
        if resource["format"] == "parquet":
            continue
        data = (finished[1] / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        text = pd.read_csv(finished[1] / resource["path"], dtype=str, keep_default_na=False)
        missing = resource["schema"]["missingValues"]
        fields = {field["name"]: field for field in resource["schema"]["fields"]}
        assert list(text) == list(fields)
        other = store.read((finished[1] / resource["path"]).with_suffix(".parquet"))
        assert len(text) == len(other) == resource["rows"]
        for name, field in fields.items():
            assert field["description"]
            typed = [None if cell in missing else PYTHON[field["type"]](cell) for cell in text[name]]
            stored = [None if pd.isna(cell) or cell == "" else cell for cell in other[name]]
            assert typed == stored, (resource["name"], name)


def test_parquet_files_have_whole_numbers_numbers_words_and_booleans_alone(finished):
    for resource in _package(finished).values():
        if resource["format"] == "parquet":
            types = {str(column.type) for column in pq.read_schema(finished[1] / resource["path"])}
            assert types <= {"int64", "double", "bool", "string", "large_string"}


def test_measures_methods_and_units_are_told(finished):
    resource = _package(finished)["summary.toy.samples.csv"]
    assert {"name": "loss", "label": "squared error", "statistic": "mean"} in resource["measures"]
    assert resource["methods"][0] == {"name": "mean", "label": "mean", "description": "the sample mean"}
    (seconds,) = [f for f in _package(finished)["checks.toy.csv"]["schema"]["fields"] if f["name"] == "seconds"]
    assert seconds["unit"] == "s"


def test_what_is_damaged_or_of_another_configuration_is_left_out(finished):
    config, folder = finished
    path = folder / "summary" / "toy" / "samples.csv"
    path.write_text(path.read_text().replace("mean", "men", 1))
    assert not any(name.startswith("summary") for name in _package(finished))
    assert list(_package(({**config, "seed": 8}, folder))) == ["checks.toy.csv", "checks.toy.parquet"]


def test_a_column_that_nothing_describes_is_refused(finished, tmp_path):
    frame = pd.DataFrame({"claim": ["a"], "mood": ["good"]})
    path = tmp_path / "verdicts.parquet"
    store.write_table(frame, path, {})
    with pytest.raises(ValueError, match=r"The column `mood` of .* must be described in columns\.yaml, got "):
        dictionary.described(path, frame, tmp_path, "verdicts")
    frame = pd.DataFrame({"claim": pd.to_datetime(["2026-01-01"])})
    store.write_table(frame, path, {})
    with pytest.raises(ValueError, match="must be of type integer, number, boolean, string, got timestamp"):
        dictionary.described(path, frame, tmp_path, "verdicts")


def test_what_is_described_is_what_there_is():
    described = yaml12.load(dictionary.Path(dictionary.__file__).with_name("columns.yaml"))
    assert set(described["verdicts"]) == set(ledger.COLUMNS)
    assert set(described["checks"]) == set(checks.COLUMNS)
    assert {*summaries.NUMBERS, "cell", "method", "against", "measure", "statistic", "cells"} == set(
        described["summary"]
    )
    assert set(described["summary"]) < RESERVED
