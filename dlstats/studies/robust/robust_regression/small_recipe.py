"""Losses and constants of the networks of robust regression, and how their learning rates are chosen."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from dlstats.seeds import Streams

UNIT = 5.0
"""Networks are fitted to y / 5, with the constants of the losses divided by 5: the same minimisers."""
SAMPLE, TEST, STEPS, BATCH = 512, 2000, 4000, 64
RATES, TRIAL = (0.0025, 0.005, 0.01, 0.02), 4
"""Learning rates, of which trials of a fourth of the steps at effort 1 choose one on the held-out fifth, for every replicate."""
TUNED = ("squared", "absolute", "adaptive")
"""Networks that are tuned, the first by squared, the others by absolute error; the other losses have the rate of `absolute`."""
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
    x, y, streams: Streams, device: str, parameters: dict, tuned: tuple[str, ...] = TUNED
) -> dict[str, tuple[float, ...]]:
    """The learning rate of every replicate that is best on the fifth on which the rivals are tuned, by network that is tuned."""
    from dlstats.methods import tuning
    from dlstats.training import recipes

    splits = [tuning.held_out(SAMPLE, rng) for rng in streams.generators("baseline", **parameters)]
    held, rest = (np.stack([getattr(split, part) for split in splits]) for part in ("held", "rest"))
    mine = np.arange(len(x))[:, None]
    chosen = {}
    for name in tuned:
        errors = []
        for rate in RATES:
            recipe = recipes.Recipe(WIDTHS, rate, STEPS // TRIAL, BATCH, start="hats")
            outputs = 3 if name == "adaptive" else 1
            fit = recipes.run(
                recipe,
                x[mine, rest],
                y[mine, rest] / UNIT,
                streams,
                device,
                loss=loss_of(name),
                outputs=outputs,
                trial=True,
            )
            gap = np.abs(y[mine, held] / UNIT - fit.predict(x[mine, held], device))
            errors.append((gap**2 if name == "squared" else gap).mean(axis=1))
        chosen[name] = tuple(RATES[place] for place in tuning.best(np.stack(errors, axis=1)))
    return chosen
