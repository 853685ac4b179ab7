"""What a statistician would use for conditional quantiles: lines, boosting, forest weights, kernel weights.

A method has the quantile levels as its first field and is called with (x, y, x_new, rng) -> quantiles (m, levels). Those
that are tuned follow the rule of `dlstats.methods.tuning` with the pinball loss, one setting for all levels; nothing of the
truth enters. Quantiles of one method may cross; they are returned as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from jaxtyping import Float

from dlstats.methods.tuning import Inputs, New, Tuned, Values

Quantiles = Float[np.ndarray, "m k"]
Levels = tuple[float, ...]


class QuantileBaseline(Tuned):
    """A method for the quantiles of `levels`, judged by their mean pinball loss."""

    levels: Levels

    def error(self, y: Values, values: Quantiles) -> float:
        """Mean pinball loss over points and levels."""
        return float(mean_pinball(y, values, self.levels))


@dataclass(frozen=True)
class LinearQuantiles:
    """Linear quantile regression, one linear program per level; nothing is tuned."""

    levels: Levels
    label: str = "linear"
    description: str = "linear quantile regression by linear programming"
    style: str = ""

    def __call__(self, x: Inputs, y: Values, new: New, rng: np.random.Generator) -> Quantiles:
        """Quantiles at the new points."""
        ahead = np.column_stack([np.ones(len(new)), new])
        return np.stack([ahead @ linear_program(x, y, level) for level in self.levels], axis=1)


@dataclass(frozen=True)
class QuantileBoosting(QuantileBaseline):
    """Gradient boosting on the pinball loss, one model per level, trees of at most 8 leaves of 10 at rate 0.1.

    A setting is the number of trees. scikit-learn's HistGradientBoostingRegressor [Friedman 2001, section 4.3].
    """

    levels: Levels
    grid: tuple[int, ...] = (1, 2, 5, 10, 20, 40, 80, 160)
    label: str = "boosting"
    description: str = "boosted trees of 8 leaves on the pinball loss, number of trees on the held-out fifth"
    style: str = ""

    def predictions(self, x: Inputs, y: Values, new: New, settings: Sequence[int], seed: int) -> Iterator[Quantiles]:
        """One fit per level for all numbers of trees."""
        from sklearn import ensemble

        never: Any = False  # scikit-learn also takes "auto", and its types only that
        stages = []
        for level in self.levels:
            model = ensemble.HistGradientBoostingRegressor(
                loss="quantile",
                quantile=level,
                max_iter=max(settings),
                max_leaf_nodes=8,
                min_samples_leaf=10,
                early_stopping=never,
                random_state=seed,
            )
            stages.append(list(model.fit(x, y).staged_predict(new)))
        for trees in settings:
            yield np.stack([stage[trees - 1] for stage in stages], axis=1)


@dataclass(frozen=True)
class QuantileForest(QuantileBaseline):
    """Quantile regression forest [Meinshausen 2006]: quantiles of y under the weights of shared leaves.

    100 trees, a third of the inputs at a split; a setting is the least size of a leaf.
    """

    levels: Levels
    grid: tuple[int, ...] = (1, 3, 10, 30, 100, 300)
    label: str = "forest"
    description: str = "quantile regression forest, 100 trees, size of leaves on the held-out fifth"
    style: str = ""

    def predictions(self, x: Inputs, y: Values, new: New, settings: Sequence[int], seed: int) -> Iterator[Quantiles]:
        """A forest for every size of leaves."""
        from sklearn import ensemble

        order = np.argsort(y)
        for leaf in settings:
            model = ensemble.RandomForestRegressor(
                100, max_features=max(1, x.shape[1] // 3), min_samples_leaf=leaf, random_state=seed
            ).fit(x, y)
            inside, ahead = _leaves(model, x[order]), _leaves(model, new)
            ahead.data /= np.bincount(inside.indices, minlength=inside.shape[1])[ahead.indices]
            yield weighted_quantiles(y[order], (ahead @ inside.T).toarray(), self.levels)


@dataclass(frozen=True)
class QuantileKernel(QuantileBaseline):
    """Local constant quantiles under Gaussian weights [Yu and Jones 1998, the kernel of section 2].

    A setting is the bandwidth over √d.
    """

    levels: Levels
    grid: tuple[float, ...] = tuple(np.geomspace(0.001, 4.5, 22).tolist())
    label: str = "kernel"
    description: str = "local constant quantiles under Gaussian weights, bandwidth on the held-out fifth"
    style: str = ""

    def predictions(self, x: Inputs, y: Values, new: New, settings: Sequence[float], seed: int) -> Iterator[Quantiles]:
        """Weighted quantiles for every bandwidth."""
        order = np.argsort(y)
        squared = scipy.spatial.distance.cdist(new, x[order], "sqeuclidean")
        squared -= squared.min(axis=1, keepdims=True)
        for bandwidth in settings:
            weights = squared * (-0.5 / (x.shape[1] * bandwidth**2))
            yield weighted_quantiles(y[order], np.exp(weights, out=weights), self.levels)


def mean_pinball(
    y: Float[np.ndarray, "*reps n"], values: Float[np.ndarray, "*reps n k"], levels: Sequence[float]
) -> Any:
    """Per replicate the mean over points and levels of max(τ r, (τ − 1) r), r = y − f."""
    residual, tau = y[..., None] - values, np.array(levels)
    return np.maximum(tau * residual, (tau - 1) * residual).mean(axis=(-2, -1))


def linear_program(x: np.ndarray, y: np.ndarray, level: float) -> np.ndarray:
    """Coefficients of linear quantile regression [Koenker and Bassett 1978], the intercept first.

    They are the multipliers of the dual program, max yᵀa subject to Xᵀa = (1 − τ) Xᵀ1 and 0 <= a <= 1, which has one row
    per coefficient [Koenker 2005, section 6.2].
    """
    design = np.column_stack([np.ones(len(y)), x])
    optimum = scipy.optimize.linprog(
        -y, A_eq=design.T, b_eq=(1 - level) * design.sum(axis=0), bounds=(0, 1), method="highs"
    )
    if optimum.status != 0:
        raise ArithmeticError(f"The linear program must reach its optimum, got: {optimum.message}")
    return -optimum.eqlin.marginals


def weighted_quantiles(y: Values, weights: Float[np.ndarray, "m n"], levels: Levels) -> Quantiles:
    """For every row of weights the first of the increasing y at which the cumulated weight reaches the level."""
    running = np.cumsum(weights, axis=1)
    least = (np.array(levels) - 1e-12) * running[:, -1:]
    places = [np.count_nonzero(running < bound[:, None], axis=1) for bound in least.T]
    return y[np.minimum(np.stack(places, axis=1), len(y) - 1)]


def _leaves(forest: Any, x: Inputs) -> Any:
    """A row per point, with a 1 in the column of its leaf of every tree, columns being all nodes of all trees."""
    import scipy.sparse

    nodes = np.cumsum([0, *(tree.tree_.node_count for tree in forest.estimators_)])
    columns = (forest.apply(x) + nodes[:-1]).astype(np.int32)
    rows = np.arange(0, columns.size + 1, len(nodes) - 1)
    return scipy.sparse.csr_array((np.ones(columns.size), columns.ravel(), rows), shape=(len(x), nodes[-1]))


QUANTILE_BASELINES = {
    "linear": LinearQuantiles,
    "kernel": QuantileKernel,
    "forest": QuantileForest,
    "boosting": QuantileBoosting,
}
"""Name -> method, a function of the levels."""
