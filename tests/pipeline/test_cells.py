"""What is stored does not depend on blocks, order or earlier runs; one replicate can be replayed."""

import dataclasses
import time
from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
from cases import toy

from dlstats.pipeline import cells, origins, results, store, summaries
from dlstats.protocol.measure import Measure
from dlstats.protocol.study import grid

CELLS = toy.CELLS[:2]


@pytest.fixture(autouse=True)
def _toy(monkeypatch):
    toy.install(monkeypatch)


def _with(**changes):
    return dataclasses.replace(toy.STUDY, experiments={"samples": dataclasses.replace(toy.SAMPLES, **changes)})


def _path(results, cell):
    return results / "raw" / "toy" / "samples" / f"{cell}.parquet"


def _run(results, replicates, names=CELLS, **change):
    run = cells.Run("toy", "samples", names, toy.SEED, replicates, results, "cpu", **change)
    cells.simulate(run)
    return [store.read(_path(results, cell)) for cell in names]


def _same(a, b):
    pd.testing.assert_frame_equal(a.drop(columns="seconds"), b.drop(columns="seconds"))


def test_sixty_and_forty_more_are_a_hundred(tmp_path):
    _run(tmp_path / "a", 60)
    for grown, whole in zip(_run(tmp_path / "a", 100), _run(tmp_path / "b", 100), strict=True):
        _same(grown, whole)


@pytest.mark.parametrize(
    ("device", "on_gpu", "waits"), [("auto", [], False), ("cpu", ["0"], False), ("auto", ["0"], True)]
)
def test_seconds_are_processor_time_unless_a_gpu_does_the_work(tmp_path, monkeypatch, device, on_gpu, waits):
    def simulate(condition, streams, device):
        time.sleep(0.2)
        return toy.simulate(condition, streams, device)

    monkeypatch.setattr(cells.gpus, "gpus", lambda: on_gpu)
    origin = store.Origin("toy", "samples", CELLS[0], toy.SEED, "code")
    rows = cells.simulate_block(dataclasses.replace(toy.SAMPLES, simulate=simulate), origin, [0, 1], device)
    assert (rows["seconds"].iloc[0] >= 0.1) == waits


def test_back_ends_that_trained_any_replicate_of_a_cell_are_named_and_change_nothing_else(tmp_path, monkeypatch):
    contents = set()
    for served in ([{"torch"}, {"lanes"}], [{"lanes"}, set()]):
        results = tmp_path / str(len(contents))
        for replicates, names in zip((16, 32), served, strict=True):
            monkeypatch.setattr(cells.devices, "watching", lambda study, inner, names=names: nullcontext(names))
            _run(results, replicates, CELLS[:1])
        assert cells.trained_by([_path(results, CELLS[0])]) == sorted(set.union(*served))
        contents.add(store.header(_path(results, CELLS[0])).content)
    assert len(contents) == 1


def _sparse(condition, streams, device):
    """A replicate in nine has no loss, one in four a note, and the first eight nothing else that the others have."""
    rows = toy.simulate(condition, streams, device)
    late = rows["replicate"] >= 8
    rows["loss"] = rows["loss"].where(rows["replicate"] % 9 != 2)
    rows["count"] = [r if r >= 8 else None for r in rows["replicate"]]
    rows["flag"] = [bool(r % 2) if r >= 8 else None for r in rows["replicate"]]
    rows["b_note"] = [f"note {r}" if r % 4 == 3 else None for r in rows["replicate"]]
    return rows.assign(after=np.where(late, 1.0, np.nan)) if late.any() else rows


@pytest.mark.parametrize("steps", [(3, 7, 40), (40,), (9, 20, 40), (1, 2, 39, 40)])
def test_however_replicates_grew_the_same_is_stored_and_summarised(tmp_path, monkeypatch, steps):
    toy.install(monkeypatch, dataclasses.replace(_with(simulate=_sparse, slopes=()), claims=()))
    config = toy.config() | {"overrides": {"toy": {"samples": [grid(n=[20, 40], sd=1.0, replicates=40)]}}}
    contents = []
    for name, path in (("grown", steps), ("at once", (40,))):
        for replicates in path:
            _run(tmp_path / name, replicates)
        results.write_summaries(config, "toy", tmp_path / name)
        files = [origins.raw_path(tmp_path / name, "toy", "samples", cell) for cell in CELLS]
        made = origins.summary_path(tmp_path / name, "toy", "samples")
        summary = [made.read_bytes(), made.with_suffix(".csv").read_bytes()]
        contents.append([[store.header(file).content for file in files], summary])
    assert contents[0] == contents[1]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda rows: None, "toy.samples must return a pandas.DataFrame, got None"),
        (
            lambda rows: rows.drop(columns="method"),
            "must return the column `method`, got replicate, status, error, loss",
        ),
        (lambda rows: rows.rename(columns={"loss": "los"}), "its measure `loss`, got error, los. Did you mean `los`"),
        (lambda rows: rows.assign(loss="0.5"), "must return numbers as its measure `loss`, got '0.5'"),
        (
            lambda rows: pd.concat([rows, rows.tail(1)]),
            "one row per replicate, method and key, got several of replicate 1, method median",
        ),
    ],
)
def test_what_simulate_leaves_out_is_refused(spoil, message):
    origin = store.Origin("toy", "samples", CELLS[0], toy.SEED, "code")

    def simulate(*arguments):
        return spoil(toy.simulate(*arguments))

    with pytest.raises(ValueError, match=message):
        cells.simulate_block(dataclasses.replace(toy.SAMPLES, simulate=simulate), origin, [0, 1])


def test_a_measure_that_was_declared_later_and_is_not_there_is_refused(tmp_path, monkeypatch):
    _run(tmp_path, 3)
    toy.install(monkeypatch, _with(measures=[*toy.SAMPLES.measures, Measure("risk", "risk")]))
    files = {_path(tmp_path, cell): store.read_origin(_path(tmp_path, cell)) for cell in CELLS}
    with pytest.raises(ValueError, match=r"toy\.samples must return its measure `risk`, got error, loss"):
        cells.read_raw(files)


def test_fewer_replicates_are_the_first_of_more(tmp_path):
    many = _run(tmp_path, 50)
    for few, whole in zip(_run(tmp_path, 20), many, strict=True):
        _same(few, whole[whole["replicate"] < 20].reset_index(drop=True))


@pytest.mark.parametrize("block", [1, 7, 64])
def test_the_block_size_changes_nothing(tmp_path, monkeypatch, block):
    before = _run(tmp_path / "a", 30)
    toy.install(monkeypatch, _with(block=block))
    for a, b in zip(before, _run(tmp_path / "b", 30), strict=True):
        _same(a, b)


def test_streams_keep_their_name_when_a_study_is_renamed(tmp_path, monkeypatch):
    before = _run(tmp_path / "a", 5)
    toy.install(monkeypatch, _with(streams="toy"))
    for a, b in zip(before, _run(tmp_path / "b", 5), strict=True):
        _same(a, b)
    toy.install(monkeypatch, _with(streams="other"))
    assert not _run(tmp_path / "c", 5)[0]["error"].equals(before[0]["error"])


def test_replicates_that_are_kept_are_not_computed_again(tmp_path, monkeypatch):
    _run(tmp_path, 30)
    _path(tmp_path, CELLS[0]).unlink()
    monkeypatch.setattr(cells, "simulate_block", None)
    _run(tmp_path, 30)


@pytest.mark.parametrize("damage", ["truncate", "other_code"])
def test_what_is_damaged_or_stale_is_computed_again(tmp_path, damage, capsys):
    before = _run(tmp_path, 30)
    kept = tmp_path / origins.KEPT / "toy" / "samples" / f"{CELLS[0]}.parquet"
    if damage == "truncate":
        kept.write_bytes(kept.read_bytes()[:-20])
    else:
        origin = store.Origin("toy", "samples", CELLS[0], toy.SEED, "other")
        store.write(kept, store.read(kept).assign(error=0.0), origin)
    for a, b in zip(before, _run(tmp_path, 30), strict=True):
        _same(a, b)
    said = capsys.readouterr().err.splitlines()
    assert [line for line in said if str(kept) in line and "changed since it was written" in line] == said
    assert len(said) == (damage == "truncate")


def test_a_failed_replicate_keeps_its_row_and_is_counted(tmp_path):
    raw = pd.concat(_run(tmp_path, 400))
    summary = summaries.summarise(toy.SAMPLES, raw)
    lines = summary[summary["statistic"].isin(["mse", "mean", "ratio(mean)"])]
    for _, line in lines.iterrows():
        rows = raw[(raw["cell"] == line["cell"]) & (raw["method"] == line["method"])]
        assert line["failed"] == (rows["status"] != "ok").sum()
        assert line["replicates"] + line["failed"] == 400
    assert lines["failed"].sum() > 0


def test_a_target_grows_replicates_until_its_error_is_reached(tmp_path):
    wanted = 0.005
    (rows,) = _run(tmp_path / "a", 20, CELLS[:1], target=("error", wanted, 2000))
    summary = summaries.summarise(toy.SAMPLES, rows)
    assert (summary.loc[summary["statistic"] == "mse", "mcse"] <= wanted).all()
    assert 20 < rows["replicate"].nunique() < 2000
    _run(tmp_path / "b", 150, CELLS[:1])
    (again,) = _run(tmp_path / "b", 20, CELLS[:1], target=("error", wanted, 2000))
    _same(rows, again)


def test_a_target_that_is_no_measure_is_refused_before_work(tmp_path):
    with pytest.raises(ValueError, match=r"toy.samples: `target.measure` must be one of error, loss, got 'mse'"):
        _run(tmp_path, 20, target=("mse", 0.1, 50))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("replicate", [0, 13, 29])
def test_a_replicate_replayed_alone_is_what_is_stored(tmp_path, replicate):
    _run(tmp_path, 30)
    found = cells.replay("toy", "samples", CELLS[1], replicate, tmp_path, "cpu")
    assert found.same_bits
    assert found.starts_equal
    assert found.largest_difference == 0


def test_a_replay_of_what_is_not_there_is_refused(tmp_path):
    _run(tmp_path, 3)
    with pytest.raises(LookupError, match="no replicate 5"):
        cells.replay("toy", "samples", CELLS[0], 5, tmp_path)
    with pytest.raises(store.Unusable):
        cells.replay("toy", "samples", "n=9,sd=1.0", 0, tmp_path)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (lambda rows: rows[rows["replicate"] > 0], "replicates"),
        (lambda rows: rows.assign(status="fine"), "`status` must be one of"),
        (lambda rows: rows.assign(method="mode"), "must declare its methods, got 'mode'"),
    ],
)
def test_an_experiment_that_returns_other_rows_than_it_declares_is_refused(tmp_path, monkeypatch, bad, message):
    toy.install(monkeypatch, _with(simulate=lambda *a: bad(toy.simulate(*a))))
    with pytest.raises(ValueError, match=message):
        _run(tmp_path, 5)


@pytest.fixture
def files(tmp_path):
    """The raw files of the toy's smallest design, and what they must be made from."""
    _run(tmp_path, 5, toy.CELLS)
    (found,) = origins.raw(toy.config() | {"overrides": {"toy": {"samples": [GRID]}}}, "toy", tmp_path).values()
    return found


GRID = grid(n=[20, 40, 80], sd=1.0, replicates=5)


def test_the_cells_that_are_asked_for_are_read(files):
    assert len(cells.read_raw(files)) == 30


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fingerprint": "other"}, "fingerprint other instead of code"),
        ({"seed": 8}, "seed 8 instead of 7"),
        ({"replicates": 4}, "replicates 4 instead of 5"),
        ({"cell": toy.CELLS[0]}, f"cell {toy.CELLS[0]} instead of {toy.CELLS[1]}"),
        ({"target": "error 0.1 9"}, "target error 0.1 9 instead of "),
    ],
)
def test_stale_or_mixed_results_are_refused(files, change, message):
    path = list(files)[1]
    store.write(path, store.read(path), dataclasses.replace(store.read_origin(path), **change))
    with pytest.raises(store.Unusable, match=message):
        cells.read_raw(files)


def test_stale_results_that_are_kept_on_purpose_are_named(files, monkeypatch):
    path = list(files)[1]
    store.write(path, store.read(path), dataclasses.replace(store.read_origin(path), fingerprint="other"))
    monkeypatch.setenv(origins.KEEP_STALE, "1")
    assert len(cells.read_raw(files)) == 30
    assert "stale" in cells.computed_by(files)


def test_replicates_of_other_code_never_grow_together_even_where_stale_results_are_kept(tmp_path, monkeypatch):
    before = _run(tmp_path / "a", 30)
    _run(tmp_path / "b", 3)
    kept = origins.kept_path(tmp_path / "b", "toy", "samples", CELLS[0])
    store.write(kept, store.read(kept).assign(error=0.0), dataclasses.replace(store.read_origin(kept), fingerprint="x"))
    monkeypatch.setenv(origins.KEEP_STALE, "1")
    for a, b in zip(before, _run(tmp_path / "b", 30), strict=True):
        _same(a, b)


def test_a_number_in_a_file_that_is_not_finite_fails_when_it_is_read(files):
    path = list(files)[1]
    rows = store.read(path)
    rows.loc[rows["replicate"] == 2, "error"] = np.inf
    store.write(path, rows, store.read_origin(path))
    failed = cells.read_raw(files).query("status != 'ok'")
    assert failed[["replicate", "status", "reason"]].drop_duplicates().to_numpy().tolist() == [
        [2, "not_finite", "error is infinite"]
    ]
