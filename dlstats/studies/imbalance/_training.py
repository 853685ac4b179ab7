"""Networks under every loss of the comparison on one set of data, and what is measured of their logits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy import special

from dlstats import nets, training
from dlstats.dgp import imbalanced
from dlstats.losses import imbalance, margins, overlap
from dlstats.measures import classification as measures
from dlstats.methods import calibration, logistic
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.theory import minimisers
from dlstats.training.recipes import digest

GAMMA = 2.0
BATCH = 256
ADJUSTED = {"cross_entropy": "prior", "weighted": "default", "logit_adjusted": "default"}
"""The cut at which a loss accounts for the prevalence once: after training, or in the loss."""
DEFERRED = 0.6
"""Proportion of the steps before LDAM's weights set in."""


@dataclass(frozen=True)
class Data:
    """Training, held-out and test data of a block: inputs (reps, n, d), labels (reps, n), test weights (reps, m)."""

    x: np.ndarray
    y: np.ndarray
    held_x: np.ndarray
    held_y: np.ndarray
    test_x: np.ndarray
    positive: np.ndarray
    negative: np.ndarray
    prevalence: float


def drawn(
    mechanism, streams: Streams, role: str, sizes: Sequence[int], /, **parameters: object
) -> Iterator[np.ndarray]:
    """Inputs (reps, n, d) and labels (reps, n) of a class-imbalanced mechanism with `sizes` points per class."""
    pairs = [imbalanced.sample(mechanism, rng, sizes) for rng in streams.generators(role, **parameters)]
    return (np.stack(parts) for parts in zip(*pairs, strict=True))


def losses(counts: Sequence[int]) -> dict:
    """Every pointwise or overlap loss of the comparison, set by the class counts (negatives, positives)."""
    inverse = imbalance.inverse_frequency(counts)
    ratio = float(np.log(counts[1] / counts[0]))
    return {
        "cross_entropy": imbalance.cross_entropy,
        "weighted": partial(imbalance.weighted, weights=inverse),
        "class_balanced": partial(imbalance.weighted, weights=imbalance.effective_number_weights(counts, 0.999)),
        "focal": partial(imbalance.focal, gamma=GAMMA),
        "logit_adjusted": partial(imbalance.logit_adjusted, prior=counts),
        "vector_scaling": partial(
            margins.vector_scaling, scales=(1.0, (counts[1] / counts[0]) ** 0.15), offsets=(ratio, -ratio)
        ),
        "dice": partial(overlap.dice, denominator="squared"),
        "dice_cross_entropy": overlap.dice_cross_entropy,
        "tversky": partial(overlap.tversky, false_positive=0.3, false_negative=0.7),
        "auc": margins.pairwise_squared,
    }


def ldam_losses(counts: Sequence[int]) -> tuple:
    """LDAM before and after its deferred reweighting."""
    plain = partial(margins.ldam, margins=margins.ldam_margins(counts), scale=2.0)
    return plain, partial(plain, weights=imbalance.inverse_frequency(counts))


def run(
    data: Data, counts: Sequence[int], methods: Sequence[str], net: nets.Mlp, steps: int, streams: Streams, device: str
) -> pd.DataFrame:
    """One row per replicate and method: a network trained by the loss, best by the same loss on held-out data."""
    start = nets.initialise(net, streams.generators("init", widths=list(net.widths), d=net.d_in))
    digests = {"data_digest": [digest(a) for a in data.x], "start_digest": [digest(a.numpy()) for a in start]}
    columns = {}
    for name in methods:
        if name == "firth":
            logit, held, status = _linear(data)
        else:
            logit, held, status = _network(name, data, counts, net, start, steps, streams, device)
        columns[name] = {"status": status, **digests} | measured(name, logit, held, data)
    return stacked(streams, columns)


def _network(name: str, data: Data, counts, net, start, steps: int, streams: Streams, device: str):
    x, y = _resampled(name, data, streams)
    minibatches = streams.generators("minibatch", method="all")

    def plan(part: int) -> training.Training:
        size, every = min(BATCH, x.shape[1]), max(1, steps // 20)
        return training.Training(
            part, 0.01, schedule=training.schedules.cosine, batch_size=size, keep="best", check_every=every
        )

    validation = (data.held_x, data.held_y[..., None].astype(float))
    target = y[..., None].astype(float)
    if name == "ldam":
        first, second = ldam_losses(counts)
        before = int(DEFERRED * steps)
        warm = training.fit(net, first, start, x, target, plan(before), minibatches, validation, device).parameters
        fit = training.fit(net, second, warm, x, target, plan(steps - before), minibatches, validation, device)
    else:
        loss = losses(counts).get(name, imbalance.cross_entropy)
        fit = training.fit(net, loss, start, x, target, plan(steps), minibatches, validation, device)
    outputs = [
        training.predict(net, fit.parameters, part, device).numpy()[..., 0].astype(float)
        for part in (data.test_x, data.held_x)
    ]
    return (*outputs, fit.status)


def _resampled(name: str, data: Data, streams: Streams) -> tuple[np.ndarray, np.ndarray]:
    """The training data, with the rare class repeated or the other thinned until both are equally large."""
    if name not in ("oversampled", "undersampled"):
        return data.x, data.y
    chosen = []
    for rng, y in zip(streams.generators("resample", method=name), data.y, strict=True):
        places = [np.flatnonzero(y == k) for k in (0, 1)]
        size = (max if name == "oversampled" else min)(len(p) for p in places)
        index = [rng.permutation(np.resize(p, size)) if len(p) < size else rng.permutation(p)[:size] for p in places]
        chosen.append(np.concatenate(index))
    index = np.stack(chosen)
    return np.take_along_axis(data.x, index[..., None], 1), np.take_along_axis(data.y, index, 1)


def _linear(data: Data):
    """Logistic regression with Firth's penalty: what a statistician would use instead."""

    def design(x):
        return np.concatenate([np.ones((*x.shape[:2], 1)), x], axis=2)

    fit = logistic.fit(design(data.x), data.y.astype(float), firth=True, steps=300, tolerance=1e-6)
    outputs = [np.matmul(design(x), fit.beta[:, :, None])[..., 0] for x in (data.test_x, data.held_x)]
    return (*outputs, fit.status)


def measured(name: str, logit: np.ndarray, held: np.ndarray, data: Data) -> dict[str, np.ndarray]:
    """All measures of the logits on test data, with thresholds and recalibration from held-out data."""
    a, b, y = data.positive, data.negative, data.held_y.astype(float)
    logit, held = np.nan_to_num(logit.clip(-1e4, 1e4)), np.nan_to_num(held.clip(-1e4, 1e4))
    odds = float(np.log(data.prevalence / (1 - data.prevalence)))
    cuts = {
        "default": np.zeros(len(logit)),
        "prior": np.full(len(logit), odds),
        "tuned": measures.best_cut(held, y, 1 - y),
        "best": measures.best_cut(logit, a, b),
    }
    columns = {}
    for cut, value in cuts.items():
        decision = logit > value[:, None]
        table = measures.counts(decision, a, b)
        columns[f"excess_{cut}"] = measures.balanced_excess(decision, a, b)
        columns |= {f"balanced_error_{cut}": table.balanced_error}
        if cut in ("default", "tuned"):
            columns |= {f"recall_{cut}": table.recall, f"precision_{cut}": table.precision, f"mcc_{cut}": table.mcc}
    if name in ADJUSTED:
        columns["excess_adjusted"] = columns[f"excess_{ADJUSTED[name]}"]
    columns["cut_gain"] = columns["balanced_error_prior"] - columns["balanced_error_tuned"]
    f1_cut = measures.best_cut(held, y, 1 - y, "f1")
    columns["f1_tuned"] = measures.counts(logit > f1_cut[:, None], a, b).f1
    columns["auroc"], columns["average_precision"] = (
        measures.auroc(logit, a, b),
        measures.average_precision(logit, a, b),
    )
    return columns | _probabilities(name, logit, held, y, data)


def _probabilities(name: str, logit: np.ndarray, held: np.ndarray, y: np.ndarray, data: Data) -> dict[str, np.ndarray]:
    """How good the probabilities are, as they come and after recalibration."""
    a, b = data.positive, data.negative
    p = 1 / (1 + np.exp(-logit))
    parts = measures.calibration(p, a, b)
    columns = {"log_loss": measures.log_loss(logit, a, b), "brier": measures.brier(p, a, b)}
    columns |= {"reliability": parts.reliability, "resolution": parts.resolution, "ece": parts.ece}
    columns["ece_bias"] = measures.ece_bias(p, data.held_y.shape[1])
    maps = {"platt": calibration.platt, "temperature": calibration.temperature, "isotonic": calibration.isotonic}
    for kind, mend in maps.items():
        columns[f"log_loss_{kind}"] = measures.log_loss(mend(logit, held, y), a, b)
    columns["excess_log_loss_platt"] = columns["log_loss_platt"] - _smallest_log_loss(a, b)
    if name == "focal":
        edge = np.clip(p, 1e-7, 1 - 1e-7)
        true = np.clip(minimisers.focal_inverse_binary(edge, GAMMA), 1e-7, 1 - 1e-7)
        inverted = measures.log_loss(np.log(true / (1 - true)), a, b)
        columns |= {"log_loss_inverted": inverted, "inversion_gain": inverted - columns["log_loss"]}
    return columns


def _smallest_log_loss(positive: np.ndarray, negative: np.ndarray) -> np.ndarray:
    """Log loss of the true probabilities on the test points, (reps,)."""
    total = positive + negative
    losses = special.xlogy(positive, positive / total) + special.xlogy(negative, negative / total)
    return -losses.sum(axis=1) / total.sum(axis=1)
