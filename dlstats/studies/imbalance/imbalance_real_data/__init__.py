"""Do the conclusions carry over to real data? Breast cancer and digits, made imbalanced by a stated rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import scipy

from dlstats.montecarlo import Estimate
from dlstats.plotting.curves import interval
from dlstats.protocol.claim import Claim, at_most
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import EFFORT, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Practice
from dlstats.protocol.readers import Reader, difference
from dlstats.protocol.study import Experiment, Figure, Study, grid
from dlstats.studies.imbalance._methods import MULTICLASS, RECIPE, network_methods
from dlstats.studies.imbalance.imbalance_real_data.splits import (
    BINARY,
    IMAGES,
    PATIENTS,
    PICTURES,
    SAMPLES,
    simulate_breast_cancer,
    simulate_digits,
)

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
        half = float(scipy.stats.t.ppf(0.975, df)) * mcse
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
            "Bengio, for what would hold in another: look which methods they still tell from cross-entropy. "
            "The panels have scales of their own.",
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
