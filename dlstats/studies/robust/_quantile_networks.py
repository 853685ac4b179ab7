"""Networks and tuned methods for the quantiles of a sine with growing noise: what `deep_quantile` simulates."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from dlstats.dgp import quantile_designs
from dlstats.methods.quantile import QUANTILE_BASELINES, QuantileKernel, mean_pinball
from dlstats.protocol.factor import Condition
from dlstats.protocol.plug import Sample
from dlstats.protocol.study import Method
from dlstats.seeds import Streams
from dlstats.studies import tuned
from dlstats.studies.frames import TEXT, by_level, by_replicate
from dlstats.studies.frames import fitted as fitted_by

LEVELS = (0.1, 0.5, 0.9, 0.95)
POINTS = 961
DESIGN = quantile_designs.DESIGNS["sine_normal"]
STEPS, BATCH, STARTS = 2500, 128, 2


class Setting(NamedTuple):
    """What of a network is chosen."""

    units: int
    """Of the hidden layer, over n^(1/5)."""
    learning_rate: float


GRID = tuple(Setting(units, rate) for units in (5, 10) for rate in (0.01, 0.03))
NETWORKS = {
    "per_level": Method(
        "network per level",
        "one network per level: one hidden layer of 5 or 10 n^(1/5) units and a line beside, Adam on OneCycle from a learning "
        "rate of 0.01 or 0.03, 2500 steps of 128; units and rate are those of the least pinball loss, from one start, effort 1, "
        "on the fifth that tunes the rivals; then trained on all data, the better of 2 random starts by training loss",
    ),
    "all_levels": Method("network for all", "one such network with an output per level"),
    "non_crossing": Method(
        "non-crossing network", "the same with first output free and cumulative softplus increments"
    ),
}
BANDWIDTHS = QuantileKernel(LEVELS).grid[4:12]
"""Those from 0.005 to 0.08: in the pilot the bandwidths chosen lay between 0.01 and 0.025, at every n."""
BASELINES = {name: method(LEVELS) for name, method in QUANTILE_BASELINES.items()}
BASELINES |= {"kernel": QuantileKernel(LEVELS, BANDWIDTHS)}
REARRANGED = {
    "rearranged": Method("network per level, sorted", "the quantiles of one network per level, sorted at every x")
}
METHODS = NETWORKS | REARRANGED | BASELINES
TRAINED: dict = {"method": list(NETWORKS)}
NUMBERS = ("train_loss", "epochs", "dead_share")
"""What is recorded of every training; of networks of one level each, the means over levels."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One row per replicate, method and level: errors to the true quantile, true coverage below it, crossing of the method."""
    data, frames = sample(condition, streams), []
    at_truth = mean_pinball(data.y, np.stack([DESIGN.quantile(data.x, level) for level in LEVELS], axis=2), LEVELS)

    def add(method: str, fitted: np.ndarray, columns: Mapping) -> None:
        frames.append(by_level(streams, method, LEVELS, {**columns, **judge(fitted, data)}))

    for method in NETWORKS:
        fitted, columns = _networks(method, condition, data, streams, device)
        add(method, fitted, columns | {"misfit": columns["train_loss"] / at_truth})
        if method == "per_level":
            add("rearranged", np.sort(fitted, axis=2), {name: columns[name] for name in TEXT})
    for method, fit in BASELINES.items():
        add(method, fitted_by(fit, data.x, data.y, data.new, streams.generators("baseline", n=condition.n)), TEXT)
    return by_replicate(frames)


def sample(condition: Condition, streams: Streams) -> Sample:
    """The data of a block of replicates; the truth are the quantiles at the points."""
    n = condition.n
    samples = [DESIGN.sample(n, rng) for rng in streams.generators("data", n=n)]
    x, y = np.stack([s[0] for s in samples]), np.stack([s[1] for s in samples])
    new = np.tile(np.linspace(0.02, 0.98, POINTS)[:, None], (len(x), 1, 1))
    truth = np.stack([DESIGN.quantile(new, level) for level in LEVELS], axis=2)
    return Sample(x, y, new, truth, streams.generators("baseline", n=n))


def _networks(method: str, condition: Condition, data: Sample, streams: Streams, device: str) -> tuple:
    """Fitted quantiles (reps, points, levels) and what is recorded of the training."""
    from dlstats.losses import domain, quantile

    if method == "per_level":
        return train(condition, data, quantile.pinball, streams, device)
    order = quantile.in_order if method == "non_crossing" else _as_it_is

    def together(f, target):
        return quantile.pinball(order(f), target, domain.constant(LEVELS, f))

    return _tuned([together], order, condition, data, streams, device)


def train(condition: Condition, data: Sample, loss: Callable, streams: Streams, device: str) -> tuple:
    """Fitted quantiles of one network per level, trained by a loss of (prediction, y, level), and what is recorded."""
    losses = [functools.partial(loss, level=level) for level in LEVELS]
    return _tuned(losses, _as_it_is, condition, data, streams, device)


def _tuned(
    losses: list[Callable], order: Callable, condition: Condition, data: Sample, streams: Streams, device: str
) -> tuple:
    """`order` of all outputs of a network per loss, by the setting of each replicate that the held-out fifth chooses."""
    import torch

    from dlstats import training
    from dlstats.training import outcome, recipes

    n = condition.n

    def fit(effort: int, starts: int, x, y, new, setting: Setting, few: Streams):
        widths = (round(setting.units * n**0.2),)
        recipe = recipes.Recipe(widths, setting.learning_rate, STEPS, BATCH, starts, "kinks").at(effort)
        parts = [
            recipes.run(recipe, x, y, few, device, loss=loss, outputs=len(LEVELS) // len(losses), n=n)
            for loss in losses
        ]
        outputs = torch.cat([training.predict(part.net, part.parameters, new, device) for part in parts], dim=2)
        columns: dict = {name: np.mean([part.columns[name] for part in parts], axis=0) for name in NUMBERS}
        columns = parts[0].columns | columns | {"status": outcome.gravest([part.status for part in parts])}
        return order(outputs).double().numpy(), columns

    tried = functools.partial(fit, 1, 1)
    settings = tuned.chosen(GRID, tried, functools.partial(mean_pinball, levels=LEVELS), data.x, data.y, streams, n=n)
    final = functools.partial(fit, condition.effort, STARTS)
    fitted, columns = tuned.refitted(settings, final, data.x, data.y, data.new, streams)
    return fitted, columns | {name: np.array([getattr(one, name) for one in settings]) for name in Setting._fields}


def _as_it_is(raw):
    return raw


def judge(values: np.ndarray, data: Sample) -> dict[str, np.ndarray]:
    """Errors to the true quantile, coverage below, excess risk and crossing, (reps, levels) or (reps,) for all levels."""
    crossed, new = (values[:, :, 3] < values[:, :, 2]).mean(axis=1), data.new
    columns: dict[str, list] = {name: [] for name in ("squared", "l1", "coverage", "pinball", "miscalibration")}
    for k, level in enumerate(LEVELS):
        gap = values[:, :, k] - data.truth[:, :, k]
        below = DESIGN.noise.distribution((values[:, :, k] - DESIGN.regression(new)) / DESIGN.scale(new))
        columns["squared"].append((gap**2).mean(axis=1))
        columns["l1"].append(np.abs(gap).mean(axis=1))
        columns["coverage"].append(below.mean(axis=1))
        columns["pinball"].append(DESIGN.excess_pinball(new, values[:, :, k], level).mean(axis=1))
        columns["miscalibration"].append(np.abs(below - level).mean(axis=1))
    every = {name: np.stack(column, axis=1) for name, column in columns.items()}
    return every | {"crossed": crossed, "any_crossing": (crossed > 0).astype(float)}
