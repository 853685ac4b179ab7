"""Does training by Dice follow its population optimum? Lesions with known pixel probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, Expectation, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Stated
from dlstats.protocol.readers import difference, value, worst
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.imbalance._limits import seen_in

TEST_IMAGES = 8
EDGE = 0.1
"""A fitted probability between EDGE and 1 − EDGE counts as graded, neither nothing nor all."""
RELEVANT = 0.05
"""Distances are those of the pixels whose true probability exceeds this: elsewhere all that is compared is near 0."""
ELICITS = {"dice": ("from_hard", "linear_cut"), "squared_dice": ("from_rescaled", "squared_cut")}
"""Loss -> the distance to what it elicits, and the cut on η that goes with it."""
DENOMINATORS = {"linear": "dice", "squared": "squared_dice"}
DECIDES = {"cross_entropy": "dice_shifted", "squared_dice": "dice"}
"""Loss -> the expected Dice of its decision where it is meant to be large."""
SHIFTED = {"method": "cross_entropy"}


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """A network on 3 × 3 patches under Dice, cross-entropy and their sum, one batch of images."""
    import torch

    from dlstats import nets, training
    from dlstats.dgp.lesions import Lesions
    from dlstats.losses import imbalance, overlap
    from dlstats.training.recipes import digest

    lesions, parameters = Lesions(), {"foreground": condition.foreground, "images": condition.images}
    intercept = lesions.intercept(condition.foreground)
    x = streams.draw(lambda rng: lesions.patches(lesions.images(rng, condition.images)), "data", **parameters)
    eta = lesions.probability(x, intercept)
    y = np.stack(
        [(rng.random(e.shape) < e) for rng, e in zip(streams.generators("labels", **parameters), eta, strict=True)]
    )
    test_x = streams.draw(lambda rng: lesions.patches(lesions.images(rng, TEST_IMAGES)), "test", **parameters)
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
    if name in DECIDES:
        row["dice_decided"] = row[DECIDES[name]]
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
        Measure(
            "dice_decided",
            "expected Dice, Dice cut at 1/2, cross-entropy at F/2 of its own probabilities",
            where={"method": list(DECIDES)},
        ),
        Measure("best_dice", "largest expected Dice"),
    ),
    contrasts=(
        Contrast("dice_decided", "cross_entropy", "squared_dice", "difference", "mean"),
        Contrast("dice", "squared_dice", "cross_entropy", "difference", "mean"),
        Contrast("from_truth", "cross_entropy", "squared_dice", "difference", "mean"),
        *(Contrast(f"from_{d}_cut", m, "cross_entropy", "difference", "mean") for d, m in DENOMINATORS.items()),
    ),
    block=8,
)
METHODS = SEGMENTATION.methods
IMAGES = {0.01: 24, 0.03: 12, 0.1: 12}
"""Foreground -> training images: twice as many where few pixels are positive."""
FOREGROUNDS = tuple(IMAGES)
BIOS, DICE = ("BIOS",), ("JSM", "BIOS")
MODEL = "a patch model (3 × 3 pixels, two hidden layers of 6, Adam on one batch)"
SYMBOLS = "η the true probability, F the largest expected Dice"
WHERE = f"mean distance over pixels with η > {RELEVANT}, {{where}} foreground; {SYMBOLS}"
ALL = "1 %, 3 % and 10 %"


def _finding(
    name: str, statement: str, expectation: Expectation, measure: Callable, bears_on: tuple, **numbers: str
) -> Claim:
    return Claim(name, statement, expectation, measure, seen_in("segmentation_dice", 20261127), bears_on, numbers)


CLAIMS = (
    Claim(
        "IMB8.effective",
        "Dice loss is particularly effective with imbalanced data, “effective” read as the expected Dice of the decision at a "
        f"cut of 1/2: with 1 % foreground, {MODEL} has a larger one after training by soft Dice (squared denominator) than after "
        "training by cross-entropy. (3 % and 10 % are in the figure; with the cut chosen see IMB8.shifted_1.)",
        at_least(0), difference("dice", "squared_dice", "cross_entropy", foreground=0.01),
        Stated(
            "BIOS", "Dice Loss Function",
            "Unlike cross entropy loss, dice loss is particularly effective when dealing with imbalanced datasets and when the "
            "focus is on capturing fine details",
        ),
        bears_on=("JSM",),
    ),
    _finding(
        "IMB8.shifted",
        f"Trained by cross-entropy, {MODEL} has a larger expected Dice cut at half of the largest expected Dice under its own "
        f"probabilities on the test images than cut at 1/2 (smallest mean difference, {{where}} foreground).",
        at_least(0), value("shift_gain", method="cross_entropy").each("foreground"), DICE, where=ALL,
    ),
    _finding(
        "IMB8.shifted_1",
        f"With 1 % foreground, {MODEL} trained by cross-entropy and cut at half of the largest expected Dice under its own "
        "probabilities on the test images has a larger expected Dice than one trained by soft Dice (squared denominator) and cut "
        "at 1/2.",
        at_least(0), difference("dice_decided", "cross_entropy", "squared_dice", foreground=0.01), DICE,
    ),
    *(
        _finding(
            f"IMB8.trained_{name}",
            f"Trained by Dice with the {name} denominator, {MODEL} predicts lesion where η > F/2, to within {{margin}}: mean "
            f"difference of its cut on η from F/2, 3 % foreground; {SYMBOLS}.",
            equals(0, 0.05), value("cut_error", method=method, foreground=0.03), DICE,
        )
        for name, method in DENOMINATORS.items()
    ),
    _finding(
        "IMB8.trained_1",
        f"With 1 % foreground, {MODEL} has its cut on η nearer to F/2 after training by Dice than after training by "
        f"cross-entropy: difference of the mean distances, farther of the linear and the squared denominator; {SYMBOLS}.",
        at_most(0),
        worst(*(difference(f"from_{d}_cut", m, "cross_entropy", foreground=0.01) for d, m in DENOMINATORS.items())), DICE,
    ),
    *(
        _finding(
            f"IMB10.trained_squared{tag}",
            f"Trained by Dice with the squared denominator, {MODEL} fits probabilities nearer to min(1, η/F) than to η: {WHERE}.",
            at_most(0), value("elicited_gain", method="squared_dice", foreground=levels).each("foreground"), BIOS, where=where,
        )
        for tag, where, levels in (("", "3 % and 10 %", [0.03, 0.1]), ("_1", "1 %", [0.01]))
    ),
    _finding(
        "IMB10.trained_linear",
        f"Trained by Dice with the linear denominator, {MODEL} fits probabilities nearer to all or nothing, 1{{η > F/2}}, than "
        f"to η: {WHERE}.",
        at_most(0), value("elicited_gain", method="dice").each("foreground"), DICE, where=ALL,
    ),
    _finding(
        "IMB10.calibrated",
        f"Trained by cross-entropy, {MODEL} is nearer to the true probability than trained by Dice with the squared denominator: "
        f"{WHERE}.",
        at_most(0), difference("from_truth", "cross_entropy", "squared_dice").each("foreground"), DICE, where=ALL,
    ),
)  # fmt: skip


def draw_segmentation(evidence: Evidence, figure) -> None:
    """The cut on η of every loss with theory, and the expected Dice at 1/2 and at F/2 of the fitted probabilities."""
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    for index, name in enumerate(METHODS):
        drawn = style.nth(index) | {"linestyle": ""}
        for axes, measure in ((left, "cut"), (right, "dice")):
            table = evidence.table(measure=measure, method=name, statistic="mean").sort_values("foreground")
            shifted = table["foreground"] * (1 + 0.06 * (index - 1.5))
            axes.errorbar(shifted, table["estimate"], yerr=2 * table["mcse"], label=METHODS[name].label, **drawn)
    for column, line, label in (("linear_cut", "--", "F/2, linear"), ("squared_cut", ":", "F/2, squared")):
        table = evidence.table(measure=column, method="dice", statistic="mean").sort_values("foreground")
        left.plot(table["foreground"], table["estimate"], color="black", linestyle=line, label=label)
    table = evidence.table(measure="dice_shifted", method="cross_entropy", statistic="mean").sort_values("foreground")
    right.plot(
        table["foreground"], table["estimate"], color="0.4", linestyle="-.", label="cross-entropy cut at its F/2"
    )
    table = evidence.table(measure="best_dice", method="dice", statistic="mean").sort_values("foreground")
    right.plot(table["foreground"], table["estimate"], color="black", linestyle="--", label="largest, F")
    for axes, label in ((left, "probability from which it predicts lesion"), (right, "expected Dice, cut at 1/2")):
        axes.set_xscale("log")
        axes.set_xticks(FOREGROUNDS, [f"{100 * f:g} %" for f in FOREGROUNDS])
        axes.minorticks_off()
        axes.set(xlabel="foreground", ylabel=label)
        axes.legend(fontsize="x-small")


def _design(more: float, steps: int, replicates: int):
    return [
        grid(foreground=f, images=math.ceil(more * images), steps=steps, replicates=replicates)
        for f, images in IMAGES.items()
    ]


STUDY = Study(
    title="A patch model of segmentation by Dice and by cross-entropy",
    aims="See whether training by Dice follows its population optimum: the cut F/2, and probabilities that are not.",
    mechanisms="Images with a smooth disc on noise; pixels labelled independently with a known probability of their patch.",
    estimands="The fitted probability against the true one and against what Dice elicits; the cut; the expected Dice.",
    experiments={"segmentation": SEGMENTATION},
    claims=CLAIMS,
    figures=(
        Figure(
            "imbalance_segmentation",
            "Patch models on images with known pixel probabilities. Left: the probability from which each trained network "
            "predicts lesion, with theory's F/2. Right: expected Dice of the decisions. Bars: two Monte Carlo standard errors.",
            draw_segmentation,
            "two-column",
            2.9,
        ),
    ),
    limits="No segmentation network: it sees 3 × 3 pixels, which is all that the truth depends on, and the truth is a logistic "
    "function of their mean, which cross-entropy can fit; pixels are labelled independently given the image; one batch holds all "
    "images, so that Dice is that of the whole set and not of each image.",
    designs={"smoke": _design(1 / 6, 10, 4), "standard": _design(1, 300, 50), "paper": _design(2, 600, 300)},
)
