"""The sawtooth's closed forms against evaluation, search and published values."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlstats.theory import piecewise_linear as linear
from dlstats.theory import sawtooth, sawtooth_floors

UNIT = st.fractions(min_value=Fraction(-1, 2), max_value=Fraction(3, 2), max_denominator=10**6)


def _tent(x):
    return max(Fraction(0), min(2 * x, 2 - 2 * x))


@given(UNIT, st.integers(1, 30))
def test_the_closed_form_is_the_composed_tent(x, compositions):
    composed = x
    for _ in range(compositions):
        composed = _tent(composed)
    assert sawtooth.sawtooth(x, compositions) == composed


@given(UNIT, st.integers(1, 12))
def test_the_chain_is_exact_everywhere_and_the_narrow_chain_up_to_one(x, compositions):
    truth = sawtooth.sawtooth(x, compositions)
    assert sawtooth.evaluate(sawtooth.chain(compositions), x) == truth
    if x <= 1 or compositions >= 2:
        assert sawtooth.evaluate(sawtooth.narrow_chain(compositions), x) == truth


def test_one_narrow_layer_fails_beyond_one():
    assert sawtooth.evaluate(sawtooth.narrow_chain(1), Fraction(3, 2)) == -1


@pytest.mark.parametrize("compositions", [1, 2, 3, 4])
def test_a_shallow_network_needs_every_unit(compositions):
    """Least squares over all shapes with one unit fewer leaves an error; with all units none (independent route)."""
    edges = 2**compositions
    x = np.arange(8 * edges + 1) / (8 * edges)
    y = 1 - np.abs(1 - np.mod(edges * x, 2))
    kinks = np.arange(1, edges) / edges
    left, right = np.maximum(kinks - x[:, None], 0), np.maximum(x[:, None] - kinks, 0)
    one = np.ones((len(x), 1))
    for bits in range(2 ** len(kinks)) if compositions <= 3 else range(0, 2 ** len(kinks), 97):
        side = (bits >> np.arange(len(kinks))) & 1
        design = np.hstack([one, np.where(side, left, right)])
        fit = design @ np.linalg.lstsq(design, y, rcond=None)[0]
        assert np.abs(fit - y).max() > 1e-3
    assert sawtooth.fewest_shallow_units(compositions) == edges
    assert sawtooth.fewest_shallow_units(compositions, skip=True) == edges - 1


@pytest.mark.parametrize("compositions", range(1, 9))
def test_pieces_and_crossings_on_the_lattice_agree_with_rational_composition(compositions):
    one = 1 << (compositions + 3)
    values = sawtooth.sawtooth_lattice(np.arange(one + 1), compositions, compositions + 3)
    composed = linear.TENT
    for _ in range(compositions - 1):
        composed = linear.compose(linear.TENT, composed)
    assert sawtooth.pieces(values) == composed.pieces == 2**compositions
    assert sawtooth.crossings(values, one // 2) == 2**compositions


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 6))
def test_sum_and_composition_are_pointwise(seed, first, second):
    rng = np.random.default_rng(seed)
    f, g = linear.random_function(rng, first), linear.random_function(rng, second)
    for x in (Fraction(int(rng.integers(0, 1001)), 1000) for _ in range(5)):
        assert linear.add(f, g)(x) == f(x) + g(x)
        assert linear.compose(f, g)(x) == f(g(x))


@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_random_functions_have_their_knots_and_values_on_a_lattice_of_the_square(seed, pieces):
    f = linear.random_function(np.random.default_rng(seed), pieces, 10)
    lattice = {Fraction(j, 10) for j in range(11)}
    assert f.knots == tuple(sorted(set(f.knots)))
    assert (f.knots[0], f.knots[-1], len(f.knots)) == (0, 1, pieces + 1)
    assert len(f.values) == len(f.knots)
    assert {*f.knots, *f.values} <= lattice
    assert f.pieces <= pieces


@pytest.mark.parametrize("compositions", [1, 2, 3])
@pytest.mark.parametrize(
    ("power", "closed", "slack"), [(2, sawtooth_floors.l2_floor, 1e-3), (1, sawtooth_floors.l1_floor, 5e-3)]
)
def test_dynamic_programming_finds_the_floor_and_nothing_below(compositions, power, closed, slack):
    """The slack is the grid's: knots a quarter edge apart, values 0.05 apart."""
    searched = sawtooth_floors.grid_floor(compositions, power)
    formula = [closed(compositions, k) for k in range(1, 2**compositions + 1)]
    assert (searched - formula > -1e-9).all()
    assert (searched - formula < slack).all()


def test_the_first_floor_in_l1_is_five_ninths():
    assert sawtooth_floors._l1_tail(2) == pytest.approx(5 / 9, abs=1e-9)


@pytest.mark.parametrize("floor", ["l2_floor", "l1_floor"])
def test_floors_fall_with_pieces_to_zero_and_stay_above_what_is_proven(floor):
    closed = getattr(sawtooth_floors, floor)
    values = [closed(4, k) for k in range(1, 17)]
    assert all(a >= b for a, b in pairwise(values))
    assert values[-1] == 0
    proven = getattr(sawtooth_floors, f"proven_{floor}")
    assert all(v >= proven(4, k) - 1e-12 for k, v in enumerate(values, start=1))


@pytest.mark.parametrize("points", [2, 5, 8])
def test_the_zero_one_floor_is_the_best_of_all_labellings(points):
    for runs, found in sawtooth_floors.zero_one_search(points).items():
        assert found == sawtooth_floors.zero_one_floor(points, runs)


@pytest.mark.parametrize(("dtype", "digits"), [(np.float32, 24), (np.float64, 53)])
@pytest.mark.parametrize("compositions", [1, 5, 20, 24, 53])
def test_floating_point_computes_the_sawtooth_of_the_rounded_input(dtype, digits, compositions):
    u = np.random.default_rng(0).integers(0, 1 << digits, 200)
    x = (u / 2.0**digits).astype(dtype)
    computed = sawtooth.evaluate(sawtooth.chain(compositions), x)
    assert computed.dtype == dtype
    assert [Fraction(float(c)) for c in computed] == [sawtooth.sawtooth(Fraction(float(v)), compositions) for v in x]
