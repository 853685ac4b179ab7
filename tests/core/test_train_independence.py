"""A replicate in a batch is the replicate alone, whatever its neighbours do."""

import numpy as np
import pytest
import torch

from dlstats.core import nets, train
from dlstats.core.engine.optimisers import OPTIMISERS
from dlstats.core.losses.regression import squared

REPS, N, D, CHOSEN = 64, 48, 5, 37
NET = nets.Mlp(D, (16, 16), 1, skip=True)


def absolute(prediction, y):
    return (prediction - y).abs()


def generators(seed):
    return [np.random.default_rng([seed, r]) for r in range(REPS)]


def data():
    x = np.stack([rng.normal(size=(N, D)) for rng in generators(1)])
    return x, np.sin(x.sum(axis=2, keepdims=True))


def both(loss, training, x, y, validation=None):
    rows = slice(CHOSEN, CHOSEN + 1)
    start = nets.initialise(NET, generators(0), dtype=training.dtype)
    orders = generators(2) if training.batch_size else None
    together = train.fit(NET, loss, start, x, y, training, orders, validation=validation, device="cpu")
    orders = generators(2)[rows] if training.batch_size else None
    part = None if validation is None else (validation[0][rows], validation[1][rows])
    return together, train.fit(
        NET, loss, start[rows], x[rows], y[rows], training, orders, validation=part, device="cpu"
    )


@pytest.mark.parametrize("loss", [squared, absolute])
@pytest.mark.parametrize("batch_size", [None, 20])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_replicate_of_64_is_the_replicate_alone(optimiser, batch_size, loss):
    x, y = data()
    x[CHOSEN - 1] = np.inf  # a neighbour that diverges at once
    x[CHOSEN + 1] *= 1e4  # and one that wanders far away
    training = train.Training(40, 0.01, optimiser, batch_size=batch_size, momentum=0.5)
    together, alone = both(loss, training, x, y)
    assert together.status[CHOSEN - 1] == "diverged"
    assert (np.delete(together.status, [CHOSEN - 1, CHOSEN + 1]) == "ok").all()
    assert torch.equal(together.parameters[CHOSEN], alone.parameters[0])
    assert together.loss[CHOSEN] == alone.loss[0]


@pytest.mark.parametrize("batch_size", [None, 20])
def test_early_stopping_of_one_replicate_leaves_the_others(batch_size):
    x, y = data()
    training = train.Training(300, 0.01, batch_size=batch_size, keep="best", patience=3, check_every=5)
    together, alone = both(squared, training, x, y, validation=(x + 0.1, y))
    assert len(set(together.steps)) > 5
    assert together.steps[CHOSEN] == alone.steps[0]
    assert together.step[CHOSEN] == alone.step[0]
    assert torch.equal(together.parameters[CHOSEN], alone.parameters[0])
    assert together.validation_loss[CHOSEN] == alone.validation_loss[0]
