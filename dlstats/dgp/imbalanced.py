"""Classes of unequal size with a known posterior: two Gaussians, rings, and a long tail of classes.

The number of samples of every class is fixed by design, so that the class prior of a replicate is exact. Whatever the
prior, class k is drawn from its own distribution p_k: the truth is log p_k(x), and with the prior the posterior.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from scipy import integrate, stats

Inputs = Float[ndarray, "*reps n d"]


@dataclass(frozen=True)
class Gaussians:
    """Class 1 is N(D/2 e₁, I) and class 0 is N(−D/2 e₁, I) in `d` dimensions, D = `distance`."""

    distance: float = 2.0
    d: int = 5

    classes = 2

    def draw(self, rng: np.random.Generator, label: int, n: int) -> Float[ndarray, "n d"]:
        """n points of a class."""
        x = rng.normal(size=(n, self.d))
        x[:, 0] += (label - 0.5) * self.distance
        return x

    def log_densities(self, x: Inputs) -> Float[ndarray, "*reps n classes"]:
        """log p_k(x) up to a constant that does not depend on k."""
        return np.stack([-self.distance / 2 * x[..., 0], self.distance / 2 * x[..., 0]], axis=-1)

    @property
    def balanced_error(self) -> float:
        """The smallest balanced error, Φ(−D/2)."""
        return float(stats.norm.cdf(-self.distance / 2))


@dataclass(frozen=True)
class Rings:
    """Points at a uniform angle and a radius N(1, s²) for class 1 or N(2, s²) for class 0, positive; s = `spread`."""

    spread: float = 0.4

    classes = 2

    def draw(self, rng: np.random.Generator, label: int, n: int) -> Float[ndarray, "n d"]:
        """n points of a class; the radius by inversion of its truncated distribution."""
        distribution = stats.norm(2 - label, self.spread)
        radius = distribution.isf(rng.random(n) * distribution.sf(0))
        angle = 2 * math.pi * rng.random(n)
        return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])

    def log_densities(self, x: Inputs) -> Float[ndarray, "*reps n classes"]:
        """log p_k(x) up to a constant that does not depend on k: the Jacobian 1/(2π r) is common."""
        return self._of_radius(np.hypot(x[..., 0], x[..., 1]))

    def _of_radius(self, radius: np.ndarray) -> np.ndarray:
        distribution, scale = stats.norm, self.spread
        logs = [distribution.logpdf(radius, 2 - k, scale) - distribution.logsf(0, 2 - k, scale) for k in (0, 1)]
        return np.stack(logs, axis=-1)

    @property
    def balanced_error(self) -> float:
        """The smallest balanced error, by quadrature over the radius."""

        def smaller(radius: float) -> float:
            return math.exp(self._of_radius(np.array(radius)).min()) / 2

        return integrate.quad(smaller, 0, 2 + 10 * self.spread, epsabs=1e-12, limit=200)[0]


@dataclass(frozen=True)
class LongTail:
    """`classes` Gaussians with unit variance in the plane, means equally spaced on a circle of radius `radius`."""

    classes: int = 5
    radius: float = 2.0

    @property
    def means(self) -> Float[ndarray, "classes d"]:
        """The class means."""
        angle = 2 * math.pi * np.arange(self.classes) / self.classes
        return self.radius * np.column_stack([np.cos(angle), np.sin(angle)])

    def draw(self, rng: np.random.Generator, label: int, n: int) -> Float[ndarray, "n d"]:
        """n points of a class."""
        return rng.normal(size=(n, 2)) + self.means[label]

    def log_densities(self, x: Inputs) -> Float[ndarray, "*reps n classes"]:
        """log p_k(x) up to a constant that does not depend on k."""
        return x @ self.means.T - self.radius**2 / 2


MECHANISMS = {"gaussians": Gaussians(), "rings": Rings(), "long_tail": LongTail()}


def sample(
    mechanism: Gaussians | Rings | LongTail, rng: np.random.Generator, counts: Sequence[int]
) -> tuple[Float[ndarray, "n d"], Int[ndarray, " n"]]:
    """`counts[k]` points of every class k, in random order. Raises ValueError for a class without points."""
    if len(counts) != mechanism.classes or not min(counts) > 0:
        raise ValueError(f"`counts` must be positive for {mechanism.classes} classes, got {list(counts)}.")
    x = np.concatenate([mechanism.draw(rng, label, n) for label, n in enumerate(counts)])
    y = np.repeat(np.arange(len(counts)), counts)
    order = rng.permutation(len(y))
    return x[order], y[order]


def posterior(
    mechanism: Gaussians | Rings | LongTail, x: Inputs, prior: Sequence[float]
) -> Float[ndarray, "*reps n classes"]:
    """P(y = k | x) under a class prior."""
    logs = mechanism.log_densities(x) + np.log(prior)
    logs = logs - logs.max(axis=-1, keepdims=True)
    proportion = np.exp(logs)
    return proportion / proportion.sum(axis=-1, keepdims=True)


def binary_counts(n: int, prevalence: float) -> tuple[int, int]:
    """(negatives, positives) of n samples at a prevalence."""
    positives = round(n * prevalence)
    return n - positives, positives


def long_tail_counts(n: int, classes: int, ratio: float) -> list[int]:
    """About n samples with class k in proportion ratio^(−k/(classes − 1)): the first is `ratio` times the last."""
    proportion = ratio ** (-np.arange(classes) / (classes - 1))
    return [max(1, round(n * s)) for s in proportion / proportion.sum()]
