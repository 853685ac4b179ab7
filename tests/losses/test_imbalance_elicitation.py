"""Population minimisers of the losses with margins, scales and mixtures, found numerically, against their closed forms."""

from functools import partial

import numpy as np
import pytest

from dlstats.losses import elicitation, imbalance, margins, overlap
from dlstats.theory import minimisers as theory
from dlstats.theory import overlap as optima

ETA = np.array([0.001, 0.05, 0.3, 0.5, 0.77, 0.98])


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize("margin", [(0.2, 0.5), (0.0, 0.0)])
@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_ldam_elicits_the_root_of_its_quadratic(scale, margin):
    """The derivative vanishes where (1 − η) a u² + (1 − 2η) u − η b = 0, u = exp(s z), a = exp(−s m₁), b = exp(−s m₀)."""
    z = elicitation.minimise_binary(partial(margins.ldam, margins=margin, scale=scale), ETA)
    b, a = np.exp(-scale * np.array(margin))
    middle = 1 - 2 * ETA
    u = (np.sqrt(middle**2 + 4 * ETA * (1 - ETA) * a * b) - middle) / (2 * (1 - ETA) * a)
    # the difference cancels to 1e-16 / 2e-4 at most for these η
    np.testing.assert_allclose(sigmoid(scale * z), u / (1 + u), atol=1e-11)


def test_ldam_weights_move_the_prior_of_its_map():
    weights, shape = (1.0, 9.0), {"margins": (0.2, 0.5), "scale": 3.0}
    weighted = elicitation.minimise_binary(partial(margins.ldam, weights=weights, **shape), ETA)
    moved = elicitation.minimise_binary(partial(margins.ldam, **shape), theory.weighted_map(ETA, 9.0, 1.0))
    np.testing.assert_allclose(sigmoid(weighted), sigmoid(moved), atol=1e-12)


@pytest.mark.parametrize("offsets", [(-1.0, 1.0), ()])
def test_the_true_probability_is_recovered_from_one_logit_of_vector_scaling(offsets):
    """η = r₀ / (r₀ + r₁) with the slopes r₁ = s₁ σ(o₁ − s₁ z) and r₀ = s₀ σ(o₀ + s₀ z)."""
    scales = (1.0, 0.5)
    z = elicitation.minimise_binary(partial(margins.vector_scaling, scales=scales, offsets=offsets), ETA)
    o0, o1 = offsets or (0.0, 0.0)
    r0, r1 = scales[0] * sigmoid(o0 + scales[0] * z), scales[1] * sigmoid(o1 - scales[1] * z)
    np.testing.assert_allclose(r0 / (r0 + r1), ETA, atol=1e-12)


def test_balanced_softmax_elicits_what_logit_adjustment_does():
    counts = (90, 10)
    z = elicitation.minimise_binary(partial(imbalance.balanced_softmax, counts=counts), ETA)
    np.testing.assert_allclose(sigmoid(z), theory.weighted_map(ETA, 1 / 10, 1 / 90), atol=1e-13)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (0.3, 0.7)])
def test_focal_tversky_elicits_the_cut_of_tversky(a, b):
    eta, proportion = optima.LEVELS, optima.PROPORTIONS
    loss = partial(overlap.tversky, false_positive=a, false_negative=b, gamma=4 / 3)
    p = elicitation.maximise_overlap(loss, eta, proportion)
    hit = (proportion * p * eta).sum()
    index = hit / (hit + a * (proportion * p * (1 - eta)).sum() + b * (proportion * (1 - p) * eta).sum())
    assert ((p > 0.5) == (eta > optima.tversky_threshold(index, a, b))).all()


@pytest.mark.parametrize("mix", [0.25, 0.5, 0.75])
def test_dice_plus_cross_entropy_elicits_a_probability_between_theirs(mix):
    """Where the derivative vanishes p − η has the sign of η − D p, D the Dice of p: η < p < η / D."""

    def loss(z, y):
        mean = overlap.dice_cross_entropy(z, y, mix).mean(dim=1, keepdim=True)
        return mean.expand(-1, z.shape[1], -1)

    eta, proportion = optima.LEVELS, optima.PROPORTIONS
    p = elicitation.maximise_overlap(loss, eta, proportion)
    value = 2 * (proportion * p * eta).sum() / (proportion * (p * p + eta)).sum()
    assert (p > eta).all()
    assert (p < eta / value).all()
