"""Networks under the losses that are defined for many classes, and what the argmax of their logits costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd

from dlstats.losses import imbalance, margins
from dlstats.studies.frames import stacked
from dlstats.studies.imbalance._training import Phase, Trainer, deferred

ADJUSTED = {"logit_adjusted": "default", "cross_entropy": "prior"}
"""How the logits of a loss are made to account for the class prior once: in the loss, or after training."""


def run(
    train: Sequence[np.ndarray],
    held: Sequence[np.ndarray],
    counts: Sequence[int],
    test_x: np.ndarray,
    measure: tuple[str, Callable[[np.ndarray], np.ndarray]],
    trainer: Trainer,
) -> pd.DataFrame:
    """One row per replicate and loss: a measure of the logits as they are, corrected for the prior, and as in `ADJUSTED`.

    `train` and `held` are inputs and labels, `counts` those of the training data; the loss on the held-out data chooses rate
    and stopping.
    """
    column, of = measure
    rows = {}
    for name, phases in _losses(counts).items():
        found = trainer.tuned(phases, train[0], train[1], held[0], held[1])
        logits = trainer.logits(found.parameters, test_x)
        row = found.columns | trainer.digests(train[0])
        row |= {f"{column}_default": of(logits), f"{column}_prior": of(logits - np.log(counts))}
        if name in ADJUSTED:
            row[f"{column}_adjusted"] = row[f"{column}_{ADJUSTED[name]}"]
        rows[name] = row
    return stacked(trainer.streams, rows)


def _losses(counts: Sequence[int]) -> dict[str, tuple[Phase, ...]]:
    scale = [(c / max(counts)) ** 0.15 for c in counts]
    offsets = [float(v) for v in np.log(counts)]
    whole = {
        "cross_entropy": imbalance.cross_entropy,
        "weighted": partial(imbalance.weighted, weights=imbalance.inverse_frequency(counts)),
        "class_balanced": partial(imbalance.weighted, weights=imbalance.effective_number_weights(counts, 0.999)),
        "focal": partial(imbalance.focal, gamma=2.0),
        "logit_adjusted": partial(imbalance.logit_adjusted, prior=counts),
        "vector_scaling": partial(margins.vector_scaling, scales=scale, offsets=offsets),
    }
    return {name: (Phase(loss),) for name, loss in whole.items()} | {"ldam": deferred(counts)}
