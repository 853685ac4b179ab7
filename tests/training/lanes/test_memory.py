"""The compiled kernel reads and writes only what is its own: sanitizers are silent over every kind of problem."""

import itertools
import os

import pytest
from cases import lanes_grid, sanitize

from dlstats.training.lanes import build

EVERY = 79


def _levels(case):
    """Every level that a case has, of the factors of the grid and of those that take turns."""
    name, outputs, columns = case.target
    turns = {factor: levels[case.turn % len(levels)] for factor, levels in lanes_grid.TURNS.items()}
    factors = {factor: getattr(case, factor) for factor in lanes_grid.FACTORS if factor != "target"}
    return {"loss": name, "outputs": outputs, "columns": columns} | factors | turns


def _pairs(cases):
    return {pair for case in cases for pair in itertools.combinations(_levels(case).items(), 2)}


def test_what_is_tried_holds_every_pair_of_levels():
    whole = list(lanes_grid.cases())
    assert _pairs(whole[::EVERY]) == _pairs(whole)


@pytest.mark.parametrize("dtype", build.PRECISIONS)
def test_sanitizers_are_silent(dtype):
    """About 450 of the problems; `make sanitize` trains more, and runs the tests of lanes."""
    if not all(os.path.isabs(library) for library in sanitize.libraries()):
        pytest.skip("the compiler has no sanitizers")
    done = sanitize.grid(dtype, EVERY)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "447 problems trained" in done.stdout
