"""Does training by Dice follow its population optimum? Lesions with known pixel probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable

from dlstats.plotting.curves import interval
from dlstats.protocol.claim import Claim, Expectation, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.origin import Stated
from dlstats.protocol.readers import difference, value, worst
from dlstats.protocol.study import Figure, Grid, Study, grid
from dlstats.studies.averages import Average
from dlstats.studies.imbalance._limits import seen_in
from dlstats.studies.imbalance.pixelwise_dice.pixels import DENOMINATORS, PIXELS, RELEVANT

METHODS = PIXELS.methods
IMAGES = {0.01: 24, 0.03: 12, 0.1: 12}
"""Foreground -> training images: twice as many where few pixels are positive."""
FOREGROUNDS = tuple(IMAGES)
BIOS, DICE = ("BIOS",), ("JSM", "BIOS")
MODEL = "a pixelwise network (3 × 3 pixels, two hidden layers of 6, Adam on all images at once, rate and step by held-out images)"
SYMBOLS = "η the true probability, F the largest expected Dice"
WHERE = f"mean distance over pixels with η > {RELEVANT}, {{where}} foreground; {SYMBOLS}"
ALL = "1 %, 3 % and 10 %"


def _finding(
    name: str, statement: str, expectation: Expectation, measure: Callable, bears_on: tuple, **numbers: str
) -> Claim:
    return Claim(name, statement, expectation, measure, seen_in("pixelwise_dice", 777001), bears_on, numbers)


CLAIMS = (
    Claim(
        "IMB8.effective",
        "Dice loss is particularly effective with imbalanced data, “effective” read as the expected Dice of the decision at a "
        f"cut of 1/2: {MODEL} has a larger one after training by soft Dice (squared denominator) than after training by "
        "cross-entropy, on average over 1 %, 3 % and 10 % foreground. (What a cut gives cross-entropy says IMB8.shifted.)",
        at_least(0), Average(difference("dice", "squared_dice", "cross_entropy"), "foreground"),
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
    *(
        _finding(
            f"IMB8.trained_{name}",
            f"Trained by Dice with the {name} denominator, {MODEL} predicts lesion where η > F/2, to within {{margin}}: "
            f"largest mean difference of its cut on η from F/2, {{where}} foreground; {SYMBOLS}.",
            equals(0, 0.05), value("cut_error", method=method).each("foreground"), DICE, where=ALL,
        )
        for name, method in DENOMINATORS.items()
    ),
    _finding(
        "IMB8.trained",
        f"Trained by Dice, {MODEL} has its cut on η nearer to F/2 than trained by cross-entropy: largest difference of the mean "
        f"distances, linear and squared denominator, {{where}} foreground; {SYMBOLS}.",
        at_most(0),
        worst(*(difference(f"from_{d}_cut", m, "cross_entropy").each("foreground") for d, m in DENOMINATORS.items())),
        DICE, where=ALL,
    ),
    _finding(
        "IMB10.trained_squared",
        f"Trained by Dice with the squared denominator, {MODEL} fits probabilities nearer to min(1, η/F) than to η: {WHERE}.",
        at_most(0), value("elicited_gain", method="squared_dice").each("foreground"), BIOS, where=ALL,
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


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    for index, name in enumerate(METHODS):
        drawn = style.of(name, METHODS[name]) | {"linestyle": ""}
        for axes, measure in ((left, "cut"), (right, "dice")):
            table = evidence.table(measure=measure, method=name, statistic="mean").sort_values("foreground")
            shifted = table["foreground"] * (1 + 0.06 * (index - 1.5))
            axes.errorbar(
                shifted,
                table["estimate"],
                yerr=interval(table["estimate"], table["mcse"]),
                label=METHODS[name].label,
                **drawn,
            )
    for column, color, label in (("linear_cut", "black", "F/2, linear"), ("squared_cut", "0.5", "F/2, squared")):
        table = evidence.table(measure=column, method="dice", statistic="mean").sort_values("foreground")
        left.plot(table["foreground"], table["estimate"], label=label, **(style.method("theory") | {"color": color}))
    table = evidence.table(measure="dice_shifted", method="cross_entropy", statistic="mean").sort_values("foreground")
    right.plot(
        table["foreground"],
        table["estimate"],
        color=style.method("cross_entropy")["color"],
        linestyle="-.",
        label="cross-entropy cut at its F/2",
    )
    table = evidence.table(measure="best_dice", method="dice", statistic="mean").sort_values("foreground")
    right.plot(table["foreground"], table["estimate"], label="largest, F", **style.method("bound"))
    for axes, label in ((left, "probability from which it predicts lesion"), (right, "expected Dice, cut at 1/2")):
        axes.set_xscale("log")
        axes.set_xticks(FOREGROUNDS, [f"{100 * f:g} %" for f in FOREGROUNDS])
        axes.minorticks_off()
        axes.set(xlabel=evidence.axis("foreground"), ylabel=label)
    shown = {
        label: handle for axes in (left, right) for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(list(shown.values()), list(shown), loc="outside upper center", ncols=4)


def _design(more: float, steps: int, one: int, three: int) -> list[Grid]:
    cells = [{"foreground": f, "images": math.ceil(more * images), "steps": steps} for f, images in IMAGES.items()]
    return [
        *(grid(**cell, effort=1, replicates=one) for cell in cells),
        *(grid(**cell, effort=3, replicates=three) for cell in cells),
    ]


STUDY = Study(
    title="Pixelwise networks by Dice and by cross-entropy",
    aims="See whether training by Dice follows its population optimum: the cut F/2, and probabilities that are not.",
    mechanisms="Images with a smooth disc on noise; pixels labelled independently with a known probability of their patch.",
    estimands="The fitted probability against the true one and against what Dice elicits; the cut; the expected Dice.",
    compared_by="from_truth",
    experiments={"pixels": PIXELS},
    claims=CLAIMS,
    figures=(
        Figure(
            "pixelwise_dice",
            "Pixelwise networks on images with known pixel probabilities. Left: the probability from which each trained network "
            "predicts lesion; compare Dice with theory's F/2 and cross-entropy with 1/2. Right: expected Dice of the decisions; "
            "compare what cross-entropy has at its cut of 1/2 with what a cut at F/2 of its own probabilities gives it, and with "
            "Dice. Bars: 95 % Monte Carlo intervals.",
            _draw,
            "two-column",
            3.1,
        ),
    ),
    limits="No segmentation network: it sees 3 × 3 pixels, which is all that the truth depends on, and the truth is a logistic "
    "function of their mean, which cross-entropy can fit; pixels are labelled independently given the image; one batch holds all "
    "images, so that Dice is that of the whole set and not of each image. A fifth of the images chooses rate and step by the "
    "loss itself and is not trained on afterwards: in a pilot (seed 777001, 1 % and 3 % foreground, three losses) training again "
    "on all images moved the mean cut by at most 0.016 and the mean expected Dice by at most 0.004.",
    designs={"smoke": _design(1 / 6, 10, 4, 2), "standard": _design(1, 200, 20, 12), "paper": _design(2, 400, 200, 24)},
)
