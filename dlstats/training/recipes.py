"""Networks for regression by a recipe: initialisation, training, the best of several restarts, and what can be said of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dlstats import nets, training
from dlstats.losses.regression import squared
from dlstats.seeds import Streams
from dlstats.training.contract import Loss

SLOPE = 8.0
"""Slopes of the first layer of `hats`."""
STARTS = ("torch_default", "he", "kinks", "hats")


@dataclass(frozen=True)
class Recipe:
    """How a network is trained by Adam on OneCycle; the restart with the smallest training loss is kept."""

    widths: tuple[int, ...]
    learning_rate: float | tuple[float, ...]
    """One number, or one for each start."""
    steps: int
    batch_size: int | None = None
    restarts: int = 1
    start: str = "torch_default"
    """A scheme of `dlstats.nets`, or one for inputs on [0, 1]: `kinks` (one layer, slopes ±4, kinks uniform on [0, 1]) or
    `hats` (two layers or more, of which the second starts as the hat functions of a grid)."""
    weight_decay: float = 0.0
    build: Callable[[int, tuple[int, ...]], nets.Wrapped] | None = None
    """Of the number of inputs and `widths`, what is trained in place of a ReLU network with a linear skip. All its parameters
    start uniform on ±1/√k, k their last axis."""

    def at(self, effort: int) -> Recipe:
        """The recipe with `effort` times the steps: the same starts, and minibatches that begin with the same ones."""
        return replace(self, steps=self.steps * effort)


@dataclass(frozen=True)
class Outcome:
    """Trained networks, one per replicate, and the losses of all their restarts."""

    net: nets.Mlp | nets.Wrapped
    parameters: Float[Tensor, "reps p"]
    loss: Float[np.ndarray, " reps"]
    """Training loss of the restart that was kept."""
    losses: Float[np.ndarray, "reps restarts"]
    every: Float[Tensor, "starts p"]
    """The weights of all restarts."""
    epochs: Float[np.ndarray, " reps"]
    dead_share: Float[np.ndarray, " reps"]
    """Share of hidden units without a slope at any sample."""
    status: list[str]
    data_digest: list[str]
    start_digest: list[str]

    def predict(self, x: np.ndarray, device: str = "cpu") -> Float[np.ndarray, "reps m"]:
        """The kept networks at x, (m, d) or (reps, m, d)."""
        return training.predict(self.net, self.parameters, x, device)[..., 0].numpy().astype(float)

    @property
    def columns(self) -> dict[str, list]:
        """What a study records of every replicate."""
        names = ("status", "data_digest", "start_digest")
        numbers = {"train_loss": self.loss, "epochs": self.epochs, "dead_share": self.dead_share}
        return {name: getattr(self, name) for name in names} | {name: part.tolist() for name, part in numbers.items()}


def run(
    recipe: Recipe,
    x: Float[np.ndarray, "reps n d"],
    y: Float[np.ndarray, "reps n"],
    streams: Streams,
    device: str,
    *,
    loss: Loss = squared,
    outputs: int = 1,
    begin: Float[Tensor, "starts p"] | None = None,
    **parameters: object,
) -> Outcome:
    """Train; starts and minibatches come from the streams `start` and `minibatch` of `parameters`.

    Networks of another `loss` have the same data, starts and minibatches. `begin` gives the weights to begin with instead.
    """
    torch.set_num_threads(1)
    made = recipe.build or (lambda inputs, widths: nets.Mlp(inputs, widths, outputs, skip=True))
    net = made(x.shape[2], recipe.widths)
    if begin is None:
        generators = streams.generators("start", widths=list(recipe.widths), **parameters)
        begin = _begin(net, generators, recipe)
    batch = recipe.batch_size if recipe.batch_size is not None and recipe.batch_size < x.shape[1] else None
    plan = training.Training(
        recipe.steps,
        recipe.learning_rate,
        schedule=training.schedules.onecycle,
        batch_size=batch,
        weight_decay=recipe.weight_decay,
        optimiser="adamw" if recipe.weight_decay else "adam",
    )
    order = streams.generators("minibatch", **parameters)
    every = training.fit(net, loss, begin, x, y[..., None], plan, order, device=device)
    best = training.best_of(every, recipe.restarts)
    return Outcome(
        net=net,
        parameters=best.parameters,
        loss=best.loss.astype(float),
        losses=every.loss.astype(float).reshape(len(x), recipe.restarts),
        every=every.parameters,
        epochs=best.epochs,
        dead_share=best.dead_share,
        status=best.status.tolist(),
        data_digest=[digest(a, b) for a, b in zip(x, y, strict=True)],
        start_digest=[digest(rows) for rows in begin.numpy().reshape(len(x), -1)],
    )


def _begin(
    net: nets.Mlp | nets.Wrapped, generators: list[np.random.Generator], recipe: Recipe
) -> Float[Tensor, "starts p"]:
    if isinstance(net, nets.Wrapped):
        return _uniform(net, generators, recipe.restarts)
    if recipe.start == "kinks":
        return _kinks(net, generators, recipe.restarts)
    if recipe.start == "hats":
        return _hats(net, generators, recipe.restarts)
    return nets.initialise(net, generators, recipe.start, restarts=recipe.restarts)


def _uniform(net: nets.Wrapped, generators: list[np.random.Generator], restarts: int) -> Float[Tensor, "starts p"]:
    bounds = np.concatenate([np.full(np.prod(shape, dtype=int), shape[-1] ** -0.5) for shape in net.shapes.values()])
    rows = [bounds * rng.uniform(-1, 1, net.size) for rng in generators for _ in range(restarts)]
    return torch.as_tensor(np.stack(rows), dtype=torch.float32)


def _hats(net: nets.Mlp, generators: list[np.random.Generator], restarts: int) -> Float[Tensor, "starts p"]:
    """Layers as by `he`, but for the first two, which are not random, and no line.

    With m units in the first layer its kinks are t_j = (j − 1)/(m − 3), j = 0, ..., m − 1, its slopes 8; the units of the
    second are in turn the m − 2 second differences at the inner kinks, piecewise linear functions that are 1 at one of them
    and 0 at the others.
    """
    if net.d_in != 1 or len(net.widths) < 2 or not 4 <= net.widths[0] <= net.widths[1] + 2:
        raise ValueError(f"`start` = 'hats' needs one input and widths m, m − 2 or more, ..., with m >= 4, got {net}.")
    units = net.widths[0]
    start = nets.initialise(net, generators, "he", "float64", restarts)
    named = nets.views(net, start)
    kinks = (torch.arange(units, dtype=torch.float64) - 1) / (units - 3)
    named["weight.0"][:], named["bias.0"][:] = SLOPE, -SLOPE * kinks
    middle = 1 + torch.arange(net.widths[1]) % (units - 2)
    named["weight.1"].zero_()
    named["skip"].zero_()
    for offset, weight in ((-1, 1.0), (0, -2.0), (1, 1.0)):
        named["weight.1"][:, middle + offset, torch.arange(net.widths[1])] = weight * (units - 3) / SLOPE
    return start.float()


def _kinks(net: nets.Mlp, generators: list[np.random.Generator], restarts: int) -> Float[Tensor, "starts p"]:
    """Slopes ±4, kinks U(0, 1), heights N(0, 1/(16 m)), no line."""
    if net.d_in != 1 or len(net.widths) != 1:
        raise ValueError(f"`start` = 'kinks' needs one input and one hidden layer, got {net}.")
    units = net.widths[0]
    start = torch.zeros(len(generators) * restarts, net.size, dtype=torch.float64)
    for row in range(len(start)):
        rng = generators[row // restarts]
        slope, kink = 4.0 * rng.choice([-1.0, 1.0], units), rng.uniform(size=units)
        tensors = nets.views(net, start[row : row + 1])
        tensors["weight.0"][0, 0] = torch.from_numpy(slope)
        tensors["bias.0"][0] = torch.from_numpy(-slope * kink)
        tensors["weight.1"][0, :, 0] = torch.from_numpy(rng.standard_normal(units) / (4 * np.sqrt(units)))
    return start.float()


def digest(*arrays: np.ndarray) -> str:
    """Short SHA-256 of the bytes of arrays."""
    hasher = hashlib.sha256()
    for array in arrays:
        hasher.update(np.ascontiguousarray(array).tobytes())
    return hasher.hexdigest()[:12]
