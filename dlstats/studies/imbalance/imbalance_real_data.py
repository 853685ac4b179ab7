"""Do the conclusions carry over to real data? Breast cancer and digits, made unequal by a stated rule."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.studies.imbalance._claims import paired
from dlstats.studies.imbalance._networks_claims import RIVALS
from dlstats.studies.imbalance._networks_figures import METHODS
from dlstats.studies.imbalance._settings import NETWORKS

TRAIN, HELD = (180, 20), (90, 10)
"""Benign and malignant samples for training and held out; all others test, weighted to the prevalence 0.1."""
LARGEST, RATIO = 100, 20
"""Digit k has LARGEST · RATIO^(−k/9) training images, from 100 zeros to 5 nines; all others test."""


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Networks under every loss on random splits."""
    return (_breast_cancer if factors["data"] == "breast_cancer" else _digits)(factors, streams, device)


def _breast_cancer(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
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
    found = _training.run(data, TRAIN, NETWORKS, net, factors["steps"], streams, device)
    return found.drop(columns=[c for c in found if c.startswith("excess_")])  # pyright: ignore[reportAttributeAccessIssue]


def _digits(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    from sklearn.datasets import load_digits

    from dlstats.studies.imbalance import _multiclass

    raw, y = (np.asarray(part) for part in load_digits(return_X_y=True))
    x = raw / 16
    counts = [round(LARGEST * RATIO ** (-k / 9)) for k in range(10)]
    parts = [_split(y, [counts], rng) for rng in streams.generators("split", data="digits")]
    train, test = (np.stack(part) for part in zip(*parts, strict=True))
    frames = []
    for row, logits in _multiclass.fitted(x[train], y[train], counts, x[test], factors["steps"], streams, device):
        row["balanced_error_default"] = _balanced_error(logits, y[test])
        row["balanced_error_prior"] = _balanced_error(logits - np.log(counts), y[test])
        frames.append(pd.DataFrame(row))
    return pd.concat(frames).sort_values("replicate", kind="stable").reset_index(drop=True)


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
    """Mean over the classes of the share of their test points decided wrongly."""
    wrong = logits.argmax(axis=2) != y
    shares = [(wrong & (y == k)).sum(axis=1) / (y == k).sum(axis=1) for k in range(logits.shape[2])]
    return np.mean(shares, axis=0)


def _most_different(evidence: Evidence) -> Estimate:
    column = "balanced_error_tuned"
    found = [paired(column, name, "cross_entropy", data="breast_cancer")(evidence) for name in RIVALS]
    return montecarlo.worst(found, 0.0, 0.02)


def _corrected(evidence: Evidence) -> Estimate:
    found = []
    for method, column in (("logit_adjusted", "balanced_error_default"), ("cross_entropy", "balanced_error_prior")):
        rows = evidence.rows(data="digits", method=method)
        found.append(rows[column].where(rows["status"] == "ok").to_numpy())
    return montecarlo.estimate("mean", found[0] - found[1])


SOURCE = "conclusions of imbalance_networks; margin fixed for this study"
CLAIMS = (
    Claim(
        "IMB4.breast_cancer",
        "On breast cancer with 10 % malignant, tuned thresholds leave no loss more than 0.02 from cross-entropy in balanced "
        "error: the most different of nine.",
        "equivalence", 0, 0.02, _most_different, SOURCE, "JSM",
    ),
    Claim(
        "IMB1.breast_cancer",
        "On breast cancer with 10 % malignant cross-entropy has a smaller log loss than class weights.",
        "at_most", 0, 0, paired("log_loss", "cross_entropy", "weighted", data="breast_cancer"), SOURCE, "JSM",
    ),
    Claim(
        "IMB5.digits",
        "On long-tailed digits the logit-adjusted loss is within 0.02 of cross-entropy with logits corrected for the prior.",
        "equivalence", 0, 0.02, _corrected, SOURCE, "JSM",
    ),
    Claim(
        "IMB5.digits_adjusted",
        "On long-tailed digits logit adjustment has a smaller balanced error than cross-entropy as it comes.",
        "at_most", 0, 0, paired("balanced_error_default", "logit_adjusted", "cross_entropy", data="digits"), SOURCE, "JSM",
    ),
)  # fmt: skip


def draw_real(evidence: Evidence, figure) -> None:
    """Balanced error of every loss as it comes and with a threshold or prior correction."""
    from dlstats.plotting import style

    panels = figure.subplots(1, 2)
    labels = {
        "balanced_error_default": "as trained",
        "balanced_error_tuned": "tuned cut",
        "balanced_error_prior": "prior",
    }
    for axes, data, second in zip(
        panels, ("breast_cancer", "digits"), ("balanced_error_tuned", "balanced_error_prior"), strict=True
    ):
        for index, measure in enumerate(("balanced_error_default", second)):
            table = evidence.table(data=data, measure=measure, statistic="mean").set_index("method")
            names = [name for name in METHODS if name in table.index]
            table = table.loc[names]
            look = style.nth(index) | {"linestyle": ""}
            axes.errorbar(table["estimate"], range(len(names)), xerr=2 * table["mcse"], label=labels[measure], **look)
            axes.set_yticks(range(len(names)), [METHODS[n] for n in names])
        axes.invert_yaxis()
        axes.set_xlabel("balanced error")
        axes.set_title(data.replace("_", " "))
        axes.legend()


STUDY = Study(
    name="imbalance_real_data",
    family="imbalance",
    title="Losses for unequal classes on real data",
    aims="Check on two data sets that what was found with known posteriors carries over.",
    mechanisms="Random splits of breast cancer (10 % malignant) and of digits with a long tail (100 zeros to 5 nines).",
    estimands="Balanced error and log loss on the samples left over.",
    methods=METHODS,
    measures=(
        Measure("balanced_error_default", "balanced error, as trained"),
        Measure("balanced_error_tuned", "balanced error, tuned cut"),
        Measure("balanced_error_prior", "balanced error, corrected for the prior"),
        Measure("f1_tuned", "F1, tuned cut"),
        Measure("auroc", "AUC"),
        Measure("average_precision", "average precision"),
        Measure("log_loss", "log loss"),
        Measure("log_loss_platt", "log loss after Platt scaling"),
        Measure("ece", "calibration error"),
    ),
    simulate=simulate,
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
    block=25,
)
