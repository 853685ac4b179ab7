"""A trained network at the jumps of a circle, and what is set beside it: linear smoothers, a tree, wavelets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dlstats.dgp.jump import CircularArc
from dlstats.methods.circle import CircularRidge, RegressionTree, haar_thresholded
from dlstats.methods.regression import RandomFeatures
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Measure, Slope
from dlstats.protocol.plug import Plug, Sample
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.comparisons import compared
from dlstats.studies.frames import fitted, squared_error, stacked
from dlstats.studies.regression import Network
from dlstats.theory import linear_suboptimality as theory

NOISE_SD = 0.5
JUMP, ARC = 1 / NOISE_SD, 0.5
"""Jumps over the noise standard deviation, and the proportion of the circle on which the function is 1, of the floor's proof."""
HALF: dict[str, Any] = {"jump": JUMP, "arc": ARC}
"""Jumps of 2σ, half of the circle."""
OTHER_ARC = 0.37
"""An arc without the symmetries of half a circle: of the methods that are given no covariance, none can use them."""
JUMPS = (1.0, 4.0)
MIDDLE = 4096
"""The sample size of the other jumps."""
SIZE = {"n": Factor("sample size", int, symbol="n", at_least=6)}
PLACE = SIZE | {
    "jump": Factor("jumps over the noise standard deviation", float, above=0),
    "arc": Factor("proportion of the circle on which the function is 1", float, above=0, below=1),
}
STEPS, BATCH = 6, 64
"""Steps for every observation, and the size of minibatches."""
WIDTH, EPOCHS = 16, STEPS * BATCH
NET = Network(((WIDTH,) * 3,), (0.01, 0.03), batch_size=BATCH, restarts=3)
RELATIVE = (
    Measure("relative", "risk over the best linear risk"),
    Measure("relative", "risk over the best linear risk", "median"),
)


def circle(n: int, streams: Streams, jump: float = JUMP, arc: float = ARC) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Design (n, 1), truth and responses (reps, n) on the circle with its two jumps; all experiments share them."""
    process = CircularArc(n, 1 / jump, arc)
    drawn = streams.draw(lambda rng: np.stack(process.sample(rng)), "circle", n=n, jump=float(jump), arc=arc)
    return process.x[:, None], drawn[:, 0], drawn[:, 1]


def relative(risk: np.ndarray, n: int, jump: float = JUMP, arc: float = ARC) -> dict[str, np.ndarray]:
    """The risk, and its ratio to the floor of all linear estimators."""
    return {"risk": risk, "relative": risk / theory.best_linear_risk(n, 1 / jump, arc)}


def simulate_network(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """A network on the circle with its two jumps, trained for a number of steps in proportion to n."""
    data = sample(condition, streams)
    network = replace(NET, steps=STEPS * condition.n, effort=condition.effort)
    rows = compared({"network": network}, {}, data, streams, device)
    return stacked(streams, {"network": rows["network"] | relative(rows["network"]["risk"], **data.key)})


def sample(condition: Condition, streams: Streams) -> Sample:
    """The circle of a block of replicates: the points at which methods are judged are those of the design."""
    key = {"n": condition.n, "jump": condition.jump, "arc": condition.arc}
    x, truth, y = circle(streams=streams, **key)
    at = np.repeat(x[None], len(streams), axis=0)
    return Sample(at, y, at, truth, streams.generators("baseline", **key), key, 1 / condition.jump)


def judge(values: np.ndarray, data: Sample) -> dict[str, np.ndarray]:
    """The risk, and its ratio to the floor of all linear estimators."""
    return relative(squared_error(values, data.truth), **data.key)


RIVALS = {
    "kernel_ridge": CircularRidge(),
    "random_features": RandomFeatures(256),
    "tree": RegressionTree(),
}
KNOWS_HALF = "kernel_ridge"
"""What is for half of a circle alone."""
HAAR = Method(
    "Haar thresholding",
    "Haar coefficients of all shifts, hard threshold σ̂ √(2 log n), σ̂ by the median absolute coefficient of the finest level",
    "wavelet",
)


def simulate_rivals(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Methods tuned on the held-out fifth, and Haar wavelets by their universal threshold, on the data of the network."""
    data = sample(condition, streams)
    here = [name for name in RIVALS if condition.arc == ARC or name != KNOWS_HALF]
    curves = {
        name: fitted(RIVALS[name], data.x, data.y, data.new, streams.generators("baseline", **data.key))
        for name in here
    }
    curves["haar"] = np.stack([haar_thresholded(v) for v in data.y])
    return stacked(streams, {name: judge(v, data) for name, v in curves.items()})


NETWORK = Experiment(
    simulate=simulate_network,
    factors=PLACE | EFFORT,
    methods={"network": NET},
    measures=(
        Measure("risk", "excess risk"),
        *RELATIVE,
        Measure("misfit", "training error over the noise variance"),
        Measure("epochs", "epochs"),
        Measure("dead_share", "proportion of hidden units without a slope"),
    ),
    slopes=(Slope("risk"),),
    plug=Plug(sample, judge),
)
OTHERS = Experiment(
    simulate=simulate_rivals,
    factors=PLACE,
    methods={**RIVALS, "haar": HAAR},
    measures=(Measure("risk", "excess risk"), *RELATIVE),
    slopes=(Slope("risk"),),
    plug=Plug(sample, judge),
)
