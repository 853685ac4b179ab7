"""First-order optimisers on a matrix of parameters, entry by entry, with the semantics of torch.optim.

`update(parameters, gradient, state, rate, step, training)` changes `parameters` and `state` in place; `rate` is the
learning rate of this step, (reps, 1) or a number, and `step` counts from 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from dlstats.core.train import Training

Rate = Tensor | float


@dataclass(frozen=True)
class Optimiser:
    """An update rule and the number of state matrices that it keeps, all zero at the start."""

    update: Callable[[Tensor, Tensor, list[Tensor], Rate, int, Training], None]
    states: int


def adam(p: Tensor, g: Tensor, state: list[Tensor], rate: Rate, step: int, training: Training) -> None:
    """Adam [Kingma and Ba 2015, algorithm 1]; weight decay is added to the gradient."""
    if training.weight_decay:
        g = g.add(p, alpha=training.weight_decay)
    _adam(p, g, state, rate, step, training)


def adamw(p: Tensor, g: Tensor, state: list[Tensor], rate: Rate, step: int, training: Training) -> None:
    """Adam with weight decay apart from the gradient [Loshchilov and Hutter 2019, algorithm 2]."""
    if training.weight_decay:
        p.mul_(1 - rate * training.weight_decay)
    _adam(p, g, state, rate, step, training)


def _adam(p: Tensor, g: Tensor, state: list[Tensor], rate: Rate, step: int, training: Training) -> None:
    first, second = state
    beta1, beta2 = training.betas
    first.lerp_(g, 1 - beta1)
    second.mul_(beta2).addcmul_(g, g, value=1 - beta2)
    scale = second.sqrt().div_((1 - beta2**step) ** 0.5).add_(training.eps)
    p.sub_(first.div(scale).mul_(rate / (1 - beta1**step)))


def sgd(p: Tensor, g: Tensor, state: list[Tensor], rate: Rate, step: int, training: Training) -> None:
    """Gradient descent with heavy-ball momentum as torch.optim.SGD: b ← momentum b + g, p ← p − rate b."""
    if training.weight_decay:
        g = g.add(p, alpha=training.weight_decay)
    if training.momentum:
        g = state[0].mul_(training.momentum).add_(g)
    p.sub_(g * rate)


def adagrad(p: Tensor, g: Tensor, state: list[Tensor], rate: Rate, step: int, training: Training) -> None:
    """Adagrad [Duchi, Hazan and Singer 2011, section 1.2]: every entry's rate falls with its summed squares."""
    if training.weight_decay:
        g = g.add(p, alpha=training.weight_decay)
    state[0].addcmul_(g, g)
    p.sub_(g.div(state[0].sqrt().add_(training.eps)).mul_(rate))


def rmsprop(p: Tensor, g: Tensor, state: list[Tensor], rate: Rate, step: int, training: Training) -> None:
    """RMSprop [Tieleman and Hinton 2012, lecture 6.5]: the squares are averaged with weight 0.99 on the past."""
    if training.weight_decay:
        g = g.add(p, alpha=training.weight_decay)
    second, velocity = state
    second.mul_(0.99).addcmul_(g, g, value=0.01)
    g = g.div(second.sqrt().add_(training.eps))
    if training.momentum:
        g = velocity.mul_(training.momentum).add_(g)
    p.sub_(g * rate)


OPTIMISERS: dict[str, Optimiser] = {
    "adam": Optimiser(adam, states=2),
    "adamw": Optimiser(adamw, states=2),
    "sgd": Optimiser(sgd, states=1),
    "adagrad": Optimiser(adagrad, states=1),
    "rmsprop": Optimiser(rmsprop, states=2),
}
