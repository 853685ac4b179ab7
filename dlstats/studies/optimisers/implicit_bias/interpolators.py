"""Which of the many interpolators of least squares with more parameters than samples an optimiser of torch ends in."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, at_least, at_most
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Derived, Finding, Practice
from dlstats.protocol.readers import log_ratio, ratio, value
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked

if TYPE_CHECKING:
    from torch import Tensor, optim

P, NONZERO = 64, 3
"""Parameters, a multiple of what torch takes at once: no replicate is a loop's end; entries of a sparse truth."""
FACTOR = math.log10(1.25)
"""A ratio of risks within this is no difference that a reader would act upon."""
INTERPOLATES = 1e-8
"""Largest mean squared residual of an interpolator."""


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


TRUTHS = {"dense": "any direction", "sparse": "three entries", "signs": "entries ±1/8"}
SAMPLES = {"dense": 20, "sparse": 20, "signs": 40}
"""Samples, by truth."""
RUNS = {
    "descent": Run("SGD", 0.15, 1500),
    "sgd": Run("SGD", 0.5 / P, 8000, single=True),
    "momentum": Run("SGD", 0.05, 1500, (("momentum", 0.9),)),
    "adam_slow": Run("Adam", 0.001, 6000, decay=True),
    "adam_fast": Run("Adam", 0.01, 3000, decay=True),
    "adagrad_slow": Run("Adagrad", 0.03, 6000),
    "adagrad_fast": Run("Adagrad", 0.1, 3000),
}
METHODS = {
    "descent": Method("gradient descent", "torch.optim.SGD on all samples, learning rate 0.15", "gradient_descent"),
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
LONG = {"descent": replace(RUNS["descent"], steps=2500)} | {name: RUNS[name] for name in ADAPTIVE}
"""With 40 samples the least eigenvalue is nearer to 0."""
PLAIN = ["descent", "sgd", "momentum"]


def truth(kind: str, rng: np.random.Generator) -> np.ndarray:
    """A direction of length 1: normal entries, three of them, or their signs."""
    beta = rng.standard_normal(P)
    if kind == "signs":
        beta = np.sign(beta)
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
            gradient = (x * residual[..., None]).sum(axis=1) / x.shape[1]
        w.grad = torch.from_numpy(gradient)
        optimiser.step()
    return weights.copy()


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """All optimisers on the same samples without noise, with the distance to the interpolator of least norm."""
    n, runs = SAMPLES[condition.truth], LONG if condition.truth == "signs" else RUNS
    x = streams.draw(lambda rng: rng.standard_normal((n, P)), "inputs", n=n)
    beta = streams.draw(lambda rng: truth(condition.truth, rng), "truth", truth=condition.truth)
    order = streams.draw(lambda rng: rng.integers(n, size=RUNS["sgd"].steps), "order", n=n)
    y = (x * beta[:, None]).sum(axis=-1)
    least = np.stack([np.linalg.lstsq(a, b, rcond=None)[0] for a, b in zip(x, y, strict=True)])

    def columns(name: str) -> dict[str, np.ndarray]:
        w = trained(runs[name], x, y, order)
        residual = (((x * w[:, None]).sum(axis=-1) - y) ** 2).mean(axis=1)
        return {
            "distance": np.sqrt(((w - least) ** 2).sum(axis=1)),
            "risk": ((w - beta) ** 2).sum(axis=1),
            "residual": residual,
            "status": np.where(residual < INTERPOLATES, "ok", "not_converged"),
        }

    return stacked(streams, {name: columns(name) for name in runs})


MEASURES = (
    Measure("risk", "test error", "geometric mean"),
    Measure("distance", "distance to the interpolator of least norm", "largest"),
    Measure("distance", "distance to the interpolator of least norm", "mean"),
    Measure("residual", "training error", "largest"),
)
EXPERIMENT = Experiment(
    simulate,
    factors={"truth": Factor("truth", str, {name: TRUTHS[name] for name in ("dense", "sparse")})},
    methods=METHODS,
    measures=MEASURES,
    contrasts=(
        *(Contrast("risk", name, "descent", "log_ratio", "geometric_mean") for name in RUNS if name != "descent"),
        *(Contrast("risk", name, "descent", "ratio", "mean") for name in ADAPTIVE),
    ),
    block=40,
)
SIGNS = Experiment(
    simulate,
    factors={"truth": Factor("truth", str, {"signs": TRUTHS["signs"]})},
    methods={name: METHODS[name] for name in LONG},
    measures=MEASURES,
    contrasts=tuple(Contrast("risk", name, "descent", "log_ratio", "geometric_mean") for name in ADAPTIVE),
    block=40,
)
SETTING = f"on least squares with {SAMPLES['dense']} samples, {P} parameters and no noise"
RUNS_THAT_COUNT = "sets of data on which the training error does not fall below 10⁻⁸ count as failures"
SPACE = Derived("implicit-bias.md#interpolators-in-the-row-space")
CLAIMS = (
    Claim(
        "OPT11",
        f"From 0 gradient descent, SGD on single samples and momentum end in the interpolator of least norm {SETTING} (largest "
        "distance over data sets).",
        at_most(1e-8),
        value("distance", "largest", experiment="interpolators", method=PLAIN).each("method", "truth"),
        SPACE,
        ("JSM", "BIOS", "UNITO"),
    ),
    Claim(
        "OPT11.symmetric",
        "Where every direction of the truth is as likely, no interpolator has a smaller mean test error than that of least norm, "
        f"{SETTING}: the ratio to that of gradient descent is at least {{theory:g}} for Adam and AdaGrad at either of two "
        f"learning rates ({RUNS_THAT_COUNT}; ratio of means, the least of four).",
        at_least(1.0),
        ratio("risk", ADAPTIVE, "descent", "mean", experiment="interpolators", truth="dense").each("method"),
        Derived("implicit-bias.md#interpolators-of-a-truth-without-direction"),
        ("JSM", "BIOS"),
    ),
    Claim(
        "OPT11.adaptive",
        f"Adam and AdaGrad end in interpolators that generalise worse than that of least norm where three of {P} entries of the "
        f"truth are not 0, {SETTING}: at least 1.25 times the geometric mean of the test error of gradient descent at either of "
        f"two learning rates ({RUNS_THAT_COUNT}; log₁₀ of the ratio, the least of four).",
        at_least(FACTOR),
        log_ratio("risk", ADAPTIVE, "descent", "geometric_mean", experiment="interpolators", truth="sparse").each(
            "method"
        ),
        Practice("wilson2017", "abstract"),
        ("JSM", "BIOS"),
    ),
    Claim(
        "OPT11.signs",
        f"Where all {P} entries of the truth are 1/8 or −1/8 Adam ends in interpolators that generalise better than that of "
        f"least norm, on least squares with {SAMPLES['signs']} samples and no noise: at most 1/1.25 of the geometric mean of the "
        f"test error of gradient descent at either of two learning rates ({RUNS_THAT_COUNT}; log₁₀ of the ratio, the larger of "
        "the two).",
        at_most(-FACTOR),
        log_ratio("risk", ["adam_slow", "adam_fast"], "descent", "geometric_mean", experiment="signs").each("method"),
        Finding("implicit_bias, seed 777001"),
        ("JSM", "BIOS"),
    ),
)
