"""Recursions of optimisers, written out: what a lecture prints, what was meant, and what torch.optim computes.

A rule is a function of the gradient g, the state that it keeps (a tuple of arrays, zero at the start) and the number t of the
step, from 1; it gives the change of the parameters and the new state. All of it is entry by entry, for arrays of any shape; a
learning rate η is a number, an array that broadcasts, or a function of t.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

State = tuple[np.ndarray, ...]
Rate = float | np.ndarray | Callable[[int], float]
EPS = 1e-8
"""What torch.optim adds to the root in Adam and RMSprop."""


@dataclass(frozen=True)
class Rule:
    """An update rule and the number of arrays that it keeps besides the parameters."""

    update: Callable[[np.ndarray, State, int], tuple[np.ndarray, State]]
    states: int = 0


def descend(rule: Rule, gradient: Callable[[np.ndarray], np.ndarray], start: np.ndarray, steps: int) -> np.ndarray:
    """The parameters at every step, shape (steps + 1, *start.shape), the start first."""
    path = np.empty((steps + 1, *np.shape(start)))
    path[0], state = start, (np.zeros(np.shape(start)),) * rule.states
    for t in range(1, steps + 1):
        change, state = rule.update(gradient(path[t - 1]), state, t)
        path[t] = path[t - 1] + change
    return path


def at(rate: Rate, t: int) -> float | np.ndarray:
    """The learning rate of step t."""
    return rate(t) if callable(rate) else rate


def gradient_descent(rate: Rate) -> Rule:
    """w ← w − η g."""
    return Rule(lambda g, state, t: (-at(rate, t) * g, ()))


def heavy_ball(rate: Rate, momentum: float) -> Rule:
    """v ← b v − η g, w ← w + v [Polyak 1964]; at a constant rate the rule of torch.optim.SGD with momentum."""

    def update(g: np.ndarray, state: State, t: int) -> tuple[np.ndarray, State]:
        v = momentum * state[0] - at(rate, t) * g
        return v, (v,)

    return Rule(update, 1)


def climbing_momentum(rate: Rate, momentum: float) -> Rule:
    """v ← b v − η g, w ← w − v: `heavy_ball` with one sign turned."""

    def update(g: np.ndarray, state: State, t: int) -> tuple[np.ndarray, State]:
        v = momentum * state[0] - at(rate, t) * g
        return -v, (v,)

    return Rule(update, 1)


def nesterov(rate: Rate, momentum: float) -> Rule:
    """v ← b v + g, w ← w − η (g + b v), as torch.optim.SGD has it: w is the point at which Nesterov takes the gradient."""

    def update(g: np.ndarray, state: State, t: int) -> tuple[np.ndarray, State]:
        v = momentum * state[0] + g
        return -at(rate, t) * (g + momentum * v), (v,)

    return Rule(update, 1)


def normalised(rate: Rate, eps: float = EPS) -> Rule:
    """w ← w − η g / (√(g²) + ε): what stands beside AdaGrad in two lectures, without a sum."""
    return Rule(lambda g, state, t: (-at(rate, t) * g / (np.sqrt(g**2) + eps), ()))


def adagrad(rate: Rate, eps: float = 1e-10) -> Rule:
    """G ← G + g², w ← w − η g / (√G + ε) [Duchi, Hazan and Singer 2011, section 1.1]."""

    def update(g: np.ndarray, state: State, t: int) -> tuple[np.ndarray, State]:
        total = state[0] + g**2
        return -at(rate, t) * g / (np.sqrt(total) + eps), (total,)

    return Rule(update, 1)


def rmsprop(rate: Rate, decay: float = 0.99, eps: float = EPS) -> Rule:
    """v ← α v + (1 − α) g², w ← w − η g / (√v + ε); no momentum and no correction for v₀ = 0."""

    def update(g: np.ndarray, state: State, t: int) -> tuple[np.ndarray, State]:
        second = decay * state[0] + (1 - decay) * g**2
        return -at(rate, t) * g / (np.sqrt(second) + eps), (second,)

    return Rule(update, 1)


def adam(
    rate: Rate, beta1: float = 0.9, beta2: float | np.ndarray = 0.999, eps: float = EPS, *,
    corrected: bool = True, inside: bool = False,
) -> Rule:  # fmt: skip
    """Adam [Kingma and Ba 2015, algorithm 1]: m̂ η / (√v̂ + ε), with ε under the root where it is `inside`.

    m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g²; m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ) unless it is not `corrected`.
    """

    def update(g: np.ndarray, state: State, t: int) -> tuple[np.ndarray, State]:
        first, second = beta1 * state[0] + (1 - beta1) * g, beta2 * state[1] + (1 - beta2) * g**2
        m, v = (first / (1 - beta1**t), second / (1 - beta2**t)) if corrected else (first, second)
        root = np.sqrt(v + eps) if inside else np.sqrt(v) + eps
        return -at(rate, t) * m / root, (first, second)

    return Rule(update, 2)


def amsgrad(rate: Rate, beta1: float = 0.9, beta2: float | np.ndarray = 0.999, eps: float = EPS) -> Rule:
    """AMSGrad [Reddi, Kale and Kumar 2018, algorithm 2] as torch.optim has it: Adam with the largest v so far, then corrected."""

    def update(g: np.ndarray, state: State, t: int) -> tuple[np.ndarray, State]:
        first, second = beta1 * state[0] + (1 - beta1) * g, beta2 * state[1] + (1 - beta2) * g**2
        largest = np.maximum(state[2], second)
        change = -at(rate, t) * first / (1 - beta1**t) / (np.sqrt(largest / (1 - beta2**t)) + eps)
        return change, (first, second, largest)

    return Rule(update, 3)
