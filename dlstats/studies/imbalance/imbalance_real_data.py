"""Do the conclusions carry over to real data? Breast cancer and digits, made imbalanced by a stated rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from dlstats.montecarlo import Estimate
from dlstats.plotting.curves import interval
from dlstats.protocol.claim import Claim, at_most
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Practice
from dlstats.protocol.readers import Reader, difference
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.imbalance._methods import METHODS, MULTICLASS, RECIPE, network_methods

SAMPLES = (270, 30)
"""Benign and malignant samples, a fifth of them held out; all others test, weighted to the prevalence 0.1."""
PATIENTS, PICTURES = 569, 1797
"""In the data sets."""
LARGEST, RATIO = 100, 20
"""Digit k has LARGEST · RATIO^(−k/9) images, from 100 zeros to 5 nines, a fifth of them held out; all others test."""
IMAGES = [round(LARGEST * RATIO ** (-k / 9)) for k in range(10)]
PENALTIES = tuple(10.0**k for k in range(-3, 4))
"""Of ridge logistic regression, in scikit-learn's inverse form; the held-out log loss chooses one."""
BINARY = {name: method for name, method in METHODS.items() if name not in ("firth", "kernel")} | {
    "ridge": Method(
        "ridge, linear", "logistic regression with a squared penalty chosen on the held-out fifth, no network"
    )
}


def simulate_breast_cancer(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks under every loss on random splits of breast cancer, 10 % malignant."""
    from sklearn.datasets import load_breast_cancer

    from dlstats import nets
    from dlstats.studies.imbalance import _data, _training
    from dlstats.studies.imbalance._measured import measured

    raw, target = (np.asarray(part) for part in load_breast_cancer(return_X_y=True))
    y = (target == 0).astype(int)
    held_counts = _data.held_out(SAMPLES)
    counts = [every - part for every, part in zip(SAMPLES, held_counts, strict=True)]
    parts = [_split(y, [counts, held_counts], rng) for rng in streams.generators("split", data="breast_cancer")]
    train, held, test = (np.stack(part) for part in zip(*parts, strict=True))
    centre, unit = raw[train].mean(axis=1, keepdims=True), raw[train].std(axis=1, keepdims=True)
    x, held_x, test_x = ((raw[part] - centre) / unit for part in (train, held, test))
    prevalence = SAMPLES[1] / sum(SAMPLES)
    one = y[test].astype(float)
    positive = prevalence * one / one.sum(1, keepdims=True)
    negative = (1 - prevalence) * (1 - one) / (1 - one).sum(1, keepdims=True)
    data = _data.Data(x, y[train], held_x, y[held], test_x, positive, negative, prevalence)
    net = nets.Mlp(x.shape[2], _training.WIDTHS)
    trainer = _training.Trainer(net, condition.steps, condition.effort, streams, device)
    rows = {}
    for name in BINARY:
        logit, held_logit, columns = _ridge(data) if name == "ridge" else _training.outputs(name, data, counts, trainer)
        found = measured(name, logit, held_logit, data)
        found = {c: v for c, v in found.items() if not c.startswith("excess_") and not c.endswith("_lack")}
        rows[name] = trainer.digests(data.x) | columns | found
    return stacked(streams, rows)


def _ridge(data) -> tuple[np.ndarray, np.ndarray, dict]:
    """Logits of ridge logistic regression at test and held-out points, the penalty by the held-out log loss."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    found = []
    for x, y, held_x, held_y, test_x in zip(data.x, data.y, data.held_x, data.held_y, data.test_x, strict=True):
        fits = [LogisticRegression(C=penalty, max_iter=2000).fit(x, y) for penalty in PENALTIES]
        best = min(fits, key=lambda fit: log_loss(held_y, fit.predict_proba(held_x)[:, 1]))
        found.append((best.decision_function(test_x), best.decision_function(held_x)))
    test, held = (np.stack(part) for part in zip(*found, strict=True))
    return test, held, {}


def simulate_digits(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks under every loss for many classes on random splits of digits with a long tail."""
    from sklearn.datasets import load_digits

    from dlstats import nets
    from dlstats.studies.imbalance import _data, _multiclass, _training

    raw, y = (np.asarray(part) for part in load_digits(return_X_y=True))
    x = raw / 16
    held_counts = _data.held_out(IMAGES)
    counts = [whole - part for whole, part in zip(IMAGES, held_counts, strict=True)]
    parts = [_split(y, [counts, held_counts], rng) for rng in streams.generators("split", data="digits")]
    train, held, test = (np.stack(part) for part in zip(*parts, strict=True))

    def error(logits: np.ndarray) -> np.ndarray:
        return _balanced_error(logits, y[test])

    net = nets.Mlp(x.shape[1], _training.WIDTHS, len(counts))
    trainer = _training.Trainer(net, condition.steps, condition.effort, streams, device)
    measure = ("balanced_error", error)
    return _multiclass.run((x[train], y[train]), (x[held], y[held]), counts, x[test], measure, trainer)


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


STEPS = {"steps": Factor("optimiser steps at most", int, at_least=1)} | EFFORT


def _records(**where: object) -> tuple[Measure, ...]:
    """What is recorded of every network."""
    return (
        Measure("learning_rate", "learning rate chosen", "median", where=where),
        Measure("train_loss", "training loss", where=where),
        Measure("epochs", "epochs", where=where),
        Measure("dead_share", "proportion of hidden units without a slope", where=where),
    )


CORRECTIONS = ("undersampled", "oversampled", "smote")
"""What makes both classes equally large before training."""
BREAST_CANCER = Experiment(
    simulate=simulate_breast_cancer,
    factors=STEPS,
    methods=BINARY,
    measures=(
        Measure("balanced_error_default", "balanced error, as trained"),
        Measure("balanced_error_tuned", "balanced error, tuned cut"),
        Measure("balanced_error_prior", "balanced error, cut at the prevalence"),
        Measure("balanced_error_elkan", "balanced error, calibrated and cut at the prevalence"),
        Measure("f1", "F1, tuned cut"),
        Measure("auroc", "AUC"),
        Measure("average_precision", "average precision"),
        Measure("log_loss", "log loss"),
        Measure("log_loss_platt", "log loss after Platt scaling"),
        Measure("ece", "calibration error"),
        *_records(method=[name for name in BINARY if name != "ridge"]),
    ),
    contrasts=[
        *(
            Contrast(column, name, "cross_entropy", "difference", "mean")
            for column in ("balanced_error_default", "balanced_error_elkan")
            for name in BINARY
            if name != "cross_entropy"
        ),
        *(Contrast("auroc", name, "cross_entropy", "difference", "mean") for name in CORRECTIONS),
    ],
    block=24,
    title="breast cancer",
)
DIGITS = Experiment(
    simulate=simulate_digits,
    factors=STEPS,
    methods=network_methods(*MULTICLASS),
    measures=(
        Measure("balanced_error_default", "balanced error, as trained"),
        Measure("balanced_error_prior", "balanced error, corrected for the prior"),
        Measure("gamma", "gamma chosen", where={"method": ["focal"]}),
        Measure(
            "balanced_error_adjusted",
            "balanced error, prior accounted for in the loss or after training",
            where={"method": ["cross_entropy", "logit_adjusted"]},
        ),
        *_records(),
    ),
    contrasts=[
        Contrast("balanced_error_adjusted", "logit_adjusted", "cross_entropy", "difference", "mean"),
        *(Contrast("balanced_error_default", name, "cross_entropy", "difference", "mean") for name in MULTICLASS[1:]),
    ],
    block=24,
    title="digits",
)
PARTS = {
    "breast_cancer": (PATIENTS - sum(SAMPLES), sum(SAMPLES)),
    "digits": (PICTURES - sum(IMAGES), sum(IMAGES)),
}
"""Samples that test, and that train or are held out."""
DIFFERENCES = {
    "breast_cancer": {
        "balanced_error_default": "as trained",
        "balanced_error_elkan": "calibrated, cut at the prevalence",
    },
    "digits": {"balanced_error_default": "as trained"},
}
EXPERIMENTS = {"breast_cancer": BREAST_CANCER, "digits": DIGITS}


def corrected(mcse: Any, replicates: Any, name: str) -> Any:
    """The error of a mean over splits of one data set with (1/R + test/train) S² for S²/R: Nadeau and Bengio 2003, section 3."""
    test, train = PARTS[name]
    return mcse * (1 + replicates * test / train) ** 0.5


def _over_splits(reader: Reader, name: str) -> Callable[[Evidence], list[Estimate]]:
    """The estimates of a reader with the corrected error, and t with R − 1 degrees of freedom."""

    def of(found: Estimate) -> Estimate:
        mcse, df = corrected(found.mcse, found.replicates, name), found.replicates - 1
        half = float(stats.t.ppf(0.975, df)) * mcse
        return replace(found, mcse=mcse, lower=found.value - half, upper=found.value + half, df=df)

    return lambda evidence: [of(found) for found in reader(evidence)]


CLAIMS = (
    Claim(
        "IMB6.breast_cancer",
        "Undersampling, oversampling and SMOTE do not give a higher AUC than no correction, said of logistic regression, asked "
        "here of networks over random splits of breast cancer with 10 % malignant: largest mean difference to cross-entropy, "
        f"error of Nadeau and Bengio ({RECIPE}; 30 malignant samples).",
        at_most(0),
        _over_splits(difference("auroc", CORRECTIONS, "cross_entropy").each("method"), "breast_cancer"),
        Practice("goorbergh2022", "abstract"), ("JSM", "BIOS"),
    ),
)  # fmt: skip


def draw_real(evidence: Evidence, figure) -> None:
    """Balanced error of every method less that of cross-entropy, both with the prevalence accounted for."""
    from dlstats.plotting import style

    panels = figure.subplots(1, 2)
    for axes, (name, experiment) in zip(panels, EXPERIMENTS.items(), strict=True):
        for index, measure in enumerate(DIFFERENCES[name]):
            table = evidence.table(name, measure=measure, statistic="difference(mean)", against="cross_entropy")
            methods = [method for method in experiment.methods if method in set(table["method"])]
            table = table.set_index("method").loc[methods]
            drawn = style.nth(index) | {"linestyle": ""}
            places = [place + 0.2 * index for place in range(len(methods))]
            axes.errorbar(
                table["estimate"],
                places,
                xerr=interval(table["estimate"], corrected(table["mcse"], table["replicates"].astype(float), name)),
                elinewidth=0.5,
                **drawn,
            )
            label = DIFFERENCES[name][measure]
            axes.errorbar(
                table["estimate"],
                places,
                xerr=interval(table["estimate"], table["mcse"]),
                elinewidth=2,
                label=label,
                capsize=0,
                **drawn,
            )
            axes.set_yticks(range(len(methods)), [experiment.methods[method].label for method in methods])
        axes.axvline(0, color="0.6", linewidth=0.7, zorder=0)
        axes.invert_yaxis()
        axes.set(xlabel="balanced error, difference", title=experiment.title)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)


def _design(replicates: int, paired: int, steps: int) -> dict:
    efforts: tuple[dict[str, Any], ...] = ({"effort": 1, "replicates": replicates}, {"effort": 3, "replicates": paired})
    return {name: [grid(steps=steps, **each) for each in efforts] for name in EXPERIMENTS}


STUDY = Study(
    title="Losses for class imbalance on real data",
    aims="Check on two data sets that what was found with known posteriors carries over.",
    mechanisms="Random splits of breast cancer (10 % malignant) and of digits with a long tail (100 zeros to 5 nines).",
    estimands="Balanced error and log loss on the samples left over.",
    compared_by="breast_cancer.balanced_error_tuned",
    experiments=EXPERIMENTS,
    claims=CLAIMS,
    figures=(
        Figure(
            "imbalance_real_data",
            "Balanced error less that of cross-entropy on random splits of real data; left of 0 a method is better. Left: 300 "
            "samples, 10 % malignant, a fifth held out. Right: digits, 100 zeros to 5 nines. Thick bars: 95 % Monte Carlo "
            "intervals over splits, which tell what holds in this data set; thin bars: 95 % intervals by the error of Nadeau and "
            "Bengio, for what would hold in another: look which methods they still tell from cross-entropy.",
            draw_real,
            "two-column",
            3.0,
        ),
    ),
    limits="Splits of one data set are not independent samples of a population: the error of Nadeau and Bengio (2003) does not "
    "tend to 0 with the number of splits. One initialisation of networks of two hidden layers of 16, for every rate and effort, "
    "with rate and stopping by a held-out fifth, to which neither they nor ridge are fitted afterwards. Breast cancer is "
    "standardised by the mean and standard deviation of the training part. Firth's fit of 31 coefficients to 24 events need not "
    "converge, so that ridge stands in its place.",
    designs={"smoke": _design(4, 3, 10), "standard": _design(18, 12, 200), "paper": _design(200, 24, 400)},
)
