"""What the study of weighting claims: IMB5.fit, IMB6 and IMB13."""

from __future__ import annotations

import math

import numpy as np

from dlstats import montecarlo
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence
from dlstats.studies.imbalance._claims import paired, statistic_of
from dlstats.studies.imbalance._settings import DISTANCE, PRIOR, SCALES, WEIGHTS
from dlstats.theory import minimisers
from dlstats.theory import weighting as theory


def _worst(column: str, centre: float, methods: tuple[str, ...]):
    """Largest |column − centre| over data sets and methods."""

    def measure(evidence: Evidence):
        rows = evidence.rows(part="separable", method=list(methods))
        gap = (rows[column] - centre).abs()
        return montecarlo.exact(float(np.max(gap.to_numpy())), note=f"worst of {len(rows)} paths")

    return measure


def _largest_gap(evidence: Evidence):
    rows = evidence.rows(part="shift")
    return montecarlo.exact(float(np.max(rows["shift_gap"].to_numpy())), note=f"worst of {len(rows)} fits")


SLOPES = {weighted: float(theory.asymptotic_variance(PRIOR, DISTANCE, weighted)[1, 1]) for weighted in (False, True)}
CUTS = {weighted: theory.threshold_variance(PRIOR, DISTANCE, weighted) for weighted in (False, True)}
MENON, BYRD = "Menon et al. 2021, ICLR; variances derived here", "Byrd and Lipton 2019, ICML; law derived here"
SETTING = f"for N(±1, 1) with prior {PRIOR}"


def _variance(name: str, words: str, column: str, method: str, n: int, theory_value: float) -> Claim:
    statement = f"{words}, {SETTING}: n times its variance at n = {n} is {theory_value:.5g}, its asymptotic value."
    measure = statistic_of("variance", column, method, math.sqrt(n), part="efficiency", n=n)
    return Claim(name, statement, "equivalence", theory_value, 0.1 * theory_value, measure, MENON, "JSM")


def _excess(name: str, method: str, weighted: bool) -> Claim:
    value = theory.excess_balanced_error(DISTANCE, CUTS[weighted] / 5000)
    words = "Class weights have" if weighted else "Logit adjustment has"
    statement = (
        f"{words} expected excess balanced error (D/4) φ(D/2) Var(threshold) = {value:.4g} at n = 5000, {SETTING}."
    )
    measure = statistic_of("mean", "excess", method, part="efficiency", n=5000)
    return Claim(name, statement, "equivalence", value, 0.1 * value, measure, MENON, "JSM")


def _separable_claims(digits: int) -> tuple[Claim, ...]:
    """The claims on the ridge path at penalty 10^−digits."""
    name, where = ("IMB13", "at penalty 1e-12") if digits == 12 else ("IMB13.limit", f"at penalty 1e-{digits}")
    weights = tuple(f"weight_{w}" for w in WEIGHTS)
    scales = (
        Claim(
            f"{name}.scale_{scale}",
            f"Multiplying the margin of class 1 by {scale} does not vanish: the margins' ratio tends to {1 / scale:g}; "
            f"largest difference {where}.",
            "bound_above", 0, 0.1 / scale, _worst(f"margin_ratio_{digits}", 1 / scale, (f"scale_{scale}",)),
            "Kini, Paraskevas, Oymak and Thrampoulidis 2021, NeurIPS", "JSM",
        )
        for scale in SCALES
    )  # fmt: skip
    return (
        Claim(
            name,
            "On separable data weights of ratio 10 and 100, or an offset of 2, move the boundary of the ridge path by "
            f"ln(ratio)/(2‖w‖): largest relative difference {where}.",
            "bound_above", 0, 0.02, _worst(f"law_ratio_{digits}", 1.0, (*weights, "offset")), BYRD, "JSM",
        ),
        Claim(
            f"{name}.direction",
            f"Whatever the weights, the direction tends to that of the hard margin: largest angle {where}, radians.",
            "bound_above", 0, 0.02, _worst(f"angle_{digits}", 0.0, ("unweighted", *weights)),
            "Rosset, Zhu and Hastie 2004", "JSM",
        ),
        *scales,
    )  # fmt: skip


ERM = minimisers.gaussian_rule(minimisers.gaussian_threshold(PRIOR, DISTANCE), PRIOR, DISTANCE)["balanced_error"]
CLAIMS = (
    Claim(
        "IMB5.fit",
        "With a free intercept the fit of the logit-adjusted loss is the maximum likelihood fit with its intercept shifted.",
        "identity",
        0,
        1e-9,
        _largest_gap,
        "Menon et al. 2021, ICLR; short proof",
        "JSM",
    ),
    _variance("IMB6", "Slope of logit adjustment", "slope", "logit_adjusted", 5000, SLOPES[False]),
    _variance("IMB6.weighted_5000", "Slope of weighted cross-entropy", "slope", "weighted", 5000, SLOPES[True]),
    _variance("IMB6.weighted_50000", "Slope of weighted cross-entropy", "slope", "weighted", 50000, SLOPES[True]),
    _variance("IMB6.threshold", "Threshold of logit adjustment", "threshold", "logit_adjusted", 5000, CUTS[False]),
    _variance("IMB6.threshold_weighted", "Threshold of class weights", "threshold", "weighted", 5000, CUTS[True]),
    _excess("IMB6.excess", "logit_adjusted", False),
    _excess("IMB6.excess_weighted", "weighted", True),
    Claim(
        "IMB6.order",
        f"Logit adjustment has a smaller balanced error than class weights at n = 5000, {SETTING}.",
        "at_most",
        0,
        0,
        paired("excess", "logit_adjusted", "weighted", part="efficiency", n=5000),
        MENON,
        "JSM",
    ),
    Claim(
        "IMB6.unadjusted",
        f"Cross-entropy cut at 1/2 has balanced error {ERM:.4f}, {SETTING}.",
        "equivalence",
        ERM,
        0.05 * ERM,
        statistic_of("mean", "balanced_error", "cross_entropy", part="efficiency", n=5000),
        MENON,
        "JSM",
    ),
    *(claim for digits in (12, 200) for claim in _separable_claims(digits)),
)
