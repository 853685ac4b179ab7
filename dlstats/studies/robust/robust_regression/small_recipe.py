"""Losses and constants of the networks of robust regression, and how their learning rates are chosen."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from dlstats.seeds import Streams
from dlstats.studies import tuned

UNIT = 5.0
"""Networks are fitted to y / 5, with the constants of the losses divided by 5: the same minimisers."""
SAMPLE, TEST, STEPS, BATCH = 512, 2000, 4000, 64
RATES, TRIAL = (0.0025, 0.005, 0.01, 0.02), 4
"""Learning rates, of which trials of a fourth of the steps at effort 1 choose one on the held-out fifth, for every replicate."""
TUNED = ("squared", "absolute", "huber", "cauchy", "tukey", "adaptive", "mm")
"""All networks; the first by held-out squared error, the others by absolute error. `mm` has a tenth of its rate."""
WIDTHS = (48, 48, 24, 24)


def loss_of(name: str) -> Callable:
    """The loss of a network by its name, on y / 5."""
    from dlstats.losses import barron, regression, robust

    return {
        "squared": regression.squared,
        "absolute": robust.absolute,
        "huber": functools.partial(robust.huber, threshold=1.345 / UNIT),
        "cauchy": functools.partial(robust.cauchy, threshold=1 / UNIT),
        "tukey": functools.partial(robust.tukey, threshold=4.685 / UNIT),
        "mm": robust.tukey,
        "adaptive": barron.adaptive_shared,
    }[name]


def rates_of(
    x, y, streams: Streams, device: str, parameters: dict, names: tuple[str, ...] = TUNED
) -> dict[str, tuple[float, ...]]:
    """The learning rate of every replicate that is best on the fifth on which the rivals are tuned, by network.

    `mm` goes on from trials of `absolute`, which must be there before it.
    """
    from dlstats.methods import tuning

    held, rest = tuned.held_out(SAMPLE, streams, **parameters)
    mine, chosen, absolute = np.arange(len(x))[:, None], {}, None
    for name in names:
        fits = _trials(name, absolute, x[mine, rest], y[mine, rest], streams, device)
        gaps = [np.abs(y[mine, held] - unit * fit.predict(x[mine, held], device)) for fit, unit in fits]
        places = tuning.best(np.stack([(g**2 if name == "squared" else g).mean(axis=1) for g in gaps], axis=1))
        chosen[name] = tuple(RATES[place] for place in places)
        if name == "absolute":
            absolute = _selected([fit for fit, _ in fits], places)
    return chosen


def _trials(name: str, begun, x, y, streams: Streams, device: str) -> list[tuple[Any, Any]]:
    """Fits at all rates with the units of their values, `mm` from the weights of `begun`."""
    from dlstats.training import recipes

    if name == "mm":
        return [continued(begun, (rate,) * len(x), 1 / TRIAL, x, y, streams, device, trial=True) for rate in RATES]
    plans = [recipes.Recipe(WIDTHS, rate, STEPS // TRIAL, BATCH, start="hats") for rate in RATES]
    loss, outputs = loss_of(name), (3 if name == "adaptive" else 1)
    return [
        (recipes.run(plan, x, y / UNIT, streams, device, loss=loss, outputs=outputs, trial=True), UNIT)
        for plan in plans
    ]


def _selected(fits: list, places: np.ndarray):
    """Of every replicate the network of the fit that is its own."""
    import torch

    return replace(fits[0], parameters=torch.stack([fits[place].parameters[row] for row, place in enumerate(places)]))


def continued(
    begun, rates: tuple[float, ...], effort: float, x, y, streams: Streams, device: str, **parameters: Any
) -> tuple[Any, np.ndarray]:
    """Tukey's loss from the weights of a fit, in units of its residual scale, which come second, (reps, 1).

    An MM-estimate's two stages [Yohai 1987]: a quarter of the steps at a tenth of the rates.
    """
    from dlstats.training import recipes

    residual = y / UNIT - begun.predict(x, device)
    scale = np.median(np.abs(residual), axis=1) / 0.6745
    begin, unit = divided(begun.net, begun.parameters, scale), UNIT * scale[:, None]
    recipe = recipes.Recipe(WIDTHS, tuple(rate / 10 for rate in rates), round(effort * STEPS / 4), BATCH)
    return recipes.run(recipe, x, y / unit, streams, device, loss=loss_of("mm"), begin=begin, **parameters), unit


def divided(net, parameters, scale: np.ndarray):
    """The weights of networks whose values are those of `parameters` over `scale`, one per replicate."""
    import torch

    from dlstats import nets

    weights = parameters.clone()
    named = nets.views(net, weights)
    for part in (f"weight.{len(net.widths)}", f"bias.{len(net.widths)}", "skip"):
        named[part].div_(torch.from_numpy(scale).to(weights).reshape(-1, *[1] * (named[part].dim() - 1)))
    return weights
