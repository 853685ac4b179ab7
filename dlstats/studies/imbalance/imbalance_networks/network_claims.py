"""What is claimed of trained networks for class imbalance."""

from __future__ import annotations

import math
from typing import Any

from dlstats.protocol.claim import Claim, Expectation, at_least, at_most
from dlstats.protocol.origin import Origin, Practice
from dlstats.protocol.readers import Reader, log_ratio, value
from dlstats.studies.imbalance._limits import seen_in
from dlstats.studies.imbalance._methods import RECIPE

PREVALENCE = 0.02
SEEN = seen_in("imbalance_networks", 20261127)
LECTURES = ("JSM", "BIOS")
RATIO = "log₁₀ of the ratio of means"
PLANE = ["rings", "moons"]
DATA = {
    "gaussians": "two Gaussians in five dimensions",
    "rings": "rings in the plane",
    "moons": "two moons in the plane",
}
CUT = "calibrated by Platt scaling and cut at the prevalence (Elkan's threshold)"
BEST = "each at its best cut on the test points"


def _claim(
    name: str, text: str, expectation: Expectation, measure: Reader, n: str, origin: Origin = SEEN, **numbers: object
) -> Claim:
    """A claim on one mechanism, or on several that must all obey, at one prevalence."""
    meant = measure.where.get("mechanism", list(DATA))
    data = ", ".join(DATA[one] for one in ([meant] if isinstance(meant, str) else list(meant)))  # type: ignore[call-overload]
    statement = f"{text} ({RECIPE}; {data}; prevalence {PREVALENCE}, n = {n})."
    return Claim(name, statement, expectation, measure, origin, LECTURES, numbers)


def _excess(
    cut: str, method: str, mechanism: str | list[str], n: int | list[int], against: str = "cross_entropy"
) -> Reader:
    """log₁₀ of the mean excess balanced error of one method over that of another, for each mechanism and n."""
    where: dict[str, Any] = {"mechanism": mechanism, "n": n}
    reader = log_ratio(f"excess_{cut}", method, against, "mean", **where)
    return reader.each("mechanism", "n")


CLAIMS = (
    _claim(
        "IMB4.trained",
        "A network trained by cross-entropy and cut at 1/2 finds at most half of the rare class: recall",
        at_most(0.5), value("recall_default", method="cross_entropy", mechanism=list(DATA), n=2000).each("mechanism"), "2,000",
    ),
    _claim(
        "IMB4.threshold_n2000",
        "With 32 points of the rare class a network trained by cross-entropy has a smaller balanced error cut at the prevalence "
        "than with the cut that is best on held-out data with 8 points of that class: mean difference",
        at_most(0), value("cut_gain", method="cross_entropy", mechanism=list(DATA), n=2000).each("mechanism"), "2,000",
    ),
    _claim(
        "IMB5.trained_n2000",
        "Training with logit adjustment, cut at 1/2, has a smaller mean excess balanced error than cross-entropy, cut at the "
        f"prevalence: {RATIO}",
        at_most(0), _excess("adjusted", "logit_adjusted", "gaussians", 2000), "2,000",
    ),
    _claim(
        "IMB4.line",
        "Where the log-odds are linear, logistic regression with Firth's penalty, the correctly specified model, has at most "
        f"half of the excess balanced error of a network trained by cross-entropy, {BEST}: {RATIO}",
        at_most(math.log10(0.5)), _excess("best", "firth", "gaussians", [500, 2000, 10000]), "500 to 10,000",
    ),
    _claim(
        "IMB4.curve",
        "Where no line separates, a network trained by cross-entropy has at most half of the excess balanced error of logistic "
        f"regression with Firth's penalty, {BEST}: {RATIO} of the regression over the network",
        at_least(math.log10(2)), _excess("best", "firth", PLANE, 10000), "10,000",
    ),
    *(
        _claim(
            f"IMB4.{name}",
            f"{text} has a larger mean excess balanced error than cross-entropy, both {CUT}: {RATIO}",
            at_least(0), _excess("elkan", name, "gaussians", [2000, 10000]), "2,000 and 10,000",
        )
        for name, text in (("smote", "SMOTE"), ("oversampled", "Repeating the rare class until both are equally large"))
    ),
    _claim(
        "IMB4.overlap",
        f"With 160 points of the rare class training by Dice has a larger mean excess balanced error than cross-entropy, {BEST}: "
        f"{RATIO}",
        at_least(0), _excess("best", "dice", list(DATA), 10000), "10,000",
    ),
    _claim(
        "IMB4.rings_n2000",
        "Where no line separates, margins n^(−1/4) with deferred weights lose to cross-entropy, both "
        f"{CUT}: {RATIO}",
        at_least(0), _excess("elkan", "ldam", "rings", 2000), "2,000",
    ),
    _claim(
        "IMB6.undersampled",
        f"Undersampling the majority has a larger mean excess balanced error than cross-entropy, {BEST}: {RATIO}",
        at_least(0), _excess("best", "undersampled", "rings", [500, 2000, 10000]), "500 to 10,000",
    ),
    _claim(
        "IMB2.trained",
        "The closed-form inverse of the focal map lowers the log loss of a network trained by focal loss, gamma of 1, 2 or 5 by "
        "held-out data: mean difference",
        at_most(0), value("inversion_gain", method="focal", mechanism=list(DATA), n=2000).each("mechanism"), "2,000",
        Practice("charoenphakdee2021", "abstract"),
    ),
    *(
        _claim(
            name, f"Cross-entropy has at most a tenth of the calibration error of {text}, both as trained: {RATIO}", at_most(-1),
            log_ratio("ece", "cross_entropy", rival, "mean", mechanism=list(DATA), n=2000).each("mechanism"), "2,000",
        )
        for name, rival, text in (
            ("IMB2.calibration", "focal", "focal loss"), ("IMB1.calibration", "weighted", "class weights"),
        )
    ),
    _claim(
        "IMB5.platt",
        f"After Platt scaling logit adjustment has a smaller mean excess log loss than cross-entropy: {RATIO}",
        at_most(0),
        log_ratio("excess_log_loss_platt", "logit_adjusted", "cross_entropy", "mean", mechanism="gaussians", n=10000), "10,000",
    ),
    Claim(
        "IMB5.long_tail",
        "On five classes with a long tail the logit-adjusted loss has a smaller mean excess balanced error than cross-entropy "
        f"without a further correction: {RATIO} ({RECIPE}; ratio 100, n = 5,000).",
        at_most(0), log_ratio("excess_default", "logit_adjusted", "cross_entropy", "mean", experiment="long_tail", n=5000),
        Practice("menon2021", "abstract"), ("JSM",),
    ),
)  # fmt: skip
