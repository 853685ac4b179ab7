"""The engine of dlstats, by each of its back ends."""

from __future__ import annotations

from functools import partial

import torch

from benchmarks.problem import INPUTS, LEARNING_RATE
from dlstats import nets, training
from dlstats.losses.regression import squared


def prepare(shape, x, y, start, backend):
    net = nets.Mlp(INPUTS, shape.sizes[1:-1])
    x, y, start = (torch.from_numpy(a) for a in (x, y, start))

    def train_for(steps):
        return training.fit(net, squared, start, x, y, training.Training(steps, LEARNING_RATE), backend=backend).loss

    return train_for


FORMS = {name: partial(prepare, backend=name) for name in ("torch", "lanes")}
