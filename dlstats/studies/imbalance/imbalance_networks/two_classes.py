"""Two classes with a known posterior: networks under every loss, and what is left after the threshold is tuned."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from dlstats.dgp import imbalanced
from dlstats.protocol.claim import Claim, Expectation, at_least, at_most
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Origin, Practice
from dlstats.protocol.readers import Reader, difference, log_ratio, value
from dlstats.protocol.study import Experiment
from dlstats.seeds import Streams
from dlstats.studies.imbalance._limits import seen_in
from dlstats.studies.imbalance._methods import METHODS, RECIPE
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
    Measure("excess_best", "excess balanced error, best cut on the test points"),
    Measure("cut_gain", "balanced error cut at the prevalence less that at the tuned cut"),
    Measure(
        "excess_adjusted",
        "excess balanced error, prevalence accounted for in the loss or after training",
        where={"method": ["cross_entropy", "weighted", "logit_adjusted"]},
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
    Measure("excess_log_loss_platt", "log loss after Platt scaling less the smallest"),
    Measure("log_loss_temperature", "log loss after temperature scaling"),
    Measure("log_loss_isotonic", "log loss after isotonic regression"),
    Measure("log_loss_inverted", "log loss after the closed-form inverse", where={"method": "focal"}),
    Measure("inversion_gain", "log loss after the closed-form inverse less that before", where={"method": "focal"}),
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
        Contrast("excess_best", "undersampled", "weighted"),
        *(Contrast("excess_adjusted", m, "cross_entropy", "log_ratio", "mean") for m in ("weighted", "logit_adjusted")),
        Contrast("excess_log_loss_platt", "weighted", "cross_entropy", "log_ratio", "mean"),
        Contrast("ece", "cross_entropy", "focal", "difference", "mean"),
        Contrast("ece", "cross_entropy", "weighted", "difference", "mean"),
    ),
    block=26,
)  # fmt: skip

CELL: dict[str, Any] = {"mechanism": "gaussians", "prevalence": 0.02}
RINGS: dict[str, Any] = {"mechanism": "rings", "prevalence": 0.02}
FACTOR = 1.25
"""How many times as large an excess has to be for a loss to count as worse, where theory names no number."""
RECALL = theory.gaussian_rule(theory.gaussian_threshold(0.1, 2.0), 0.1, 2.0)["recall"]
SEEN, LATER = seen_in("imbalance_networks"), seen_in("imbalance_networks", 20261127)


def _claim(
    name: str, text: str, expectation: Expectation, measure: Reader, n: str, origin: Origin = SEEN, **numbers
) -> Claim:
    """A claim on one cell, or several, at prevalence 0.02."""
    data = "rings in the plane" if measure.where["mechanism"] == "rings" else "two Gaussians in five dimensions"
    statement = f"{text} ({RECIPE}; {data}, prevalence 0.02, n = {n})."
    return Claim(name, statement, expectation, measure, origin, ("JSM", "BIOS"), numbers)


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
            f"Training with {text}, cut at 1/2, has a smaller mean excess balanced error than cross-entropy, cut at the "
            f"prevalence: {RATIO}",
            at_most(0), _excess("adjusted", method, n=n, **CELL), f"{n:,}", LATER,
        )
        for name, method, text, n in (
            ("IMB1.trained", "weighted", "inverse-frequency weights", 10000),
            ("IMB5.trained", "logit_adjusted", "logit adjustment", 10000),
            ("IMB5.trained_n2000", "logit_adjusted", "logit adjustment", 2000),
        )
    ),
    _claim(
        "IMB6.undersampled",
        "Undersampling the majority has a larger excess balanced error than class weights, each at its best cut on the test "
        "points: log₁₀ of the ratio of medians",
        at_least(0), _excess("best", "undersampled", "weighted", "median", n=2000, **CELL), "2,000",
    ),
    *(
        _claim(
            f"IMB4.threshold_n{n}",
            "With {positives} points of the rare class a network trained by cross-entropy has a smaller mean balanced error cut "
            "at the prevalence than with the cut that is best on held-out data with {held} points of that class: mean difference",
            at_most(0), value("cut_gain", method="cross_entropy", n=n, **CELL), f"{n:,}", LATER,
            positives=round(0.02 * n), held=round(0.02 * HELD_OUT * n),
        )
        for n in (500, 2000)
    ),
    _claim(
        "IMB4.overlap",
        "With 1,000 points of the rare class training by Dice or Tversky has at least {factor} times the excess balanced error "
        f"of cross-entropy, each at its best cut on the test points: {RATIO}",
        at_least(math.log10(FACTOR)), _excess("best", ["dice", "tversky"], n=50000, **CELL), "50,000",
        factor=FACTOR,
    ),
    _claim(
        "IMB4.rings_n2000",
        "Where no line separates, margins n^(−1/4) with deferred weights lose to cross-entropy when both cuts are tuned on "
        f"held-out data: {RATIO}",
        at_least(0), _excess("tuned", "ldam", n=2000, **RINGS), "2,000",
    ),
    _claim(
        "IMB4.line",
        "Where the log-odds are linear, logistic regression with Firth's penalty has at most half of the excess balanced error "
        f"of a network trained by cross-entropy, each at its best cut on the test points: {RATIO}",
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
            name, f"Cross-entropy has a smaller calibration error than {text}, both as trained", at_most(0),
            difference("ece", "cross_entropy", rival, n=10000, **CELL), "10,000",
        )
        for name, rival, text in (
            ("IMB2.calibration", "focal", "focal loss with gamma 2"), ("IMB1.calibration", "weighted", "class weights"),
        )
    ),
    _claim(
        "IMB1.platt",
        "After Platt scaling class weights have a smaller mean excess log loss than cross-entropy: log₁₀ of the ratio of means",
        at_most(0), log_ratio("excess_log_loss_platt", "weighted", "cross_entropy", "mean", n=10000, **CELL), "10,000", LATER,
    ),
)  # fmt: skip
