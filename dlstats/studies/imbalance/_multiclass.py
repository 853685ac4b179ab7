"""Networks under the losses that are defined for many classes, and what the argmax of their logits costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd
import scipy
import torch

from dlstats.losses import imbalance, margins
from dlstats.methods import tuning
from dlstats.studies.frames import stacked
from dlstats.studies.imbalance._training import GAMMAS, Phase, Trainer, Tuned, deferred, of_cosines

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
    and stopping, its log loss the gamma of focal loss.
    """
    column, of = measure
    rows = {}
    for name, phases in (_losses(counts) | {"focal": ()}).items():
        if name == "focal":
            found = _best_focal(train, held, trainer)
        else:
            found = trainer.tuned(phases, *train, *held)
        logits = trainer.logits(found.parameters, test_x)
        logits = of_cosines(logits) if name == "ldam" else logits
        row = found.columns | trainer.digests(train[0])
        row |= {f"{column}_default": of(logits), f"{column}_prior": of(logits - np.log(counts))}
        if name in ADJUSTED:
            row[f"{column}_adjusted"] = row[f"{column}_{ADJUSTED[name]}"]
        rows[name] = row
    return stacked(trainer.streams, rows)


def _best_focal(train: Sequence[np.ndarray], held: Sequence[np.ndarray], trainer: Trainer) -> Tuned:
    """Focal loss at the gamma of the smallest held-out log loss, replicate by replicate."""
    trials = [trainer.tuned((Phase(partial(imbalance.focal, gamma=gamma)),), *train, *held) for gamma in GAMMAS]
    held_x, held_y = held
    score = [_log_loss(trainer.logits(trial.parameters, held_x), held_y) for trial in trials]
    best = tuning.best(np.stack(score, axis=1))
    columns = {k: np.stack([trials[b].columns[k][row] for row, b in enumerate(best)]) for k in trials[0].columns}
    parameters = torch.stack([trials[b].parameters[row] for row, b in enumerate(best)])
    return Tuned(parameters, columns | {"gamma": np.array(GAMMAS)[best]})


def _log_loss(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Of several classes, (reps,)."""
    chosen = scipy.special.log_softmax(logits, axis=2)
    return -np.take_along_axis(chosen, y[..., None], axis=2).mean(axis=(1, 2))


def _losses(counts: Sequence[int]) -> dict[str, tuple[Phase, ...]]:
    scale = [(c / max(counts)) ** 0.15 for c in counts]
    offsets = [float(v) for v in np.log(counts)]
    whole = {
        "cross_entropy": imbalance.cross_entropy,
        "weighted": partial(imbalance.weighted, weights=imbalance.inverse_frequency(counts)),
        "class_balanced": partial(imbalance.weighted, weights=imbalance.effective_number_weights(counts, 0.999)),
        "logit_adjusted": partial(imbalance.logit_adjusted, prior=counts),
        "vector_scaling": partial(margins.vector_scaling, scales=scale, offsets=offsets),
    }
    return {name: (Phase(loss),) for name, loss in whole.items()} | {"ldam": deferred(counts)}
