"""Gradients of tanh networks with biases on either side of the edge of chaos and on it, by backpropagation."""

from __future__ import annotations

import math

import pandas as pd

from dlstats.protocol.factor import Condition
from dlstats.protocol.measure import Measure
from dlstats.protocol.reader import Line
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.dynamics.initialisation.signals import SIZES, passes
from dlstats.theory import propagation as theory

BIAS = 0.05
WEIGHTS = {"ordered": 1.5, "critical": theory.critical_weight(BIAS)[0], "chaotic": 2.5}
"""σ_w², the variance of a weight times the width."""


def factor(line: Line) -> float:
    """χ of the method at its fixed point."""
    weight = WEIGHTS[line["method"]]
    return theory.gradient_factor("tanh", theory.fixed_point("tanh", weight, BIAS), weight)


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Growth of the gradient through the same draws, scaled, from an input whose mean square is the fixed point."""
    import torch

    torch.set_num_threads(1)
    depth, width = condition.depth, condition.width
    starts = {name: theory.fixed_point("tanh", weight, BIAS) for name, weight in WEIGHTS.items()}
    rows = []
    for replicate, rng in zip(streams.replicates, streams.generators("network", **condition), strict=True):
        w = rng.standard_normal((depth, width, width)) / math.sqrt(width)
        b = rng.standard_normal((depth, width)) * math.sqrt(BIAS)
        x, g = rng.standard_normal((2, width))
        for name, weight in WEIGHTS.items():
            backward = passes("tanh", math.sqrt(weight) * w, math.sqrt(starts[name]) * x, g, b)["backward"]
            rows.append({"replicate": replicate, "method": name, "growth": backward[0] ** (1 / depth)})
    return pd.DataFrame(rows)


EDGE = Experiment(
    simulate,
    factors=SIZES,
    methods={
        "ordered": Method(
            "below the edge", f"weights N(0, {WEIGHTS['ordered']:g}/n), biases N(0, {BIAS:g})", "squared"
        ),
        "critical": Method(
            "on the edge", f"weights N(0, {WEIGHTS['critical']:.4f}/n), biases N(0, {BIAS:g})", "absolute"
        ),
        "chaotic": Method("above the edge", f"weights N(0, {WEIGHTS['chaotic']:g}/n), biases N(0, {BIAS:g})", "huber"),
    },
    measures=(Measure("growth", "growth of the gradient's mean square per layer"),),
    block=10,
)
