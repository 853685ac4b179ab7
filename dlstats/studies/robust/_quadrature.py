"""Losses as they are trained, differentiated and integrated: shared by the exact tables of robust losses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

NODES = 240
"""Gauss-Legendre nodes on each piece between corners."""


def psi_of(loss: Callable, x: np.ndarray) -> np.ndarray:
    """ψ(x), the derivative of the loss in the residual, by automatic differentiation."""
    import torch

    y = torch.as_tensor(x, dtype=torch.float64)
    prediction = torch.zeros_like(y, requires_grad=True)
    (gradient,) = torch.autograd.grad(loss(prediction, y).sum(), prediction)
    return -gradient.numpy()


def rule(corners: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on (0, ∞): Gauss-Legendre between the corners, the rest by x = a + u/(1 − u)."""
    u, w = np.polynomial.legendre.leggauss(NODES)
    u, w = (u + 1) / 2, w / 2
    edges = [0.0, *sorted({*corners, 1.0})]
    pieces = [(a + (b - a) * u, (b - a) * w) for a, b in pairwise(edges)]
    pieces.append((edges[-1] + u / (1 - u), w / (1 - u) ** 2))
    nodes, weights = zip(*pieces, strict=True)
    return np.concatenate(nodes), np.concatenate(weights)


def gaps(pairs: dict[str, tuple[float, float]]) -> dict[str, float]:
    """|measured − theory| by name; 0 where both are infinite."""
    return {name: 0.0 if a == b else abs(float(a) - float(b)) for name, (a, b) in pairs.items()}


def pinball_loss(prediction: np.ndarray | float, y: np.ndarray | float, level: np.ndarray | float) -> np.ndarray:
    """The pinball loss as trained, of numpy arrays that broadcast to one axis."""
    import torch

    from dlstats.losses.quantile import pinball

    arrays = np.broadcast_arrays(prediction, y, level)
    f, outcome, tau = (torch.as_tensor(np.array(v, dtype=float)).reshape(1, -1) for v in arrays)
    return pinball(f, outcome, tau).numpy().ravel()
