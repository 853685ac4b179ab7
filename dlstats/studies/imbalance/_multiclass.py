"""The long tail of classes in the study of networks: losses that are defined for many classes, and their argmax."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd

from dlstats import nets, training
from dlstats.dgp import imbalanced
from dlstats.losses import imbalance, margins
from dlstats.seeds import Streams
from dlstats.studies.imbalance._training import BATCH, DEFERRED, digest_of

TEST = 400
"""Test points of every class."""


def run(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """One row a replicate and loss: balanced error above Bayes of the argmax, as it is and corrected for the prior."""
    mechanism = imbalanced.MECHANISMS["long_tail"]
    counts = imbalanced.long_tail_counts(factors["n"], mechanism.classes, factors["ratio"])
    about = {"mechanism": "long_tail", "n": factors["n"], "ratio": factors["ratio"]}

    def draw(role: str, sizes):
        pairs = [imbalanced.sample(mechanism, rng, sizes) for rng in streams.generators(role, **about)]
        return (np.stack(parts) for parts in zip(*pairs, strict=True))

    x, y = draw("data", counts)
    test_x, _ = draw("test", [TEST] * mechanism.classes)
    share = imbalanced.posterior(mechanism, test_x, [1 / mechanism.classes] * mechanism.classes)
    frames = []
    for row, logits in fitted(x, y, counts, test_x, factors["steps"], streams, device):
        row["excess_default"] = _excess(logits, share)
        row["excess_prior"] = _excess(logits - np.log(counts), share)
        frames.append(pd.DataFrame(row))
    return pd.concat(frames).sort_values("replicate", kind="stable").reset_index(drop=True)


def fitted(x, y, counts, test_x, steps: int, streams: Streams, device: str) -> Iterator[tuple[dict, np.ndarray]]:
    """For every loss the columns that identify its replicates, and its logits at the test points."""
    net = nets.Mlp(x.shape[2], (16, 16), len(counts))
    start = nets.initialise(net, streams.generators("init", widths=[16, 16], d=x.shape[2], classes=len(counts)))
    digests = {"data_digest": [digest_of(a) for a in x], "start_digest": [digest_of(a.numpy()) for a in start]}
    for name, phases in _losses(counts).items():
        parameters, status = start, None
        for loss, part in phases:
            size = min(BATCH, x.shape[1])
            plan = training.Training(max(1, round(part * steps)), 0.01, schedule="cosine", batch_size=size)
            orders = streams.generators("minibatch", method="all")
            fit = training.fit(net, loss, parameters, x, y[..., None], plan, orders, device=device)
            parameters, status = fit.parameters, fit.status
        logits = training.predict(net, parameters, test_x, device).numpy().astype(float)
        yield {"replicate": list(streams.replicates), "method": name, "status": status, **digests}, logits


def _losses(counts) -> dict:
    """Loss -> its phases (loss, share of the steps)."""
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


def _excess(logits: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Mean over balanced points of the largest posterior less that of the class decided."""
    chosen = np.take_along_axis(share, logits.argmax(axis=2)[..., None], axis=2)[..., 0]
    return (share.max(axis=2) - chosen).mean(axis=1)
