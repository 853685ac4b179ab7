"""One forward and one backward pass through random networks with and without normalisation and skips."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

METHODS = {
    "plain": Method("no normalisation", "h ← W relu(h), weights N(0, 2/n)", "squared"),
    "normalised": Method("batch norm", "h ← W relu(BN(h))", "absolute"),
    "linear": Method("batch norm, no activation", "h ← W BN(h)", "huber"),
    "residual": Method("skip", "h ← h + W relu(h)", "tukey"),
    "scaled": Method("skip, branch by 1/√L", "h ← h + W relu(h)/√L", "cauchy"),
    "normalised_skip": Method("skip and batch norm", "h ← h + W relu(BN(h))", "geman_mcclure"),
}


def layer(method: str, depth: int) -> Callable[[Tensor, Tensor], Tensor]:
    """(h, W) -> next h, shapes (batch, n) and (n, n); W has variance 2/n, BN the batch's statistics and ε = 10⁻⁵."""
    import torch.nn.functional as F

    def norm(h: Tensor) -> Tensor:
        return F.batch_norm(h, None, None, training=True)

    return {
        "plain": lambda h, w: h.relu() @ w,
        "normalised": lambda h, w: norm(h).relu() @ w,
        "linear": lambda h, w: norm(h) @ w,
        "residual": lambda h, w: h + h.relu() @ w,
        "scaled": lambda h, w: h + h.relu() @ w / math.sqrt(depth),
        "normalised_skip": lambda h, w: h + norm(h).relu() @ w,
    }[method]


def passes(method: str, weights: Tensor, x: Tensor, g: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Mean squares of signal and gradient at layers 0, …, L, signals relative to the first, gradients to the last."""
    import torch

    step, states = layer(method, len(weights)), [x.clone().requires_grad_()]
    for w in weights:
        states.append(step(states[-1], w))
    gradients = torch.autograd.grad(states[-1], states, g)
    forward, backward = (torch.stack([s.detach().square().mean() for s in all]) for all in (states, gradients))
    return (forward / forward[0]).numpy(), (backward / backward[-1]).numpy()


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One forward and one backward pass of each network through the same weights, inputs and final gradients."""
    import torch

    torch.set_num_threads(1)
    depth, width, batch = condition.depth, condition.width, condition.batch
    low, high = depth // 4, depth - depth // 4
    frames = []
    for replicate, rng in zip(streams.replicates, streams.generators("network", **condition), strict=True):
        weights = torch.from_numpy(rng.standard_normal((depth, width, width))) * math.sqrt(2 / width)
        x, g = (torch.from_numpy(rng.standard_normal((batch, width))) for _ in range(2))
        for method in METHODS:
            forward, backward = passes(method, weights, x, g)
            columns = {"layer": range(depth + 1), "forward": forward, "backward": backward}
            frame = pd.DataFrame({"replicate": replicate, "method": method} | columns)
            frame.loc[0, "growth"] = (backward[low] / backward[high]) ** (1 / (high - low))
            frame.loc[0, "signal_growth"] = forward[-1] ** (1 / depth)
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)


NETWORKS = Experiment(
    simulate,
    factors={
        "depth": Factor("layers", int, symbol="L", at_least=2, at_most=100),
        "width": Factor("width", int, symbol="n", at_least=2, at_most=4096),
        "batch": Factor("batch", int, symbol="B", at_least=4, at_most=4096),
    },
    keys={"layer": Factor("layer", int, at_least=0)},
    methods=METHODS,
    measures=(
        Measure("forward", "mean square of the signal, relative to the input"),
        Measure("backward", "mean square of the gradient"),
        Measure("growth", "growth of the gradient's mean square per layer, middle half", where={"layer": 0}),
        Measure("signal_growth", "growth of the signal's mean square per layer", where={"layer": 0}),
    ),
    block=4,
)
