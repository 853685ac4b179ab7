"""The tangent kernel of random ReLU networks at initialisation, next to that of infinite width."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure, Slope
from dlstats.protocol.study import Experiment, Method
from dlstats.studies.frames import stacked
from dlstats.theory import tangent_kernels as theory

if TYPE_CHECKING:
    from dlstats.seeds import Streams

CASES, NEW, INPUTS = 20, 40, 5
WIDTH = Factor("width", int, symbol="m", at_least=1, at_most=2**14)
DEPTH = Factor("hidden layers", int, symbol="L", at_least=1, at_most=5)


def sphere(rng: np.random.Generator, points: int) -> np.ndarray:
    """Points uniform on the sphere of radius √d, shape (points, d)."""
    x = rng.standard_normal((points, INPUTS))
    return x * math.sqrt(INPUTS) / np.linalg.norm(x, axis=1, keepdims=True)


def signal(x: np.ndarray) -> np.ndarray:
    """(x₁ + x₂x₃)/2 of the last axis."""
    return (x[..., 0] + x[..., 1] * x[..., 2]) / 2


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Distance of the kernel of one network to the limit on the same cases, and its square over the exact mean of that."""
    import torch

    from dlstats.studies.dynamics.lazy_training import _modules as modules

    torch.set_num_threads(1)
    depth, width = condition.depth, condition.width
    net = modules.scaled(INPUTS, width, depth, "relu")
    cases = streams.draw(lambda rng: sphere(rng, CASES), "cases")
    starts = streams.draw(lambda rng: rng.standard_normal(net.size), "start", width=width, depth=depth)
    rows = []
    for x, start in zip(cases, torch.from_numpy(starts), strict=True):
        limit = theory.tangent_kernel(x, x, depth)
        square = float(((modules.state(net, start, x, x[:0]).kernel - limit) ** 2).sum())
        exact = float(theory.tangent_variance(x, x).sum()) / width
        rows.append([math.sqrt(square) / np.linalg.norm(limit), square / exact if depth == 1 else math.nan])
    distance, ratio = np.array(rows).T
    return stacked(streams, {"relu": {"distance": distance, "ratio": ratio}})


def _pair_mean(order: int, rho: float) -> float:
    """2 E (uv)ⁿ 1{u > 0, v > 0}, n = 0, 1, of two standard normals with correlation ρ, over the directions of the pair."""
    angle = math.acos(rho)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    half = (math.pi - angle) / 2
    at = angle / 2 + half * nodes
    return half / math.pi * float(weights @ (2 * np.cos(at) * np.cos(at - angle)) ** order)


def by_quadrature() -> dict[str, float]:
    """Largest difference of the closed form at six points to its recursion by quadrature."""
    x = sphere(np.random.default_rng(777001), 6)
    tangent = signal_kernel = np.clip(x @ x.T / INPUTS, -1, 1)
    differences = {}
    for depth in (1, 2, 3):
        slopes, signal_kernel = (np.vectorize(_pair_mean)(order, signal_kernel) for order in (0, 1))
        signal_kernel = np.clip(signal_kernel, -1, 1)
        tangent = tangent * slopes + signal_kernel
        differences[f"L = {depth}"] = float(np.abs(tangent - theory.tangent_kernel(x, x, depth)).max())
    return differences


KERNELS = Experiment(
    simulate,
    factors={"depth": DEPTH, "width": WIDTH},
    methods={"relu": Method("ReLU kernel", "random ReLU networks, weights N(0, 1), layers scaled by √(2/m)", "lazy")},
    measures=(
        Measure("distance", "relative distance of the tangent kernel to its limit", "rmse", options={"truth": 0.0}),
        Measure("ratio", "its square over the exact mean", where={"depth": [1]}),
    ),
    slopes=(Slope("distance", "width", "rmse", "slope of the distance on the width", True, options={"truth": 0.0}),),
    block=20,
)
