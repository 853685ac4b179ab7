"""Networks and baselines on the same data: their errors, and what is recorded of the training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dlstats.protocol.measure import Measure
from dlstats.seeds import Streams
from dlstats.studies.frames import fitted, squared_error
from dlstats.studies.regression import Network


def compared(
    networks: Mapping[str, Network],
    baselines: Mapping[str, Callable[..., np.ndarray]],
    sample: tuple[np.ndarray, np.ndarray],
    new: tuple[np.ndarray, np.ndarray],
    noise_sd: float,
    streams: Streams,
    device: str,
    **parameters: object,
) -> dict[str, dict[str, Any]]:
    """The columns of every method, all tuned on the same fifth: mean squared error at new points and, for networks, records.

    `sample` has inputs (reps, n, d) and responses (reps, n), `new` inputs (reps, m, d) and the truth there (reps, m);
    `misfit` is the training error over `noise_sd`².
    """
    (x, y), (at, truth), rows = sample, new, {}
    for name, network in networks.items():
        values, columns = network.together(x, y, at, streams, device, **parameters)
        misfit = np.asarray(columns["train_loss"]) * y.var(axis=1) / noise_sd**2
        rows[name] = columns | {"risk": squared_error(values, truth), "misfit": misfit}
    for name, baseline in baselines.items():
        values = fitted(baseline, x, y, at, streams.generators("baseline", **parameters))
        rows[name] = {"risk": squared_error(values, truth)}
    return rows


def records(*networks: str) -> Sequence[Measure]:
    """What is told of the training of these methods of an experiment."""
    where = {"method": list(networks)}
    return (
        Measure("misfit", "training error over the noise variance", "median", where=where),
        Measure("epochs", "epochs", "median", where=where),
        Measure("dead_share", "proportion of hidden units without a slope", where=where),
    )
