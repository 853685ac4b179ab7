"""Forests and boosted trees for regression, tuned as the other methods of `dlstats.methods.regression`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dlstats.methods.regression import Baseline, Curve, pairs
from dlstats.methods.tuning import Held, Inputs, New, Values


@dataclass(frozen=True)
class Forest(Baseline):
    """100 trees [Breiman 2001]; a setting is (proportion of the inputs at a split, least size of a leaf)."""

    grid: tuple[tuple[float, float], ...] = pairs((1 / 3, 1.0), (1, 5))
    label: str = "random forest"
    description: str = "random forest of 100 trees, inputs per split and leaf size on the held-out fifth"
    style: str = "forest"

    def predictions(
        self, x: Inputs, y: Values, new: New, settings: Sequence[tuple[float, float]], seed: int
    ) -> Iterator[Curve]:
        """A forest for every setting."""
        from sklearn import ensemble

        for share, leaf in settings:
            inputs = max(1, round(share * x.shape[1]))
            forest = ensemble.RandomForestRegressor(
                100, max_features=inputs, min_samples_leaf=int(leaf), random_state=seed
            )
            yield forest.fit(x, y).predict(new)


@dataclass(frozen=True)
class Boosting(Baseline):
    """Gradient boosting by histograms at rate 0.2, leaves of 5, at most 31 of them [Friedman 2001].

    A setting is (depth, trees), one of the grid (depth, trees at most): of every depth trees are added until 50 in a row leave
    the held-out error where it was.
    """

    grid: tuple[tuple[int, int], ...] = ((1, 1600), (2, 1600), (4, 800), (8, 800))
    label: str = "boosting"
    description: str = "gradient boosting at rate 0.2, depth and number of trees on the held-out fifth"
    style: str = "boosting"

    def chosen(self, x: Inputs, y: Values, ahead: New, held: Held, seed: int) -> tuple[int, int]:
        """The depth with the smallest held-out error, and the number of trees that has it."""
        errors = {}
        for depth, most in self.grid:
            model = self._model(depth, most, seed, early_stopping=True, n_iter_no_change=50, tol=0.0, scoring="loss")
            losses = -model.fit(x, y, X_val=ahead, y_val=held).validation_score_[1:]
            errors[depth, int(losses.argmin()) + 1] = losses.min()
        return min(errors, key=lambda setting: errors[setting])

    def predictions(
        self, x: Inputs, y: Values, new: New, settings: Sequence[tuple[int, int]], seed: int
    ) -> Iterator[Curve]:
        """A fit of every setting."""
        for depth, trees in settings:
            yield self._model(depth, trees, seed, early_stopping=False).fit(x, y).predict(new)

    def _model(self, depth: int, trees: int, seed: int, **more: Any) -> Any:
        from sklearn import ensemble

        return ensemble.HistGradientBoostingRegressor(
            learning_rate=0.2, max_iter=trees, max_depth=depth, min_samples_leaf=5, random_state=seed, **more
        )
