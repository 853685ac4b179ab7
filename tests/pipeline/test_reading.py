"""Every path by which results are read refuses what was changed or is of another origin; nothing is counted twice."""

from __future__ import annotations

import ast
import dataclasses
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from cases import toy

from dlstats import montecarlo
from dlstats.pipeline import cells, ledger, origins, records, registry, results, standing, store, summaries
from dlstats.protocol import origin, readers, verdict
from dlstats.protocol.claim import Claim, at_most
from dlstats.report import drawing, material

PACKAGE = Path(registry.__file__).parents[1]
CONFIG, OTHER = toy.config(), toy.config() | {"seed": 8}
RESULTS, REPORTS = Path("results"), Path("reports")
CELL = toy.CELLS[1]
RAW, KEPT = (place(RESULTS, "toy", "samples", CELL) for place in (origins.raw_path, origins.kept_path))
SUMMARY, MEASURED = origins.summary_path(RESULTS, "toy", "samples"), origins.measured_path(RESULTS, "toy")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        toy.install(patch)
        patch.chdir(folder)
        cells.simulate(cells.Run("toy", "samples", toy.CELLS, toy.SEED, 30, RESULTS, "cpu"))
        results.write_summaries(CONFIG, "toy", RESULTS)
        results.write_measured(CONFIG, "toy", RESULTS)
        results.write_checks("toy", False, RESULTS)
        results.write_ledger(CONFIG, RESULTS)
        drawing.draw(CONFIG, "toy", RESULTS, REPORTS)
    return folder


@pytest.fixture(autouse=True)
def _copied(finished, tmp_path, monkeypatch):
    toy.install(monkeypatch)
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


def _raw(config):
    return cells.read_raw(origins.raw(config, "toy", RESULTS)["samples"])


def _collected(config):
    found = material.collect(config, RESULTS, REPORTS)
    if found.unfinished:
        raise store.Unusable(found.unfinished["toy"])


def _replayed(config):
    cells.replay("toy", "samples", CELL, 0, RESULTS, "cpu")


def _stands(config):
    faults = standing.faults(config, "toy", RESULTS, REPORTS, "")
    if faults := [why for part in faults.values() for why in part.values()]:
        raise store.Unusable("; ".join(faults))


READ = {
    "raw rows": (RAW, _raw),
    "looks": (RAW, lambda config: cells.looks(origins.raw(config, "toy", RESULTS))),
    "replayed": (RAW, _replayed),
    "summaries of raw rows": (RAW, lambda config: results.write_summaries(config, "toy", RESULTS)),
    "summaries": (SUMMARY, lambda config: results.summaries(config, "toy", RESULTS)),
    "summaries whose raw rows were changed": (RAW, lambda config: results.summaries(config, "toy", RESULTS)),
    "evidence": (SUMMARY, lambda config: results.evidence(config, "toy", RESULTS)),
    "measured": (MEASURED, lambda config: results.measured(config, "toy", RESULTS)),
    "measured whose summary was changed": (SUMMARY, lambda config: results.measured(config, "toy", RESULTS)),
    "ledger": (origins.ledger_path(RESULTS), lambda config: results.ledger(config, RESULTS)),
    "ledger whose claims were changed": (MEASURED, lambda config: results.write_ledger(config, RESULTS)),
    "figures": (MEASURED, lambda config: drawing.draw(config, "toy", RESULTS, REPORTS)),
    "report": (SUMMARY, _collected),
    "workflow": (RAW, _stands),
}


def _changed_number(path):
    """Another number in a file that is whole and keeps what it says of itself, as of an editor."""
    table = pq.read_table(path)
    frame = table.to_pandas()
    column = next(name for name in ("error", "estimate") if name in frame)
    frame.loc[0, column] += 1e-9
    again = type(table).from_pandas(frame, schema=table.schema, preserve_index=False)
    pq.write_table(again.replace_schema_metadata(table.schema.metadata), path)


def _resealed(**change):
    def act(path):
        head = store.header(path)
        store._write(path, store.read(path), dataclasses.replace(head, origin={**head.origin, **change}))

    return act


DAMAGE = {
    "a number": _changed_number,
    "other code": _resealed(fingerprint="other"),
    "another seed": _resealed(seed=8, inputs="other"),
    "gone": os.unlink,
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", READ)
def test_every_way_of_reading_compares_seal_and_origin(name, damage):
    path, read = READ[name]
    read(CONFIG)
    DAMAGE[damage](path)
    if (name, damage) == ("replayed", "another seed"):
        return  # a replay takes the seed of what is stored
    with pytest.raises(store.Unusable, match=path.stem if name != "workflow" else None):
        read(CONFIG)


@pytest.mark.parametrize("name", [name for name in READ if name not in ("replayed",)])
def test_results_of_another_seed_are_read_by_no_way(name):
    with pytest.raises(store.Unusable, match="seed 7 instead of 8"):
        READ[name][1](OTHER)


def test_only_the_store_opens_files_of_results():
    words = {"read_parquet", "read_table", "ParquetFile", "ParquetDataset", "read_csv", "read_feather", "read_pickle"}
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if getattr(node, "attr", getattr(node, "id", "")) in words
    }
    assert users == {"pipeline/store.py"}


def test_rows_that_are_kept_and_were_changed_are_computed_again(capsys):
    before = store.read(RAW)
    _changed_number(KEPT)
    cells.simulate(cells.Run("toy", "samples", (CELL,), toy.SEED, 30, RESULTS, "cpu"))
    assert "changed since it was written" in capsys.readouterr().err
    pd.testing.assert_frame_equal(store.read(RAW).drop(columns="seconds"), before.drop(columns="seconds"))


@pytest.mark.parametrize("field", ["files", "origin", "hash"])
def test_a_record_of_figures_is_read_only_as_it_was_written(field):
    path = origins.drawn_path(REPORTS, "toy")
    wanted = origins.required(origins.drawn(CONFIG, "toy", RESULTS))
    said = records.read(path, wanted)
    with pytest.raises(store.Unusable, match="seed 7 instead of 8"):
        records.read(path, wanted | {"seed": 8})
    path.write_text(json.dumps(said | {field: "other"}))
    with pytest.raises(store.Damaged):
        records.read(path, wanted)


ASKED = [(5,), (5, 3), (3, 5), (16, 17), (40, 1, 33)]


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_just_the_replicates_that_are_asked_for_are_written_and_each_is_computed_once(asked, tmp_path, monkeypatch):
    computed = []

    def simulate(condition, streams, device):
        computed.extend(streams.replicates)
        return toy.simulate(condition, streams, device)

    held = dataclasses.replace(toy.SAMPLES, simulate=simulate)
    toy.install(monkeypatch, dataclasses.replace(toy.STUDY, experiments={"samples": held}))
    for replicates in asked:
        cells.simulate(cells.Run("toy", "samples", (CELL,), toy.SEED, replicates, tmp_path, "cpu"))
        rows = store.read(origins.raw_path(tmp_path, "toy", "samples", CELL))
        assert rows["replicate"].tolist() == list(np.repeat(range(replicates), 2))
    assert computed == list(range(max(asked)))
    assert store.read(origins.kept_path(tmp_path, "toy", "samples", CELL))["replicate"].nunique() == max(asked)


@pytest.mark.parametrize(("kept", "cap", "written"), [(1, 30, 30), (50, 30, 30), (200, 40, 40)])
def test_a_target_that_is_never_reached_stops_at_its_cap_whatever_is_kept(kept, cap, written, tmp_path):
    run = cells.Run("toy", "samples", (CELL,), toy.SEED, kept, tmp_path, "cpu")
    cells.simulate(run)
    cells.simulate(dataclasses.replace(run, replicates=7, target=("error", 1e-9, cap)))
    path = origins.raw_path(tmp_path, "toy", "samples", CELL)
    assert store.read(path)["replicate"].nunique() == written
    assert store.read_origin(path).target == f"error 1e-09 {cap}"


def _failing():
    """Rows in which a replicate fails by itself, in pairs, at one size and at several."""
    rows = _raw(CONFIG).assign(status="ok", reason="")
    n, replicate, method = rows["n"], rows["replicate"], rows["method"]
    bad = ((replicate == 3) & (n == 20)) | ((replicate == 5) & (method == "mean")) | (
        (replicate == 7) & (method == "median") & (n > 20)
    )  # fmt: skip
    rows.loc[bad, "status"] = "diverged"
    return rows.assign(error=rows["error"].where(~bad), loss=rows["loss"].where(~bad)), bad


def test_a_failure_is_counted_once_in_every_line_of_the_summary():
    rows, bad = _failing()
    failed = rows[bad]
    lines = summaries.summarise(toy.SAMPLES, rows)
    for line in lines.to_dict("records"):
        of = failed["cell"].isin(str(line["cells"] or line["cell"]).split(" "))
        of &= failed["method"].isin([line["method"], line["against"]])
        missed = failed[of].drop_duplicates(["cell", "replicate"])  # a pair is missing once, whoever failed
        if not line["statistic"].startswith(("local_slope", "bend")):
            assert line["failed"] == len(missed), line
    single = lines[(lines["against"] == "") & (lines["cells"] == "")]
    assert (single["replicates"] + single["failed"] == 30).all()


def test_the_ledger_counts_the_failures_of_what_it_read_once(monkeypatch):
    rows, _ = _failing()
    study = registry.load("toy")
    monkeypatch.setattr(ledger.efforts.Comparison, "ratio", lambda *_: None)
    evidence = ledger.Evidence({"samples": summaries.summarise(toy.SAMPLES, rows)}, {"samples": rows})
    table = ledger.combine([ledger.measure(study, evidence, 0.5)]).set_index("claim")
    # TOY1: mean at n = 20; TOY2: pairs at every n, of which two are missing each; TOY3: mean at every n
    assert table["failed"].to_dict() == {"TOY1": 2, "TOY2": 2 + 2 + 2, "TOY3": 2 + 1 + 1}
    assert table["failed_share"].to_numpy()[:2] == pytest.approx([2 / 30] * 2)
    assert (ledger.combine([ledger.measure(study, evidence, 0.05)])["reason"] == verdict.FAILED).all()


def test_the_proportion_of_failures_is_the_largest_of_cells_that_were_read_and_of_pairs_that_were_lost(monkeypatch):
    rows, _ = _failing()
    monkeypatch.setattr(ledger.efforts.Comparison, "ratio", lambda *_: None)
    evidence = ledger.Evidence({"samples": summaries.summarise(toy.SAMPLES, rows)}, {"samples": rows})

    def share(measure):
        made = Claim("A1", "s", at_most(9.0), measure, origin.Control())
        study = dataclasses.replace(registry.load("toy"), claims=(made,))
        return ledger.measure(study, evidence, 0.5)["failed_share"].iloc[0]

    # of a method alone one of 30 failed at n = 40, of the pairs two; a claim that gives no count has that of its cell
    assert share(readers.value("loss", "mean", method="mean", n=40)) == pytest.approx(1 / 30)
    assert share(readers.ratio("loss", "median", "mean", n=40)) == pytest.approx(2 / 30)
    quiet = readers.value("loss", "mean", method="mean", n=20)
    assert share(lambda e: [dataclasses.replace(one, failed=0) for one in quiet(e)]) == pytest.approx(2 / 30)
    assert share(lambda e: montecarlo.exact(1.0)) == 0.0


def test_the_worst_case_of_failures_pays_for_all_claims_of_the_ledger():
    one = results.measured(CONFIG, "toy", RESULTS).iloc[:1].assign(law="t", origin="practice", open="")
    others = pd.concat([one.assign(claim=f"B{k}", p_against=0.9, p_against_worst=0.9) for k in range(9)])
    row = one.assign(p_against=1e-9, p_for=1.0, p_against_worst=0.01, p_for_worst=1.0)
    assert ledger.combine([row])["worst_case"].iloc[0] == "refuted"
    assert ledger.combine([row, others])["worst_case"].iloc[0] == "undecided"
    assert ledger.combine([row, others])["verdict"].iloc[0] == "refuted"
    assert ledger.combine([row.assign(looks=4)])["worst_case"].iloc[0] == "undecided"
