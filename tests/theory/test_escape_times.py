"""Escape times and stationary proportions in the double well, each against a second route."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from dlstats.theory import escape_times as theory

RATE = 0.05


@pytest.mark.parametrize("temperature", [0.064, 0.169])
def test_the_mean_exit_time_is_the_double_integral_on_a_lattice(temperature):
    x = np.linspace(-3, 0, 30_001)
    inner = integrate.cumulative_simpson(np.exp(-theory.double_well(x) / temperature), x=x, initial=0)
    outer = np.where(x >= -1, np.exp(theory.double_well(x) / temperature) * inner, 0)[20_000:]
    direct = integrate.simpson(outer, x=x[20_000:]) / temperature
    assert theory.exit_time(temperature) == pytest.approx(direct, rel=1e-8)


@pytest.mark.parametrize("temperature", [0.121, 0.169])
def test_the_mean_exit_steps_are_the_sum_of_the_probabilities_to_be_inside(temperature):
    cells, sd = 1200, math.sqrt(2 * RATE * temperature)
    edges = np.linspace(-3, 0, cells + 1)
    x = (edges[1:] + edges[:-1]) / 2
    move = np.diff(stats.norm.cdf(edges, (x - RATE * theory.slope(x))[:, None], sd), axis=1)
    inside = np.diff(stats.norm.cdf(edges, -1.0, sd))
    left = np.linalg.solve(np.eye(cells) - move.T, inside)  # the sum of all powers
    assert theory.exit_steps(temperature, RATE) == pytest.approx(1 + left.sum(), rel=1e-4)


def test_small_steps_leave_like_the_diffusion_and_a_moved_top_accounts_for_the_rest():
    for temperature in (0.064, 0.169):
        diffusion = theory.exit_time(temperature)
        ratios = [rate * theory.exit_steps(temperature, rate, nodes=800) / diffusion - 1 for rate in (RATE, RATE / 64)]
        assert ratios[0] == pytest.approx(8 * ratios[1], rel=0.2)  # of order √η
        moved = theory.exit_time(temperature, -1.0, theory.SHIFT * math.sqrt(2 * RATE * temperature))
        assert moved / RATE == pytest.approx(theory.exit_steps(temperature, RATE), rel=0.02)


def test_kramers_time_is_the_limit_in_the_temperature():
    gaps = [theory.exit_time(t) / theory.kramers_time(t) - 1 for t in (0.02, 0.01)]
    assert gaps[0] == pytest.approx(2 * gaps[1], rel=0.1)
    assert 0 < gaps[1] < 0.02


@pytest.mark.parametrize(("temperature", "chain"), [(0.1, 0.858), (0.2, 0.710)])
def test_the_proportion_below_is_that_on_a_lattice_and_nearly_that_of_the_chain(temperature, chain):
    low, top, high = theory.stationary_points(0.1)
    np.testing.assert_allclose(theory.slope(np.array([low, top, high]), 0.1), 0, atol=1e-12)
    assert theory.double_well(np.array(low), 0.1) < theory.double_well(np.array(high), 0.1)
    edges = np.concatenate([np.linspace(-3, top, 401), np.linspace(top, 3, 401)[1:]])
    x = (edges[1:] + edges[:-1]) / 2
    mass = np.exp(-theory.double_well(x, 0.1) / temperature) * np.diff(edges)
    assert theory.share_below(temperature, 0.1) == pytest.approx(mass[x < top].sum() / mass.sum(), abs=1e-4)
    move = np.diff(
        stats.norm.cdf(edges, (x - RATE * theory.slope(x, 0.1))[:, None], math.sqrt(2 * RATE * temperature)), axis=1
    )
    values, vectors = np.linalg.eig(move.T)
    stationary = np.real(vectors[:, np.argmax(np.real(values))])
    assert stationary[x < top].sum() / stationary.sum() == pytest.approx(chain, abs=6e-4)
