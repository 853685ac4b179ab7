"""Images with lesions against their formula: brightness, probabilities, foreground, and the best Dice."""

import itertools
import math

import numpy as np
import pytest

from dlstats.dgp import lesions


def test_a_lesion_is_a_smooth_disc_on_white_noise_and_its_pixels_follow_the_mean_of_their_patch():
    process = lesions.Lesions(side=6, reach=1, noise_sd=0.0)
    (image,) = process.images(np.random.default_rng(3), 1)
    rng = np.random.default_rng(3)
    (row, column), radius = rng.uniform(0.25, 0.75, 2) * 8, rng.uniform(0.1, 0.25) * 8
    for i, j in itertools.product(range(8), range(8)):
        away = math.hypot(i + 0.5 - row, j + 0.5 - column) - radius
        assert image[i, j] == pytest.approx(2 / (1 + math.exp(away)), rel=1e-12)
    patches = process.patches(image[None])
    assert patches.shape == (36, process.patch) == (36, 9)
    np.testing.assert_array_equal(patches[7], image[1:4, 1:4].ravel())
    brightness = math.fsum(image[1:4, 1:4].ravel()) / 9
    wanted = 1 / (1 + math.exp(-(6 * brightness - 2)))
    assert process.probability(patches, -2.0)[7] == pytest.approx(wanted, rel=1e-12)
    noisy = lesions.Lesions(side=38, noise_sd=0.5)
    plain = lesions.Lesions(side=38, noise_sd=0.0)
    z = (noisy.images(np.random.default_rng(5), 20) - plain.images(np.random.default_rng(5), 20)) / 0.5
    assert abs((z**2).mean() - 1) < 4 * math.sqrt(2 / z.size)


def test_the_intercept_of_lesions_gives_the_foreground_asked_for():
    process = lesions.Lesions(side=10)
    fresh = process.patches(process.images(np.random.default_rng(6), 600)).reshape(600, -1, process.patch)
    means = process.probability(fresh, process.intercept(0.1, images=600)).mean(axis=1)
    # two independent sets of 600 images
    assert abs(means.mean() - 0.1) < 4 * math.sqrt(2) * means.std() / math.sqrt(600)


@pytest.mark.parametrize("squared", [False, True])
def test_the_best_dice_of_pixels_is_that_of_a_search_over_decisions(squared):
    eta = np.array([0.05, 0.3, 0.6, 0.9])

    def dice(p: np.ndarray) -> float:
        return float(2 * (p * eta).sum() / ((p**2 if squared else p).sum() + eta.sum()))

    grid = np.linspace(0, 1, 11)
    best = max(dice(np.array(p)) for p in itertools.product(grid, repeat=4))
    found = lesions.best_dice(eta, squared)
    # at the best decision the value is flat: a step of 1/10 costs at most its square
    assert best <= found + 1e-9
    assert found < best + (0.1**2 if squared else 1e-9)
