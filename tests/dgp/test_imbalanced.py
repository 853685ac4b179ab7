"""The posterior of every mechanism with two classes is that of its samples."""

import math

import numpy as np
import pytest

from dlstats.dgp import imbalanced

PAIRS = {"gaussians": imbalanced.Gaussians(), "rings": imbalanced.Rings(), "moons": imbalanced.Moons()}
N = 40000


@pytest.mark.parametrize("name", PAIRS)
def test_the_posterior_decides_with_the_smallest_balanced_error(name):
    mechanism = PAIRS[name]
    x, y = imbalanced.sample(mechanism, np.random.default_rng(1), (N // 2, N // 2))
    wrong = imbalanced.posterior(mechanism, x, (0.5, 0.5)).argmax(axis=1) != y
    error = mechanism.balanced_error
    assert abs(wrong.mean() - error) < 4 * math.sqrt(error * (1 - error) / N)


@pytest.mark.parametrize("name", PAIRS)
def test_the_posterior_is_calibrated(name):
    mechanism = PAIRS[name]
    x, y = imbalanced.sample(mechanism, np.random.default_rng(2), (N // 2, N // 2))
    p = imbalanced.posterior(mechanism, x, (0.5, 0.5))[:, 1]
    for low in np.arange(0, 1, 0.1):
        held = (p >= low) & (p < low + 0.1)
        gap = (y[held] - p[held]).sum()
        assert abs(gap) < 4.5 * math.sqrt((p[held] * (1 - p[held])).sum() + 1)
