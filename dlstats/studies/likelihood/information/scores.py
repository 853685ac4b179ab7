"""Fisher information by integrating or summing the scores of torch.distributions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dlstats.theory import information as theory

STEP = 1 / 32
"""Step of the double-exponential rule."""
REACH = 4.0
UTILITIES = (0.5, 0.0, -0.7)
LOGITS = (0.3, -1.0, 0.8, 0.0)
COVARIANCE = ((2.0, 0.6), (0.6, 1.0))


def real_line() -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of x = sinh(π/2 sinh t), for densities on the whole line."""
    t = np.arange(-REACH, REACH + STEP / 2, STEP)
    inner = math.pi / 2 * np.sinh(t)
    return np.sinh(inner), STEP * math.pi / 2 * np.cosh(t) * np.cosh(inner)


def half_line() -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of x = exp(π/2 sinh t), for densities on the positive numbers."""
    t = np.arange(-REACH, REACH + STEP / 2, STEP)
    x = np.exp(math.pi / 2 * np.sinh(t))
    return x, STEP * math.pi / 2 * np.cosh(t) * x


def both_halves() -> tuple[np.ndarray, np.ndarray]:
    """The rule of the half line on both sides of 0, for densities with a corner there."""
    x, weights = half_line()
    return np.concatenate([-x, x]), np.concatenate([weights, weights])


def unit_interval() -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of x = 1/(1 + exp(−π sinh t)), for densities between 0 and 1."""
    t = np.arange(-REACH, REACH + STEP / 2, STEP)
    x = 1 / (1 + np.exp(-math.pi * np.sinh(t)))
    weights = STEP * math.pi * np.cosh(t) * x * (1 / (1 + np.exp(math.pi * np.sinh(t))))
    inside = (x > 0) & (x < 1)
    return x[inside], weights[inside]


def circle() -> tuple[np.ndarray, np.ndarray]:
    """The trapezoidal rule on (−π, π]."""
    x = np.linspace(-math.pi, math.pi, 257)[1:]
    return x, np.full(256, 2 * math.pi / 256)


def counts() -> tuple[np.ndarray, np.ndarray]:
    """0, 1, ..., 199, each with weight 1."""
    return np.arange(200.0), np.ones(200)


def plane() -> tuple[np.ndarray, np.ndarray]:
    """The trapezoidal rule on a square of the plane, shape (points, 2)."""
    t = np.arange(-11.0, 11.01, 0.5)
    return np.array(list(itertools.product(t, t))), np.full(len(t) ** 2, 0.5**2)


def information(make: Callable[..., Any], parameters: Sequence[float], rule: tuple) -> np.ndarray:
    """E s s′ with s the gradient of `make(parameters).log_prob` in the parameters, by the nodes and weights of `rule`."""
    import torch

    nodes, weights = torch.as_tensor(rule[0], dtype=torch.float64), torch.as_tensor(rule[1], dtype=torch.float64)
    theta = torch.tensor(parameters, dtype=torch.float64)

    def log_density(values: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return make(values).log_prob(y)

    score = torch.func.vmap(torch.func.grad(log_density), in_dims=(None, 0))(theta, nodes)
    mass = weights * make(theta).log_prob(nodes).exp()
    used = mass > 0
    return (score[used].T * mass[used] @ score[used]).numpy()


def plackett_luce(utilities: Sequence[float]) -> np.ndarray:
    """The same for rankings: a sum over all K! of them, each a product of choices among the items that are left."""
    import torch

    theta = torch.tensor(utilities, dtype=torch.float64, requires_grad=True)
    total = torch.zeros(len(utilities), len(utilities), dtype=torch.float64)
    for ranking in itertools.permutations(range(len(utilities))):
        stages = [theta[i] - torch.logsumexp(theta[list(ranking[k:])], 0) for k, i in enumerate(ranking)]
        log_probability = torch.stack(stages).sum()
        (score,) = torch.autograd.grad(log_probability, theta)
        total += log_probability.detach().exp() * torch.outer(score, score)
    return total.numpy()


def pairs() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """(by integration, in closed form) for every distribution of the recipe that has one."""
    import torch
    from torch import distributions as d

    unchecked: dict[str, Any] = {"validate_args": False}
    covariance = np.array(COVARIANCE)
    triangle = torch.as_tensor(np.linalg.cholesky(covariance))
    cases = {
        "normal": (lambda p: d.Normal(p[0], p[1], **unchecked), (0.4, 1.7), real_line(), theory.normal(1.7)),
        "Laplace": (lambda p: d.Laplace(p[0], p[1], **unchecked), (0.0, 1.3), both_halves(), theory.laplace(1.3)),
        "Student, 3 degrees": (
            lambda p: d.StudentT(3.0, p[0], p[1], **unchecked), (0.0, 1.5), real_line(), theory.student(3, 1.5),
        ),
        "Student, 1 degree": (
            lambda p: d.StudentT(1.0, p[0], p[1], **unchecked), (0.0, 0.8), real_line(), theory.student(1, 0.8),
        ),
        "exponential": (lambda p: d.Exponential(p[0], **unchecked), (1.6,), half_line(), theory.exponential(1.6)),
        "gamma": (lambda p: d.Gamma(p[0], p[1], **unchecked), (2.5, 1.4), half_line(), theory.gamma(2.5, 1.4)),
        "beta": (lambda p: d.Beta(p[0], p[1], **unchecked), (1.5, 2.5), unit_interval(), theory.beta(1.5, 2.5)),
        "multivariate normal": (
            lambda p: d.MultivariateNormal(p, scale_tril=triangle, **unchecked), (0.2, -0.3), plane(),
            theory.normal_mean(covariance),
        ),
        "von Mises": (lambda p: d.VonMises(p[0], p[1], **unchecked), (0.5, 2.0), circle(), theory.von_mises(2.0)),
        "Bernoulli": (lambda p: d.Bernoulli(p[0], **unchecked), (0.3,), (np.arange(2.0), np.ones(2)), theory.bernoulli(0.3)),
        "categorical": (
            lambda p: d.Categorical(logits=p, **unchecked), LOGITS, (np.arange(4.0), np.ones(4)), theory.categorical(LOGITS),
        ),
        "Poisson": (lambda p: d.Poisson(p[0], **unchecked), (3.5,), counts(), theory.poisson(3.5)),
    }  # fmt: skip
    found = {name: (information(make, at, rule), closed) for name, (make, at, rule, closed) in cases.items()}
    return found | {"Plackett-Luce": (plackett_luce(UTILITIES), theory.plackett_luce(UTILITIES))}
