"""Classes of unequal size with a known posterior: two Gaussians, rings, two moons, and a long tail of classes.

The number of samples of every class is fixed by design, so that the class prior of a replicate is exact. Whatever the
prior, class k is drawn from its own distribution p_k: the truth is log p_k(x), and with the prior the posterior.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float, Int
from numpy import ndarray

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
        return float(scipy.stats.norm.cdf(-self.distance / 2))


@dataclass(frozen=True)
class Rings:
    """Points at a uniform angle and a radius N(1, s²) for class 1 or N(2, s²) for class 0, positive; s = `spread`."""

    spread: float = 0.4

    classes = 2

    def draw(self, rng: np.random.Generator, label: int, n: int) -> Float[ndarray, "n d"]:
        """n points of a class; the radius by inversion of its truncated distribution."""
        distribution = scipy.stats.norm(2 - label, self.spread)
        radius = distribution.isf(rng.random(n) * distribution.sf(0))
        angle = 2 * math.pi * rng.random(n)
        return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])

    def log_densities(self, x: Inputs) -> Float[ndarray, "*reps n classes"]:
        """log p_k(x) up to a constant that does not depend on k: the Jacobian 1/(2π r) is common."""
        return self._of_radius(np.hypot(x[..., 0], x[..., 1]))

    def _of_radius(self, radius: np.ndarray) -> np.ndarray:
        distribution, scale = scipy.stats.norm, self.spread
        logs = [distribution.logpdf(radius, 2 - k, scale) - distribution.logsf(0, 2 - k, scale) for k in (0, 1)]
        return np.stack(logs, axis=-1)

    @property
    def balanced_error(self) -> float:
        """The smallest balanced error, by quadrature over the radius."""

        def smaller(radius: float) -> float:
            return math.exp(self._of_radius(np.array(radius)).min()) / 2

        return scipy.integrate.quad(smaller, 0, 2 + 10 * self.spread, epsabs=1e-12, limit=200)[0]


@dataclass(frozen=True)
class Moons:
    """Two interleaved half circles with normal noise: class 1 (cos t, sin t), class 0 (1 − cos t, 1/2 − sin t).

    t is uniform on [0, π], the noise N(0, s²) in both coordinates, s = `spread`. The densities are integrals over t, by
    the midpoint rule on `nodes` cells.
    """

    spread: float = 0.3
    nodes: int = 128

    classes = 2

    def draw(self, rng: np.random.Generator, label: int, n: int) -> Float[ndarray, "n d"]:
        """n points of a class."""
        return self._arc(label, math.pi * rng.random(n)) + self.spread * rng.normal(size=(n, 2))

    def log_densities(self, x: Inputs) -> Float[ndarray, "*reps n classes"]:
        """log p_k(x) up to a constant that does not depend on k."""
        angle = math.pi * (np.arange(self.nodes) + 0.5) / self.nodes
        found = []
        for label in (0, 1):
            arc = self._arc(label, angle)
            exponent = (x @ arc.T - (arc**2).sum(axis=1) / 2) / self.spread**2
            found.append(scipy.special.logsumexp(exponent, axis=-1))
        return np.stack(found, axis=-1)

    @staticmethod
    def _arc(label: int, angle: np.ndarray) -> np.ndarray:
        """Points of a half circle, without noise."""
        arc = np.column_stack([np.cos(angle), np.sin(angle)])
        return arc if label else np.array([1.0, 0.5]) - arc

    @property
    def balanced_error(self) -> float:
        """The smallest balanced error, by the midpoint rule over the plane."""
        step, reach = self.spread / 20, 6 * self.spread
        first, second = np.arange(-1 - reach, 2 + reach, step), np.arange(-0.5 - reach, 1 + reach, step)
        grid = np.stack(np.meshgrid(first, second, indexing="ij"), axis=-1)
        logs = self.log_densities(grid) - ((grid**2).sum(axis=-1) / (2 * self.spread**2))[..., None]
        smaller = np.exp(logs.min(axis=-1)).sum() * step**2
        return float(smaller / (2 * self.nodes * 2 * math.pi * self.spread**2))


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


Mechanism = Gaussians | Rings | Moons | LongTail
MECHANISMS: dict[str, Mechanism] = {
    "gaussians": Gaussians(),
    "rings": Rings(),
    "moons": Moons(),
    "long_tail": LongTail(),
}


def sample(
    mechanism: Mechanism, rng: np.random.Generator, counts: Sequence[int]
) -> tuple[Float[ndarray, "n d"], Int[ndarray, " n"]]:
    """`counts[k]` points of every class k, in random order. Raises ValueError for a class without points."""
    if len(counts) != mechanism.classes or not min(counts) > 0:
        raise ValueError(f"`counts` must be positive for {mechanism.classes} classes, got {list(counts)}.")
    x = np.concatenate([mechanism.draw(rng, label, n) for label, n in enumerate(counts)])
    y = np.repeat(np.arange(len(counts)), counts)
    order = rng.permutation(len(y))
    return x[order], y[order]


def posterior(mechanism: Mechanism, x: Inputs, prior: Sequence[float]) -> Float[ndarray, "*reps n classes"]:
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
