"""Two classes with a known posterior: networks under every loss, and what is left after the threshold is tuned."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from dlstats.dgp import imbalanced
from dlstats.protocol.claim import Claim, Expectation, at_least, at_most, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Origin, Practice
from dlstats.protocol.readers import Reader, difference, log_ratio, value
from dlstats.protocol.study import Experiment
from dlstats.seeds import Streams
from dlstats.studies.imbalance._limits import seen_in
from dlstats.studies.imbalance._methods import FACTOR, METHODS, RECIPE
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
    parameters = {"mechanism": condition.mechanism, "n": n, "prevalence": prevalence}
    x, y = _training.drawn(mechanism, streams, "data", counts, **parameters)
    held_x, held_y = _training.drawn(mechanism, streams, "held_out", held, **parameters)
    test_x, _ = _training.drawn(mechanism, streams, "test", (TEST // 2, TEST // 2), **parameters)
    posterior = imbalanced.posterior(mechanism, test_x, (0.5, 0.5))
    positive, negative = prevalence * posterior[..., 1], (1 - prevalence) * posterior[..., 0]
    data = _training.Data(x, y, held_x, held_y, test_x, positive, negative, prevalence)
    return _training.run(data, counts, list(METHODS), nets.Mlp(x.shape[2], (16, 16)), condition.steps, streams, device)


MEASURES = (
    Measure("excess_default", "excess balanced error, cut at 1/2"),
    Measure("excess_prior", "excess balanced error, cut at the prevalence"),
    Measure("excess_tuned", "excess balanced error, tuned cut"),
    Measure("excess_best", "excess balanced error, best cut"),
    Measure("excess_adjusted", "excess balanced error, prevalence accounted for in the loss or after training"),
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
    Measure("excess_log_loss_platt", "log loss after Platt scaling less the smallest"),
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
        *(Contrast("excess_tuned", m, "cross_entropy", "log_ratio", "mean") for m in METHODS if m != "cross_entropy"),
        *(Contrast("excess_best", m, "cross_entropy", "log_ratio", "mean") for m in METHODS if m != "cross_entropy"),
        *(Contrast("excess_best", m, "weighted") for m in ("logit_adjusted", "undersampled")),
        *(Contrast("excess_adjusted", m, "cross_entropy", "log_ratio", "mean") for m in ("weighted", "logit_adjusted")),
        Contrast("excess_log_loss_platt", "weighted", "cross_entropy", "log_ratio", "mean"),
        Contrast("ece", "cross_entropy", "focal", "difference", "mean"),
        Contrast("ece", "cross_entropy", "weighted", "difference", "mean"),
    ),
    block=26,
)  # fmt: skip

CELL: dict[str, Any] = {"mechanism": "gaussians", "prevalence": 0.02}
RINGS: dict[str, Any] = {"mechanism": "rings", "prevalence": 0.02}
RECALL = theory.gaussian_rule(theory.gaussian_threshold(0.1, 2.0), 0.1, 2.0)["recall"]
SEEN, DOES_NOT_MATTER = seen_in("imbalance_networks"), equals(0, math.log10(FACTOR))


def _claim(
    name: str, words: str, expectation: Expectation, measure: Reader, n: str, origin: Origin = SEEN, **numbers
) -> Claim:
    """A claim on one cell, or several, at prevalence 0.02."""
    data = "rings in the plane" if measure.where["mechanism"] == "rings" else "two Gaussians in five dimensions"
    statement = f"{words} ({RECIPE}; {data}, prevalence 0.02, n = {n})."
    return Claim(name, statement, expectation, measure, origin, ("JSM", "BIOS"), {"factor": FACTOR} | numbers)


def _excess(
    cut: str, method: str | list[str], against: str = "cross_entropy", statistic: str = "mean", **where
) -> Reader:
    """log₁₀ of the excess balanced error of one method over that of another."""
    reader = log_ratio(f"excess_{cut}", method, against, statistic, **where)  # pyright: ignore[reportArgumentType]
    return reader if isinstance(method, str) else reader.each("method")


RATIO = "log₁₀ of the ratio of mean excess balanced errors"
CLAIMS = (
    Claim(
        "IMB4.trained",
        "A network trained by cross-entropy and cut at 1/2 finds at most half of the rare class, like the Bayes rule, which "
        f"finds {{recall:.4f}} of it ({RECIPE}; two Gaussians in five dimensions, prevalence 0.1, n = 10,000).",
        at_most(0.5),
        value("recall_default", method="cross_entropy", mechanism="gaussians", prevalence=0.1, n=10000),
        SEEN, ("BIOS",), {"recall": RECALL},
    ),
    *(
        _claim(
            name,
            f"Training with {words}, cut at 1/2, and cross-entropy, cut at the prevalence, are within a factor of "
            f"{{factor}}: {RATIO}",
            DOES_NOT_MATTER, _excess("adjusted", method, n=10000, **CELL), "10,000",
        )
        for name, method, words in (
            ("IMB1.trained", "weighted", "inverse-frequency weights"),
            ("IMB5.trained", "logit_adjusted", "logit adjustment"),
        )
    ),
    _claim(
        "IMB6.trained",
        "Logit adjustment has a smaller excess balanced error at the best cut than class weights: log₁₀ of the ratio of medians",
        at_most(0), _excess("best", "logit_adjusted", "weighted", "median", n=2000, **CELL), "2,000",
    ),
    _claim(
        "IMB6.undersampled",
        "Throwing the majority away costs balanced error at the best cut, compared with class weights: log₁₀ of the ratio of "
        "medians of the excess",
        at_least(0), _excess("best", "undersampled", "weighted", "median", n=2000, **CELL), "2,000",
    ),
    _claim(
        "IMB4.threshold_n500",
        "With 10 points of the rare class vector scaling beats cross-entropy when both cuts are tuned on held-out data: "
        f"{RATIO}",
        at_most(0), _excess("tuned", "vector_scaling", n=500, **CELL), "500",
    ),
    _claim(
        "IMB4.threshold_n2000",
        "With 40 points of the rare class logit adjustment beats cross-entropy when both cuts are tuned on held-out data: "
        f"{RATIO}",
        at_most(0), _excess("tuned", "logit_adjusted", n=2000, **CELL), "2,000",
    ),
    *(
        _claim(
            f"IMB4.{name}",
            "With {positives:,} points of the rare class, cuts tuned on held-out data, class weights and cross-entropy are "
            f"within a factor of {{factor}}: {RATIO}",
            DOES_NOT_MATTER, _excess("tuned", "weighted", n=n, **where), f"{n:,}", positives=round(0.02 * n),
        )
        for name, n, where in (
            ("threshold_n10000", 10000, CELL), ("threshold_n50000", 50000, CELL), ("rings_n10000", 10000, RINGS),
        )
    ),
    _claim(
        "IMB4.overlap",
        "With 1,000 points of the rare class training by Dice or Tversky has, at the best cut, at least {factor} times the "
        f"excess balanced error of cross-entropy: {RATIO}",
        at_least(math.log10(FACTOR)), _excess("best", ["dice", "tversky"], n=50000, **CELL), "50,000",
    ),
    _claim(
        "IMB4.rings_n2000",
        "Where no line separates, margins n^(−1/4) with deferred weights lose to cross-entropy when both cuts are tuned on "
        f"held-out data: {RATIO}",
        at_least(0), _excess("tuned", "ldam", n=2000, **RINGS), "2,000",
    ),
    _claim(
        "IMB4.line",
        "Where the log-odds are linear, logistic regression with Firth's penalty has, at the best cut, at most half of the "
        f"excess balanced error of a network trained by cross-entropy: {RATIO}",
        at_most(math.log10(0.5)), _excess("best", "firth", n=[500, 2000, 10000, 50000], **CELL).each("n"), "500 to 50,000",
    ),
    _claim(
        "IMB2.trained",
        "The closed-form inverse of the focal map lowers the log loss of a network trained by focal loss",
        at_most(0), value("inversion_gain", method="focal", n=10000, **CELL), "10,000",
        Practice("charoenphakdee2021", "abstract"),
    ),
    *(
        _claim(
            name, f"Cross-entropy has a smaller calibration error than {words}, both as trained", at_most(0),
            difference("ece", "cross_entropy", rival, n=10000, **CELL), "10,000",
        )
        for name, rival, words in (
            ("IMB2.calibration", "focal", "focal loss with gamma 2"), ("IMB1.calibration", "weighted", "class weights"),
        )
    ),
    _claim(
        "IMB1.platt",
        "After Platt scaling the excess log loss of class weights is within a factor of {factor} of that of cross-entropy: log₁₀ "
        "of the ratio of means",
        DOES_NOT_MATTER, log_ratio("excess_log_loss_platt", "weighted", "cross_entropy", "mean", n=10000, **CELL), "10,000",
    ),
)  # fmt: skip
