"""How well networks were trained, and what runs cost: every number is looked up, in the row and under the head of its study."""

from __future__ import annotations

import dataclasses
import json
import math
from types import SimpleNamespace

import pandas as pd
import pytest
from cases.report_site import ENVIRONMENT, SAMPLES

from dlstats.pipeline import grid
from dlstats.protocol.measure import Measure
from dlstats.report import material, runs, training
from dlstats.report.text import characters

LINES = pd.DataFrame(
    [
        ("a", 1, "misfit", "median", "", 0.25), ("b", 1, "misfit", "median", "", 0.5), ("c", 1, "misfit", "median", "", 4.0),
        ("a", 3, "misfit", "median", "", 9.0), ("a", 1, "misfit", "ratio(median)", "x", 7.0),
        ("a", 1, "dead_share", "mean", "", 0.02), ("b", 1, "dead_share", "mean", "", 0.04),
        ("c", 1, "error", "mse", "", 6.0),
    ],
    columns=["cell", "effort", "measure", "statistic", "against", "estimate"],
)  # fmt: skip


def _claim(name, ratio, cell="samples/a", verdict="supported", known=0.5):
    return {"claim": name, "study": "toy", "verdict": verdict, "cells": json.dumps([cell]), "effort_estimate": known,
            "effort_ratio": ratio, "effort_ratio_mcse": 0.05}  # fmt: skip


VERDICTS = pd.DataFrame(
    [
        _claim("T1", 1.1), _claim("T2", 0.7, verdict="recipe-bound"), _claim("T3", math.nan),
        _claim("T4", 5.0, cell="others/a"), _claim("T5", 6.0, known=math.nan),
    ]
)  # fmt: skip


@pytest.fixture
def found(site, config) -> material.Material:
    return material.collect(config, site.results, site.reports, environment=ENVIRONMENT, load=site.load)


def _with(found, summary, verdicts):
    measures = (*SAMPLES.measures, Measure("misfit", "training error over the noise variance, median", "median"))
    toy = dataclasses.replace(
        found.studies["toy"], experiments={"samples": dataclasses.replace(SAMPLES, measures=measures)}
    )
    return dataclasses.replace(found, studies={"toy": toy}, summaries={"toy": {"samples": summary}}, verdicts=verdicts)


def _cells(table):
    (row,) = table.rows
    return dict(zip([characters(column.label) for column in table.columns], row, strict=True))


def test_a_row_has_the_numbers_of_its_experiment_at_the_effort_of_the_study(found):
    cells = _cells(training.table(_with(found, LINES, VERDICTS))[0])
    assert characters(cells["training error over"]) == "the noise variance"
    assert characters(cells["training error"]) == "0.5, 0.25 to 4"
    assert characters(cells["dead units, %"]) == "3, 2 to 4"
    assert characters(cells["farthest effort ratio"]) == "0.700 (0.050) T2"
    assert characters(cells["verdicts that differ"]) == "1 of 3"


def test_what_is_not_recorded_is_a_dash_and_what_trains_nothing_has_no_row(found):
    cells = _cells(training.table(_with(found, LINES[LINES["measure"] != "misfit"], VERDICTS.iloc[:0]))[0])
    names = ("training error", "farthest effort ratio", "verdicts that differ")
    assert [characters(cells[name]) for name in names] == ["–"] * 3
    plain = LINES[LINES["measure"] == "error"].drop(columns="effort")
    assert training.table(_with(found, plain, VERDICTS)) == []


def test_the_core_time_that_a_plan_states_stands_beside_the_one_that_was_measured(found, monkeypatch):
    monkeypatch.setattr(grid, "cells", lambda config, study: [SimpleNamespace(cost=90.0), SimpleNamespace(cost=300.0)])
    table = runs.table(found)
    heads = [characters(column.label) for column in table.columns]
    toy, absent = (dict(zip(heads, map(characters, row), strict=True)) for row in table.rows)
    assert (toy["core time stated"], toy["core time"]) == ("6.5 min", "15.0 s")
    assert (absent["core time stated"], absent["core time"]) == ("6.5 min", "–")
    assert runs.duration(math.nan) == "–"
