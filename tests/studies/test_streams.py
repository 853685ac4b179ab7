"""Random streams, over all experiments: roles independent, replicates apart, data shared by methods and by efforts.

`streams.csv` says which roles an experiment draws from, by which parameters a role is named, and what is drawn: a swapped
role differs from its line. Where a study was added or changed on purpose, `python tests/studies/test_streams.py` writes the
file anew, and the change is read there.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cases import stream_record
from cases import study_results as results
from cases.stream_record import Asked, Recorded

from dlstats.methods import tuning
from dlstats.pipeline import grid, registry
from dlstats.protocol.measure import Slope
from dlstats.seeds import Streams
from dlstats.studies.robust.robust_regression import small_recipe
from dlstats.training import recipes

WRITTEN = Path(__file__).with_name("streams.csv")
COLUMNS = ["study", "experiment", "role", "parameters", "times", "draws"]
EXPERIMENTS = [(study, name) for study in registry.studies() for name in registry.load(study).experiments]
METHODS = {
    "start": "initialisations, by width",
    "init": "initialisations, by width",
    "biases": "initialisations, by width and scheme",
    "minibatch": "networks of other losses and restarts see their minibatches in the same order",
    "baseline": "every method holds out the same fifth",
    "resample": "of the training data, by method",
    "landmarks": "of a kernel's training data",
}
"""Roles of methods, not of data: they may be asked for again or by several names."""
STARTS = ("start", "init", "biases")
AGAIN = {
    "width_versus_depth.by_activation": "every arm draws the same points",
    "width_versus_depth.by_depth": "every arm draws the same points",
    "width_versus_depth.by_start": "every arm draws the same points",
    "multiplicity.as_used": "the ledger's claims of several sizes",
}
"""Experiments whose data are drawn several times or by several names within a cell, and why."""


def _data(asked: list[Asked]) -> set[tuple[str, str]]:
    return {one.key for one in asked if one.role not in METHODS}


def _first(study: str, name: str) -> Iterator[tuple[Asked, int, Recorded]]:
    """Every stream that the first cell asks for."""
    for one in stream_record.of_cell(study, results.inside(study, name)[0]):
        for replicate, rng in zip(one.replicates, one.generators, strict=True):
            yield one, replicate, rng


def lines(study: str, name: str) -> list[dict]:
    """The roles of an experiment's first cell: parameters, how often a replicate is asked for, and what is drawn."""
    found: dict[tuple[str, str], list[list]] = {}
    for one, replicate, rng in _first(study, name):
        if replicate == 0:
            found.setdefault((one.role, one.names), []).append(rng.calls)
    return [
        {
            "study": study,
            "experiment": name,
            "role": role,
            "parameters": names,
            "times": len(calls),
            "draws": " ".join(dict.fromkeys(method for method, _ in max(calls, key=len))),
        }
        for (role, names), calls in found.items()
    ]


def _apart(study: str, name: str, factor: str) -> Iterator[tuple[grid.Cell, grid.Cell]]:
    """Pairs of cells that differ in a factor alone."""
    for one, other in itertools.combinations(results.inside(study, name), 2):
        first, second = dict(one.levels), dict(other.levels)
        if first.pop(factor, None) != second.pop(factor, None) and first == second:
            yield one, other


@pytest.mark.parametrize(("study", "name"), EXPERIMENTS, scope="module")
def test_every_replicate_draws_from_its_own_streams_and_as_the_others_do(study, name):
    experiment = registry.load(study).experiments[name]
    for one in stream_record.of_cell(study, results.inside(study, name)[0]):
        assert (one.seed, one.study) == (stream_record.SEED, experiment.streams or study)
        assert len({id(rng) for rng in one.generators}) == len(set(one.replicates)) == len(one.replicates)
        # a stream that only the first replicate uses serves the others too
        assert len({bool(rng.calls) for rng in one.generators}) == 1, one.key


def test_networks_trained_for_one_step_are_kept_for_nobody():
    from dlstats.studies.robust import robust_data

    robust_data._fits.cache_clear()
    stream_record.of_cell.__wrapped__("robust_data", results.inside("robust_data", "engel")[0])
    assert robust_data._fits.cache_info().currsize == 0


@pytest.mark.parametrize(("study", "name"), EXPERIMENTS, scope="module")
def test_a_stream_that_is_asked_for_again_is_drawn_from_in_the_same_way(study, name):
    """What shares a stream shares its numbers: nobody draws noise from the stream of the inputs."""
    longest: dict[tuple, list] = {}
    for one, replicate, rng in _first(study, name):
        if one.role not in STARTS:  # networks of several outputs draw more
            calls = longest.setdefault((*one.key, replicate), [])
            assert rng.calls[: len(calls)] == calls[: len(rng.calls)], one.key
            longest[*one.key, replicate] = max(calls, rng.calls, key=len)


@pytest.mark.parametrize(("study", "name"), EXPERIMENTS, scope="module")
def test_data_have_one_name_and_are_drawn_once_for_all_methods(study, name):
    times = Counter((one.role, replicate) for one, replicate, _ in _first(study, name) if one.role not in METHODS)
    again = {role for (role, _), count in times.items() if count > 1}
    assert bool(again) == (f"{study}.{name}" in AGAIN), again


@pytest.mark.parametrize(("study", "name"), EXPERIMENTS, scope="module")
def test_an_experiment_draws_from_the_roles_that_are_written_down(study, name):
    written = pd.read_csv(WRITTEN, keep_default_na=False).query("study == @study and experiment == @name")
    now = pd.DataFrame(lines(study, name), columns=COLUMNS).astype({"times": int})
    pd.testing.assert_frame_equal(now, written.reset_index(drop=True), check_dtype=False)


@pytest.mark.parametrize(("study", "name"), [one for one in EXPERIMENTS if any(_apart(*one, "effort"))])
def test_more_effort_draws_the_same_data(study, name):
    one, other = next(_apart(study, name, "effort"))
    assert _data(stream_record.of_cell(study, one)) == _data(stream_record.of_cell(study, other))
    if not any(a.role == "start" and "widths" in a.names for a in stream_record.of_cell(study, one)):
        assert {a.key for a in stream_record.of_cell(study, one)} == {
            a.key for a in stream_record.of_cell(study, other)
        }


def _slopes() -> Iterator:
    for study, name in EXPERIMENTS:
        for slope in registry.load(study).experiments[name].slopes:
            if slope.statistic != "exact" and any(_apart(study, name, slope.over)):
                yield pytest.param(study, name, slope, id=f"{study}.{name}-{slope.column}-{slope.over}")


@pytest.mark.parametrize(("study", "name", "slope"), [*_slopes()])
def test_sizes_of_a_slope_are_independent_unless_it_says_that_they_are_paired(study, name, slope):
    one, other = next(_apart(study, name, slope.over))
    shared = {a.key for a in stream_record.of_cell(study, one)} & {a.key for a in stream_record.of_cell(study, other)}
    assert bool(shared) == (isinstance(slope, Slope) and slope.paired)


FIXED = {
    "linear_suboptimality.network": "a lattice on the circle",
    "linear_suboptimality.rivals": "a lattice on the circle",
    "optimisation_gap.trained": "a lattice on the circle",
}
"""Experiments that judge at the points of their sample, which are no random ones."""
PLUGGED = [(s, n) for s, n in EXPERIMENTS if registry.load(s).experiments[n].plug]


@pytest.mark.parametrize(("study", "name"), PLUGGED)
def test_new_points_are_none_of_the_sample_and_every_replicate_has_its_own(study, name):
    experiment, cell = registry.load(study).experiments[name], results.inside(study, name)[0]
    condition = experiment.condition(dict(cell.levels), name)
    assert experiment.plug is not None
    data = experiment.plug.sample(condition, Streams(777001, study, [0, 1, 5]))
    for x, new in zip(data.x, data.new, strict=True):
        mine, ahead = ({point.tobytes() for point in np.asarray(part)} for part in (x, new))
        assert (mine == ahead) if f"{study}.{name}" in FIXED else not mine & ahead
    assert len({y.tobytes() for y in data.y}) == 3
    alone = experiment.plug.sample(condition, Streams(777001, study, [5]))
    for part in ("x", "y", "new", "truth"):
        np.testing.assert_array_equal(getattr(alone, part)[0], getattr(data, part)[2])


def test_rates_of_robust_networks_are_tried_on_the_fifth_that_tunes_their_rivals_and_not_trained_on_it(monkeypatch):
    class Called(Exception):
        """Training was called."""

    def run(recipe, x, y, *more, **named):
        seen.append((x, y))
        raise Called

    seen, streams, key = [], Streams(1, "robust_regression", [0, 3]), {"function": "blocks", "noise": "normal"}
    x = np.random.default_rng(0).random((2, small_recipe.SAMPLE, 1))
    monkeypatch.setattr(recipes, "run", run)
    with pytest.raises(Called):
        small_recipe.rates_of(x, x[..., 0], streams, "cpu", key)
    ((inputs, responses),) = seen
    for r, rng in enumerate(streams.generators("baseline", **key)):
        rest = tuning.held_out(small_recipe.SAMPLE, rng).rest
        np.testing.assert_array_equal(inputs[r], x[r, rest])
        np.testing.assert_allclose(responses[r] * small_recipe.UNIT, x[r, rest, 0])


if __name__ == "__main__":
    pd.DataFrame([line for one in EXPERIMENTS for line in lines(*one)])[COLUMNS].to_csv(WRITTEN, index=False)
