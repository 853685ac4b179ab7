"""The posterior of every mechanism with two classes is that of its samples."""

import dataclasses
import math
from statistics import NormalDist

import numpy as np
import pytest
from scipy import integrate

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


def _density(mechanism: str, label: int, x: np.ndarray) -> float:
    """The density of a class at a point, up to what does not depend on the class."""
    if mechanism == "gaussians":
        centre = np.zeros(5)
        centre[0] = 1 if label else -1
        return math.exp(-(math.dist(x, centre) ** 2) / 2)
    if mechanism == "rings":
        radial = NormalDist(1 if label else 2, 0.4)
        return radial.pdf(math.hypot(*x)) / (1 - radial.cdf(0))
    if mechanism == "long_tail":
        angle = 2 * math.pi * label / 5
        return math.exp(-(math.dist(x, (2 * math.cos(angle), 2 * math.sin(angle))) ** 2) / 2)

    def arc(t: float) -> float:
        at = (math.cos(t), math.sin(t)) if label else (1 - math.cos(t), 0.5 - math.sin(t))
        return math.exp(-(math.dist(x, at) ** 2) / (2 * 0.3**2))

    return integrate.quad(arc, 0, math.pi, epsabs=1e-14, limit=200)[0]


@pytest.mark.parametrize("name", imbalanced.MECHANISMS)
def test_the_posterior_of_classes_is_that_of_their_densities(name):
    mechanism = imbalanced.MECHANISMS[name]
    if isinstance(mechanism, imbalanced.Moons):  # the error of the midpoint rule falls as the square of its step
        mechanism = dataclasses.replace(mechanism, nodes=16 * mechanism.nodes)
    prior = np.arange(1, mechanism.classes + 1) / np.arange(1, mechanism.classes + 1).sum()
    x, _ = imbalanced.sample(mechanism, np.random.default_rng(1), [6] * mechanism.classes)
    mass = np.array([[_density(name, k, point) for k in range(mechanism.classes)] for point in x]) * prior
    wanted = mass / mass.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        imbalanced.posterior(mechanism, x, tuple(prior)), wanted, rtol=1e-4 if name == "moons" else 1e-9
    )


@pytest.mark.parametrize("name", imbalanced.MECHANISMS)
def test_classes_are_drawn_from_the_densities_that_the_posterior_has(name):
    """Under an unequal prior the labels of every class are unbiased for the posterior, and for its square."""
    mechanism, unit = imbalanced.MECHANISMS[name], 4000
    counts = [unit * (k + 1) for k in range(mechanism.classes)]
    x, y = imbalanced.sample(mechanism, np.random.default_rng(8), counts)
    assert np.bincount(y).tolist() == counts
    p = imbalanced.posterior(mechanism, x, [c / sum(counts) for c in counts])
    for k in range(mechanism.classes):
        for weight in (p[:, k], 1 - p[:, k], np.abs(p[:, k] - 0.5)):
            gap = weight * ((y == k) - p[:, k])
            assert abs(gap.mean()) < 4 * gap.std() / math.sqrt(len(gap))


def test_counts_of_classes_are_their_shares():
    assert imbalanced.binary_counts(1000, 0.03) == (970, 30)
    counts = imbalanced.long_tail_counts(1000, 3, 100)
    assert counts == [901, 90, 9]  # 1, 1/10 and 1/100 of 1000 / 1.11
    assert imbalanced.long_tail_counts(10, 3, 1000)[-1] == 1
    with pytest.raises(ValueError, match="must be positive"):
        imbalanced.sample(imbalanced.Gaussians(), np.random.default_rng(0), (3, 0))
