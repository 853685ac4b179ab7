"""Pixelwise networks on images with known pixel probabilities, under Dice, cross-entropy and their sum."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from dlstats.dgp.lesions import best_dice
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked

TEST_IMAGES = 8
WIDTHS, RATES = (6, 6), (0.03, 0.01)
"""Of every loss; the held-out loss chooses the rate, and the step at which to stop."""
EDGE = 0.1
"""A fitted probability between EDGE and 1 − EDGE counts as graded, neither nothing nor all."""
RELEVANT = 0.05
"""Distances are those of the pixels whose true probability exceeds this: elsewhere all that is compared is near 0."""
ELICITS = {"dice": ("from_hard", "linear_cut"), "squared_dice": ("from_rescaled", "squared_cut")}
"""Loss -> the distance to what it elicits, and the cut on η that goes with it."""
DENOMINATORS = {"linear": "dice", "squared": "squared_dice"}
SHIFTED = {"method": "cross_entropy"}
ATTAINED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "cross_entropy": lambda eta: eta,
    "dice": lambda eta: (eta > best_dice(eta) / 2).astype(float),
    "squared_dice": lambda eta: np.minimum(1, eta / best_dice(eta, squared=True)),
}
"""Loss -> the probabilities that it elicits from η, with whose training loss that of the network is compared."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """A network on 3 × 3 patches under Dice, cross-entropy and their sum, all pixels of all images at once."""
    from dlstats import nets
    from dlstats.dgp.lesions import Lesions
    from dlstats.losses import imbalance, overlap
    from dlstats.studies.imbalance._training import Phase, Trainer

    lesions, parameters = Lesions(), {"foreground": condition.foreground, "images": condition.images}
    intercept = lesions.intercept(condition.foreground)
    x = streams.draw(lambda rng: lesions.patches(lesions.images(rng, condition.images)), "data", **parameters)
    eta = lesions.probability(x, intercept)
    y = np.stack(
        [rng.random(e.shape) < e for rng, e in zip(streams.generators("labels", **parameters), eta, strict=True)]
    )
    test_x = streams.draw(lambda rng: lesions.patches(lesions.images(rng, TEST_IMAGES)), "test", **parameters)
    test_eta = lesions.probability(test_x, intercept)
    held = x.shape[1] // condition.images * max(1, round(condition.images / 5))
    net = nets.Mlp(lesions.patch, WIDTHS, activation="tanh")
    trainer = Trainer(net, condition.steps, condition.effort, streams, device, RATES, batch=None)
    losses = {
        "cross_entropy": imbalance.cross_entropy,
        "dice": partial(overlap.dice, denominator="linear"),
        "squared_dice": partial(overlap.dice, denominator="squared"),
        "dice_cross_entropy": overlap.dice_cross_entropy,
    }
    labels, columns = y.astype(float), {}
    for name, loss in losses.items():
        fit = trainer.tuned((Phase(loss),), x[:, held:], labels[:, held:], x[:, :held], labels[:, :held])
        logit = trainer.logits(fit.parameters, test_x)[..., 0]
        rows = [_measured(name, z, e) for z, e in zip(logit, test_eta, strict=True)]
        columns[name] = fit.columns | trainer.digests(x) | {k: [row[k] for row in rows] for k in rows[0]}
        if name in ATTAINED:
            attained = _loss_of(loss, np.stack([ATTAINED[name](e) for e in eta[:, held:]]), labels[:, held:])
            columns[name]["misfit"] = fit.columns["train_loss"] / attained
    return stacked(streams, columns)


def _loss_of(loss: Callable, probabilities: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The loss of every replicate at given probabilities."""
    import torch

    p = probabilities.clip(1e-9, 1 - 1e-9)
    return loss(torch.as_tensor(np.log(p / (1 - p)))[..., None], torch.as_tensor(y)[..., None]).mean(dim=(1, 2)).numpy()


def _measured(name: str, logit: np.ndarray, eta: np.ndarray) -> dict[str, float]:
    """Of one replicate's test images: distance to η and to what Dice elicits, the cut on η, and expected Dice."""
    p = 1 / (1 + np.exp(-logit.clip(-500, 500)))
    linear, squared = best_dice(eta), best_dice(eta, squared=True)
    decision, relevant = p > 0.5, eta > RELEVANT
    fit, true = p[relevant], eta[relevant]
    row = {
        "from_truth": float(np.abs(fit - true).mean()),
        "from_hard": float(np.abs(fit - (true > linear / 2)).mean()),
        "from_rescaled": float(np.abs(fit - np.minimum(1, true / squared)).mean()),
        "cut": _cut(eta, decision),
        "linear_cut": linear / 2,
        "squared_cut": squared / 2,
        "graded": float(((p > EDGE) & (p < 1 - EDGE)).mean()),
        "graded_truth": float(((eta > EDGE) & (eta < 1 - EDGE)).mean()),
        "dice": _dice(decision, eta),
        "best_dice": linear,
    }
    if name == "cross_entropy":
        row["dice_shifted"] = _dice(p > best_dice(p) / 2, eta)
        row["shift_gain"] = row["dice_shifted"] - row["dice"]
    row |= {f"from_{cut}": abs(row["cut"] - row[cut]) for cut in ("linear_cut", "squared_cut")}
    if name in ELICITS:
        elicited, cut = ELICITS[name]
        row |= {"elicited_gain": row[elicited] - row["from_truth"], "cut_error": row["cut"] - row[cut]}
    return row


def _dice(decision: np.ndarray, eta: np.ndarray) -> float:
    """2 Σ dη / Σ (d + η): Dice of a decision over all test images, labels in expectation."""
    return float(2 * (decision * eta).sum() / (decision.sum() + eta.sum()))


def _cut(eta: np.ndarray, decision: np.ndarray) -> float:
    """The η at which a decision changes: the cut on η that agrees with it on most pixels."""
    order = np.argsort(eta)
    predicted = decision[order].astype(float)
    wrong = np.concatenate([[0.0], np.cumsum(predicted)]) + np.concatenate(
        [np.cumsum((1 - predicted)[::-1])[::-1], [0.0]]
    )
    best = int(wrong.argmin())
    sorted_eta = np.concatenate([[0.0], eta[order], [1.0]])
    return float((sorted_eta[best] + sorted_eta[best + 1]) / 2)


PIXELS = Experiment(
    simulate=simulate,
    factors={
        "foreground": Factor("foreground", float, at_least=0.001, at_most=0.999),
        "images": Factor("images, a fifth of them held out", int, at_least=2),
        "steps": Factor("optimiser steps", int, at_least=1),
    }
    | EFFORT,
    methods={
        "cross_entropy": Method("cross-entropy", "cross-entropy of every pixel"),
        "dice": Method("Dice, linear", "soft Dice with the denominator Σ p + Σ y", "linear_dice"),
        "squared_dice": Method("Dice, squared", "soft Dice with the denominator Σ p² + Σ y²"),
        "dice_cross_entropy": Method("Dice + cross-entropy", "the sum of soft Dice and cross-entropy"),
    },
    measures=(
        Measure("from_truth", "mean |p − η| where η > 0.05"),
        Measure("from_hard", "mean |p − 1{η > F/2}| where η > 0.05"),
        Measure("from_rescaled", "mean |p − min(1, η/F)| where η > 0.05"),
        Measure(
            "elicited_gain", "mean distance to what the loss elicits less that to η", where={"method": list(ELICITS)}
        ),
        Measure("cut", "cut on η"),
        Measure("linear_cut", "F/2, linear"),
        Measure("squared_cut", "F/2, squared"),
        Measure("cut_error", "cut on η less F/2", where={"method": list(ELICITS)}),
        Measure("from_linear_cut", "distance of the cut from F/2, linear"),
        Measure("from_squared_cut", "distance of the cut from F/2, squared"),
        Measure("graded", "proportion of graded probabilities"),
        Measure("graded_truth", "true proportion of graded probabilities"),
        Measure("dice", "expected Dice, cut at 1/2"),
        Measure("dice_shifted", "expected Dice, cut at F/2 of its own probabilities", where=SHIFTED),
        Measure("shift_gain", "expected Dice, cut at F/2 of its own probabilities less cut at 1/2", where=SHIFTED),
        Measure("best_dice", "largest expected Dice"),
        Measure("misfit", "training loss over that of what the loss elicits", where={"method": list(ATTAINED)}),
        Measure("train_loss", "training loss"),
        Measure("learning_rate", "learning rate chosen", "median"),
        Measure("epochs", "epochs"),
        Measure("dead_share", "proportion of hidden units without a slope"),
    ),
    contrasts=(
        Contrast("dice", "squared_dice", "cross_entropy", "difference", "mean"),
        Contrast("from_truth", "cross_entropy", "squared_dice", "difference", "mean"),
        *(Contrast(f"from_{d}_cut", m, "cross_entropy", "difference", "mean") for d, m in DENOMINATORS.items()),
    ),
    block=8,
)
