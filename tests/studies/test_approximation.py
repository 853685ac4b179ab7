"""What the studies of approximation compute with, against independent routes."""

from fractions import Fraction

import numpy as np
import pytest

from dlstats.seeds import Streams
from dlstats.studies.approximation.linear_regions import _random_networks as networks
from dlstats.studies.approximation.linear_regions import most_pieces
from dlstats.studies.approximation.sawtooth import sawtooth_training as trained
from dlstats.studies.approximation.squaring import square_units
from dlstats.studies.approximation.width_versus_depth import equal_budgets, targets
from dlstats.theory import linear_regions, sawtooth


@pytest.mark.parametrize("compositions", [1, 2, 5])
def test_the_target_of_training_is_the_sawtooth_to_the_bit_at_design_and_evaluation_points(compositions):
    midpoints = [Fraction(2 * j + 1, 2 * trained.DESIGN) for j in range(trained.DESIGN)]
    grid = [Fraction(j, 64) for j in range(65)]
    for points in (midpoints, grid):
        values = trained.target(np.array([float(x) for x in points]), compositions)
        assert values.tolist() == [float(sawtooth.sawtooth(x, compositions)) for x in points]


def test_the_threshold_of_success_is_a_tenth_of_the_variance_of_the_sawtooth():
    x = (np.arange(2**16) + 0.5) / 2**16
    assert np.var(trained.target(x, 3)) / 10 == pytest.approx(trained.NEAR, rel=1e-6)


def test_units_needed_are_the_fewest_at_the_accuracy_and_never_made_up():
    errors = {0: 0.25, 3: 0.0625, 6: 0.015625}
    assert square_units.units_needed(errors, 0.0625) == 3
    assert square_units.units_needed(errors, 0.06) == 6
    with pytest.raises(LookupError, match="accuracy"):
        square_units.units_needed(errors, 0.01)


@pytest.mark.parametrize("level", most_pieces.FOLDED)
def test_a_folding_network_has_the_pieces_of_its_formula(level):
    widths = networks.widths_of(level)
    assert most_pieces.folding(widths) == linear_regions.reachable_regions(widths, 1)


@pytest.mark.parametrize("distribution", networks.SYMMETRIC)
def test_signs_of_weights_and_biases_are_fair_coins_whatever_the_distribution(distribution):
    layers = networks.draw(Streams(1, "linear_regions", range(400)), 1, (5, 5), distribution)
    for part in (part for layer in layers for part in layer):
        proportion, size = (part > 0).mean(), part.size
        assert abs(proportion - 0.5) < 4 * np.sqrt(0.25 / size)


def test_the_networks_that_are_compared_have_equally_many_units():
    assert {sum(networks.widths_of(level)) for level in networks.EQUAL_UNITS} == {32}


@pytest.mark.parametrize("budget", [100, 300, 1000])
@pytest.mark.parametrize("target", targets.TARGETS)
def test_shapes_of_every_depth_spend_the_budget(target, budget):
    # one unit more in the last layer would cost at most (neighbour + 2) parameters: what is left is less than that
    dimension = targets.TARGETS[target].dimension
    for depth in equal_budgets.DEPTHS:
        widths = targets.shape_for(budget, depth, dimension)
        left = budget - targets.parameters(widths, dimension)
        assert 0 <= left < 2 * max(widths) + 3 + dimension
        assert max(widths) - min(widths) <= 1


@pytest.mark.parametrize("budget", [100, 300, 1000])
def test_every_shape_folds_often_enough_for_the_sawtooth(budget):
    # a layer of k units folds the line into k edges, and the target has 16: the training error is a distance from a known point
    for depth in equal_budgets.DEPTHS:
        assert np.prod(targets.shape_for(budget, depth, 1)) >= 16
