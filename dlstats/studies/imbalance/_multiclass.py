"""Networks under the losses that are defined for many classes, and what the argmax of their logits costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import pandas as pd

from dlstats import nets, training
from dlstats.losses import imbalance, margins
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.imbalance._training import BATCH, DEFERRED
from dlstats.training.recipes import digest

ADJUSTED = {"logit_adjusted": "default", "cross_entropy": "prior"}
"""How the logits of a loss are made to account for the class prior once: in the loss, or after training."""


def run(
    x: np.ndarray,
    y: np.ndarray,
    counts: Sequence[int],
    test_x: np.ndarray,
    column: str,
    measure: Callable[[np.ndarray], np.ndarray],
    steps: int,
    streams: Streams,
    device: str,
) -> pd.DataFrame:
    """One row per replicate and loss: `measure` of the logits as they are, corrected for the prior, and as in `ADJUSTED`."""
    columns = {}
    for name, row, logits in _fitted(x, y, counts, test_x, steps, streams, device):
        row[f"{column}_default"] = measure(logits)
        row[f"{column}_prior"] = measure(logits - np.log(counts))
        if name in ADJUSTED:
            row[f"{column}_adjusted"] = row[f"{column}_{ADJUSTED[name]}"]
        columns[name] = row
    return stacked(streams, columns)


def _fitted(x, y, counts, test_x, steps: int, streams: Streams, device: str) -> Iterator[tuple[str, dict, np.ndarray]]:
    """For every loss its name, the columns that identify its replicates, and its logits at the test points."""
    net = nets.Mlp(x.shape[2], (16, 16), len(counts))
    start = nets.initialise(net, streams.generators("init", widths=[16, 16], d=x.shape[2], classes=len(counts)))
    digests = {"data_digest": [digest(a) for a in x], "start_digest": [digest(a.numpy()) for a in start]}
    for name, phases in _losses(counts).items():
        parameters, status = start, None
        for loss, part in phases:
            size = min(BATCH, x.shape[1])
            plan = training.Training(
                max(1, round(part * steps)), 0.01, schedule=training.schedules.cosine, batch_size=size
            )
            minibatches = streams.generators("minibatch", method="all")
            fit = training.fit(net, loss, parameters, x, y[..., None], plan, minibatches, device=device)
            parameters, status = fit.parameters, fit.status
        logits = training.predict(net, parameters, test_x, device).numpy().astype(float)
        yield name, {"status": status, **digests}, logits


def _losses(counts) -> dict:
    """Loss -> its phases (loss, proportion of the steps)."""
    inverse = imbalance.inverse_frequency(counts)
    scale = [(c / max(counts)) ** 0.15 for c in counts]
    offsets = [float(v) for v in np.log(counts)]
    ldam = partial(margins.ldam, margins=margins.ldam_margins(counts), scale=2.0)
    whole = {
        "cross_entropy": imbalance.cross_entropy,
        "weighted": partial(imbalance.weighted, weights=inverse),
        "class_balanced": partial(imbalance.weighted, weights=imbalance.effective_number_weights(counts, 0.999)),
        "focal": partial(imbalance.focal, gamma=2.0),
        "logit_adjusted": partial(imbalance.logit_adjusted, prior=counts),
        "vector_scaling": partial(margins.vector_scaling, scales=scale, offsets=offsets),
    }
    phases: dict = {name: ((loss, 1.0),) for name, loss in whole.items()}
    return phases | {"ldam": ((ldam, DEFERRED), (partial(ldam, weights=inverse), 1 - DEFERRED))}
