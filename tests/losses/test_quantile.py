"""Losses that elicit quantiles and expectiles, and the head that keeps quantiles in order."""

import functools
import math

import numpy as np
import pytest
import torch
from cases.robust_losses import MODEST, rho

from dlstats.losses import quantile


@pytest.mark.parametrize("level", [0.05, 0.25, 0.5, 0.9])
def test_the_best_constant_of_the_pinball_loss_is_a_sample_quantile(level):
    y = np.random.default_rng(1).standard_normal(101)
    candidates = torch.as_tensor(np.sort(y)).unsqueeze(-1)
    risk = quantile.pinball(candidates.expand(-1, 101), torch.as_tensor(y).expand(101, -1), level).mean(dim=1)
    below = int(risk.argmin()) + 1
    assert below - 1 <= 101 * level <= below


@pytest.mark.parametrize("level", [0.05, 0.5, 0.9])
def test_the_smooth_quantile_loss_lies_above_the_pinball_loss_by_at_most_h_log_2(level):
    for width in (1e-3, 0.1, 2.0):
        gap = rho(functools.partial(quantile.smooth_pinball, level=level, width=width), MODEST)
        gap = gap - rho(functools.partial(quantile.pinball, level=level), MODEST)
        assert (gap >= -1e-14).all()
        assert (gap <= width * math.log(2) * (1 + 1e-12)).all()


def test_several_levels_at_once_equal_one_level_at_a_time():
    rng = np.random.default_rng(2)
    prediction, y = torch.as_tensor(rng.normal(size=(3, 5, 4))), torch.as_tensor(rng.normal(size=(3, 5, 1)))
    levels = torch.tensor([0.1, 0.4, 0.5, 0.9], dtype=torch.float64)
    for loss in (quantile.pinball, quantile.expectile, quantile.smooth_pinball):
        together = loss(prediction, y, levels)
        for j, level in enumerate(levels.tolist()):
            torch.testing.assert_close(together[..., j : j + 1], loss(prediction[..., j : j + 1], y, level))


@pytest.mark.parametrize("free", [0, 3, 6])
def test_the_head_never_crosses_and_leaves_its_free_output(free):
    raw = torch.as_tensor(np.random.default_rng(3).normal(size=(4, 50, 7)) * 10)
    ordered = quantile.in_order(raw, free)
    assert (ordered.diff(dim=-1) >= 0).all()
    assert torch.equal(ordered[..., free], raw[..., free])
    # every increasing vector can be reached
    gaps = ordered.diff(dim=-1)
    back = torch.cat([gaps[..., :free], ordered[..., free : free + 1], gaps[..., free:]], dim=-1)
    inverse = torch.where(torch.arange(7) == free, back, back + torch.log(-torch.expm1(-back.clamp(min=1e-12))))
    torch.testing.assert_close(quantile.in_order(inverse, free), ordered, rtol=1e-7, atol=1e-7)
