"""The table of robust and quantile losses, and how the tests read them."""

import functools
import math

import numpy as np
import torch

from dlstats.losses import quantile, robust
from dlstats.losses.barron import barron
from dlstats.losses.regression import squared

ALPHAS = (
    -math.inf,
    -1e6,
    -8.0,
    -2.0,
    -0.5,
    -1e-9,
    0.0,
    1e-12,
    1e-3,
    0.5,
    1.0,
    1.5,
    2 - 1e-9,
    math.nextafter(2, 0),
    2.0,
)
MONOTONE = robust.ROBUST | {f"barron_{alpha}": functools.partial(barron, alpha=alpha) for alpha in ALPHAS}
QUANTILE = {
    f"{name}_{level}": functools.partial(loss, level=level)
    for name, loss in (
        ("pinball", quantile.pinball),
        ("expectile", quantile.expectile),
        ("smooth", quantile.smooth_pinball),
    )
    for level in (0.05, 0.5, 0.9)
}


def flat_squared(prediction, y):
    """The squared loss asks for (reps, n, k)."""
    return squared(prediction.reshape(1, -1, 1), y.reshape(1, -1, 1)).reshape(y.shape)


ALL = MONOTONE | QUANTILE | {"squared": flat_squared}
SIZES = np.concatenate([[0.0], np.logspace(-30, 30, 241)])
RESIDUALS = np.concatenate([-SIZES[::-1], SIZES])
MODEST = np.linspace(-12, 12, 997)


def rho(loss, residuals, dtype=torch.float64):
    y = torch.as_tensor(np.asarray(residuals), dtype=dtype).unsqueeze(-1)
    return loss(torch.zeros_like(y), y).squeeze(-1).numpy()


def psi(loss, residuals, dtype=torch.float64):
    y = torch.as_tensor(np.asarray(residuals), dtype=dtype).unsqueeze(-1)
    prediction = torch.zeros_like(y, requires_grad=True)
    return -torch.autograd.grad(loss(prediction, y).sum(), prediction)[0].squeeze(-1).numpy()
