"""A trained network at the jumps of a circle, and what is set beside it: linear smoothers, a tree, wavelets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from dlstats.dgp.jump import CircularJump
from dlstats.methods.circle import CircularRidge, RegressionTree, haar_thresholded
from dlstats.methods.regression import RandomFeatures
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Measure, Slope
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import fitted, squared_error, stacked
from dlstats.studies.regression import Network
from dlstats.theory import linear_suboptimality as theory

NOISE_SD = 0.5
SIZE = {"n": Factor("sample size", int, symbol="n", at_least=6)}
STEPS, BATCH = 6, 64
"""Steps for every observation, and the size of minibatches."""
WIDTH, EPOCHS = 16, STEPS * BATCH
NET = Network(((WIDTH,) * 3,), (0.01, 0.03), batch_size=BATCH, restarts=3)
RELATIVE = (
    Measure("relative", "risk over the best linear risk"),
    Measure("relative", "risk over the best linear risk", "median"),
)


def circle(n: int, streams: Streams) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Design (n, 1), truth and responses (reps, n) on the circle with its two jumps; all experiments share them."""
    process = CircularJump(n, NOISE_SD)
    drawn = streams.draw(lambda rng: np.stack(process.sample(rng)), "circle", n=n)
    return process.x[:, None], drawn[:, 0], drawn[:, 1]


def relative(risk: np.ndarray, n: int) -> dict[str, np.ndarray]:
    """The risk, and its ratio to the floor of all linear estimators."""
    return {"risk": risk, "relative": risk / theory.best_linear_risk(n, NOISE_SD)}


def simulate_network(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """A network on the circle with its two jumps, trained for a number of steps in proportion to n."""
    n = condition.n
    x, truth, y = circle(n, streams)
    at = np.repeat(x[None], len(streams), axis=0)
    network = replace(NET, steps=STEPS * n, effort=condition.effort)
    values, columns = network.together(at, y, at, streams, device, n=n)
    misfit = np.asarray(columns["train_loss"]) * y.var(axis=1) / NOISE_SD**2
    rows = relative(squared_error(values, truth), n) | columns | {"misfit": misfit}
    return stacked(streams, {"network": rows})


RIVALS = {
    "kernel_ridge": CircularRidge(),
    "random_features": RandomFeatures(256, style="spline"),
    "tree": RegressionTree(),
}
HAAR = Method(
    "Haar thresholding",
    "Haar coefficients of all shifts, hard threshold σ̂ √(2 log n), σ̂ by the median absolute coefficient of the finest level",
    "wavelet",
)


def simulate_rivals(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Methods tuned on the held-out fifth, and Haar wavelets by their universal threshold, on the data of the network."""
    n = condition.n
    x, truth, y = circle(n, streams)
    design = [x] * len(y)
    curves = {name: fitted(m, design, y, design, streams.generators("baseline", n=n)) for name, m in RIVALS.items()}
    curves["haar"] = np.stack([haar_thresholded(v) for v in y])
    return stacked(streams, {name: relative(squared_error(v, truth), n) for name, v in curves.items()})


NETWORK = Experiment(
    simulate=simulate_network,
    factors=SIZE | EFFORT,
    methods={"network": NET},
    measures=(
        Measure("risk", "excess risk"),
        *RELATIVE,
        Measure("misfit", "training error over the noise variance"),
        Measure("epochs", "epochs"),
        Measure("dead_share", "proportion of hidden units without a slope"),
    ),
    slopes=(Slope("risk"),),
)
OTHERS = Experiment(
    simulate=simulate_rivals,
    factors=SIZE,
    methods={**RIVALS, "haar": HAAR},
    measures=(Measure("risk", "excess risk"), *RELATIVE),
    slopes=(Slope("risk"),),
)
