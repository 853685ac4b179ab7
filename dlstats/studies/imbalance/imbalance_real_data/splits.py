"""Random splits of breast cancer and digits, made imbalanced by a stated rule, and what every loss gives on them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.protocol.factor import Condition
from dlstats.protocol.study import Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.imbalance._methods import METHODS

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
