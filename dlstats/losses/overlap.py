"""Losses of overlap: Dice, Tversky and their kin, for one logit a sample.

None is pointwise: a loss is a ratio of sums over the n samples of a replicate, returned once for every sample, so
that its mean over samples is the loss itself and training needs no other contract. A minibatch therefore has its
own loss, whose mean is not the loss of the whole. Soft labels between 0 and 1 give the limit of a large image: y stands
for its expectation, and y² = y is used throughout. Where a loss is the same for all predictions, as of an image without
foreground, its gradient is 0, and nothing is trained.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Num
from torch import Tensor

from dlstats.losses import domain
from dlstats.losses.imbalance import cross_entropy

Logit = Float[Tensor, "reps n 1"]
Label = Num[Tensor, "reps n 1"]

DENOMINATORS = ("linear", "squared", "hard")


@domain.samples
def dice(prediction: Logit, y: Label, denominator: str = "linear", smooth: float = 0.0) -> Logit:
    """1 − (2 Σ p y + smooth) / (Σ q + Σ y + smooth), with q = p (linear) or p² (squared, V-Net).

    Elicits no probability. Linear: p = 1{η > F*/2}, F* the largest Dice. Squared [Milletari, Navab and Ahmadi 2016]:
    p = min(1, η / F) with F the largest value, a rescaled probability cut off at 1. `hard` is the Dice of the
    decision 1{z > 0}: a measure, whose gradient is 0.

    >>> dice(torch.tensor([[[2.0], [-1.0]]]), torch.tensor([[[1.0], [0.0]]])).flatten()
    tensor([0.1806, 0.1806])
    """
    if denominator not in DENOMINATORS:
        raise ValueError(f"`denominator` must be one of {', '.join(DENOMINATORS)}, got {denominator!r}.")
    domain.at_least_zero(smooth=smooth)
    domain.one_logit(prediction)
    domain.labels(prediction, y)
    p = (prediction > 0).to(prediction.dtype) if denominator == "hard" else torch.sigmoid(prediction)
    q = p.square() if denominator == "squared" else p
    return _repeated(1 - _ratio(2 * (p * y).sum(dim=1), q.sum(dim=1) + y.sum(dim=1), smooth), prediction)


@domain.samples
def tversky(prediction: Logit, y: Label, false_positive: float, false_negative: float, gamma: float = 1.0) -> Logit:
    """(1 − TP / (TP + a FP + b FN))^(1 / gamma), a = `false_positive`, b = `false_negative`, in soft counts.

    Elicits the decision η > a T / (1 + (a + b − 1) T), T the largest index [Salehi, Erdogmus and Gholipour 2017];
    a = b = 1/2 is Dice, a = b = 1 the Jaccard index, with one and the same decision. gamma > 1 is the focal Tversky
    loss [Abraham and Khan 2019]: a monotone map of the loss, with the same minimiser.

    >>> tversky(torch.tensor([[[2.0], [-1.0]]]),
    ...     torch.tensor([[[1.0], [0.0]]]), false_positive=0.3, false_negative=0.7).flatten()
    tensor([0.1571, 0.1571])
    """
    domain.at_least_zero(false_positive=false_positive, false_negative=false_negative)
    domain.positive(gamma=gamma)
    if false_positive + false_negative == 0:
        raise ValueError("`false_positive` and `false_negative` must not both be 0.")
    domain.one_logit(prediction)
    domain.labels(prediction, y)
    p = torch.sigmoid(prediction)
    hit = (p * y).sum(dim=1)
    wrong = false_positive * (p * (1 - y)).sum(dim=1) + false_negative * ((1 - p) * y).sum(dim=1)
    loss = _repeated(1 - _ratio(hit, hit + wrong, 0.0), prediction)
    # a power of every sample's copy: torch rounds one of a whole row of them alike, wherever the row stands
    return loss if gamma == 1 else loss.clamp(min=1e-12).pow(1 / gamma)


@domain.samples
def generalised_dice(prediction: Logit, y: Label) -> Logit:
    """1 − 2 Σ_k w_k Σ p_k y_k / Σ_k w_k Σ (p_k + y_k) over both classes, w_k = 1 / (Σ y_k)² [Sudre et al. 2017].

    Elicits the decision η > (w₀ (2 − G) + w₁ G) / (2 (w₀ + w₁)), G the largest index; a class without samples gets
    weight 0.

    >>> generalised_dice(torch.tensor([[[2.0], [-1.0]]]), torch.tensor([[[1.0], [0.0]]])).flatten()
    tensor([0.1941, 0.1941])
    """
    domain.one_logit(prediction)
    domain.labels(prediction, y)
    p, one = torch.sigmoid(prediction), y.to(prediction.dtype)
    probabilities, labels = torch.cat([1 - p, p], dim=2), torch.cat([1 - one, one], dim=2)
    volume = labels.sum(dim=1)
    weights = torch.where(volume > 0, volume.clamp(min=1e-12).pow(-2), torch.zeros_like(volume))
    hit = (weights * (probabilities * labels).sum(dim=1)).sum(dim=1, keepdim=True)
    size = (weights * (probabilities.sum(dim=1) + volume)).sum(dim=1, keepdim=True)
    return _repeated(1 - _ratio(2 * hit, size, 0.0), prediction)


@domain.samples
def dice_cross_entropy(prediction: Logit, y: Label, proportion: float = 0.5, denominator: str = "squared") -> Logit:
    """proportion Dice + (1 − proportion) cross-entropy. Elicits something between η and what Dice elicits.

    >>> dice_cross_entropy(torch.tensor([[[2.0], [-1.0]]]), torch.tensor([[[1.0], [0.0]]])).flatten()
    tensor([0.0869, 0.1800])
    """
    if not 0 <= proportion <= 1:
        raise ValueError(f"`proportion` must lie between 0 and 1, got {proportion}.")
    return proportion * dice(prediction, y, denominator) + (1 - proportion) * cross_entropy(prediction, y)


def _ratio(above: Tensor, below: Tensor, smooth: float) -> Tensor:
    """(above + smooth) / (below + smooth), and 1 where both are 0: an empty prediction of an empty image is right."""
    empty = below + smooth == 0
    return torch.where(empty, torch.ones_like(above), (above + smooth) / torch.where(empty, 1.0, below + smooth))


def _repeated(loss: Float[Tensor, "reps 1"], like: Logit) -> Logit:
    return loss.unsqueeze(1).expand(-1, like.shape[1], -1)
