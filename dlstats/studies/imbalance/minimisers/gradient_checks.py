"""Bayes rules of two Gaussians, class-balanced weights, LDAM's margins and gradients: numbers by two routes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from dlstats.protocol.claim import equals
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.study import Check
from dlstats.theory import minimisers as theory

COUNTS = (5000, 500, 50)
EXAMPLE = (0.7, -0.9, -0.4, 0.9, -0.2)


def bayes_rule(prior: float, what: str) -> float:
    """Threshold, error, balanced error or recall of the Bayes rule for N(±1, 1), by root and quadrature."""
    return theory.gaussian_rule_numeric(prior, 2.0)[what]


def balanced_errors() -> dict[str, float]:
    """The smallest balanced error by prior."""
    priors = (0.5, 0.1, 0.01)
    return {str(p): theory.gaussian_rule_numeric(p, 2.0, balanced=True)["balanced_error"] for p in priors}


def weight_limits() -> list[float]:
    """|n w − 1| of class-balanced weights at β = 1 − 10⁻¹³."""
    from dlstats.losses import imbalance

    weights = imbalance.effective_number_weights(COUNTS, 1 - 1e-13, normalise=False)
    return [abs(n * w - 1) for n, w in zip(COUNTS, weights, strict=True)]


def distinct_gaps() -> dict[str, float]:
    """Difference of the effective number from the expected number of distinct prototypes among 50, by draws."""
    return {str(n): abs(theory.effective_number(n, 50) - theory.expected_distinct(n, 50)) for n in (1, 10, 100)}


def gradient(loss: str | Callable, z: float, y: float, single: bool = False) -> float:
    """Derivative of a loss in the logit z at the label y by automatic differentiation, in float64 unless `single`."""
    import torch

    from dlstats.losses import imbalance

    dtype = torch.float32 if single else torch.float64
    function = getattr(imbalance, loss) if isinstance(loss, str) else loss
    leaf = torch.full((1, 1, 1), z, dtype=dtype, requires_grad=True)
    (slope,) = torch.autograd.grad(function(leaf, torch.full((1, 1, 1), y, dtype=dtype)).sum(), leaf)
    return float(slope)


def clamped(z, y):
    """Cross-entropy of the probability: the logit passes a sigmoid first."""
    import torch

    return torch.nn.functional.binary_cross_entropy(torch.sigmoid(z), y)


def residual_gaps() -> dict[str, float]:
    """|gradient − (p − y)| over logits and labels."""
    logits, labels = np.linspace(-30, 30, 61).tolist(), (0.0, 1.0)
    expected = {(z, y): 1 / (1 + math.exp(-z)) - y for z in logits for y in labels}
    return {f"z = {z:g}, y = {y:g}": abs(gradient("cross_entropy", z, y) - e) for (z, y), e in expected.items()}


def entropy(logits: Sequence[float], scale: float = 1.0, shift: float = 0.0) -> float:
    """Cross-entropy at label 1 of logits that are scaled and shifted."""
    import torch

    from dlstats.losses import imbalance

    z = torch.tensor(logits, dtype=torch.float64).reshape(1, 1, -1) * scale + shift
    return float(imbalance.cross_entropy(z, torch.ones(1, 1, 1, dtype=torch.int64)))


JSM, BIOS = ("JSM",), ("BIOS",)
CUI, CAO = Theorem("cui2019"), Theorem("cao2019")


def _rules(prior: float) -> tuple[Check, ...]:
    """The checks on the Bayes rule of a prior."""
    threshold = theory.gaussian_threshold(prior, 2.0)
    rule = theory.gaussian_rule(threshold, prior, 2.0)
    expected = {
        "threshold": ("threshold ln((1 − π)/π)/2 =", threshold),
        "error": ("error", rule["error"]),
        "balanced_error": ("balanced error", rule["balanced_error"]),
        "recall": ("recall", rule["recall"]),
    }
    return tuple(
        Check(
            f"IMB4.{what}_{prior}", f"For N(±1, 1) with prior {prior} the Bayes rule has {words} {number:.9f}.",
            equals(number, 1e-9), partial(bayes_rule, prior, what), Derived(), BIOS,
        )
        for what, (words, number) in expected.items()
    )  # fmt: skip


CHECKS = (
    Check(
        "IMB4", "For N(±1, 1) the smallest balanced error is Φ(−1) whatever the prior (worst of π = 0.5, 0.1, 0.01).",
        equals(0.158655254, 1e-9), balanced_errors, Derived(),
    ),
    *_rules(0.1),
    *_rules(0.01),
    Check("IMB7.limit", "As β → 1, n w → 1: largest |n w − 1| at β = 1 − 10⁻¹³.", equals(0, 1e-8), weight_limits, CUI),
    Check(
        "IMB7.distinct",
        "The effective number is the expected number of distinct prototypes among n draws from 1/(1 − β): largest "
        "difference from the full distribution, 50 prototypes.",
        equals(0, 1e-9), distinct_gaps, CUI,
    ),
    *(
        Check(
            f"IMB14.{a}_{b}", f"LDAM's bound is smallest at the margin ratio (n₂/n₁)^(1/4) for n = ({a}, {b}).",
            equals(theory.ldam_ratio(a, b), 1e-9), partial(theory.ldam_ratio_numeric, a, b), CAO, JSM,
        )
        for a, b in ((1000, 10), (500, 50))
    ),
    Check(
        "IMB18", "The gradient of cross-entropy in the logit is p − y: largest difference over logits −30 to 30.",
        equals(0, 1e-8), residual_gaps, Derived(), BIOS,
    ),
    Check(
        "IMB18.confidently_wrong", "At z = −8 and y = 1 the gradient of cross-entropy is −1/(1 + e⁻⁸).",
        equals(-1 / (1 + math.exp(-8)), 1e-8), lambda: gradient("cross_entropy", -8, 1), Derived(), BIOS,
    ),
    Check(
        "IMB18.squared", "At z = −8 and y = 1 the gradient of squared error on the probability has vanished to −0.00067025.",
        equals(-0.00067025, 1e-8), lambda: gradient("squared_probability", -8, 1), Derived(), BIOS,
    ),
    Check(
        "IMB18.squared_far", "At z = −20 it is −4.1 · 10⁻⁹.",
        equals(-4.1e-9, 1e-10), lambda: gradient("squared_probability", -20, 1), Derived(), BIOS,
    ),
    Check(
        "IMB18.clamped",
        "The vanishing cross-entropy gradient of the lectures is an artefact of float32: on a sigmoid it is 0 at z = 20, y = 0.",
        equals(0), lambda: gradient(clamped, 20, 0, single=True), Derived(), BIOS,
    ),
    Check(
        "IMB18.logits", "In logits the float32 gradient there is 1.",
        equals(1, 1e-6), lambda: gradient("cross_entropy", 20, 0, single=True), Derived(), BIOS,
    ),
    Check(
        "IMB19", "Cross-entropy does not change when all logits are shifted: 2.7514387 for the lectures' example.",
        equals(theory.cross_entropy_of(EXAMPLE, 1), 1e-8), lambda: entropy(EXAMPLE, shift=5.0), Derived(), BIOS,
    ),
)  # fmt: skip
