"""What a statistician would use instead of a network, each tuned by the rule of `dlstats.methods.tuning`.

A baseline is called with (x, y, x_new, rng) and gives its values at the new points. Nothing of the truth enters.
scikit-learn is loaded by the methods that need it, when they are called.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float

from dlstats.methods.tuning import Inputs, New, Tuned, Values

Curve = Float[np.ndarray, " m"]


class Baseline(Tuned):
    """A regression method, judged by squared error."""

    def error(self, y: Values, values: Curve) -> float:
        """Mean squared error."""
        return float(((y - values) ** 2).mean())


def geometric(low: float, high: float, count: int) -> tuple[float, ...]:
    """`count` numbers from `low` to `high` in constant ratio."""
    return tuple(np.geomspace(low, high, count).tolist())


def geometric_levels(most: int) -> np.ndarray:
    """Whole numbers from 1 to `most`, about 8 per decade."""
    return np.unique(np.round(np.geomspace(1, most, max(2, int(8 * np.log10(most)) + 2))).astype(int))


def pairs(first: Sequence[float], second: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """Every pair of the two, the second fastest."""
    return tuple(itertools.product(first, second))


@dataclass(frozen=True)
class NearestNeighbours(Baseline):
    """k-nearest neighbours [Györfi et al. 2002, section 6]; k is at most the size of the sample."""

    grid: tuple[int, ...] = tuple(geometric_levels(400).tolist())
    label: str = "nearest neighbours"
    description: str = "k-nearest neighbours, k of 1 to 400 on the held-out fifth"
    style: str = "knn"

    def predictions(self, x: Inputs, y: Values, new: New, settings: Sequence[int], seed: int) -> Iterator[Curve]:
        """One search for all k."""
        levels = np.minimum(settings, len(x))
        near = np.asarray(scipy.spatial.KDTree(x).query(new, int(levels.max()))[1]).reshape(len(new), -1)
        running = np.cumsum(y[near], axis=1)
        for k in levels:
            yield running[:, k - 1] / k


def _one_input(x: np.ndarray) -> None:
    if x.shape[1] != 1:
        raise ValueError(f"This method is for one input, got {x.shape[1]}.")


@dataclass(frozen=True)
class LocalLinear(Baseline):
    """Local linear regression with a Gaussian kernel, d = 1 [Fan 1993]."""

    grid: tuple[float, ...] = geometric(0.001, 0.5, 20)
    label: str = "local linear"
    description: str = "local linear regression with a Gaussian kernel, bandwidth on the held-out fifth"
    style: str = "local_linear"

    def predictions(self, x: Inputs, y: Values, new: New, settings: Sequence[float], seed: int) -> Iterator[Curve]:
        """Least squares lines under the weights of each bandwidth; the slope has a ridge of 10^-8 bandwidth²."""
        _one_input(x)
        gap = new - x[:, 0]
        squared = gap**2 - (gap**2).min(axis=1, keepdims=True)
        for bandwidth in settings:
            weight = np.exp(-0.5 * squared / bandwidth**2)
            weight /= weight.sum(axis=1, keepdims=True)
            centre = (weight * gap).sum(axis=1, keepdims=True)
            lever = weight * (gap - centre)
            slope = lever @ y / ((lever * (gap - centre)).sum(axis=1) + 1e-8 * bandwidth**2)
            yield weight @ y - slope * centre[:, 0]


@dataclass(frozen=True)
class SmoothingSpline(Baseline):
    """Penalised cubic spline, d = 1, equal intervals, second differences [Eilers and Marx 1996].

    It minimises mean (y − f)² + λ∫f''² with the range of x as unit, by one diagonalisation for all penalties λ of the grid.
    There are min(n/4, 80) intervals where `intervals` is 0; with hundreds of them large λ lose digits.
    """

    grid: tuple[float, ...] = geometric(1e-12, 1.0, 40)
    intervals: int = 0
    label: str = "smoothing spline"
    description: str = "penalised cubic spline, penalty on the held-out fifth"
    style: str = "spline"

    def predictions(self, x: Inputs, y: Values, new: New, settings: Sequence[float], seed: int) -> Iterator[Curve]:
        """Shrinkage in the common basis of fit and roughness."""
        _one_input(x)
        intervals = self.intervals or max(4, min(len(y) // 4, 80))
        low, high = float(min(x.min(), new.min())), float(max(x.max(), new.max()))
        knots = low + (high - low) * np.arange(-3, intervals + 4) / intervals
        knots[3], knots[-4] = low, high

        def basis(at: np.ndarray) -> np.ndarray:
            return scipy.interpolate.BSpline.design_matrix(at[:, 0], knots, 3).toarray()

        design = basis(x)
        gram = design.T @ design / len(y) + 1e-9 * np.eye(design.shape[1])
        rough = np.diff(np.eye(design.shape[1]), 2, axis=0)
        value, vector = scipy.linalg.eigh(intervals**3 * rough.T @ rough, gram)
        ahead, inner = basis(new) @ vector, vector.T @ (design.T @ y) / len(y)
        for penalty in settings:
            yield ahead @ (inner / (1 + penalty * np.maximum(value, 0.0)))


@dataclass(frozen=True)
class KernelRidge(Baseline):
    """Kernel ridge with kernel exp(−|x − z|²/(2 c s)), s the median of |x − z|²: minimises mean (y − f)² + λ|f|².

    A setting is (c, λ); one diagonalisation serves all λ of a c. At c = 100 and small λ the fit is nearly the polynomial of the
    kernel's flat limit: larger c change no error.
    """

    grid: tuple[tuple[float, float], ...] = pairs((100.0, 10.0, 1.0, 0.1, 0.01), geometric(1e-12, 10.0, 14))
    label: str = "kernel ridge"
    description: str = "kernel ridge regression, Gaussian kernel, bandwidth and penalty on the held-out fifth"
    style: str = "kernel_ridge"

    def predictions(
        self, x: Inputs, y: Values, new: New, settings: Sequence[tuple[float, float]], seed: int
    ) -> Iterator[Curve]:
        """Ridge in the eigenvectors of the kernel matrix."""
        squared = scipy.spatial.distance.cdist(x, x, "sqeuclidean")
        ahead = scipy.spatial.distance.cdist(new, x, "sqeuclidean")
        scale = float(np.median(squared[squared > 0]))
        for fraction, several in itertools.groupby(settings, key=lambda setting: setting[0]):
            value, vector = np.linalg.eigh(np.exp(-squared / (2 * fraction * scale)))
            kernel, inner = np.exp(-ahead / (2 * fraction * scale)) @ vector, vector.T @ (y - y.mean())
            for _, penalty in several:
                yield kernel @ (inner / (np.maximum(value, 0.0) + penalty * len(y))) + y.mean()


@dataclass(frozen=True)
class AdditiveModel(Baseline):
    """Cubic splines in every coordinate, standardised, with a ridge penalty on their coefficients [Stone 1985].

    A setting is (knots, penalty), the penalty relative to n; two knots are one cubic polynomial in every coordinate.
    """

    grid: tuple[tuple[float, float], ...] = pairs((2, 3, 4, 8, 16, 32), geometric(1e-8, 100.0, 11))
    label: str = "additive model"
    description: str = "cubic splines in every coordinate, knots and penalty on the held-out fifth"
    style: str = "additive"

    def predictions(
        self, x: Inputs, y: Values, new: New, settings: Sequence[tuple[float, float]], seed: int
    ) -> Iterator[Curve]:
        """One diagonalisation for all penalties of a number of knots."""
        from sklearn import pipeline, preprocessing

        for knots, several in itertools.groupby(settings, key=lambda setting: setting[0]):
            splines = preprocessing.SplineTransformer(
                int(knots), 3, knots="quantile", extrapolation="linear", include_bias=False
            )
            basis = pipeline.make_pipeline(splines, preprocessing.StandardScaler())
            design = basis.fit_transform(x)
            value, vector = np.linalg.eigh(design.T @ design / len(y))
            ahead, inner = basis.transform(new) @ vector, vector.T @ (design.T @ (y - y.mean())) / len(y)
            for _, penalty in several:
                yield ahead @ (inner / (np.maximum(value, 0.0) + penalty)) + y.mean()


@dataclass(frozen=True)
class RandomFeatures(Baseline):
    """Ridge regression on `width` random ReLU units and a line: a network whose first layer is not trained.

    Inputs are standardised, directions uniform on the sphere, kinks uniform between the ends of their projections. A setting is
    the penalty relative to n [Rahimi and Recht 2008].
    """

    width: int = 32
    grid: tuple[float, ...] = geometric(1e-6, 1.0, 13)
    label: str = "random features"
    style: str = "random_features"

    @property
    def description(self) -> str:
        """With its width."""
        return f"ridge regression on {self.width} random ReLU units and a line, penalty on the held-out fifth"

    def predictions(self, x: Inputs, y: Values, new: New, settings: Sequence[float], seed: int) -> Iterator[Curve]:
        """One diagonalisation for all penalties."""
        rng = np.random.default_rng(seed)
        centre, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-12)
        slope = rng.standard_normal((x.shape[1], self.width))
        slope /= np.linalg.norm(slope, axis=0) * spread[:, None]
        projected = (x - centre) @ slope
        kink = rng.uniform(projected.min(axis=0), projected.max(axis=0))

        def features(at: np.ndarray) -> np.ndarray:
            return np.hstack([np.maximum((at - centre) @ slope - kink, 0.0), (at - centre) / spread])

        design, ahead = features(x), features(new)
        middle = design.mean(axis=0)
        design, ahead = design - middle, ahead - middle
        value, vector = np.linalg.eigh(design.T @ design / len(y))
        inner = vector.T @ (design.T @ (y - y.mean())) / len(y)
        for penalty in settings:
            yield ahead @ vector @ (inner / (np.maximum(value, 0.0) + penalty)) + y.mean()


@dataclass(frozen=True)
class SlicedInverse(Baseline):
    """One index by sliced inverse regression [Li 1991], ten slices, then `SmoothingSpline` on the index.

    A setting is the penalty of the spline.
    """

    grid: tuple[float, ...] = SmoothingSpline().grid
    label: str = "sliced inverse regression"
    description: str = "one index by sliced inverse regression, then a smoothing spline, penalty on the held-out fifth"
    style: str = "spline"

    def predictions(self, x: Inputs, y: Values, new: New, settings: Sequence[float], seed: int) -> Iterator[Curve]:
        """The direction whose means over slices of y vary most relative to its variance."""
        centre = x.mean(axis=0)
        slices = np.array_split(np.argsort(y), min(10, len(y)))
        means = np.stack([x[one].mean(axis=0) - centre for one in slices])
        weights = np.array([len(one) for one in slices])[:, None] / len(y)
        within = np.cov(x.T).reshape(x.shape[1], -1) + 1e-9 * np.eye(x.shape[1])
        direction = scipy.linalg.eigh(means.T @ (weights * means), within)[1][:, -1:]
        yield from SmoothingSpline().predictions(x @ direction, y, new @ direction, settings, seed)
