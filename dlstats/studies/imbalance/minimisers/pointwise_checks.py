"""What weighted, focal and logit-adjusted losses elicit: the library's losses minimised numerically, against theory."""

from __future__ import annotations

from functools import partial

import numpy as np

from dlstats.protocol.claim import at_least, at_most, equals
from dlstats.protocol.origin import Derived
from dlstats.protocol.study import Check
from dlstats.theory import minimisers as theory

GAMMAS = (0.5, 1, 2, 3, 5)
"""Values of the focal loss's gamma that are checked; under-confidence is proven from 1 on."""


def _probability(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logit))


def weighted_fit(eta: np.ndarray | float, weight1: float, weight0: float) -> np.ndarray:
    """The probability at the numerical minimum of weighted cross-entropy."""
    from dlstats.losses import elicitation, imbalance

    loss = partial(imbalance.weighted, weights=(weight0, weight1))
    return _probability(elicitation.minimise_binary(loss, np.atleast_1d(eta)))


def weighted_gaps() -> dict[str, float]:
    """Largest difference of the fit from its closed form, by weights."""
    eta = np.arange(1, 1000) / 1000
    pairs = ((9, 1), (2, 1), (100, 100 / 99))
    return {str(w): np.abs(weighted_fit(eta, *w) - theory.weighted_map(eta, *w)).max() for w in pairs}


def balanced_gaps() -> dict[str, float]:
    """Difference from 1/2 of the fit at η = π with inverse-frequency weights, by π."""
    return {str(p): abs(weighted_fit(p, 1 / p, 1 / (1 - p))[0] - 0.5) for p in (0.01, 0.1, 0.3, 0.5)}


def focal_fit(eta: np.ndarray, gamma: float, **options: tuple[float, float]) -> np.ndarray:
    """The probability at the numerical minimum of the focal loss."""
    from dlstats.losses import elicitation, imbalance

    return _probability(elicitation.minimise_binary(partial(imbalance.focal, gamma=gamma, **options), eta))


ETA = np.arange(1, 2001) / 2001


def recovery_gaps() -> dict[str, float]:
    """Largest difference of the true probability from that recovered from the focal fit, by gamma."""
    fits = {g: focal_fit(ETA, g) for g in GAMMAS}
    return {f"gamma {g}": np.abs(theory.focal_inverse_binary(p, g) - ETA).max() for g, p in fits.items()}


def confidence_gaps() -> dict[str, float]:
    """Largest excess of the focal fit over the true probability above 1/2, by gamma."""
    return {f"gamma {g}": (focal_fit(ETA, g) - ETA)[ETA > 0.5].max() for g in GAMMAS if g >= 1}


def constant_alpha() -> float:
    """Largest change of the focal minimiser by one alpha for both classes."""
    return np.abs(focal_fit(ETA, 2.0) - focal_fit(ETA, 2.0, weights=(0.25, 0.25))).max()


def focal_threshold(alpha: float) -> float:
    """The true probability at which the focal fit with `alpha` is 1/2, by a grid that is narrowed three times."""
    lower, upper = 0.0, 1.0
    for _ in range(3):
        eta = np.linspace(lower, upper, 2002)[1:-1]
        above = int(np.searchsorted(focal_fit(eta, 2.0, weights=(1 - alpha, alpha)), 0.5))
        step = eta[1] - eta[0]
        lower, upper = eta[above] - step, eta[above]
    return (lower + upper) / 2


def multiclass_gaps() -> dict[str, float]:
    """Largest difference of four probabilities from those recovered from the focal fit, by gamma."""
    from dlstats.losses import elicitation, imbalance

    eta, gaps = np.array([0.4, 0.3, 0.2, 0.1]), {}
    for gamma in GAMMAS:
        z = elicitation.minimise_multiclass(partial(imbalance.focal, gamma=gamma), eta)
        gaps[f"gamma {gamma}"] = np.abs(theory.focal_inverse(np.exp(z) / np.exp(z).sum(), gamma) - eta).max()
    return gaps


def small_fits() -> list[float]:
    """The focal fit of the class of probability 0.1 among eight, by gamma."""
    return [theory.focal_map_multiclass(np.array([0.1] + [0.9 / 7] * 7), gamma)[0] for gamma in GAMMAS]


SCORES = (0.4 / 0.6, 0.3 / 0.25, 0.2 / 0.11, 0.1 / 0.04)
"""η/π of four classes."""


def adjusted_logits() -> np.ndarray:
    """Logits of the numerical minimum of the logit-adjusted loss."""
    from dlstats.losses import elicitation, imbalance

    loss = partial(imbalance.logit_adjusted, prior=(0.6, 0.25, 0.11, 0.04))
    return elicitation.minimise_multiclass(loss, np.array([0.4, 0.3, 0.2, 0.1]))


def adjusted_gap() -> float:
    """Largest difference of these logits from log(η/π), both 0 in the first class."""
    score = np.log(SCORES)
    return np.abs(adjusted_logits() - (score - score[0])).max()


JSM = ("JSM",)
WEIGHTED, ALPHA, FOCAL, ADJUSTED = (
    Derived(f"calibration-of-losses.md#{section}")
    for section in ("weighted-cross-entropy", "focal-loss-with-a-class-weight", "focal-loss", "logit-adjusted-loss")
)
CHECKS = (
    Check(
        "IMB1",
        "Weighted cross-entropy fits w₁η/(w₁η + w₀(1 − η)), η the true probability: largest difference from the numerical "
        "minimiser.",
        equals(0, 1e-8), weighted_gaps, WEIGHTED, JSM,
    ),
    Check(
        "IMB1.balanced",
        "With inverse-frequency weights the fitted probability is 1/2 where η = π: calibrated for balanced data; largest "
        "difference over π = 0.01, 0.1, 0.3 and 0.5.",
        equals(0, 1e-8), balanced_gaps, WEIGHTED, JSM,
    ),
    Check(
        "IMB1.example", "At η = 0.3 with weights (2, 1) the fit is 6/13.",
        equals(6 / 13, 1e-8), lambda: weighted_fit(0.3, 2, 1)[0], WEIGHTED, JSM,
    ),
    Check(
        "IMB2",
        "The true probability η is recovered from a focal fit p by η ∝ p/φ(p), φ(p) = (1 − p)^γ − γ(1 − p)^(γ−1) p ln p, γ = 0.5 "
        "to 5: largest error of the fit found by the numerical minimiser.",
        equals(0, 3e-8), recovery_gaps, FOCAL, JSM,
    ),
    Check(
        "IMB2.multiclass",
        "The true probabilities are recovered from a focal fit of four classes, η = (0.4, 0.3, 0.2, 0.1): largest error.",
        equals(0, 1e-8), multiclass_gaps, FOCAL,
    ),
    Check(
        "IMB2.underconfident",
        "Binary focal loss is under-confident for gamma = 1, 2, 3 and 5: the largest p − η over η > 1/2 is below 0.",
        at_most(0), confidence_gaps, FOCAL, JSM,
    ),
    Check(
        "IMB2.over",
        "With eight classes and η = 0.1 for one (0.9/7 for the others) the focal fit exceeds 0.1 for some gamma of 0.5 to 5.",
        at_least(0.1), lambda: max(small_fits()), FOCAL,
    ),
    Check(
        "IMB2.under",
        "With eight classes and η = 0.1 for one (0.9/7 for the others) the focal fit falls short of 0.1 for some gamma of 0.5 to "
        "5.",
        at_most(0.1), lambda: min(small_fits()), FOCAL,
    ),
    Check(
        "IMB3", "Focal loss with alpha = 0.25 predicts class 1 only where η > 1 − alpha = 0.75.",
        equals(0.75, 1e-8), lambda: focal_threshold(0.25), ALPHA, JSM,
    ),
    Check(
        "IMB3.other", "Focal loss with alpha = 0.9 predicts class 1 where η > 0.1.",
        equals(0.1, 1e-8), lambda: focal_threshold(0.9), ALPHA,
    ),
    Check(
        "IMB3.constant", "One alpha for both classes only rescales the focal loss: the largest change of the minimiser is 0.",
        equals(0, 1e-8), constant_alpha, ALPHA, ("JSM", "BIOS"),
    ),
    Check(
        "IMB5",
        "Logit adjustment fits z = log(η/π) up to a constant, whose argmax is the balanced Bayes rule: largest difference "
        "with four classes.",
        equals(0, 1e-8), adjusted_gap, ADJUSTED, JSM,
    ),
    Check(
        "IMB5.argmax", "The argmax of the logit-adjusted fit is that of η/π.",
        equals(1), lambda: float(adjusted_logits().argmax() == np.argmax(SCORES)), ADJUSTED,
    ),
)  # fmt: skip
