"""Measures of a classifier from scores and what is known of the labels: one number per replicate.

Every measure takes two weights a point, how much of it is positive and how much negative: (y, 1 − y) for labelled
data, and for a known posterior the expectation of either, which leaves no noise of labels. The weights of a
replicate need not sum to 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

Points = Float[ndarray, "reps m"]
PerReplicate = Float[ndarray, " reps"]


@dataclass(frozen=True)
class Counts:
    """Shares of all weight that a decision gets right and wrong."""

    tp: PerReplicate
    fp: PerReplicate
    fn: PerReplicate
    tn: PerReplicate

    @property
    def balanced_error(self) -> PerReplicate:
        """Mean of the two classes' error rates."""
        return (self.fn / (self.tp + self.fn) + self.fp / (self.fp + self.tn)) / 2

    @property
    def recall(self) -> PerReplicate:
        """TP / (TP + FN)."""
        return self.tp / (self.tp + self.fn)

    @property
    def precision(self) -> PerReplicate:
        """TP / (TP + FP), and 0 where nothing is called positive."""
        return self.tp / np.maximum(self.tp + self.fp, 1e-300)

    @property
    def f1(self) -> PerReplicate:
        """2 TP / (2 TP + FP + FN), the Dice index."""
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn)

    @property
    def mcc(self) -> PerReplicate:
        """Matthews' correlation; 0 where a row or column of the table is empty."""
        product = (self.tp + self.fp) * (self.tp + self.fn) * (self.tn + self.fp) * (self.tn + self.fn)
        cross = self.tp * self.tn - self.fp * self.fn
        return np.where(product > 0, cross / np.sqrt(np.where(product > 0, product, 1.0)), 0.0)


def counts(decision: Bool[ndarray, "reps m"], positive: Points, negative: Points) -> Counts:
    """The confusion table of a decision."""
    total = (positive + negative).sum(axis=1)
    tp, fp = (positive * decision).sum(axis=1) / total, (negative * decision).sum(axis=1) / total
    return Counts(tp, fp, positive.sum(axis=1) / total - tp, negative.sum(axis=1) / total - fp)


def balanced_excess(decision: Bool[ndarray, "reps m"], positive: Points, negative: Points) -> PerReplicate:
    """Balanced error above that of the Bayes rule, for weights from a known posterior: never negative.

    Σ |a/A − b/B| over the points that are decided otherwise than by a/A > b/B, halved.
    """
    gain = positive / positive.sum(axis=1, keepdims=True) - negative / negative.sum(axis=1, keepdims=True)
    return (np.abs(gain) * (decision != (gain > 0))).sum(axis=1) / 2


def auroc(score: Points, positive: Points, negative: Points) -> PerReplicate:
    """Probability that a positive scores above a negative, ties counted half."""
    walk = _walk(score, positive, negative)
    above = (walk.negatives_end + walk.negatives_start) / 2
    total = walk.positives_end[:, -1] * walk.negatives_end[:, -1]
    return 1 - (walk.positive * above).sum(axis=1) / total


def average_precision(score: Points, positive: Points, negative: Points) -> PerReplicate:
    """Σ (R_k − R_{k−1}) P_k over the distinct scores from the largest down, as scikit-learn has it."""
    walk = _walk(score, positive, negative)
    precision = walk.positives_end / np.maximum(walk.positives_end + walk.negatives_end, 1e-300)
    return (walk.positive * precision).sum(axis=1) / walk.positives_end[:, -1]


def best_cut(score: Points, positive: Points, negative: Points, goal: str = "balanced") -> PerReplicate:
    """The threshold, midway between two scores, with the smallest balanced error or, for `f1`, the largest F1."""
    walk = _walk(score, positive, negative)
    tp, fp = walk.positives_end, walk.negatives_end
    if goal == "balanced":
        value = tp / tp[:, -1:] - fp / fp[:, -1:]
    elif goal == "f1":
        value = 2 * tp / (tp + fp + tp[:, -1:])
    else:
        raise ValueError(f"`goal` must be `balanced` or `f1`, got {goal!r}.")
    best = value.argmax(axis=1)[:, None]
    here = np.take_along_axis(walk.score, best, 1)
    ends = np.minimum(walk.end, score.shape[1] - 1)
    following = np.minimum(np.take_along_axis(ends, best, 1) + 1, score.shape[1] - 1)
    return ((here + np.take_along_axis(walk.score, following, 1)) / 2)[:, 0]


def log_loss(logit: Points, positive: Points, negative: Points) -> PerReplicate:
    """Mean −log p of the class observed, from the logit."""
    total = (positive + negative).sum(axis=1)
    return (positive * np.logaddexp(0, -logit) + negative * np.logaddexp(0, logit)).sum(axis=1) / total


def brier(p: Points, positive: Points, negative: Points) -> PerReplicate:
    """Mean squared difference of p and the class."""
    return (positive * (1 - p) ** 2 + negative * p**2).sum(axis=1) / (positive + negative).sum(axis=1)


@dataclass(frozen=True)
class Calibration:
    """Brier = reliability − resolution + uncertainty + within, and the expected calibration error."""

    reliability: PerReplicate
    resolution: PerReplicate
    uncertainty: PerReplicate
    within: PerReplicate
    """What the bins hide: the spread of p within them and its covariance with the class [Stephenson et al. 2008]."""
    ece: PerReplicate


def calibration(p: Points, positive: Points, negative: Points, bins: int = 15) -> Calibration:
    """Murphy's decomposition of the Brier score and the calibration error, in bins of equal weight by rank of p.

    With labels the calibration error is biased upwards, by `ece_bias` where the truth is calibrated; with a known
    posterior it is not.
    """
    weight, mean, hit = binned(p, positive, negative, bins)
    base = (weight * hit).sum(axis=1, keepdims=True)
    gap = mean - hit
    reliability, resolution = (weight * gap**2).sum(axis=1), (weight * (hit - base) ** 2).sum(axis=1)
    uncertainty = (base * (1 - base))[:, 0]
    within = brier(p, positive, negative) - reliability + resolution - uncertainty
    return Calibration(reliability, resolution, uncertainty, within, (weight * np.abs(gap)).sum(axis=1))


def binned(p: Points, positive: Points, negative: Points, bins: int = 15):
    """(weight, mean p, proportion of positives) of bins of equal weight by rank of p, each (reps, bins)."""
    order = np.argsort(p, axis=1, kind="stable")
    p, a, b = (np.take_along_axis(values, order, 1) for values in (p, positive, negative))
    total = a + b
    centre = np.cumsum(total, axis=1) - total / 2
    index = np.minimum((centre / total.sum(axis=1, keepdims=True) * bins).astype(int), bins - 1)
    sums = np.zeros((3, len(p), bins))
    rows = np.arange(len(p))[:, None]
    for row, values in enumerate((total, total * p, a)):
        np.add.at(sums[row], (rows, index), values)
    filled = np.maximum(sums[0], 1e-300)
    return sums[0] / total.sum(axis=1, keepdims=True), sums[1] / filled, sums[2] / filled


def ece_bias(p: Points, n: int, bins: int = 15) -> PerReplicate:
    """Expected calibration error of a perfectly calibrated p on n labels: Σ_k w_k √(2 p_k (1 − p_k) / (π n w_k)).

    Normal approximation to the mean absolute error of each bin's frequency.
    """
    weight, mean, _ = binned(p, np.ones_like(p), np.zeros_like(p), bins)
    return (np.sqrt(weight * mean * (1 - mean))).sum(axis=1) * math.sqrt(2 / (math.pi * n))


@dataclass(frozen=True)
class _Walk:
    """Points from the largest score down; cumulative weights at the start and end of every group of ties."""

    score: Points
    positive: Points
    positives_end: Points
    negatives_end: Points
    negatives_start: Points
    end: np.ndarray


def _walk(score: Points, positive: Points, negative: Points) -> _Walk:
    order = np.argsort(-score, axis=1, kind="stable")
    s, a, b = (np.take_along_axis(np.broadcast_to(v, score.shape), order, 1) for v in (score, positive, negative))
    m = s.shape[1]
    last = np.concatenate([s[:, 1:] != s[:, :-1], np.ones((len(s), 1), dtype=bool)], axis=1)
    end = np.minimum.accumulate(np.where(last, np.arange(m), m)[:, ::-1], axis=1)[:, ::-1]
    first = np.concatenate([np.ones((len(s), 1), dtype=bool), last[:, :-1]], axis=1)
    begin = np.maximum.accumulate(np.where(first, np.arange(m), 0), axis=1)
    tp, fp = np.cumsum(a, axis=1), np.cumsum(b, axis=1)
    at_end = [np.take_along_axis(c, end, 1) for c in (tp, fp)]
    before = np.take_along_axis(fp - b, begin, 1)
    return _Walk(s, a, at_end[0], at_end[1], before, end)
