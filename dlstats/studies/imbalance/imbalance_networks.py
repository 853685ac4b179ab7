"""After the threshold is chosen properly, which losses still differ, and from which n on?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.protocol.study import Measure, Study
from dlstats.seeds import Streams
from dlstats.studies.imbalance._networks_claims import CLAIMS
from dlstats.studies.imbalance._networks_figures import FIGURES, METHODS
from dlstats.studies.imbalance._settings import NETWORKS

TEST = 2000
HELD_SHARE, HELD_MOST = 0.5, 4000
"""Held-out samples as a share of n, at the same prevalence, and at most so many."""


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Networks with two hidden layers under every loss; test points carry their posterior."""
    if factors["mechanism"] == "long_tail":
        from dlstats.studies.imbalance import _multiclass

        return _multiclass.run(factors, streams, device)
    from dlstats import nets
    from dlstats.dgp import imbalanced
    from dlstats.studies.imbalance import _training

    n, prevalence, steps = factors["n"], factors["prevalence"], factors["steps"]
    mechanism = imbalanced.MECHANISMS[factors["mechanism"]]
    counts = imbalanced.binary_counts(n, prevalence)
    held = imbalanced.binary_counts(min(HELD_MOST, round(n * HELD_SHARE)), prevalence)
    about = {"mechanism": factors["mechanism"], "n": n, "prevalence": prevalence}

    def draw(role: str, sizes):
        pairs = [imbalanced.sample(mechanism, rng, sizes) for rng in streams.generators(role, **about)]
        return (np.stack(parts) for parts in zip(*pairs, strict=True))

    x, y = draw("data", counts)
    held_x, held_y = draw("held_out", held)
    test_x, _ = draw("test", (TEST // 2, TEST // 2))
    share = imbalanced.posterior(mechanism, test_x, (0.5, 0.5))
    positive, negative = prevalence * share[..., 1], (1 - prevalence) * share[..., 0]
    data = _training.Data(x, y, held_x, held_y, test_x, positive, negative, prevalence)
    net = nets.Mlp(x.shape[2], (16, 16))
    return _training.run(data, counts, NETWORKS, net, steps, streams, device)


MEASURES = (
    *(
        Measure(f"excess_{cut}", f"excess balanced error, {words}")
        for cut, words in (
            ("default", "cut at 1/2"),
            ("prior", "cut at the prevalence"),
            ("tuned", "tuned cut"),
            ("best", "best cut"),
        )
    ),
    Measure("recall_default", "recall, cut at 1/2"),
    Measure("precision_default", "precision, cut at 1/2"),
    Measure("recall_tuned", "recall, tuned cut"),
    Measure("precision_tuned", "precision, tuned cut"),
    Measure("mcc_default", "Matthews' correlation, cut at 1/2"),
    Measure("mcc_tuned", "Matthews' correlation, tuned cut"),
    Measure("f1_tuned", "F1, tuned cut"),
    Measure("auroc", "AUC"),
    Measure("average_precision", "average precision"),
    Measure("log_loss", "log loss"),
    Measure("log_loss_platt", "log loss after Platt scaling"),
    Measure("log_loss_temperature", "log loss after temperature scaling"),
    Measure("log_loss_isotonic", "log loss after isotonic regression"),
    Measure("log_loss_inverted", "log loss after the closed-form inverse"),
    Measure("brier", "Brier score"),
    Measure("reliability", "reliability"),
    Measure("resolution", "resolution"),
    Measure("ece", "calibration error"),
    Measure("ece_bias", "bias that labels would give the calibration error"),
)

STUDY = Study(
    name="imbalance_networks",
    family="imbalance",
    title="Losses for unequal classes in trained networks",
    aims="See which losses still differ once the threshold is chosen properly, and from which sample size on.",
    mechanisms="Two Gaussians in five dimensions, rings in the plane, five classes with a long tail; class counts fixed.",
    estimands="Balanced error above Bayes, ranking and probability measures, on test points with known posterior.",
    methods=METHODS,
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="One architecture, Adam with one learning rate for all losses, 256 samples a step; losses of overlap and the "
    "AUC surrogate see one minibatch at a time. Held-out data, half of n and at most 4,000, choose stopping, threshold and "
    "recalibration.",
    block=26,
)
