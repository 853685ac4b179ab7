"""Mean-field and lazy scaling by automatic differentiation, by moved weights and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from dlstats.theory import mean_field

U = np.linspace(-1, 1, 7)
DATA = mean_field.Descent(np.stack([U, np.ones(7)], axis=1), np.sin(np.pi * U), 0.3, 12)
UNITS = mean_field.units(1.5, 1.2, 16)


def trained(outer, inner, share, scale, speed=1.0, steps=DATA.steps):
    """Both layers after descent on the loss of the weighted network, by torch's gradients."""
    x, y, weight = (torch.as_tensor(v) for v in (DATA.x, DATA.y, share))
    a, w = (torch.tensor(v, requires_grad=True) for v in (outer, inner))
    for _ in range(steps):
        loss = ((scale * (weight * a) @ torch.tanh(w @ x.T) - y) ** 2).mean() / 2
        # the gradient with respect to a unit of weight p is p times its velocity
        moves = torch.autograd.grad(loss / scale * speed, (a, w))
        a, w = a - DATA.rate * moves[0] / weight, w - DATA.rate * moves[1] / weight[:, None]
        a, w = (v.detach().requires_grad_() for v in (a, w))
    return a.detach().numpy(), w.detach().numpy()


def test_descent_follows_the_gradient_of_the_loss():
    share = np.full(32, 1 / 32)
    for scale, speed in ((1.0, 1.0), (math.sqrt(32), 1 / math.sqrt(32))):
        again = trained(*UNITS, share, scale, speed)
        for one, other in zip(DATA.train(*UNITS, scale / 32, speed), again, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
        values = scale * (share * again[0]) @ np.tanh(again[1] @ DATA.x.T)
        np.testing.assert_allclose(mean_field.predictions(*again, DATA.x, scale / 32), values, rtol=1e-12)


def test_the_limit_is_that_of_units_that_stand_for_all():
    values, moved = mean_field.limit(DATA, *UNITS)
    outer, inner = trained(*UNITS, np.full(32, 1 / 32), 1.0)
    np.testing.assert_allclose(values, outer @ np.tanh(inner @ DATA.x.T) / 32, rtol=1e-12)
    assert moved == pytest.approx(np.mean(((inner - UNITS[1]) ** 2).sum(axis=1)) / 1.2**2)
    assert mean_field.displacement(UNITS[1], inner) == pytest.approx(moved)
    fine, finer = (mean_field.limit(DATA, *mean_field.units(1.5, 1.2, angles))[0] for angles in (64, 256))
    np.testing.assert_allclose(fine, finer, atol=1e-9)


@pytest.mark.parametrize("steps", [0, 1, 12])
def test_the_fluctuation_is_the_variance_of_what_a_moved_weight_changes(steps):
    descent = mean_field.Descent(DATA.x, DATA.y, DATA.rate, steps)

    def values(share):
        outer, inner = descent.train(*UNITS, share)
        return mean_field.predictions(outer, inner, descent.x, share)

    step, equal = 1e-5, np.full(32, 1 / 32)
    influence = [(values(equal + step * e) - values(equal - step * e)) / (2 * step) for e in np.eye(32)]
    assert mean_field.fluctuation(descent, *UNITS) == pytest.approx(np.var(influence, axis=0).mean(), rel=1e-6)


def test_wide_networks_are_as_far_from_the_limit_and_move_as_far_as_the_limits_say():
    replicates, m = 400, 256
    rng = np.random.default_rng(1)
    angle = rng.uniform(0, 2 * np.pi, (replicates, m))
    outer, inner = 1.5 * rng.choice([-1, 1], (replicates, m)), 1.2 * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    for share, speed in ((1 / m, 1.0), (m**-0.5, m**-0.5)):
        after = DATA.train(outer, inner, share, speed)
        if speed == 1.0:
            error = mean_field.predictions(*after, DATA.x, share) - mean_field.limit(DATA, *UNITS)[0]
            found, expected = m * (error**2).mean(axis=1), mean_field.fluctuation(DATA, *mean_field.units(1.5, 1.2))
        else:
            found = m * mean_field.displacement(inner, after[1])
            expected = mean_field.lazy_displacement(DATA, *mean_field.units(1.5, 1.2))
        # 4 standard errors, and what is of smaller order in 1/m
        assert abs(found.mean() - expected) < 4 * found.std() / math.sqrt(replicates) + 0.03 * expected


def test_the_lazy_limit_is_that_of_linear_dynamics_unit_by_unit():
    outer, inner = UNITS
    hidden = np.tanh(inner @ DATA.x.T)
    gradient = (outer[:, None] * (1 - hidden**2))[..., None] * DATA.x  # of a unit at a case, in w
    kernel = (hidden.T @ hidden + np.einsum("kid,kjd->ij", gradient, gradient)) / 32
    moved = 0.0
    for residual in (-DATA.y, *(outer[:, None] * hidden / math.sqrt(32))):  # the response; the start's variance
        shift = np.zeros_like(inner)
        for _ in range(DATA.steps):
            shift = shift - DATA.rate / 7 * np.einsum("kjd,j->kd", gradient, residual)
            residual = residual - DATA.rate / 7 * kernel @ residual
        moved += (shift**2).sum(axis=1).mean() / 1.2**2
    assert mean_field.lazy_displacement(DATA, *UNITS) == pytest.approx(moved)
