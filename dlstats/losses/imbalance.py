"""Losses for classes of unequal size, in logits: each names what it elicits, which is often not the probability.

A binary problem has one logit z, p = 1 / (1 + e^(−z)), and y in {0, 1}; a problem of C classes has C logits,
p = softmax(z), and y the number of the class. A fraction y of a binary problem is the proportion of class 1, for which
the expected loss y L(z, 1) + (1 − y) L(z, 0) is given; several classes take no fractions. Everything is stable for
logits of any size: nothing takes the logarithm of a probability. Class weights and counts are one number per class,
(0, 1) for the binary case. What lies outside these domains raises ValueError.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as nn
from jaxtyping import Float, Num
from torch import Tensor

from dlstats.losses import domain

Logits = Float[Tensor, "reps n k"]
Labels = Num[Tensor, "reps n 1"]
Losses = Float[Tensor, "reps n 1"]


def log_probabilities(prediction: Logits, y: Labels) -> tuple[Losses, Losses]:
    """log p_y and log(1 − p_y) of the class observed, from one logit or from C."""
    if prediction.shape[2] == 1:
        signed = (2 * y - 1).to(prediction.dtype) * prediction
        return nn.logsigmoid(signed), nn.logsigmoid(-signed)
    classes = y.long()
    total = prediction.logsumexp(dim=2, keepdim=True)
    others = prediction.scatter(2, classes, -math.inf).logsumexp(dim=2, keepdim=True)
    return prediction.gather(2, classes) - total, others - total


def of_class(values: Sequence[float], y: Labels, like: Tensor) -> Losses:
    """`values[y]`, one number for each sample, in the type of `like`."""
    return domain.constant(values, like)[y.long()]


@domain.samples
def cross_entropy(prediction: Logits, y: Labels) -> Losses:
    """Cross-entropy −log p_y. Elicits the probability; its gradient in z is p − y, never vanishing where wrong.

    >>> cross_entropy(torch.tensor([[[2.0], [-1.0]]]), torch.tensor([[[1.0], [1.0]]])).flatten()
    tensor([0.1269, 1.3133])
    """
    domain.labels(prediction, y)
    return entropy(prediction, y)


def entropy(prediction: Logits, y: Labels) -> Losses:
    """`cross_entropy` of labels that are checked."""
    if prediction.shape[2] == 1:
        return nn.binary_cross_entropy_with_logits(prediction, y.to(prediction.dtype), reduction="none")
    return -prediction.log_softmax(dim=2).gather(2, y.long())


@domain.of_labels
def weighted(prediction: Logits, y: Labels, weights: Sequence[float]) -> Losses:
    """Weighted cross-entropy −w_y log p_y. Elicits p_k ∝ w_k η_k, the probability under another class prior.

    With w_k = 1/π_k that prior is uniform: the fit is calibrated for balanced data, not for the data at hand.

    >>> weighted(torch.tensor([[[2.0], [-1.0]]]), torch.tensor([[[1.0], [1.0]]]), weights=(0.5, 5.0)).flatten()
    tensor([0.6346, 6.5663])
    """
    domain.per_class("weights", weights, prediction, domain.WEIGHTS)
    return of_class(weights, y, prediction) * entropy(prediction, y)


@domain.of_labels
def expected_cost(prediction: Logits, y: Labels, costs: Sequence[Sequence[float]]) -> Losses:
    """Expected cost Σ_k costs[y][k] p_k. Elicits the decision argmin_k Σ_y η_y costs[y][k] and nothing else.

    The minimiser is a vertex: p is 1 at the cheapest class. Costs that are to leave a probability go into `weighted`.

    >>> expected_cost(torch.tensor([[[2.0], [-1.0]]]),
    ...     torch.tensor([[[1.0], [1.0]]]), costs=((0.0, 1.0), (5.0, 0.0))).flatten()
    tensor([0.5960, 3.6553])
    """
    domain.one_each("costs", costs, prediction)
    for row in costs:
        domain.per_class("costs", row, prediction, "finite")
    matrix = domain.constant(costs, prediction)
    probability = prediction.softmax(dim=2)
    if prediction.shape[2] == 1:
        probability = torch.cat([torch.sigmoid(-prediction), torch.sigmoid(prediction)], dim=2)
    return (matrix[y.squeeze(2).long()] * probability).sum(dim=2, keepdim=True)


@domain.of_labels
def focal(prediction: Logits, y: Labels, gamma: float, weights: Sequence[float] | None = None) -> Losses:
    """Focal loss −w_y (1 − p_y)^gamma log p_y [Lin, Goyal, Girshick, He and Dollár 2017, eq. 5].

    Without weights it elicits p with η_k ∝ p_k / φ(p_k), φ(v) = (1 − v)^gamma − gamma (1 − v)^(gamma − 1) v log v
    [Charoenphakdee, Vongkulbhisal, Chairatanakul and Sugiyama 2021]: the right argmax but not the probability. The
    weights are alpha_t = (1 − alpha, alpha) in the binary case; one alpha for both classes only rescales the loss.

    >>> focal(torch.tensor([[[2.0], [-1.0]]]), torch.tensor([[[1.0], [1.0]]]), gamma=2.0).flatten()
    tensor([0.0018, 0.7019])
    """
    domain.at_least_zero(gamma=gamma)
    if weights is not None:
        domain.per_class("weights", weights, prediction, domain.WEIGHTS)
    log_p, log_rest = log_probabilities(prediction, y)
    loss = -(gamma * log_rest).exp() * log_p
    return loss if weights is None else of_class(weights, y, prediction) * loss


@domain.samples
def logit_adjusted(prediction: Logits, y: Labels, prior: Sequence[float], tau: float = 1.0) -> Losses:
    """Cross-entropy of z + tau log π [Menon et al. 2021, eq. 10]. Elicits z_k = log(η_k / π_k^tau) up to a constant.

    At tau = 1 the argmax of z is the Bayes rule of the balanced error; with a free intercept the fit is the
    maximum likelihood fit with its intercept shifted. Counts in place of `prior` give the balanced softmax.

    >>> logit_adjusted(torch.tensor([[[2.0], [-1.0]]]), torch.tensor([[[1.0], [1.0]]]), prior=(0.9, 0.1)).flatten()
    tensor([0.7966, 3.2373])
    """
    domain.labels(prediction, y)
    domain.finite(tau=tau)
    domain.per_class("prior", prior, prediction, "positive")
    logs = [math.log(p) for p in prior]
    shift = [logs[1] - logs[0]] if prediction.shape[2] == 1 else logs
    return entropy(prediction + tau * domain.constant(shift, prediction), y)


@domain.samples
def balanced_softmax(prediction: Logits, y: Labels, counts: Sequence[float]) -> Losses:
    """Cross-entropy of z + log counts [Ren et al. 2020, eq. 4]: `logit_adjusted` at tau = 1, to the last constant.

    >>> balanced_softmax(torch.tensor([[[2.0], [-1.0]]]), torch.tensor([[[1.0], [1.0]]]), counts=(90, 10)).flatten()
    tensor([0.7966, 3.2373])
    """
    return logit_adjusted(prediction, y, counts)


@domain.samples
def squared_probability(prediction: Logits, y: Labels) -> Losses:
    """Brier score of one logit, (p − y)². Elicits the probability; its gradient in z vanishes with p (1 − p).

    For a fraction y it is the expected loss less y (1 − y), which no prediction changes.

    >>> squared_probability(torch.tensor([[[2.0], [-1.0]]]), torch.tensor([[[1.0], [1.0]]])).flatten()
    tensor([0.0142, 0.5344])
    """
    domain.one_logit(prediction)
    domain.labels(prediction, y)
    return (torch.sigmoid(prediction) - y).square()


def inverse_frequency(counts: Sequence[float]) -> list[float]:
    """Weights n / (C n_k), with mean 1 over the samples. Raises ValueError for a class without samples.

    >>> inverse_frequency((90, 10))
    [0.5555555555555556, 5.0]
    """
    domain.numbers("counts", counts, "positive")
    total = sum(counts)
    return [total / (len(counts) * count) for count in counts]


def effective_number_weights(counts: Sequence[float], beta: float, normalise: bool = True) -> list[float]:
    """Class-balanced weights (1 − beta) / (1 − beta^n_k) [Cui, Jia, Lin, Song and Belongie 2019, eq. 4].

    1 for beta = 0 and 1 / n_k in the limit beta → 1; in the form expm1(n log beta), which does not cancel.
    Scaled to sum to the number of classes unless `normalise` is off, which changes the effective learning rate.

    >>> [round(v, 4) for v in effective_number_weights((90, 10), beta=0.99)]
    [0.2768, 1.7232]
    """
    if not 0 <= beta < 1:
        raise ValueError(f"`beta` must lie in [0, 1), got {beta}.")
    domain.numbers("counts", counts, "positive")
    raw = [1.0 if beta == 0 else (1 - beta) / -math.expm1(n * math.log(beta)) for n in counts]
    return [w * len(raw) / sum(raw) for w in raw] if normalise else raw
