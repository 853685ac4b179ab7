"""On a circle: ridge is the ridge of its kernel, the thresholded transform a projection that keeps what it should."""

import numpy as np
import pytest

from dlstats.dgp.jump import CircularJump
from dlstats.methods import circle


@pytest.mark.parametrize("observed", [np.arange(32), np.array([1, 4, 5, 11, 17, 20, 21, 30]), np.array([3, 18, 29])])
@pytest.mark.parametrize("penalty", [0.01, 0.3, 5.0])
def test_circular_ridge_solves_the_equations_of_its_kernel(observed, penalty):
    x = CircularJump(32, 0.5).x[:, None]
    y = np.random.default_rng(0).standard_normal(len(observed))
    distance = np.abs(x - x.T)
    kernel = 0.25 - np.minimum(distance, 1 - distance)
    within, ahead = kernel[np.ix_(observed, observed)], kernel[:, observed]
    dual = 0.5 + ahead @ np.linalg.solve(within + penalty * np.eye(len(y)), y - 0.5)
    (line,) = circle.CircularRidge().predictions(x[observed], y, x, [penalty], 0)
    assert line == pytest.approx(dual, abs=1e-10)


def test_the_kernel_of_circular_ridge_is_the_covariance_of_the_target():
    n = 32
    shifts = np.stack([CircularJump(n, 0.5).regression(s) for s in range(n)])
    distance = np.abs(np.subtract.outer(np.arange(n), np.arange(n))) / n
    assert np.cov(shifts, rowvar=False, bias=True) == pytest.approx(
        0.25 - np.minimum(distance, 1 - distance), abs=1e-12
    )


def test_a_tree_with_three_leaves_finds_two_jumps_without_noise():
    process = CircularJump(64, 0.5)
    truth = process.regression(16)
    (values,) = circle.RegressionTree().predictions(process.x[:, None], truth, process.x[:, None], [3], 0)
    assert values == pytest.approx(truth)


@pytest.mark.parametrize("shift", [0, 1, 5])
def test_haar_thresholding_commutes_with_shifts_and_keeps_what_is_large(shift):
    rng = np.random.default_rng(1)
    y = rng.standard_normal(64)
    assert circle.haar_thresholded(np.roll(y, shift)) == pytest.approx(np.roll(circle.haar_thresholded(y), shift))
    steps = 1000.0 * CircularJump(64, 0.5).regression(shift)
    # half of the finest coefficients are below the median, and those of a jump above the threshold
    assert circle.haar_thresholded(steps + 1e-3 * y) == pytest.approx(steps, abs=5e-3)
    assert circle.haar_thresholded(np.full(64, 2.5)) == pytest.approx(np.full(64, 2.5))


def test_haar_thresholding_reduces_noise_to_nearly_its_mean():
    y = np.random.default_rng(2).standard_normal(1024)
    assert ((circle.haar_thresholded(y) - y.mean()) ** 2).mean() < 0.05


def test_haar_thresholding_needs_a_power_of_two():
    with pytest.raises(ValueError, match="power of 2, got 48"):
        circle.haar_thresholded(np.zeros(48))
