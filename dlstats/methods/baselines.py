"""What a statistician would use instead of a network, as objects: each fits one data set and says what it is.

A baseline is called with (x, y, x_new, rng) and gives its values at the new points; it is tuned by the rule that its
description states (`dlstats.methods.regression`, loaded when it is first called).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    from collections.abc import Callable

Inputs = Float[np.ndarray, "n d"]
New = Float[np.ndarray, "m d"]
Values = Float[np.ndarray, " n"]
Fitted = Float[np.ndarray, " m"]


class Baseline(Protocol):
    """A method that fits one data set at a time."""

    label: str
    description: str
    style: str

    def __call__(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
        """Tune, fit, and predict at the new points."""
        ...


def _values(fit: Callable, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
    return np.asarray(fit(x, y, new, rng)[0], dtype=float).reshape(len(new))


@dataclass(frozen=True)
class NearestNeighbours:
    """k-nearest neighbours [Györfi et al. 2002, section 6]."""

    label: str = "nearest neighbours"
    description: str = "k-nearest neighbours, k by leave-one-out"
    style: str = "knn"

    def __call__(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
        """Values at the new points."""
        from dlstats.methods.regression import nearest_neighbours

        return _values(nearest_neighbours, x, y, new, rng)


@dataclass(frozen=True)
class LocalLinear:
    """Local linear regression for one input [Fan 1993]."""

    label: str = "local linear"
    description: str = "local linear regression with a Gaussian kernel, bandwidth by leave-one-out"
    style: str = "local_linear"

    def __call__(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
        """Values at the new points."""
        from dlstats.methods.regression import local_linear

        return _values(local_linear, x, y, new, rng)


@dataclass(frozen=True)
class SmoothingSpline:
    """A penalised cubic spline for one input [Eilers and Marx 1996]."""

    label: str = "smoothing spline"
    description: str = "penalised cubic spline, penalty by generalised cross-validation"
    style: str = "spline"

    def __call__(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
        """Values at the new points."""
        from dlstats.methods.regression import smoothing_spline

        return _values(smoothing_spline, x, y, new, rng)


@dataclass(frozen=True)
class KernelRidge:
    """Gaussian kernel ridge regression."""

    label: str = "kernel ridge"
    description: str = "kernel ridge regression, Gaussian kernel, bandwidth and penalty by generalised cross-validation"
    style: str = "kernel_ridge"

    def __call__(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
        """Values at the new points."""
        from dlstats.methods.regression import kernel_ridge

        return _values(kernel_ridge, x, y, new, rng)


@dataclass(frozen=True)
class AdditiveModel:
    """An additive model of cubic splines [Stone 1985]."""

    label: str = "additive model"
    description: str = "cubic splines in every coordinate, knots and penalty by leave-one-out"
    style: str = "spline"

    def __call__(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
        """Values at the new points."""
        from dlstats.methods.regression import additive_model

        return _values(additive_model, x, y, new, rng)


@dataclass(frozen=True)
class Forest:
    """A random forest [Breiman 2001]."""

    label: str = "random forest"
    description: str = "random forest of 100 trees, inputs per split and leaf size by out-of-bag error"
    style: str = "forest"

    def __call__(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
        """Values at the new points."""
        from dlstats.methods.regression import random_forest

        return _values(random_forest, x, y, new, rng)


@dataclass(frozen=True)
class Boosting:
    """Gradient boosting by histograms [Friedman 2001]."""

    label: str = "boosting"
    description: str = "gradient boosting, 100 trees at rate 0.1, depth by a held-out quarter"
    style: str = "boosting"

    def __call__(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
        """Values at the new points."""
        from dlstats.methods.regression import boosting

        return _values(boosting, x, y, new, rng)
