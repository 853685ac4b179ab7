"""Looking at every number of replicates: boundaries, e-processes and their guarantees."""

import math

import numpy as np
import pytest
from scipy import stats

from dlstats import montecarlo
from dlstats.montecarlo import sequences


def test_running_moments_are_those_of_every_beginning():
    x = 1e6 + np.random.default_rng(0).normal(size=(3, 40))
    mean, sd = sequences.running_moments(x)
    for t in (1, 2, 17, 40):
        assert mean[:, t - 1] == pytest.approx(x[:, :t].mean(axis=1))
        assert sd[:, t - 1] == pytest.approx(x[:, :t].std(axis=1), abs=1e-9)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
@pytest.mark.parametrize("tightest", [50, 500])
def test_the_boundary_is_narrowest_for_its_number_of_replicates_among_all_tunings(tightest, alpha):
    t = np.array(float(tightest))
    best = sequences.boundary(t, tightest, alpha)
    for other in np.geomspace(tightest / 5, tightest * 5, 21):
        assert sequences.boundary(t, other, alpha) >= best * (1 - 1e-9)


def test_widths_against_a_fixed_number_are_those_of_the_literature():
    fixed = stats.norm.ppf(0.975)
    for t, ratio in ((500, 1.55), (5000, 1.66)):
        assert sequences.boundary(np.array(float(t)), 500) * math.sqrt(t) / fixed == pytest.approx(ratio, abs=0.006)


def test_a_confidence_sequence_keeps_its_level_where_peeking_does_not():
    """600 runs of 1000 normal replicates from the 50th on; four standard errors of a share are allowed."""
    x = np.random.default_rng(3).normal(size=(600, 1000))
    found = montecarlo.confidence_sequence(x, 300)
    late = slice(49, None)
    missed = ((found.lower > 0) | (found.upper < 0))[:, late].any(axis=1).mean()
    assert missed < 0.05 + 4 * math.sqrt(0.05 * 0.95 / 600)
    mean, sd = sequences.running_moments(x)
    peeked = (np.abs(mean) > 1.96 * sd / np.sqrt(np.arange(1, 1001)))[:, late].any(axis=1).mean()
    assert peeked > 0.2


@pytest.mark.parametrize(("a", "b", "null"), [(19, 1, 0.95), (0.5, 0.5, 0.3), (2, 5, 0.5)])
def test_the_e_process_has_mean_one_under_the_null(a, b, null):
    for t in (1, 7, 60):
        k = np.arange(t + 1)
        runs = np.array([[1.0] * n + [0.0] * (t - n) for n in k])
        log_e = sequences.log_e_process(runs, null, a, b)[:, -1]
        assert np.exp(log_e + stats.binom.logpmf(k, t, null)).sum() == pytest.approx(1, rel=1e-10)


def test_the_e_process_depends_on_the_counts_only():
    run = np.random.default_rng(1).random(50) < 0.7
    again = np.random.default_rng(2).permutation(run)
    ends = [sequences.log_e_process(r, 0.5, 2, 2)[-1] for r in (run, again)]
    assert ends[0] == pytest.approx(ends[1])
