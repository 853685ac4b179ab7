"""From a frame of replicates to lines: grouping, failures, statuses and stopping."""

import itertools
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlstats import montecarlo
from dlstats.montecarlo import failures, summaries
from dlstats.protocol.study import Measure

MEASURES = (
    Measure("x", "x"),
    Measure("x", "x", "quantile", options={"level": 0.9}),
    Measure("x", "x", "mse", options={"truth": "truth"}),
    Measure("low", "covered", "coverage", options={"upper": "high", "truth": "truth"}),
)


def _frame(reps=30, seed=0):
    rng = np.random.default_rng(seed)
    parts = []
    for n in (10, 20, 40):
        for method in ("b", "a"):
            x = rng.normal(size=reps)
            parts.append(
                pd.DataFrame(
                    {
                        "cell": f"n={n}",
                        "n": n,
                        "method": method,
                        "replicate": range(reps),
                        "status": "ok",
                        "truth": n / 40,
                    }
                ).assign(x=x, low=x - 1, high=x + 1)
            )
    frame = pd.concat(parts, ignore_index=True)
    frame.loc[[3, 40], "status"] = ["diverged", "error"]
    frame.loc[[5, 70], "x"] = [np.nan, np.inf]
    return frame


def test_every_line_is_the_estimate_of_its_group():
    frame = _frame()
    table = montecarlo.summarise(frame, MEASURES, ["cell", "n", "method"])
    assert list(table.columns) == ["cell", "n", "method", *summaries.COLUMNS]
    for line in table.to_dict("records"):
        measure = next(m for m in MEASURES if (m.column, m.statistic) == (line["measure"], line["statistic"]))
        rows = frame[(frame["cell"] == line["cell"]) & (frame["method"] == line["method"])]
        values = rows[measure.column].where(rows["status"] == "ok")
        given = measure.options.items()
        options: dict[str, Any] = {k: rows[v].to_numpy() if isinstance(v, str) else v for k, v in given}
        found = montecarlo.estimate(measure.statistic, values, **options)
        numbers = [line[name] for name in ("estimate", "mcse", "lower", "upper", "replicates", "failed")]
        expected = [found.value, found.mcse, found.lower, found.upper, found.replicates, found.failed]
        # sums over a matrix and over a vector may be taken in another order
        assert numbers == pytest.approx(expected, rel=1e-12)


def test_groups_and_measures_keep_their_order():
    table = montecarlo.summarise(_frame(), MEASURES, ["cell", "method"])
    assert list(table["method"].iloc[:: len(MEASURES)]) == ["b", "a"] * 3
    assert list(table["measure"].iloc[: len(MEASURES)]) == [m.column for m in MEASURES]


def test_replicates_and_failed_add_up_to_the_rows():
    table = montecarlo.summarise(_frame(), MEASURES, ["cell", "method"])
    assert (table["replicates"] + table["failed"] == 30).all()
    assert table.loc[table["measure"] == "x", "failed"].sum() == 3 * 4


def test_the_order_of_rows_does_not_matter_for_counts_and_quantiles():
    frame = _frame()
    shuffled = frame.sample(frac=1, random_state=1)
    one, two = (
        montecarlo.summarise(f, MEASURES[1:2], ["cell", "method"]).sort_values(["cell", "method"])
        for f in (frame, shuffled)
    )
    assert np.array_equal(one[["estimate", "lower", "failed"]], two[["estimate", "lower", "failed"]])


def test_a_group_in_which_all_failed_has_no_estimate_and_its_count():
    frame = _frame()
    frame.loc[frame["n"] == 20, "status"] = "diverged"
    table = montecarlo.summarise(frame, MEASURES[:1], ["n", "method"])
    lost = table[table["n"] == 20]
    assert lost["estimate"].isna().all()
    assert list(lost["failed"]) == [30, 30]


def test_factors_that_do_not_apply_are_groups_too():
    frame = _frame().assign(level=lambda f: f["n"].where(f["n"] > 10))
    assert len(montecarlo.summarise(frame, MEASURES[:1], ["level"])) == 3


def test_two_quantiles_of_one_column_are_told_apart():
    measures = [Measure("x", "x", "quantile", options={"level": level}) for level in (0.1, 0.9)]
    table = montecarlo.summarise(_frame(), measures, ["n"])
    assert list(table["statistic"][:2]) == ["quantile(level=0.1)", "quantile(level=0.9)"]


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="no column `y`"):
        montecarlo.summarise(_frame(), [Measure("y", "y")], ["n"])


def test_thousands_of_groups_take_seconds():
    groups, reps = 3000, 40
    frame = pd.DataFrame({"cell": np.repeat(np.arange(groups), reps), "x": np.arange(groups * reps) % 97.0})
    frame.loc[::41, "x"] = np.nan
    started = time.perf_counter()
    montecarlo.summarise(frame, [Measure("x", "x"), Measure("x", "x", "median")], ["cell"])
    assert time.perf_counter() - started < 5


def test_counts_show_every_status_and_zero():
    table = failures.counts(_frame())
    assert list(table.columns[:4]) == ["cell", "method", "ok", "failed"]
    assert list(table["failed"]) == [1, 1, 0, 0, 0, 0]
    assert (table["ok"] + table["failed"] == 30).all()
    assert list(failures.reasons(_frame())["rows"]) == [1, 1]


def test_failed_rows_are_filled_with_the_worst_of_their_cell_and_nothing_else_changes():
    frame = _frame()
    for side, pick in (("lowest", np.min), ("highest", np.max)):
        filled = failures.fill(frame, ["x"], side)
        cell = frame[(frame["n"] == 10) & (frame["status"] == "ok")]["x"]
        assert filled.loc[3, "x"] == pick(cell[np.isfinite(cell)])
        assert filled.loc[3, "status"] == "ok"
        kept = (frame["status"] == "ok") & np.isfinite(frame["x"])
        pd.testing.assert_frame_equal(filled[kept], frame[kept])


def test_failed_shares_are_filled_with_zero_or_one_even_if_all_seen_are_equal():
    frame = pd.DataFrame({"cell": "a", "method": "m", "status": ["ok", "ok", "error"], "hit": [1.0, 1.0, np.nan]})
    assert failures.fill(frame, ["hit"], "lowest")["hit"].iloc[2] == 0
    assert failures.fill(frame, ["hit"], "highest")["hit"].iloc[2] == 1


def test_the_schedule_doubles_to_the_cap_and_contains_no_step_twice():
    for first in (1, 7, 50):
        for cap in (1, 49, 50, 51, 100, 399, 400):
            steps = montecarlo.schedule(first, cap)
            assert steps[0] == first
            assert steps[-1] == max(first, cap)
            assert all(b <= 2 * a and b > a for a, b in itertools.pairwise(steps))


def test_enough_means_that_the_worst_method_has_reached_the_target():
    frame = _frame()
    cell = frame[frame["n"] == 10]
    lines = montecarlo.summarise(cell, MEASURES[:1], ["method"])
    worst = lines["mcse"].max()
    assert montecarlo.reached(cell, MEASURES[0]) == worst
    assert montecarlo.enough(cell, MEASURES[0], worst)
    assert not montecarlo.enough(cell, MEASURES[0], worst * 0.999)
    table = montecarlo.outcome(frame, MEASURES[0], worst)
    assert list(table["outcome"].isin(["met", "cap hit"])) == [True] * 3
    assert table["outcome"].iloc[0] == "met"


def test_what_has_no_error_is_never_enough():
    one = pd.DataFrame({"replicate": [0], "method": "m", "x": [1.0]})
    assert not montecarlo.enough(one, Measure("x", "x"), 10.0)
