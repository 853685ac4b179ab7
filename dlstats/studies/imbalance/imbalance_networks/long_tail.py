"""Five classes with a long tail: losses that are defined for many classes, and the argmax of their logits."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.dgp import imbalanced
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.study import Experiment
from dlstats.seeds import Streams
from dlstats.studies.imbalance._methods import MULTICLASS, network_methods

LONG_TAIL = imbalanced.LongTail()
TEST = 400
"""Test points of every class."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One row per replicate and loss: balanced error above Bayes of the argmax, as it is and corrected for the prior."""
    from dlstats import nets
    from dlstats.studies.imbalance import _data, _multiclass, _training

    classes = LONG_TAIL.classes
    counts = imbalanced.long_tail_counts(condition.n, classes, condition.ratio)
    held = _data.held_out(counts)
    counts = [count - part for count, part in zip(counts, held, strict=True)]
    parameters = {"mechanism": "long_tail", "n": condition.n, "ratio": condition.ratio}
    train, valid, (test_x, _) = (
        tuple(_data.drawn(LONG_TAIL, streams, role, sizes, **parameters))
        for role, sizes in (("data", counts), ("held_out", held), ("test", [TEST] * classes))
    )
    posterior = imbalanced.posterior(LONG_TAIL, test_x, [1 / classes] * classes)

    def excess(logits: np.ndarray) -> np.ndarray:
        chosen = np.take_along_axis(posterior, logits.argmax(axis=2)[..., None], axis=2)[..., 0]
        return (posterior.max(axis=2) - chosen).mean(axis=1)

    net = nets.Mlp(test_x.shape[2], _training.WIDTHS, classes)
    trainer = _training.Trainer(net, condition.steps, condition.effort, streams, device)
    frame = _multiclass.run(train, valid, counts, test_x, ("excess", excess), trainer)
    entropy = _entropy(train[0], train[1], [count / sum(counts) for count in counts])
    own = frame["method"] == "cross_entropy"
    return frame.assign(
        misfit=frame["train_loss"].where(own)
        / frame["replicate"].map(dict(zip(streams.replicates, entropy, strict=True)))
    )


def _entropy(x: np.ndarray, y: np.ndarray, prior: list[float]) -> np.ndarray:
    """Cross-entropy of the true probabilities on the training data, (reps,)."""
    chosen = np.take_along_axis(imbalanced.posterior(LONG_TAIL, x, prior), y[..., None], axis=2)
    return -np.log(chosen).mean(axis=(1, 2))


LONG_TAILED = Experiment(
    simulate=simulate,
    factors={
        "n": Factor("sample size", int, symbol="n", at_least=1),
        "ratio": Factor("size of the largest class over the smallest", int, at_least=1),
        "steps": Factor("optimiser steps at most", int, at_least=1),
    }
    | EFFORT,
    methods=network_methods(*MULTICLASS),
    measures=(
        Measure("excess_default", "excess balanced error of the argmax"),
        Measure("excess_prior", "excess balanced error, logits corrected for the prior"),
        Measure(
            "excess_adjusted",
            "excess balanced error, prior accounted for in the loss or after training",
            where={"method": ["cross_entropy", "logit_adjusted"]},
        ),
        Measure("learning_rate", "learning rate chosen", "median"),
        Measure("train_loss", "training loss"),
        Measure("misfit", "training loss over that of the true probabilities", where={"method": ["cross_entropy"]}),
        Measure("gamma", "gamma chosen", where={"method": ["focal"]}),
        Measure("epochs", "epochs"),
        Measure("dead_share", "proportion of hidden units without a slope"),
    ),
    contrasts=(
        Contrast("excess_adjusted", "logit_adjusted", "cross_entropy", "log_ratio", "mean"),
        *(Contrast("excess_default", name, "cross_entropy", "log_ratio", "mean") for name in MULTICLASS[1:]),
    ),
    block=24,
    title="many classes",
    requires={
        "`n` and `ratio` must leave two samples of every class": (
            lambda c: min(imbalanced.long_tail_counts(c.n, LONG_TAIL.classes, c.ratio)) >= 2
        )
    },
)
