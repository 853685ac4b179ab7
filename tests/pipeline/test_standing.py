"""What stands and is not what is asked for is found whatever was done to it, and no result is touched."""

import os
import shutil
import time
from pathlib import Path

import pytest
from cases import toy

from dlstats.pipeline import cells, origins, records, results, standing
from dlstats.protocol.study import grid
from dlstats.report import drawing

CONFIG = toy.config() | {"overrides": {"toy": {"samples": [grid(n=[20, 40, 80], sd=1.0, replicates=5)]}}}
RESULTS, REPORTS = Path("results"), Path("reports")
RAW = [origins.raw_path(RESULTS, "toy", "samples", cell) for cell in toy.CELLS]
SIMULATE = {standing.marker("simulate", "toy-samples-0")}


def _finish(config):
    """All that a run leaves, the documents of the report aside."""
    cells.simulate(cells.Run("toy", "samples", toy.CELLS, config["seed"], 5, RESULTS, "cpu"))
    results.write_summaries(config, "toy", RESULTS)
    results.write_measured(config, "toy", RESULTS)
    results.write_checks("toy", False, RESULTS)
    results.write_ledger(config, RESULTS)
    drawing.draw(config, "toy", RESULTS, REPORTS)
    (REPORTS / "dlstats.pdf").write_text("the report")
    made = origins.report(config, "toy", RESULTS, REPORTS)
    records.write(origins.report_path(REPORTS), {}, made, [REPORTS / "dlstats.pdf"])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        toy.install(patch)
        patch.chdir(folder)
        _finish(CONFIG)
    return folder


@pytest.fixture(autouse=True)
def _copied(finished, tmp_path, monkeypatch):
    toy.install(monkeypatch)
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


def _faults(config=CONFIG, profile="toy", again=""):
    found = standing.faults(config, profile, RESULTS, REPORTS, again)
    return {path: why for parts in found.values() for path, why in parts.items()}


def _flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0xFF
    path.write_bytes(bytes(data))


def test_what_is_right_is_left():
    assert _faults() == {}


DAMAGE = {
    "raw cut": (lambda: os.truncate(RAW[1], 50), SIMULATE),
    "raw empty": (lambda: os.truncate(RAW[1], 0), SIMULATE),
    "raw foreign": (lambda: RAW[1].write_text("n,error\n20,0.1\n"), SIMULATE),
    "raw flipped": (lambda: _flip(RAW[1]), SIMULATE),
    "raw of another cell": (lambda: shutil.copy(RAW[0], RAW[1]), SIMULATE),
    "raw gone, as of a job that was killed": (lambda: RAW[1].unlink(), {"summarise-toy"}),
    "all raw gone": (lambda: shutil.rmtree(RESULTS / "raw"), {"summarise-toy"}),
    "all summaries gone": (lambda: shutil.rmtree(RESULTS / "summary"), {"measure-toy", "draw-toy"}),
    "measured gone": (lambda: origins.measured_path(RESULTS, "toy").unlink(), {"draw-toy", "ledger"}),
    "checks gone": (lambda: origins.checks_path(RESULTS, "toy").unlink(), {"ledger"}),
    "ledger gone": (lambda: origins.ledger_path(RESULTS).unlink(), {"write"}),
    "figures gone": (lambda: shutil.rmtree(origins.drawn_path(REPORTS, "toy").parent), {"write"}),
    "summary gone": (lambda: _summary().unlink(), {"summarise-toy"}),
    "summary flipped": (lambda: _flip(_summary()), {"summarise-toy"}),
    "summary's CSV edited": (lambda: _summary().with_suffix(".csv").write_text("n\n"), {"summarise-toy"}),
    "measured flipped": (lambda: _flip(origins.measured_path(RESULTS, "toy")), {"measure-toy"}),
    "checks flipped": (lambda: _flip(origins.checks_path(RESULTS, "toy")), {"checks-toy"}),
    "verdicts flipped": (lambda: _flip(origins.ledger_path(RESULTS)), {"ledger"}),
    "table edited": (lambda: (REPORTS / "tables/toy/claims.csv").write_text("n\n"), {"draw-toy"}),
    "record gone": (lambda: origins.drawn_path(REPORTS, "toy").unlink(), {"draw-toy"}),
    "report edited": (lambda: (REPORTS / "dlstats.pdf").write_text("another"), {"write"}),
}


def _summary():
    return origins.summary_path(RESULTS, "toy", "samples")


@pytest.mark.parametrize(("damage", "wanted"), DAMAGE.values(), ids=DAMAGE)
def test_what_is_damaged_or_foreign_is_found(damage, wanted):
    assert _faults() == {}
    damage()
    wanted = {name if "/" in name else standing.marker(name) for name in wanted}
    found = _faults()
    assert wanted <= found.keys()
    assert found.keys() - wanted <= {standing.marker("write")}


def test_what_is_not_there_is_left_to_snakemake_when_nothing_is_made_from_it():
    shutil.rmtree(REPORTS)
    assert _faults() == {}
    origins.ledger_path(RESULTS).unlink()
    assert _faults() == {}
    shutil.rmtree(RESULTS)
    assert _faults() == {}


ASKED = {
    "seed": ({"seed": 8}, SIMULATE),
    "replicates": ({"overrides": {"toy": {"samples": [grid(n=[20, 40, 80], sd=1.0, replicates=6)]}}}, SIMULATE),
    "target": (
        {"overrides": {"toy": {"samples": [grid(n=[20, 40, 80], sd=1.0, replicates=5, until=("loss", 0.1, 9))]}}},
        SIMULATE,
    ),
    "fewer cells": ({"overrides": {"toy": {"samples": [grid(n=[20, 40], sd=1.0, replicates=5)]}}}, {"summarise-toy"}),
    "failed share": ({"failed_share": 0.2}, {"measure-toy"}),
    "design": ({"design": "standard"}, {"summarise-toy", "checks-toy"}),
}


@pytest.mark.parametrize(("change", "wanted"), ASKED.values(), ids=ASKED)
def test_what_was_made_for_another_configuration_is_found(change, wanted):
    wanted = {name if "/" in name else standing.marker(name) for name in wanted}
    assert _faults(CONFIG | change).keys() == wanted


def test_another_profile_needs_another_report():
    assert _faults(profile="other").keys() == {standing.marker("write")}


def test_what_other_code_made_is_found(monkeypatch):
    monkeypatch.setattr(standing.origins.fingerprints, "summary", lambda module, name: "now")
    assert _faults().keys() == {standing.marker("summarise", "toy")}
    monkeypatch.setattr(standing.origins.fingerprints, "cells", lambda module, name: "now")
    assert _faults().keys() == SIMULATE
    monkeypatch.setenv(origins.KEEP_STALE, "1")
    assert _faults() == {}


@pytest.mark.parametrize(
    ("again", "wanted"),
    [("toy", SIMULATE | {standing.marker("checks", "toy")}), ("toy.samples", SIMULATE), ("other", set())],
)
def test_what_is_asked_for_again_is_marked(again, wanted):
    assert _faults(again=again).keys() == wanted


def test_markers_are_new_for_what_is_wrong_and_old_for_the_rest_and_nothing_else_changes():
    def times():
        return {path: path.stat().st_mtime_ns for part in (RESULTS, REPORTS) for path in part.rglob("*")}

    before = times()
    assert standing.mark(CONFIG, "toy", RESULTS, REPORTS) == []
    names = list(standing.FOLDER.iterdir())
    assert {path.stat().st_mtime for path in names} == {standing.OLD}
    (line,) = standing.mark(CONFIG | {"seed": 8}, "toy", RESULTS, REPORTS)
    assert line == f"made again: {RAW[0]}: made from seed 7 instead of 8, and 2 more"
    newer = {str(path) for path in names if path.stat().st_mtime > RAW[0].stat().st_mtime}
    assert newer == SIMULATE
    standing.mark(CONFIG, "toy", RESULTS, REPORTS)
    assert {path.stat().st_mtime for path in names} == {standing.OLD}
    assert times() == before


def test_times_later_than_now_are_set_back_in_their_order_so_that_a_marker_is_newer():
    hours = {path: 3600 * rank for rank, path in enumerate(RAW)}
    now = time.time()
    for path, later in hours.items():
        os.utime(path, (now + later, now + later))
    earlier = {
        path: path.stat().st_mtime_ns for part in (RESULTS, REPORTS) for path in part.rglob("*") if path not in RAW
    }
    (said,) = standing.mark(CONFIG, "toy", RESULTS, REPORTS)
    assert said == "2 files and folders of results and reports have times later than now, which are set back to now"
    times = [path.stat().st_mtime_ns for path in RAW]
    assert times == sorted(set(times))
    assert max(earlier.values()) < times[1]
    assert times[2] <= time.time_ns()
    assert {path: path.stat().st_mtime_ns for path in earlier} == earlier
    assert standing.mark(CONFIG, "toy", RESULTS, REPORTS) == []
    _flip(RAW[2])
    standing.mark(CONFIG, "toy", RESULTS, REPORTS)
    (marker,) = SIMULATE
    assert Path(marker).stat().st_mtime_ns > RAW[2].stat().st_mtime_ns


def test_a_link_that_leads_nowhere_is_taken_away_in_a_line(tmp_path):
    standing.FOLDER.mkdir(parents=True, exist_ok=True)
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "kept").write_text("kept")
    (folder / "good").symlink_to("kept")
    (folder / "verdicts.parquet").symlink_to("nowhere")
    assert standing.set_back(folder) == [f"{folder / 'verdicts.parquet'} led nowhere and is taken away"]
    assert sorted(path.name for path in folder.iterdir()) == ["good", "kept"]
    assert standing.set_back(folder) == []
