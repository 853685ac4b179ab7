"""Two classes with a known posterior: networks under every loss, and what is left after the threshold is chosen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dlstats.dgp import imbalanced
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.plug import Plug, Sample
from dlstats.protocol.study import Experiment
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.imbalance._methods import METHODS, SHIFTED

MECHANISMS = {name: imbalanced.MECHANISMS[name] for name in ("gaussians", "rings", "moons")}
LABELS = {"gaussians": "two Gaussians, d = 5", "rings": "rings in the plane", "moons": "two moons in the plane"}
TEST = 2000
FITTED = ("cross_entropy", "weighted", "class_balanced", "logit_adjusted")
"""Losses of which it is known what they elicit on the training data, with whose loss that of the network is compared."""
UNDONE = ("weighted", "focal", "logit_adjusted")
"""Losses of which it is claimed what their probabilities are worth when the known map of the loss is undone."""
LEAST = 7
"""Samples of a class: without the held-out fifth they are the point and five neighbours that SMOTE takes."""


def simulate(condition: Condition, streams: Streams, device: str):
    """Networks with two hidden layers under every loss; test points carry their posterior."""
    from dlstats.losses import imbalance
    from dlstats.studies.imbalance import _training
    from dlstats.studies.imbalance._measured import inverted, measured, shift, undone

    data, counts = sample(condition, streams).about
    x, y, trainer = data.x, data.y, _trainer(condition, data, streams, device)
    posterior = imbalanced.posterior(MECHANISMS[condition.mechanism], x, [count / sum(counts) for count in counts])
    odds = np.log(posterior[..., 1] / posterior[..., 0])
    given = {"cross_entropy": imbalance.cross_entropy} | _training.losses(counts)
    rows = {}
    for name in METHODS:
        test, held_logit, columns = _training.outputs(name, data, counts, trainer)
        if name == "focal":
            columns |= inverted(test, columns["gamma"], data)
        if name in SHIFTED:
            columns |= undone(test - shift(name, counts), data)
        if name in FITTED:
            best = _training.loss_at(given[name], odds + shift(name, counts), y.astype(float))
            columns["misfit"] = columns["train_loss"] / best
        rows[name] = trainer.digests(x) | columns | measured(name, test, held_logit, data)
    return stacked(streams, rows)


def sample(condition: Condition, streams: Streams) -> Sample:
    """Four fifths of a data set; new points are those of the test and then the held-out fifth.

    `about` is all that the networks get, and the class counts of the four fifths.
    """
    from dlstats.studies.imbalance import _data

    n, prevalence = condition.n, condition.prevalence
    mechanism = MECHANISMS[condition.mechanism]
    counts = imbalanced.binary_counts(n, prevalence)
    held = _data.held_out(counts)
    counts = [count - part for count, part in zip(counts, held, strict=True)]
    parameters = {"mechanism": condition.mechanism, "n": n, "prevalence": prevalence}
    x, y = _data.drawn(mechanism, streams, "data", counts, **parameters)
    held_x, held_y = _data.drawn(mechanism, streams, "held_out", held, **parameters)
    test_x, _ = _data.drawn(mechanism, streams, "test", (TEST // 2, TEST // 2), **parameters)
    posterior = imbalanced.posterior(mechanism, test_x, (0.5, 0.5))
    positive, negative = prevalence * posterior[..., 1], (1 - prevalence) * posterior[..., 0]
    data = _data.Data(x, y, held_x, held_y, test_x, positive, negative, prevalence)
    new, own = np.concatenate([test_x, held_x], axis=1), streams.generators("baseline", **parameters)
    truth = imbalanced.posterior(mechanism, new, (1 - prevalence, prevalence))
    with np.errstate(divide="ignore"):
        truth = np.log(truth[..., 1]) - np.log(truth[..., 0])
    return Sample(x, y, new, truth, own, parameters, about=(data, counts))


def judge(values: np.ndarray, sampled: Sample) -> dict[str, np.ndarray]:
    """All measures of the log-odds at the test points, with thresholds and recalibration from the held-out ones."""
    from dlstats.studies.imbalance._measured import measured

    data, _ = sampled.about
    test = data.test_x.shape[1]
    return measured("", values[:, :test], values[:, test:], data)


def train(condition: Condition, sampled: Sample, loss: Callable, streams: Streams, device: str) -> tuple:
    """Log-odds of networks trained by a loss of (log-odds, label), tuned as those of the other losses, and what is recorded."""
    from dlstats.studies.imbalance import _training

    data, _ = sampled.about
    trainer = _trainer(condition, data, streams, device)
    test, held, columns = _training.by_loss(loss, data, trainer)
    return np.concatenate([test, held], axis=1), trainer.digests(data.x) | columns


def _trainer(condition: Condition, data, streams: Streams, device: str):
    from dlstats import nets
    from dlstats.studies.imbalance import _training

    net = nets.Mlp(data.x.shape[2], _training.WIDTHS)
    return _training.Trainer(net, condition.steps, condition.effort, streams, device)


NETWORKS = [name for name in METHODS if name not in ("firth", "kernel")]
TRAINED = {"method": NETWORKS}
MEASURES = (
    Measure("excess_default", "excess balanced error, cut at 1/2"),
    Measure("excess_prior", "excess balanced error, cut at the prevalence"),
    Measure("excess_tuned", "excess balanced error, cut that is best on held-out data"),
    Measure("excess_elkan", "excess balanced error, calibrated and cut at the prevalence"),
    Measure("excess_best", "excess balanced error, best cut on the test points"),
    Measure(
        "excess_adjusted",
        "excess balanced error, prevalence accounted for in the loss or after training",
        where={"method": ["cross_entropy", "weighted", "logit_adjusted"]},
    ),
    Measure("recall_default", "recall, cut at 1/2"),
    Measure("precision_default", "precision, cut at 1/2"),
    Measure("recall_lack", "recall of the true probability less recall, cut at 1/2"),
    Measure("mcc_default", "Matthews' correlation, cut at 1/2"),
    Measure("recall_elkan", "recall, calibrated and cut at the prevalence"),
    Measure("precision_elkan", "precision, calibrated and cut at the prevalence"),
    Measure("f1_lack", "F1 at the cut that is best on held-out data, what it lacks of the largest"),
    Measure("auroc_lack", "AUC, what it lacks of the largest"),
    Measure("average_precision_lack", "average precision, what it lacks of that of the truth"),
    Measure("auroc", "AUC"),
    Measure("excess_log_loss", "log loss less the smallest"),
    Measure("excess_log_loss_platt", "log loss after Platt scaling less the smallest"),
    Measure(
        "excess_log_loss_undone",
        "log loss less the smallest, known map of the loss undone",
        where={"method": ["focal", *SHIFTED]},
    ),
    Measure("ece", "calibration error"),
    Measure("learning_rate", "learning rate chosen", "median", where=TRAINED),
    Measure("train_loss", "training loss", where=TRAINED),
    Measure("misfit", "training loss over that of what the loss elicits", where={"method": list(FITTED)}),
    Measure("epochs", "epochs", where=TRAINED),
    Measure("dead_share", "proportion of hidden units without a slope", where=TRAINED),
    Measure(
        "cut_gain",
        "excess balanced error, cut at the prevalence less cut best on held-out data",
        where={"method": "cross_entropy"},
    ),
    Measure("inversion_gain", "log loss after the closed-form inverse less that before", where={"method": "focal"}),
    Measure("gamma", "gamma chosen", where={"method": "focal"}),
)
GOALS = {
    "excess_log_loss": "probability\nas trained",
    "excess_log_loss_platt": "probability\nrecalibrated",
    "excess_default": "balanced\ncut at 1/2",
    "excess_elkan": "balanced\nrecalibrated,\ncut at $\\pi$",
    "f1_lack": "F1\ntuned cut",
    "auroc_lack": "ranking\nAUC",
}
"""What a method lacks of the truth -> its goal: compared with cross-entropy for every loss, as log₁₀ of a ratio."""
RIVALS = [name for name in METHODS if name != "cross_entropy"]
TWO_CLASSES = Experiment(
    simulate=simulate,
    factors={
        "mechanism": Factor("data", str, LABELS),
        "n": Factor("sample size", int, symbol="n", at_least=10),
        "prevalence": Factor("prevalence", float, symbol=r"\pi", above=0, below=1),
        "steps": Factor("optimiser steps at most", int, at_least=1),
    }
    | EFFORT,
    methods=METHODS,
    measures=MEASURES,
    contrasts=(
        *(Contrast(goal, name, "cross_entropy", "log_ratio", "mean") for goal in GOALS for name in RIVALS),
        *(Contrast("excess_best", name, "cross_entropy", "log_ratio", "mean") for name in RIVALS),
        *(
            Contrast("excess_adjusted", name, "cross_entropy", "log_ratio", "mean")
            for name in ("weighted", "logit_adjusted")
        ),
        *(Contrast("excess_log_loss_undone", name, "cross_entropy", "log_ratio", "mean") for name in UNDONE),
    ),
    block=24,
    plug=Plug(sample, judge, "log-odds", train=train),
    title="two classes",
    requires={
        f"`n` and `prevalence` must leave {LEAST} samples of every class": (
            lambda c: min(imbalanced.binary_counts(c.n, c.prevalence)) >= LEAST
        )
    },
)
