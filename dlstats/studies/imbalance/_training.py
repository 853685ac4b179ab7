"""Networks under every loss of the comparison on one set of data, tuned on a held-out fifth of it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from dlstats import nets, training
from dlstats.losses import imbalance, margins, overlap
from dlstats.measures import classification as measures
from dlstats.methods import calibration, tuning
from dlstats.seeds import Streams
from dlstats.studies.imbalance._data import Data
from dlstats.studies.imbalance._rivals import RIVALS
from dlstats.training.recipes import digest

RATES = (0.03, 0.01, 0.003)
"""Learning rates of every loss; the held-out loss chooses one, and the step at which to stop, for each replicate."""
GAMMAS = (1.0, 2.0, 5.0)
"""Of focal loss; the held-out log loss after Platt scaling chooses one."""
BATCH = 256
VALIDATIONS = 20
"""Looks at the held-out loss at effort 1."""
DEFERRED, SCALE = 0.8, 30.0
"""Of LDAM: the proportion of the steps before its weights set in, and the scale of its cosines, those of its authors."""
WIDTHS = (16, 16)


@dataclass(frozen=True)
class Phase:
    """A loss and the proportion of the steps for which a network is trained by it."""

    loss: Callable
    part: float = 1.0


@dataclass(frozen=True)
class Tuned:
    """Networks at the rate and step that the held-out loss chose, one per replicate."""

    parameters: Tensor
    columns: dict
    """What is recorded of every replicate."""


def losses(counts: Sequence[int]) -> dict[str, Callable]:
    """Every pointwise or overlap loss for two classes but focal loss, set by the class counts (negatives, positives)."""
    ratio = float(np.log(counts[1] / counts[0]))
    return {
        "weighted": partial(imbalance.weighted, weights=imbalance.inverse_frequency(counts)),
        "class_balanced": partial(imbalance.weighted, weights=imbalance.effective_number_weights(counts, 0.999)),
        "logit_adjusted": partial(imbalance.logit_adjusted, prior=counts),
        "vector_scaling": partial(
            margins.vector_scaling, scales=(1.0, (counts[1] / counts[0]) ** 0.15), offsets=(ratio, -ratio)
        ),
        "dice": partial(overlap.dice, denominator="squared"),
        "dice_cross_entropy": overlap.dice_cross_entropy,
        "tversky": partial(overlap.tversky, false_positive=0.3, false_negative=0.7),
        "auc": margins.pairwise_squared,
    }


def deferred(counts: Sequence[int]) -> tuple[Phase, Phase]:
    """LDAM on the cosines of one output per class, then the same with inverse-frequency weights."""
    plain = partial(_on_cosines, margins=margins.ldam_margins(counts), scale=SCALE)
    return Phase(plain, DEFERRED), Phase(partial(plain, weights=imbalance.inverse_frequency(counts)), 1 - DEFERRED)


def _on_cosines(prediction: Tensor, y: Tensor, **settings) -> Tensor:
    return margins.ldam(margins.cosines(prediction), y, **settings)


def of_cosines(outputs: np.ndarray) -> np.ndarray:
    """Logits of LDAM from the outputs of its network, one per class."""
    return SCALE * margins.cosines(torch.as_tensor(outputs)).numpy()


def loss_at(loss: Callable, logit: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The mean loss of every replicate at given logits (reps, n) and labels, (reps,)."""
    return loss(torch.as_tensor(logit)[..., None], torch.as_tensor(y)[..., None]).mean(dim=(1, 2)).numpy()


@dataclass(frozen=True)
class Trainer:
    """What all losses share: network, initialisation, steps at effort 1, effort, streams and device."""

    net: nets.Mlp
    steps: int
    effort: int
    streams: Streams
    device: str
    rates: tuple[float, ...] = RATES
    batch: int | None = BATCH

    @functools.cached_property
    def start(self):
        """One initialisation per replicate."""
        key = {"widths": list(self.net.widths), "d": self.net.d_in, "classes": self.net.d_out}
        return nets.initialise(self.net, self.streams.generators("init", **key))

    def digests(self, x: np.ndarray) -> dict[str, list[str]]:
        """Of data and initialisation."""
        return {"data_digest": [digest(a) for a in x], "start_digest": [digest(a.numpy()) for a in self.start]}

    def tuned(self, phases: Sequence[Phase], x, y, held_x, held_y) -> Tuned:
        """Train by the losses of `phases` at every rate, and keep the rate and the step of least held-out loss."""
        rates, reps = len(self.rates), len(x)
        parameters = self.start.repeat_interleave(rates, 0)
        validation, fits = (held_x, held_y[..., None]), []
        for phase in phases:
            steps = max(1, round(phase.part * self.steps * self.effort))
            plan = training.Training(
                steps,
                self.rates * reps,
                schedule=training.schedules.cosine,
                batch_size=self.batch and min(self.batch, x.shape[1]),
                keep="best",
                check_every=max(1, self.steps // VALIDATIONS),
            )
            order = self.streams.generators("minibatch", method="all")
            fits.append(
                training.fit(self.net, phase.loss, parameters, x, y[..., None], plan, order, validation, self.device)
            )
            parameters = fits[-1].parameters
        fit = fits[-1]
        rate = tuning.best(fit.validation_loss.reshape(reps, rates))
        chosen = np.arange(reps) * rates + rate
        kept = fit.rows(chosen)
        columns = {
            "status": kept.status,
            "learning_rate": np.array(self.rates)[rate],
            "train_loss": kept.loss.astype(float),
            "epochs": sum(each.epochs[chosen] for each in fits),
            "dead_share": kept.dead_share,
        }
        return Tuned(kept.parameters, columns)

    def logits(self, parameters, x: np.ndarray) -> np.ndarray:
        """Of the trained networks, (reps, m, outputs)."""
        return training.predict(self.net, parameters, x, self.device).numpy().astype(float)


def outputs(name: str, data: Data, counts: Sequence[int], trainer: Trainer) -> tuple[np.ndarray, np.ndarray, dict]:
    """Logits of a method for two classes at test and at held-out points, and its columns; `counts` of the training data."""
    if name in RIVALS:
        return RIVALS[name](data, trainer.streams)
    if name == "focal":
        return _best_focal(data, trainer)
    if name == "ldam":
        return _margins(counts, data, replace(trainer, net=replace(trainer.net, d_out=2)))
    loss = losses(counts).get(name, imbalance.cross_entropy)
    return by_loss(loss, _resampled(name, data, trainer.streams), trainer)


def by_loss(loss: Callable, data: Data, trainer: Trainer) -> tuple[np.ndarray, np.ndarray, dict]:
    """Logits at test and at held-out points of networks trained by a loss, and their columns."""
    found = trainer.tuned((Phase(loss),), data.x, data.y.astype(float), data.held_x, data.held_y.astype(float))
    test, held = (trainer.logits(found.parameters, x)[..., 0] for x in (data.test_x, data.held_x))
    return test, held, found.columns


def _margins(counts: Sequence[int], data: Data, trainer: Trainer) -> tuple[np.ndarray, np.ndarray, dict]:
    """LDAM by a network with an output for each class: the difference of its logits."""
    found = trainer.tuned(deferred(counts), data.x, data.y, data.held_x, data.held_y)
    pairs = (of_cosines(trainer.logits(found.parameters, x)) for x in (data.test_x, data.held_x))
    test, held = (pair[..., 1] - pair[..., 0] for pair in pairs)
    return test, held, found.columns | trainer.digests(data.x)


def _best_focal(data: Data, trainer: Trainer) -> tuple[np.ndarray, np.ndarray, dict]:
    """Focal loss at the gamma of the smallest held-out log loss after Platt scaling, replicate by replicate."""
    y = data.held_y.astype(float)
    trials = [by_loss(partial(imbalance.focal, gamma=gamma), data, trainer) for gamma in GAMMAS]
    score = [measures.log_loss(calibration.platt(held, held, y), y, 1 - y) for _, held, _ in trials]
    best = tuning.best(np.stack(score, axis=1))

    def chosen(parts: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack([parts[choice][row] for row, choice in enumerate(best)])

    columns = {name: chosen([columns[name] for *_, columns in trials]) for name in trials[0][2]}
    test, held = chosen([trial[0] for trial in trials]), chosen([trial[1] for trial in trials])
    return test, held, columns | {"gamma": np.array(GAMMAS)[best]}


def _resampled(name: str, data: Data, streams: Streams) -> Data:
    """The training data with the rare class repeated or interpolated, or the other thinned, until both are equally large."""
    if name == "smote":
        pairs = [_smote(*one) for one in zip(data.x, data.y, streams.generators("resample", method=name), strict=True)]
        x, y = (np.stack(parts) for parts in zip(*pairs, strict=True))
        return replace(data, x=x, y=y)
    if name not in ("oversampled", "undersampled"):
        return data
    chosen = []
    for rng, y in zip(streams.generators("resample", method=name), data.y, strict=True):
        places = [np.flatnonzero(y == k) for k in (0, 1)]
        size = (max if name == "oversampled" else min)(len(p) for p in places)
        index = [rng.permutation(np.resize(p, size)) if len(p) < size else rng.permutation(p)[:size] for p in places]
        chosen.append(np.concatenate(index))
    index = np.stack(chosen)
    return replace(data, x=np.take_along_axis(data.x, index[..., None], 1), y=np.take_along_axis(data.y, index, 1))


def _smote(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points between rare points and their five nearest rare neighbours, until both classes are equally large."""
    from imblearn.over_sampling import SMOTE

    return SMOTE(random_state=int(rng.integers(2**31))).fit_resample(x, y)  # pyright: ignore[reportReturnType]
