"""Five classes with a long tail: losses that are defined for many classes, and the argmax of their logits."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.dgp import imbalanced
from dlstats.protocol.claim import Claim, at_most
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.readers import log_ratio
from dlstats.protocol.study import Experiment
from dlstats.seeds import Streams
from dlstats.studies.imbalance._limits import seen_in
from dlstats.studies.imbalance._methods import MULTICLASS, RECIPE, network_methods

LONG_TAIL = imbalanced.LongTail()
TEST = 400
"""Test points of every class."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One row per replicate and loss: balanced error above Bayes of the argmax, as it is and corrected for the prior."""
    from dlstats.studies.imbalance import _multiclass, _training

    classes = LONG_TAIL.classes
    counts = imbalanced.long_tail_counts(condition.n, classes, condition.ratio)
    parameters = {"mechanism": "long_tail", "n": condition.n, "ratio": condition.ratio}
    x, y = _training.drawn(LONG_TAIL, streams, "data", counts, **parameters)
    test_x, _ = _training.drawn(LONG_TAIL, streams, "test", [TEST] * classes, **parameters)
    posterior = imbalanced.posterior(LONG_TAIL, test_x, [1 / classes] * classes)

    def excess(logits: np.ndarray) -> np.ndarray:
        chosen = np.take_along_axis(posterior, logits.argmax(axis=2)[..., None], axis=2)[..., 0]
        return (posterior.max(axis=2) - chosen).mean(axis=1)

    return _multiclass.run(x, y, counts, test_x, "excess", excess, condition.steps, streams, device)


LONG_TAILED = Experiment(
    simulate=simulate,
    factors={
        "n": Factor("sample size", int, symbol="n", at_least=1),
        "ratio": Factor("size of the largest class over the smallest", int, at_least=1),
        "steps": Factor("optimiser steps", int, at_least=1),
    },
    methods=network_methods(*MULTICLASS),
    measures=(
        Measure("excess_default", "excess balanced error of the argmax"),
        Measure("excess_prior", "excess balanced error, logits corrected for the prior"),
        Measure(
            "excess_adjusted",
            "excess balanced error, prior accounted for in the loss or after training",
            where={"method": ["cross_entropy", "logit_adjusted"]},
        ),
    ),
    contrasts=(Contrast("excess_adjusted", "logit_adjusted", "cross_entropy", "log_ratio", "mean"),),
    block=26,
)
CLAIMS = (
    Claim(
        "IMB5.long_tail",
        "On five classes with a long tail the logit-adjusted loss has a smaller mean excess balanced error than cross-entropy "
        f"with logits corrected for the prior: log₁₀ of the ratio of means ({RECIPE}; ratio 100, n = 5,000).",
        at_most(0),
        log_ratio("excess_adjusted", "logit_adjusted", "cross_entropy", "mean", experiment="long_tail", n=5000),
        seen_in("imbalance_networks", 20261127), ("JSM",),
    ),
)  # fmt: skip
