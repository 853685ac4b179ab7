"""What a statistician would use for conditional quantiles: lines, boosting, forest weights, kernel weights.

A method is a function (x, y, x_new, levels, rng) -> quantiles (m, levels). All are tuned by one rule, pinball loss on a
held-out quarter, and see nothing of the truth. Quantiles of one method may cross; they are returned as they are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy import optimize, spatial
from sklearn import ensemble, preprocessing

Inputs = Float[np.ndarray, "n d"]
New = Float[np.ndarray, "m d"]
Values = Float[np.ndarray, " n"]
Quantiles = Float[np.ndarray, "m k"]
Levels = tuple[float, ...]

HELD = 500
"""Most points on which a method is tuned."""
TREES = (10, 20, 40, 80, 160)
"""Numbers of boosted trees of which the best is taken."""
LEAVES = (10, 30, 100)
"""Least sizes of a forest's leaf of which the best is taken."""


def linear(x: Inputs, y: Values, new: New, levels: Levels, rng: np.random.Generator) -> Quantiles:
    """Linear quantile regression, one linear program per level."""
    ahead = np.column_stack([np.ones(len(new)), new])
    return np.stack([ahead @ linear_program(x, y, level) for level in levels], axis=1)


def boosting(x: Inputs, y: Values, new: New, levels: Levels, rng: np.random.Generator) -> Quantiles:
    """Gradient boosting on the pinball loss, one model per level, trees of at most 8 leaves of 10 at rate 0.1.

    The number of trees is the best of `TREES` by pinball loss on a held-out quarter. scikit-learn's
    HistGradientBoostingRegressor [Friedman 2001, section 4.3].
    """
    held, rest = _held_out(len(y), rng)
    seed = int(rng.integers(2**31))

    def model(level: float, trees: int) -> ensemble.HistGradientBoostingRegressor:
        return ensemble.HistGradientBoostingRegressor(
            loss="quantile",
            quantile=level,
            max_iter=trees,
            max_leaf_nodes=8,
            min_samples_leaf=10,
            early_stopping=False,  # pyright: ignore[reportArgumentType]
            random_state=seed,
        )

    columns = []
    for level in levels:
        stages = model(level, max(TREES)).fit(x[rest], y[rest]).staged_predict(x[held])
        scores = [_pinball(y[held], stage[:, None], (level,)) for stage in stages]
        best = min(TREES, key=lambda trees: scores[trees - 1])
        columns.append(model(level, best).fit(x, y).predict(new))
    return np.stack(columns, axis=1)


def forest(x: Inputs, y: Values, new: New, levels: Levels, rng: np.random.Generator) -> Quantiles:
    """Quantile regression forest [Meinshausen 2006]: quantiles of y under the weights of shared leaves.

    100 trees, a third of the inputs at a split; the least size of a leaf is the best of `LEAVES` by pinball loss of 40 trees
    on a held-out quarter, for all levels together.
    """
    held, rest = _held_out(len(y), rng)
    seed = int(rng.integers(2**31))

    def fitted(own: np.ndarray, responses: Values, at: np.ndarray, leaf: int, trees: int) -> Quantiles:
        model = ensemble.RandomForestRegressor(
            trees, max_features=max(1, x.shape[1] // 3), min_samples_leaf=leaf, random_state=seed
        ).fit(own, responses)
        leaves = preprocessing.OneHotEncoder()
        inside, ahead = leaves.fit_transform(model.apply(own)), leaves.transform(model.apply(at))
        weights = ahead.multiply(1 / inside.sum(axis=0)).tocsr()  # pyright: ignore[reportAttributeAccessIssue]
        return weighted_quantiles(responses, (weights @ inside.T).toarray(), levels)

    best = min(LEAVES, key=lambda leaf: _pinball(y[held], fitted(x[rest], y[rest], x[held], leaf, 40), levels))
    return fitted(x, y, new, best, 100)


def kernel(x: Inputs, y: Values, new: New, levels: Levels, rng: np.random.Generator) -> Quantiles:
    """Local constant quantiles under Gaussian weights, bandwidth of 12 by pinball loss on a held-out quarter, 500 at most.

    The bandwidth is chosen for all levels together [Yu and Jones 1998, the kernel of section 2, with validation].
    """
    held, rest = _held_out(len(y), rng)
    reach = np.sqrt(x.shape[1])

    def weights(at: np.ndarray, own: np.ndarray, bandwidth: float) -> np.ndarray:
        squared = spatial.distance.cdist(at, own, "sqeuclidean") / (2 * bandwidth**2)
        return np.exp(-(squared - squared.min(axis=1, keepdims=True)))

    def score(bandwidth: float) -> float:
        return _pinball(y[held], weighted_quantiles(y[rest], weights(x[held], x[rest], bandwidth), levels), levels)

    grid = reach * np.geomspace(0.01, 1.0, 12)
    best = float(grid[np.argmin([score(h) for h in grid])])
    return weighted_quantiles(y, weights(new, x, best), levels)


def _held_out(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Indices of a held-out quarter, `HELD` at most, and of the rest."""
    held, rest = np.split(rng.permutation(n), [min(n // 4, HELD)])
    return held, rest


def _pinball(y: Values, fitted: Quantiles, levels: Levels) -> float:
    """Mean pinball loss over points and levels."""
    residual, tau = y[:, None] - fitted, np.array(levels)
    return float(np.maximum(tau * residual, (tau - 1) * residual).mean())


def linear_program(x: np.ndarray, y: np.ndarray, level: float) -> np.ndarray:
    """Coefficients of linear quantile regression [Koenker and Bassett 1978], the intercept first.

    They are the multipliers of the dual program, max yᵀa subject to Xᵀa = (1 − τ) Xᵀ1 and 0 <= a <= 1, which has one row
    per coefficient [Koenker 2005, section 6.2].
    """
    design = np.column_stack([np.ones(len(y)), x])
    optimum = optimize.linprog(-y, A_eq=design.T, b_eq=(1 - level) * design.sum(axis=0), bounds=(0, 1), method="highs")
    if optimum.status != 0:
        raise ArithmeticError(f"The linear program must reach its optimum, got: {optimum.message}")
    return -optimum.eqlin.marginals


def weighted_quantiles(y: Values, weights: Float[np.ndarray, "m n"], levels: Levels) -> Quantiles:
    """For every row of weights the smallest y whose cumulated weight reaches the level."""
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
