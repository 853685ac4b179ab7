"""Which of the many interpolators of least squares with more parameters than samples an optimiser of torch ends in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, at_least, at_most
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Derived, Practice
from dlstats.protocol.readers import log_ratio, value
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked

if TYPE_CHECKING:
    from torch import Tensor, optim

N, P, NONZERO = 20, 64, 3
"""Samples; parameters, a multiple of what torch takes at once: no replicate is a loop's end; entries of a sparse truth."""
WORSE = math.log10(1.1)


@dataclass(frozen=True)
class Run:
    """An optimiser of torch with its learning rate and steps; `single` samples or all; `decay` of the rate to 0."""

    make: str
    learning_rate: float
    steps: int
    options: tuple[tuple[str, Any], ...] = ()
    single: bool = False
    decay: bool = False

    def optimiser(self, parameter: Tensor) -> optim.Optimizer:
        """The optimiser of one parameter."""
        from torch import optim

        return getattr(optim, self.make)([parameter], lr=self.learning_rate, **dict(self.options))


TRUTHS = {"dense": "all entries", "sparse": "three entries"}
RUNS = {
    "descent": Run("SGD", 0.2, 1500),
    "sgd": Run("SGD", 0.5 / P, 8000, single=True),
    "momentum": Run("SGD", 0.05, 1500, (("momentum", 0.9),)),
    "adam_slow": Run("Adam", 0.001, 6000, decay=True),
    "adam_fast": Run("Adam", 0.01, 3000, decay=True),
    "adagrad_slow": Run("Adagrad", 0.03, 6000),
    "adagrad_fast": Run("Adagrad", 0.1, 3000),
}
METHODS = {
    "descent": Method("gradient descent", "torch.optim.SGD on all samples, learning rate 0.2", "gradient_descent"),
    "sgd": Method("SGD, single samples", "torch.optim.SGD on one sample in every step, learning rate 1/128", "sgd"),
    "momentum": Method(
        "momentum 0.9, all samples", "torch.optim.SGD with momentum 0.9, learning rate 0.05", "heavy_ball"
    ),
    "adam_slow": Method("Adam, learning rate 0.001", "torch.optim.Adam, decaying linearly to 0", "adam"),
    "adam_fast": Method("Adam, learning rate 0.01", "torch.optim.Adam, decaying linearly to 0", "adam"),
    "adagrad_slow": Method("AdaGrad, learning rate 0.03", "torch.optim.Adagrad", "adagrad"),
    "adagrad_fast": Method("AdaGrad, learning rate 0.1", "torch.optim.Adagrad", "adagrad"),
}
ADAPTIVE = [name for name in RUNS if name.startswith("ada")]
PLAIN = ["descent", "sgd", "momentum"]


def truth(kind: str, rng: np.random.Generator) -> np.ndarray:
    """A direction of length 1: normal entries, or three of them."""
    beta = rng.standard_normal(P)
    if kind == "sparse":
        beta[NONZERO:] = 0.0
    return beta / np.sqrt((beta * beta).sum())


def trained(run: Run, x: np.ndarray, y: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The weights after training from 0, (reps, P); every replicate by itself, as all is done entry by entry."""
    import torch

    torch.set_num_threads(1)
    w = torch.zeros(len(x), P, dtype=torch.float64)
    weights, optimiser, every = w.numpy(), run.optimiser(w), np.arange(len(x))
    for step in range(run.steps):
        if run.decay:
            optimiser.param_groups[0]["lr"] = run.learning_rate * (1 - step / run.steps)
        if run.single:
            one = x[every, order[:, step]]
            gradient = ((one * weights).sum(axis=-1) - y[every, order[:, step]])[:, None] * one
        else:
            residual = (x * weights[:, None]).sum(axis=-1) - y
            gradient = (x * residual[..., None]).sum(axis=1) / N
        w.grad = torch.from_numpy(gradient)
        optimiser.step()
    return weights.copy()


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """All optimisers on the same samples without noise, with the distance to the interpolator of least norm."""
    x = streams.draw(lambda rng: rng.standard_normal((N, P)), "inputs")
    beta = streams.draw(lambda rng: truth(condition.truth, rng), "truth", truth=condition.truth)
    order = streams.draw(lambda rng: rng.integers(N, size=RUNS["sgd"].steps), "order")
    y = (x * beta[:, None]).sum(axis=-1)
    least = np.stack([np.linalg.lstsq(a, b, rcond=None)[0] for a, b in zip(x, y, strict=True)])

    baseline = ((trained(RUNS["descent"], x, y, order) - beta) ** 2).sum(axis=1)

    def columns(name: str) -> dict[str, np.ndarray]:
        w = trained(RUNS[name], x, y, order)
        risk = ((w - beta) ** 2).sum(axis=1)
        return {
            "distance": np.sqrt(((w - least) ** 2).sum(axis=1)),
            "risk": risk,
            "relative": risk / baseline,
            "residual": ((((x * w[:, None]).sum(axis=-1) - y) ** 2).mean(axis=1)),
        }

    return stacked(streams, {name: columns(name) for name in RUNS})


EXPERIMENT = Experiment(
    simulate,
    factors={"truth": Factor("truth", str, TRUTHS)},
    methods=METHODS,
    measures=(
        Measure("risk", "test error", "geometric mean"),
        Measure("distance", "distance to the interpolator of least norm", "largest"),
        Measure("distance", "distance to the interpolator of least norm", "mean"),
        Measure("relative", "test error over that of gradient descent", "smallest"),
        Measure("residual", "training error", "largest"),
    ),
    contrasts=tuple(
        Contrast("risk", name, "descent", "log_ratio", "geometric_mean") for name in RUNS if name != "descent"
    ),
    block=40,
)
SETTING = f"on least squares with {N} samples, {P} parameters and no noise"
SPACE = Derived("implicit-bias.md#interpolators-in-the-row-space")
CLAIMS = (
    Claim(
        "OPT11",
        f"From 0 gradient descent, SGD on single samples and momentum end in the interpolator of least norm {SETTING} (largest "
        "distance over data sets).",
        at_most(1e-8),
        value("distance", "largest", method=PLAIN).each("method", "truth"),
        SPACE,
        ("JSM", "BIOS", "UNITO"),
    ),
    Claim(
        "OPT11.interpolate",
        f"Adam and AdaGrad interpolate {SETTING}: their largest mean squared residual is below {{theory:g}}.",
        at_most(1e-8),
        value("residual", "largest", method=ADAPTIVE).each("method", "truth"),
        Practice("wilson2017", "section 3"),
    ),
    Claim(
        "OPT11.adaptive",
        f"Adam and AdaGrad end in interpolators that generalise worse than that of least norm {SETTING}: more than 1.1 times the "
        "geometric mean of the test error of gradient descent at either of two learning rates, for a truth of 64 and of three "
        "entries (log₁₀ of the ratio, the least of eight).",
        at_least(WORSE),
        log_ratio("risk", ADAPTIVE, "descent", "geometric_mean").each("method", "truth"),
        Practice("wilson2017", "section 3"),
        ("JSM", "BIOS"),
    ),
)
