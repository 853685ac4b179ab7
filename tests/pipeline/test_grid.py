"""Cell ids, designs and jobs."""

import dataclasses
import functools
import math

import pytest
from cases import toy
from hypothesis import given
from hypothesis import strategies as st

from dlstats.machine import speed
from dlstats.pipeline import cells, costs, grid, origins, plan, registry
from dlstats.protocol.factor import Factor
from dlstats.protocol.study import RESERVED, Experiment
from dlstats.protocol.study import grid as levels

VALUES = {
    int: st.integers(1 - 2**63, 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    str: st.from_regex(r"[A-Za-z0-9_.+-]{1,9}", fullmatch=True),
}
FACTORS = dict.fromkeys(VALUES, Factor) | {int: functools.partial(Factor, at_least=-(2**63), at_most=2**63)}
CONDITIONS = st.dictionaries(
    st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True).filter(lambda name: name not in RESERVED),
    st.sampled_from(list(VALUES)).flatmap(lambda kind: VALUES[kind].map(lambda value: (kind, value))),
    max_size=5,
)


@pytest.fixture(autouse=True)
def _toy(monkeypatch):
    toy.install(monkeypatch)
    monkeypatch.setattr(costs, "_known", dict)


def _experiment(factors):
    return Experiment(lambda *a: None, factors, {}, [])  # type: ignore[arg-type]


@given(CONDITIONS)
def test_a_cell_id_gives_back_its_levels_in_their_types(condition):
    experiment = _experiment({name: FACTORS[kind](name, kind) for name, (kind, _) in condition.items()})
    given_ = experiment.condition({name: value for name, (_, value) in condition.items()}, "toy")
    back = grid.parse_cell_id(grid.cell_id(given_), experiment, "toy")
    assert dict(back) == dict(given_)
    assert [type(v) for v in back.values()] == [type(v) for v in given_.values()]


@pytest.mark.parametrize("text", ["", "n", "n=", "=3", "n=1,,m=2", "n=1/2", "n=a b", "1=2"])
def test_what_is_no_cell_id_is_refused(text):
    with pytest.raises(ValueError, match="cell id of toy"):
        grid.parse_cell_id(text, toy.SAMPLES, "toy")


@pytest.mark.parametrize(
    "text",
    [
        *("n=20", "n=20,sd=x", "n=1e99,sd=1.0", "n=true,sd=1.0", "n=20,sd=1.0,k=3", "n=20,sd=-1.0"),
        *("sd=1.0,n=20", "n=20,sd=1", "n=20,sd=1e0", "n=20,n=20,sd=1.0", f"n={'9' * 5000},sd=1.0"),
    ],
)
def test_a_condition_that_the_factors_do_not_admit_is_refused(text):
    with pytest.raises(ValueError, match="toy"):
        grid.parse_cell_id(text, toy.SAMPLES, "toy")


@pytest.mark.parametrize("level", ["a/b", "a b", "", "x,y", "x=y", "{x}", "x\n", float("nan"), float("inf"), None, [1]])
def test_a_level_that_would_not_come_back_is_refused(level):
    with pytest.raises(ValueError, match="levels"):
        grid.cell_id({"n": level})


def test_cells_are_the_product_of_levels_in_order():
    ids = [cell.id for cell in grid.cells(toy.config("standard"), "toy")]
    assert ids == ["n=20,sd=1.0", "n=20,sd=2.0", "n=40,sd=1.0", "n=40,sd=2.0", "n=80,sd=1.0"]
    assert [c.replicates for c in grid.cells(toy.config("standard"), "toy")] == [100] * 4 + [50]


def test_a_design_that_is_not_declared_is_the_next_smaller_one():
    assert [c.id for c in grid.cells(toy.config("paper"), "toy")] == [
        c.id for c in grid.cells(toy.config("standard"), "toy")
    ]


def test_a_condition_given_twice_is_refused():
    config = toy.config() | {"overrides": {"toy": {"samples": [levels(n=[20, 20], sd=1.0, replicates=3)]}}}
    with pytest.raises(
        ValueError, match=r"overrides.toy.samples.0: every condition must be given once, got twice: n=20,sd=1.0"
    ):
        grid.cells(config, "toy")


@pytest.mark.parametrize("other", [{"sd": 1, "n": 20}, {"n": 20, "sd": 1.0, "paired": False}], ids=["order", "default"])
def test_a_condition_has_one_name(other, monkeypatch):
    factors = {**toy.SAMPLES.factors, "paired": Factor("paired", bool, default=False)}
    experiments = {"samples": dataclasses.replace(toy.SAMPLES, factors=factors)}
    toy.install(monkeypatch, dataclasses.replace(toy.STUDY, claims=(), experiments=experiments))
    twice = [levels(n=20, sd=1.0, replicates=3), levels(**other, replicates=3)]
    config = toy.config() | {"overrides": {"toy": {"samples": twice}}}
    with pytest.raises(
        ValueError, match=r"overrides.toy.samples.1: every condition must be given once, got twice: n=20"
    ):
        grid.cells(config, "toy")


UNTIL = st.sampled_from([None, ("loss", 0.1, 99), ("loss", 0.2, 99), ("error", 0.1, 99), ("loss", 0.1, 98)])


@given(st.lists(st.tuples(st.integers(1, 3), UNTIL), min_size=1, max_size=12))
def test_jobs_hold_every_cell_once_in_order_and_no_more_than_they_should(sizes):
    entries = [levels(n=20 + i, sd=1.0, replicates=r, until=until) for i, (r, until) in enumerate(sizes)]
    config = toy.config() | {"overrides": {"toy": {"samples": entries}}}
    jobs = grid.jobs(config, "toy")
    assert [c.id for job in jobs for c in job.cells] == [f"n={20 + i},sd=1.0" for i in range(len(sizes))]
    assert [job.index for job in jobs] == list(range(len(jobs)))
    for job in jobs:
        assert len(job.cells) == 1 or job.packed <= grid.JOB_SECONDS
        assert len({(c.replicates, c.target) for c in job.cells}) == 1


def test_a_job_names_few_enough_cells_for_a_command_line(monkeypatch):
    monkeypatch.setattr(costs, "seconds", lambda *names: 1e-5)
    entries = [levels(n=range(2, 10_002), sd=1.0, replicates=1)]
    jobs = grid.jobs(toy.config() | {"overrides": {"toy": {"samples": entries}}}, "toy")
    assert max(len(" ".join(job.ids)) for job in jobs) < 2**17 / 2
    assert sum(len(job.cells) for job in jobs) == 10_000


def test_an_unknown_study_or_experiment_is_refused_with_a_near_miss():
    with pytest.raises(LookupError, match="Did you mean `toy`"):
        registry.module("toi")
    with pytest.raises(LookupError, match=r"Did you mean `toy\.samples`"):
        registry.experiment("toy.sample")
    assert registry.experiment("toy") == registry.experiment("toy.samples") == ("toy", "samples")


def test_costs_are_of_the_cell_else_of_its_experiment(monkeypatch):
    monkeypatch.setattr(costs, "_known", lambda: {"toy.samples": {"a": 1.0, "b": 3.0, "c": 2.0}})
    assert costs.seconds("toy", "samples", "b") == 3.0
    assert costs.seconds("toy", "samples", "new") == 2.0
    assert math.isnan(costs.seconds("toy", "other", "new"))


def test_what_was_never_timed_is_told_no_time_and_packed_all_the_same(monkeypatch):
    monkeypatch.setattr(costs, "_known", dict)
    (job,) = grid.jobs(toy.config(), "toy")
    assert (len(job.cells), job.about) == (3, "never timed")
    assert [row["core_seconds"] for row in plan.rows(toy.config())] == [None, None]
    monkeypatch.setattr(costs, "_known", lambda: {"toy.samples": {"a": 0.5}})
    (job,) = grid.jobs(toy.config(), "toy")
    assert job.about == f"about {90 * 0.5:.0f} s"
    assert plan.rows(toy.config())[-1]["core_seconds"] == pytest.approx(90 * 0.5 * speed.factor())


def test_costs_that_cannot_be_read_are_named_with_their_file(monkeypatch, tmp_path):
    monkeypatch.undo()
    monkeypatch.setattr(costs, "FILE", tmp_path / "costs.json")
    costs._known.cache_clear()
    try:
        assert math.isnan(costs.seconds("toy", "samples", "a"))
        costs._known.cache_clear()
        costs.FILE.write_text("{\n<<<<<<< HEAD\n")
        with pytest.raises(ValueError, match=r"costs.json: is not JSON, mend it or take it away: Expecting"):
            costs.seconds("toy", "samples", "a")
        for text, wrong in (
            ("[1]", r"the costs: must be a mapping of keys to values, got \[1\]\."),
            ('{"toy.samples": 3}', r"toy\.samples: must be a mapping of keys to values, got 3\."),
            ('{"toy.samples": {"a": "x"}}', r"toy\.samples\.a: must be a number, got 'x'\."),
            ('{"toy.samples": {"a": NaN}}', r"toy\.samples\.a: must be a finite number, got nan\."),
            ('{"toy.samples": {"a": -1}}', r"toy\.samples\.a: must be greater than 0, got -1\."),
        ):
            costs.FILE.write_text(text)
            with pytest.raises(ValueError, match=rf"costs\.json: {wrong} Mend it or take it away\."):
                costs.seconds("toy", "samples", "a")
    finally:
        costs._known.cache_clear()


def test_the_cost_of_a_plan_scales_with_what_was_measured_here(monkeypatch, tmp_path):
    monkeypatch.setattr(costs, "seconds", lambda *names: 1.0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "deep"))
    stated = _cost()
    assert speed.factor() == 1
    monkeypatch.setattr(speed, "REFERENCE", {"a": 1e-4, "b": 1e-4})
    found = speed.measure({"a": lambda: sum(range(10**5)), "b": lambda: sum(range(10**5))})
    assert speed.factor() == found != 1
    assert _cost() == pytest.approx(found * stated, rel=0.01, abs=1)
    (tmp_path / "deep" / "dlstats" / speed.FILE).write_text("{")
    assert speed.factor() == 1


def _cost():
    return float(plan.table(toy.config("standard")).split()[-2])


def test_the_cells_of_a_large_experiment_lie_in_folders_and_are_found_there(tmp_path, monkeypatch):
    settings = toy.config()
    flat = [cell.file for cell in grid.cells(settings, "toy")]
    assert flat == [cell.id for cell in grid.cells(settings, "toy")]
    monkeypatch.setattr(grid, "FOLDER_FILES", len(flat) - 1)
    for job in grid.jobs(settings, "toy"):
        assert grid.many_words(job) == ["--many"]
        cells.simulate(
            cells.Run(
                "toy", "samples", tuple(job.ids), settings["seed"], job.cells[0].replicates, tmp_path, "cpu", None, True
            )
        )
    files = origins.raw(settings, "toy", tmp_path)["samples"]
    assert all(path.exists() and len(path.relative_to(tmp_path).parts) == 5 for path in files)
    assert list(dict.fromkeys(cells.read_raw(files)["cell"])) == flat
    assert cells.replay("toy", "samples", flat[0], 1, tmp_path, "cpu").same_bits
