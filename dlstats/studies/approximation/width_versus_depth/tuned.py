"""How every network of the comparison is trained: rate by a held-out fifth, then the better of two initialisations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlstats.protocol.factor import Condition
from dlstats.seeds import Streams
from dlstats.studies.approximation.width_versus_depth.targets import TARGETS, sample, variance

if TYPE_CHECKING:
    from torch import Tensor

    from dlstats.nets import Mlp

TEST = 2048
BATCH = 128
RATES = {"adam": (0.06, 0.02, 0.006), "sgd": (0.3, 0.1, 0.03)}
"""Learning rates of an optimiser, of which a held-out fifth of the points chooses one for each network."""
STARTS = 2
"""With that rate a network is trained on all points from so many initialisations; the least training error counts."""


@dataclass(frozen=True)
class Arm:
    """What is compared: a name, hidden widths, activation, initialisation, whether biases are random, and optimiser."""

    name: str
    widths: tuple[int, ...]
    activation: str = "relu"
    scheme: str = "he"
    biases: bool = True
    optimiser: str = "adam"


def trained(arm: Arm, condition: Condition, streams: Streams, device: str) -> dict:
    """Columns of one arm; errors over the target's variance."""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared
    from dlstats.methods import tuning
    from dlstats.training.recipes import digest

    torch.set_num_threads(1)
    target, reps = TARGETS[condition.target], len(streams)
    x, y = sample(streams, target, "train", condition.points)
    fresh, truth = sample(streams, target, "test", TEST)
    net = nets.Mlp(target.dimension, arm.widths, activation=arm.activation)
    start = _starts(arm, net, streams)

    def fitted(begin: Tensor, rates: np.ndarray, n: int) -> training.Fit:
        plan = training.Training(
            condition.steps * condition.effort,
            tuple(rates.tolist()),
            arm.optimiser,
            training.schedules.cosine,
            min(BATCH, n),
        )
        order = streams.generators("minibatch", points=condition.points)
        return training.fit(net, squared, begin, x[:, :n], y[:, :n, None], plan, order, device=device)

    rates, n = np.array(RATES[arm.optimiser]), condition.points - condition.points // 5
    trials = fitted(start[::STARTS].repeat_interleave(len(rates), 0), np.tile(rates, reps), n)
    held_x, held_y = (np.repeat(part[:, n:], len(rates), axis=0) for part in (x, y))
    held = _error(net, trials.parameters, held_x, held_y, device).reshape(reps, -1)
    rate = rates[tuning.best(held)]
    fit = training.best_of(fitted(start, np.repeat(rate, STARTS), x.shape[1]), STARTS)
    values = training.predict(net, fit.parameters, fresh, device)[..., 0].numpy()
    scale = variance(condition.target)
    return {
        "status": fit.status.tolist(),
        "width": arm.widths[0],
        "parameters": net.size,
        "train_error": fit.loss / scale,
        "test_error": ((values - truth) ** 2).mean(axis=1) / scale,
        "range": np.ptp(values, axis=1),
        "learning_rate": rate,
        "epochs": fit.epochs,
        "dead_share": fit.dead_share,
        "data_digest": [digest(a, b) for a, b in zip(x, y, strict=True)],
        "start_digest": [digest(row) for row in start.numpy().reshape(reps, -1)],
    }


def _error(net: Mlp, weights: Tensor, x: np.ndarray, y: np.ndarray, device: str) -> np.ndarray:
    """Mean squared errors of networks, each on points of its own."""
    from dlstats import training

    return ((training.predict(net, weights, x, device)[..., 0].numpy() - y) ** 2).mean(axis=1)


def _starts(arm: Arm, net: Mlp, streams: Streams) -> Tensor:
    """Initialisations; hidden biases uniform on ±1/√fan-in where they are random: He's has none, and all kinks at 0."""
    import torch

    from dlstats import nets

    key = {"widths": list(arm.widths), "scheme": arm.scheme}
    start = nets.initialise(net, streams.generators("start", **key), arm.scheme, restarts=STARTS)
    if arm.biases:
        generators = streams.generators("biases", **key)
        for layer, fan_in in enumerate(net.sizes[:-2]):
            bias = nets.views(net, start)[f"bias.{layer}"]
            drawn = [rng.uniform(-1, 1, (STARTS, bias.shape[1])) / fan_in**0.5 for rng in generators]
            bias.copy_(torch.as_tensor(np.concatenate(drawn)))
    return start
