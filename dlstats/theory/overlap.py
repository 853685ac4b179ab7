"""Dice, F1 and Tversky in the population: optimal decisions and the soft maximisers that the losses elicit."""

from __future__ import annotations

import math

import numpy as np
import scipy


def tversky_threshold(index: float, false_positive: float, false_negative: float) -> float:
    """a T / (1 + (a + b − 1) T), the cut on η at the largest Tversky index T; T/2 for Dice (a = b = 1/2).

    Dice: Lipton, Elkan and Narayanaswamy 2014; Zhao, Edakunni, Pocock and Brown 2013. Short proof: at the optimum a
    point is added while its η gains more numerator than T times its denominator.
    """
    return false_positive * index / (1 + (false_positive + false_negative - 1) * index)


def _tail(x: float) -> float:
    return math.erfc(x / math.sqrt(2)) / 2


def _density(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def posterior(x: float, prior: float, distance: float) -> float:
    """η(x) for N(±D/2, 1) with P(y = 1) = π."""
    return 1 / (1 + math.exp(-(distance * x + math.log(prior / (1 - prior)))))


def tversky_by_search(prior: float, distance: float, false_positive: float, false_negative: float):
    """(largest index, η at the best cut) over rules 1{x > t} for N(±D/2, 1), by a root of the derivative in t."""
    a, b = false_positive, false_negative

    def parts(t: float) -> tuple[float, float]:
        return prior * _tail(t - distance / 2), (1 - prior) * _tail(t + distance / 2)

    def slope(t: float) -> float:
        # d/dt of TP / (TP + a FP + b (prior − TP)), up to a positive factor
        hit, alarm = parts(t)
        down, up = prior * _density(t - distance / 2), (1 - prior) * _density(t + distance / 2)
        return -down * (a * alarm + b * prior) + hit * a * up

    grid = np.linspace(-10, 10, 161).tolist()
    signs = np.sign([slope(t) for t in grid])
    first = int(np.flatnonzero((signs[:-1] > 0) & (signs[1:] <= 0))[0])
    cut = scipy.optimize.brentq(slope, grid[first], grid[first + 1], xtol=1e-14)
    hit, alarm = parts(cut)
    return hit / (hit + a * alarm + b * (prior - hit)), posterior(cut, prior, distance)


def dice_by_root(prior: float, distance: float, squared: bool = False) -> float:
    """The largest Dice F for N(±D/2, 1) by its fixed point, without a search over decisions.

    Linear: E(2η − F)⁺ = F π. Squared denominator: p = min(1, η/F) and 2 E pη = F (E p² + π).
    """

    def gap(value: float) -> float:
        # the kink at η = value/2 (linear) or η = value (squared) splits the integral
        level = value if squared else value / 2
        kink = (math.log(level / (1 - level)) - math.log(prior / (1 - prior))) / distance if level < 1 else 12.0
        kink = min(max(kink, -12.0), 12.0)
        integrals = [
            scipy.integrate.quad(gain, *ends, args=(value,), epsabs=1e-15, epsrel=1e-12, limit=400)[0]
            for ends in ((-12.0, kink), (kink, 12.0))
        ]
        return sum(integrals) - value * prior

    def gain(x: float, value: float) -> float:
        density = prior * _density(x - distance / 2) + (1 - prior) * _density(x + distance / 2)
        eta = posterior(x, prior, distance)
        if not squared:
            return density * max(2 * eta - value, 0.0)
        p = min(1.0, eta / value)
        return density * (2 * p * eta - value * p * p)

    return scipy.optimize.brentq(gap, 1e-6, 1 - 1e-9, xtol=1e-14)


def dice_linear(eta: np.ndarray, proportion: np.ndarray) -> tuple[float, np.ndarray]:
    """(largest F, p) for the linear denominator over levels η of proportions `proportion`: p = 1{η > F/2}.

    A linear-fractional function has its maximum at a vertex, and among vertices at a set {η > t}: all are tried.
    """
    order = np.argsort(-eta)
    mass, hits = np.cumsum(proportion[order]), np.cumsum((proportion * eta)[order])
    values = 2 * hits / (mass + hits[-1])
    best = int(values.argmax())
    p = np.zeros(len(eta))
    p[order[: best + 1]] = 1.0
    return float(values[best]), p


def dice_squared(eta: np.ndarray, proportion: np.ndarray) -> tuple[float, np.ndarray]:
    """(largest F, p) for the squared denominator: p = min(1, η/F), F the root of 2 Σ w p η = F Σ w (p² + η).

    Derived here: the derivative of the ratio in p_i is ∝ η_i − F p_i. F is at least that of `dice_linear`, because
    every decision has p² = p; the decision p > 1/2 cuts at F/2, and so at or above the cut of the linear one.
    """

    def gap(value: float) -> float:
        p = np.minimum(1, eta / value)
        return float((proportion * (2 * p * eta - value * (p * p + eta))).sum())

    largest = scipy.optimize.brentq(gap, 1e-9, 1.0, xtol=1e-14)
    return largest, np.minimum(1, eta / largest)


LEVELS = np.array([0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97])
"""Ten levels of probability of an image with an uncertain lesion."""
PROPORTIONS = np.array([30, 20, 15, 10, 8, 6, 4, 3, 2, 2])
"""How often each occurs, per cent."""
