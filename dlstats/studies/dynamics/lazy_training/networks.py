"""Networks in the tangent scaling trained by gradient descent, next to their linearisations and the limiting kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Measure, Slope
from dlstats.protocol.study import Experiment, Method
from dlstats.studies.dynamics.lazy_training.kernels import CASES, DEPTH, INPUTS, NEW, WIDTH, signal, sphere
from dlstats.studies.frames import stacked
from dlstats.theory import tangent_kernels as theory

if TYPE_CHECKING:
    from torch import Tensor

    from dlstats.nets import Wrapped
    from dlstats.seeds import Streams


def rate(depth: int) -> float:
    """1/(L + 1) for L hidden layers: n over it is the trace of the limiting kernel of ReLU at n cases, above its eigenvalues."""
    return 1 / (depth + 1)


def data(streams: Streams) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cases, new points and responses of every replicate, the same at every width."""
    x = streams.draw(lambda rng: sphere(rng, CASES), "cases")
    return x, streams.draw(lambda rng: sphere(rng, NEW), "new"), signal(x)


def about(fit: Any, x: np.ndarray, y: np.ndarray, start: Tensor) -> dict[str, Any]:
    """What is recorded of training, of the network of every replicate."""
    from dlstats.training.recipes import digest

    return {
        "misfit": fit.loss / (y**2).mean(axis=1),
        "status": fit.status,
        "epochs": fit.epochs,
        "data_digest": [digest(*both) for both in zip(x, y, strict=True)],
        "start_digest": [digest(row.numpy()) for row in start],
    }


def simulate_training(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks in the tangent scaling next to gradient descent on their linearisation and with the limiting kernel."""
    import torch

    from dlstats import training
    from dlstats.studies.dynamics.lazy_training import _modules as modules

    torch.set_num_threads(1)
    depth, width, steps = condition.depth, condition.width, condition.steps * condition.effort
    x, new, y = data(streams)
    networks, columns = {name: modules.scaled(INPUTS, width, depth, name) for name in LAZY}, {}
    size = networks["relu"].size
    start = torch.from_numpy(
        streams.draw(lambda rng: rng.standard_normal(size), "start", width=width, depth=depth)
    ).float()
    for name, net in networks.items():
        fit = modules.trained(net, start, x, y, rate(depth), steps, device)
        ends = training.predict(net, fit.parameters, new, "cpu")[..., 0].double().numpy()
        parts = zip(start, fit.parameters, ends, x, new, y, strict=True)
        compared = [_compared(net, depth, name == "relu", steps, *part) for part in parts]
        columns[name] = pd.DataFrame(compared).to_dict("list") | about(fit, x, y, start)
    return stacked(streams, columns)


def _compared(
    net: Wrapped,
    depth: int,
    closed: bool,
    steps: int,
    start: Tensor,
    end: Tensor,
    predicted: np.ndarray,
    x: np.ndarray,
    new: np.ndarray,
    y: np.ndarray,
) -> dict[str, float]:
    """Of one network: distances of its predictions at new points to two others, of kernel and weights to their start.

    `closed` is whether the limiting kernel has a closed form.
    """
    from dlstats.studies.dynamics.lazy_training import _modules as modules

    first, last = modules.state(net, start, x, new), modules.state(net, end, x, x[:0])
    scale, residual = np.sqrt((y**2).mean()), y - first.cases

    def gap(kernel: np.ndarray, across: np.ndarray) -> float:
        change = theory.descent(kernel, across, residual, rate(depth), steps)
        return float(np.sqrt(((predicted - first.new - change) ** 2).mean()) / scale)

    limit = gap(*(theory.tangent_kernel(points, x, depth) for points in (x, new))) if closed else np.nan
    return {
        "linearised": gap(first.kernel, first.across),
        "limit": limit,
        "kernel_change": float(np.linalg.norm(last.kernel - first.kernel) / np.linalg.norm(first.kernel)),
        "movement": float((end - start).norm()),
        "relative_movement": float((end - start).norm() / start.norm()),
    }


LAZY = {
    "relu": Method("ReLU, tangent scaling", "output scaled by 1/√m, gradient descent", "lazy"),
    "tanh": Method("tanh, tangent scaling", "output scaled by 1/√m, gradient descent", "ntk"),
}
STEPS = Factor("steps", int, at_least=1, at_most=10**6)
ROOT: dict[str, Any] = {"statistic": "rmse", "options": {"truth": 0.0}}
RELU = {"method": ["relu"]}
TRAINING = Experiment(
    simulate_training,
    factors={"depth": DEPTH, "width": WIDTH, "steps": STEPS} | EFFORT,
    methods=LAZY,
    measures=(
        Measure("linearised", "relative distance to the linearised network", **ROOT),
        Measure("limit", "relative distance to gradient descent with the limiting kernel", **ROOT, where=RELU),
        Measure("kernel_change", "relative change of the tangent kernel", **ROOT),
        Measure("movement", "distance moved by the weights", **ROOT),
        Measure("relative_movement", "distance moved over the length of the weights", **ROOT),
        Measure("misfit", "training error over the mean square of the responses", "median"),
        Measure("epochs", "epochs, a step each", "median"),
    ),
    slopes=tuple(
        Slope(column, "width", paired=True, **ROOT)
        for column in ("linearised", "limit", "kernel_change", "movement", "relative_movement")
    ),
    block=64,
)
