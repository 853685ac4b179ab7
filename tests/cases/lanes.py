"""Problems that both back ends can train, for the tests of lanes."""

import numpy as np
import torch

from dlstats import nets
from dlstats.losses.imbalance import cross_entropy
from dlstats.losses.regression import squared
from dlstats.training.contract import Problem, Training


def user_squared(prediction, y):
    """A loss that the kernel has never heard of, equal to one that it knows."""
    return (prediction - y).square()


def generators(rows, seed=3):
    return [np.random.default_rng([seed, r]) for r in range(rows)]


def problem(net, rows=5, n=40, loss=squared, restarts=1, shared=False, checked=0, **changes) -> Problem:
    training = Training(**{"steps": 3, "learning_rate": 0.01, "dtype": "float64"} | changes)
    dtype = getattr(torch, training.dtype)
    replicates, labels = 1 if shared else rows, loss is cross_entropy
    x, y = _data(net, replicates, n, 1, dtype, labels)
    return Problem(
        net,
        loss,
        nets.initialise(net, generators(rows, 2), dtype=training.dtype, restarts=restarts),
        x,
        y,
        training,
        training.learning_rate if isinstance(training.learning_rate, tuple) else (training.learning_rate,),
        generators(rows) if training.batch_size else None,
        _data(net, replicates, checked, 9, dtype, labels) if checked else None,
    )


def _data(net, rows, n, seed, dtype, labels):
    x = np.stack([rng.normal(size=(n, net.d_in)) for rng in generators(rows, seed)])
    target = np.sin(x.sum(axis=2, keepdims=True)) + 0.3 * np.arange(net.d_out)
    return torch.as_tensor(x, dtype=dtype), torch.as_tensor(target > 0 if labels else target, dtype=dtype)


def distance(one, other):
    """The largest difference of the weights of two fits."""
    return (one.parameters - other.parameters).abs().max().item()
