"""What is exact of batch normalisation: its output's variance, and that weights before it have no scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


TINY = 1e-300


def _problem() -> tuple[Tensor, Tensor, Tensor]:
    """Inputs (32, 5), targets (32, 3) and weights (3, 5), in double precision."""
    import torch

    rng = np.random.default_rng(777001)
    x, y, w = (torch.from_numpy(rng.standard_normal(shape)) for shape in ((32, 5), (32, 3), (3, 5)))
    return x, y, w


def _loss(w: Tensor) -> Tensor:
    """Mean squared error of relu(BN(x Wᵀ)) with ε so small that adding it changes nothing."""
    import torch.nn.functional as F

    x, y, _ = _problem()
    return (F.batch_norm(x @ w.T, None, None, training=True, eps=TINY).relu() - y).square().mean()


def _gradient(w: Tensor) -> Tensor:
    import torch

    at = w.clone().requires_grad_()
    return torch.autograd.grad(_loss(at), at)[0]


def output_variance() -> dict[str, float]:
    """Variance of torch's normalised output over v/(v + ε), ε = 10⁻⁵, at three input scales."""
    import torch.nn.functional as F

    x, _, _ = _problem()
    ratios = {}
    for scale in (1.0, 0.1, 0.01):
        z = scale * x
        v = z.var(dim=0, unbiased=False)
        made = F.batch_norm(z, None, None, training=True).var(dim=0, unbiased=False)
        ratios[f"scale {scale:g}"] = float((made / (v / (v + 1e-5)) - 1).abs().max())
    return ratios


def scale_invariance() -> dict[str, float]:
    """What is 0 if weights before a normalisation have no scale: torch's losses and gradients, and the growth of a step."""
    _, _, w = _problem()
    g, rate = _gradient(w), 0.3
    stepped = (w - rate * g).square().sum()
    return {
        "loss(3W) − loss(W)": float((_loss(3 * w) - _loss(w)).abs()),
        "⟨w, gradient⟩ of a unit": float((w * g).sum(dim=1).abs().max()),
        "3 gradient(3W) − gradient(W)": float((3 * _gradient(3 * w) - g).abs().max()),
        "|w − ηg|² − |w|² − η²|g|²": float((stepped - w.square().sum() - rate**2 * g.square().sum()).abs()),
    }
