"""Two classes with a known posterior: networks under every loss, and what is left after the threshold is tuned."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dlstats.dgp import imbalanced
from dlstats.protocol.claim import Claim, Expectation, at_least, at_most, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import difference, value
from dlstats.protocol.study import Experiment
from dlstats.seeds import Streams
from dlstats.studies.imbalance._methods import METHODS, RIVALS
from dlstats.theory import minimisers as theory

MECHANISMS = {"gaussians": imbalanced.Gaussians(), "rings": imbalanced.Rings()}
TEST = 2000
HELD_OUT, HELD_MOST = 0.5, 4000
"""Held-out samples as a proportion of n, at the same prevalence, and at most so many."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks with two hidden layers under every loss; test points carry their posterior."""
    from dlstats import nets
    from dlstats.studies.imbalance import _training

    n, prevalence = condition.n, condition.prevalence
    mechanism = MECHANISMS[condition.mechanism]
    counts = imbalanced.binary_counts(n, prevalence)
    held = imbalanced.binary_counts(min(HELD_MOST, round(n * HELD_OUT)), prevalence)
    about = {"mechanism": condition.mechanism, "n": n, "prevalence": prevalence}
    x, y = _training.drawn(mechanism, streams, "data", counts, **about)
    held_x, held_y = _training.drawn(mechanism, streams, "held_out", held, **about)
    test_x, _ = _training.drawn(mechanism, streams, "test", (TEST // 2, TEST // 2), **about)
    posterior = imbalanced.posterior(mechanism, test_x, (0.5, 0.5))
    positive, negative = prevalence * posterior[..., 1], (1 - prevalence) * posterior[..., 0]
    data = _training.Data(x, y, held_x, held_y, test_x, positive, negative, prevalence)
    return _training.run(data, counts, list(METHODS), nets.Mlp(x.shape[2], (16, 16)), condition.steps, streams, device)


MEASURES = (
    Measure("excess_default", "excess balanced error, cut at 1/2"),
    Measure("excess_prior", "excess balanced error, cut at the prevalence"),
    Measure("excess_tuned", "excess balanced error, tuned cut"),
    Measure("excess_best", "excess balanced error, best cut"),
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
    Measure("inversion_gain", "log loss after the closed-form inverse less that before"),
    Measure("brier", "Brier score"),
    Measure("reliability", "reliability"),
    Measure("resolution", "resolution"),
    Measure("ece", "calibration error"),
    Measure("ece_bias", "bias that labels would give the calibration error"),
)
GOALS = {
    "log_loss": ("probability\nas trained", -1),
    "log_loss_platt": ("probability\nrecalibrated", -1),
    "excess_default": ("balanced\ncut at 1/2", -1),
    "excess_tuned": ("balanced\ntuned cut", -1),
    "f1_tuned": ("F1 or Dice\ntuned cut", 1),
    "auroc": ("ranking\nAUC", 1),
    "average_precision": ("ranking\nav. precision", 1),
}
"""Measure -> its goal, and whether more (1) or less (-1) of it is better: compared with cross-entropy for every loss."""
TWO_CLASSES = Experiment(
    simulate=simulate,
    factors={
        "mechanism": Factor("data", str, {"gaussians": "two Gaussians, d = 5", "rings": "rings in the plane"}),
        "n": Factor("sample size", int, symbol="n", at_least=2),
        "prevalence": Factor("prevalence", float, symbol=r"\pi", above=0, below=1),
        "steps": Factor("optimiser steps", int, at_least=1),
    },
    methods=METHODS,
    measures=MEASURES,
    contrasts=(
        *(Contrast(goal, m, "cross_entropy", "difference", "mean") for goal in GOALS for m in METHODS if m != "cross_entropy"),
        Contrast("excess_best", "logit_adjusted", "weighted", "difference", "mean"),
        Contrast("excess_best", "undersampled", "weighted", "difference", "mean"),
        Contrast("ece", "cross_entropy", "focal", "difference", "mean"),
        Contrast("ece", "cross_entropy", "weighted", "difference", "mean"),
    ),
    block=26,
)  # fmt: skip

JSM = ("JSM",)
CELL: dict[str, Any] = {"mechanism": "gaussians", "prevalence": 0.02}
WORDS = "two Gaussians in five dimensions, prevalence 0.02"
RECALL = theory.gaussian_rule(theory.gaussian_threshold(0.1, 2.0), 0.1, 2.0)["recall"]


def _contrast(name: str, words: str, expectation: Expectation, column: str, first: str, second: str, n: int) -> Claim:
    measure = difference(column, first, second, n=n, **CELL)
    return Claim(name, f"{words} ({WORDS}, n = {n}).", expectation, measure, Finding(), JSM)


CLAIMS = (
    Claim(
        "IMB4.trained",
        "A network trained by cross-entropy and cut at 1/2 has the recall of the Bayes rule, {theory:.4f} (two Gaussians, "
        "prevalence 0.1, n = 10000).",
        equals(RECALL, 0.05),
        value("recall_default", method="cross_entropy", mechanism="gaussians", prevalence=0.1, n=10000), Finding(), ("BIOS",),
    ),
    Claim(
        "IMB1.trained",
        "A network trained with inverse-frequency weights and cut at 1/2 is within {theory} of the smallest balanced error "
        f"({WORDS}, n = 10000).",
        at_most(0.01), value("excess_default", method="weighted", experiment="two_classes", n=10000, **CELL), Finding(), JSM,
    ),
    Claim(
        "IMB5.trained",
        "Cross-entropy, cut at the prevalence after training, is within {theory} of the smallest balanced error: a shift of the "
        f"threshold does what the adjusted loss does ({WORDS}, n = 10000).",
        at_most(0.01), value("excess_prior", method="cross_entropy", experiment="two_classes", n=10000, **CELL), Finding(), JSM,
    ),
    _contrast(
        "IMB6.trained", "Logit adjustment has a smaller balanced error at the best cut than class weights in networks too",
        at_most(0), "excess_best", "logit_adjusted", "weighted", 2000,
    ),
    *(
        Claim(
            f"IMB4.threshold_n{n}",
            "After tuning the threshold on held-out data no loss differs from cross-entropy by more than {margin} in balanced "
            f"error: the most different of nine ({WORDS}, n = {n}).",
            equals(0, 0.01), difference("excess_tuned", RIVALS, "cross_entropy", n=n, **CELL).each("method"), Finding(), JSM,
        )
        for n in (500, 2000, 10000, 50000)
    ),
    *(
        Claim(
            f"IMB4.rings_n{n}",
            "Where no line separates, too, no loss differs from cross-entropy after tuning the threshold by more than {margin} "
            f"in balanced error, the most different of nine (rings in the plane, prevalence 0.02, n = {n}).",
            equals(0, 0.01),
            difference("excess_tuned", RIVALS, "cross_entropy", n=n, mechanism="rings", prevalence=0.02).each("method"),
            Finding(), JSM,
        )
        for n in (2000, 10000)
    ),
    Claim(
        "IMB2.trained",
        "The closed-form inverse of the focal map lowers the log loss of a network trained by focal loss "
        f"({WORDS}, n = 10000).",
        at_most(0), value("inversion_gain", method="focal", n=10000, **CELL), Finding(), JSM,
    ),
    _contrast(
        "IMB2.calibration", "Cross-entropy has a smaller calibration error than focal loss", at_most(0), "ece",
        "cross_entropy", "focal", 10000,
    ),
    _contrast(
        "IMB1.calibration", "Cross-entropy has a smaller calibration error than class weights", at_most(0), "ece",
        "cross_entropy", "weighted", 10000,
    ),
    _contrast(
        "IMB1.platt", "After Platt scaling the log loss of weighted and of plain cross-entropy are equal to {margin}",
        equals(0, 0.005), "log_loss_platt", "weighted", "cross_entropy", 10000,
    ),
    _contrast(
        "IMB6.undersampled", "Throwing the majority away costs balanced error at the best cut, compared with class weights",
        at_least(0), "excess_best", "undersampled", "weighted", 2000,
    ),
)  # fmt: skip
