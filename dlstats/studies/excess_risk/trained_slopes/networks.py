"""Targets of several smoothnesses, width rules, and what is fitted to them: networks and splines on the same data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dlstats.dgp import regression
from dlstats.dgp.additive import Additive
from dlstats.dgp.noise import normal
from dlstats.methods import tuning
from dlstats.methods.free_knots import FreeKnots, inner_quantiles, least_squares
from dlstats.methods.regression import SmoothingSpline
from dlstats.protocol.factor import Condition
from dlstats.protocol.plug import Sample
from dlstats.seeds import Streams
from dlstats.studies.comparisons import sampled
from dlstats.studies.frames import squared_error, stacked

if TYPE_CHECKING:
    from dlstats.training.recipes import Outcome

NOISE_SD, NEW = 0.3, 1000
LEARNING_RATE, BATCH, STEPS, RESTARTS = 0.05, 64, 3, 3
"""Of OneCycle; the size of minibatches; steps for every observation at effort 1; random starts."""
WIDE, WIDTHS = 64, (4, 16, 64)
"""Units that do not follow n, and those among which the held-out fifth chooses."""


@dataclass(frozen=True)
class Target:
    """A function on [0, 1] whose squared error of best approximation by N linear pieces is about C N^(−2b)."""

    function: Callable[[np.ndarray], np.ndarray]
    smoothness: float
    """b, with free knots; infinite where finitely many pieces are exact."""
    constant: float
    """C; for infinite b the number of pieces."""

    @property
    def slope(self) -> float:
        """−2b/(2b + 1), of the smallest risk C N^(−2b) + 2Nσ²/n over N; −1 for infinite b."""
        return -1.0 if np.isinf(self.smoothness) else -2 * self.smoothness / (2 * self.smoothness + 1)

    def pieces(self, n: int) -> float:
        """The N that minimises C N^(−2b) + 2Nσ²/n, (bCn/σ²)^(1/(2b + 1)): theory's, each kink a knot and a slope."""
        if np.isinf(self.smoothness):
            return self.constant
        b = self.smoothness
        return (b * self.constant * n / NOISE_SD**2) ** (1 / (2 * b + 1))


TARGETS = {
    "rough": Target(partial(regression.weierstrass, smoothness=1.0), 1.0, 0.4),
    "cusp": Target(regression.cusp, 2.0, 0.26),
    "smooth": Target(regression.sine, 2.0, 11.18),
    "kinked": Target(regression.zigzag, np.inf, 4.0),
}


def units(rule: str, target: Target, n: int) -> int:
    """Hidden units: theory's pieces less one (a line has one piece), twice as many, or always 64."""
    if rule == "wide":
        return WIDE
    return max(1, round({"theory": 1, "double": 2}[rule] * (target.pieces(n) - 1)))


@dataclass(frozen=True)
class Data:
    """What the methods of a cell share."""

    x: np.ndarray
    y: np.ndarray
    new: np.ndarray
    truth: np.ndarray
    streams: Streams
    about: dict[str, Any]
    effort: int
    steps: int
    """For every observation."""
    device: str

    def at(self, replicates: list[int]) -> Data:
        """Some of the replicates, by their places in the block."""
        few = replace(self.streams, replicates=[self.streams.replicates[r] for r in replicates])
        parts = {name: getattr(self, name)[replicates] for name in ("x", "y", "new", "truth")}
        return replace(self, streams=few, **parts)


def network(width: int, data: Data) -> Outcome:
    """Networks of one layer, trained for a number of steps in proportion to n."""
    from dlstats.training import recipes

    steps = data.steps * data.x.shape[1]
    recipe = recipes.Recipe((width,), LEARNING_RATE, steps, BATCH, RESTARTS, "kinks").at(data.effort)
    return recipes.run(recipe, data.x, data.y, data.streams, data.device, **data.about)


def chosen_widths(data: Data) -> np.ndarray:
    """The width of every replicate that is best on the held-out fifth, which is that of the splines."""
    splits = [tuning.held_out(data.x.shape[1], rng) for rng in data.streams.generators("baseline", **data.about)]
    held, rest = (np.stack([getattr(split, part) for split in splits]) for part in ("held", "rest"))
    own = replace(
        data,
        x=np.take_along_axis(data.x, rest[..., None], axis=1),
        y=np.take_along_axis(data.y, rest, axis=1),
        about=data.about | {"tuning": True},
    )
    ahead = np.take_along_axis(data.x, held[..., None], axis=1), np.take_along_axis(data.y, held, axis=1)
    tried = [squared_error(network(width, own).predict(ahead[0]), ahead[1]) for width in WIDTHS]
    return np.array(WIDTHS)[tuning.best(np.stack(tried, axis=1))]


def network_rows(width: int, data: Data, spline: tuple[np.ndarray, np.ndarray]) -> pd.DataFrame:
    """What is recorded of a network, and how far its training loss lies above a known network of as many units.

    That one is the better of least squares with kinks at quantiles and the free-knot spline, if it has no more knots.
    """
    trained = network(width, data)
    known = [least_squares(a[:, 0], b, inner_quantiles(a[:, 0], width))[1] for a, b in zip(data.x, data.y, strict=True)]
    loss, knots = spline
    best = np.where(knots <= width, np.minimum(known, loss), known)
    return pd.DataFrame(trained.columns).assign(
        risk=squared_error(trained.predict(data.new), data.truth),
        units=width,
        misfit=trained.loss / NOISE_SD**2,
        gap=(trained.loss - best) / NOISE_SD**2,
        stops_above=(trained.loss > best).astype(float),
    )


def tuned_rows(data: Data, spline: tuple[np.ndarray, np.ndarray]) -> pd.DataFrame:
    """`network_rows` at the width that the held-out fifth chooses, replicate by replicate."""
    widths, parts = chosen_widths(data), []
    for width in np.unique(widths):
        mine = np.flatnonzero(widths == width)
        rows = network_rows(int(width), data.at(mine.tolist()), (spline[0][mine], spline[1][mine]))
        parts.append(rows.set_index(mine))
    return pd.concat(parts).sort_index()


def splines(data: Data) -> tuple[dict[str, dict], tuple[np.ndarray, np.ndarray]]:
    """Rows of the two splines, and training loss and number of knots of the one with free knots."""
    ends, losses, knots = {"free_knots": [], "smoothing_spline": []}, [], []
    for x, y, new, *rngs in zip(
        data.x, data.y, data.new, *(data.streams.generators("baseline", **data.about) for _ in ends), strict=True
    ):
        values, count = FreeKnots().fit(x, y, np.concatenate([new, x]), rngs[0])
        losses.append(((y - values[len(new) :]) ** 2).mean())
        knots.append(count)
        ends["free_knots"].append(values[: len(new)])
        ends["smoothing_spline"].append(SmoothingSpline()(x, y, new, rngs[1]))
    rows = {name: {"risk": squared_error(np.stack(values), data.truth)} for name, values in ends.items()}
    return rows, (np.array(losses), np.array(knots))


def sample(condition: Condition, streams: Streams) -> Sample:
    """The data of a block of replicates."""
    process = Additive(condition.target, 1, TARGETS[condition.target].function, normal(NOISE_SD))
    return sampled(process, condition.n, NEW, streams, NOISE_SD, {"target": condition.target, "n": condition.n})


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks by every rule and two splines, on the same data."""
    target, n, own = TARGETS[condition.target], condition.n, sample(condition, streams)
    steps = condition.steps or STEPS
    data = Data(own.x, own.y, own.new, own.truth, streams, dict(own.key), condition.effort, steps, device)
    rows, spline = splines(data)
    trained = {rule: network_rows(units(rule, target, n), data, spline) for rule in ("theory", "double", "wide")}
    trained["tuned"] = tuned_rows(data, spline)
    return stacked(streams, {name: {str(c): frame[c] for c in frame} for name, frame in trained.items()} | rows)
