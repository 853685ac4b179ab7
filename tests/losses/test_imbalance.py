"""Losses for unequal classes: what each elicits, its gradient, its size at extreme logits, and its errors."""

import math
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as nn
from mpmath import mp, mpf
from scipy import optimize

from dlstats.losses import elicitation, imbalance, margins, overlap
from dlstats.theory import minimisers as theory
from dlstats.theory import overlap as optima

COUNTS = (90, 10)
POINTWISE = {
    "cross_entropy": imbalance.cross_entropy,
    "weighted": partial(imbalance.weighted, weights=(0.5, 4.0)),
    "expected_cost": partial(imbalance.expected_cost, costs=((0.0, 1.0), (5.0, 0.0))),
    "focal_half": partial(imbalance.focal, gamma=0.5),
    "focal": partial(imbalance.focal, gamma=2.0, weights=(0.75, 0.25)),
    "logit_adjusted": partial(imbalance.logit_adjusted, prior=COUNTS),
    "balanced_softmax": partial(imbalance.balanced_softmax, counts=COUNTS),
    "squared_probability": imbalance.squared_probability,
    "ldam": partial(margins.ldam, margins=(0.2, 0.5), scale=3.0, weights=(1.0, 9.0)),
    "vector_scaling": partial(margins.vector_scaling, scales=(1.0, 0.5), offsets=(-1.0, 1.0)),
}
SETS = {
    "dice": overlap.dice,
    "squared_dice": partial(overlap.dice, denominator="squared"),
    "smooth_dice": partial(overlap.dice, smooth=1.0),
    "tversky": partial(overlap.tversky, false_positive=0.3, false_negative=0.7),
    "focal_tversky": partial(overlap.tversky, false_positive=0.3, false_negative=0.7, gamma=4 / 3),
    "generalised_dice": overlap.generalised_dice,
    "dice_cross_entropy": overlap.dice_cross_entropy,
    "auc": margins.pairwise_squared,
}
MULTICLASS = {
    "cross_entropy": imbalance.cross_entropy,
    "weighted": partial(imbalance.weighted, weights=(1.0, 2.0, 4.0)),
    "expected_cost": partial(imbalance.expected_cost, costs=((0.0, 1.0, 2.0), (1.0, 0.0, 1.0), (4.0, 2.0, 0.0))),
    "focal": partial(imbalance.focal, gamma=1.5, weights=(1.0, 2.0, 4.0)),
    "logit_adjusted": partial(imbalance.logit_adjusted, prior=(0.7, 0.2, 0.1)),
    "ldam": partial(margins.ldam, margins=(0.1, 0.2, 0.5), scale=2.0),
    "vector_scaling": partial(margins.vector_scaling, scales=(1.0, 0.8, 0.5), offsets=(0.0, -1.0, -2.0)),
}
ETA = np.array([0.001, 0.05, 0.3, 0.5, 0.77, 0.98])


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def binary(reps=3, n=12, dtype=torch.float64):
    rng = np.random.default_rng(1)
    y = np.zeros((reps, n, 1))
    y[:, :4] = 1
    return torch.as_tensor(2 * rng.normal(size=(reps, n, 1)), dtype=dtype), torch.as_tensor(y, dtype=dtype)


def multiclass(reps=2, n=8):
    rng = np.random.default_rng(2)
    return torch.as_tensor(2 * rng.normal(size=(reps, n, 3))), torch.as_tensor(rng.integers(0, 3, (reps, n, 1)))


ELICITED = {
    "cross_entropy": (imbalance.cross_entropy, lambda e: e),
    "squared_probability": (imbalance.squared_probability, lambda e: e),
    "weighted": (partial(imbalance.weighted, weights=(0.5, 4.0)), lambda e: theory.weighted_map(e, 4.0, 0.5)),
    "logit_adjusted": (
        partial(imbalance.logit_adjusted, prior=(0.9, 0.1)),
        lambda e: theory.weighted_map(e, 1 / 0.1, 1 / 0.9),
    ),
    "focal": (partial(imbalance.focal, gamma=2.0), lambda e: np.array([theory.focal_map(v, 2.0) for v in e])),
    "alpha_focal": (
        partial(imbalance.focal, gamma=3.0, weights=(0.75, 0.25)),
        lambda e: np.array([theory.focal_map(v, 3.0, 0.25) for v in e]),
    ),
}


@pytest.mark.parametrize("name", ELICITED)
def test_the_numerical_minimiser_is_what_the_loss_says_it_elicits(name):
    loss, closed = ELICITED[name]
    # bisection over 120 halved 80 times is exact to the last bits; the map has slope at most 8 here
    np.testing.assert_allclose(sigmoid(elicitation.minimise_binary(loss, ETA)), closed(ETA), atol=1e-13)


def test_expected_cost_elicits_the_cheapest_class_and_no_probability():
    loss = partial(imbalance.expected_cost, costs=((0.0, 1.0), (3.0, 0.0)))
    cut = 1 / (1 + 3)
    z = elicitation.minimise_binary(loss, np.array([cut - 0.01, cut + 0.01]))
    assert z[0] < -30
    assert z[1] > 30


@pytest.mark.parametrize("gamma", [0.5, 2, 5])
def test_a_multiclass_focal_fit_gives_the_probabilities_back(gamma):
    eta = np.array([0.5, 0.3, 0.15, 0.05])
    z = elicitation.minimise_multiclass(partial(imbalance.focal, gamma=gamma), eta)
    p = np.exp(z) / np.exp(z).sum()
    np.testing.assert_allclose(theory.focal_inverse(p, gamma), eta, atol=1e-10)
    np.testing.assert_allclose(theory.focal_map_multiclass(eta, gamma), p, atol=1e-10)


def test_vector_scaling_elicits_scaled_and_shifted_log_odds():
    eta, scales, offsets = np.array([0.6, 0.3, 0.1]), np.array([1.0, 0.8, 0.5]), np.array([0.0, -1.0, -2.0])
    loss = partial(margins.vector_scaling, scales=tuple(scales), offsets=tuple(offsets))
    z = elicitation.minimise_multiclass(loss, eta)
    shifted = scales * z + offsets - np.log(eta)
    np.testing.assert_allclose(shifted, shifted[0], atol=1e-10)


@pytest.mark.parametrize("denominator", ["linear", "squared"])
def test_soft_dice_elicits_its_closed_form_on_a_large_image(denominator):
    solve = {"linear": optima.dice_linear, "squared": optima.dice_squared}[denominator]
    loss = partial(overlap.dice, denominator=denominator)
    fitted = elicitation.maximise_overlap(loss, optima.LEVELS, optima.PROPORTIONS)
    np.testing.assert_allclose(fitted, solve(optima.LEVELS, optima.PROPORTIONS)[1], atol=1e-6)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (0.3, 0.7), (1, 1)])
def test_tversky_elicits_the_cut_at_its_closed_form(a, b):
    loss = partial(overlap.tversky, false_positive=a, false_negative=b)
    p = elicitation.maximise_overlap(loss, optima.LEVELS, optima.PROPORTIONS)
    eta, proportion = optima.LEVELS, optima.PROPORTIONS
    hit = (proportion * p * eta).sum()
    index = hit / (hit + a * (proportion * p * (1 - eta)).sum() + b * (proportion * (1 - p) * eta).sum())
    assert ((p > 0.5) == (eta > optima.tversky_threshold(index, a, b))).all()


def test_generalised_dice_elicits_the_cut_at_its_closed_form():
    eta, proportion = optima.LEVELS, optima.PROPORTIONS
    p = elicitation.maximise_overlap(overlap.generalised_dice, eta, proportion)
    w1, w0 = (proportion * eta).sum() ** -2.0, (proportion * (1 - eta)).sum() ** -2.0
    top = 2 * (w1 * proportion * p * eta + w0 * proportion * (1 - p) * (1 - eta)).sum()
    value = top / (w1 * proportion * (p + eta) + w0 * proportion * (2 - p - eta)).sum()
    assert ((p > 0.5) == (eta > (w0 * (2 - value) + w1 * value) / (2 * (w0 + w1)))).all()


def test_the_auc_surrogate_elicits_an_affine_map_of_the_balanced_posterior():
    # two values of x seen by both classes: the quadratic is solved by the normal equations
    y = torch.tensor([1.0, 1, 1, 0, 0, 0, 0, 0]).reshape(1, -1, 1).double()
    x = torch.tensor([0, 0, 1, 0, 1, 1, 2, 2])
    z = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    for _ in range(2):
        (slope,) = torch.autograd.grad(margins.pairwise_squared(z[x].reshape(1, -1, 1), y).mean(), z, create_graph=True)
        hessian = torch.stack([torch.autograd.grad(s, z, retain_graph=True)[0] for s in slope])
        z = (z - torch.linalg.pinv(hessian) @ slope).detach().requires_grad_()
    p1, p0 = np.array([2, 1, 0]) / 3, np.array([1, 2, 2]) / 5
    line = np.polyfit(p1 / (p1 + p0), z.detach().numpy(), 1)
    np.testing.assert_allclose(np.polyval(line, p1 / (p1 + p0)), z.detach().numpy(), atol=1e-10)
    assert line[0] > 0


def test_the_auc_surrogate_is_the_mean_over_all_pairs():
    z, y = binary()
    value = margins.pairwise_squared(z, y)[:, 0, 0]
    pairs = [(1 - (z[r, :4] - z[r, 4:].T)).square().mean() for r in range(len(z))]
    np.testing.assert_allclose(value, torch.stack(pairs), rtol=1e-12)


@pytest.mark.parametrize("name", POINTWISE | SETS)
def test_gradients_are_finite_differences(name):
    z, y = binary()
    loss = (POINTWISE | SETS)[name]
    assert torch.autograd.gradcheck(lambda v: loss(v, y), z.requires_grad_(), atol=1e-6)


@pytest.mark.parametrize("name", MULTICLASS)
def test_multiclass_gradients_are_finite_differences(name):
    z, y = multiclass()
    assert torch.autograd.gradcheck(lambda v: MULTICLASS[name](v, y), z.requires_grad_(), atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", POINTWISE | SETS)
def test_losses_and_gradients_are_finite_for_logits_to_ten_thousand(name, dtype):
    z = torch.tensor([-1e4, -100, -1, 0, 1, 100, 1e4] * 2, dtype=dtype).reshape(1, -1, 1).requires_grad_()
    y = torch.tensor([0.0] * 7 + [1.0] * 7, dtype=dtype).reshape(1, -1, 1)
    value = (POINTWISE | SETS)[name](z, y)
    (slope,) = torch.autograd.grad(value.mean(), z)
    assert value.isfinite().all()
    assert slope.isfinite().all()


@pytest.mark.parametrize("name", MULTICLASS)
def test_multiclass_losses_and_gradients_are_finite_for_logits_to_ten_thousand(name):
    z = torch.tensor([[-1e4, 0, 1e4], [1e4, 1e4, -1e4], [0, 0, 0]]).repeat(3, 1).unsqueeze(0).requires_grad_()
    y = torch.arange(3).repeat_interleave(3).reshape(1, -1, 1)
    value = MULTICLASS[name](z, y)
    (slope,) = torch.autograd.grad(value.mean(), z)
    assert value.isfinite().all()
    assert slope.isfinite().all()


@pytest.mark.parametrize("name", POINTWISE | SETS)
def test_replicates_never_interact(name):
    z, y = binary()
    loss = (POINTWISE | SETS)[name]
    np.testing.assert_allclose(loss(z, y)[1:2], loss(z[1:2], y[1:2]), rtol=1e-14)


@pytest.mark.parametrize("name", SETS)
def test_a_loss_of_overlap_has_the_shape_of_one_number_a_sample(name):
    z, y = binary()
    assert SETS[name](z, y).shape == z.shape


def test_losses_agree_with_torch_where_it_has_them():
    z, y = binary()
    weights = (0.5, 4.0)
    ours = imbalance.weighted(z, y, weights)
    theirs = 0.5 * nn.binary_cross_entropy_with_logits(z, y, pos_weight=torch.tensor(8.0).double(), reduction="none")
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    z, y = multiclass()
    theirs = nn.cross_entropy(z.flatten(0, 1), y.flatten(), torch.tensor([1.0, 2, 4]).double(), reduction="none")
    np.testing.assert_allclose(MULTICLASS["weighted"](z, y).flatten(), theirs, rtol=1e-12)


def test_hard_dice_is_the_f1_of_scikit_learn():
    from sklearn.metrics import f1_score

    z, y = binary()
    ours = 1 - overlap.dice(z, y, "hard")[:, 0, 0]
    theirs = [f1_score(y[r].flatten(), z[r].flatten() > 0) for r in range(len(z))]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("name", ["cross_entropy", "weighted", "focal", "logit_adjusted"])
def test_one_logit_is_two_logits_with_the_first_at_zero(name):
    z, y = binary()
    both = torch.cat([torch.zeros_like(z), z], dim=2)
    np.testing.assert_allclose(POINTWISE[name](z, y), POINTWISE[name](both, y.long()), rtol=1e-9)


def test_a_focal_loss_without_gamma_is_cross_entropy_and_an_alpha_for_both_classes_a_factor():
    z, y = binary()
    np.testing.assert_allclose(imbalance.focal(z, y, 0.0), imbalance.cross_entropy(z, y), rtol=1e-12)
    np.testing.assert_allclose(imbalance.focal(z, y, 2.0, (0.25, 0.25)), 0.25 * imbalance.focal(z, y, 2.0), rtol=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda counts: imbalance.inverse_frequency(counts),
        lambda counts: imbalance.effective_number_weights(counts, 0.99),
        lambda counts: margins.ldam_margins(counts),
        lambda counts: imbalance.logit_adjusted(*binary(), prior=counts),
    ],
)
def test_a_class_without_samples_is_a_clear_error(call):
    with pytest.raises(ValueError, match="must be positive"):
        call((10, 0))


def test_margins_of_two_classes_have_the_least_bound_of_all_with_their_sum():
    """Σ 1 / (margin_k √n_k) at a fixed sum [Cao et al. 2019, section 3.1], by search."""
    for counts in ((90, 10), (5000, 50), (3, 4)):
        found = margins.ldam_margins(counts, 0.7)
        assert max(found) == found[int(np.argmin(counts))] == 0.7
        total = sum(found)

        def bound(first, counts=counts, total=total):
            return 1 / (first * math.sqrt(counts[0])) + 1 / ((total - first) * math.sqrt(counts[1]))

        best = optimize.minimize_scalar(bound, bounds=(1e-3, total - 1e-3), method="bounded", options={"xatol": 1e-10})
        assert found[0] == pytest.approx(float(best.x), rel=1e-6)  # type: ignore[attr-defined]
    assert margins.ldam_margins((81, 16, 1)) == pytest.approx([0.5 / 3, 0.25, 0.5])


def test_cosines_are_those_of_the_axes_and_forget_the_length_of_the_outputs():
    z = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    found = margins.cosines(z)
    np.testing.assert_allclose(found.square().sum(dim=2), 1, rtol=1e-9)
    np.testing.assert_allclose(found, margins.cosines(7 * z), rtol=1e-9)
    axis = torch.eye(3, dtype=torch.float64)[None]
    np.testing.assert_allclose(margins.cosines(4 * axis), axis, atol=1e-9)
    assert (margins.cosines(0 * z) == 0).all()


def test_class_balanced_weights_sum_to_the_number_of_classes():
    assert sum(imbalance.effective_number_weights((5000, 500, 50), 0.9999)) == pytest.approx(3, rel=1e-14)
    with pytest.raises(ValueError, match="beta"):
        imbalance.effective_number_weights((1, 2), 1.0)


@pytest.mark.parametrize("beta", [0, 0.9, 0.99, 0.999, 0.9999, 0.999999])
def test_class_balanced_weights_keep_twelve_digits(beta):
    counts = (5000, 500, 50)
    weights = imbalance.effective_number_weights(counts, beta, normalise=False)
    with mp.workdps(60):
        exact = [float((1 - mpf(beta)) / (1 - mpf(beta) ** n)) for n in counts]  # Cui et al. 2019, eq. 4
    np.testing.assert_allclose(weights, exact, rtol=1e-12)
    if beta == 0:
        assert set(weights) == {1.0}
