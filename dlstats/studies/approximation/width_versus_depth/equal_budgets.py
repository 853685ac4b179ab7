"""Targets, shapes and training of the comparison of width with depth."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.stats import qmc

from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked

SAMPLES = {1: 512, 2: 512, 4: 1024, 8: 1024}
"""Points of a training sample, uniform on [-1, 1]^d, by d, where the condition does not say."""
TEST = 2048
RATES = (0.01, 0.003)
STARTS = 2
"""A network is trained from so many initialisations with each rate; the one of least training error counts."""
DEPTHS = (1, 2, 3, 4, 6, 8)
SCHEMES = ("zero", "normal", "xavier", "he", "lecun", "orthogonal", "torch_default")
ACTIVATIONS = ("relu", "leaky_relu", "prelu", "elu", "selu", "softplus", "gelu", "silu", "sigmoid", "tanh")
SUITED = {"selu": "lecun", "sigmoid": "xavier", "tanh": "xavier"}
"""The initialisation made for an activation; He's for the others."""
DESCENT = {"normal_descent": "normal", "he_descent": "he"}
"""Initialisations from which plain gradient descent is tried, too."""


@dataclass(frozen=True)
class Target:
    """A function on [-1, 1]^d."""

    dimension: int
    value: Callable[[np.ndarray], np.ndarray]


def _tree(x: np.ndarray, bend: float) -> np.ndarray:
    """A binary tree of h(u, v) = sin(bend (u + v + u v)) over the coordinates."""
    while x.shape[-1] > 1:
        u, v = x[..., 0::2], x[..., 1::2]
        x = np.sin(bend * (u + v + u * v))
    return x[..., 0]


def _rough(x: np.ndarray) -> np.ndarray:
    """sum_{k < 7} 2^(-k/2) cos(2^k pi x), Weierstrass: Hoelder 1/2 down to the scale 2^-6."""
    return sum((2 ** (-k / 2) * np.cos(2**k * math.pi * x[..., 0]) for k in range(7)), np.zeros(x.shape[:-1]))


TARGETS: dict[str, Target] = {
    "sawtooth": Target(1, lambda x: 1 - np.abs(1 - np.mod(8 * (x[..., 0] + 1), 2))),
    "smooth": Target(1, lambda x: np.sin(3 * math.pi * x[..., 0]) * np.exp(x[..., 0])),
    "rough": Target(1, _rough),
    "jump": Target(2, lambda x: (np.hypot(x[..., 0], x[..., 1]) < 0.6).astype(float)),
    "tree_4": Target(4, lambda x: _tree(x, math.pi / 2)),
    "tree_8": Target(8, lambda x: _tree(x, math.pi / 4)),
    "bump": Target(4, lambda x: np.exp(-2 * (x**2).sum(axis=-1))),
}


def shape_for(budget: int, depth: int, dimension: int) -> tuple[int, ...]:
    """Hidden widths, equal or one more in the first layers, with as many parameters as fit into `budget`."""
    width = 1
    while parameters((width + 1,) * depth, dimension) <= budget:
        width += 1
    widths = [width] * depth
    for layer in range(depth):
        wider = [*widths[:layer], width + 1, *widths[layer + 1 :]]
        widths = wider if parameters(wider, dimension) <= budget else widths
    return tuple(widths)


def parameters(widths: Sequence[int], dimension: int) -> int:
    """Weights and biases of hidden layers of these widths and one output."""
    sizes = (dimension, *widths, 1)
    return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(sizes))


def by_depth(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks of every depth at one budget, on the same data."""
    target = TARGETS[condition.target]
    arms = [Arm(f"depth_{depth}", shape_for(condition.budget, depth, target.dimension)) for depth in DEPTHS]
    return stacked(streams, {arm.name: _train(arm, condition, streams, device) for arm in arms})


def by_points(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One layer and four at one budget, by number of training points; fewer points are the first of more."""
    dimension = TARGETS[condition.target].dimension
    arms = [Arm(f"depth_{depth}", shape_for(condition.budget, depth, dimension)) for depth in (1, 4)]
    return stacked(streams, {arm.name: _train(arm, condition, streams, device) for arm in arms})


def by_activation(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks of one shape with every activation, each from the initialisation made for it."""
    widths = _widths(condition)
    arms = [Arm(name, widths, name, SUITED.get(name, "he")) for name in ACTIVATIONS]
    return stacked(streams, {arm.name: _train(arm, condition, streams, device) for arm in arms})


def by_start(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """ReLU networks of one shape from every named initialisation by Adam, from some by gradient descent."""
    widths = _widths(condition)
    arms = [Arm(name, widths, "relu", name, biases=False) for name in SCHEMES]
    arms += [Arm(name, widths, "relu", scheme, biases=False, optimiser="sgd") for name, scheme in DESCENT.items()]
    return stacked(streams, {arm.name: _train(arm, condition, streams, device) for arm in arms})


@dataclass(frozen=True)
class Arm:
    """What is compared: a name, hidden widths, activation, initialisation, whether biases are random, and optimiser."""

    name: str
    widths: tuple[int, ...]
    activation: str = "relu"
    scheme: str = "he"
    biases: bool = True
    optimiser: str = "adam"


def _widths(condition: Condition) -> tuple[int, ...]:
    return shape_for(condition.budget, condition.depth, TARGETS[condition.target].dimension)


def _sample(streams: Streams, target: Target, role: str, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (reps, n, d) and values (reps, n), the same for every arm and budget."""
    x = streams.draw(lambda rng: rng.uniform(-1, 1, (n, target.dimension)), role, dimension=target.dimension)
    return x, target.value(x)


def _variance(target: Target) -> float:
    """Variance of the target over uniform inputs, from 2^14 Sobol points."""
    points = qmc.Sobol(target.dimension, scramble=False).random(2**14)
    return float(target.value(2 * points - 1).var())


def _train(arm: Arm, condition: Condition, streams: Streams, device: str) -> dict:
    """Columns of one arm: the best of its starts and rates by training error; errors over the target's variance."""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared
    from dlstats.training.recipes import digest

    torch.set_num_threads(1)
    target = TARGETS[condition.target]
    (x, y), (fresh, truth) = (
        _sample(streams, target, role, n)
        for role, n in (("train", condition.points or SAMPLES[target.dimension]), ("test", TEST))
    )
    net = nets.Mlp(target.dimension, arm.widths, activation=arm.activation)
    restarts = STARTS * len(RATES)
    key = {"widths": list(arm.widths), "scheme": arm.scheme}
    start = nets.initialise(net, streams.generators("start", **key), arm.scheme, restarts=restarts)
    if arm.biases:
        _draw_biases(net, start, streams.generators("biases", **key), restarts)
    rates = tuple(np.tile(np.repeat(RATES, STARTS), len(streams)).tolist())
    plan = training.Training(condition.steps, rates, arm.optimiser, training.schedules.cosine, keep="best")
    fit = training.best_of(training.fit(net, squared, start, x, y[..., None], plan, device=device), restarts)
    values, variance = training.predict(net, fit.parameters, fresh, device)[..., 0].numpy(), _variance(target)
    columns = {"width": arm.widths[0], "parameters": net.size, "status": fit.status.tolist()}
    columns |= {"train_error": fit.loss / variance, "test_error": ((values - truth) ** 2).mean(axis=1) / variance}
    columns["range"] = np.ptp(values, axis=1)
    return columns | {"start_digest": [digest(row) for row in start.numpy()[::restarts]]}


def _draw_biases(net, start, generators: list, restarts: int) -> None:
    """Biases of the hidden layers uniform on +-1/sqrt(fan-in), in place: He's has none, and all kinks at 0."""
    import torch

    from dlstats import nets

    named = nets.views(net, start)
    for layer, fan_in in enumerate(net.sizes[:-2]):
        bias = named[f"bias.{layer}"]
        drawn = [rng.uniform(-1, 1, (restarts, bias.shape[1])) / fan_in**0.5 for rng in generators]
        bias.copy_(torch.as_tensor(np.concatenate(drawn)))


LABELS = {
    "sawtooth": "sawtooth, d = 1",
    "smooth": "smooth, d = 1",
    "rough": "rough, d = 1",
    "jump": "jump, d = 2",
    "tree_4": "tree, d = 4",
    "tree_8": "tree, d = 8",
    "bump": "bump, d = 4",
}
FACTORS = {
    "target": Factor("target", str, levels=LABELS),
    "budget": Factor("parameters at most", int, at_least=10),
    "depth": Factor("hidden layers", int, at_least=1),
    "steps": Factor("steps of the optimiser", int, at_least=1),
    "points": Factor("training points", int, at_least=1, default=None),
}
MEASURES = (
    Measure("test_error", "test error over variance", "geometric_mean"),
    Measure("test_error", "test error over variance, mean", "mean"),
    Measure("test_error", "test error over variance, median", "median"),
    Measure("train_error", "training error over variance", "geometric_mean"),
    Measure("parameters", "parameters", "exact"),
    Measure("width", "units of the first layer", "exact"),
)
RANGE = Measure("range", "range of the network over the test points", "largest")
SAID = {"zero": "0", "normal": "N(0, 0.01²)", "xavier": "Xavier's", "he": "He's", "lecun": "LeCun's"}
SHAPES = {
    f"depth_{d}": Method(
        f"{d} layers" if d > 1 else "1 layer",
        f"{d} hidden layers of equal widths (the first ones a unit more where parameters are left), ReLU, He's weights, "
        "biases uniform on ±1/√fan-in",
    )
    for d in DEPTHS
}


RATIOS = (
    Contrast("test_error", "depth_4", "depth_1", "ratio", "geometric_mean"),
    Contrast("train_error", "depth_4", "depth_1", "log_ratio", "geometric_mean"),
)


BY_DEPTH = Experiment(
    title="depths at one budget",
    simulate=by_depth,
    factors={name: FACTORS[name] for name in ("target", "budget", "steps", "points")},
    methods=SHAPES,
    measures=MEASURES,
    contrasts=RATIOS,
    block=16,
)
BY_POINTS = Experiment(
    title="depths by number of training points",
    simulate=by_points,
    factors={name: FACTORS[name] for name in ("target", "budget", "points", "steps")},
    methods={name: SHAPES[name] for name in ("depth_1", "depth_4")},
    measures=MEASURES,
    contrasts=RATIOS,
    block=4,
)
BY_ACTIVATION = Experiment(
    title="activations",
    simulate=by_activation,
    factors=FACTORS,
    methods={
        name: Method(name.replace("_", " "), f"activation {name}, {SAID[SUITED.get(name, 'he')]} weights")
        for name in ACTIVATIONS
    },
    measures=MEASURES,
    block=16,
)
BY_START = Experiment(
    title="initialisations",
    simulate=by_start,
    factors=FACTORS,
    methods={
        name: Method(name.replace("_", " "), f"ReLU, initialisation {SAID.get(name, name.replace('_', ' '))}, biases 0")
        for name in SCHEMES
    }
    | {
        name: Method(f"{SAID[scheme]}, descent", f"ReLU, initialisation {SAID[scheme]}, biases 0, gradient descent")
        for name, scheme in DESCENT.items()
    },
    measures=(*MEASURES, RANGE),
    block=16,
)
