"""A product of two coordinates of the cube: ridge regression with the tangent kernel, and networks that find the two."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.study import Experiment, Method
from dlstats.studies.frames import squared_error, stacked
from dlstats.theory.tangent_kernels import tangent_kernel

if TYPE_CHECKING:
    from dlstats.seeds import Streams

NOISE_SD, NEW = 0.3, 1000
UNITS, STEPS = 64, 1000
RATES, DECAYS = (0.02, 0.08, 0.32, 0.64, 1.28), (0.03, 0.1, 0.3)
"""What the held-out fifth chooses from for a network: both, or the rate alone where nothing decays."""
PENALTIES = np.geomspace(0.5, 0.01, 20)
"""What the same fifth chooses from for the lasso."""
RIDGES = np.geomspace(0.02, 1e4, 25)
"""Ridges, counted from minus the smallest eigenvalue of the kernel matrix."""


def floor(n: int, dimension: int) -> float:
    """1 − 2n/(d(d − 1)): the least mean risk of a combination of n values of a kernel [`feature-learning.md`]."""
    return 1 - 2 * n / (dimension * (dimension - 1))


def quadratic_kernel(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """(x·z/d)²: regression on all products of two inputs, each with the same prior variance."""
    return (x @ z.T / x.shape[1]) ** 2


def ridge_path(
    x: np.ndarray, y: np.ndarray, new: np.ndarray, kernel: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Leave-one-out errors of every ridge, exact and without refitting, and its predictions at the new points."""
    values, vectors = np.linalg.eigh(kernel(x, x))
    inverse = 1 / (values - values[0] + RIDGES[:, None])
    along, across = vectors.T @ y, kernel(new, x) @ vectors
    # y − ŷ = λ (K + λ)⁻¹ y and 1 − h = λ diag (K + λ)⁻¹: the ridge cancels, so that it may be 0 or negative
    left_out = ((inverse * along) @ vectors.T) / (inverse @ (vectors**2).T)
    return (left_out**2).mean(axis=1), (inverse * along) @ across.T


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Excess risk on x₁x₂ at new points of the cube: ridge regression with two kernels, the lasso, networks."""
    n, d = condition.n, condition.dimension
    x = streams.draw(lambda rng: 2.0 * rng.integers(0, 2, (n, d)) - 1, "inputs", n=n, dimension=d)
    new = streams.draw(lambda rng: 2.0 * rng.integers(0, 2, (NEW, d)) - 1, "new", dimension=d)
    noise = NOISE_SD * streams.draw(lambda rng: rng.standard_normal(n), "noise", n=n)
    y, truth = x[..., 0] * x[..., 1] + noise, new[..., 0] * new[..., 1]
    columns = _kernels(x, y, new, truth) | {"lasso": _lasso(x, y)}
    for name, decays in (("decay", DECAYS), ("plain", (0.0,))):
        columns[name] = _networks(x, y, new, truth, decays, condition, streams, device)
    return stacked(streams, columns)


def _kernels(x: np.ndarray, y: np.ndarray, new: np.ndarray, truth: np.ndarray) -> dict[str, dict]:
    """Risks with the tangent kernel and with the quadratic one, by leave-one-out and in hindsight."""
    columns = {}
    for kernel, names in (
        (functools.partial(tangent_kernel, depth=1), ("kernel", "best")),
        (quadratic_kernel, ("left_out", "quadratic")),
    ):
        paths = [ridge_path(*each, kernel) for each in zip(x, y, new, strict=True)]
        risks = np.stack([((path - true) ** 2).mean(axis=1) for (_, path), true in zip(paths, truth, strict=True)])
        for name, criterion in zip(names, (np.stack([errors for errors, _ in paths]), risks), strict=True):
            chosen = criterion.argmin(axis=1)
            ends = np.isin(chosen, (0, len(RIDGES) - 1)).astype(float)
            columns[name] = {"risk": risks[np.arange(len(x)), chosen], "at_end": ends}
    return columns


def _lasso(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """Risks, by their coefficients, of scikit-learn's lasso on all products of two inputs; a fifth chooses the penalty."""
    from sklearn.linear_model import lasso_path

    kept = len(y[0]) - len(y[0]) // 5
    first, second = np.triu_indices(x.shape[-1], 1)
    risks, ends = [], []
    for inputs, responses in zip(x, y, strict=True):
        products = inputs[:, first] * inputs[:, second]
        paths = np.asarray(lasso_path(products[:kept], responses[:kept], alphas=PENALTIES)[1])  # type: ignore[arg-type]
        errors = ((responses[kept:, None] - products[kept:] @ paths) ** 2).mean(axis=0)
        chosen = int(errors.argmin())
        risks.append((paths[0, chosen] - 1) ** 2 + (paths[1:, chosen] ** 2).sum())
        ends.append(float(chosen in (0, len(PENALTIES) - 1)))
    return {"risk": np.array(risks), "at_end": np.array(ends)}


def _networks(
    x: np.ndarray,
    y: np.ndarray,
    new: np.ndarray,
    truth: np.ndarray,
    decays: tuple[float, ...],
    condition: Condition,
    streams: Streams,
    device: str,
) -> dict:
    """Networks from one start, trained on four fifths of the cases at every rate and decay; the best of them on the rest."""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared
    from dlstats.methods import tuning
    from dlstats.training.contract import joined
    from dlstats.training.recipes import digest

    torch.set_num_threads(1)
    n, d, reps = condition.n, condition.dimension, len(x)
    kept = n - n // 5
    net = nets.Mlp(d, (UNITS,))
    start = nets.initialise(net, streams.generators("start", dimension=d), "torch_default", "float32")
    train, held = (x[:, :kept], y[:, :kept, None]), (x[:, kept:], y[:, kept:, None])
    fits = []
    for decay in decays:
        plan = training.Training(
            STEPS * condition.effort, RATES * reps, "adamw", schedule=training.schedules.cosine, weight_decay=decay
        )
        starts = start.repeat_interleave(len(RATES), dim=0)
        fits.append(training.fit(net, squared, starts, *train, plan, validation=held, device=device))
    errors = np.stack([fit.validation_loss.reshape(reps, len(RATES)) for fit in fits], axis=1)
    decay, rate = np.divmod(tuning.best(errors.reshape(reps, -1)), len(RATES))
    fit = joined(fits).rows(decay * reps * len(RATES) + np.arange(reps) * len(RATES) + rate)
    values = training.predict(net, fit.parameters, new, device)[..., 0].numpy()
    return {
        "risk": squared_error(values, truth),
        "at_end": np.isin(rate, (0, len(RATES) - 1)).astype(float),
        "misfit": fit.loss.astype(float),
        "status": fit.status,
        "epochs": fit.epochs,
        "dead_share": fit.dead_share,
        "data_digest": [digest(*both) for both in zip(x, y, strict=True)],
        "start_digest": [digest(s) for s in start.numpy()],
    }


TRAINED = {"method": ["decay", "plain"]}
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
        "left_out": Method(
            "products, left out", "ridge on all products of two inputs, the ridge of least leave-one-out error"
        ),
        "quadratic": Method(
            "products, hindsight", "ridge on all products of two inputs, the ridge of least error on the new cases"
        ),
        "lasso": Method(
            "lasso on products",
            f"scikit-learn's lasso on all products of two inputs from four fifths of the cases; the others choose among "
            f"{len(PENALTIES)} penalties from {PENALTIES[0]:g} to {PENALTIES[-1]:g}",
        ),
        "decay": Method(
            "network, decay",
            f"{UNITS} ReLU units, {STEPS} steps of AdamW with a cosine schedule on four fifths of the cases; the others choose "
            f"the rate among {', '.join(f'{r:g}' for r in RATES)} and the decay among {', '.join(f'{r:g}' for r in DECAYS)}",
        ),
        "plain": Method(
            "network, no decay", f"the same from the same start without decay, one of {len(RATES)} rates chosen"
        ),
    },
    measures=(
        Measure("risk", "excess risk, mean"),
        Measure("risk", "excess risk, median", "median"),
        Measure("at_end", "proportion of data sets whose ridge or rate is the first or the last"),
        Measure("misfit", "training error, median", "median", where=TRAINED),
        Measure("epochs", "epochs, a step each", "median", where=TRAINED),
        Measure("dead_share", "proportion of hidden units without a slope", where=TRAINED),
    ),
    contrasts=tuple(
        Contrast("risk", first, second, label=label)
        for first, second, label in (
            ("decay", "best", "network with decay over kernel in hindsight"),
            ("decay", "quadratic", "network with decay over products in hindsight"),
            ("plain", "decay", "network without decay over that with it"),
            ("lasso", "decay", "lasso on products over network with decay"),
        )
    ),
    block=24,
)
