"""What the study of networks claims: that training follows the population, and what is left after the threshold."""

from __future__ import annotations

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence
from dlstats.studies.imbalance._claims import paired, statistic_of
from dlstats.theory import minimisers as theory

SOURCE = "population minimisers above; margin fixed for this study"
CELL = {"mechanism": "gaussians", "prevalence": 0.02}
WORDS = "two Gaussians in five dimensions, prevalence 0.02"
RECALL = theory.gaussian_rule(theory.gaussian_threshold(0.1, 2.0), 0.1, 2.0)["recall"]
RIVALS = ("weighted", "class_balanced", "focal", "logit_adjusted", "vector_scaling", "ldam", "dice", "tversky", "auc")


def _largest_difference(column: str, margin: float, **factors: object):
    """The paired difference to cross-entropy, of all rival losses, that speaks most against its being 0."""

    def measure(evidence: Evidence) -> Estimate:
        found = [paired(column, name, "cross_entropy", **factors)(evidence) for name in RIVALS]
        return montecarlo.worst(found, 0.0, margin)

    return measure


def _contrast(name, statement, kind, margin, column, first, second, n) -> Claim:
    measure = paired(column, first, second, n=n, **CELL)
    return Claim(name, f"{statement} ({WORDS}, n = {n}).", kind, 0, margin, measure, SOURCE, "JSM")


def _inverse_gain(evidence: Evidence) -> Estimate:
    rows = evidence.rows(method="focal", n=10000, **CELL)
    gain = (rows["log_loss_inverted"] - rows["log_loss"]).where(rows["status"] == "ok")
    return montecarlo.estimate("mean", gain)


def _adjusted_or_corrected(evidence: Evidence) -> Estimate:
    factors = {"mechanism": "long_tail", "n": 5000}
    found = []
    for method, column in (("logit_adjusted", "excess_default"), ("cross_entropy", "excess_prior")):
        rows = evidence.rows(method=method, **factors)
        found.append(rows[column].where(rows["status"] == "ok").to_numpy())
    return montecarlo.estimate("mean", found[0] - found[1])


CLAIMS = (
    Claim(
        "IMB4.trained",
        f"A network trained by cross-entropy and cut at 1/2 has the recall of the Bayes rule, {RECALL:.4f} (two Gaussians, "
        "prevalence 0.1, n = 10000).",
        "equivalence", RECALL, 0.05,
        statistic_of("mean", "recall_default", "cross_entropy", mechanism="gaussians", prevalence=0.1, n=10000), SOURCE, "BIOS",
    ),
    Claim(
        "IMB1.trained",
        f"A network trained with inverse-frequency weights and cut at 1/2 is within 0.01 of the smallest balanced error "
        f"({WORDS}, n = 10000).",
        "at_most", 0.01, 0, statistic_of("mean", "excess_default", "weighted", n=10000, **CELL), SOURCE, "JSM",
    ),
    Claim(
        "IMB5.trained",
        "Cross-entropy, cut at the prevalence after training, is within 0.01 of the smallest balanced error: a shift of the "
        f"threshold does what the adjusted loss does ({WORDS}, n = 10000).",
        "at_most", 0.01, 0, statistic_of("mean", "excess_prior", "cross_entropy", n=10000, **CELL), SOURCE, "JSM",
    ),
    _contrast(
        "IMB6.trained", "Logit adjustment has a smaller balanced error at the best cut than class weights in networks too",
        "at_most", 0, "excess_best", "logit_adjusted", "weighted", 2000,
    ),
    *(
        Claim(
            f"IMB4.threshold_n{n}",
            "After tuning the threshold on held-out data no loss differs from cross-entropy by more than 0.01 in balanced "
            f"error: the most different of nine ({WORDS}, n = {n}).",
            "equivalence", 0, 0.01, _largest_difference("excess_tuned", 0.01, n=n, **CELL), SOURCE, "JSM",
        )
        for n in (500, 2000, 10000, 50000)
    ),
    *(
        Claim(
            f"IMB4.rings_n{n}",
            "Where no line separates, too, no loss differs from cross-entropy after tuning the threshold by more than 0.01 in "
            f"balanced error, the most different of nine (rings in the plane, prevalence 0.02, n = {n}).",
            "equivalence", 0, 0.01, _largest_difference("excess_tuned", 0.01, n=n, mechanism="rings", prevalence=0.02),
            SOURCE, "JSM",
        )
        for n in (2000, 10000)
    ),
    Claim(
        "IMB2.trained",
        "The closed-form inverse of the focal map lowers the log loss of a network trained by focal loss "
        f"({WORDS}, n = 10000).",
        "at_most", 0, 0, _inverse_gain, SOURCE, "JSM",
    ),
    _contrast(
        "IMB2.calibration", "Cross-entropy has a smaller calibration error than focal loss", "at_most", 0, "ece",
        "cross_entropy", "focal", 10000,
    ),
    _contrast(
        "IMB1.calibration", "Cross-entropy has a smaller calibration error than class weights", "at_most", 0, "ece",
        "cross_entropy", "weighted", 10000,
    ),
    _contrast(
        "IMB1.platt", "After Platt scaling the log loss of weighted and of plain cross-entropy are equal to 0.005",
        "equivalence", 0.005, "log_loss_platt", "weighted", "cross_entropy", 10000,
    ),
    _contrast(
        "IMB6.undersampled", "Throwing the majority away costs balanced error at the best cut, compared with class weights",
        "at_least", 0, "excess_best", "undersampled", "weighted", 2000,
    ),
    Claim(
        "IMB5.long_tail",
        "On five classes with a long tail (ratio 100, n = 5000) the logit-adjusted loss is within 0.01 of cross-entropy with "
        "its logits corrected for the prior, in balanced error.",
        "equivalence", 0, 0.01,
        _adjusted_or_corrected, "Menon et al. 2021, ICLR; margin fixed for this study", "JSM",
    ),
)  # fmt: skip
