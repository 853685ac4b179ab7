"""The losses of the comparison by trained networks: what each is, and how it is drawn."""

from __future__ import annotations

from dlstats.protocol.study import Method

METHODS = {
    "cross_entropy": Method("cross-entropy", "cross-entropy as it is"),
    "weighted": Method("weighted", "cross-entropy with weights inverse to the class frequencies"),
    "class_balanced": Method(
        "class-balanced", "cross-entropy with weights inverse to the effective numbers of samples, β = 0.999", "balanced"
    ),
    "focal": Method("focal", "focal loss, gamma of 1, 2 and 5 by held-out data"),
    "logit_adjusted": Method("logit-adjusted", "cross-entropy of logits to which the log class frequencies are added"),
    "vector_scaling": Method(
        "vector scaling", "cross-entropy of logits scaled by frequency^0.15 and shifted by the log-odds of the classes"
    ),
    "ldam": Method(
        "LDAM, deferred weights",
        "LDAM: margins n^(−1/4) on cosines at scale 30, from outputs of norm 1 and fixed orthonormal class vectors, with "
        "inverse-frequency weights in the last fifth of the steps",
    ),
    "dice": Method("Dice, squared", "soft Dice with the denominator Σ p² + Σ y² of a minibatch"),
    "dice_cross_entropy": Method("Dice + cross-entropy", "the sum of soft Dice and cross-entropy"),
    "tversky": Method("Tversky", "soft Tversky index, false positives weighing 0.3 and false negatives 0.7", "tversky_index"),
    "auc": Method("squared AUC surrogate", "squared hinge-free surrogate of the AUC over the pairs of a minibatch"),
    "oversampled": Method("oversampling", "cross-entropy, the rare class repeated until both are equally large"),
    "smote": Method(
        "SMOTE", "cross-entropy, points between rare ones and their neighbours until both are equally large", "smote"
    ),
    "undersampled": Method("undersampling", "cross-entropy, the other class thinned until both are equally large", "linear"),
    "firth": Method("Firth, linear", "logistic regression with Firth's penalty, no network", "firth_linear"),
    "kernel": Method(
        "kernel logistic", "logistic regression on a Gaussian kernel, bandwidth and penalty by held-out data, no network",
        "kernel_logistic",
    ),
}  # fmt: skip
"""The methods for two classes."""
MULTICLASS = ("cross_entropy", "weighted", "class_balanced", "focal", "logit_adjusted", "vector_scaling", "ldam")
"""Those that are defined for many classes."""
SHIFTED = ("cross_entropy", "weighted", "class_balanced", "logit_adjusted", "oversampled", "undersampled")
"""Losses that elicit the log-odds of the truth and a constant."""
RECIPE = "networks with two hidden layers of 16, Adam, rate and stopping by a held-out fifth"
"""How all of them are trained, for statements."""


def network_methods(*names: str) -> dict[str, Method]:
    """Some of the methods, in this order; all without names."""
    return {name: METHODS[name] for name in names or METHODS}
