"""Mean squares of signals and gradients through random networks, as their initialisations draw the weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.study import Experiment, Method
from dlstats.studies.frames import stacked
from dlstats.theory import propagation as theory

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from dlstats.seeds import Streams

NETWORKS = 200
"""Networks of a replicate of the moments."""
VARIANTS = {
    "prelu": (f"leaky ReLU {theory.LEAK:g}", "absolute"),
    "half_elu": ("ELU 0.5", "tukey"),
    "elu": ("ELU 1", "huber"),
    "softplus": ("softplus", "cauchy"),
    "slow_swish": ("swish 0.4", "charbonnier"),
    "silu": ("SiLU", "andrews"),
    "fast_swish": ("swish 1.4", "log_cosh"),
    "gelu": ("GELU", "geman_mcclure"),
}
"""Variants of ReLU in the lectures: label, and style in the figure. PReLU starts as leaky ReLU."""
METHODS = {
    "he_relu": Method("He, ReLU", "weights N(0, 2/n)", "squared"),
    "lecun_relu": Method("LeCun, ReLU", "weights N(0, 1/n)", "absolute"),
    "xavier_relu": Method("Xavier, ReLU", "weights uniform with variance 1/n", "huber"),
    "unscaled_relu": Method("N(0, 1), ReLU", "weights N(0, 1)", "andrews"),
    "xavier_tanh": Method("Xavier, tanh", "weights uniform with variance 1/n", "tukey"),
    "xavier_sigmoid": Method("Xavier, sigmoid", "weights uniform with variance 1/n", "cauchy"),
    "lecun_selu": Method("LeCun, SELU", "weights N(0, 1/n)", "geman_mcclure"),
    "orthogonal_linear": Method("orthogonal, none", "orthogonal weights, no activation", "charbonnier"),
    **{f"he_{name}": Method(f"He, {label}", "weights N(0, 2/n)", style) for name, (label, style) in VARIANTS.items()},
}


def variance(method: str, width: int) -> float:
    """σ_w², the variance of a weight times the width."""
    return {"he": 2.0, "unscaled": float(width)}.get(method.split("_")[0], 1.0)


def exact(line, side: str) -> float:
    """The exact recursion at the layer of a line, `forward` relative to the input and `backward` to the output."""
    depth, method = line["depth"], line["method"]
    recursion = theory.forward if side == "forward" else theory.backward
    return recursion(method.split("_", 1)[1], 1.0, variance(method, line["width"]), depth)[line["layer"]]


def _weights(rng: np.random.Generator, depth: int, width: int) -> dict[str, np.ndarray]:
    """Weights of every scheme, (depth, width, width), drawn apart."""
    from dlstats.nets.initialisations import INITIALISATIONS

    drawn = {
        scheme: np.stack([INITIALISATIONS[scheme](rng, width, width)[0] for _ in range(depth)])
        for scheme in ("he", "lecun", "xavier", "orthogonal")
    }
    return drawn | {"unscaled": rng.standard_normal((depth, width, width))}


def activated(name: str) -> Callable[[Tensor], Tensor]:
    """The activation by torch, with the parameters of the lectures."""
    import torch
    import torch.nn.functional as F

    from dlstats.nets.activations import ACTIVATIONS

    own: dict[str, Callable[[Tensor], Tensor]] = {
        "linear": lambda h: h,
        "prelu": lambda h: F.leaky_relu(h, theory.LEAK),
        "half_elu": lambda h: F.elu(h, 0.5),
        "slow_swish": lambda h: h * torch.sigmoid(0.4 * h),
        "fast_swish": lambda h: h * torch.sigmoid(1.4 * h),
    }
    return own[name] if name in own else ACTIVATIONS[name].value


def passes(name: str, weights: np.ndarray, x: np.ndarray, g: np.ndarray, biases: np.ndarray) -> dict[str, np.ndarray]:
    """One forward and one backward pass by torch: mean squares of layers and the proportion of positive entries."""
    import torch

    states, activation = [torch.tensor(x, requires_grad=True)], activated(name)
    for w, b in zip(torch.from_numpy(weights), torch.from_numpy(biases), strict=True):
        h = states[-1]
        states.append(activation(h) @ w + b)
    gradients = torch.autograd.grad(states[-1], states, torch.from_numpy(g))
    forward, backward = (np.array([float(s.detach().square().mean()) for s in all]) for all in (states, gradients))
    active = np.array([float((s > 0).double().mean()) for s in states])
    return {"forward": forward, "backward": backward / backward[-1], "active": active}


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Every scheme and activation, on one input of entries N(0, 1) and one final gradient."""
    import torch

    torch.set_num_threads(1)
    depth, width, frames = condition.depth, condition.width, []
    for replicate, rng in zip(streams.replicates, streams.generators("network", **condition), strict=True):
        weights = _weights(rng, depth, width)
        x, g = rng.standard_normal((2, width))
        for method in METHODS:
            scheme, name = method.split("_", 1)
            columns = passes(name, weights[scheme], x, g, np.zeros((depth, width)))
            frames.append(pd.DataFrame({"replicate": replicate, "method": method, "layer": range(depth + 1)} | columns))
    return pd.concat(frames, ignore_index=True)


SIZES = {
    "depth": Factor("layers", int, symbol="L", at_least=1, at_most=200),
    "width": Factor("width", int, symbol="n", at_least=1, at_most=4096),
}
SIGNALS = Experiment(
    simulate,
    factors=SIZES,
    keys={"layer": Factor("layer", int, at_least=0)},
    methods=METHODS,
    measures=(
        Measure("forward", "mean square of the signal"),
        Measure("backward", "mean square of the gradient"),
        Measure("active", "proportion of units with positive pre-activation"),
    ),
    block=20,
)


def simulate_moments(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Means over networks of q = |h_L|²/|h_0|², q² and of whether all units died, through whole matrices."""
    depth, width = condition.depth, condition.width
    kinds: dict[str, list[list[float]]] = {"relu": [], "linear": []}
    for rng in streams.generators("networks", **condition):
        weights = rng.standard_normal((depth, NETWORKS, width, width)) / math.sqrt(width)
        start = rng.standard_normal((NETWORKS, 1, width))
        for kind, all_of in kinds.items():
            h = start
            for w in weights:
                h = (math.sqrt(2) * np.maximum(h, 0) if kind == "relu" else h) @ w
            q = (h**2).sum(axis=(1, 2)) / (start**2).sum(axis=(1, 2))
            all_of.append([q.mean(), (q**2).mean(), (q == 0).mean()])
    columns: dict[str, dict[str, np.ndarray]] = {
        kind: dict(zip(("mean", "square", "dead"), np.array(a).T, strict=True)) for kind, a in kinds.items()
    }
    return stacked(streams, columns)


MOMENTS = Experiment(
    simulate_moments,
    factors=SIZES,
    methods={
        "relu": Method("He, ReLU", "weights N(0, 2/n)", "squared"),
        "linear": Method("LeCun, no activation", "weights N(0, 1/n)", "absolute"),
    },
    measures=(
        Measure("mean", "mean of q"),
        Measure("square", "mean of q²"),
        Measure("dead", "proportion of networks without signal"),
    ),
    block=20,
)
