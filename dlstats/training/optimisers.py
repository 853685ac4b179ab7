"""First-order optimisers on a matrix of parameters, entry by entry, with the semantics of torch.optim.

`update(p, g, state, rate, coefficients, training)` changes `p`, `state` and, as scratch, `g` in place. `rate` is the
learning rate of this step, a number or a tensor that broadcasts; `coefficients` are those of the step (from 1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from dlstats.training.contract import Training

Number = Tensor | float


@dataclass(frozen=True)
class Optimiser:
    """An update rule, the number of state matrices that it keeps (zero at the start), and what changes by step."""

    update: Callable[[Tensor, Tensor, list[Tensor], Number, tuple[Number, ...], Training], None]
    states: int
    coefficients: Callable[[int, Training], tuple[float, ...]] = lambda step, training: ()


def adam(
    p: Tensor, g: Tensor, state: list[Tensor], rate: Number, coefficients: tuple[Number, ...], training: Training
) -> None:
    """Adam [Kingma and Ba 2015, algorithm 1]; weight decay is added to the gradient."""
    _decay_gradient(p, g, training)
    _adam(p, g, state, rate, coefficients, training)


def adamw(
    p: Tensor, g: Tensor, state: list[Tensor], rate: Number, coefficients: tuple[Number, ...], training: Training
) -> None:
    """Adam with weight decay apart from the gradient [Loshchilov and Hutter 2019, algorithm 2]."""
    if training.weight_decay:
        p.mul_(1 - rate * training.weight_decay)
    _adam(p, g, state, rate, coefficients, training)


def _adam(p: Tensor, g: Tensor, state: list[Tensor], rate: Number, coefficients, training: Training) -> None:
    first, second = state
    beta1, beta2 = training.betas
    bias1, bias2 = coefficients
    first.lerp_(g, 1 - beta1)
    second.mul_(beta2).addcmul_(g, g, value=1 - beta2)
    _move(p, first, torch.sqrt(second, out=g).add_(training.eps * bias2), rate * bias2 / bias1)


def _adam_bias(step: int, training: Training) -> tuple[float, float]:
    beta1, beta2 = training.betas
    return 1 - beta1**step, (1 - beta2**step) ** 0.5


def sgd(
    p: Tensor, g: Tensor, state: list[Tensor], rate: Number, coefficients: tuple[Number, ...], training: Training
) -> None:
    """Gradient descent, with heavy-ball momentum b ← momentum b + g, p ← p − rate b as torch.optim.SGD."""
    _decay_gradient(p, g, training)
    if training.momentum:
        g.copy_(state[0].mul_(training.momentum).add_(g))
    p.sub_(g.mul_(rate))


def adagrad(
    p: Tensor, g: Tensor, state: list[Tensor], rate: Number, coefficients: tuple[Number, ...], training: Training
) -> None:
    """Adagrad [Duchi, Hazan and Singer 2011, section 1.2]: every entry's rate falls with its summed squares."""
    _decay_gradient(p, g, training)
    state[0].addcmul_(g, g)
    _move(p, g, state[0].sqrt().add_(training.eps), rate)


def rmsprop(
    p: Tensor, g: Tensor, state: list[Tensor], rate: Number, coefficients: tuple[Number, ...], training: Training
) -> None:
    """RMSprop [Tieleman and Hinton 2012, lecture 6.5]: the squares are averaged with weight 0.99 on the past."""
    _decay_gradient(p, g, training)
    second, velocity = state
    second.mul_(0.99).addcmul_(g, g, value=0.01)
    scale = second.sqrt().add_(training.eps)
    if training.momentum:
        velocity.mul_(training.momentum).addcdiv_(g, scale)
        p.sub_(torch.mul(velocity, rate, out=g))
    else:
        _move(p, g, scale, rate)


def _decay_gradient(p: Tensor, g: Tensor, training: Training) -> None:
    if training.weight_decay:
        g.add_(p, alpha=training.weight_decay)


def _move(p: Tensor, direction: Tensor, scale: Tensor, rate: Number) -> None:
    """p ← p − rate · direction / scale; `scale` is scratch."""
    if isinstance(rate, Tensor):
        p.sub_(torch.div(direction, scale, out=scale).mul_(rate))
    else:
        p.addcdiv_(direction, scale, value=-rate)


OPTIMISERS: dict[str, Optimiser] = {
    "adam": Optimiser(adam, states=2, coefficients=_adam_bias),
    "adamw": Optimiser(adamw, states=2, coefficients=_adam_bias),
    "sgd": Optimiser(sgd, states=1),
    "adagrad": Optimiser(adagrad, states=1),
    "rmsprop": Optimiser(rmsprop, states=2),
}
