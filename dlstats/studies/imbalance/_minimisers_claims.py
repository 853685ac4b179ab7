"""What the study of minimisers claims: IMB1 to IMB5, IMB7 to IMB10, IMB14, IMB18 and IMB19."""

from __future__ import annotations

import math

import numpy as np

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence
from dlstats.studies.imbalance._claims import value_of
from dlstats.studies.imbalance._settings import GAMMAS
from dlstats.theory import minimisers as theory

DERIVED = "derived here, short proof"
FOCAL = "Charoenphakdee, Vongkulbhisal, Chairatanakul and Sugiyama 2021, CVPR"
F1 = "Lipton, Elkan and Narayanaswamy 2014; Zhao, Edakunni, Pocock and Brown 2013"


def _identity(name, statement, value, margin, part, method, source=DERIVED, lecture="") -> Claim:
    return Claim(name, statement, "identity", value, margin, value_of(method, part=part), source, lecture)


def _largest_gap(evidence: Evidence) -> Estimate:
    rows = evidence.rows(part="focal", method=[f"largest_gap_{g}" for g in GAMMAS])
    return montecarlo.exact(float(np.max(rows["value"].to_numpy())), note=f"worst of {len(rows)} values of gamma")


ENTROPY = theory.cross_entropy_of((0.7, -0.9, -0.4, 0.9, -0.2), 1)
RULE = theory.gaussian_rule(theory.gaussian_threshold(0.1, 2.0), 0.1, 2.0)
RARE = theory.gaussian_rule(theory.gaussian_threshold(0.01, 2.0), 0.01, 2.0)

WEIGHTS = (
    _identity(
        "IMB1",
        "Weighted cross-entropy fits w₁η/(w₁η + w₀(1 − η)): the largest difference from the numerical minimiser is 0.",
        0, 1e-8, "weighted", "formula", lecture="JSM",
    ),
    _identity(
        "IMB1.balanced",
        "With inverse-frequency weights the fitted probability is 1/2 where η = π: calibrated for balanced data; largest "
        "difference over π = 0.01, 0.1, 0.3 and 0.5.",
        0, 1e-8, "weighted", "half_at_prior", lecture="JSM",
    ),
    _identity(
        "IMB1.example", "At η = 0.3 with weights (2, 1) the fit is 6/13.", 6 / 13, 1e-8, "weighted", "example",
        lecture="JSM",
    ),
    _identity(
        "IMB3", "Focal loss with alpha = 0.25 says class 1 only where η > 1 − alpha = 0.75.", 0.75, 1e-8, "focal",
        "threshold_0.25", lecture="JSM",
    ),
    _identity(
        "IMB3.other", "Focal loss with alpha = 0.9 says class 1 where η > 0.1.", 0.1, 1e-8, "focal", "threshold_0.9",
    ),
    _identity(
        "IMB3.constant",
        "One alpha for both classes only rescales the focal loss: the largest change of the minimiser is 0.",
        0, 1e-8, "focal", "constant_alpha", lecture="JSM",
    ),
)  # fmt: skip

FOCALS = (
    _identity(
        "IMB2",
        "The true probability is recovered from a focal fit by η ∝ p/φ(p), gamma 0.5 to 5: largest error of the fit "
        "found by the numerical minimiser.",
        0, 3e-8, "focal", "recovery", FOCAL, "JSM",
    ),
    _identity(
        "IMB2.root", "The true probability is recovered from a focal minimiser found by a root of the closed "
        "form: largest error.", 0, 1e-12, "focal", "root", FOCAL
    ),
    _identity(
        "IMB2.multiclass", "The true probabilities are recovered from a focal fit of four classes, η = (0.4, 0.3, "
        "0.2, 0.1): largest error.", 0, 1e-8, "multiclass",
        "focal_recovery", FOCAL,
    ),
    Claim(
        "IMB2.underconfident",
        "Binary focal loss is under-confident for gamma = 0.5, 1, 2, 3 and 5: the largest p − η over η > 1/2 is below 0.",
        "bound_above", 0, 0, _largest_gap, FOCAL, "JSM",
    ),
    Claim(
        "IMB2.over",
        "With eight classes and η = 0.1 for one (0.9/7 for the others) the focal fit exceeds 0.1 for some gamma of 0.5 to 5.",
        "bound_below", 0.1, 0, value_of("focal_small_largest", part="multiclass"), FOCAL,
    ),
    Claim(
        "IMB2.under",
        "In the same setting it falls short of 0.1 for another gamma of 0.5 to 5.",
        "bound_above", 0.1, 0, value_of("focal_small_smallest", part="multiclass"), FOCAL,
    ),
)  # fmt: skip

GAUSSIANS = (
    _identity(
        "IMB4",
        "For N(±1, 1) the smallest balanced error is Φ(−1) whatever the prior (worst of π = 0.5, 0.1, 0.01).",
        0.158655254, 1e-9, "gaussians", "balanced",
    ),
    *(
        _identity(
            f"IMB4.{what}_{prior}",
            f"For N(±1, 1) with prior {prior} the Bayes rule has {words} {value:.9f}.",
            value, 1e-9, "gaussians", f"{what}_{prior}", lecture="BIOS",
        )
        for prior, rule in ((0.1, RULE), (0.01, RARE))
        for what, words, value in (
            ("threshold", "threshold ln((1 − π)/π)/2 =", theory.gaussian_threshold(prior, 2.0)),
            ("error", "error", rule["error"]),
            ("balanced_error", "balanced error", rule["balanced_error"]),
            ("recall", "recall", rule["recall"]),
        )
    ),
    _identity(
        "IMB5",
        "Logit adjustment fits z = log(η/π) up to a constant, whose argmax is the balanced Bayes rule: largest difference "
        "with four classes.",
        0, 1e-8, "multiclass", "adjusted_logits", "Menon et al. 2021, ICLR", "JSM",
    ),
    _identity(
        "IMB5.argmax", "The argmax of the logit-adjusted fit is that of "
        "η/π.", 1, 0, "multiclass", "adjusted_argmax", "Menon et al. 2021, ICLR"
    ),
)  # fmt: skip

CUI = "Cui, Jia, Lin, Song and Belongie 2019, CVPR"
BALANCED = (
    _identity(
        "IMB7",
        "Class-balanced weights (1 − β)/(1 − βⁿ), n = 5000, 500, 50 and β = 0 to 0.999999, keep 12 digits in float64: "
        "largest relative difference from 60-digit arithmetic.",
        0, 1e-12, "class_balanced", "formula", CUI, "JSM",
    ),
    _identity("IMB7.zero", "At β = 0 all class-balanced weights are 1.", 0, 0, "class_balanced", "zero", CUI),
    _identity(
        "IMB7.limit", "As β → 1, n w → 1: largest |n w − 1| at β = 1 − 10⁻¹³.", 0, 1e-8, "class_balanced", "limit", CUI
    ),
    _identity(
        "IMB7.distinct",
        "The effective number is the expected number of distinct prototypes among n draws from 1/(1 − β): largest "
        "difference from the full distribution, 50 prototypes.",
        0, 1e-9, "class_balanced", "distinct", CUI,
    ),
)  # fmt: skip

DICE = (
    _identity(
        "IMB8", "F1 and Dice are largest for the cut η > F*/2: largest difference over five pairs of Gaussians.",
        0, 1e-8, "overlap", "half", F1,
    ),
    _identity(
        "IMB8.routes", "F* by search over cuts and by the root of E(2η − F)⁺ = Fπ agree: largest difference.",
        0, 1e-8, "overlap", "routes", F1,
    ),
    _identity(
        "IMB9", "The Tversky index T is largest for the cut η > aT/(1 + (a + b − 1)T): largest difference over four (a, b).",
        0, 1e-8, "overlap", "tversky",
    ),
    _identity(
        "IMB9.jaccard", "Jaccard and Dice have the same optimal cut: difference.", 0, 1e-8, "overlap", "jaccard_is_dice"
    ),
    _identity(
        "IMB10", "Soft Dice with the squared denominator fits p = min(1, η/F): largest difference from L-BFGS-B over ten levels.",
        0, 1e-6, "dice", "squared_gap", lecture="JSM",
    ),
    _identity(
        "IMB10.linear", "With the linear denominator it fits p = 1{η > F/2}, all or nothing: largest difference over ten levels.",
        0, 1e-6, "dice", "linear_gap", lecture="JSM",
    ),
    _identity(
        "IMB10.rule",
        "Cut at 1/2, the squared denominator gives the same decision as the linear one: levels of ten that it decides "
        "otherwise (its F is larger, so its cut F/2 is too).",
        0, 0, "dice", "levels_apart", lecture="JSM",
    ),
)  # fmt: skip

GRADIENTS = (
    *(
        _identity(
            f"IMB14.{a}_{b}", f"LDAM's bound is smallest at the margin ratio (n₂/n₁)^(1/4) for n = ({a}, {b}).",
            theory.ldam_ratio(a, b), 1e-9, "ldam", f"ratio_{a}_{b}", "Cao et al. 2019, NeurIPS", "JSM",
        )
        for a, b in ((1000, 10), (500, 50))
    ),
    _identity(
        "IMB18", "The gradient of cross-entropy in the logit is p − y: largest difference over logits −30 to 30.",
        0, 1e-8, "gradients", "p_minus_y", lecture="BIOS",
    ),
    _identity(
        "IMB18.confidently_wrong", "At z = −8 and y = 1 the gradient of cross-entropy is −1/(1 + e⁻⁸).",
        -1 / (1 + math.exp(-8)), 1e-8, "gradients", "cross_entropy_-8", lecture="BIOS",
    ),
    _identity(
        "IMB18.squared", "At z = −8 and y = 1 the gradient of squared error on the probability has vanished to −0.00067025.",
        -0.00067025, 1e-8, "gradients", "squared_-8", lecture="BIOS",
    ),
    _identity(
        "IMB18.squared_far", "At z = −20 it is −4.1e-9.", -4.1e-9, 1e-10, "gradients", "squared_-20", lecture="BIOS"
    ),
    _identity(
        "IMB18.clamped",
        "The vanishing cross-entropy gradient of the lectures is an artefact of float32: on a sigmoid it is 0 at z = 20, y = 0.",
        0, 0, "gradients", "clamped_20", lecture="BIOS",
    ),
    _identity(
        "IMB18.logits", "In logits the float32 gradient there is 1.", 1, 1e-6, "gradients", "logits_20", lecture="BIOS"
    ),
    _identity(
        "IMB19", "Cross-entropy does not change when all logits are shifted: 2.7514387 for the lectures' example.",
        ENTROPY, 1e-8, "gradients", "entropy_shifted", lecture="BIOS",
    ),
    _identity(
        "IMB19.scaling", "Cross-entropy is invariant to scaling, as the lectures say: logits doubled, it stays 2.7514387.",
        ENTROPY, 1e-8, "gradients", "entropy_scaled", lecture="JSM",
    ),
)  # fmt: skip

CLAIMS = (*WEIGHTS, *FOCALS, *GAUSSIANS, *BALANCED, *DICE, *GRADIENTS)
