"""What a statistician would use instead of a network: each tuned by a rule that its description states.

A baseline is called with (x, y, x_new, rng) and gives its values at the new points. Nothing of the truth enters, except
where the name says oracle (`oracle_neighbours`). scikit-learn is loaded by the methods that need it, when they are called.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import interpolate, linalg, spatial

Inputs = Float[np.ndarray, "n d"]
New = Float[np.ndarray, "m d"]
Values = Float[np.ndarray, " n"]
Fitted = tuple[Float[np.ndarray, " m"], float]


class Baseline:
    """A method that fits one data set at a time: tuned by the rule that its description states, then fitted."""

    label: str
    description: str
    style: str

    def fit(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
        """Values at the new points and the tuning value that was chosen."""
        raise NotImplementedError

    def __call__(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Float[np.ndarray, " m"]:
        """Values at the new points."""
        return np.asarray(self.fit(x, y, new, rng)[0], dtype=float).reshape(len(new))


def geometric_levels(most: int) -> np.ndarray:
    """Whole numbers from 1 to `most`, about 8 per decade."""
    return np.unique(np.round(np.geomspace(1, most, max(2, int(8 * np.log10(most)) + 2))).astype(int))


@dataclass(frozen=True)
class NearestNeighbours(Baseline):
    """k-nearest neighbours, k <= n/2 by leave-one-out [Györfi et al. 2002, section 6]."""

    label: str = "nearest neighbours"
    description: str = "k-nearest neighbours, k by leave-one-out"
    style: str = "knn"

    def fit(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
        """Values at the new points and the tuning value."""
        tree = spatial.KDTree(x)
        levels = geometric_levels(max(2, min(len(y) // 2, 400)))
        own = tree.query(x, int(levels[-1]) + 1)[1][:, 1:]  # pyright: ignore[reportIndexIssue]
        running = np.cumsum(y[own], axis=1)[:, levels - 1] / levels
        k = int(levels[np.argmin(((running - y[:, None]) ** 2).mean(axis=0))])
        found = np.asarray(tree.query(new, k)[1]).reshape(len(new), k)
        return y[found].mean(axis=1), k


def _one_input(x: np.ndarray) -> None:
    if x.shape[1] != 1:
        raise ValueError(f"This method is for one input, got {x.shape[1]}.")


@dataclass(frozen=True)
class LocalLinear(Baseline):
    """Local linear regression with a Gaussian kernel, d = 1, bandwidth of 16 by leave-one-out [Fan 1993]."""

    label: str = "local linear"
    description: str = "local linear regression with a Gaussian kernel, bandwidth by leave-one-out"
    style: str = "local_linear"

    def fit(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
        """Values at the new points and the tuning value."""
        _one_input(x)

        def smooth(at: np.ndarray, bandwidth: float) -> tuple[np.ndarray, np.ndarray]:
            gap = at[:, :1] - x[None, :, 0]
            weight = np.exp(-0.5 * (gap / bandwidth) ** 2)
            s0, s1, s2 = (np.einsum("ij,ij->i", weight, gap**p) for p in range(3))
            slope = weight * (s2[:, None] - gap * s1[:, None])
            smoother = slope / np.maximum(s0 * s2 - s1**2, 1e-300)[:, None]
            return smoother @ y, smoother

        def score(bandwidth: float) -> float:
            fitted, smoother = smooth(x, bandwidth)
            return float((((y - fitted) / np.maximum(1 - np.diag(smoother), 1e-6)) ** 2).mean())

        grid = np.geomspace(2.0 / len(y), 0.5, 16)
        bandwidth = float(grid[np.argmin([score(h) for h in grid])])
        return smooth(new, bandwidth)[0], bandwidth


@dataclass(frozen=True)
class SmoothingSpline(Baseline):
    """Penalised cubic spline, d = 1: min(n/4, 80) equal intervals, second differences, penalty by GCV.

    [Eilers and Marx 1996; Craven and Wahba 1979]: 40 penalties on one simultaneous diagonalisation.
    """

    label: str = "smoothing spline"
    description: str = "penalised cubic spline, penalty by generalised cross-validation"
    style: str = "spline"

    def fit(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
        """Values at the new points and the tuning value."""
        _one_input(x)
        intervals = max(4, min(len(y) // 4, 80))
        low, high = float(min(x.min(), new.min())), float(max(x.max(), new.max()))
        knots = low + (high - low) * np.arange(-3, intervals + 4) / intervals
        knots[3], knots[-4] = low, high

        def basis(at: np.ndarray) -> np.ndarray:
            return interpolate.BSpline.design_matrix(at[:, 0], knots, 3).toarray()

        design = basis(x)
        gram = design.T @ design + 1e-9 * len(y) * np.eye(design.shape[1])
        rough = np.diff(np.eye(design.shape[1]), 2, axis=0)
        value, vector = linalg.eigh(rough.T @ rough, gram)
        value, inner = np.maximum(value, 0.0), vector.T @ (design.T @ y)
        best = (np.inf, 0.0)
        for penalty in np.geomspace(1e-6, 1e6, 40):
            shrink = 1 / (1 + penalty * value)
            left = ((y - design @ (vector @ (shrink * inner))) ** 2).mean()
            best = min(best, (float(left / (1 - shrink.sum() / len(y)) ** 2), float(penalty)))
        return basis(new) @ (vector @ (inner / (1 + best[1] * value))), best[1]


@dataclass(frozen=True)
class KernelRidge(Baseline):
    """Gaussian kernel ridge, 4 bandwidths and 12 penalties by generalised cross-validation."""

    label: str = "kernel ridge"
    description: str = "kernel ridge regression, Gaussian kernel, bandwidth and penalty by generalised cross-validation"
    style: str = "kernel_ridge"

    def fit(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
        """Values at the new points and the tuning value."""
        squared = spatial.distance.cdist(x, x, "sqeuclidean")
        ahead = spatial.distance.cdist(new, x, "sqeuclidean")
        scale = float(np.median(squared[squared > 0]))
        ridges = np.geomspace(1e-6, 10.0, 12) * len(y)
        best = (np.inf, np.zeros(len(new)), 0.0)
        for fraction in (1.0, 0.1, 0.01, 0.001):
            value, vector = np.linalg.eigh(np.exp(-squared / (2 * fraction * scale)))
            value, inner = np.maximum(value, 0.0), vector.T @ (y - y.mean())
            for ridge in ridges:
                left = ridge / (value + ridge)
                score = float(((left * inner) ** 2).mean() / left.mean() ** 2)
                if score < best[0]:
                    weight = vector @ (inner / (value + ridge))
                    best = (score, np.exp(-ahead / (2 * fraction * scale)) @ weight + y.mean(), float(ridge / len(y)))
        return best[1], best[2]


@dataclass(frozen=True)
class AdditiveModel(Baseline):
    """Additive cubic splines in every coordinate, 4 to 32 knots and 9 ridge penalties by leave-one-out [Stone 1985]."""

    label: str = "additive model"
    description: str = "cubic splines in every coordinate, knots and penalty by leave-one-out"
    style: str = "spline"

    def fit(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
        """Values at the new points and the tuning value."""
        from sklearn import linear_model, pipeline, preprocessing

        best = (np.inf, np.zeros(len(new)), 0.0)
        for knots in (4, 8, 16, 32):
            if x.shape[1] * (knots + 2) >= len(y):
                continue
            basis = preprocessing.SplineTransformer(
                knots, 3, knots="quantile", extrapolation="linear", include_bias=False
            )
            ridge = linear_model.RidgeCV(np.geomspace(1e-4, 1e2, 9))
            model = pipeline.make_pipeline(basis, preprocessing.StandardScaler(), ridge).fit(x, y)
            if -ridge.best_score_ < best[0]:  # pyright: ignore[reportOptionalOperand]
                best = (-ridge.best_score_, model.predict(new), float(knots))  # pyright: ignore[reportOptionalOperand]
        return best[1], best[2]


@dataclass(frozen=True)
class Forest(Baseline):
    """100 trees [Breiman 2001], a third or all of the inputs at a split and leaves of 1 or 5 by out-of-bag error."""

    label: str = "random forest"
    description: str = "random forest of 100 trees, inputs per split and leaf size by out-of-bag error"
    style: str = "forest"

    def fit(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
        """Values at the new points and the tuning value."""
        from sklearn import ensemble

        seed = int(rng.integers(2**31))
        best = (-np.inf, None, 0.0)
        for inputs in {max(1, x.shape[1] // 3), x.shape[1]}:
            for leaf in (1, 5):
                model = ensemble.RandomForestRegressor(
                    100, max_features=inputs, min_samples_leaf=leaf, oob_score=True, random_state=seed
                ).fit(x, y)
                if model.oob_score_ > best[0]:
                    best = (model.oob_score_, model, float(leaf))
        assert best[1] is not None
        return best[1].predict(new), best[2]


def tuning_split(n: int, rng: np.random.Generator) -> tuple[int, np.ndarray, np.ndarray]:
    """(seed for the method, a quarter of the observations held out for tuning, the rest).

    Methods that are given generators of the same stream hold out the same quarter.
    """
    seed = int(rng.integers(2**31))
    order = rng.permutation(n)
    return seed, order[: n // 4], order[n // 4 :]


@dataclass(frozen=True)
class Boosting(Baseline):
    """Gradient boosting by histograms, 100 trees at rate 0.1; depth 1, 2 or 4 by a held-out quarter [Friedman 2001]."""

    label: str = "boosting"
    description: str = "gradient boosting, 100 trees at rate 0.1, depth by a held-out quarter"
    style: str = "boosting"

    def fit(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Fitted:
        """Values at the new points and the tuning value."""
        from sklearn import ensemble

        seed, held, rest = tuning_split(len(y), rng)

        def model(depth: int) -> ensemble.HistGradientBoostingRegressor:
            never: Any = False  # scikit-learn also takes "auto", and its types only that
            return ensemble.HistGradientBoostingRegressor(max_depth=depth, random_state=seed, early_stopping=never)

        scores = {d: ((model(d).fit(x[rest], y[rest]).predict(x[held]) - y[held]) ** 2).mean() for d in (1, 2, 4)}
        best = min(scores, key=lambda depth: scores[depth])
        return model(best).fit(x, y).predict(new), float(best)


def oracle_neighbours(
    x: Inputs, truth: Values, new: New, new_truth: Float[np.ndarray, " m"], noise_sd: float, most: int
) -> tuple[float, int]:
    """Exact risk of k-nearest neighbours given the inputs, at the k <= `most` that is best on average, and that k.

    Mean over the new points of (f(x) - mean of f over neighbours)² + noise_sd²/k: no noise is drawn.
    """
    levels = np.unique(np.concatenate([geometric_levels(most), [most]]))
    total = np.zeros(len(levels))
    lengths = (x**2).sum(axis=1)
    for row, value in zip(new, new_truth, strict=True):
        distance = lengths - 2 * (x @ row)
        near = np.argpartition(distance, most - 1)[:most] if most < len(x) else np.arange(len(x))
        near = near[np.argsort(distance[near], kind="stable")]
        total += (value - np.cumsum(truth[near])[levels - 1] / levels) ** 2
    risk = total / len(new) + noise_sd**2 / levels
    return float(risk.min()), int(levels[np.argmin(risk)])
