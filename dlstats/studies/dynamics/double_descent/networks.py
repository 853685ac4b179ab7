"""Trained networks with fewer and with more parameters than cases, and with labels that are noise."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import LevelContrast, Measure
from dlstats.protocol.study import Experiment, Method
from dlstats.studies.frames import stacked

if TYPE_CHECKING:
    from dlstats.seeds import Streams

CASES, INPUTS, NOISE_SD = 100, 5, 0.5
STEPS, RATE = 4000, 0.01
LABELLED, LABEL_INPUTS, FLIPPED = 500, 20, 0.2
LABEL_WIDTHS, LABEL_STEPS, LABEL_RATE = (64, 64), 400, 0.003
NEW = 1000


def parameters(*widths: int) -> int:
    """Weights and biases of a network with one output, from the widths of inputs and hidden layers."""
    return sum((a + 1) * b for a, b in pairwise((*widths, 1)))


def signal(x: np.ndarray) -> np.ndarray:
    """sin(πx₁/2) + x₂x₃ of the last axis."""
    return np.sin(np.pi * x[..., 0] / 2) + x[..., 1] * x[..., 2]


def simulate_widths(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One hidden layer on noisy data, all widths on the same: training error over the noise variance, excess risk."""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared
    from dlstats.training.recipes import digest

    torch.set_num_threads(1)
    x = streams.draw(lambda rng: rng.uniform(-1, 1, (CASES, INPUTS)), "inputs")
    y = signal(x) + NOISE_SD * streams.draw(lambda rng: rng.standard_normal(CASES), "noise")
    new = streams.draw(lambda rng: rng.uniform(-1, 1, (NEW, INPUTS)), "new")
    net = nets.Mlp(INPUTS, (condition.units,))
    start = nets.initialise(net, streams.generators("start", units=condition.units), "torch_default", "float32")
    plan = training.Training(STEPS * condition.effort, RATE, schedule=training.schedules.cosine)
    fit = training.fit(net, squared, start, x, y[..., None], plan, device=device)
    fitted = training.predict(net, fit.parameters, new, device)[..., 0].numpy()
    columns = {
        "risk": ((fitted - signal(new)) ** 2).mean(axis=1),
        "misfit": fit.loss.astype(float) / NOISE_SD**2,
        "parameters": float(net.size),
    }
    records = {"status": fit.status, "epochs": fit.epochs, "dead_share": fit.dead_share}
    digests = {
        "data_digest": [digest(*both) for both in zip(x, y, strict=True)],
        "start_digest": [digest(s) for s in start.numpy()],
    }
    return stacked(streams, {"trained": columns | records | digests})


def simulate_labels(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Accuracy on the labels given and on the true ones of new cases, of a network that fits all and of a logistic line."""
    import torch
    from sklearn.linear_model import LogisticRegression

    from dlstats import nets, training
    from dlstats.losses.imbalance import cross_entropy
    from dlstats.training.recipes import digest

    torch.set_num_threads(1)
    direction = streams.draw(lambda rng: rng.standard_normal(LABEL_INPUTS), "direction")
    x = streams.draw(lambda rng: rng.standard_normal((LABELLED, LABEL_INPUTS)), "inputs")
    new = streams.draw(lambda rng: rng.standard_normal((NEW, LABEL_INPUTS)), "new")
    truth, truth_new = (np.einsum("rnd,rd->rn", one, direction) > 0 for one in (x, new))
    chance = streams.draw(lambda rng: rng.random((2, LABELLED)), "labels")
    given = {"true": truth, "flipped": truth ^ (chance[:, 0] < FLIPPED), "random": chance[:, 1] < 0.5}[condition.labels]
    net = nets.Mlp(LABEL_INPUTS, LABEL_WIDTHS)
    start = nets.initialise(net, streams.generators("start"), "torch_default", "float32")
    plan = training.Training(LABEL_STEPS * condition.effort, LABEL_RATE)
    fit = training.fit(net, cross_entropy, start, x, given[..., None].astype(float), plan, device=device)
    own, others = (training.predict(net, fit.parameters, at, device)[..., 0].numpy() > 0 for at in (x, new))
    lines = [LogisticRegression().fit(*pair) for pair in zip(x, given, strict=True)]
    drawn = [np.stack([line.predict(at) for line, at in zip(lines, each, strict=True)]) for each in (x, new)]
    digests = {
        "data_digest": [digest(*both) for both in zip(x, given, strict=True)],
        "start_digest": [digest(s) for s in start.numpy()],
    }
    return stacked(
        streams,
        {
            "trained": {
                "all_fitted": (own == given).all(1).astype(float),
                "fitted": (own == given).mean(1),
                "accuracy": (others == truth_new).mean(1),
            }
            | {"status": fit.status, "epochs": fit.epochs, "dead_share": fit.dead_share}
            | digests,
            "line": {
                "all_fitted": (drawn[0] == given).all(1).astype(float),
                "fitted": (drawn[0] == given).mean(1),
                "accuracy": (drawn[1] == truth_new).mean(1),
            },
        },
    )


TRAINED = {"method": ["trained"]}
WIDTHS = Experiment(
    simulate_widths,
    factors={"units": Factor("hidden units", int, symbol="m", at_least=1)} | EFFORT,
    methods={
        "trained": Method(
            "network of one layer",
            f"one hidden layer, {STEPS} steps of Adam on all {CASES} cases, rate {RATE:g} with a cosine schedule",
        )
    },
    measures=(
        Measure("risk", "excess risk, median", "median"),
        Measure("misfit", "training error over the noise variance, median", "median"),
        Measure("parameters", "parameters", "largest"),
        Measure("epochs", "epochs, a step each", "median"),
        Measure("dead_share", "proportion of hidden units without a slope"),
    ),
    contrasts=(
        LevelContrast("risk", "units", 25, 8, label="risk of 25 units over that of 8"),
        LevelContrast("risk", "units", 25, 200, label="risk of 25 units over that of 200"),
        LevelContrast("risk", "units", 200, 4, label="risk of 200 units over that of 4"),
    ),
    block=50,
)
LABELS = Experiment(
    simulate_labels,
    factors={"labels": Factor("labels", str, {"true": "true", "flipped": "a fifth flipped", "random": "random"})}
    | EFFORT,
    methods={
        "trained": Method(
            "network that fits all",
            f"two hidden layers of {LABEL_WIDTHS[0]}, {LABEL_STEPS} steps of Adam at rate {LABEL_RATE:g}",
        ),
        "line": Method(
            "logistic regression", "scikit-learn's, with its default penalty: the correctly specified model"
        ),
    },
    measures=(
        Measure("all_fitted", "proportion of data sets whose labels are all fitted", "proportion"),
        Measure("fitted", "accuracy on the labels given"),
        Measure("accuracy", "accuracy on new cases"),
        Measure("epochs", "epochs, a step each", "median", where=TRAINED),
        Measure("dead_share", "proportion of hidden units without a slope", where=TRAINED),
    ),
    block=50,
)
