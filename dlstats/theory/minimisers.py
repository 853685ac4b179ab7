"""What the losses for class imbalance estimate: population minimisers in closed form, pointwise in η = P(y = 1 | x)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy


def weighted_map(eta: np.ndarray, weight1: float, weight0: float) -> np.ndarray:
    """Minimiser of weighted cross-entropy, w₁ η / (w₁ η + w₀ (1 − η)). Short proof: set the derivative to 0."""
    return weight1 * eta / (weight1 * eta + weight0 * (1 - eta))


def focal_link(p: np.ndarray, gamma: float) -> np.ndarray:
    """φ(p) = (1 − p)^γ − γ (1 − p)^(γ − 1) p log p, with η_k ∝ p_k / φ(p_k) [Charoenphakdee et al. 2021]."""
    p = np.asarray(p, dtype=float)
    return (1 - p) ** gamma - gamma * (1 - p) ** (gamma - 1) * p * np.log(p)


def focal_inverse(p: np.ndarray, gamma: float) -> np.ndarray:
    """The probabilities whose focal minimiser is `p`, classes in the last axis: p_k / φ(p_k), made to sum to 1."""
    ratio = p / focal_link(p, gamma)
    return ratio / ratio.sum(axis=-1, keepdims=True)


def focal_inverse_binary(p: np.ndarray, gamma: float) -> np.ndarray:
    """`focal_inverse` for two classes, from and to the probability of class 1."""
    return focal_inverse(np.stack([1 - p, p], axis=-1), gamma)[..., 1]


def focal_map(eta: float, gamma: float, alpha: float | None = None) -> float:
    """Minimiser of the focal loss for one η in (0, 1), by root; `alpha` weighs class 1 and 1 − alpha class 0."""
    eta1 = eta if alpha is None else float(weighted_map(np.array(eta), alpha, 1 - alpha))

    def excess(z: float) -> float:
        p, q = 1 / (1 + math.exp(-z)), 1 / (1 + math.exp(z))
        log_p, log_q = -math.log1p(math.exp(-z)), -math.log1p(math.exp(z))
        up = eta1 * q**gamma * (q - gamma * p * log_p)
        down = (1 - eta1) * p**gamma * (p - gamma * q * log_q)
        return up - down

    return 1 / (1 + math.exp(-scipy.optimize.brentq(excess, -40, 40, xtol=1e-14)))


def focal_map_multiclass(eta: np.ndarray, gamma: float) -> np.ndarray:
    """Minimiser of the focal loss for probabilities η (C,): p / φ(p) = c η with c such that p sums to 1."""

    def probability(level: float) -> float:
        return scipy.optimize.brentq(
            lambda z: z - math.log(focal_link(np.array(math.exp(z)), gamma)) - level, -60, -1e-15, xtol=1e-14
        )

    def total(log_scale: float) -> float:
        return sum(math.exp(probability(log_scale + math.log(e))) for e in eta) - 1

    nearly = 1 - 1e-9
    most = math.log(nearly / focal_link(np.array(nearly), gamma)) - math.log(max(eta))
    scale = scipy.optimize.brentq(total, -20, most, xtol=1e-14)
    return np.array([math.exp(probability(scale + math.log(e))) for e in eta])


def effective_number(count: int, prototypes: int) -> float:
    """Expected distinct prototypes among n draws from N: N (1 − (1 − 1/N)^n) = (1 − β^n) / (1 − β), β = 1 − 1/N."""
    return -prototypes * math.expm1(count * math.log1p(-1 / prototypes))


def expected_distinct(count: int, prototypes: int) -> float:
    """The same expectation from the whole distribution of the number of distinct prototypes, draw by draw."""
    probability = np.zeros(prototypes + 1)
    probability[0] = 1.0
    seen = np.arange(prototypes + 1)
    for _ in range(count):
        probability = probability * seen / prototypes + np.concatenate(
            [[0.0], (probability * (1 - seen / prototypes))[:-1]]
        )
    return float(probability @ seen)


def ldam_ratio(count1: int, count2: int) -> float:
    """Ratio γ₁/γ₂ = (n₂/n₁)^(1/4) that minimises 1/(γ₁ √n₁) + 1/(γ₂ √n₂) at γ₁ + γ₂ fixed [Cao et al. 2019]."""
    return (count2 / count1) ** 0.25


def ldam_ratio_numeric(count1: int, count2: int) -> float:
    """The same by a root of the derivative of the bound in γ₁ at γ₁ + γ₂ = 1."""

    def slope(g: float) -> float:
        return -1 / (g * g * math.sqrt(count1)) + 1 / ((1 - g) ** 2 * math.sqrt(count2))

    g = scipy.optimize.brentq(slope, 1e-9, 1 - 1e-9, xtol=1e-14)
    return g / (1 - g)


def gaussian_threshold(prior: float, distance: float) -> float:
    """Bayes threshold ln((1 − π)/π)/D for N(±D/2, 1) with P(y = 1) = π."""
    return math.log((1 - prior) / prior) / distance


def gaussian_rule(threshold: float, prior: float, distance: float) -> dict[str, float]:
    """Error, balanced error, recall and false-alarm rate of 1{x > threshold} for N(±D/2, 1)."""
    recall = float(scipy.stats.norm.sf(threshold - distance / 2))
    alarm = float(scipy.stats.norm.sf(threshold + distance / 2))
    error = prior * (1 - recall) + (1 - prior) * alarm
    return {"error": error, "balanced_error": (1 - recall + alarm) / 2, "recall": recall, "false_alarm": alarm}


def gaussian_rule_numeric(prior: float, distance: float, balanced: bool = False) -> dict[str, float]:
    """The Bayes rule of a prior by a root and by quadrature of densities: threshold, error, recall, balanced error.

    With `balanced`, the rule that minimises the balanced error, whatever the prior.
    """
    centres = (distance / 2, -distance / 2)

    def density(x: float, centre: float) -> float:
        return float(scipy.stats.norm.pdf(x - centre))

    side = 0.5 if balanced else prior
    cut = scipy.optimize.brentq(
        lambda x: side * density(x, centres[0]) - (1 - side) * density(x, centres[1]), -15, 15, xtol=1e-14
    )
    recall, alarm = (
        scipy.integrate.quad(density, cut, cut + 30, args=(c,), epsabs=1e-14, epsrel=1e-13, limit=200)[0]
        for c in centres
    )
    error = prior * (1 - recall) + (1 - prior) * alarm
    return {"threshold": cut, "error": error, "recall": recall, "balanced_error": (1 - recall + alarm) / 2}


def cross_entropy_of(logits: Sequence[float], label: int) -> float:
    """log Σ e^z − z_y."""
    return math.log(sum(math.exp(z) for z in logits)) - logits[label]
