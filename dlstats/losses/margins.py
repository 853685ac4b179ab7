"""Losses that give each class its own margin, and the pairwise surrogate of the AUC; in logits.

LDAM and vector scaling change what happens on separable data, where weights lose their effect.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as nn
from jaxtyping import Float
from torch import Tensor

from dlstats.losses import domain
from dlstats.losses.imbalance import Labels, Logits, Losses, entropy, of_class


@domain.of_labels
def ldam(
    prediction: Logits,
    y: Labels,
    margins: Sequence[float],
    scale: float = 1.0,
    weights: Sequence[float] | None = None,
) -> Losses:
    """Cross-entropy of scale (z_k − margins[k] 1{k = y}) [Cao, Wei, Gaidon, Arechiga and Ma 2019, eq. 13].

    Elicits no probability: where classes overlap the margin of the class observed bends the map from η to p. One
    logit has the margin on both sides, scale (z − margins[1]) for y = 1 and scale (z + margins[0]) for y = 0.
    `weights` after the first part of the training are the deferred reweighting (DRW) of the same paper.

    >>> z, y = torch.tensor([[[2.0], [-1.0]]]), torch.tensor([[[1.0], [1.0]]])
    >>> ldam(z, y, margins=(0.2, 0.5), scale=3.0).flatten()
    tensor([0.0110, 4.5110])
    """
    domain.positive(scale=scale)
    domain.per_class("margins", margins, prediction, "at least 0")
    if weights is not None:
        domain.per_class("weights", weights, prediction, domain.WEIGHTS)
    margin = of_class(margins, y, prediction)
    if prediction.shape[2] == 1:
        moved = prediction - (2 * y - 1).to(prediction.dtype) * margin
    else:
        moved = prediction.scatter_add(2, y.long(), -margin)
    loss = entropy(scale * moved, y)
    return loss if weights is None else of_class(weights, y, prediction) * loss


def cosines(prediction: Logits) -> Logits:
    """z / ‖z‖, the cosines of the angles between the C outputs and the axes, on which `ldam` has its scale of 30.

    A last layer without bias whose inputs and class vectors have norm 1 [Cao et al. 2019, section 3.2], with the axes of the
    outputs as class vectors, which are thus fixed and orthonormal: there they are trained. At outputs of 0 it is 0.
    """
    return prediction / (prediction.square().sum(dim=-1, keepdim=True) + 1e-12).sqrt()


def ldam_margins(counts: Sequence[float], largest: float = 0.5) -> list[float]:
    """Margins ∝ n_k^(−1/4), the largest of which is `largest` [Cao et al. 2019, eq. 11].

    The ratio minimises Σ 1 / (margin_k √n_k) at a fixed sum for two classes. Raises ValueError for an empty class.

    >>> ldam_margins((90, 10))
    [0.28867513459481287, 0.5]
    """
    domain.numbers("counts", counts, "positive")
    domain.positive(largest=largest)
    return [largest * (min(counts) / count) ** 0.25 for count in counts]


@domain.of_labels
def vector_scaling(prediction: Logits, y: Labels, scales: Sequence[float], offsets: Sequence[float] = ()) -> Losses:
    """Cross-entropy of scales[k] z_k + offsets[k] [Kini, Paraskevas, Oymak and Thrampoulidis 2021, eq. 2].

    Elicits z_k = (log η_k − offsets[k]) / scales[k] up to a constant before the division. With one logit the loss
    is log(1 + exp(offset_y − scale_y s z)), s = ±1 the sign of the class: its two scales ask for margins in the
    ratio scales[0] : scales[1] of class 1 to class 0 on separable data, which no weight can do.

    >>> vector_scaling(torch.tensor([[[2.0], [-1.0]]]),
    ...     torch.tensor([[[1.0], [1.0]]]), scales=(1.0, 0.5), offsets=(-1.0, 1.0)).flatten()
    tensor([0.6931, 1.7014])
    """
    shift = offsets or [0.0] * len(scales)
    domain.per_class("scales", scales, prediction, "positive")
    domain.per_class("offsets", shift, prediction, "finite")
    if prediction.shape[2] > 1:
        move = domain.constant([scales, shift], prediction)
        return entropy(prediction * move[0] + move[1], y)
    sign = (2 * y - 1).to(prediction.dtype)
    return nn.softplus(of_class(shift, y, prediction) - of_class(scales, y, prediction) * sign * prediction)


@domain.samples
def pairwise_squared(prediction: Float[Tensor, "reps n 1"], y: Labels) -> Losses:
    """Mean over pairs of (1 − (z⁺ − z⁻))², a smooth surrogate of 1 − AUC, repeated for every sample.

    Equal to (1 − (m₁ − m₀))² + v₁ + v₀ with the means and variances of the two classes, so that its cost is linear
    in n [Ying, Wen and Lyu 2016]. Elicits an increasing affine map of p₁ / (p₁ + p₀), the probability of class 1 in
    balanced data: a ranking, and no probability. Not pointwise: a minibatch sees its own pairs alone, and one with
    a single class has loss 1. A sample with a fraction y counts as y of class 1 and 1 − y of class 0.

    >>> pairwise_squared(torch.tensor([[[2.0], [-1.0]]]), torch.tensor([[[1.0], [0.0]]])).flatten()
    tensor([4., 4.])
    """
    domain.one_logit(prediction)
    domain.labels(prediction, y)
    one = y.to(prediction.dtype)
    counts = torch.stack([(1 - one).sum(dim=1), one.sum(dim=1)])
    averaging = torch.stack([1 - one, one]) / torch.where(counts > 0, counts, 1.0).unsqueeze(2)
    means = (averaging * prediction).sum(dim=2, keepdim=True)
    spread = (averaging * (prediction - means).square()).sum(dim=2, keepdim=True)
    loss = (1 - (means[1] - means[0])).square() + spread[0] + spread[1]
    both = (counts.amin(dim=0) > 0).unsqueeze(2)
    return torch.where(both, loss, torch.ones_like(loss)).expand(-1, prediction.shape[1], -1)
