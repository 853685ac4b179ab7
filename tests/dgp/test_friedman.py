"""Friedman's function carries its truth."""

import numpy as np
import pytest

from dlstats.dgp.friedman import Friedman


def test_moments_of_the_signal_are_those_of_a_large_sample():
    process = Friedman()
    f = process.regression(process.inputs(400_000, np.random.default_rng(0)))
    assert abs(f.mean() - process.signal_mean) < 4 * f.std() / np.sqrt(len(f))
    spread = ((f - f.mean()) ** 2).std() / np.sqrt(len(f))
    assert abs(f.var() - process.signal_variance) < 4 * spread


def test_residuals_from_the_truth_have_the_stated_spread():
    process = Friedman(noise_sd=0.5)
    x, y = process.sample(20_000, np.random.default_rng(1))
    residual = y - process.regression(x)
    assert abs(residual.var() - 0.25) < 4 * 0.25 * np.sqrt(2 / len(y))  # Var z² = 2 for the normal distribution


def test_inputs_beyond_the_fifth_do_not_matter():
    x = np.random.default_rng(2).random((50, 10))
    changed = x.copy()
    changed[:, 5:] = 0.0
    np.testing.assert_array_equal(Friedman().regression(x), Friedman().regression(changed))


def test_too_few_inputs_and_a_negative_noise_are_refused():
    with pytest.raises(ValueError, match="`d` must be at least 5, got 4"):
        Friedman(d=4)
    with pytest.raises(ValueError, match="`noise_sd` must be at least 0, got -1"):
        Friedman(noise_sd=-1)
