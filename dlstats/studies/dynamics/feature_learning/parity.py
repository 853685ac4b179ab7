"""A product of two coordinates of the cube: ridge regression with the tangent kernel, and networks that find the two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.study import Experiment, Method
from dlstats.studies.frames import squared_error, stacked

if TYPE_CHECKING:
    from dlstats.seeds import Streams

NOISE_SD, NEW = 0.3, 1000
UNITS, STEPS, RATE, DECAY = 64, 1000, 0.03, 1.0
RIDGES = np.geomspace(0.02, 1e4, 25)
"""Ridges, counted from minus the smallest eigenvalue of the kernel matrix."""


def floor(n: int, dimension: int) -> float:
    """1 − 2n/(d(d − 1)): the least mean risk of a combination of n values of a kernel [`feature-learning.md`]."""
    return 1 - 2 * n / (dimension * (dimension - 1))


def tangent_kernel(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """{2u(π − θ) + sin θ}/π with u = cos θ = x·z/d, for |x|² = |z|² = d: the limit for two-layer ReLU networks without biases.

    Inner weights start from N(0, 1), and both layers are trained [Jacot, Gabriel and Hongler 2018, theorem 1].
    """
    cosine = np.clip(x @ z.T / x.shape[1], -1, 1)
    rest = (np.pi - np.arccos(cosine)) / np.pi
    return 2 * cosine * rest + np.sqrt(1 - cosine**2) / np.pi


def ridge_path(x: np.ndarray, y: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leave-one-out errors of every ridge, exact and without refitting, and its predictions at the new points."""
    values, vectors = np.linalg.eigh(tangent_kernel(x, x))
    inverse = 1 / (values - values[0] + RIDGES[:, None])
    along, across = vectors.T @ y, tangent_kernel(new, x) @ vectors
    # y − ŷ = λ (K + λ)⁻¹ y and 1 − h = λ diag (K + λ)⁻¹: the ridge cancels, so that it may be 0 or negative
    left_out = ((inverse * along) @ vectors.T) / (inverse @ (vectors**2).T)
    return (left_out**2).mean(axis=1), (inverse * along) @ across.T


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Excess risk on x₁x₂ at new points of the cube: kernel ridge regression, and networks with and without decay."""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared
    from dlstats.training.recipes import digest

    torch.set_num_threads(1)
    n, d = condition.n, condition.dimension
    x = streams.draw(lambda rng: 2.0 * rng.integers(0, 2, (n, d)) - 1, "inputs", n=n, dimension=d)
    new = streams.draw(lambda rng: 2.0 * rng.integers(0, 2, (NEW, d)) - 1, "new", dimension=d)
    noise = NOISE_SD * streams.draw(lambda rng: rng.standard_normal(n), "noise", n=n)
    y, truth = x[..., 0] * x[..., 1] + noise, new[..., 0] * new[..., 1]
    errors, paths = zip(*(ridge_path(*each) for each in zip(x, y, new, strict=True)), strict=True)
    risks = ((np.stack(paths) - truth[:, None]) ** 2).mean(axis=2)
    rows = np.arange(len(x))
    columns = {}
    for name, criterion in (("kernel", np.stack(errors)), ("best", risks)):
        chosen = criterion.argmin(axis=1)
        columns[name] = {"risk": risks[rows, chosen], "at_end": np.isin(chosen, (0, len(RIDGES) - 1)).astype(float)}
    net = nets.Mlp(d, (UNITS,))
    start = nets.initialise(net, streams.generators("start", dimension=d), "torch_default", "float32")
    digests = {
        "data_digest": [digest(*both) for both in zip(x, y, strict=True)],
        "start_digest": [digest(s) for s in start.numpy()],
    }
    for name, decay in (("decay", DECAY), ("plain", 0.0)):
        plan = training.Training(
            STEPS * condition.effort, RATE, "adamw", schedule=training.schedules.cosine, weight_decay=decay
        )
        fit = training.fit(net, squared, start, x, y[..., None], plan, device=device)
        values = training.predict(net, fit.parameters, new, device)[..., 0].numpy()
        records = {"status": fit.status, "epochs": fit.epochs, "dead_share": fit.dead_share}
        columns[name] = {"risk": squared_error(values, truth), "misfit": fit.loss.astype(float)} | records | digests
    return stacked(streams, columns)


RIDGE, TRAINED = {"method": ["kernel", "best"]}, {"method": ["decay", "plain"]}
PARITY = Experiment(
    simulate,
    factors={
        "dimension": Factor("inputs", int, symbol="d", at_least=2),
        "n": Factor("sample size", int, symbol="n", at_least=2),
    }
    | EFFORT,
    methods={
        "kernel": Method("kernel, left out", "ridge with the tangent kernel, the ridge of least leave-one-out error"),
        "best": Method("kernel, hindsight", "ridge with the tangent kernel, the ridge of least error on the new cases"),
        "decay": Method(
            "network, decay",
            f"{UNITS} ReLU units, {STEPS} steps of AdamW on all cases, rate {RATE:g} with a cosine schedule, decay "
            f"{DECAY:g}",
        ),
        "plain": Method("network, no decay", "the same network from the same start, without weight decay"),
    },
    measures=(
        Measure("risk", "excess risk, mean"),
        Measure("risk", "excess risk, median", "median"),
        Measure("at_end", "proportion of data sets whose ridge is the first or the last", where=RIDGE),
        Measure("misfit", "training error, median", "median", where=TRAINED),
        Measure("epochs", "epochs, a step each", "median", where=TRAINED),
        Measure("dead_share", "proportion of hidden units without a slope", where=TRAINED),
    ),
    contrasts=tuple(
        Contrast("risk", first, second, label=label)
        for first, second, label in (
            ("decay", "best", "network with decay over kernel in hindsight"),
            ("decay", "kernel", "network with decay over kernel, left out"),
            ("plain", "best", "network without decay over kernel in hindsight"),
            ("plain", "decay", "network without decay over that with it"),
        )
    ),
    block=24,
)
