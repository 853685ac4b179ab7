"""Do the conclusions carry over to real data? Breast cancer and digits, made imbalanced by a stated rule."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, at_most
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Practice
from dlstats.protocol.readers import difference, value
from dlstats.protocol.study import Experiment, Figure, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.imbalance._limits import seen_in
from dlstats.studies.imbalance._methods import METHODS, MULTICLASS, RECIPE, network_methods

TRAIN, HELD = (180, 20), (90, 10)
"""Benign and malignant samples for training and held out; all others test, weighted to the prevalence 0.1."""
LARGEST, RATIO = 100, 20
"""Digit k has LARGEST · RATIO^(−k/9) training images, from 100 zeros to 5 nines; all others test."""


def simulate_breast_cancer(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks under every loss on random splits of breast cancer, 10 % malignant."""
    from sklearn.datasets import load_breast_cancer

    from dlstats import nets
    from dlstats.studies.imbalance import _training

    raw, target = (np.asarray(part) for part in load_breast_cancer(return_X_y=True))
    x, y = (raw - raw.mean(0)) / raw.std(0), (target == 0).astype(int)
    parts = [_split(y, [TRAIN, HELD], rng) for rng in streams.generators("split", data="breast_cancer")]
    train, held, test = (np.stack(part) for part in zip(*parts, strict=True))
    prevalence = TRAIN[1] / sum(TRAIN)
    one = y[test].astype(float)
    positive = prevalence * one / one.sum(1, keepdims=True)
    negative = (1 - prevalence) * (1 - one) / (1 - one).sum(1, keepdims=True)
    data = _training.Data(x[train], y[train], x[held], y[held], x[test], positive, negative, prevalence)
    net = nets.Mlp(x.shape[1], (16, 16))
    rows = _training.run(data, TRAIN, list(METHODS), net, condition.steps, streams, device)
    return rows.drop(columns=[c for c in rows if c.startswith("excess_")])  # pyright: ignore[reportAttributeAccessIssue]


def simulate_digits(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks under every loss for many classes on random splits of digits with a long tail."""
    from sklearn.datasets import load_digits

    from dlstats.studies.imbalance import _multiclass

    raw, y = (np.asarray(part) for part in load_digits(return_X_y=True))
    x = raw / 16
    counts = [round(LARGEST * RATIO ** (-k / 9)) for k in range(10)]
    parts = [_split(y, [counts], rng) for rng in streams.generators("split", data="digits")]
    train, test = (np.stack(part) for part in zip(*parts, strict=True))

    def error(logits: np.ndarray) -> np.ndarray:
        return _balanced_error(logits, y[test])

    return _multiclass.run(
        x[train], y[train], counts, x[test], "balanced_error", error, condition.steps, streams, device
    )


def _split(y: np.ndarray, sizes: list, rng: np.random.Generator) -> list[np.ndarray]:
    """Indices of disjoint parts with the given samples of every class, in random order, and of what is left over."""
    order = rng.permutation(len(y))
    parts: list[list[np.ndarray]] = [[] for _ in range(len(sizes) + 1)]
    for label in range(len(sizes[0])):
        own, begin = order[y[order] == label], 0
        for part, size in zip(parts, sizes, strict=False):
            part.append(own[begin : begin + size[label]])
            begin += size[label]
        parts[-1].append(own[begin:])
    return [rng.permutation(np.concatenate(part)) for part in parts]


def _balanced_error(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Mean over the classes of the proportion of their test points decided wrongly."""
    wrong = logits.argmax(axis=2) != y
    rates = [(wrong & (y == k)).sum(axis=1) / (y == k).sum(axis=1) for k in range(logits.shape[2])]
    return np.stack(rates, axis=1).mean(axis=1)  # along the last axis: sums over the first round by block


STEPS = {"steps": Factor("optimiser steps", int, at_least=1)}
BREAST_CANCER = Experiment(
    simulate=simulate_breast_cancer,
    factors=STEPS,
    methods=METHODS,
    measures=(
        Measure("balanced_error_default", "balanced error, as trained"),
        Measure("balanced_error_tuned", "balanced error, tuned cut"),
        Measure("balanced_error_prior", "balanced error, cut at the prevalence"),
        Measure("cut_gain", "balanced error cut at the prevalence less that at the tuned cut"),
        Measure("f1_tuned", "F1, tuned cut"),
        Measure("auroc", "AUC"),
        Measure("average_precision", "average precision"),
        Measure("log_loss", "log loss"),
        Measure("log_loss_platt", "log loss after Platt scaling"),
        Measure("ece", "calibration error"),
    ),
    contrasts=(Contrast("log_loss", "cross_entropy", "weighted", "difference", "mean"),),
    block=25,
    title="breast cancer",
)
DIGITS = Experiment(
    simulate=simulate_digits,
    factors=STEPS,
    methods=network_methods(*MULTICLASS),
    measures=(
        Measure("balanced_error_default", "balanced error, as trained"),
        Measure("balanced_error_prior", "balanced error, corrected for the prior"),
        Measure(
            "balanced_error_adjusted",
            "balanced error, prior accounted for in the loss or after training",
            where={"method": ["cross_entropy", "logit_adjusted"]},
        ),
    ),
    contrasts=(
        Contrast("balanced_error_adjusted", "logit_adjusted", "cross_entropy", "difference", "mean"),
        Contrast("balanced_error_default", "logit_adjusted", "cross_entropy", "difference", "mean"),
    ),
    block=25,
    title="digits",
)
EXPERIMENTS = {"breast_cancer": BREAST_CANCER, "digits": DIGITS}

SEEN, LECTURES = seen_in("imbalance_real_data"), ("JSM", "BIOS")
CLAIMS = (
    Claim(
        "IMB4.breast_cancer",
        "Over random splits of breast cancer with 10 % malignant, a network trained by cross-entropy has a smaller balanced "
        "error cut at the prevalence than with the cut that is best on held-out data with 10 malignant samples: mean difference "
        f"({RECIPE}; 20 malignant training samples).",
        at_most(0), value("cut_gain", method="cross_entropy"), seen_in("imbalance_real_data", 20261127), LECTURES,
    ),
    Claim(
        "IMB1.breast_cancer",
        "Over random splits of breast cancer with 10 % malignant, cross-entropy has a smaller log loss than class weights: mean "
        f"difference ({RECIPE}).",
        at_most(0), difference("log_loss", "cross_entropy", "weighted"), SEEN, LECTURES,
    ),
    Claim(
        "IMB5.digits",
        "Over random splits of digits with a long tail, 100 to 5 images per class, the logit-adjusted loss has a smaller "
        f"balanced error than cross-entropy with logits corrected for the prior: mean difference ({RECIPE}).",
        at_most(0), difference("balanced_error_adjusted", "logit_adjusted", "cross_entropy"), SEEN, LECTURES,
    ),
    Claim(
        "IMB5.digits_adjusted",
        "Over random splits of digits with a long tail, 100 to 5 images per class, the logit-adjusted loss has a smaller "
        f"balanced error than cross-entropy without a further correction: mean difference ({RECIPE}).",
        at_most(0), difference("balanced_error_default", "logit_adjusted", "cross_entropy", experiment="digits"),
        Practice("menon2021", "abstract"), LECTURES,
    ),
)  # fmt: skip


def draw_real(evidence: Evidence, figure) -> None:
    """Balanced error of every loss as it comes and with a threshold or prior correction."""
    from dlstats.plotting import style

    panels = figure.subplots(1, 2)
    labels = {"default": "as trained", "tuned": "tuned cut", "prior": "prior"}
    cuts = {"breast_cancer": ("default", "tuned"), "digits": ("default", "prior")}
    for axes, (name, experiment) in zip(panels, EXPERIMENTS.items(), strict=True):
        methods = experiment.methods
        for index, cut in enumerate(cuts[name]):
            table = evidence.table(name, measure=f"balanced_error_{cut}", statistic="mean")
            table = table.set_index("method").reindex(list(methods))
            drawn = style.nth(index) | {"linestyle": ""}
            axes.errorbar(table["estimate"], range(len(methods)), xerr=2 * table["mcse"], label=labels[cut], **drawn)
        axes.set_yticks(range(len(methods)), [method.label for method in methods.values()])
        axes.invert_yaxis()
        axes.set(xlabel="balanced error", title=experiment.title)
        axes.legend()


def _design(replicates: int, steps: int) -> dict:
    return {name: grid(steps=steps, replicates=replicates) for name in EXPERIMENTS}


STUDY = Study(
    title="Losses for class imbalance on real data",
    aims="Check on two data sets that what was found with known posteriors carries over.",
    mechanisms="Random splits of breast cancer (10 % malignant) and of digits with a long tail (100 zeros to 5 nines).",
    estimands="Balanced error and log loss on the samples left over.",
    experiments=EXPERIMENTS,
    claims=CLAIMS,
    figures=(
        Figure(
            "imbalance_real_data",
            "Balanced error on real data, random splits. Left: 200 training samples, 10 % malignant. Right: digits, 100 zeros "
            "to 5 nines. Bars: two Monte Carlo standard errors over splits.",
            draw_real,
            "two-column",
            3.0,
        ),
    ),
    limits="Splits of one data set are not independent samples of a population: errors speak of the splits. Firth's fit of "
    "31 coefficients to 20 events often does not converge; such replicates count as failed.",
    designs={"smoke": _design(4, 10), "standard": _design(50, 200), "paper": _design(500, 400)},
)
