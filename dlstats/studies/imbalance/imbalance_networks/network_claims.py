"""What is claimed of trained networks for class imbalance, always over every cell: the worst of them or their average."""

from __future__ import annotations

import math
from typing import Any

from dlstats.protocol.claim import Claim, Expectation, at_least, at_most, equals
from dlstats.protocol.origin import Finding, Origin, Practice
from dlstats.protocol.readers import Reader, log_ratio, value, worst
from dlstats.studies.averages import Average
from dlstats.studies.imbalance._methods import RECIPE

PREVALENCE = 0.02
SIZES = (500, 2000, 10000)
SEEN = Finding("imbalance_networks, seed 777001")
LECTURES = ("JSM", "BIOS")
RATIO = "log₁₀ of the ratio of means"
NINE = f"mean over nine cells of {RATIO}"
DATA = {
    "gaussians": "two Gaussians in five dimensions",
    "rings": "rings in the plane",
    "moons": "two moons in the plane",
}
PLANE = ["rings", "moons"]
RESAMPLED = ("undersampled", "oversampled", "smote")
CUT = "calibrated by Platt scaling and cut at the prevalence (Elkan's threshold)"
MATTERS = math.log10(1.25)
BEST = "each at its best cut on the test points"
UNDONE = "what the loss is known to add to the log-odds taken off again"


def _averaged(reader: Reader) -> Average:
    """The mean over mechanisms and n; the n of a mechanism share initialisations, and their errors add as if they were one."""
    return Average(reader.at_least(n=len(SIZES)), "mechanism")


def _cells(reader: Reader) -> str:
    """The recipe and the cells of a reader, for a statement."""
    meant = reader.where.get("mechanism", list(DATA))
    data = ", ".join(DATA[one] for one in ([meant] if isinstance(meant, str) else list(meant)))  # type: ignore[call-overload]
    return f"({RECIPE}; {data}; prevalence {PREVALENCE}, n = 500, 2,000 and 10,000)"


def _worst(name: str, text: str, expectation: Expectation, reader: Reader, origin: Origin = SEEN) -> Claim:
    """A claim that every cell of a reader must obey."""
    each = reader.each("mechanism", "n").at_least(n=len(SIZES))
    return Claim(name, f"{text} {_cells(reader)}.", expectation, each, origin, LECTURES)


def _average(
    name: str, text: str, expectation: Expectation, column: str, method: str, detail: str = NINE, **where: Any
) -> Claim:
    """A claim on the mean over cells of log₁₀ of the mean of a method over that of cross-entropy."""
    reader = log_ratio(column, method, "cross_entropy", "mean", experiment="two_classes", **where)
    return Claim(name, f"{text}: {detail} {_cells(reader)}.", expectation, _averaged(reader), SEEN, LECTURES)


CLAIMS = (
    _worst(
        "IMB4.trained",
        "Cut at 1/2, a network trained by cross-entropy finds less of the rare class than the true probability cut there does, "
        "though both are right to find little: smallest mean difference of the recalls over nine cells",
        at_least(0), value("recall_lack", method="cross_entropy"),
    ),
    _worst(
        "IMB4.threshold",
        "A network trained by cross-entropy has a smaller balanced error cut at the prevalence than with the cut that is best on "
        "the held-out fifth, which has 2, 8 or 40 points of the rare class: largest mean difference over nine cells",
        at_most(0), value("cut_gain", method="cross_entropy"),
    ),
    _average(
        "IMB5.trained",
        "Training with logit adjustment, cut at 1/2, and cross-entropy, cut at the prevalence, have on average mean excess "
        "balanced errors within a factor of 1.25", equals(0, MATTERS), "excess_adjusted", "logit_adjusted",
    ),
    _worst(
        "IMB4.line",
        "Where the log-odds are linear, logistic regression with Firth's penalty, the correctly specified model, has at most "
        f"half of the excess balanced error of a network trained by cross-entropy, {BEST}: largest {RATIO} over three n",
        at_most(math.log10(0.5)), log_ratio("excess_best", "firth", "cross_entropy", "mean", mechanism="gaussians"),
    ),
    _average(
        "IMB4.curve",
        "Where no line separates, kernel logistic regression, whose bandwidth and penalty the same held-out fifth chooses, has a "
        f"smaller mean excess balanced error than a network trained by cross-entropy, both {CUT}", at_most(0), "excess_elkan",
        "kernel", f"mean over six cells of {RATIO}", mechanism=PLANE,
    ),
    *(
        _average(
            name, f"{text} has a larger mean excess balanced error than cross-entropy, both {CUT}", at_least(0),
            "excess_elkan", method,
        )
        for name, method, text in (
            ("IMB4.smote", "smote", "SMOTE"),
            ("IMB4.oversampled", "oversampled", "Repeating the rare class until both are equally large"),
            ("IMB4.margins", "ldam", "LDAM with deferred weights"),
        )
    ),
    *(
        _average(
            name, f"{text} has a larger mean excess balanced error than cross-entropy, {BEST}", at_least(0), "excess_best", method
        )
        for name, method, text in (
            ("IMB4.overlap", "dice", "Training by Dice"),
            ("IMB6.undersampled", "undersampled", "Undersampling the majority"),
        )
    ),
    Claim(
        "IMB6.discrimination",
        "Undersampling, oversampling and SMOTE do not give a higher AUC than no correction, said of logistic regression, asked "
        f"here of networks: what they lack of the largest AUC over what cross-entropy lacks, {NINE}, smallest of the three "
        f"{_cells(Reader({}))}.",
        at_least(0),
        worst(*(_averaged(log_ratio("auroc_lack", name, "cross_entropy", "mean")) for name in RESAMPLED)),
        Practice("goorbergh2022", "abstract"), LECTURES,
    ),
    _worst(
        "IMB2.trained",
        "The closed-form inverse of the focal map lowers the log loss of a network trained by focal loss, gamma of 1, 2 or 5 by "
        "held-out data: largest mean difference over nine cells",
        at_most(0), value("inversion_gain", method="focal"), Practice("charoenphakdee2021", "abstract"),
    ),
    _average(
        "IMB2.calibration",
        "Focal loss, its map inverted in closed form, and cross-entropy have on average mean log losses above the smallest "
        "within a factor of 1.25", equals(0, MATTERS), "excess_log_loss_undone", "focal",
    ),
    _average(
        "IMB1.calibration",
        f"Class weights, {UNDONE}, have a larger mean log loss above the smallest than cross-entropy",
        at_least(0), "excess_log_loss_undone", "weighted",
    ),
    _average(
        "IMB5.calibration",
        f"Logit adjustment, {UNDONE}, has a smaller mean log loss above the smallest than cross-entropy",
        at_most(0), "excess_log_loss_undone", "logit_adjusted",
    ),
    Claim(
        "IMB5.long_tail",
        "On five classes with a long tail the logit-adjusted loss has a smaller mean excess balanced error than cross-entropy "
        f"whose logits are corrected for the prior after training: {RATIO} ({RECIPE}; ratio 100, n = 5,000).",
        at_most(0), log_ratio("excess_adjusted", "logit_adjusted", "cross_entropy", "mean", experiment="long_tail"),
        SEEN, ("JSM",),
    ),
)  # fmt: skip
