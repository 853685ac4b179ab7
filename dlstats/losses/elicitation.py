"""What a loss elicits, found by minimising its expectation numerically: the check on every closed form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy
import torch
from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]


def minimise_binary(loss: Loss, probability: np.ndarray, largest: float = 60.0, steps: int = 80) -> np.ndarray:
    """The logits z that minimise η L(z, 1) + (1 − η) L(z, 0), for every η of `probability`, by bisection.

    The derivative of the expected loss must change its sign once, from minus to plus, in (−largest, largest); its
    root is found to the last bits of float64.
    """
    eta = torch.as_tensor(probability, dtype=torch.float64).reshape(1, -1, 1)
    lower, upper = torch.full_like(eta, -largest), torch.full_like(eta, largest)
    for _ in range(steps):
        middle = (lower + upper) / 2
        rising = _slope(loss, middle, eta) > 0
        lower, upper = torch.where(rising, lower, middle), torch.where(rising, middle, upper)
    return ((lower + upper) / 2).reshape(-1).numpy()


def _slope(loss: Loss, logit: Tensor, eta: Tensor) -> Tensor:
    z = logit.detach().requires_grad_()
    expected = eta * loss(z, torch.ones_like(z)) + (1 - eta) * loss(z, torch.zeros_like(z))
    (slope,) = torch.autograd.grad(expected.sum(), z)
    return slope


def minimise_multiclass(loss: Loss, probabilities: np.ndarray) -> np.ndarray:
    """Logits (C,) with z_0 = 0 at which the gradient of Σ_k η_k L(z, k) vanishes, from the start z = log η.

    Raises RuntimeError when the root is not found.
    """
    eta = torch.as_tensor(probabilities, dtype=torch.float64)
    labels = torch.arange(len(eta)).reshape(1, -1, 1)

    def gradient(free: np.ndarray) -> np.ndarray:
        z = torch.cat([torch.zeros(1, dtype=torch.float64), torch.as_tensor(free)]).requires_grad_()
        losses = loss(z.expand(1, len(eta), -1), labels).reshape(-1)
        (slope,) = torch.autograd.grad((eta * losses).sum(), z)
        return slope[1:].numpy()

    start = np.log(probabilities[1:] / probabilities[0])
    exact: Any = {"xtol": 1e-15, "maxfev": 10_000}
    solution = scipy.optimize.root(gradient, start, method="hybr", options=exact)
    if np.abs(gradient(solution.x)).max() > 1e-10:
        raise RuntimeError(f"The minimiser was not found for {probabilities}: {solution.message}")
    return np.concatenate([[0.0], solution.x])


def maximise_overlap(loss: Loss, eta: np.ndarray, proportion: np.ndarray) -> np.ndarray:
    """The probabilities that minimise a loss of overlap over a large image, by L-BFGS-B in p on [0, 1].

    The image has pixels of class probability `eta`, and of each a proportion `proportion`: integers, repeated so.
    """
    target = torch.as_tensor(np.repeat(eta, proportion)).reshape(1, -1, 1)
    index = torch.as_tensor(np.repeat(np.arange(len(eta)), proportion))

    def value(p: np.ndarray) -> tuple[float, np.ndarray]:
        leaf = torch.as_tensor(p.clip(1e-15, 1 - 1e-15)).requires_grad_()
        loss_value = loss(torch.logit(leaf)[index].reshape(1, -1, 1), target)[0, 0, 0]
        (slope,) = torch.autograd.grad(loss_value, leaf)
        return loss_value.item(), slope.numpy()

    start = np.full(len(eta), 0.5)
    options: Any = {"ftol": 1e-16, "gtol": 1e-12, "maxiter": 2000, "maxcor": 30}
    return scipy.optimize.minimize(
        value, start, jac=True, bounds=[(0, 1)] * len(eta), method="L-BFGS-B", options=options
    ).x
