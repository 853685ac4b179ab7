"""What is measured of the logits of a method: decisions at several cuts, ranking, probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy

from dlstats.losses import imbalance
from dlstats.measures import classification as measures
from dlstats.methods import calibration
from dlstats.studies.imbalance._data import Data
from dlstats.theory import minimisers

ADJUSTED = {"cross_entropy": "prior", "weighted": "default", "logit_adjusted": "default"}
"""The cut at which a loss accounts for the prevalence once: after training, or in the loss."""
COUNTED = ("default", "elkan")
"""Cuts at which recall and precision are measured."""


def shift(name: str, counts: Sequence[int]) -> float:
    """The constant that a loss of `_methods.SHIFTED` adds to the log-odds, `counts` those of the classes trained on."""
    weights = imbalance.effective_number_weights(counts, 0.999)
    known = {"cross_entropy": 0.0, "class_balanced": float(np.log(weights[1] / weights[0]))}
    return known.get(name, float(np.log(counts[0] / counts[1])))


def undone(logit: np.ndarray, data: Data) -> dict[str, np.ndarray]:
    """Log loss above the smallest of logits from which what the loss adds to the log-odds is taken again."""
    a, b = data.positive, data.negative
    return {"excess_log_loss_undone": measures.log_loss(logit, a, b) - _smallest_log_loss(a, b)}


def measured(name: str, logit: np.ndarray, held: np.ndarray, data: Data) -> dict[str, np.ndarray]:
    """All measures of the logits on test data, with thresholds and recalibration from held-out data."""
    a, b, y = data.positive, data.negative, data.held_y.astype(float)
    logit, held = np.nan_to_num(logit.clip(-1e4, 1e4)), np.nan_to_num(held.clip(-1e4, 1e4))
    odds = float(np.log(data.prevalence / (1 - data.prevalence)))
    platt = calibration.platt(logit, held, y)
    cuts = {
        "default": logit > 0,
        "prior": logit > odds,
        "tuned": logit > measures.best_cut(held, y, 1 - y)[:, None],
        "elkan": platt > odds,
        "best": logit > measures.best_cut(logit, a, b)[:, None],
    }
    columns = {}
    for cut, decision in cuts.items():
        table = measures.counts(decision, a, b)
        columns[f"excess_{cut}"] = measures.balanced_excess(decision, a, b)
        columns[f"balanced_error_{cut}"] = table.balanced_error
        if cut in COUNTED:
            columns |= {f"recall_{cut}": table.recall, f"precision_{cut}": table.precision, f"mcc_{cut}": table.mcc}
    columns["recall_lack"] = measures.counts(a > b, a, b).recall - columns["recall_default"]
    if name in ADJUSTED:
        columns["excess_adjusted"] = columns[f"excess_{ADJUSTED[name]}"]
    if name == "cross_entropy":
        columns["cut_gain"] = columns["excess_prior"] - columns["excess_tuned"]
    return columns | _rankings(logit, held, data) | _probabilities(logit, platt, data)


def inverted(logit: np.ndarray, gamma: np.ndarray, data: Data) -> dict[str, np.ndarray]:
    """`undone` by the closed-form inverse of the focal map at each replicate's gamma, and the log loss less that before."""
    p = np.clip(1 / (1 + np.exp(-logit)), 1e-7, 1 - 1e-7)
    true = np.stack([minimisers.focal_inverse_binary(row, one) for row, one in zip(p, gamma, strict=True)])
    true = np.clip(true, 1e-7, 1 - 1e-7)
    logits = np.log(true / (1 - true))
    after, before = (measures.log_loss(z, data.positive, data.negative) for z in (logits, logit))
    return undone(logits, data) | {"inversion_gain": after - before}


def _rankings(logit: np.ndarray, held: np.ndarray, data: Data) -> dict[str, np.ndarray]:
    """F1 at the cut that is best on held-out data, AUC and average precision; what they lack of the truth's."""
    a, b, y = data.positive, data.negative, data.held_y.astype(float)
    truth = a / (a + b)

    def f1(score: np.ndarray, cut: np.ndarray) -> np.ndarray:
        return measures.counts(score > cut[:, None], a, b).f1

    columns = {
        "f1": f1(logit, measures.best_cut(held, y, 1 - y, "f1")),
        "auroc": measures.auroc(logit, a, b),
        "average_precision": measures.average_precision(logit, a, b),
    }
    best = {
        "f1": f1(truth, measures.best_cut(truth, a, b, "f1")),
        "auroc": measures.auroc(truth, a, b),
        "average_precision": measures.average_precision(truth, a, b),
    }
    return columns | {f"{name}_lack": best[name] - columns[name] for name in columns}


def _probabilities(logit: np.ndarray, platt: np.ndarray, data: Data) -> dict[str, np.ndarray]:
    """How good the probabilities are, as they come and after recalibration."""
    a, b = data.positive, data.negative
    p = 1 / (1 + np.exp(-logit))
    least = _smallest_log_loss(a, b)
    columns = {"log_loss": measures.log_loss(logit, a, b), "log_loss_platt": measures.log_loss(platt, a, b)}
    columns |= {f"excess_{name}": values - least for name, values in columns.items()}
    return columns | {"brier": measures.brier(p, a, b), "ece": measures.calibration(p, a, b).ece}


def _smallest_log_loss(positive: np.ndarray, negative: np.ndarray) -> np.ndarray:
    """Log loss of the true probabilities on the test points, (reps,)."""
    total = positive + negative
    losses = scipy.special.xlogy(positive, positive / total) + scipy.special.xlogy(negative, negative / total)
    return -losses.sum(axis=1) / total.sum(axis=1)
