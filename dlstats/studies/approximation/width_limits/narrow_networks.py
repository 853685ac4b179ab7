"""What narrow networks do: random ones counted exactly, the floor of width 1, and trained ones."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from dlstats.measures import linear_regions as counter
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import by_replicate, stacked
from dlstats.theory import width_limits as theory

TRAINING_GRID = 40
"""Cells a side of the midpoint grid on which networks are trained for L1."""
TEST_GRID = 200
"""Cells a side of the midpoint grid on which the L1 error is computed."""
SUP_GRID = 32
"""Steps a side of the grid, corners and centre included, on which networks are trained for the largest error."""
RADII = (1e2, 1e3, 1e4, 1e5, 1e6, 1e7)
"""Half sides of the squares between which the growth of the integral is measured."""
SLOW = 0.9
STARTS = 16
"""Random starts of which the expected best is reported."""

TARGETS = {
    "product": theory.TARGETS["product"],
    "paraboloid": theory.TARGETS["paraboloid"],
    "taxicab": theory.TARGETS["taxicab"],
    "cone": theory.TARGETS["cone"],
    "gaussian": theory.TARGETS["gaussian"],
    "pyramid": theory.TARGETS["pyramid"],
}
TARGET = Factor("target", str, levels={
    "product": "x₁x₂", "paraboloid": "x₁² + x₂²", "taxicab": "|x₁| + |x₂|", "cone": "(1 − |x|)₊",
    "gaussian": "exp(−2|x|²)", "pyramid": "(1 − |x₁| − |x₂|)₊",
})  # fmt: skip
WIDTH = Factor("width", int, at_least=1, unit="units")
DEPTH = Factor("depth", int, at_least=1, unit="hidden layers")
STEPS = Factor("steps of Adam at effort 1", int, at_least=1)
RANDOM = {
    "random": Method("random", "random network, Gaussian weights of variance 2/fan-in, biases of variance 1", "network")
}
ADAM = "Adam, full batch, learning rate 0.02, cosine schedule, weights of least training loss kept; "


def _random(streams: Streams, d_in: int, width: int, depth: int, output_bias: bool = True) -> counter.Layers:
    """Networks with Gaussian weights of variance 2/fan-in and biases of variance 1."""
    sizes = (d_in, *[width] * depth, 1)

    def sample(rng: np.random.Generator) -> np.ndarray:
        parts = []
        for fan_in, fan_out in itertools.pairwise(sizes):
            parts += [rng.normal(0, (2 / fan_in) ** 0.5, fan_in * fan_out), rng.normal(size=fan_out)]
        return np.concatenate(parts)

    rows = streams.draw(sample, "weights", d_in=d_in, width=width, depth=depth)
    rows[:, -1] *= output_bias
    return counter.layers_of(counter.shapes(sizes), rows)


def clamps(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """UAT1: pieces of random networks of width 1 beyond three, and slopes beyond one that is not 0."""
    cells = counter.on_line(_random(streams, 1, 1, condition.depth))
    used = np.arange(cells.slope.shape[1]) <= np.isfinite(cells.knots).sum(axis=1)[:, None]
    slope = np.where(used, cells.slope[..., 0], 0)
    largest = slope[np.arange(len(slope)), np.abs(slope).argmax(axis=1)]
    other = (slope != 0) & (np.abs(slope - largest[:, None]) > 1e-9 * np.abs(largest)[:, None])
    return stacked(streams, {"random": {"over_three": counter.pieces(cells) - 3, "other_slopes": other.sum(axis=1)}})


def floor(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """UAT1: the smallest L1 error of a clamp of one direction, and of a constant."""
    target = TARGETS[condition.target]
    floors = {"floor": theory.clamp_floor(target), "constant": theory.constant_floor(target)}
    return stacked(streams, {method: {"floor": value} for method, value in floors.items()})


def extremes(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """UAT2: how far a random network's range on the square goes beyond its range on the boundary, over its range.

    Exact: both are attained at corners of the polygons on which the network is affine.
    """
    layers = _random(streams, 2, condition.width, condition.depth)
    polygons = counter.in_plane(layers, 1.0)
    value = np.einsum("px,pcx->pc", polygons.slope[:, 0], polygons.vertices) + polygons.offset[:, :1]
    used = np.arange(value.shape[1]) < polygons.sides[:, None]
    border = used & (np.abs(polygons.vertices).max(axis=2) >= 1)
    highest, lowest = (
        _over(polygons.replicate, value, used, np.maximum),
        -_over(polygons.replicate, -value, used, np.maximum),
    )
    border_highest = _over(polygons.replicate, value, border, np.maximum)
    border_lowest = -_over(polygons.replicate, -value, border, np.maximum)
    spread = highest - lowest
    beyond = np.maximum(highest - border_highest, border_lowest - lowest)
    scale = np.abs(value).max()
    excess = np.where(spread > 1e-9 * scale, beyond / np.maximum(spread, 1e-300), 0)
    columns = {"excess": excess, "violates": (excess > 1e-9).astype(float), "constant": (spread == 0) * 1.0}
    return stacked(streams, {"random": columns})


def _over(owner: np.ndarray, value: np.ndarray, keep: np.ndarray, reduce: np.ufunc) -> np.ndarray:
    """Largest kept value of every network."""
    largest = np.full(owner.max() + 1, -np.inf)
    reduce.at(largest, owner, np.where(keep, value, -np.inf).max(axis=1))
    return largest


def growth(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """UAT4: exponent of R with which the integral of |F| over |x_1|, |x_2| <= R grows to 10 R; F has no output bias."""
    layers = _random(streams, 2, condition.width, condition.depth, output_bias=False)
    integrals = np.stack([counter.absolute_integral(counter.in_plane(layers, side, True)) for side in RADII])
    frames = []
    for radius, small, large in zip(RADII, integrals[:-1], integrals[1:], strict=False):
        there = small > 0
        exponent = np.log10(np.divide(large, small, out=np.full_like(large, np.nan), where=there))
        columns = {"radius": radius, "exponent": exponent, "slow": np.where(there, exponent < SLOW, np.nan)}
        kind = np.where(there, "random", "vanishing")
        frames.append(stacked(streams, {"random": columns}).assign(method=kind))
    return by_replicate(frames)


def explicit_error() -> float:
    """UAT3: largest difference between the network of width 3 and the pyramid, on a dyadic grid of [-3, 3]^2."""
    axis = np.arange(-96, 97) / 32
    x = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    return float(np.abs(counter.evaluate(theory.pyramid_network(), x[None])[0, :, 0] - theory.pyramid(x)).max())


def trained(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """UAT1, UAT4: L1 error on the square of networks trained for it."""
    target = TARGETS[condition.target]
    x = theory.midpoints(TRAINING_GRID)
    net, fit = _fit(condition, streams, x, target(x), _absolute, "torch_default", device)
    fine = theory.midpoints(TEST_GRID)
    gap = np.abs(_predict(net, fit, fine, device) - target(fine))
    return stacked(streams, {"trained": _records(fit) | {"l1_error": 4 * gap.mean(axis=1)}})


def peak(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """UAT3: largest error for the pyramid of networks trained for it, on a grid and on the whole boundary.

    The boundary exactly, through the corners of the polygons there: no network of width 2 can slip below 1/2.
    """
    axis = np.arange(SUP_GRID + 1) * 2 / SUP_GRID - 1
    x = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    net, fit = _fit(condition, streams, x, theory.pyramid(x), _largest, "orthogonal", device)
    axis = np.arange(8 * SUP_GRID + 1) / (4 * SUP_GRID) - 1
    fine = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    error = np.abs(_predict(net, fit, fine, device) - theory.pyramid(fine)).max(axis=1)
    polygons = counter.in_plane(counter.layers_of(net.shapes, fit.parameters.double().numpy()), 1.0)
    value = np.einsum("px,pcx->pc", polygons.slope[:, 0], polygons.vertices) + polygons.offset[:, :1]
    used = np.arange(value.shape[1]) < polygons.sides[:, None]
    border = used & (np.abs(polygons.vertices).max(axis=2) >= 1)
    error = np.maximum(error, _over(polygons.replicate, np.abs(value), border, np.maximum))
    return stacked(streams, {"trained": _records(fit) | {"peak_error": error}})


def _absolute(prediction, y):
    return (prediction - y).abs()


def _largest(prediction, y):
    """Absolute error plus the largest one of the network: the mean over points is L1 + sup."""
    gap = (prediction - y).abs()
    return gap + gap.amax(dim=1, keepdim=True)


def _fit(condition: Condition, streams: Streams, x: np.ndarray, y: np.ndarray, loss, scheme: str, device: str):
    """Networks of constant width from starts whose chain is alive: inner weights positive, biases small."""
    import torch

    from dlstats import nets, training

    torch.set_num_threads(1)
    width, depth = condition.width, condition.depth
    net = nets.Mlp(2, (width,) * depth)
    start = nets.initialise(net, streams.generators("start", width=width, depth=depth), scheme)
    tensors = nets.views(net, start)
    for layer in range(1, depth):
        tensors[f"weight.{layer}"].abs_()
        tensors[f"bias.{layer}"].abs_()
    plan = training.Training(condition.steps * condition.effort, 0.02, schedule=training.schedules.cosine, keep="best")
    return net, training.fit(net, loss, start, x, y[:, None], plan, device=device)


def _records(fit) -> dict[str, list]:
    names = {"train_loss": fit.loss.astype(float), "epochs": fit.epochs, "dead_share": fit.dead_share}
    return {"status": fit.status.tolist()} | {name: column.tolist() for name, column in names.items()}


def _predict(net, fit, x: np.ndarray, device: str) -> np.ndarray:
    from dlstats import training

    return training.predict(net, fit.parameters.double(), x, device)[..., 0].numpy()


RECORDS = (
    Measure("train_loss", "training loss, median start", "median"),
    Measure("epochs", "epochs, a step each", "median"),
    Measure("dead_share", "proportion of hidden units without a slope"),
)
CLAMPS = Experiment(
    title="random networks of width 1 on the line",
    simulate=clamps,
    factors={"depth": DEPTH},
    methods=RANDOM,
    measures=(
        Measure("over_three", "pieces beyond three", "largest"),
        Measure("other_slopes", "slopes beyond one", "largest"),
    ),
)
FLOORS = Experiment(
    title="the floor of width 1",
    simulate=floor,
    factors={"target": TARGET},
    methods={
        "floor": Method(
            "floor of width 1", "best clamp of one direction, the class of width 1 (global search)", "floor"
        ),
        "constant": Method("best constant", "the constant with the smallest L¹ error"),
    },
    measures=(Measure("floor", "smallest L¹ error", "exact"),),
)
EXTREMES = Experiment(
    title="inner extrema of random networks",
    simulate=extremes,
    factors={"width": WIDTH, "depth": DEPTH},
    methods=RANDOM,
    measures=(
        Measure("violates", "proportion with an inner extremum", "proportion"),
        Measure("constant", "proportion that is constant on the square", "proportion"),
        Measure("excess", "range beyond that on the boundary, over the range", "largest"),
    ),
)
GROWTH = Experiment(
    title="growth of the integral over the plane",
    simulate=growth,
    factors={"width": WIDTH, "depth": DEPTH},
    methods=RANDOM | {"vanishing": Method("vanishing", "random network that is 0 on the whole of the smaller square")},
    keys={"radius": Factor("half side of the smaller square", float, symbol="R", above=0)},
    measures=(
        Measure(
            "exponent",
            "growth exponent of the integral from R to 10 R, smallest",
            "smallest",
            where={"method": "random"},
        ),
        Measure("slow", "proportion that grows more slowly than R^0.9", "proportion", where={"method": "random"}),
    ),
)
TRAINING = Experiment(
    title="networks trained in L¹",
    simulate=trained,
    factors={"target": TARGET, "width": WIDTH, "depth": DEPTH, "steps": STEPS} | EFFORT,
    methods={
        "trained": Method(
            "trained", f"{ADAM}loss L¹, initialisation uniform as in torch, inner weights positive", "network"
        )
    },
    measures=(
        Measure("l1_error", "L¹ error, median start", "median"),
        Measure("l1_error", f"L¹ error, best of {STARTS} starts", "best_of", options={"starts": STARTS}),
        Measure("l1_error", "L¹ error, smallest of all starts", "smallest"),
        *RECORDS,
    ),
)
PEAK = Experiment(
    title="networks trained for the largest error",
    simulate=peak,
    factors={"width": WIDTH, "depth": DEPTH, "steps": STEPS} | EFFORT,
    methods={
        "trained": Method("trained", f"{ADAM}loss L¹ plus the largest error, orthogonal initialisation", "network")
    },
    measures=(
        Measure("peak_error", "largest error for the pyramid, median start", "median"),
        Measure(
            "peak_error",
            f"largest error for the pyramid, best of {STARTS} starts",
            "best_of",
            options={"starts": STARTS},
        ),
        Measure("peak_error", "largest error for the pyramid, smallest of all starts", "smallest"),
        *RECORDS,
    ),
)
