"""What is stored does not depend on blocks, order or earlier runs; one replicate can be replayed."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from dlstats.pipeline import cells as pipeline
from dlstats.pipeline import store
from dlstats.protocol import study as studies
from dlstats.protocol.study import Measure, Study

CELLS = ("n=20,sd=1.0", "n=40,sd=1.0")


def _simulate(factors, streams, device):
    draws = streams.draw(lambda rng: rng.normal(0, factors["sd"], factors["n"]), "data", **factors)
    rows = []
    for replicate, x in zip(streams.replicates, draws, strict=True):
        rows.append({"replicate": replicate, "method": "mean", "error": float(x.mean())})
        rows.append({"replicate": replicate, "method": "median", "error": float(np.median(x))})
        rows[-1]["status"] = "diverged" if abs(x[0]) > 2.5 else "ok"
    return pd.DataFrame(rows).fillna({"status": "ok"})


TOY = Study(
    name="sawtooth",  # any name with a module, so that the code has a fingerprint
    family="approximation",
    title="toy",
    aims="",
    mechanisms="",
    estimands="",
    methods={"mean": "", "median": ""},
    measures=(Measure("error", "error", "mse", options={"truth": 0.0}),),
    simulate=_simulate,
    claims=(),
    block=16,
)


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    monkeypatch.setattr(studies, "load", lambda module: TOY)


def _run(results, replicates, cells=CELLS, **change):
    run = pipeline.Run("sawtooth", cells, 7, replicates, results, "cpu", **change)
    pipeline.simulate(run)
    return [store.read(pipeline.raw_path(results, "sawtooth", cell)) for cell in cells]


def _same(a, b):
    pd.testing.assert_frame_equal(a.drop(columns="seconds"), b.drop(columns="seconds"))


def test_sixty_and_forty_more_are_a_hundred(tmp_path):
    _run(tmp_path / "a", 60)
    for grown, whole in zip(_run(tmp_path / "a", 100), _run(tmp_path / "b", 100), strict=True):
        _same(grown, whole)


def test_fewer_replicates_are_the_first_of_more(tmp_path):
    many = _run(tmp_path, 50)
    for few, whole in zip(_run(tmp_path, 20), many, strict=True):
        _same(few, whole[whole["replicate"] < 20].reset_index(drop=True))


@pytest.mark.parametrize("block", [1, 7, 64])
def test_the_block_size_changes_nothing(tmp_path, monkeypatch, block):
    before = _run(tmp_path / "a", 30)
    monkeypatch.setattr(studies, "load", lambda module: dataclasses.replace(TOY, block=block))
    for a, b in zip(before, _run(tmp_path / "b", 30), strict=True):
        _same(a, b)


def test_replicates_that_are_kept_are_not_computed_again(tmp_path, monkeypatch):
    _run(tmp_path, 30)
    pipeline.raw_path(tmp_path, "sawtooth", CELLS[0]).unlink()
    monkeypatch.setattr(pipeline, "simulate_block", None)
    _run(tmp_path, 30)


@pytest.mark.parametrize("damage", ["truncate", "other_code"])
def test_what_is_damaged_or_stale_is_computed_again(tmp_path, monkeypatch, damage):
    before = _run(tmp_path, 30)
    kept = tmp_path / pipeline.KEPT / "sawtooth" / f"{CELLS[0]}.parquet"
    if damage == "truncate":
        kept.write_bytes(kept.read_bytes()[:-20])
    else:
        store.write(kept, store.read(kept).assign(error=0.0), store.Origin("sawtooth", CELLS[0], 7, "other"))
    for a, b in zip(before, _run(tmp_path, 30), strict=True):
        _same(a, b)


def test_a_failed_replicate_keeps_its_row_and_is_counted(tmp_path):
    raw = pd.concat(_run(tmp_path, 400))
    summary = pipeline.summarise(TOY, raw)
    for _, line in summary.iterrows():
        rows = raw[(raw["cell"] == line["cell"]) & (raw["method"] == line["method"])]
        assert line["failed"] == (rows["status"] != "ok").sum()
        assert line["replicates"] + line["failed"] == 400
    assert summary["failed"].sum() > 0


def test_a_target_grows_replicates_until_its_error_is_reached(tmp_path):
    wanted = 0.005
    (rows,) = _run(tmp_path / "a", 20, CELLS[:1], target=("error", wanted, 2000))
    summary = pipeline.summarise(TOY, rows)
    assert (summary["mcse"] <= wanted).all()
    assert 20 < rows["replicate"].nunique() < 2000
    _run(tmp_path / "b", 150, CELLS[:1])
    (again,) = _run(tmp_path / "b", 20, CELLS[:1], target=("error", wanted, 2000))
    _same(rows, again)


@pytest.mark.parametrize("replicate", [0, 13, 29])
def test_a_replicate_replayed_alone_is_what_is_stored(tmp_path, replicate):
    _run(tmp_path, 30)
    found = pipeline.replay("sawtooth", CELLS[1], replicate, tmp_path, "cpu")
    assert found.same_bits
    assert found.starts_equal
    assert found.largest_difference == 0


def test_a_replay_of_what_is_not_there_is_refused(tmp_path):
    _run(tmp_path, 3)
    with pytest.raises(LookupError, match="no replicate 5"):
        pipeline.replay("sawtooth", CELLS[0], 5, tmp_path)
    with pytest.raises(store.Unusable):
        pipeline.replay("sawtooth", "n=9,sd=1.0", 0, tmp_path)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (lambda rows: rows[rows["replicate"] > 0], "replicates"),
        (lambda rows: rows.assign(status="fine"), "`status` must be one of"),
    ],
)
def test_a_study_that_returns_other_rows_than_asked_is_refused(tmp_path, monkeypatch, bad, message):
    wrong = dataclasses.replace(TOY, simulate=lambda *a: bad(_simulate(*a)))
    monkeypatch.setattr(studies, "load", lambda module: wrong)
    with pytest.raises(ValueError, match=message):
        _run(tmp_path, 5)


@pytest.fixture
def files(tmp_path):
    _run(tmp_path, 5)
    return [pipeline.raw_path(tmp_path, "sawtooth", cell) for cell in CELLS]


@pytest.mark.parametrize(
    ("change", "message"), [({"fingerprint": "other"}, "stale, computed by code other"), ({"seed": 8}, "several seeds")]
)
def test_stale_or_mixed_results_are_refused(files, change, message):
    origin = dataclasses.replace(store.read_origin(files[1]), **change)
    store.write(files[1], store.read(files[1]), origin)
    with pytest.raises(store.Unusable, match=message):
        pipeline.read_raw(files)


def test_stale_results_that_are_kept_on_purpose_are_named(files, monkeypatch):
    store.write(files[1], store.read(files[1]), dataclasses.replace(store.read_origin(files[1]), fingerprint="other"))
    monkeypatch.setenv(pipeline.KEEP_STALE, "1")
    assert len(pipeline.read_raw(files)) == 20
    assert "stale" in pipeline.computed_by(files)
