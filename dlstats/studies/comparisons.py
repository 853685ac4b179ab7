"""Networks and baselines on the same data: their errors, and what is recorded of the training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dlstats.protocol.measure import Measure
from dlstats.protocol.plug import Sample
from dlstats.seeds import Streams
from dlstats.studies.frames import fitted
from dlstats.studies.regression import Network, judge


def sampled(process: Any, n: int, new_points: int, streams: Streams, noise_sd: float, key: Mapping[str, Any]) -> Sample:
    """Data of a process and new points, of the streams `data` and `new` of `key`."""
    drawn = [process.sample(n, rng) for rng in streams.generators("data", **key)]
    x, y = (np.stack(part) for part in zip(*drawn, strict=True))
    new = streams.draw(lambda rng: process.inputs(new_points, rng), "new", **key)
    return Sample(x, y, new, process.regression(new), streams.generators("baseline", **key), key, noise_sd)


def compared(
    networks: Mapping[str, Network],
    baselines: Mapping[str, Callable[..., np.ndarray]],
    data: Sample,
    streams: Streams,
    device: str,
) -> dict[str, dict[str, Any]]:
    """The columns of every method, all tuned on the same fifth: mean squared error at new points and, for networks, records.

    `misfit` is the training error over the variance of the noise.
    """
    rows = {}
    for name, network in networks.items():
        values, columns = network.together(data.x, data.y, data.new, streams, device, **data.key)
        misfit = np.asarray(columns["train_loss"]) * data.y.var(axis=1) / data.noise_sd**2
        rows[name] = columns | judge(values, data) | {"misfit": misfit}
    for name, baseline in baselines.items():
        own = streams.generators("baseline", **data.key)
        rows[name] = judge(fitted(baseline, data.x, data.y, data.new, own), data)
    return rows


def records(*networks: str, modules: Sequence[str] = ()) -> Sequence[Measure]:
    """What is told of the training of these methods of an experiment; what of `modules` is a unit is not known."""
    where = {"method": [*networks, *modules]}
    return (
        Measure("misfit", "training error over the noise variance", "median", where=where),
        Measure("epochs", "epochs", "median", where=where),
        Measure("dead_share", "proportion of hidden units without a slope", where={"method": list(networks)}),
    )
