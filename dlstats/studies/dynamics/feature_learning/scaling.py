"""Mean-field and lazy scaling: how far a network of width m is from its limit, and how far its weights move."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.study import Experiment, Method
from dlstats.studies.frames import squared_error, stacked
from dlstats.theory import mean_field

if TYPE_CHECKING:
    from dlstats.seeds import Streams

POINTS, RATE, STEPS = 10, 0.25, 60
AMPLITUDE, RADIUS = 2.0, 1.0


def descent(steps: int = STEPS) -> mean_field.Descent:
    """sin(πu) at equally spaced u in [−1, 1], inputs (u, 1)."""
    u = np.linspace(-1, 1, POINTS)
    return mean_field.Descent(np.stack([u, np.ones(POINTS)], axis=1), np.sin(np.pi * u), RATE, steps)


@cache
def limit() -> tuple[np.ndarray, float]:
    """Predictions and relative squared displacement of the mean-field limit."""
    return mean_field.limit(descent(), *mean_field.units(AMPLITUDE, RADIUS))


@cache
def left() -> float:
    """The mean squared error of the mean-field limit over the mean square of the responses."""
    y = descent().y
    return float(((limit()[0] - y) ** 2).mean() / (y**2).mean())


@cache
def fluctuation(steps: int = STEPS) -> float:
    """m times the squared distance to the limit after so many steps, in the limit."""
    return mean_field.fluctuation(descent(steps), *mean_field.units(AMPLITUDE, RADIUS))


@cache
def lazy_displacement() -> float:
    """m times the relative squared displacement under lazy scaling, in the limit."""
    return mean_field.lazy_displacement(descent(), *mean_field.units(AMPLITUDE, RADIUS))


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Gradient descent on both layers from one start under both scalings: distance to the limit, movement, loss."""
    m = condition.units

    def start(rng: np.random.Generator) -> np.ndarray:
        angle = rng.uniform(0, 2 * np.pi, m)
        sign = 2.0 * rng.integers(0, 2, m) - 1
        return np.stack([AMPLITUDE * sign, RADIUS * np.cos(angle), RADIUS * np.sin(angle)], axis=1)

    drawn = streams.draw(start, "start", units=m)
    outer, inner, steps = drawn[..., 0], drawn[..., 1:], descent()
    columns = {}
    for name, share, speed in (("mean_field", 1 / m, 1.0), ("lazy", m**-0.5, m**-0.5)):
        trained = steps.train(outer, inner, share, speed)
        values = mean_field.predictions(*trained, steps.x, share)
        columns[name] = {"displacement": mean_field.displacement(inner, trained[1])}
        columns[name]["loss"] = squared_error(values, steps.y)
        if name == "mean_field":
            columns[name]["start"] = squared_error(mean_field.predictions(outer, inner, steps.x, share), np.zeros(1))
            columns[name]["error"] = squared_error(values, limit()[0])
    return stacked(streams, columns)


LIMIT = {"method": ["mean_field"]}
SCALING = Experiment(
    simulate,
    factors={"units": Factor("hidden units", int, symbol="m", at_least=1)},
    methods={
        "mean_field": Method("mean field, 1/m", "output the mean over units, gradients times m"),
        "lazy": Method("lazy, 1/√m", "output the sum over units by √m, gradients as they are"),
    },
    measures=(
        Measure("error", "squared distance to the limit after training", where=LIMIT),
        Measure("start", "squared distance to the limit before training", where=LIMIT),
        Measure("displacement", "relative squared displacement of the inner weights"),
        Measure("loss", "training error"),
    ),
    block=5,
)
