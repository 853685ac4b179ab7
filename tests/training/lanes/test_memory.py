"""The compiled kernel reads and writes only what is its own: sanitizers are silent over every kind of problem."""

import importlib
import inspect
import itertools
import os
import pkgutil

import pytest
from cases import lanes_grid, sanitize

from dlstats import losses
from dlstats.training.lanes import build

EVERY = 107
ONE_IN_ANOTHER = {("loss", "outputs"), ("loss", "columns"), ("outputs", "columns")}
"""Factors of which not every pair of levels can be: y has at most as many columns as there are outputs."""


def _levels(case):
    """Every level that a case has, of the factors of the grid and of those that take turns."""
    name, outputs, columns = case.target
    factors = {factor: getattr(case, factor) for factor in lanes_grid.FACTORS if factor != "target"}
    return {"loss": name, "outputs": outputs, "columns": columns} | factors | case.turns()


def test_what_is_tried_holds_every_pair_of_levels():
    """The levels of two factors, in every combination: turns in step would leave out half of them."""
    whole = [_levels(case) for case in lanes_grid.cases()]
    for one, other in itertools.combinations(whole[0], 2):
        there = {(levels[one], levels[other]) for levels in whole}
        if (one, other) not in ONE_IN_ANOTHER:
            assert there == set(itertools.product(*({levels[f] for levels in whole} for f in (one, other))))
        assert {(levels[one], levels[other]) for levels in whole[::EVERY]} == there


def test_every_loss_is_tried():
    """Every public function of a prediction and y in the losses' modules."""
    names = {
        name
        for module in pkgutil.iter_modules(losses.__path__, "dlstats.losses.")
        for name, function in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction)
        if list(inspect.signature(function).parameters)[:2] == ["prediction", "y"] and not name.startswith("_")
    }
    tried = {case.target[0] for case in (*lanes_grid.cases(), *lanes_grid.cases_of_fixed())}
    parts = {"log_probabilities", "shape_and_log_scale", "entropy", "labels", "residual"}
    assert names - tried == parts & names


@pytest.mark.parametrize("dtype", build.PRECISIONS)
def test_sanitizers_are_silent(dtype):
    """About 480 of the problems; `make sanitize` trains more, and runs the tests of lanes."""
    if not all(os.path.isabs(library) for library in sanitize.libraries()):
        pytest.skip("the compiler has no sanitizers")
    done = sanitize.grid(dtype, EVERY)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "483 problems trained" in done.stdout
