"""What a statistician would use for conditional quantiles: lines, boosting, forest weights, kernel weights.

A method is a function (x, y, x_new, levels, rng) -> quantiles (m, levels). Tuning is fixed by the stated rules and sees
nothing of the truth. Quantiles of one method may cross; they are returned as they are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy import optimize, spatial
from sklearn import ensemble, preprocessing
from statsmodels.regression import quantile_regression

Inputs = Float[np.ndarray, "n d"]
New = Float[np.ndarray, "m d"]
Values = Float[np.ndarray, " n"]
Quantiles = Float[np.ndarray, "m k"]
Levels = tuple[float, ...]

HELD = 500
"""Most points on which the kernel chooses its bandwidth."""


def linear(x: Inputs, y: Values, new: New, levels: Levels, rng: np.random.Generator) -> Quantiles:
    """Linear quantile regression by statsmodels' iteratively reweighted least squares, up to 5000 iterations."""
    design, ahead = (np.column_stack([np.ones(len(a)), a]) for a in (x, new))
    return np.stack([ahead @ _fit_line(design, y, level) for level in levels], axis=1)


def _fit_line(design: np.ndarray, y: Values, level: float) -> np.ndarray:
    import warnings

    with warnings.catch_warnings():
        # an iteration limit or a singular weight matrix shows in the risk, which is what is measured
        warnings.simplefilter("ignore")
        return np.asarray(quantile_regression.QuantReg(y, design).fit(level, max_iter=5000).params)


def boosting(x: Inputs, y: Values, new: New, levels: Levels, rng: np.random.Generator) -> Quantiles:
    """Gradient boosting on the pinball loss, one model a level: 100 trees of at most 8 leaves at rate 0.1, leaves of 10.

    scikit-learn's HistGradientBoostingRegressor [Friedman 2001, section 4.3].
    """
    seed = int(rng.integers(2**31))
    found = []
    for level in levels:
        model = ensemble.HistGradientBoostingRegressor(
            loss="quantile",
            quantile=level,
            max_leaf_nodes=8,
            min_samples_leaf=10,
            early_stopping=False,  # pyright: ignore[reportArgumentType]
            random_state=seed,
        )
        found.append(model.fit(x, y).predict(new))
    return np.stack(found, axis=1)


def forest(x: Inputs, y: Values, new: New, levels: Levels, rng: np.random.Generator) -> Quantiles:
    """Quantile regression forest [Meinshausen 2006]: quantiles of y under the weights of shared leaves.

    100 trees, a third of the inputs at a split, leaves of 10.
    """
    model = ensemble.RandomForestRegressor(
        100, max_features=max(1, x.shape[1] // 3), min_samples_leaf=10, random_state=int(rng.integers(2**31))
    ).fit(x, y)
    leaves = preprocessing.OneHotEncoder()
    own, ahead = leaves.fit_transform(model.apply(x)), leaves.transform(model.apply(new))
    shares = ahead.multiply(1 / own.sum(axis=0)).tocsr()  # pyright: ignore[reportAttributeAccessIssue]
    return weighted_quantiles(y, (shares @ own.T).toarray(), levels)


def kernel(x: Inputs, y: Values, new: New, levels: Levels, rng: np.random.Generator) -> Quantiles:
    """Local constant quantiles under Gaussian weights, bandwidth of 12 by pinball loss on a held-out quarter, 500 at most.

    The bandwidth is chosen for all levels together [Yu and Jones 1998, the kernel of section 2, with validation].
    """
    order = rng.permutation(len(y))
    held, rest = np.split(order, [min(len(y) // 4, HELD)])
    reach = np.sqrt(x.shape[1])

    def weights(at: np.ndarray, own: np.ndarray, bandwidth: float) -> np.ndarray:
        squared = spatial.distance.cdist(at, own, "sqeuclidean") / (2 * bandwidth**2)
        return np.exp(-(squared - squared.min(axis=1, keepdims=True)))

    def score(bandwidth: float) -> float:
        fitted = weighted_quantiles(y[rest], weights(x[held], x[rest], bandwidth), levels)
        residual, tau = y[held][:, None] - fitted, np.array(levels)
        return float(np.maximum(tau * residual, (tau - 1) * residual).mean())

    grid = reach * np.geomspace(0.01, 1.0, 12)
    best = float(grid[np.argmin([score(h) for h in grid])])
    return weighted_quantiles(y, weights(new, x, best), levels)


def linear_program(x: np.ndarray, y: np.ndarray, level: float) -> np.ndarray:
    """Coefficients of linear quantile regression as a linear program [Koenker and Bassett 1978]: intercept first."""
    n = len(y)
    design = np.column_stack([np.ones(n), x])
    d = design.shape[1]
    cost = np.concatenate([np.zeros(d), np.full(n, level), np.full(n, 1 - level)])
    equal = np.hstack([design, np.eye(n), -np.eye(n)])
    bounds = [(None, None)] * d + [(0, None)] * (2 * n)
    optimum = optimize.linprog(cost, A_eq=equal, b_eq=y, bounds=bounds, method="highs")
    if optimum.status != 0:
        raise ArithmeticError(f"The linear program must reach its optimum, got: {optimum.message}")
    return optimum.x[:d]  # pyright: ignore[reportOptionalSubscript]


def weighted_quantiles(y: Values, weights: Float[np.ndarray, "m n"], levels: Levels) -> Quantiles:
    """For every row of weights the smallest y whose cumulated share reaches the level."""
    order = np.argsort(y)
    running = np.cumsum(weights[:, order], axis=1)
    least = (np.array(levels) - 1e-12) * running[:, -1:]
    found = [np.count_nonzero(running < bound[:, None], axis=1) for bound in least.T]
    return y[order][np.minimum(np.stack(found, axis=1), len(y) - 1)]


QUANTILE_BASELINES: dict[str, Callable[[Inputs, Values, New, Levels, np.random.Generator], Quantiles]] = {
    "linear": linear,
    "kernel": kernel,
    "forest": forest,
    "boosting": boosting,
}
"""Name -> method."""
