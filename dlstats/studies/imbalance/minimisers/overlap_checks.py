"""Where F1, Dice and Tversky are largest, and what their soft versions elicit: numerical optima against theory."""

from __future__ import annotations

from functools import partial

import numpy as np

from dlstats.protocol.claim import at_least, equals
from dlstats.protocol.origin import Derived
from dlstats.protocol.study import Check
from dlstats.theory import overlap

PAIRS = ((0.1, 2), (0.5, 2), (0.01, 3), (0.1, 1), (0.3, 0.5))
"""Prevalence and distance D of two Gaussians N(±D/2, 1) for which F1 is maximised."""
WEIGHTS = ((0.5, 0.5), (0.3, 0.7), (0.7, 0.3), (1, 1))
"""Weights (a, b) of false positives and false negatives in the Tversky index."""
SOLVE = {"linear": overlap.dice_linear, "squared": overlap.dice_squared}


def half_gaps() -> dict[str, float]:
    """Difference of the best cut for F1 from half the largest F1, by Gaussians."""
    best = {pair: overlap.tversky_by_search(*pair, 0.5, 0.5) for pair in PAIRS}
    return {str(pair): abs(cut - largest / 2) for pair, (largest, cut) in best.items()}


def tversky_gaps() -> dict[str, float]:
    """Difference of the best cut for the Tversky index from its formula, by weights."""
    best = {ab: overlap.tversky_by_search(0.1, 2.0, *ab) for ab in WEIGHTS}
    return {str(ab): abs(cut - overlap.tversky_threshold(index, *ab)) for ab, (index, cut) in best.items()}


def jaccard_gap() -> float:
    """Difference of the best cuts for Dice and for Jaccard."""
    dice, jaccard = (overlap.tversky_by_search(0.1, 2.0, a, a)[1] for a in (0.5, 1))
    return abs(dice - jaccard)


def soft_dice(denominator: str) -> np.ndarray:
    """The probabilities at ten levels of η that maximise soft Dice numerically."""
    from dlstats.losses import elicitation
    from dlstats.losses import overlap as losses

    loss = partial(losses.dice, denominator=denominator)
    return elicitation.maximise_overlap(loss, overlap.LEVELS, overlap.PROPORTIONS)


def soft_gap(denominator: str) -> float:
    """Largest difference of these probabilities from their closed form."""
    return np.abs(soft_dice(denominator) - SOLVE[denominator](overlap.LEVELS, overlap.PROPORTIONS)[1]).max()


def cuts_apart() -> dict[str, float]:
    """How much higher the squared denominator cuts than the linear one: half the difference of the largest Dice."""
    largest = {pair: [overlap.dice_by_root(*pair, squared=s) for s in (True, False)] for pair in PAIRS}
    largest |= {("levels",): [SOLVE[d](overlap.LEVELS, overlap.PROPORTIONS)[0] for d in ("squared", "linear")]}
    return {str(pair): (squared - linear) / 2 for pair, (squared, linear) in largest.items()}


THRESHOLD, LINEAR, SQUARED = (
    Derived(f"overlap.md#{section}")
    for section in ("tversky-threshold", "soft-dice-with-a-linear-denominator", "soft-dice-with-a-squared-denominator")
)
DICE = ("JSM", "BIOS")
CHECKS = (
    Check(
        "IMB8",
        "F1 and Dice, with the largest value F, are largest for the decision η > F/2, η the true probability: largest difference "
        "of the cuts over five pairs of Gaussians.",
        equals(0, 1e-8), half_gaps, THRESHOLD, DICE,
    ),
    Check(
        "IMB9",
        "The Tversky index with weights a and b, its largest value T, is largest for the decision η > aT/(1 + (a + b − 1)T), η "
        "the true probability: largest difference of the cuts over four (a, b).",
        equals(0, 1e-8), tversky_gaps, THRESHOLD,
    ),
    Check("IMB9.jaccard", "Jaccard and Dice have the same optimal cut: difference.", equals(0, 1e-8), jaccard_gap, THRESHOLD),
    Check(
        "IMB10",
        "Soft Dice with the squared denominator, its largest value F, fits p = min(1, η/F), η the true probability: largest "
        "difference from L-BFGS-B over ten levels.",
        equals(0, 1e-6), lambda: soft_gap("squared"), SQUARED, ("BIOS",),
    ),
    Check(
        "IMB10.linear",
        "Soft Dice with the linear denominator, its largest value F, fits p = 1{η > F/2}, all or nothing, η the true "
        "probability: largest difference from L-BFGS-B over ten levels.",
        equals(0, 1e-6), lambda: soft_gap("linear"), LINEAR, DICE,
    ),
    Check(
        "IMB10.rule",
        "Cut at 1/2, soft Dice with the squared denominator decides for no more points than with the linear one, as half of its "
        "largest value F is not smaller: smallest difference of the cuts on η over five pairs of Gaussians and the ten levels.",
        at_least(0), cuts_apart, SQUARED, ("BIOS",),
    ),
)  # fmt: skip
