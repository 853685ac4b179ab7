"""Cell ids, jobs and fingerprints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlstats.machine import speed
from dlstats.pipeline import grid

LEVELS = st.one_of(
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(lambda w: w not in ("true", "false")),
)
FACTORS = st.dictionaries(st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True), LEVELS, min_size=1, max_size=5)


@given(FACTORS)
def test_a_cell_id_gives_back_its_factors(factors):
    back = grid.parse_cell_id(grid.cell_id(factors))
    assert back == factors
    assert [type(v) for v in back.values()] == [type(v) for v in factors.values()]


@pytest.mark.parametrize("text", ["", "n", "n=", "=3", "n=1,,m=2", "n=1/2", "n=a b", "1=2"])
def test_what_is_no_cell_id_is_refused(text):
    with pytest.raises(ValueError, match="cell id"):
        grid.parse_cell_id(text)


@pytest.mark.parametrize("level", ["true", "3", "a/b", "a b", "", "x,y", "x=y", float("nan"), float("inf"), None, [1]])
def test_a_level_that_would_not_come_back_is_refused(level):
    with pytest.raises(ValueError, match="levels"):
        grid.cell_id({"n": level})


def _config(*entries):
    return {"seed": 1, "studies": {"approximation": {"sawtooth": {"cells": list(entries)}}}}


def test_cells_are_the_product_of_levels_in_order():
    entry = {"factors": {"n": [1, 2], "kind": ["a", "b"], "width": 3}, "replicates": 5, "seconds": 1}
    ids = [cell.id for cell in grid.cells(_config(entry), "sawtooth")]
    assert ids == [f"n={n},kind={kind},width=3" for n in (1, 2) for kind in "ab"]


def test_a_condition_given_twice_is_refused():
    entry = {"factors": {"n": [1, 1]}, "replicates": 5, "seconds": 1}
    with pytest.raises(ValueError, match="n=1"):
        grid.cells(_config(entry), "sawtooth")


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0.001, 30)), min_size=1, max_size=12))
def test_jobs_hold_every_cell_once_in_order_and_no_more_than_they_should(sizes):
    entries = [{"factors": {"n": i}, "replicates": r, "seconds": s} for i, (r, s) in enumerate(sizes)]
    jobs = grid.jobs(_config(*entries), "sawtooth")
    assert [c.id for job in jobs for c in job.cells] == [f"n={i}" for i in range(len(sizes))]
    for job in jobs:
        assert len(job.cells) == 1 or job.cost <= grid.JOB_SECONDS
        assert len({(c.replicates, c.target) for c in job.cells}) == 1


def test_a_job_names_few_enough_cells_for_a_command_line():
    entry = {"factors": {"n": list(range(10_000))}, "replicates": 1, "seconds": 1e-5}
    jobs = grid.jobs(_config(entry), "sawtooth")
    assert max(len(" ".join(job.ids)) for job in jobs) < 2**17 / 2
    assert sum(len(job.cells) for job in jobs) == 10_000


def test_a_study_that_the_configuration_does_not_hold_is_refused():
    with pytest.raises(KeyError, match="does not hold the study `squaring`"):
        grid.cells(_config({"factors": {"n": 1}, "replicates": 1, "seconds": 1}), "squaring")


def test_an_unknown_study_is_refused_with_a_near_miss():
    with pytest.raises(LookupError, match="Did you mean `sawtooth`"):
        grid.study_module("sawtoth")


def test_the_cost_of_a_plan_scales_with_what_was_measured_here(monkeypatch, tmp_path):
    monkeypatch.setattr(speed, "_place", lambda: tmp_path / "deep" / "speed.json")
    stated = _cost()
    assert speed.factor() == 1
    monkeypatch.setattr(speed, "REFERENCE", {"a": 1e-4, "b": 1e-4})
    found = speed.measure({"a": lambda: sum(range(10**5)), "b": lambda: sum(range(10**5))})
    assert speed.factor() == found != 1
    assert _cost() == pytest.approx(found * stated, rel=0.01, abs=1)
    (tmp_path / "deep" / "speed.json").write_text("{")
    assert speed.factor() == 1


def _cost():
    entry = {"factors": {"n": [1, 2]}, "replicates": 500, "seconds": 1}
    return float(grid.plan(_config(entry)).split()[-2])
