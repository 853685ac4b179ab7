"""Does training by Dice follow its population optimum? Lesions with known pixel probabilities."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import difference, value
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked

TEST_IMAGES = 8
EDGE = 0.1
"""A fitted probability between EDGE and 1 − EDGE counts as graded, neither nothing nor all."""
ELICITS = {"dice": ("from_hard", "linear_cut"), "squared_dice": ("from_rescaled", "squared_cut")}
"""Loss -> the distance to what it elicits, and the cut on η that goes with it."""
DECIDES = {"cross_entropy": "dice_shifted", "squared_dice": "dice"}
"""Loss -> the expected Dice of its decision where it is meant to be large."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """A convolutional network (3 × 3 patch, then 1 × 1) under Dice, cross-entropy and their sum, one batch of images."""
    import torch

    from dlstats import nets, training
    from dlstats.dgp.lesions import Lesions
    from dlstats.losses import imbalance, overlap
    from dlstats.training.recipes import digest

    lesions, about = Lesions(), {"foreground": condition.foreground, "images": condition.images}
    intercept = lesions.intercept(condition.foreground)
    x = streams.draw(lambda rng: lesions.patches(lesions.images(rng, condition.images)), "data", **about)
    eta = lesions.probability(x, intercept)
    y = np.stack([(rng.random(e.shape) < e) for rng, e in zip(streams.generators("labels", **about), eta, strict=True)])
    test_x = streams.draw(lambda rng: lesions.patches(lesions.images(rng, TEST_IMAGES)), "test", **about)
    test_eta = lesions.probability(test_x, intercept)
    net = nets.Mlp(lesions.patch, (6, 6), activation="tanh")
    start = nets.initialise(net, streams.generators("init", widths=[6, 6]))
    losses = {
        "cross_entropy": imbalance.cross_entropy,
        "dice": partial(overlap.dice, denominator="linear"),
        "squared_dice": partial(overlap.dice, denominator="squared"),
        "dice_cross_entropy": overlap.dice_cross_entropy,
    }
    plan = training.Training(steps=condition.steps, learning_rate=0.02, schedule=training.schedules.cosine)
    target = torch.as_tensor(y[..., None].astype(np.float32))
    digests = {"data_digest": [digest(a) for a in x], "start_digest": [digest(a.numpy()) for a in start]}
    columns = {}
    for name, loss in losses.items():
        fit = training.fit(net, loss, start, x, target, plan, device=device)
        logit = training.predict(net, fit.parameters, test_x, device).numpy()[..., 0].astype(float)
        rows = [_measured(name, z, e) for z, e in zip(logit, test_eta, strict=True)]
        columns[name] = {"status": fit.status, **digests} | {k: [row[k] for row in rows] for k in rows[0]}
    return stacked(streams, columns)


def _measured(name: str, logit: np.ndarray, eta: np.ndarray) -> dict[str, float]:
    """Of one replicate's test images: distance to η and to what Dice elicits, the cut on η, and expected Dice."""
    from dlstats.dgp.lesions import best_dice

    p = 1 / (1 + np.exp(-logit.clip(-500, 500)))
    linear, squared = best_dice(eta), best_dice(eta, squared=True)
    decision = p > 0.5
    row = {
        "from_truth": float(np.abs(p - eta).mean()),
        "from_hard": float(np.abs(p - (eta > linear / 2)).mean()),
        "from_rescaled": float(np.abs(p - np.minimum(1, eta / squared)).mean()),
        "cut": _cut(eta, decision),
        "linear_cut": linear / 2,
        "squared_cut": squared / 2,
        "graded": float(((p > EDGE) & (p < 1 - EDGE)).mean()),
        "graded_truth": float(((eta > EDGE) & (eta < 1 - EDGE)).mean()),
        "dice": _dice(decision, eta),
        "dice_shifted": _dice(p > linear / 2, eta),
        "best_dice": linear,
    }
    if name in ELICITS:
        elicited, cut = ELICITS[name]
        row |= {"elicited_gain": row[elicited] - row["from_truth"], "cut_error": row["cut"] - row[cut]}
    if name in DECIDES:
        row["dice_decided"] = row[DECIDES[name]]
    return row


def _dice(decision: np.ndarray, eta: np.ndarray) -> float:
    """2 Σ dη / Σ (d + η): the Dice of a decision, labels in expectation."""
    return float(2 * (decision * eta).sum() / (decision.sum() + eta.sum()))


def _cut(eta: np.ndarray, decision: np.ndarray) -> float:
    """The η at which a decision changes: the cut on η that agrees with it on most pixels."""
    order = np.argsort(eta)
    said = decision[order].astype(float)
    wrong = np.concatenate([[0.0], np.cumsum(said)]) + np.concatenate([np.cumsum((1 - said)[::-1])[::-1], [0.0]])
    best = int(wrong.argmin())
    sorted_eta = np.concatenate([[0.0], eta[order], [1.0]])
    return float((sorted_eta[best] + sorted_eta[best + 1]) / 2)


SEGMENTATION = Experiment(
    simulate=simulate,
    factors={
        "foreground": Factor("foreground", float, above=0, below=1),
        "images": Factor("training images", int, at_least=1),
        "steps": Factor("optimiser steps", int, at_least=1),
    },
    methods={
        "cross_entropy": Method("cross-entropy", "cross-entropy of every pixel"),
        "dice": Method("Dice, linear", "soft Dice with the denominator Σ p + Σ y"),
        "squared_dice": Method("Dice, squared", "soft Dice with the denominator Σ p² + Σ y²"),
        "dice_cross_entropy": Method("Dice + cross-entropy", "the sum of soft Dice and cross-entropy"),
    },
    measures=(
        Measure("from_truth", "mean |p − η|"),
        Measure("from_hard", "mean |p − 1{η > F/2}|"),
        Measure("from_rescaled", "mean |p − min(1, η/F)|"),
        Measure("elicited_gain", "mean distance to what the loss elicits less that to η"),
        Measure("cut", "cut on η"),
        Measure("linear_cut", "F/2, linear"),
        Measure("squared_cut", "F/2, squared"),
        Measure("cut_error", "cut on η less F/2"),
        Measure("graded", "proportion of graded probabilities"),
        Measure("graded_truth", "true proportion of graded probabilities"),
        Measure("dice", "expected Dice, cut at 1/2"),
        Measure("dice_shifted", "expected Dice, cut at F/2"),
        Measure("dice_decided", "expected Dice, Dice cut at 1/2 and cross-entropy at F/2"),
        Measure("best_dice", "largest expected Dice"),
    ),
    contrasts=(
        Contrast("dice_decided", "cross_entropy", "squared_dice", "difference", "mean"),
        Contrast("from_truth", "cross_entropy", "squared_dice", "difference", "mean"),
    ),
    block=8,
)
METHODS = SEGMENTATION.methods
FOREGROUNDS = (0.01, 0.03, 0.1)
JSM, BIOS = ("JSM",), ("BIOS",)


def _claims(foreground: float) -> tuple[Claim, ...]:
    at = f"(lesions, {100 * foreground:g} % foreground)"
    tag = f"{100 * foreground:g}"
    here: dict[str, Any] = {"foreground": foreground}
    return (
        *(
            Claim(
                f"IMB8.trained_{name}_{tag}",
                f"A network trained by Dice with the {name} denominator decides for the lesion where η > F/2 {at}: mean "
                "difference of its cut.",
                equals(0, 0.05), value("cut_error", method=method, **here), Finding(), BIOS,
            )
            for name, method in (("linear", "dice"), ("squared", "squared_dice"))
        ),
        Claim(
            f"IMB10.trained_squared_{tag}",
            f"Trained by Dice with the squared denominator, the fit is nearer to min(1, η/F) than to η {at}.",
            at_most(0), value("elicited_gain", method="squared_dice", **here), Finding(), JSM,
        ),
        Claim(
            f"IMB10.trained_linear_{tag}",
            f"Trained with the linear denominator, the fit is nearer to all or nothing, 1{{η > F/2}}, than to η {at}.",
            at_most(0), value("elicited_gain", method="dice", **here), Finding(), JSM,
        ),
        Claim(
            f"IMB8.shifted_{tag}",
            f"Cross-entropy cut at F/2 has the expected Dice of a network trained by Dice, to {{margin}} {at}.",
            equals(0, 0.02), difference("dice_decided", "cross_entropy", "squared_dice", **here), Finding(), BIOS,
        ),
        Claim(
            f"IMB10.calibrated_{tag}",
            f"Cross-entropy is nearer to the true pixel probability than Dice with the squared denominator {at}.",
            at_most(0), difference("from_truth", "cross_entropy", "squared_dice", **here), Finding(), BIOS,
        ),
    )  # fmt: skip


def draw_segmentation(evidence: Evidence, figure) -> None:
    """The cut on η of every loss beside theory, and the expected Dice at 1/2 and at F/2."""
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    for index, name in enumerate(METHODS):
        look = style.nth(index) | {"linestyle": ""}
        for axes, measure in ((left, "cut"), (right, "dice")):
            table = evidence.table(measure=measure, method=name, statistic="mean").sort_values("foreground")
            place = table["foreground"] * (1 + 0.06 * (index - 1.5))
            axes.errorbar(place, table["estimate"], yerr=2 * table["mcse"], label=METHODS[name].label, **look)
    for column, line, label in (("linear_cut", "--", "F/2, linear"), ("squared_cut", ":", "F/2, squared")):
        table = evidence.table(measure=column, method="dice", statistic="mean").sort_values("foreground")
        left.plot(table["foreground"], table["estimate"], color="black", linestyle=line, label=label)
    table = evidence.table(measure="dice_shifted", method="cross_entropy", statistic="mean").sort_values("foreground")
    right.plot(table["foreground"], table["estimate"], color="0.4", linestyle="-.", label="cross-entropy cut at F/2")
    table = evidence.table(measure="best_dice", method="dice", statistic="mean").sort_values("foreground")
    right.plot(table["foreground"], table["estimate"], color="black", linestyle="--", label="largest, F")
    for axes, label in ((left, "probability at which it says lesion"), (right, "expected Dice, cut at 1/2")):
        axes.set_xscale("log")
        axes.set_xticks(FOREGROUNDS, [f"{100 * f:g} %" for f in FOREGROUNDS])
        axes.minorticks_off()
        axes.set(xlabel="foreground", ylabel=label)
        axes.legend(fontsize="x-small")


def _design(images: int, steps: int, replicates: int):
    return grid(foreground=list(FOREGROUNDS), images=images, steps=steps, replicates=replicates)


STUDY = Study(
    title="Segmentation by Dice and by cross-entropy",
    aims="See whether training by Dice follows its population optimum: the cut F/2, and probabilities that are not.",
    mechanisms="Images with a smooth disc on noise; pixels labelled independently with a known probability of their patch.",
    estimands="The fitted probability against the true one and against what Dice elicits; the cut; the expected Dice.",
    experiments={"segmentation": SEGMENTATION},
    claims=tuple(claim for foreground in FOREGROUNDS for claim in _claims(foreground)),
    figures=(
        Figure(
            "imbalance_segmentation",
            "Segmentation of images with known pixel probabilities. Left: the probability at which each trained network says "
            "lesion, with theory's F/2. Right: expected Dice of the decisions. Bars: two Monte Carlo standard errors.",
            draw_segmentation,
            "two-column",
            2.9,
        ),
    ),
    limits="A convolutional network that sees 3 × 3 pixels, which is all that the truth depends on; pixels are labelled "
    "independently given the image; one batch holds all images, so that Dice is that of the whole set.",
    designs={"smoke": _design(2, 10, 4), "standard": _design(12, 300, 50), "paper": _design(24, 600, 300)},
)
