"""Nothing old is lost before the new stands: replicates moved aside come back unless new ones came as far."""

import dataclasses

import pytest
from cases import toy

from dlstats.pipeline import aside, cells, origins, store
from dlstats.protocol.study import grid

CONFIG = toy.config() | {"overrides": {"toy": {"samples": [grid(n=[20, 40], sd=1.0, replicates=5)]}}}


def _compute(results, replicates=5, names=toy.CELLS):
    cells.simulate(cells.Run("toy", "samples", tuple(names), toy.SEED, replicates, results, "cpu"))


def _files(results):
    return {str(path.relative_to(results)): path.read_bytes() for path in results.rglob("*.parquet")}


@pytest.fixture
def results(tmp_path, monkeypatch):
    toy.install(monkeypatch)
    _compute(tmp_path)
    return tmp_path


def test_only_the_cells_of_the_configuration_are_moved_aside(results):
    before = _files(results)
    aside.begin(CONFIG, "toy", results)
    gone = {name for name in before if not (results / name).exists()}
    assert gone == {f"{part}/toy/samples/{c}.parquet" for part in ("raw", ".replicates") for c in toy.CELLS[:2]}
    aside.restore(results)
    assert _files(results) == before


def test_an_experiment_alone_is_moved_and_nothing_where_nothing_is_asked_for(results):
    before = _files(results)
    aside.begin(CONFIG, "", results)
    assert _files(results) == before
    aside.begin(CONFIG, "toy.other", results)
    assert _files(results) == before
    aside.begin(CONFIG, "toy.samples", results)
    assert _files(results).keys() != before.keys()


def test_a_killed_run_is_put_in_order_by_the_next(results):
    before = _files(results)
    aside.begin(CONFIG, "toy", results)
    (results / "raw" / f".cell-x{store.PART}").write_text("half")
    aside.begin(CONFIG, "", results)
    assert _files(results) == before
    aside.sweep(results)
    assert not list(results.rglob(f"*{store.PART}"))
    assert not (results / aside.FOLDER).exists()


@pytest.mark.parametrize(("new", "replicates"), [(3, 5), (5, 5), (8, 8)])
def test_of_old_and_new_the_one_that_came_farther_stays(results, new, replicates):
    aside.begin(CONFIG, "toy", results)
    _compute(results, new, toy.CELLS[:1])
    aside.restore(results)
    kept = store.read(origins.kept_path(results, "toy", "samples", toy.CELLS[0]))
    assert kept["replicate"].nunique() == replicates


def test_new_results_of_other_code_are_never_replaced_by_old_ones(results):
    path = origins.kept_path(results, "toy", "samples", toy.CELLS[0])
    rows, origin = store.read(path), store.read_origin(path)
    aside.begin(CONFIG, "toy", results)
    store.write(path, rows.iloc[:2], dataclasses.replace(origin, fingerprint="new"))
    aside.restore(results)
    assert store.read_origin(path).fingerprint == "new"


def test_a_damaged_new_file_gives_way_to_the_old_one(results):
    path = origins.kept_path(results, "toy", "samples", toy.CELLS[0])
    aside.begin(CONFIG, "toy", results)
    path.write_bytes(b"half")
    aside.restore(results)
    assert store.read(path)["replicate"].nunique() == 5


def test_old_results_go_when_the_new_ones_stand_and_what_was_left_out_comes_back(results):
    before = _files(results)
    aside.begin(CONFIG, "toy", results)
    _compute(results, 3, toy.CELLS[:1])
    aside.finish(results)
    assert not (results / aside.FOLDER).exists()
    after = _files(results)
    assert after.keys() == before.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {f"{part}/toy/samples/{toy.CELLS[0]}.parquet" for part in ("raw", ".replicates")}
