"""Bayes rules of two Gaussians, class-balanced weights, LDAM's margins and gradients: numbers by two routes."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from dlstats.protocol.claim import equals
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.study import Check
from dlstats.theory import minimisers as theory

COUNTS = (5000, 500, 50)
BATCH = (
    (0.7114, -0.9152, -0.3899, 0.9435, -0.1819),
    (-0.6162, -0.0346, -0.5723, -1.1487, -1.4400),
    (0.3388, -0.9662, -0.2876, -0.1088, -0.1857),
    (-1.3066, 1.5789, -0.3382, -0.6364, 2.9867),
)
LABELS = (1, 0, 3, 2)
"""The batch of logits printed in BIOS under nn.CrossEntropyLoss in PyTorch, and its labels."""


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


def entropy(scale: float = 1.0, shift: float = 0.0) -> float:
    """Mean cross-entropy of the printed batch, its logits scaled and shifted."""
    import torch

    from dlstats.losses import imbalance

    z = torch.tensor(BATCH, dtype=torch.float64)[None] * scale + shift
    return float(imbalance.cross_entropy(z, torch.tensor(LABELS)[None, :, None]).mean())


PRINTED = sum(theory.cross_entropy_of(z, y) for z, y in zip(BATCH, LABELS, strict=True)) / len(LABELS)
"""Cross-entropy of the batch, 2.3831 where it is printed."""
JSM, BIOS = ("JSM",), ("BIOS",)
RULE, GRADIENT, FLOAT32, SHIFTED, MARGIN = (
    Derived(f"calibration-of-losses.md#{section}")
    for section in (
        "two-gaussians",
        "gradients-in-the-logit",
        "gradients-in-float32",
        "shifted-logits",
        "margins-by-class-size",
    )
)


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
            f"IMB4.{what}_{prior}", f"For N(±1, 1) with prior {prior} the Bayes rule has {text} {number:.9f}.",
            equals(number, 1e-9), partial(bayes_rule, prior, what), RULE, BIOS,
        )
        for what, (text, number) in expected.items()
    )  # fmt: skip


CHECKS = (
    Check(
        "IMB4", "For N(±1, 1) the smallest balanced error is Φ(−1) whatever the prior (worst of π = 0.5, 0.1, 0.01).",
        equals(0.158655254, 1e-9), balanced_errors, RULE,
    ),
    *_rules(0.1),
    *_rules(0.01),
    Check("IMB7.limit", "As β → 1, n w → 1: largest |n w − 1| at β = 1 − 10⁻¹³.", equals(0, 1e-8), weight_limits,
        Theorem("cui2019", "implication 1"), ("JSM", "BIOS"),
    ),
    Check(
        "IMB7.distinct",
        "The effective number is the expected number of distinct prototypes among n draws from 1/(1 − β): largest "
        "difference from the full distribution, 50 prototypes.",
        equals(0, 1e-9), distinct_gaps, Theorem("cui2019", "proposition 1"), ("JSM", "BIOS"),
    ),
    *(
        Check(
            f"IMB14.{a}_{b}", f"LDAM's bound is smallest at the margin ratio (n₂/n₁)^(1/4) for n = ({a}, {b}).",
            equals(theory.ldam_ratio(a, b), 1e-9), partial(theory.ldam_ratio_numeric, a, b), MARGIN, JSM,
        )
        for a, b in ((1000, 10), (500, 50))
    ),
    Check(
        "IMB18", "The gradient of cross-entropy in the logit is p − y: largest difference over logits −30 to 30.",
        equals(0, 1e-8), residual_gaps, GRADIENT, BIOS,
    ),
    Check(
        "IMB18.confidently_wrong", "At z = −8 and y = 1 the gradient of cross-entropy is −1/(1 + e⁻⁸).",
        equals(-1 / (1 + math.exp(-8)), 1e-8), lambda: gradient("cross_entropy", -8, 1), GRADIENT, BIOS,
    ),
    Check(
        "IMB18.squared", "At z = −8 and y = 1 the gradient of squared error on the probability is only −0.00067025.",
        equals(-0.00067025, 1e-8), lambda: gradient("squared_probability", -8, 1), GRADIENT, BIOS,
    ),
    Check(
        "IMB18.squared_far", "At z = −20 and y = 1 the gradient of squared error on the probability is only −4.1 × 10⁻⁹.",
        equals(-4.1e-9, 1e-10), lambda: gradient("squared_probability", -20, 1), GRADIENT, BIOS,
    ),
    Check(
        "IMB18.clamped",
        "At z = 20 and y = 0, where it is 1, the gradient of cross-entropy behind a sigmoid is 0 in float32.",
        equals(0), lambda: gradient(clamped, 20, 0, single=True), FLOAT32, BIOS,
    ),
    Check(
        "IMB18.logits", "At z = 20 and y = 0 the gradient of cross-entropy computed from the logit is 1 in float32.",
        equals(1, 1e-6), lambda: gradient("cross_entropy", 20, 0, single=True), FLOAT32, BIOS,
    ),
    Check(
        "IMB19",
        f"Cross-entropy does not change when all logits are shifted: {PRINTED:.4f} for a batch of four printed in a lecture.",
        equals(PRINTED, 1e-8), lambda: entropy(shift=5.0), SHIFTED, BIOS,
    ),
)  # fmt: skip
