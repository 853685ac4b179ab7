"""What is compared at equal numbers of parameters: depths, activations, initialisations."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.approximation.width_versus_depth.targets import LABELS, TARGETS, parameters, shape_for
from dlstats.studies.approximation.width_versus_depth.tuned import Arm, trained
from dlstats.studies.frames import stacked

DEPTHS = (1, 2, 4, 8)
SCHEMES = ("zero", "normal", "xavier", "he", "lecun", "orthogonal", "torch_default")
ACTIVATIONS = ("relu", "leaky_relu", "prelu", "elu", "selu", "softplus", "gelu", "silu", "sigmoid", "tanh")
SUITED = {"selu": "lecun", "sigmoid": "xavier", "tanh": "xavier"}
"""The initialisation made for an activation; He's for the others."""
WRITTEN = {
    "relu": "ReLU", "leaky_relu": "leaky ReLU", "prelu": "PReLU", "elu": "ELU", "selu": "SELU", "gelu": "GELU", "silu": "SiLU",
    "normal": "N(0, 0.01²)", "xavier": "Xavier", "he": "He", "lecun": "LeCun", "torch_default": "PyTorch's default",
}  # fmt: skip
"""How activations and initialisations are written that are not words."""
DESCENT = {"normal_descent": "normal", "he_descent": "he"}
"""Initialisations from which plain gradient descent is tried, too."""


def by_depth(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks of every depth at one budget, on the same data."""
    dimension = TARGETS[condition.target].dimension
    arms = [Arm(f"depth_{depth}", shape_for(condition.budget, depth, dimension)) for depth in DEPTHS]
    return _compared(arms, condition, streams, device)


def by_activation(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks of one shape with every activation, each from the initialisation made for it."""
    arms = [Arm(name, _widths(condition), name, SUITED.get(name, "he")) for name in ACTIVATIONS]
    return _compared(arms, condition, streams, device)


def by_start(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """ReLU networks of one shape from every named initialisation by Adam, from some by gradient descent."""
    widths = _widths(condition)
    arms = [Arm(name, widths, "relu", name, biases=False) for name in SCHEMES]
    arms += [Arm(name, widths, "relu", scheme, biases=False, optimiser="sgd") for name, scheme in DESCENT.items()]
    return _compared(arms, condition, streams, device)


def _compared(arms: list[Arm], condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    return stacked(streams, {arm.name: trained(arm, condition, streams, device) for arm in arms})


def _widths(condition: Condition) -> tuple[int, ...]:
    return shape_for(condition.budget, condition.depth, TARGETS[condition.target].dimension)


FACTORS = {
    "target": Factor("target", str, levels=LABELS),
    "budget": Factor("parameters at most", int, at_least=10),
    "depth": Factor("hidden layers", int, at_least=1),
    "points": Factor("training points", int, at_least=5),
    "steps": Factor("steps of the optimiser", int, at_least=1),
} | EFFORT
MEASURES = (
    Measure("test_error", "test error over variance", "geometric_mean"),
    Measure("test_error", "test error over variance, mean", "mean"),
    Measure("test_error", "test error over variance, median", "median"),
    Measure("train_error", "training error over variance", "geometric_mean"),
    Measure("parameters", "parameters", "exact"),
    Measure("width", "units of the first layer", "exact"),
    Measure("learning_rate", "learning rate chosen", "median"),
    Measure("epochs", "epochs", "exact"),
    Measure("dead_share", "proportion of hidden units without a slope"),
)
RANGE = Measure("range", "range of the network over the test points", "largest")
SAID = {"zero": "0", "normal": "N(0, 0.01²)", "xavier": "Xavier's", "he": "He's", "lecun": "LeCun's"}


def _allows(depth: Callable[[Condition], int]) -> dict[str, Callable[[Condition], bool]]:
    """That a budget has the parameters of a network of a depth."""

    def holds(condition: Condition) -> bool:
        return parameters((1,) * depth(condition), TARGETS[condition.target].dimension) <= condition.budget

    return {"`budget` must allow a unit in every layer": holds}


BY_DEPTH = Experiment(
    title="depths at one budget",
    simulate=by_depth,
    factors={name: factor for name, factor in FACTORS.items() if name != "depth"},
    methods={
        f"depth_{d}": Method(
            f"{d} layers" if d > 1 else "1 layer",
            f"{d} hidden layers of equal widths (the first ones a unit more where parameters are left), ReLU, He's "
            "weights, biases uniform on ±1/√fan-in",
        )
        for d in DEPTHS
    },
    measures=MEASURES,
    contrasts=[
        Contrast(column, f"depth_{d}", "depth_1", "log_ratio", "geometric_mean")
        for column in ("test_error", "train_error")
        for d in DEPTHS[1:]
    ],
    block=12,
    requires=_allows(lambda c: max(DEPTHS)),
)
BY_ACTIVATION = Experiment(
    title="activations",
    simulate=by_activation,
    factors=FACTORS,
    methods={
        name: Method(WRITTEN.get(name, name), f"activation {name}, {SAID[SUITED.get(name, 'he')]} weights")
        for name in ACTIVATIONS
    },
    measures=MEASURES,
    block=12,
    requires=_allows(lambda c: c.depth),
)
BY_START = Experiment(
    title="initialisations",
    simulate=by_start,
    factors=FACTORS,
    methods={
        name: Method(
            WRITTEN.get(name, name), f"ReLU, initialisation {SAID.get(name, name.replace('_', ' '))}, biases 0"
        )
        for name in SCHEMES
    }
    | {
        name: Method(f"{WRITTEN[scheme]}, descent", f"ReLU, initialisation {SAID[scheme]}, biases 0, gradient descent")
        for name, scheme in DESCENT.items()
    },
    measures=(*MEASURES, RANGE),
    block=12,
    requires=_allows(lambda c: c.depth),
)
