"""What the recipe's losses are besides: other losses of the same course, and their predictions."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable

import numpy as np
import scipy

from dlstats.studies.likelihood.information import scores
from dlstats.theory import quantiles

LECTURE_LOG = (
    (-4.4963, -1.2036, -1.5853, -1.4722, -1.3688), (-2.6413, -2.2889, -2.2535, -0.5027, -2.1419),
    (-2.3875, -1.0028, -2.9582, -3.1580, -0.8055), (-2.3296, -0.4341, -2.2907, -2.1956, -3.1619),
)  # fmt: skip
LECTURE_TRUE = (
    (0.0345, 0.1775, 0.1944, 0.2313, 0.3622), (0.1333, 0.6237, 0.1228, 0.0795, 0.0406),
    (0.3026, 0.1969, 0.0661, 0.2365, 0.1979), (0.1164, 0.4287, 0.2206, 0.1695, 0.0648),
)  # fmt: skip
"""The tensors of the lecture: log probabilities predicted, and probabilities, of four cases and five classes."""
LEVEL = 0.9
"""Of the quantile and the expectile that are elicited."""


def same_losses() -> dict[str, float]:
    """Largest differences between pairs that are one loss up to a factor and a constant, over 41 residuals or logits."""
    import torch
    from torch import distributions as d
    from torch.nn import functional

    from dlstats.losses import barron, regression, robust

    r = torch.linspace(-4, 4, 41, dtype=torch.float64).reshape(1, -1, 1)
    zero = torch.zeros_like(r)
    logits = torch.stack([zero.flatten(), r.flatten()], 1)
    label = (torch.arange(41) % 2).long()

    def nll(distribution: d.Distribution) -> torch.Tensor:
        values = -distribution.log_prob(r)
        return values - values[0, 20, 0]

    sd, scale, df = 1.7, 1.3, 3.0
    at, wide, narrow = (torch.tensor(number, dtype=torch.float64) for number in (0.0, sd, scale))
    student = nll(d.StudentT(torch.tensor(df, dtype=torch.float64), at, narrow))
    found = {
        "normal and squared error": (nll(d.Normal(at, wide)), regression.squared(zero, r) / (2 * sd**2)),
        "Laplace and absolute error": (nll(d.Laplace(at, narrow)), robust.absolute(zero, r) / scale),
        "Student and Cauchy": (student, (df + 1) / (df * scale**2) * robust.cauchy(zero, r, math.sqrt(df) * scale)),
        "Student and Barron": (student, (df + 1) / 2 * barron.barron(zero, r, 0.0, scale * math.sqrt(df / 2))),
        "log-softmax and cross-entropy": (
            functional.nll_loss(logits.log_softmax(1), label, reduction="none"),
            functional.cross_entropy(logits, label, reduction="none"),
        ),
        "two classes": (
            functional.binary_cross_entropy_with_logits(logits[:, 1], label.double(), reduction="none"),
            functional.cross_entropy(logits, label, reduction="none"),
        ),
    }
    return {name: float((a - b).abs().max()) for name, (a, b) in found.items()}


def kl_gradient() -> float:
    """Largest difference between the gradients in the logits of the KL divergence and of cross-entropy, fixed targets."""
    import torch
    from torch.nn import functional

    logits = torch.tensor(LECTURE_LOG, dtype=torch.float64, requires_grad=True)
    target = torch.tensor(LECTURE_TRUE, dtype=torch.float64)
    target = target / target.sum(1, keepdim=True)
    divergence = functional.kl_div(logits.log_softmax(1), target, reduction="batchmean")
    entropy = functional.cross_entropy(logits, target)
    gradients = [torch.autograd.grad(loss, logits, retain_graph=True)[0] for loss in (divergence, entropy)]
    return float((gradients[0] - gradients[1]).abs().max())


def kl_share() -> float:
    """`reduction='mean'` over the divergence averaged over cases, on the lecture's tensors."""
    import torch

    log, true = (torch.tensor(t, dtype=torch.float64) for t in (LECTURE_LOG, LECTURE_TRUE))
    divergence = (true * (true.log() - log)).sum(1).mean()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch warns of what is shown here
        return float(torch.nn.KLDivLoss(reduction="mean")(log, true) / divergence)


def elicited() -> dict[str, float]:
    """|minimiser of the expected loss as trained − functional| under the exponential distribution with mean 1."""
    from dlstats.losses import quantile, regression, robust

    wanted = {
        "mean": (regression.squared, 1.0),
        "median": (robust.absolute, math.log(2)),
        "quantile": (functools.partial(quantile.pinball, level=LEVEL), -math.log(1 - LEVEL)),
        "expectile": (functools.partial(quantile.expectile, level=LEVEL), quantiles.exponential_expectile(LEVEL)),
    }
    return {name: abs(_minimiser(loss) - value) for name, (loss, value) in wanted.items()}


def _minimiser(loss: Callable) -> float:
    """The root of the expected derivative in the prediction, integrated on both sides of it."""
    import torch

    below, above = scores.unit_interval(), scores.half_line()

    def slope(m: float) -> float:
        y = torch.as_tensor(np.concatenate([m * below[0], m + above[0]])).reshape(1, -1, 1)
        weights = np.concatenate([m * below[1], above[1]]) * np.exp(-y.numpy().ravel())
        prediction = torch.full_like(y, m, requires_grad=True)
        (gradient,) = torch.autograd.grad(loss(prediction, y).sum(), prediction)
        used = weights > 0
        return float(weights[used] @ gradient.numpy().ravel()[used])

    return scipy.optimize.brentq(slope, 1e-3, 20.0, xtol=1e-14)


def infinite_ends() -> int:
    """Of the losses of beta distributions with both shapes 1/2 or both 2, at 0 and at 1, how many are −∞ and +∞ as they "
    "should."""
    import torch

    found = 0
    for shape, sign in ((0.5, 1), (2.0, -1)):
        law = torch.distributions.Beta(torch.tensor(shape), torch.tensor(shape))
        found += int((sign * law.log_prob(torch.tensor([0.0, 1.0])) == math.inf).sum())
    return found


def normal_entropy() -> float:
    """Differential entropy of N(0, 0.1²) as torch has it."""
    import torch

    return float(torch.distributions.Normal(0.0, torch.tensor(0.1, dtype=torch.float64)).entropy())
