"""A level keeps its type from the configuration through every file: a word that looks like nothing or a number is a word."""

import dataclasses

import pandas as pd
import pytest
from cases import malformed, toy

from dlstats.pipeline import cells, config, grid, results, yaml12
from dlstats.report import tables

WORDS = ["None", "NA", "nan", "null", "true", "1", "1e5", "007", "-", "N_A"]
LEVELS = {"n": [20, 2**53 + 1], "sd": [0.001], "noise": ["None", "NA"], "tag": WORDS, "paired": [True, False]}
TEXT = f"""
design: smoke
seed: 1
studies: [toy]
overrides:
  toy:
    samples:
    - levels: {{n: [20, {2**53 + 1}], sd: 1e-3, noise: [None, NA], tag: {WORDS}, paired: [true, false]}}
      replicates: 2
"""


def _simulate(condition, streams, device):
    rows = [
        {"replicate": r, "method": m, "error": 0.5, "loss": r + 1.0}
        for r in streams.replicates
        for m in ("mean", "median")
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    """What claims and figures read of a run whose every factor has awkward levels, and the folder of its results."""
    declared = malformed.STUDY.experiments["samples"]
    factors = {**declared.factors, "n": dataclasses.replace(declared.factors["n"], at_most=2**60)}
    experiment = dataclasses.replace(declared, factors=factors, simulate=_simulate)
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as monkeypatch:
        toy.install(monkeypatch, dataclasses.replace(malformed.STUDY, experiments={"samples": experiment}))
        settings = config.check(yaml12.read(TEXT))
        names = tuple(cell.id for cell in grid.cells(settings, "toy"))
        assert len(names) == 2 * 2 * len(WORDS) * 2
        cells.simulate(cells.Run("toy", "samples", names, 1, 2, folder, "cpu"))
        results.write_summaries(settings, "toy", folder)
        found = results.evidence(settings, "toy", folder)
        return found, found.replicates("samples"), folder / "summary" / "toy" / "samples.csv"


def _distinct(frame, name):
    return {(type(level), level) for level in frame[name].tolist()}


@pytest.mark.parametrize("name", LEVELS)
def test_the_levels_of_raw_and_summary_are_those_of_the_configuration(name, evidence):
    found, replicates, _ = evidence
    wanted = {(type(level), level) for level in LEVELS[name]}
    assert _distinct(replicates, name) == wanted
    lines = found.summaries["samples"]
    assert _distinct(lines[lines["measure"] == "error"], name) == wanted


@pytest.mark.parametrize("name", LEVELS)
def test_a_table_in_text_says_each_level_apart(name, evidence):
    _, _, path = evidence
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    said = set(frame.loc[frame["measure"] == "error", name])
    assert said == {str(level) for level in LEVELS[name]}


def test_every_cell_that_was_simulated_is_found_by_its_levels(evidence):
    found, _, _ = evidence
    for tag in WORDS:
        for noise in LEVELS["noise"]:
            where = {"tag": tag, "noise": noise, "paired": True, "n": 2**53 + 1, "sd": 0.001}
            lines = found.table("samples", measure="error", statistic="mean", method="mean", **where)
            assert list(lines["cell"]) == [f"n={2**53 + 1},sd=0.001,noise={noise},tag={tag},paired=true"]


def _words(spans):
    return "".join(f"_{span.text}" if span.kind == "sub" else span.text for span in spans)


def test_a_table_of_the_report_has_a_row_for_each_of_them(evidence):
    found, _, _ = evidence
    shown = tables.of_study(malformed.STUDY, found.summaries)[0]
    place = [_words(column.label) for column in shown.columns].index("tag")
    assert {_words(row[place]) for row in shown.rows} == set(WORDS)
    assert len(shown.rows) == 2 * len(set(found.replicates("samples")["cell"]))
