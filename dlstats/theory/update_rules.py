"""Recursions of optimisers, written out: what a lecture prints, what was meant, and what torch.optim computes.

A rule is a function of the gradient g, the state that it keeps (a tuple of arrays, zero at the start) and the number t of the
step, from 1; it gives the change of the parameters and the new state. All of it is entry by entry, for arrays of any shape.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

State = tuple[np.ndarray, ...]
Update = Callable[[np.ndarray, State, int], tuple[np.ndarray, State]]


@dataclass(frozen=True)
class Rule:
    """An update rule and the number of arrays that it keeps besides the parameters."""

    update: Update
    states: int = 0


def descend(rule: Rule, gradient: Callable[[np.ndarray], np.ndarray], start: np.ndarray, steps: int) -> np.ndarray:
    """The parameters at every step, shape (steps + 1, *start.shape), the start first."""
    path = np.empty((steps + 1, *np.shape(start)))
    path[0], state = start, (np.zeros(np.shape(start)),) * rule.states
    for t in range(1, steps + 1):
        change, state = rule.update(gradient(path[t - 1]), state, t)
        path[t] = path[t - 1] + change
    return path


def gradient_descent(rate: float | np.ndarray) -> Rule:
    """w ← w − η g."""
    return Rule(lambda g, state, t: (-rate * g, ()))


def heavy_ball(rate: float | np.ndarray, momentum: float | np.ndarray) -> Rule:
    """v ← b v − η g, w ← w + v [Polyak 1964, (9)]; with a constant rate the rule of torch.optim.SGD."""

    def update(g: np.ndarray, state: State, t: int) -> tuple[np.ndarray, State]:
        v = momentum * state[0] - rate * g
        return v, (v,)

    return Rule(update, 1)


def climbing_momentum(rate: float | np.ndarray, momentum: float | np.ndarray) -> Rule:
    """v ← b v − η g, w ← w − v: one sign of `heavy_ball` turned, so that the step goes up the gradient."""

    def update(g: np.ndarray, state: State, t: int) -> tuple[np.ndarray, State]:
        v = momentum * state[0] - rate * g
        return -v, (v,)

    return Rule(update, 1)
